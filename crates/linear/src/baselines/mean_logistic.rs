//! Logistic regression over the mean of a text's word vectors, once per embedding.

use crate::baseline::{Baseline, Input, Trained, TrainedBaseline};
use crate::mean::{self, Scaler};
use crate::state::State;
use crate::training::{Chosen, Features, TrainingData};
use crate::{BaselineConfig, Linear, logistic};
use ninefold_core::error::{Error, Result};
use ninefold_core::memory::slice_bytes;
use ninefold_core::progress::Progress;

use super::LOGISTIC;

#[derive(Debug)]
pub(super) struct MeanLogistic;

impl Baseline for MeanLogistic {
    fn name(&self) -> &'static str {
        "mean_logistic"
    }

    fn about(&self) -> &'static str {
        "Logistic regression over the mean of a text's word vectors"
    }

    fn input(&self) -> Input {
        Input::Vectors
    }

    fn pace(&self) -> [f64; 2] {
        [1e-6, 1e-6]
    }

    fn settings(&self) -> &'static [&'static str] {
        &["c"]
    }

    fn train(&self, data: &TrainingData, chosen: Option<&Chosen>, _progress: &dyn Progress) -> Result<Trained> {
        let table = data.vectors.ok_or_else(|| Error::data("mean_logistic: needs the word vectors of an embedding"))?;
        let means = |texts: &[Vec<u32>]| mean::vectors(texts, table.data, table.dim);
        let train = means(&data.train.ids);
        let scaler = Scaler::fit(&train, table.dim);
        let validation = scaler.transform(means(&data.validation.ids));
        let features = Features { train: scaler.transform(train), validation };
        let BaselineConfig { c, .. } = data.settings;
        let (linear, chosen) = data.choose("c", c, chosen, &features, |means, c, start| {
            logistic::train(means, data.targets(), c, LOGISTIC, start)
        });
        let model = MeanClassifier { matrix: table.data.to_vec(), dim: table.dim, scaler, linear };
        Ok(Trained { model: Box::new(model), chosen })
    }

    fn load(&self, mut state: State, vocab_size: usize, num_classes: usize) -> Result<Box<dyn TrainedBaseline>> {
        let dim = state.shape("scaler.mean").first().copied().unwrap_or_default();
        if dim == 0 {
            return Err(Error::format("the tensor `scaler.mean`", "F64 [dim]", "none, or another"));
        }
        let matrix = state.take_f32("embedding.weight", &[vocab_size, dim])?;
        let scaler = Scaler::new(state.take_f64("scaler.mean", &[dim])?, state.take_f64("scaler.scale", &[dim])?);
        if scaler.scales().iter().any(|&scale| scale <= 0.0) {
            return Err(Error::format("the tensor `scaler.scale`", "numbers above 0", "0 or less"));
        }
        let linear = state.take_linear(dim, num_classes)?;
        Ok(Box::new(MeanClassifier { matrix, dim, scaler, linear }))
    }
}

/// Word vectors, their mean scaled, a linear classifier.
#[derive(Debug)]
struct MeanClassifier {
    matrix: Vec<f32>, // [vocab_size, dim]
    dim: usize,
    scaler: Scaler,
    linear: Linear,
}

impl TrainedBaseline for MeanClassifier {
    fn scores(&self, texts: &[Vec<u32>]) -> Vec<f64> {
        self.linear.scores(&self.scaler.transform(mean::vectors(texts, &self.matrix, self.dim)))
    }

    fn parameter_count(&self) -> usize {
        self.linear.parameter_count()
    }

    fn memory_bytes(&self) -> usize {
        self.parameter_count() * size_of::<f64>() + slice_bytes(&self.matrix)
    }

    fn state(&self) -> State {
        let shape = [self.matrix.len() / self.dim, self.dim];
        State::default()
            .with("embedding.weight", &shape, self.matrix.clone())
            .with("scaler.mean", &[self.dim], self.scaler.means().to_vec())
            .with("scaler.scale", &[self.dim], self.scaler.scales().to_vec())
            .with_linear(self.linear.clone())
    }
}
