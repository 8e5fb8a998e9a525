//! A search for settings, of which Python may have the trials done elsewhere.

use std::path::PathBuf;

use ninefold::lab::{Session, TrialFiles, TrialWorkers, run_trial as run, search_corpus};
use ninefold::records::RunRecords;
use ninefold::report::write_search_page;
use ninefold::{Error, Folders, Result};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::Watcher;
use crate::corpus::Corpus;
use crate::settings::Settings;
use crate::watch;

/// Workers that a Python function calls: `function(trial, rung, files)` returns the files that the trial left.
struct Workers {
    count: usize,
    function: Py<PyAny>,
}

impl TrialWorkers for Workers {
    fn count(&self) -> usize {
        self.count
    }

    fn run(&self, trial: usize, rung: usize, files: TrialFiles) -> Result<TrialFiles> {
        let called = Python::attach(|py| {
            let given = PyDict::new(py);
            files.iter().try_for_each(|(name, bytes)| given.set_item(name, PyBytes::new(py, bytes)))?;
            self.function.call1(py, (trial, rung, given))?.extract::<TrialFiles>(py)
        });
        called.map_err(|error| Error::data(format!("trial {trial}: {error}")))
    }
}

/// Searches in a folder -> `search.json`. `function` does the trials, `count` at a time; without it they are done here.
#[pyfunction]
#[allow(clippy::too_many_arguments)] // as Python has them
#[pyo3(signature = (corpus, settings, run_dir, threads, watcher, function=None, count=1))]
pub(crate) fn search(
    py: Python<'_>,
    corpus: &Corpus,
    settings: Settings,
    run_dir: PathBuf,
    threads: usize,
    watcher: Watcher,
    function: Option<Py<PyAny>>,
    count: usize,
) -> PyResult<String> {
    let corpus = corpus.clone();
    watch::run(py, threads, &watcher, move |watch| {
        let config = settings.resolve()?;
        let corpus = corpus.to_compare(&config.corpus)?;
        corpus.notices.iter().for_each(|notice| watch.warn(notice));
        let folders = Folders::from_env();
        let workers = function.map(|function| Workers { count, function });
        let workers = workers.as_ref().map(|workers| workers as &dyn TrialWorkers);
        let session = Session { folders: &folders, threads, progress: watch };
        let results = search_corpus(corpus, &config, &run_dir, &session, workers)?;
        write_search_page(&RunRecords::at(&run_dir), &results)?;
        serde_json::to_string(&results).map_err(|error| Error::internal(format!("results that are no JSON: {error}")))
    })
}

/// Trains a trial up to a rung in a folder, which holds the files that it left earlier.
#[pyfunction]
#[allow(clippy::too_many_arguments)] // as Python has them
pub(crate) fn run_trial(
    py: Python<'_>,
    trial: usize,
    rung: usize,
    corpus: &Corpus,
    settings: Settings,
    folder: PathBuf,
    threads: usize,
    watcher: Watcher,
) -> PyResult<()> {
    let corpus = corpus.clone();
    watch::run(py, threads, &watcher, move |watch| {
        let config = settings.resolve()?;
        let corpus = corpus.to_compare(&config.corpus)?;
        let folders = Folders::from_env();
        run((trial, rung), corpus, &config, &folder, &Session { folders: &folders, threads, progress: watch })
    })
}
