//! A comparison: its run folder, with what is in it.

use std::path::{Path, PathBuf};

use ninefold::data;
use ninefold::lab::{Config, Session, run_corpus};
use ninefold::models::bundle::sha256;
use ninefold::records::{Leaderboard, RunRecords};
use ninefold::report::{
    Column, View, insights_of, leaderboard_markdown, leaderboard_table, write_run_page, write_tables,
};
use ninefold::{Error, Folders, Result};
use pyo3::prelude::*;

use crate::Watcher;
use crate::corpus::Corpus;
use crate::errors::to_python;
use crate::settings::Settings;
use crate::watch;

/// A finished run, as its folder has it.
#[pyclass(frozen, module = "ninefold._ninefold")]
pub(crate) struct Run {
    folder: PathBuf,
    leaderboard: Leaderboard,
    insights: Vec<String>,
}

#[pymethods]
impl Run {
    /// Reads a run folder.
    #[staticmethod]
    fn open(folder: PathBuf) -> PyResult<Run> {
        Run::read(&folder).map_err(to_python)
    }

    #[getter]
    fn folder(&self) -> &Path {
        &self.folder
    }

    /// `leaderboard.json`.
    #[getter]
    fn leaderboard(&self) -> PyResult<String> {
        serde_json::to_string(&self.leaderboard)
            .map_err(|error| to_python(Error::internal(format!("a leaderboard that is no JSON: {error}"))))
    }

    #[getter]
    fn insights(&self) -> Vec<String> {
        self.insights.clone()
    }

    /// The folder of the row that validation chooses.
    #[getter]
    fn best_row(&self) -> Option<String> {
        self.leaderboard.best_of(|_| true).map(|row| row.folder.clone())
    }

    /// The table for a terminal of that width.
    fn table(&self, width: usize) -> String {
        let sort = Column::of_score(self.leaderboard.main_score);
        leaderboard_table(&self.leaderboard, sort, &self.insights, &View { width, ..View::default() })
    }

    fn markdown(&self) -> String {
        leaderboard_markdown(&self.leaderboard, Column::of_score(self.leaderboard.main_score), &self.insights)
    }
}

impl Run {
    /// Writes the tables and the page of a finished comparison.
    pub(crate) fn write(folder: &Path, board: &Leaderboard, config: &Config) -> Result<Run> {
        let records = RunRecords::at(folder);
        write_tables(&records, board)?;
        write_run_page(&records, config.trainings())?;
        Run::read(folder)
    }

    fn read(folder: &Path) -> Result<Run> {
        let records = RunRecords::at(folder);
        let leaderboard = records.leaderboard()?;
        let insights = insights_of(&records, &leaderboard)?;
        Ok(Run { folder: folder.to_path_buf(), leaderboard, insights })
    }
}

/// Trains and scores everything that the settings name, or takes from the folder what is finished there.
///
/// Without a folder it is `ninefold-runs/texts-CHECKSUM-SETTINGS`: the same call resumes.
#[pyfunction]
pub(crate) fn compare(
    py: Python<'_>,
    corpus: &Corpus,
    settings: Settings,
    run_dir: Option<PathBuf>,
    threads: usize,
    watcher: Watcher,
) -> PyResult<Run> {
    let corpus = corpus.clone();
    watch::run(py, threads, &watcher, move |watch| {
        let config = settings.resolve()?;
        let corpus = corpus.to_compare(&config.corpus)?;
        corpus.notices.iter().for_each(|notice| watch.warn(notice));
        let folder = run_dir.map_or_else(|| default_folder(&corpus, &config), Ok)?;
        let folders = Folders::from_env();
        let board = run_corpus(corpus, &config, &folder, &Session { folders: &folders, threads, progress: watch })?;
        Run::write(&folder, &board, &config)
    })
}

/// Where [`compare`] puts a comparison that is given no folder.
#[pyfunction]
pub(crate) fn default_run_dir(corpus: &Corpus, settings: Settings) -> PyResult<PathBuf> {
    let folder = || {
        let config = settings.resolve()?;
        default_folder(&corpus.to_compare(&config.corpus)?, &config)
    };
    folder().map_err(to_python)
}

/// Named by the texts and the settings.
fn default_folder(corpus: &data::Corpus, config: &Config) -> Result<PathBuf> {
    let texts = corpus.protocol.data.rsplit(':').next().unwrap_or_default();
    let split = (&corpus.protocol.split, &corpus.protocol.validation);
    let settings = sha256(format!("{}{split:?}", config.to_commented_toml()?).as_bytes());
    Ok(Path::new("ninefold-runs").join(format!("texts-{texts}-{}", &settings[..8])))
}
