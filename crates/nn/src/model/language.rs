//! A language model that reads texts from both ends: each direction's state predicts the word that it will read next.
//!
//! *takes* a [`Batch`] of ids, without labels -> *gives* how well words were predicted, and gradients. What it has learned, a
//! classifier of the same cell and size begins with: the word vectors and the first recurrent layer. One layer, because a
//! second would see in the other direction's states the word that it is to predict.
//!
//! Source: Dai & Le, "Semi-supervised sequence learning" (2015), in both directions as Peters et al. (2018) do.

use super::neural::{fold_in, within_pool};
use crate::batch::Batch;
use crate::families::recurrent::{Recurrent, RecurrentConfig, RecurrentFamily, RecurrentStack};
use crate::layers::sampled_softmax::{Predictions, SampledSoftmax};
use crate::layers::{Encoder, Parameter, Precision};
use ninefold_core::rng::Rng;
use ninefold_kernels::dropout::Dropout;
use ninefold_kernels::embedding;
use ninefold_kernels::gathered::NO_TOKEN;
use ninefold_kernels::recurrent::previous_tokens;
use ninefold_kernels::simd::padded;
use ninefold_text::vocab::{PAD, UNK};

/// The shape of a language model.
#[derive(Clone, Copy, Debug)]
pub struct LanguageConfig {
    /// The network that it prepares. Of its layers there is one, with nothing dropped and nothing normalised.
    pub network: RecurrentFamily,
    /// Dropout on embeddings.
    pub dropout: f64,
    /// negative samples of a unit of predictions.
    pub noise: usize,
    /// Keep the embeddings as they are.
    pub freeze_embeddings: bool,
    /// The numbers of the recurrent layer's matrix products.
    pub precision: Precision,
}

/// How well some words were predicted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Predicted {
    /// Sum of the losses.
    pub loss: f64,
    /// Words predicted, once per direction.
    pub words: usize,
}

/// Places of dropout, folded into its key.
const ON_EMBEDDINGS: u64 = 1;
const IN_ENCODER: u64 = 2;
const NOISE: u64 = 3;

/// An embedding table, a recurrent layer and a softmax over some of the words.
#[derive(Debug)]
pub struct LanguageModel {
    config: LanguageConfig,
    embedding: Parameter, // embedding.weight [vocab_size, dim]
    stack: RecurrentStack,
    softmax: SampledSoftmax,
    previous: Vec<u32>,          // [tokens]
    pairs: Vec<Vec<(u32, u32)>>, // per direction: the token whose state predicts, the word
}

impl LanguageModel {
    /// A language model over an embedding matrix `[vocab_size, dim]`, whose words occur `counts` times in the texts.
    ///
    /// # Panics
    /// When the matrix has not a row of `dim` floats per word.
    pub fn new(config: LanguageConfig, matrix: Vec<f32>, dim: usize, counts: &[u64], seed: u64) -> LanguageModel {
        assert_eq!(matrix.len(), counts.len() * dim, "vectors of {} words of {dim} floats", counts.len());
        let mut rng = Rng::for_purpose(seed, "weights");
        let shape = [counts.len(), dim];
        let mut embedding = match config.freeze_embeddings {
            true => Parameter::frozen("embedding.weight", &shape, matrix),
            false => Parameter::new("embedding.weight", &shape, matrix),
        };
        embedding.set_sparse(true); // a batch reads few of all words
        let RecurrentFamily { cell, settings } = config.network;
        let recurrent = RecurrentConfig {
            cell,
            settings: Recurrent { num_layers: 1, recurrent_dropout: 0.0, layer_norm: false, ..settings },
            input_size: dim,
            dropout: 0.0,
            locked_dropout: false,
            precision: config.precision,
        };
        let stack = RecurrentStack::new(recurrent, "recurrent", &mut rng);
        let words: Vec<u64> =
            (0..).zip(counts).map(|(id, &count)| if id == PAD || id == UNK { 0 } else { count }).collect();
        let softmax = SampledSoftmax::new(settings.hidden_size, &words, config.noise, &mut rng);
        LanguageModel { config, embedding, stack, softmax, previous: Vec::new(), pairs: Vec::new() }
    }

