//! The folder that a run leaves: everything about it, each file whole or absent, readable at any moment.
//!
//! ```text
//! config.toml         every setting, with comments          environment.json   program, processor, threads, time, memory
//! leaderboard.json    the results so far, and beside it what the program renders of them: .csv, .md, report.html
//! baselines/tfidf_svm/  and  pairs/word2vec-gru/  (word2vec-gru-seed1/ where there are several seeds)  and  ensembles/stacked/
//!   history.csv  metrics.json  predictions.csv  confusion.csv  mistakes.json  examples.json  probabilities.safetensors  model/
//!   (checkpoint.safetensors meanwhile; metrics.jsonl and events.out.tfevents.ninefold where logs are wanted)
//! best/  best-network/  copies of the models that validation chooses     best.json  of which rows they are
//! ```

use std::fs::{self, DirEntry, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::Config;
use crate::store::clock;
use crate::store::environment::{environment, with_peak_memory};
use ninefold_core::error::{Error, Result};
use ninefold_core::files::{hold, is_temporary, remove_temporary, write_atomically};
use ninefold_nn::batch::Encoded;
use ninefold_records::{Leaderboard, PairRecord, Row, RunRecords};

const LOCK: &str = ".lock";
/// The copies of the models that validation chooses, among all rows and among the networks.
pub(crate) const BEST: &str = "best";
pub(crate) const BEST_NETWORK: &str = "best-network";

/// A run folder: its records, and the right to write them.
#[derive(Debug)]
pub struct RunFolder {
    records: RunRecords,
    /// Held while a run writes here; the system lets it go when the process ends, however it ends.
    _lock: Option<File>,
}

impl RunFolder {
    /// Looks whether a run of this config may have the folder: it is absent, empty, or holds a run with the same settings of no
    /// more embeddings, models and baselines.
    ///
    /// # Errors
    /// [`Error::Data`] when it holds something else or another config's run.
    pub fn check(path: &Path, config: &Config) -> Result<()> {
        if RunRecords::at(path).config_path().is_file() {
            return RunFolder::open(path)?.check_same(config);
        }
        let is_other = |entry: io::Result<DirEntry>| {
            entry.is_ok_and(|entry| entry.file_name() != LOCK && !is_temporary(&entry.file_name()))
        };
        if fs::read_dir(path).is_ok_and(|mut entries| entries.any(is_other)) {
            let what = format!("{}: holds files but no run: choose another --run-dir, or an empty one", path.display());
            return Err(Error::data(what));
        }
        Ok(())
    }

    /// Makes the folder, or takes up the one that holds a run of the same config.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be written, [`Error::Data`] when another process is at work in it, otherwise as
    /// [`check`](RunFolder::check).
    pub fn create(path: &Path, config: &Config) -> Result<RunFolder> {
        RunFolder::check(path, config)?;
        fs::create_dir_all(path).map_err(Error::io("create the run folder", path))?;
        let lock = lock(path)?;
        remove_temporary(path)?;
        let text = config.to_commented_toml()?; // what has no say in any score may have changed
        let records = RunRecords::at(path).with_csv_cells(config.csv_cells);
        if fs::read_to_string(records.config_path()).ok().as_deref() != Some(text.as_str()) {
            write_atomically(&records.config_path(), |out| out.write_all(text.as_bytes()))?;
        }
        records.write_environment(&environment())?;
        Ok(RunFolder { records, _lock: Some(lock) })
    }

    /// A folder that a run left.
    ///
    /// # Errors
    /// [`Error::Format`] when there is no run in it.
    pub fn open(path: &Path) -> Result<RunFolder> {
        let records = RunRecords::at(path);
        if !records.config_path().is_file() {
            return Err(Error::format(path, "a run folder", "a folder without config.toml, or none"));
        }
        Ok(RunFolder { records, _lock: None })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        self.records.path()
    }

    /// Its records.
    pub fn records(&self) -> &RunRecords {
        &self.records
    }

    /// The settings of the run.
    ///
    /// # Errors
    /// [`Error::Format`] when the file was altered so that it is none.
    pub fn config(&self) -> Result<Config> {
        crate::resolve(&crate::Sources { file: Some(self.records.config_path()), ..Default::default() })
    }

    /// The results so far.
    ///
    /// # Errors
    /// [`Error::Io`] when no pair is finished yet.
    pub fn leaderboard(&self) -> Result<Leaderboard> {
        self.records.leaderboard()
    }

    /// Where the files of a row lie.
    pub fn folder(&self, row: &Row) -> PathBuf {
        self.records.folder(row)
    }

    /// The saved model of a row.
    pub fn model(&self, row: &Row) -> PathBuf {
        self.folder(row).join("model")
    }

    /// A self-contained copy of the model that validation chooses among all rows.
    pub fn best(&self) -> PathBuf {
        self.path().join("best")
    }

    /// The same among the networks.
    pub fn best_network(&self) -> PathBuf {
        self.path().join("best-network")
    }

    /// The record of a row; `None` when it is not finished.
    ///
    /// # Errors
    /// [`Error::Format`] when it was altered.
    pub fn record(&self, row: &Row) -> Result<Option<PairRecord>> {
        self.records.record(row)
    }

    /// `test_lengths.json`: the known and unknown tokens of each test text, in the order of the predictions.
    pub(crate) fn write_lengths(&self, test: &Encoded) -> Result<()> {
        let lengths: Vec<usize> = (0..test.len()).map(|text| test.text(text).len()).collect();
        self.records.write_test_lengths(&lengths)
    }

    /// The results so far, and the memory that it took.
    pub(crate) fn write_leaderboard(&self, leaderboard: &Leaderboard) -> Result<()> {
        if let Some(environment) = self.records.environment()? {
            self.records.write_environment(&with_peak_memory(environment))?;
        }
        self.records.write_leaderboard(leaderboard)
    }

    /// Refuses to mix runs of different settings, and says what differs. What is compared may have grown: rows that are there
    /// have keys of their own.
    fn check_same(&self, config: &Config) -> Result<()> {
        let (mut there, here) = (self.config()?.settled(), config.settled());
        there
            .embedding
            .retain(|spec| there.embeddings.iter().any(|embedding| embedding.specs().any(|name| name == spec.name)));
        fn grow<T: PartialEq + Clone>(there: &mut Vec<T>, here: &[T]) {
            if there.iter().all(|item| here.contains(item)) {
                *there = here.to_vec();
            }
        }
        grow(&mut there.embeddings, &here.embeddings);
        grow(&mut there.models, &here.models);
        grow(&mut there.baselines, &here.baselines);
        let differences = there.differences(&here)?;
        if differences.is_empty() {
            return Ok(());
        }
        let list: Vec<String> = differences
            .iter()
            .map(|difference| format!("{} is {:?} there and {:?} here", difference.key, difference.a, difference.b))
            .collect();
        let path = self.path().display();
        Err(Error::data(format!(
            "{path}: holds a run with other settings: {}; choose another --run-dir",
            list.join(", ")
        )))
    }
}

/// Takes a run folder for this process alone, until the file is closed.
fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    let file = File::create(&path).map_err(Error::io("write", &path))?;
    if !hold(&file) {
        let folder = folder.display();
        return Err(Error::data(format!(
            "{folder}: another process is at work on this run: wait, or choose another --run-dir"
        )));
    }
    Ok(file)
}

