//! The recurrent classifier: embedding -> dropout -> recurrent stack -> final states of both directions -> dropout -> linear.
//!
//! *takes* a [`Batch`] of ids -> *gives* logits. The same network as in the notebook that the presets come from, in PyTorch:
//! `nn.Embedding`, `nn.Dropout`, `nn.LSTM`, `torch.cat((h[-2], h[-1]), 1)`, `nn.Dropout`, `nn.Linear`.

use super::{BatchResult, Classifier};
use crate::batch::Batch;
use crate::kernels::buffer::Buffer;
use crate::kernels::dropout::Dropout;
use crate::kernels::linear;
use crate::kernels::simd::{Level, padded};
use crate::kernels::{embedding, softmax};
use crate::nn::init::uniform_by_fan;
use crate::nn::{CellKind, Parameter, Precision, RecurrentConfig, RecurrentStack};
use crate::rng::Rng;
use crate::vocab::PAD;

/// The shape of a recurrent classifier.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecurrentClassifierConfig {
    /// Which cell.
    pub cell: CellKind,
    /// Units per direction.
    pub hidden_size: usize,
    /// Recurrent layers.
    pub num_layers: usize,
    /// Read every text from both ends.
    pub bidirectional: bool,
    /// Dropout on embeddings, between layers and before the head.
    pub dropout: f64,
    /// Keep the embeddings as they are.
    pub freeze_embeddings: bool,
    /// Number of classes.
    pub num_classes: usize,
    /// The numbers of the recurrent layers' matrix products.
    pub precision: Precision,
}

/// Places of dropout, folded into its key. The stack adds its layers' numbers itself.
const ON_EMBEDDINGS: u64 = 1;
const IN_STACK: u64 = 2;
const BEFORE_HEAD: u64 = 3;

/// An embedding table, a recurrent stack and a linear head.
#[derive(Debug)]
pub struct RecurrentClassifier {
    config: RecurrentClassifierConfig,
    embedding: Parameter, // embedding.weight [vocab_size, dim]
    stack: RecurrentStack,
    head: [Parameter; 2], // head.weight [num_classes, output], head.bias [num_classes]
    states: Buffer,       // [rows, output] final states, after dropout
    logits: Buffer,       // [rows, padded(num_classes)]
    d_states: Buffer,     // [rows, output]
    scratch: linear::Scratch,
}

impl RecurrentClassifier {
    /// A classifier over an embedding matrix `[vocab_size, dim]`, with PyTorch's initial distributions.
    ///
    /// # Panics
    /// When the matrix does not hold whole rows of `dim` floats.
    pub fn new(config: RecurrentClassifierConfig, matrix: Vec<f32>, dim: usize, seed: u64) -> RecurrentClassifier {
        assert!(dim > 0 && matrix.len().is_multiple_of(dim), "{} floats in rows of {dim}", matrix.len());
        let mut rng = Rng::for_purpose(seed, "weights");
        let shape = [matrix.len() / dim, dim];
        let embedding = if config.freeze_embeddings {
            Parameter::frozen("embedding.weight", &shape, matrix)
        } else {
            Parameter::new("embedding.weight", &shape, matrix)
        };
        let recurrent = RecurrentConfig {
            cell: config.cell,
            input_size: dim,
            hidden_size: config.hidden_size,
            num_layers: config.num_layers,
            bidirectional: config.bidirectional,
            dropout: config.dropout,
            precision: config.precision,
        };
        let stack = RecurrentStack::new(recurrent, "recurrent", &mut rng);
        let (inputs, outputs) = (recurrent.output().len(), config.num_classes);
        let weight = uniform_by_fan(&mut rng, outputs * inputs, inputs);
        let bias = uniform_by_fan(&mut rng, outputs, inputs);
        RecurrentClassifier {
            config,
            embedding,
            stack,
            head: [
                Parameter::new("head.weight", &[outputs, inputs], weight),
                Parameter::new("head.bias", &[outputs], bias),
            ],
            states: Buffer::default(),
            logits: Buffer::default(),
            d_states: Buffer::default(),
            scratch: linear::Scratch::default(),
        }
    }

    fn dim(&self) -> usize {
        self.embedding.shape[1]
    }

    fn shape(&self, rows: usize) -> linear::Shape {
        linear::Shape { rows, input: self.stack.config().output(), output: self.config.num_classes }
    }

