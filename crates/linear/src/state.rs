//! A trained baseline taken apart: named tensors, a few settings and n-grams, for whoever writes it to a disk.
//!
//! Takes a model -> gives its [`State`], and back to the same bits. What comes back from a disk may be anything: every size is
//! checked before it is used.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Linear;
use ninefold_core::error::{Error, Result};

/// All that a trained baseline consists of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Settings that predicting needs, by key.
    pub settings: BTreeMap<String, Value>,
    /// Numbers by name.
    pub tensors: BTreeMap<String, Tensor>,
    /// The token ids of each n-gram, in the order of the columns, for a model that counts n-grams.
    pub ngrams: Option<Vec<Vec<u32>>>,
}

/// Numbers in a shape, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Sizes, the slowest first.
    pub shape: Vec<usize>,
    /// The numbers.
    pub numbers: Numbers,
}

/// Numbers of one type.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    /// 32-bit floats.
    F32(Vec<f32>),
    /// 64-bit floats.
    F64(Vec<f64>),
    /// Indices.
    U32(Vec<u32>),
}

impl Numbers {
    /// Whether none of them is NaN or infinite.
    pub fn are_finite(&self) -> bool {
        match self {
            Numbers::F32(numbers) => numbers.iter().all(|number| number.is_finite()),
            Numbers::F64(numbers) => numbers.iter().all(|number| number.is_finite()),
            Numbers::U32(_) => true,
        }
    }
}

impl From<Vec<f32>> for Numbers {
    fn from(numbers: Vec<f32>) -> Numbers {
        Numbers::F32(numbers)
    }
}

impl From<Vec<f64>> for Numbers {
    fn from(numbers: Vec<f64>) -> Numbers {
        Numbers::F64(numbers)
    }
}

impl From<Vec<u32>> for Numbers {
    fn from(numbers: Vec<u32>) -> Numbers {
        Numbers::U32(numbers)
    }
}

impl State {
    /// The same with a tensor more.
    pub fn with(mut self, name: &str, shape: &[usize], numbers: impl Into<Numbers>) -> State {
        self.tensors.insert(name.to_string(), Tensor { shape: shape.to_vec(), numbers: numbers.into() });
        self
    }

    /// The same with a setting more.
    pub fn with_setting(mut self, key: &str, value: impl Into<Value>) -> State {
        self.settings.insert(key.to_string(), value.into());
        self
    }

    /// The same with the weights of a linear classifier.
    pub fn with_linear(self, linear: Linear) -> State {
        let classes = linear.num_classes();
        let features = linear.weights.len() / classes.max(1);
        self.with("weights", &[features, classes], linear.weights).with("bias", &[classes], linear.bias)
    }

    /// A setting.
    ///
    /// # Errors
    /// [`Error::Format`] when it is missing or of another kind.
    pub fn setting<T: DeserializeOwned + Serialize>(&self, key: &str) -> Result<T> {
        let value = self.settings.get(key).cloned().unwrap_or_default();
        let location = || format!("the setting `{key}`");
        serde_json::from_value(value).map_err(|error| Error::format(location(), "a value", error.to_string()))
    }

    /// The shape of a tensor; nothing where it is missing.
    pub fn shape(&self, name: &str) -> &[usize] {
        self.tensors.get(name).map_or(&[], |tensor| &tensor.shape)
    }

    /// Takes a tensor of 64-bit floats out.
    ///
    /// # Errors
    /// [`Error::Format`] when it is missing or has another type or shape.
    pub fn take_f64(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f64>> {
        match self.take(name, shape) {
            Some(Numbers::F64(numbers)) => Ok(numbers),
            _ => Err(misshapen(name, "F64", shape)),
        }
    }

    /// Takes a tensor of 32-bit floats out.
    ///
    /// # Errors
    /// As [`take_f64`](State::take_f64).
    pub fn take_f32(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        match self.take(name, shape) {
            Some(Numbers::F32(numbers)) => Ok(numbers),
            _ => Err(misshapen(name, "F32", shape)),
        }
    }

    /// Takes a tensor of indices out.
    ///
    /// # Errors
    /// As [`take_f64`](State::take_f64).
    pub fn take_u32(&mut self, name: &str, shape: &[usize]) -> Result<Vec<u32>> {
        match self.take(name, shape) {
            Some(Numbers::U32(numbers)) => Ok(numbers),
            _ => Err(misshapen(name, "U32", shape)),
        }
    }

    /// Takes the weights of a linear classifier out.
    ///
    /// # Errors
    /// As [`take_f64`](State::take_f64).
    pub fn take_linear(&mut self, features: usize, num_classes: usize) -> Result<Linear> {
        let weights = self.take_f64("weights", &[features, num_classes])?;
        Ok(Linear { weights, bias: self.take_f64("bias", &[num_classes])? })
    }

    fn take(&mut self, name: &str, shape: &[usize]) -> Option<Numbers> {
        self.tensors.remove(name).filter(|tensor| tensor.shape == shape).map(|tensor| tensor.numbers)
    }
}

fn misshapen(name: &str, kind: &str, shape: &[usize]) -> Error {
    Error::format(format!("the tensor `{name}`"), format!("{kind} {shape:?}"), "none, or another")
}
