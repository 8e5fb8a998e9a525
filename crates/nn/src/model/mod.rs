//! Classifiers: ids in, class logits out. A classifier knows nothing of training loops, files or metrics.

mod bigrams;
pub mod language;
pub mod neural;
pub mod predict;

pub use crate::families::ModelKind;
pub use neural::{NeuralClassifier, NeuralConfig, argmax};
pub use predict::{Reading, predict_logits, predict_proba};

use crate::batch::Batch;
use crate::layers::Parameter;
use ninefold_kernels::softmax::{self, SoftTargets};

/// What one training batch gave.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BatchResult {
    /// Sum of the losses of its texts.
    pub loss: f64,
    /// Texts whose label had the largest logit.
    pub correct: usize,
}

/// What is made small.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LossConfig {
    /// The fraction of a text's label that is spread evenly over all classes.
    pub label_smoothing: f32,
    /// Weight of the teacher in the loss, where the batch has one.
    pub distillation: Distillation,
}

/// How a teacher's probabilities count beside the labels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distillation {
    /// Share of the loss that is the teacher's.
    pub share: f32,
    /// At which temperature both are compared.
    pub temperature: f32,
}

/// No distillation: the weight of the teacher in the loss is 0.
impl Default for Distillation {
    fn default() -> Distillation {
        Distillation { share: 0.0, temperature: 1.0 }
    }
}

impl LossConfig {
    /// The loss of one row of a batch, whose logits become their gradient.
    pub fn row(self, batch: &Batch, row: usize, logits: &mut [f32]) -> f64 {
        let (label, scale, smoothing) = (batch.labels[row] as usize, batch.loss_weights[row], self.label_smoothing);
        let Distillation { share, temperature } = self.distillation;
        match batch.soft_targets.get(row * logits.len()..(row + 1) * logits.len()) {
            Some(targets) if share > 0.0 && !targets.is_empty() => softmax::distillation(
                logits,
                label,
                smoothing,
                SoftTargets { targets, weight: share, temperature },
                scale,
            ),
            _ => softmax::cross_entropy(logits, label, smoothing, scale),
        }
    }
}

/// A model that gives each text a logit per class.
pub trait Classifier: Send {
    /// Number of classes.
    fn num_classes(&self) -> usize;

    /// The longest chunk into which texts are to be cut when a batch is packed for it; 0: they stay whole.
    fn chunk_len(&self) -> usize {
        0
    }

    /// Forward and backward over one batch: the gradients of the mean of [`LossConfig::row`], each row weighted by
    /// `batch.loss_weights`, replace those of the batch before.
    /// `key` makes the random numbers of dropout: fold seed, epoch and step into it.
    fn train_batch(&mut self, batch: &Batch, key: &[u64], objective: LossConfig) -> BatchResult;

    /// The logits of each row, without dropout. `[rows, num_classes]`
    fn logits(&mut self, batch: &Batch) -> Vec<f32>;

    /// The parameters, in an order that never changes.
    fn parameters(&self) -> Vec<&Parameter>;

    /// The parameters, to be changed.
    fn parameters_mut(&mut self) -> Vec<&mut Parameter>;

    /// From now on word vectors learn at this multiple of the learning rate, at 0 they rest; sparse, only those of the words in
    /// a batch take its step. Vectors of pairs of words learn at the same rate, those of words that are frozen do not.
    fn set_embedding_steps(&mut self, rate: f64, is_sparse: bool) {
        let _ = (rate, is_sparse);
    }

    /// Floats that are learned or kept.
    fn parameter_count(&self) -> usize {
        self.parameters().iter().map(|parameter| parameter.value.len()).sum()
    }

    /// Floats that are learned.
    fn trained_parameter_count(&self) -> usize {
        let trained = self.parameters().into_iter().filter(|parameter| parameter.is_trained());
        trained.map(|parameter| parameter.value.len()).sum()
    }
}
