//! No network between words and pooling: the words' vectors themselves are pooled (SWEM, Shen et al. 2018).

mod identity;

use documented::{Documented, DocumentedFields};
use serde::{Deserialize, Serialize};

pub use identity::Identity;

use super::{Axis, Family, PyTorch, SharedConfig, Weights};
use crate::layers::{Encoder, Pooling};
use ninefold_core::rng::Rng;

/// Pooled word vectors: swem. It has no settings of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Documented, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct Swem {}

impl Family for Swem {
    fn title(&self) -> &'static str {
        "SWEM"
    }

    fn own_pooling(&self) -> Pooling {
        Pooling::MeanMax
    }

    /// There is no matrix product in it.
    fn unused(&self) -> &'static [&'static str] {
        &["precision"]
    }

    fn encoder(&self, dim: usize, _shared: &SharedConfig, _rng: &mut Rng) -> Box<dyn Encoder> {
        Box::new(Identity::new(dim))
    }

    fn output(&self, dim: usize) -> Axis {
        Axis { parts: 1, size: dim }
    }

    fn weights(&self, _dim: usize) -> Weights {
        Box::new(std::iter::empty())
    }

    fn operations(&self, _dim: usize, _in_training: bool) -> f64 {
        0.0
    }

    fn summary(&self, pooling: Pooling) -> String {
        format!("A linear layer over pooled vectors (SWEM, `{}`)", pooling.name())
    }

    fn pytorch(&self, _dim: usize) -> PyTorch {
        PyTorch { modules: Vec::new(), forward: "h = x".to_string() }
    }
}
