//! A network with a batch of made-up texts, of the sizes by which people know the machine's speed.

use crate::batch::{Batch, Encoded, Padding};
use crate::families::recurrent::Recurrent;
use crate::families::{Families, SharedConfig};
use crate::layers::optimizer::OptimizerStep;
use crate::layers::{Optimizer, Precision};
use crate::model::{Classifier, LossConfig, ModelKind, NeuralClassifier, NeuralConfig};
use ninefold_core::rng::Rng;

const VOCAB: usize = 20_000;
const CLASSES: usize = 20;
const LAYERS: usize = 2;

/// How large the network is, and how many texts of which length it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Its name in flags and reports.
    pub name: &'static str,
    /// Texts of a batch.
    pub batch_size: usize,
    /// Tokens of each text, or of the longest.
    pub length: usize,
    /// Whether texts are as long as posts are: lognormal, median 90 tokens, at most `length`.
    pub real_lengths: bool,
    /// Length of a word's vector.
    pub dim: usize,
    /// Units per direction.
    pub hidden_size: usize,
}

/// The first round's network on full texts.
const ROUND1: Size =
    Size { name: "round1", batch_size: 64, length: 150, real_lengths: false, dim: 100, hidden_size: 128 };

impl Size {
    /// The first round's network and the second's, both on full texts, and the first round's on texts as long as posts are.
    pub const ALL: [Size; 3] = [
        ROUND1,
        Size { name: "round2", batch_size: 32, length: 400, real_lengths: false, dim: 200, hidden_size: 256 },
        Size { name: "posts", length: 400, real_lengths: true, ..ROUND1 },
    ];

    /// Its name in flags and reports.
    pub fn name(self) -> &'static str {
        self.name
    }

    fn draw_length(self, rng: &mut Rng) -> usize {
        let drawn = (90.0 * (0.8 * rng.normal()).exp()) as usize;
        if self.real_lengths { drawn.clamp(1, self.length) } else { self.length }
    }
}

/// A network and a batch.
pub struct Workload {
    pub(super) size: Size,
    pub(super) kind: ModelKind,
    pub(super) precision: Precision,
    pub(super) model: NeuralClassifier,
    pub(super) batch: Batch,
    operations: [f64; 2], // per token: forward, in training
    texts: Encoded,
    optimizer: Optimizer,
}

impl Workload {
    /// Two bidirectional layers, or Kim's filters, with dropout 0.5 over frozen embeddings, and random texts; the same every
    /// time.
    pub fn new(size: Size, kind: ModelKind, precision: Precision) -> Workload {
        let Size { batch_size, length, dim, hidden_size, .. } = size;
        let mut rng = Rng::new(1);
        let matrix = (0..VOCAB * dim).map(|_| 0.3 * rng.normal() as f32).collect();
        let recurrent = Recurrent { hidden_size, num_layers: LAYERS, ..Recurrent::default() };
        let encoder = Families { recurrent, ..Families::default() }.encoder(kind);
        let family = encoder.family();
        let operations = [false, true].map(|in_training| family.operations(dim, in_training));
        let shared = SharedConfig { dropout: 0.5, freeze_embeddings: true, precision, ..SharedConfig::default() };
        let config = NeuralConfig { encoder, shared, num_classes: CLASSES };
        let model = NeuralClassifier::new(config, matrix, dim, 1);
        let mut texts = Encoded::default();
        for _ in 0..batch_size {
            let ids: Vec<u32> = (0..size.draw_length(&mut rng)).map(|_| 2 + rng.below(VOCAB - 2) as u32).collect();
            texts.push(&ids, rng.below(CLASSES) as u32);
        }
        let batch = Batch::pack(&texts, &(0..batch_size).collect::<Vec<_>>(), length, Padding::Exact);
        let optimizer = Optimizer::new(&model.parameters());
        Workload { size, kind, precision, operations, model, batch, texts, optimizer }
    }

    /// One training step.
    pub fn train(&mut self, step: u64) {
        self.model.train_batch(&self.batch, &[step], LossConfig::default());
        let settings = OptimizerStep { learning_rate: 1e-3, ..OptimizerStep::default() };
        self.optimizer.step(self.model.parameters_mut(), settings);
    }

    /// Every text in a batch of its own.
    pub(super) fn singles(&self) -> Vec<Batch> {
        (0..self.texts.len()).map(|text| Batch::pack(&self.texts, &[text], self.size.length, Padding::Exact)).collect()
    }

    /// Operations of the matrix products per token, as [`Family::operations`](crate::families::Family::operations) counts them.
    pub fn flop_per_token(&self, in_training: bool) -> f64 {
        self.operations[usize::from(in_training)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_takes_the_operations_that_its_shapes_say() {
        let workload = Workload::new(ROUND1, ModelKind::Gru, Precision::F32);
        assert_eq!((workload.batch.rows(), workload.batch.tokens()), (64, 9600));
        let total = workload.flop_per_token(true) * workload.batch.tokens() as f64;
        assert!((total * 1e-9 - 25.6).abs() < 0.1, "{total:e}");
    }
}
