//! From settings to a corpus.

use std::path::Path;

use crate::config::CorpusConfig;
use crate::corpus::Corpus;
use crate::reading::Parts;
use crate::source;
use ninefold_core::error::Result;
use ninefold_core::folders::Folders;
use ninefold_core::progress::{Progress, Silent};

impl Corpus {
    /// Reads a file or folder of labelled texts, with the default settings: the format, the columns and the encoding are recognised;
    /// a test part is cut where the data have none. [`load`] takes settings.
    ///
    /// # Errors
    /// As [`load`].
    ///
    /// # Examples
    /// ```
    /// use ninefold_data::Corpus;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("reviews.csv");
    /// let rows: String = (0..20).map(|n| format!("a great film {n},good\na dull film {n},bad\n")).collect();
    /// std::fs::write(&path, format!("text,label\n{rows}"))?;
    ///
    /// let corpus = Corpus::read(&path)?;
    /// assert_eq!(corpus.labels, ["bad", "good"]);
    /// assert_eq!(corpus.train.len() + corpus.validation.len() + corpus.test.len(), 40);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(path: impl AsRef<Path>) -> Result<Corpus> {
        let data = path.as_ref().display().to_string();
        load(&CorpusConfig { data, ..CorpusConfig::default() }, &Folders::default(), &Silent)
    }
}

/// Reads a corpus and cuts it into train, validation and test. A corpus by name is read from the data folder, or fetched into it.
///
/// # Errors
/// [`Error::InvalidValue`](ninefold_core::Error::InvalidValue) for settings without meaning, [`Error::Io`](ninefold_core::Error::Io) and
/// [`Error::Format`](ninefold_core::Error::Format) with the place for what cannot be read,
/// [`Error::Data`](ninefold_core::Error::Data) for texts that cannot be learned from (one class only, nothing left to test).
pub fn load(config: &CorpusConfig, folders: &Folders, progress: &dyn Progress) -> Result<Corpus> {
    let (parts, corpus) = read(config, &[], folders, progress)?;
    corpus.split(parts, config)
}

/// Reads labelled texts to evaluate a saved model on: `labels` are the model's classes. All of them are in
/// [`Corpus::test`]; `train` and `validation` are empty. They are the data's test part where it has one, or what a cut
/// would test on when the config asks for one, else every text. A single class is enough here. Texts with a label that the model does
/// not know count as wrong ([`Corpus::unseen_labels`]).
///
/// # Errors
/// As [`load`]; [`Error::Data`](ninefold_core::Error::Data) that names the labels when the model knows none of them.
pub fn load_to_evaluate(
    config: &CorpusConfig,
    labels: &[String],
    folders: &Folders,
    progress: &dyn Progress,
) -> Result<Corpus> {
    if config.split.pick().is_some() {
        let (parts, corpus) = read(config, labels, folders, progress)?;
        let mut corpus = corpus.split(parts, config)?;
        (corpus.train, corpus.validation) = (Vec::new(), Vec::new());
        return corpus.with_labels(labels);
    }
    let (parts, corpus) = read(config, labels, folders, progress)?;
    let mut corpus = corpus.unsplit(parts, labels)?;
    corpus.correct_labels(&config.labels_checked)?;
    Ok(corpus)
}

/// `known` are the classes of a saved model, where there is one.
fn read(
    config: &CorpusConfig,
    known: &[String],
    folders: &Folders,
    progress: &dyn Progress,
) -> Result<(Parts, Corpus)> {
    config.validate()?;
    let mut parts = source::read(config, folders, progress)?;
    let mut data = [std::slice::from_ref(&config.data), &config.more_data].concat().join(", ");
    for (part, path) in [("validation", &config.validation_data), ("test", &config.test)] {
        if !path.is_empty() {
            data = format!("{data}, {part} from {path}");
        }
    }
    let mut corpus = Corpus::begin(&mut parts, data, config.strip()?, config.label_changes()?, known);
    let named = |value: &String, default: String| (*value != default).then(|| value.clone());
    let defaults = CorpusConfig::default();
    corpus.input.encoding = named(&config.encoding, defaults.encoding);
    corpus.input.delimiter = named(&config.delimiter, defaults.delimiter);
    Ok((parts, corpus))
}