    /// Embedding to logits; with a key as in training, without one as in prediction.
    fn forward(&mut self, batch: &Batch, key: Option<&[u64]>) {
        let (dim, rows, dropout) = (self.dim(), batch.rows(), self.config.dropout);
        let x = self.stack.input_mut(batch.tokens());
        embedding::forward(&self.embedding.value, dim, &batch.ids, x);
        if let Some(key) = key {
            Dropout::new(dropout, &place(key, ON_EMBEDDINGS)).apply(x);
        }
        let shape = self.shape(rows);
        let states = self.states.resize(rows * shape.input.padded());
        self.stack.forward(batch, key.map(|key| place(key, IN_STACK)).as_deref(), states);
        if let Some(key) = key {
            Dropout::new(dropout, &place(key, BEFORE_HEAD)).apply(states);
        }
        let [weight, bias] = &self.head;
        Level::current().run(linear::Forward {
            shape,
            x: states,
            weight: &weight.value,
            bias: &bias.value,
            y: self.logits.resize(rows * padded(shape.output)),
            scratch: &mut self.scratch,
        });
    }

    /// The gradients in `logits` -> those of every parameter.
    fn backward(&mut self, batch: &Batch, key: &[u64]) {
        let (dim, shape) = (self.dim(), self.shape(batch.rows()));
        let [weight, bias] = &mut self.head;
        let d_states = self.d_states.resize(batch.rows() * shape.input.padded());
        Level::current().run(linear::Backward {
            shape,
            x: &self.states,
            weight: &weight.value,
            d_y: &self.logits,
            d_x: d_states,
            d_weight: &mut weight.gradient,
            d_bias: &mut bias.gradient,
            scratch: &mut self.scratch,
        });
        Dropout::new(self.config.dropout, &place(key, BEFORE_HEAD)).apply(d_states);
        let wants_input = self.embedding.is_trained();
        if let Some(d_x) = self.stack.backward(batch, &place(key, IN_STACK), d_states, wants_input) {
            Dropout::new(self.config.dropout, &place(key, ON_EMBEDDINGS)).apply(d_x);
            embedding::backward(d_x, dim, &batch.ids, PAD, &mut self.embedding.gradient);
        }
    }
}

fn place(key: &[u64], place: u64) -> Vec<u64> {
    [key, &[place]].concat()
}

impl Classifier for RecurrentClassifier {
    fn num_classes(&self) -> usize {
        self.config.num_classes
    }

    fn train_batch(&mut self, batch: &Batch, key: &[u64]) -> BatchResult {
        within_pool(|| self.train_within_pool(batch, key))
    }

    fn logits(&mut self, batch: &Batch) -> Vec<f32> {
        within_pool(|| self.forward(batch, None));
        let classes = self.config.num_classes;
        self.logits.chunks_exact(padded(classes)).flat_map(|row| row[..classes].iter().copied()).collect()
    }

    fn parameters(&self) -> Vec<&Parameter> {
        std::iter::once(&self.embedding).chain(self.stack.parameters()).chain(&self.head).collect()
    }

    fn parameters_mut(&mut self) -> Vec<&mut Parameter> {
        std::iter::once(&mut self.embedding).chain(self.stack.parameters_mut()).chain(&mut self.head).collect()
    }
}

/// Runs work on a thread of the pool, so that each of the many parallel loops in it begins without waking one.
fn within_pool<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    rayon::scope(|_| work())
}

impl RecurrentClassifier {
    fn train_within_pool(&mut self, batch: &Batch, key: &[u64]) -> BatchResult {
        for parameter in self.parameters_mut() {
            parameter.gradient.fill(0.0);
        }
        self.forward(batch, Some(key));
        let classes = self.config.num_classes;
        let mut result = BatchResult::default();
        let rows = self.logits.chunks_exact_mut(padded(classes)).zip(&batch.labels);
        for ((row, &label), &weight) in rows.zip(&batch.loss_weights) {
            let row = &mut row[..classes];
            result.correct += usize::from(largest(row) == label as usize);
            result.loss += softmax::cross_entropy(row, label as usize, weight);
        }
        self.backward(batch, key);
        result
    }
}

/// The place of the largest value, the first of equals.
pub fn largest(row: &[f32]) -> usize {
    let mut best = 0;
    for (place, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = place;
        }
    }
    best
}
