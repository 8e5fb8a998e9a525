//! A row of a finished comparison, trained again on other texts with the settings that it had: a comparison of that row alone, in a
//! folder of its own below the run. What is finished there is not trained again, and an interrupted training is resumed.

use std::fs;
use std::path::PathBuf;

use crate::run::quiet::Quiet;
use crate::run::scope::Scope;
use crate::run::texts::Texts;
use crate::run::{Source, compare, folds, judge};
use crate::{Config, RunFolder, Session};
use ninefold_core::Auto;
use ninefold_core::error::{Error, Result};
use ninefold_data::Corpus;
use ninefold_records::{Row, RowKind};

/// The subfolder of a run with the trainings of its diagnosis.
const FOLDER: &str = "diagnosis";

/// Trains a row again.
pub(crate) struct Retrainer<'a> {
    pub(crate) row: &'a Row,
    config: Config,
    folder: PathBuf,
    session: &'a Session<'a>,
}

/// What a training gave.
pub(crate) struct Answers {
    /// The class of each test text.
    pub(crate) predicted: Vec<u32>,
    /// Of its record: an evaluation of the test texts is registered by it.
    pub(crate) key: String,
}

impl<'a> Retrainer<'a> {
    pub(crate) fn new(row: &'a Row, config: &Config, run: &RunFolder, session: &'a Session<'a>) -> Retrainer<'a> {
        let folder = run.path().join(FOLDER).join(row.folder.replace('/', "-"));
        Retrainer { row, config: config_of_row(row, config), folder, session }
    }

    /// The same with what its settings leave to the program chosen from the texts of the comparison, as the row itself has it.
    ///
    /// # Errors
    /// Those of the texts.
    pub(crate) fn settled(mut self, corpus: &Corpus) -> Result<Retrainer<'a>> {
        let quiet = Quiet { inner: self.session.progress, name: self.row.pair() };
        let config = Config { refit: crate::Refit::None, ..self.config.clone() };
        let texts = Texts::of(corpus.clone(), &config, &self.session.watched_by(&quiet))?;
        let train: Vec<&str> = corpus.train.iter().map(|document| document.text.as_str()).collect();
        let epochs = Auto::Value(texts.epochs(&self.config.training));
        self.config = texts.fit(&self.config, &quiet);
        self.config.training.epochs = epochs;
        self.config.tokenizer = self.config.tokenizer.fitted(&train)?.0;
        Ok(self)
    }

    /// Trains on the training and validation texts of a corpus and answers its test texts. `name` is of the folder and the progress bar.
    ///
    /// # Errors
    /// Those of the training and the disk; [`Error::Interrupted`], after which the same call resumes.
    pub(crate) fn train(&self, name: &str, corpus: Corpus) -> Result<Answers> {
        let path = self.folder.join(name);
        if RunFolder::check(&path, &self.config).is_err() {
            fs::remove_dir_all(&path).map_err(Error::io("remove", &path))?; // of other settings
        }
        let (labels, texts) = (corpus.labels.clone(), corpus.test.len());
        let quiet = Quiet { inner: self.session.progress, name: format!("diagnosis, {name}") };
        let session = self.session.watched_by(&quiet);
        let scope = Scope::Row(&self.row.folder);
        let board = compare(&self.config, Source::Memory(corpus), &path, &session, &mut |_| Ok(()), scope)?;
        let missing = || Error::internal("a training of a diagnosis without a row");
        let row = board.rows.into_iter().next().ok_or_else(missing)?;
        if let Some(reason) = &row.error {
            return Err(Error::data(format!("{}, trained again for the diagnosis ({name}): {reason}", row.pair())));
        }
        let folder = RunFolder::open(&path)?;
        let model = folder.model(&row);
        if model.is_dir() {
            fs::remove_dir_all(&model).map_err(Error::io("remove", &model))?; // its answers are all that is wanted
        }
        let key = folder.record(&row)?.map(|record| record.key).ok_or_else(missing)?;
        Ok(Answers { predicted: judge::predicted(&row, &labels, texts, &folder)?, key })
    }
}

/// The config of a comparison of one row.
fn config_of_row(row: &Row, config: &Config) -> Config {
    let mut config =
        Config { minutes: 0.0, costs: String::new(), ensembles: Vec::new(), ..folds::config_of_fold(config) };
    if row.embedding != ninefold_records::NO_EMBEDDING {
        config.embeddings.retain(|embedding| embedding.name() == row.embedding);
    }
    match row.kind {
        RowKind::Baseline => {
            config.models.clear();
            config.baselines.retain(|baseline| baseline.name() == row.model);
        }
        RowKind::Pair | RowKind::Ensemble => {
            config.baselines.clear();
            config.models.retain(|model| model.name() == row.model);
        }
    }
    config.in_one_unit().unwrap_or(config) // a row without an embedding has the unit of the comparison
}