/// `ninefold-runs/20newsgroups-20260131-120000`, or with a number behind when that is taken; what is no comparison has its `kind` in front
/// ("search-").
pub fn default_folder(kind: &str, config: &Config) -> PathBuf {
    let name = Path::new(&config.corpus.data).file_stem().and_then(|name| name.to_str()).unwrap_or("data");
    let base = format!("{kind}{name}-{}", clock::now("%Y%m%d-%H%M%S"));
    let numbered = |number: usize| match number {
        1 => Path::new("ninefold-runs").join(&base),
        number => Path::new("ninefold-runs").join(format!("{base}-{number}")),
    };
    (1..).map(numbered).find(|path| !path.exists()).unwrap_or_else(|| numbered(1))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn run_killed_before_its_config_was_renamed_resumes() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(LOCK), "").unwrap();
        let leftover = folder.path().join(".ninefold-a1B2c3");
        fs::write(&leftover, "half a config").unwrap();
        let run = RunFolder::create(folder.path(), &Config::default()).unwrap();
        assert_eq!(run.config().unwrap(), Config::default());
        assert!(!leftover.exists());
    }

    #[test]
    fn folder_with_other_files_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.txt"), "").unwrap();
        assert!(matches!(RunFolder::create(folder.path(), &Config::default()), Err(Error::Data { .. })));
    }
}
