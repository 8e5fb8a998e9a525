//! A convolution over words (Kim 2014): filters of several widths, whose largest values are pooled.

mod convolution;

use documented::{Documented, DocumentedFields};
use serde::{Deserialize, Serialize};

pub use convolution::Convolution;

use super::{Axis, Family, PyTorch, SharedConfig, Weights, size_within};
use crate::layers::{Encoder, Pooling};
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::all_listed;
use ninefold_core::rng::Rng;
use ninefold_kernels::convolution::Shape;

/// Filters of each width at most.
const MAX_FILTERS: usize = 1 << 16;
/// Widths at most.
const MAX_WIDTHS: usize = 64;
/// Words that a filter covers at most.
const MAX_WIDTH: usize = 1024;

/// Convolutions: cnn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Documented, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct Cnn {
    /// Filter widths in words, ascending.
    pub filter_widths: Vec<usize>,
    /// Number of filters of each width.
    pub filters: usize,
}

impl Default for Cnn {
    fn default() -> Cnn {
        Cnn { filter_widths: vec![3, 4, 5], filters: 100 }
    }
}

impl Family for Cnn {
    fn title(&self) -> &'static str {
        "CNN"
    }

    fn own_pooling(&self) -> Pooling {
        Pooling::Max
    }

    fn search_space(&self) -> &'static str {
        "filters = [50, 100, 200]\nfilter_widths = [[1, 2, 3], [2, 3, 4], [3, 4, 5]]"
    }

    fn check(&self) -> Result<()> {
        size_within("filters", self.filters, MAX_FILTERS)?;
        let widths = &self.filter_widths;
        if widths.first().is_none_or(|&width| width == 0) || !widths.is_sorted_by(|a, b| a < b) {
            return Err(Error::invalid_value(
                "filter_widths",
                "one or more widths from 1 up, rising",
                format!("{widths:?}"),
            ));
        }
        if widths.len() > MAX_WIDTHS || widths.last().is_some_and(|&width| width > MAX_WIDTH) {
            return Err(Error::invalid_value(
                "filter_widths",
                format!("at most {MAX_WIDTHS} widths of at most {MAX_WIDTH} words"),
                format!("{} up to {}", widths.len(), widths.last().copied().unwrap_or_default()),
            ));
        }
        Ok(())
    }

    fn check_length(&self, max_len: usize) -> Result<()> {
        match self.filter_widths.last() {
            Some(&widest) if widest > max_len => {
                Err(Error::invalid_value("filter_widths", format!("at most training.max_len, {max_len}"), widest))
            }
            _ => Ok(()),
        }
    }

    fn encoder(&self, dim: usize, shared: &SharedConfig, rng: &mut Rng) -> Box<dyn Encoder> {
        let shape = Shape { dim, widths: self.filter_widths.clone(), filters: self.filters };
        Box::new(Convolution::new(shape, shared.precision, "convolution", rng))
    }

    fn output(&self, _dim: usize) -> Axis {
        Axis { parts: 1, size: self.filters.saturating_mul(self.filter_widths.len()) }
    }

    fn weights(&self, dim: usize) -> Weights {
        let filters = self.filters;
        Box::new(self.filter_widths.clone().into_iter().enumerate().flat_map(move |(number, width)| {
            [("weight", vec![filters, dim, width]), ("bias", vec![filters])]
                .map(|(name, shape)| (format!("convolution.{number}.{name}"), shape))
        }))
    }

    /// The gradients come of few positions, without products.
    fn operations(&self, dim: usize, _in_training: bool) -> f64 {
        2.0 * (self.filter_widths.iter().sum::<usize>() * self.filters * dim) as f64
    }

    fn summary(&self, pooling: Pooling) -> String {
        let widths: Vec<String> = self.filter_widths.iter().map(usize::to_string).collect();
        let (filters, widths) = (self.filters, all_listed(&widths));
        format!("A convolution with {filters} filters for each window of {widths} words (`{}`)", pooling.name())
    }

    fn pytorch(&self, dim: usize) -> PyTorch {
        let (filters, widths) = (self.filters, &self.filter_widths);
        let windows = format!("torch.nn.Conv1d({dim}, {filters}, width, padding=\"same\") for width in {widths:?}");
        PyTorch {
            modules: vec![("convolution", format!("torch.nn.ModuleList([{windows}])"))],
            forward: "h = torch.cat([c(x.mT).relu() for c in convolution], dim=1).mT".to_string(),
        }
    }
}
