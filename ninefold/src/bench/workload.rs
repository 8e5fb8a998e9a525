//! A network with a batch of made-up texts, of the sizes by which people know the machine's speed.

use crate::batch::{Batch, Encoded, Padding};
use crate::model::{Classifier, RecurrentClassifier, RecurrentClassifierConfig};
use crate::nn::optimizer::Step;
use crate::nn::{CellKind, Optimizer, Precision};
use crate::rng::Rng;

const VOCAB: usize = 20_000;
const CLASSES: usize = 20;
const LAYERS: usize = 2;
const DIRECTIONS: usize = 2;

/// How large the network is, and how long its texts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// The first round's network on 64 texts of 150 tokens each.
    Round1,
    /// The second round's network on 32 texts of 400 tokens each.
    Round2,
    /// The first round's network on 64 texts as long as posts are: lognormal, median 90, at most 400 tokens.
    Posts,
}

/// What a size is made of.
struct Dimensions {
    texts: usize,
    longest: usize,
    dim: usize,
    hidden_size: usize,
}

impl Size {
    /// All of them.
    pub const ALL: [Size; 3] = [Size::Round1, Size::Round2, Size::Posts];

    /// Its name in flags and reports.
    pub fn name(self) -> &'static str {
        match self {
            Size::Round1 => "round1",
            Size::Round2 => "round2",
            Size::Posts => "posts",
        }
    }

    /// True when texts differ in length, as real ones do.
    pub fn has_real_lengths(self) -> bool {
        self == Size::Posts
    }

    fn dimensions(self) -> Dimensions {
        match self {
            Size::Round1 => Dimensions { texts: 64, longest: 150, dim: 100, hidden_size: 128 },
            Size::Round2 => Dimensions { texts: 32, longest: 400, dim: 200, hidden_size: 256 },
            Size::Posts => Dimensions { texts: 64, longest: 400, dim: 100, hidden_size: 128 },
        }
    }

    fn length(self, rng: &mut Rng) -> usize {
        let longest = self.dimensions().longest;
        if self.has_real_lengths() { ((90.0 * (0.8 * rng.normal()).exp()) as usize).clamp(1, longest) } else { longest }
    }
}

/// A network and a batch.
pub struct Workload {
    pub(super) size: Size,
    pub(super) cell: CellKind,
    pub(super) precision: Precision,
    pub(super) model: RecurrentClassifier,
    pub(super) batch: Batch,
    texts: Encoded,
    optimizer: Optimizer,
}

impl Workload {
    /// Two bidirectional layers with dropout 0.5 over frozen embeddings, and random texts; the same every time.
    pub fn new(size: Size, cell: CellKind, precision: Precision) -> Workload {
        let Dimensions { texts: count, longest, dim, hidden_size } = size.dimensions();
        let mut rng = Rng::new(1);
        let matrix = (0..VOCAB * dim).map(|_| 0.3 * rng.normal() as f32).collect();
        let config = RecurrentClassifierConfig {
            cell,
            hidden_size,
            num_layers: LAYERS,
            bidirectional: true,
            dropout: 0.5,
            freeze_embeddings: true,
            num_classes: CLASSES,
            precision,
        };
        let model = RecurrentClassifier::new(config, matrix, dim, 1);
        let mut texts = Encoded::default();
        for _ in 0..count {
            let ids: Vec<u32> = (0..size.length(&mut rng)).map(|_| 2 + rng.below(VOCAB - 2) as u32).collect();
            texts.push(&ids, rng.below(CLASSES) as u32);
        }
        let batch = Batch::pack(&texts, &(0..count).collect::<Vec<_>>(), longest, Padding::Exact);
        let optimizer = Optimizer::new(&model.parameters());
        Workload { size, cell, precision, model, batch, texts, optimizer }
    }

    /// One training step.
    pub fn train(&mut self, step: u64) {
        self.model.train_batch(&self.batch, &[step]);
        let settings = Step { learning_rate: 1e-3, weight_decay: 0.0, max_grad_norm: None };
        self.optimizer.step(self.model.parameters_mut(), settings);
    }

    /// Every text in a batch of its own.
    pub(super) fn singles(&self) -> Vec<Batch> {
        let longest = self.size.dimensions().longest;
        (0..self.texts.len()).map(|text| Batch::pack(&self.texts, &[text], longest, Padding::Exact)).collect()
    }

    /// Operations of the matrix products per token, a multiply-add counted as two: forward, and in training the gradients of
    /// weights, states and every layer's input but the first's, whose embeddings are frozen.
    pub fn flop_per_token(&self, in_training: bool) -> f64 {
        let Dimensions { dim, hidden_size, .. } = self.size.dimensions();
        let rows = DIRECTIONS * self.cell.gates() * hidden_size;
        let layer = |number: usize| {
            let input = if number == 0 { dim } else { DIRECTIONS * hidden_size };
            let forward = rows * (input + hidden_size);
            let backward = rows * (input + hidden_size + hidden_size + if number == 0 { 0 } else { input });
            if in_training { forward + backward } else { forward }
        };
        2.0 * (0..LAYERS).map(layer).sum::<usize>() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_takes_the_operations_that_its_shapes_say() {
        let workload = Workload::new(Size::Round1, CellKind::Gru, Precision::F32);
        assert_eq!((workload.batch.rows(), workload.batch.tokens()), (64, 9600));
        let total = workload.flop_per_token(true) * workload.batch.tokens() as f64;
        assert!((total * 1e-9 - 25.6).abs() < 0.1, "{total:e}");
    }
}
