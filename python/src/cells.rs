//! A comparison in units of work, which travel as JSON.

use std::path::PathBuf;

use ninefold::kernels::simd::InstructionSet;
use ninefold::lab::{Cell, Session, finish_cells as finish, list_corpus_cells, run_cell as run};
use ninefold::{Error, Folders, Result};
use pyo3::prelude::*;

use crate::Watcher;
use crate::compare::Run;
use crate::corpus::Corpus;
use crate::errors::to_python;
use crate::settings::Settings;
use crate::watch;

/// The cells of a comparison, each as JSON. Each works with so many threads.
#[pyfunction]
pub(crate) fn list_cells(
    py: Python<'_>,
    corpus: &Corpus,
    settings: Settings,
    threads: usize,
    watcher: Watcher,
) -> PyResult<Vec<String>> {
    let corpus = corpus.clone();
    watch::run(py, 1, &watcher, move |watch| {
        let config = settings.resolve()?;
        let corpus = corpus.to_compare(&config.corpus)?;
        corpus.notices.iter().for_each(|notice| watch.warn(notice));
        list_corpus_cells(&config, &corpus, threads)?.iter().map(|cell| written(serde_json::to_string(cell))).collect()
    })
}

/// Does the work of a cell in a folder -> its result as JSON. `vectors` are folders of cells of vectors.
#[pyfunction]
pub(crate) fn run_cell(
    py: Python<'_>,
    cell: &str,
    corpus: &Corpus,
    settings: Settings,
    vectors: Vec<PathBuf>,
    folder: PathBuf,
    watcher: Watcher,
) -> PyResult<String> {
    let (cell, corpus) = (parsed(cell).map_err(to_python)?, corpus.clone());
    watch::run(py, 1, &watcher, move |watch| {
        let corpus = corpus.to_compare(&settings.resolve()?.corpus)?;
        let folders = Folders::from_env();
        let session = Session { folders: &folders, threads: 1, progress: watch };
        written(serde_json::to_string(&run(&cell, corpus, &vectors, &folder, &session)?))
    })
}

/// Puts the rows of finished cells together in a run folder. `folders` are those of the cells, or folders of such folders.
#[pyfunction]
#[allow(clippy::too_many_arguments)] // as Python has them
pub(crate) fn finish_cells(
    py: Python<'_>,
    cells: Vec<String>,
    corpus: &Corpus,
    settings: Settings,
    folders: Vec<PathBuf>,
    run_dir: PathBuf,
    threads: usize,
    watcher: Watcher,
) -> PyResult<Run> {
    let cells = cells.iter().map(|cell| parsed(cell)).collect::<Result<Vec<Cell>>>().map_err(to_python)?;
    let corpus = corpus.clone();
    watch::run(py, threads, &watcher, move |watch| {
        let config = settings.resolve()?;
        let corpus = corpus.to_compare(&config.corpus)?;
        let known = Folders::from_env();
        let session = Session { folders: &known, threads, progress: watch };
        let board = finish(&cells, corpus, &folders, &run_dir, &session, &mut |_| Ok(()))?;
        Run::write(&run_dir, &board, &config)
    })
}

/// The instruction set of this process.
#[pyfunction]
pub(crate) fn instruction_set() -> &'static str {
    InstructionSet::current().name()
}

fn parsed(cell: &str) -> Result<Cell> {
    serde_json::from_str(cell).map_err(Error::parse("a cell", "JSON as list_cells gives it"))
}

fn written(json: serde_json::Result<String>) -> Result<String> {
    json.map_err(|error| Error::internal(format!("a record that is no JSON: {error}")))
}
