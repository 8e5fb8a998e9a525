//! The output layer of a language model: states -> how well they predict words, and the gradients back, with a few negative samples
//! in place of the whole vocabulary.
//!
//! *takes* states and the word that each should predict -> *gives* the loss and the states' gradients; those of the words'
//! output vectors are added to the parameters. The work is cut into units of 512 predictions, each with negative samples of its own.

use rayon::prelude::*;

use super::Parameter;
use super::init::uniform_by_fan;
use ninefold_core::rng::{Rng, fold};
use ninefold_kernels::buffer::Buffer;
use ninefold_kernels::linear;
use ninefold_kernels::recurrent::Axis;
use ninefold_kernels::sampled_softmax::{SampledSoftmax as Losses, Table};
use ninefold_kernels::simd::{InstructionSet, padded};

/// Predictions of a unit. Independent of the number of threads, so that sums do not depend on it either.
const UNIT: usize = 512;

/// negative samples are drawn by their count to this power, as word2vec draws them.
const NOISE_EXPONENT: f64 = 0.75;

/// States that predict words.
#[derive(Clone, Copy, Debug)]
pub struct Predictions<'a> {
    /// `[tokens, padded(hidden)]`
    pub states: &'a [f32],
    /// Which state predicts which word. `[predictions]`
    pub pairs: &'a [(u32, u32)],
}

/// An output vector and a bias for every word, and how negative samples are drawn.
#[derive(Debug)]
pub struct SampledSoftmax {
    hidden_size: usize,
    noise: usize,
    parameters: [Parameter; 2], // softmax.weight [vocab_size, hidden_size], softmax.bias [vocab_size]
    cumulative: Vec<f64>,       // [vocab_size] the frequency of this word and all before it among the noise
    log_expected: Vec<f32>,     // [vocab_size] the logarithm of a word's expected number among the noise
    units: Vec<Unit>,
}

/// What one unit computes with.
#[derive(Debug, Default)]
struct Unit {
    noise: Vec<u32>,
    words: Vec<u32>,
    states: Buffer, // [predictions, hidden]
    logits: Buffer, // [predictions, noise]
    d_words: Vec<f32>,
    d_states: Buffer,
    rows: Vec<f32>, // [noise, hidden_size]
    bias: Vec<f32>, // [noise]
    d_rows: Vec<f32>,
    d_bias: Vec<f32>,
    scratch: linear::Scratch,
    loss: f64,
}

impl SampledSoftmax {
    /// A layer over words that occur `counts` times in the texts; those that never do are no noise.
    ///
    /// # Panics
    /// When no word occurs.
    pub fn new(hidden_size: usize, counts: &[u64], noise: usize, rng: &mut Rng) -> SampledSoftmax {
        let weights: Vec<f64> = counts.iter().map(|&count| (count as f64).powf(NOISE_EXPONENT)).collect();
        let total: f64 = weights.iter().sum();
        assert!(total > 0.0, "no word occurs");
        let frequencies: Vec<f64> =
            counts.iter().zip(weights).map(|(&n, weight)| if n > 0 { weight / total } else { 0.0 }).collect();
        let cumulative = frequencies.iter().scan(0.0, |sum, frequency| {
            *sum += frequency;
            Some(*sum)
        });
        let log_expected = frequencies.iter().map(|frequency| (noise as f64 * frequency).ln() as f32).collect();
        let weight = uniform_by_fan(rng, counts.len() * hidden_size, hidden_size);
        let mut parameters = [
            Parameter::new("softmax.weight", &[counts.len(), hidden_size], weight),
            Parameter::new("softmax.bias", &[counts.len()], vec![0.0; counts.len()]),
        ];
        parameters.iter_mut().for_each(|parameter| parameter.set_sparse(true)); // a batch sees few of all words
        SampledSoftmax {
            hidden_size,
            noise,
            parameters,
            cumulative: cumulative.collect(),
            log_expected,
            units: Vec::new(),
        }
    }

    /// Weight and bias.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The same, to be changed.
    pub fn parameters_mut(&mut self) -> &mut [Parameter] {
        &mut self.parameters
    }

    /// The sum of the losses. `key` draws the negative samples; each prediction's gradient counts `scale`, and `d_state` gets that of
    /// its state: (number of the predictions, index of the pair, gradient `[padded(hidden_size)]`).
    pub fn losses_and_gradients(
        &mut self,
        predictions: &[Predictions],
        scale: f32,
        key: &[u64],
        mut d_state: impl FnMut(usize, usize, &[f32]),
    ) -> f64 {
        let indices = self.run(predictions, scale, key);
        let (hidden, width) = (self.hidden_size, padded(self.hidden_size));
        let [weight, bias] = &mut self.parameters;
        for parameter in [&mut *weight, &mut *bias] {
            parameter.note_rows(self.units.iter().flat_map(|unit| unit.words.iter().chain(&unit.noise)).copied());
        }
        let mut loss = 0.0;
        for ((number, first), unit) in indices.into_iter().zip(&self.units) {
            loss += unit.loss;
            for (index, row) in unit.d_states.chunks_exact(width).enumerate() {
                d_state(number, first + index, row);
            }
            let rows = unit.states.chunks_exact(width).zip(&unit.d_words);
            for (&word, (state, &d)) in unit.words.iter().zip(rows) {
                add_scaled(&mut weight.gradient[word as usize * hidden..][..hidden], state, d);
                bias.gradient[word as usize] += d;
            }
            for (&word, (row, &d)) in unit.noise.iter().zip(unit.d_rows.chunks_exact(hidden).zip(&unit.d_bias)) {
                add_scaled(&mut weight.gradient[word as usize * hidden..][..hidden], row, 1.0);
                bias.gradient[word as usize] += d;
            }
        }
        loss
    }

