//! Texts with labels, in parts.

use std::sync::Arc;

use ninefold::Result;
use ninefold::data::{self, CorpusConfig};
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::column::{Column, Texts};
use crate::errors::refused;

/// Texts with the number of each one's class.
#[pyclass(frozen, module = "ninefold._ninefold")]
#[derive(Clone)]
pub(crate) struct Part {
    column: Arc<Column>,
    classes: Arc<Vec<u32>>, // [texts]
}

#[pymethods]
impl Part {
    #[new]
    fn new(texts: &Texts, classes: Vec<u32>) -> PyResult<Part> {
        let column = texts.column();
        if column.len() != classes.len() {
            let (texts, labels) = (column.len(), classes.len());
            return Err(refused(format!("{texts} texts and {labels} labels: there must be one label for each text")));
        }
        Ok(Part { column, classes: Arc::new(classes) })
    }

    /// Pickling: texts and numbers travel.
    fn __reduce__<'py>(slf: Bound<'py, Part>) -> (Bound<'py, PyType>, (Texts, Vec<u32>)) {
        let part = slf.get();
        (slf.get_type(), (Texts::shared(&part.column), part.classes.to_vec()))
    }

    fn __len__(&self) -> usize {
        self.classes.len()
    }
}

impl Part {
    /// Each text with the name of its class.
    fn pairs<'a>(&'a self, labels: &'a [String]) -> Vec<(&'a str, &'a str)> {
        let names = self.classes.iter().map(|&class| labels.get(class as usize).map_or("", String::as_str));
        self.column.texts().into_iter().zip(names).collect()
    }
}

/// What a pickled corpus is made of.
type CorpusState = (Vec<String>, Part, Option<Part>, Option<Part>);

/// The parts, and the names of the classes that all of them have.
#[pyclass(frozen, module = "ninefold._ninefold")]
#[derive(Clone)]
pub(crate) struct Corpus {
    labels: Arc<Vec<String>>,
    train: Part,
    validation: Option<Part>,
    test: Option<Part>,
}

#[pymethods]
impl Corpus {
    #[new]
    #[pyo3(signature = (labels, train, validation=None, test=None))]
    fn new(labels: Vec<String>, train: &Part, validation: Option<&Part>, test: Option<&Part>) -> Corpus {
        let (validation, test) = (validation.cloned(), test.cloned());
        Corpus { labels: Arc::new(labels), train: train.clone(), validation, test }
    }

    /// Pickling: the parts travel.
    fn __reduce__<'py>(slf: Bound<'py, Corpus>) -> (Bound<'py, PyType>, CorpusState) {
        let Corpus { labels, train, validation, test } = slf.get().clone();
        (slf.get_type(), (labels.to_vec(), train, validation, test))
    }
}

impl Corpus {
    /// For a single model: without a test part.
    ///
    /// # Errors
    /// As [`data::Corpus::for_training`].
    pub(crate) fn for_training(&self, config: &CorpusConfig) -> Result<data::Corpus> {
        let [train, validation, _] = self.pairs();
        data::Corpus::for_training(&train.unwrap_or_default(), validation.as_deref(), config)
    }

    /// For a comparison: a test part that is not given is cut off.
    ///
    /// # Errors
    /// As [`data::Corpus::from_texts`].
    pub(crate) fn to_compare(&self, config: &CorpusConfig) -> Result<data::Corpus> {
        let [train, validation, test] = self.pairs();
        let (train, test) = (train.unwrap_or_default(), test.as_deref());
        match validation {
            Some(validation) => data::Corpus::from_parts(&train, &validation, test, config),
            None => data::Corpus::from_texts(&train, test, config),
        }
    }

    fn pairs(&self) -> [Option<Vec<(&str, &str)>>; 3] {
        [Some(&self.train), self.validation.as_ref(), self.test.as_ref()].map(|part| Some(part?.pairs(&self.labels)))
    }
}
