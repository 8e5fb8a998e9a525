//! Trials that are done on other machines: what travels there and back.
//!
//! The driver keeps the state of the search; a job is a trial with its rung, and the files that earlier jobs of the trial left (its
//! record and its checkpoint).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::run::in_memory;
use crate::search::asha::Job;
use crate::search::trial::Trials;
use crate::search::{Plan, Trial};
use crate::{Config, Session};
use ninefold_core::error::{Error, Result};
use ninefold_core::files::{read_json, write_atomically};
use ninefold_data::Corpus;

/// The files of a trial, by their names.
pub type TrialFiles = BTreeMap<String, Vec<u8>>;

/// Other machines at work on a search. A worker does a job with [`run_trial`].
pub trait TrialWorkers: Sync {
    /// Trials at the same time.
    fn count(&self) -> usize;

    /// Trains a trial up to a rung: the files that it left -> those that it leaves. Returns when that is done.
    ///
    /// # Errors
    /// Whatever ends the search.
    fn run(&self, trial: usize, rung: usize, files: TrialFiles) -> Result<TrialFiles>;
}

/// Trains a trial up to a rung in `folder`, which holds the files that earlier jobs of the trial left.
///
/// # Errors
/// As [`search_corpus`](crate::search_corpus), with the same texts and settings.
pub fn run_trial(
    (trial, rung): (usize, usize),
    corpus: Corpus,
    config: &Config,
    folder: &Path,
    session: &Session,
) -> Result<()> {
    let config = in_memory(config, &corpus);
    session.install(|| {
        config.validate()?;
        let plan = Plan::new(&config, corpus, session)?;
        let trials = plan.trials(folder.to_path_buf(), None, session);
        let earlier = record(&trials, trial)?;
        if rung >= plan.rungs.len() {
            return Err(Error::internal(format!("rung {rung} of {}", plan.rungs.len())));
        }
        trials.run(Job { trial, rung }, earlier, session.progress).map(drop)
    })
}

/// Has a job done elsewhere, and keeps its files.
pub(super) fn run(trials: &Trials, job: Job, workers: &dyn TrialWorkers) -> Result<Trial> {
    let names = trials.files(job.trial);
    let mut files = TrialFiles::new();
    for path in names.iter().filter(|path| path.is_file()) {
        files.insert(name(path), fs::read(path).map_err(Error::io("read", path))?);
    }
    let mut left = workers.run(job.trial, job.rung, files)?;
    // The record comes last: it says that the checkpoint is there.
    for path in names.iter().rev() {
        if let Some(bytes) = left.remove(&name(path)) {
            write_atomically(path, |out| std::io::Write::write_all(out, &bytes))?;
        }
    }
    let missing = || Error::internal(format!("trial {} came back without its record", job.trial));
    record(trials, job.trial)?.ok_or_else(missing)
}

fn record(trials: &Trials, trial: usize) -> Result<Option<Trial>> {
    let [path, _] = trials.files(trial);
    if path.is_file() { read_json(&path).map(Some) } else { Ok(None) }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