    /// The sum of the losses, without gradients.
    pub fn losses(&mut self, predictions: &[Predictions], key: &[u64]) -> f64 {
        self.run(predictions, 0.0, key);
        self.units.iter().map(|unit| unit.loss).sum()
    }

    /// Computes all units. Of each: which predictions, and the first of their pairs.
    fn run(&mut self, predictions: &[Predictions], scale: f32, key: &[u64]) -> Vec<(usize, usize)> {
        let [weight, bias] = &self.parameters;
        let table = Table { weight: &weight.value, bias: &bias.value, hidden: self.hidden_size };
        let chunks: Vec<(usize, usize, Predictions)> = predictions
            .iter()
            .enumerate()
            .flat_map(|(number, Predictions { states, pairs })| {
                let chunks = pairs.chunks(UNIT).enumerate();
                chunks.map(move |(chunk, pairs)| (number, chunk * UNIT, Predictions { states, pairs }))
            })
            .collect();
        self.units.resize_with(chunks.len(), Unit::default);
        let (cumulative, log_expected, noise) = (&self.cumulative, &self.log_expected, self.noise);
        self.units.par_iter_mut().zip(&chunks).enumerate().for_each(|(number, (unit, (.., predictions)))| {
            let mut rng = Rng::new(fold(&[key, &[number as u64]].concat()));
            unit.noise.clear();
            unit.noise.extend((0..noise).map(|_| draw(cumulative, &mut rng)));
            unit.run(*predictions, table, log_expected, scale);
        });
        chunks.into_iter().map(|(number, first, _)| (number, first)).collect()
    }
}

fn draw(cumulative: &[f64], rng: &mut Rng) -> u32 {
    let index = rng.uniform() * cumulative.last().copied().unwrap_or_default();
    cumulative.partition_point(|&sum| sum <= index).min(cumulative.len() - 1) as u32
}

fn add_scaled(sums: &mut [f32], row: &[f32], scale: f32) {
    sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += scale * x);
}

impl Unit {
    fn run(&mut self, predictions: Predictions, table: Table, log_expected: &[f32], scale: f32) {
        let (rows, hidden, width) = (predictions.pairs.len(), table.hidden, padded(table.hidden));
        let states = self.states.resize(rows * width);
        self.words.clear();
        for (&(token, word), state) in predictions.pairs.iter().zip(states.chunks_exact_mut(width)) {
            state.copy_from_slice(&predictions.states[token as usize * width..][..width]);
            self.words.push(word);
        }
        self.rows.clear();
        self.noise.iter().for_each(|&word| self.rows.extend(table.row(word)));
        self.bias.clear();
        let bias = |&word: &u32| table.bias[word as usize] - log_expected[word as usize];
        self.bias.extend(self.noise.iter().map(bias));

        let set = InstructionSet::current();
        let shape = linear::Shape { rows, input: Axis { parts: 1, size: hidden }, output: self.noise.len() };
        let logits = self.logits.resize(rows * padded(self.noise.len()));
        let (x, weight, bias) = (&*self.states, self.rows.as_slice(), self.bias.as_slice());
        linear::LinearForward { shape, x, weight, bias, y: logits, scratch: &mut self.scratch }.run(set);
        self.d_words.resize(rows, 0.0);
        let (words, noise, d_words) = (self.words.as_slice(), self.noise.as_slice(), self.d_words.as_mut_slice());
        self.loss = Losses { table, states: x, words, noise, logits, d_words, scale }.run(set);
        if scale == 0.0 {
            return;
        }

        let clear = |floats: &mut Vec<f32>, len: usize| {
            floats.clear();
            floats.resize(len, 0.0);
        };
        clear(&mut self.d_rows, self.noise.len() * hidden);
        clear(&mut self.d_bias, self.noise.len());
        let backward = linear::LinearBackward {
            shape,
            x,
            weight,
            d_y: &self.logits,
            d_x: self.d_states.resize(rows * width),
            d_weight: &mut self.d_rows,
            d_bias: &mut self.d_bias,
            scratch: &mut self.scratch,
        };
        backward.run(set);
        for ((&word, &d), d_state) in self.words.iter().zip(&self.d_words).zip(self.d_states.chunks_exact_mut(width)) {
            add_scaled(d_state, table.row(word), d);
        }
    }
}
