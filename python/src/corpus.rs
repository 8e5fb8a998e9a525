//! Texts with labels, in parts.

use std::sync::Arc;

use ninefold::Result;
use ninefold::data::{self, CorpusConfig};
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::column::{Column, Texts};
use crate::errors::refused;

/// Texts with the number of each one's class, and how much each counts in training.
#[pyclass(frozen, module = "ninefold._ninefold")]
#[derive(Clone)]
pub(crate) struct Part {
    column: Arc<Column>,
    classes: Arc<Vec<u32>>,         // [texts]
    weights: Option<Arc<Vec<f64>>>, // [texts]; `None`: all 1
}

/// A text, its label, and how much it counts.
type Example<'a> = (&'a str, &'a str, f64);

/// What a pickled part is made of.
type PartState = (Texts, Vec<u32>, Option<Vec<f64>>);

#[pymethods]
impl Part {
    #[new]
    #[pyo3(signature = (texts, classes, weights=None))]
    fn new(texts: &Texts, classes: Vec<u32>, weights: Option<Vec<f64>>) -> PyResult<Part> {
        let column = texts.column();
        if column.len() != classes.len() {
            let (texts, labels) = (column.len(), classes.len());
            return Err(refused(format!("{texts} texts and {labels} labels: there must be one label for each text")));
        }
        if let Some(weights) = &weights
            && weights.len() != classes.len()
        {
            let (texts, weights) = (classes.len(), weights.len());
            return Err(refused(format!(
                "{texts} texts and {weights} weights: there must be one weight for each text"
            )));
        }
        Ok(Part { column, classes: Arc::new(classes), weights: weights.map(Arc::new) })
    }

    /// Pickling: texts and numbers travel.
    fn __reduce__<'py>(slf: Bound<'py, Part>) -> (Bound<'py, PyType>, PartState) {
        let part = slf.get();
        let weights = part.weights.as_deref().cloned();
        (slf.get_type(), (Texts::shared(&part.column), part.classes.to_vec(), weights))
    }

    fn __len__(&self) -> usize {
        self.classes.len()
    }
}

impl Part {
    /// Each text with the name of its class and its weight.
    fn examples<'a>(&'a self, labels: &'a [String]) -> Vec<(&'a str, &'a str, f64)> {
        let name = |class: u32| labels.get(class as usize).map_or("", String::as_str);
        let weight = |index: usize| self.weights.as_ref().map_or(1.0, |weights| weights[index]);
        let texts = self.column.texts().into_iter().zip(self.classes.iter()).enumerate();
        texts.map(|(index, (text, &class))| (text, name(class), weight(index))).collect()
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
        let [train, validation, _] = self.examples();
        data::Corpus::for_training(&train.unwrap_or_default(), validation.as_deref(), config)
    }

    /// For a comparison: a test part that is not given is cut off.
    ///
    /// # Errors
    /// As [`data::Corpus::from_texts`].
    pub(crate) fn to_compare(&self, config: &CorpusConfig) -> Result<data::Corpus> {
        let [train, validation, test] = self.examples();
        let (train, test) = (train.unwrap_or_default(), test.as_deref());
        match validation {
            Some(validation) => data::Corpus::from_parts(&train, &validation, test, config),
            None => data::Corpus::from_texts(&train, test, config),
        }
    }

    /// Of train, validation and test.
    fn examples(&self) -> [Option<Vec<Example<'_>>>; 3] {
        [Some(&self.train), self.validation.as_ref(), self.test.as_ref()].map(|part| Some(part?.examples(&self.labels)))
    }
}
