//! From settings to a corpus.

use crate::config::CorpusConfig;
use crate::corpus::Corpus;
use crate::reading::Parts;
use crate::source;
use ninefold_core::error::Result;
use ninefold_core::folders::Folders;
use ninefold_core::progress::Progress;

/// Reads a corpus and cuts it into train, validation and test. A corpus by name is read from the data folder, or fetched into it.
///
/// # Errors
/// [`Error::InvalidValue`](ninefold_core::Error::InvalidValue) for settings without meaning, [`Error::Io`](ninefold_core::Error::Io) and
/// [`Error::Format`](ninefold_core::Error::Format) with the place for what cannot be read,
/// [`Error::Data`](ninefold_core::Error::Data) for texts that cannot be learned from (one class only, nothing left to test).
pub fn load(config: &CorpusConfig, folders: &Folders, progress: &dyn Progress) -> Result<Corpus> {
    let (parts, corpus) = read(config, folders, progress)?;
    corpus.split(parts, config)
}

/// Reads labelled texts to evaluate a saved model on: `labels` are the model's classes. All of them are in
/// [`Corpus::test`]; `train` and `validation` are empty. They are the data's test part where it has one, or what a cut
/// would test on when the config asks for one, else every text. A single class is enough here.
///
/// # Errors
/// As [`load`]; [`Error::Data`](ninefold_core::Error::Data) that names the labels which the model does not know.
pub fn load_to_evaluate(
    config: &CorpusConfig,
    labels: &[String],
    folders: &Folders,
    progress: &dyn Progress,
) -> Result<Corpus> {
    if config.split.pick().is_some() {
        let mut corpus = load(config, folders, progress)?;
        (corpus.train, corpus.validation) = (Vec::new(), Vec::new());
        return corpus.with_labels(labels);
    }
    let (parts, corpus) = read(config, folders, progress)?;
    corpus.unsplit(parts, labels)
}

fn read(config: &CorpusConfig, folders: &Folders, progress: &dyn Progress) -> Result<(Parts, Corpus)> {
    config.validate()?;
    let mut parts = source::read(config, folders, progress)?;
    let data = match config.test.as_str() {
        "" => config.data.clone(),
        test => format!("{}, test from {test}", config.data),
    };
    let corpus = Corpus::begin(&mut parts, data, config.strip()?);
    Ok((parts, corpus))
}
