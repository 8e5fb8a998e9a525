//! A saved model at work.

use std::collections::BTreeMap;
use std::fs;
use std::mem::ManuallyDrop;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use ninefold::lab::FittedClassifier;
use ninefold::models::Predictor;
use ninefold::models::bundle::{self, Placing};
use ninefold::{Error, Result};
use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use tempfile::TempDir;

use crate::Watcher;
use crate::column::Texts;
use crate::errors::to_python;
use crate::watch;

/// A model, shared by any number of threads.
#[pyclass(frozen, module = "ninefold._ninefold")]
pub(crate) struct Model {
    held: Arc<Held>,
    row: Option<String>,
    history: Option<String>,
}

/// What a model is made of. A forked process does not remove the files of the process that made them.
struct Held {
    kept: ManuallyDrop<Kept>,
    process: u32,
}

enum Kept {
    Fitted(Box<FittedClassifier>),
    Loaded { predictor: Box<Predictor>, folder: PathBuf, _temporary: Option<TempDir> },
}

impl Held {
    fn new(kept: Kept) -> Arc<Held> {
        Arc::new(Held { kept: ManuallyDrop::new(kept), process: std::process::id() })
    }

    fn predictor(&self) -> &Predictor {
        match &*self.kept {
            Kept::Fitted(fitted) => fitted.predictor(),
            Kept::Loaded { predictor, .. } => predictor,
        }
    }

    fn save(&self, folder: &Path) -> Result<()> {
        match &*self.kept {
            Kept::Fitted(fitted) => fitted.save(folder),
            Kept::Loaded { folder: source, .. } => bundle::copy(source, folder, Placing::Copy),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.process == std::process::id() {
            // SAFETY: dropped once, here, and not used after.
            unsafe { ManuallyDrop::drop(&mut self.kept) }
        }
    }
}

impl Model {
    pub(crate) fn fitted(fitted: FittedClassifier) -> PyResult<Model> {
        let json = |value: serde_json::Result<String>| {
            value.map_err(|error| to_python(Error::internal(format!("a record that is no JSON: {error}"))))
        };
        let row = json(serde_json::to_string(fitted.row()))?;
        let history = json(serde_json::to_string(fitted.history()))?;
        Ok(Model { held: Held::new(Kept::Fitted(Box::new(fitted))), row: Some(row), history: Some(history) })
    }

    fn loaded(folder: PathBuf, temporary: Option<TempDir>) -> Result<Model> {
        let predictor = Predictor::load(&folder)?;
        let held = Held::new(Kept::Loaded { predictor: Box::new(predictor), folder, _temporary: temporary });
        Ok(Model { held, row: None, history: None })
    }

    /// Every file of the model, by its path in the folder.
    fn files<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let read = || {
            let place = temporary()?;
            let folder = place.path().join("model");
            self.held.save(&folder)?;
            let mut files = Vec::new();
            collect(&folder, "", &mut files)?;
            Ok(files)
        };
        let files = py.detach(read).map_err(to_python)?;
        let dict = PyDict::new(py);
        files.into_iter().try_for_each(|(name, bytes)| dict.set_item(name, PyBytes::new(py, &bytes)))?;
        Ok(dict)
    }
}

/// The files of a model by their paths, and what training found out.
type ModelState<'py> = (Bound<'py, PyDict>, Option<String>, Option<String>);

#[pymethods]
impl Model {
    /// Loads the folder of a saved model.
    #[staticmethod]
    fn load(folder: PathBuf) -> PyResult<Model> {
        Model::loaded(folder, None).map_err(to_python)
    }

    /// The model whose files these are.
    #[staticmethod]
    #[pyo3(signature = (files, row=None, history=None))]
    fn from_files(files: BTreeMap<String, Vec<u8>>, row: Option<String>, history: Option<String>) -> PyResult<Model> {
        let load = || {
            let place = temporary()?;
            for (name, bytes) in &files {
                let path = place.path().join(inner_path(name)?);
                let folder = path.parent().unwrap_or(place.path());
                fs::create_dir_all(folder).map_err(Error::io("create the folder", folder))?;
                fs::write(&path, bytes).map_err(Error::io("write", &path))?;
            }
            Model::loaded(place.path().to_path_buf(), Some(place))
        };
        Ok(Model { row, history, ..load().map_err(to_python)? })
    }

    /// Pickling: the files travel.
    fn __reduce__<'py>(slf: Bound<'py, Model>) -> PyResult<(Bound<'py, PyAny>, ModelState<'py>)> {
        let model = slf.get();
        let state = (model.files(slf.py())?, model.row.clone(), model.history.clone());
        Ok((slf.get_type().getattr("from_files")?, state))
    }

    /// Writes the model into a folder.
    fn save(&self, py: Python<'_>, folder: PathBuf) -> PyResult<()> {
        py.detach(|| self.held.save(&folder)).map_err(to_python)
    }

    #[getter]
    fn labels(&self) -> Vec<String> {
        self.held.predictor().labels().to_vec()
    }

    #[getter]
    fn name(&self) -> &str {
        self.held.predictor().name()
    }

    #[getter]
    fn parameter_count(&self) -> usize {
        self.held.predictor().parameter_count()
    }

    #[getter]
    fn protocols(&self) -> Vec<String> {
        self.held.predictor().protocols().to_vec()
    }

    /// What training found out, as JSON; None for a model that was loaded.
    #[getter]
    fn row(&self) -> Option<&str> {
        self.row.as_deref()
    }

    #[getter]
    fn history(&self) -> Option<&str> {
        self.history.as_deref()
    }

    /// Probabilities, row by row. `[texts * labels]`
    fn predict_proba<'py>(
        &self,
        py: Python<'py>,
        texts: &Texts,
        threads: usize,
        watcher: Watcher,
    ) -> PyResult<Bound<'py, PyArray1<f32>>> {
        let (held, column) = (Arc::clone(&self.held), texts.column());
        let probabilities = watch::run(py, threads, &watcher, move |watch| {
            let predictions = held.predictor().predict(&column.texts(), watch)?;
            Ok(predictions.into_iter().flat_map(|prediction| prediction.probabilities).collect::<Vec<f32>>())
        })?;
        Ok(probabilities.into_pyarray(py))
    }
}

pub(crate) fn temporary() -> Result<TempDir> {
    tempfile::tempdir().map_err(Error::io("create a folder in", std::env::temp_dir()))
}

/// A path that does not leave the folder.
fn inner_path(name: &str) -> Result<&Path> {
    let path = Path::new(name);
    if path.components().all(|component| matches!(component, Component::Normal(_))) {
        return Ok(path);
    }
    Err(Error::format("a pickled model", "names of files inside its folder", name))
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    let failed = || Error::io("read", folder);
    for entry in fs::read_dir(folder).map_err(failed())? {
        let path = entry.map_err(failed())?.path();
        let name = format!("{prefix}{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files)?;
        } else {
            files.push((name, fs::read(&path).map_err(Error::io("read", &path))?));
        }
    }
    Ok(())
}
