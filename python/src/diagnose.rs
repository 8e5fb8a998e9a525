//! What limits the scores, as JSON and as text.

use std::path::PathBuf;

use ninefold::lab::{Config, Session, diagnose_corpus, diagnose_run as of_run};
use ninefold::records::{DiagnosisRecord, RunRecords};
use ninefold::report::{diagnosis_text, write_diagnosis_page};
use ninefold::{Error, Folders, Result};
use pyo3::prelude::*;

use crate::Watcher;
use crate::corpus::Corpus;
use crate::errors::to_python;
use crate::settings::Settings;
use crate::watch;

/// A diagnosis: its record as JSON, and as the program prints it.
type Diagnosis = (String, String);

const WIDTH: usize = 100;

/// Diagnoses texts with labels. With a folder, leaves `diagnosis.json`, `suspects.csv` and `diagnosis.html` there.
#[pyfunction]
pub(crate) fn diagnose(
    py: Python<'_>,
    corpus: &Corpus,
    settings: Settings,
    output: Option<PathBuf>,
    threads: usize,
    watcher: Watcher,
) -> PyResult<Diagnosis> {
    let corpus = corpus.clone();
    watch::run(py, threads, &watcher, move |watch| {
        let config: Config = settings.resolve_diagnosis()?;
        let corpus = corpus.to_compare(&config.corpus)?;
        corpus.notices.iter().for_each(|notice| watch.warn(notice));
        let folders = Folders::from_env();
        let record = diagnose_corpus(&corpus, &config, &Session { folders: &folders, threads, progress: watch })?;
        if let Some(output) = &output {
            let records = RunRecords::at(output);
            records.write_diagnosis(&record)?;
            write_diagnosis_page(&records, &record)?;
        }
        shown(&record)
    })
}

/// Diagnoses the comparison in a run folder whose texts are in files, and leaves the diagnosis there.
#[pyfunction]
pub(crate) fn diagnose_run(py: Python<'_>, run_dir: PathBuf, threads: usize, watcher: Watcher) -> PyResult<Diagnosis> {
    watch::run(py, threads, &watcher, move |watch| {
        let folders = Folders::from_env();
        shown(&of_run(&run_dir, &Session { folders: &folders, threads, progress: watch })?)
    })
}

/// The diagnosis in a run folder; None where there is none.
#[pyfunction]
pub(crate) fn read_diagnosis(run_dir: PathBuf) -> PyResult<Option<Diagnosis>> {
    let read = || RunRecords::at(&run_dir).diagnosis()?.as_ref().map(shown).transpose();
    read().map_err(to_python)
}

fn shown(record: &DiagnosisRecord) -> Result<Diagnosis> {
    let json = serde_json::to_string(record)
        .map_err(|error| Error::internal(format!("a diagnosis that is no JSON: {error}")))?;
    Ok((json, diagnosis_text(&record.diagnosis, WIDTH)))
}
