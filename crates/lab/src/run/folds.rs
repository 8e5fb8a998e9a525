//! Cross-validation: a comparison per fold, whose answers together are the test answers of the comparison over all texts.
//!
//! ```text
//! fold 1 --> folds/1, a run of its own --> answers to fold 1 --+
//! fold 2 --> folds/2                   --> answers to fold 2 --+--> test answers of each row
//! all texts --> the row's saved model                           (its own answers to texts that it learned from do not count)
//! ```
//!
//! *takes* the corpora of the folds -> *gives* [`OutOfFold`]. Finished folds are not repeated.

use std::path::{Path, PathBuf};

use crate::run::quiet::Quiet;
use crate::run::scope::Scope;
use crate::run::{Source, compare};
use crate::store::kept::{self, Part};
use crate::{Config, Diagnose, KeepModels, RunFolder, Session};
use ninefold_core::Auto;
use ninefold_core::error::{Error, Result};
use ninefold_data::Corpus;
use ninefold_metrics::Scores;
use ninefold_metrics::bootstrap::mean_and_deviation;
use ninefold_records::Row;

/// The subfolder of a run with a run per fold.
const FOLDER: &str = "folds";

/// The answers of a cross-validation.
pub(crate) struct OutOfFold {
    /// The run of each fold, and the number of its test texts.
    folds: Vec<(RunFolder, usize)>,
}

/// The run folder of a fold, counted from 1.
pub(crate) fn folder(run: &Path, number: usize) -> PathBuf {
    run.join(FOLDER).join(number.to_string())
}

/// The config of each fold's run.
pub(crate) fn config_of_fold(config: &Config) -> Config {
    Config {
        folds: Auto::Value(0),
        keep_models: KeepModels::None,
        diagnose: Diagnose::None,
        log: Vec::new(),
        ..config.clone()
    }
}

impl OutOfFold {
    /// Trains and scores the rows in scope on every fold.
    ///
    /// # Errors
    /// As [`compare`].
    pub(crate) fn make(
        folds: Vec<Corpus>,
        config: &Config,
        run: &RunFolder,
        session: &Session,
        scope: Scope,
    ) -> Result<OutOfFold> {
        let (total, config) = (folds.len(), config_of_fold(config));
        let mut made = Vec::with_capacity(total);
        for (number, corpus) in (1..).zip(folds) {
            session.progress.notice(&format!("fold {number} of {total}"));
            let (path, size) = (folder(run.path(), number), corpus.test.len());
            let quiet = Quiet { inner: session.progress, name: format!("fold {number} of {total}") };
            compare(&config, Source::Fold(corpus), &path, &session.watched_by(&quiet), &mut |_| Ok(()), scope)?;
            made.push((RunFolder::open(&path)?, size));
        }
        Ok(OutOfFold { folds: made })
    }

    /// What a row says of every text, by the models that did not learn from it.
    ///
    /// # Shapes
    /// -> `[texts, num_classes]`, fold after fold
    ///
    /// # Errors
    /// [`Error::Data`] when the row has no answers in a fold; those of the disk.
    pub(crate) fn answers(&self, row: &Row, num_classes: usize) -> Result<Vec<f32>> {
        let mut all = Vec::new();
        for (number, (fold, size)) in (1..).zip(&self.folds) {
            let missing =
                || Error::data(format!("{}: fold {number} has no answers: {FOLDER}/{number} says why", row.pair()));
            all.extend(kept::load(&fold.folder(row), Part::Test, *size, num_classes)?.ok_or_else(missing)?);
        }
        Ok(all)
    }

    /// The mean validation scores of a row over the folds: less a matter of chance than those of one small part.
    ///
    /// # Errors
    /// Those of the disk.
    pub(crate) fn validation(&self, row: &Row) -> Result<Option<Scores>> {
        let mut all = Vec::new();
        for (fold, _) in &self.folds {
            all.extend(fold.record(row)?.and_then(|record| record.row.validation));
        }
        Ok((!all.is_empty()).then(|| Scores::over(&all, |values| mean_and_deviation(values).0)))
    }
}
