//! One model from texts with labels.

use ninefold::Folders;
use ninefold::lab::{Config, Session, TextClassifier};
use pyo3::prelude::*;

use crate::Watcher;
use crate::corpus::Corpus;
use crate::errors::to_python;
use crate::model::Model;
use crate::settings::Settings;
use crate::vectors::Vectors;
use crate::watch;

/// Every model that can be trained: networks, baselines, ensembles.
#[pyfunction]
pub(crate) fn model_names() -> Vec<&'static str> {
    Config::model_names()
}

/// Whether one of these models reads word vectors.
#[pyfunction]
pub(crate) fn reads_vectors(models: Vec<String>) -> PyResult<bool> {
    let mut config = Config::default();
    config.select(&models).map_err(to_python)?;
    Ok(config.reads_vectors())
}

/// Trains the model that the settings name. Nothing is cached.
#[pyfunction]
pub(crate) fn fit(
    py: Python<'_>,
    corpus: &Corpus,
    settings: Settings,
    vectors: Option<&Vectors>,
    threads: usize,
    watcher: Watcher,
) -> PyResult<Model> {
    let (corpus, vectors) = (corpus.clone(), vectors.map(Vectors::shared));
    let fitted = watch::run(py, threads, &watcher, move |watch| {
        let config = settings.resolve()?;
        let corpus = corpus.for_training(&config.corpus)?;
        corpus.notices.iter().for_each(|notice| watch.warn(notice));
        let classifier = TextClassifier::from_config(config);
        let classifier = match &vectors {
            Some(vectors) => classifier.vectors(&vectors.table),
            None => classifier,
        };
        let folders = Folders { cache: None, ..Folders::from_env() };
        classifier.fit_in(&corpus, &Session { folders: &folders, threads, progress: watch })
    })?;
    Model::fitted(fitted)
}