    /// Forward and backward over one batch: the gradients of the mean loss of a word replace those of the batch before. `key`
    /// makes the random numbers of dropout and noise.
    pub fn train_batch(&mut self, batch: &Batch, key: &[u64]) -> Predicted {
        within_pool(|| {
            self.parameters_mut().into_iter().for_each(Parameter::clear_gradient);
            self.forward(batch, Some(key));
            self.find_pairs(batch);
            let words = self.pairs.iter().map(Vec::len).sum();
            let loss = self.backward(batch, key, words);
            Predicted { loss, words }
        })
    }

    /// How well the words of a batch are predicted, without dropout. `key` makes the random numbers of the noise.
    pub fn score(&mut self, batch: &Batch, key: &[u64]) -> Predicted {
        within_pool(|| {
            self.forward(batch, None);
            self.find_pairs(batch);
            let outputs = self.stack.outputs();
            let states = outputs.into_iter().zip(&self.pairs);
            let predictions: Vec<_> = states.map(|(states, pairs)| Predictions { states, pairs }).collect();
            let loss = self.softmax.losses(&predictions, &fold_in(key, NOISE));
            Predicted { loss, words: self.pairs.iter().map(Vec::len).sum() }
        })
    }

    /// The parameters, in an order that never changes.
    pub fn parameters(&self) -> Vec<&Parameter> {
        std::iter::once(&self.embedding).chain(self.stack.parameters()).chain(self.softmax.parameters()).collect()
    }

    /// The same, to be changed.
    pub fn parameters_mut(&mut self) -> Vec<&mut Parameter> {
        let softmax = self.softmax.parameters_mut();
        std::iter::once(&mut self.embedding).chain(self.stack.parameters_mut()).chain(softmax).collect()
    }

    fn dim(&self) -> usize {
        self.embedding.shape[1]
    }

    fn forward(&mut self, batch: &Batch, key: Option<&[u64]>) {
        let dim = self.dim();
        let x = self.stack.input_mut(batch.tokens());
        embedding::forward(&self.embedding.value, &[], dim, &batch.ids, x);
        if let Some(key) = key {
            Dropout::new(self.config.dropout, &fold_in(key, ON_EMBEDDINGS)).apply(x);
        }
        self.stack.forward(batch, key.map(|key| fold_in(key, IN_ENCODER)).as_deref());
    }

    /// Which state predicts which word: in each direction that before it. `<unk>` is no word to predict.
    fn find_pairs(&mut self, batch: &Batch) {
        let directions = 1 + usize::from(self.config.network.settings.bidirectional);
        self.pairs.resize(directions, Vec::new());
        for (direction, pairs) in self.pairs.iter_mut().enumerate() {
            self.previous.clear();
            let slices = batch.slices.iter();
            slices.for_each(|slice| previous_tokens(slice, direction == 1, slice.first_token, &mut self.previous));
            pairs.clear();
            let all = self.previous.iter().zip(&batch.ids);
            pairs.extend(all.filter(|(state, id)| **state != NO_TOKEN && **id > UNK).map(|(&state, &id)| (state, id)));
        }
    }

    fn backward(&mut self, batch: &Batch, key: &[u64], words: usize) -> f64 {
        let (dim, output) = (self.dim(), self.stack.output());
        let (hidden, width, scale) = (padded(output.size), output.padded(), 1.0 / words.max(1) as f32);
        let pairs = &self.pairs;
        let (outputs, d_output) = self.stack.outputs_and_gradient(batch.tokens());
        let states = outputs.into_iter().zip(pairs);
        let predictions: Vec<_> = states.map(|(states, pairs)| Predictions { states, pairs }).collect();
        let d_state = |direction: usize, pair: usize, d: &[f32]| {
            let (token, _) = pairs[direction][pair];
            d_output[token as usize * width + direction * hidden..][..hidden].copy_from_slice(d);
        };
        let loss = self.softmax.losses_and_gradients(&predictions, scale, &fold_in(key, NOISE), d_state);
        let wants_input = self.embedding.is_trained();
        if let Some(d_x) = self.stack.backward(batch, &fold_in(key, IN_ENCODER), wants_input) {
            Dropout::new(self.config.dropout, &fold_in(key, ON_EMBEDDINGS)).apply(d_x);
            self.embedding.note_rows(batch.ids.iter().copied());
            embedding::backward(d_x, dim, &batch.ids, PAD, &mut self.embedding.gradient);
        }
        loss
    }
}
