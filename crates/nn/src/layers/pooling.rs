//! Pooling over time: the outputs of an encoder -> one vector per text.
//!
//! *takes* states `[tokens, hidden]` of each direction (an encoder without directions has one) -> *gives* `[rows, parts *
//! directions * hidden]`, and the gradients back.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::encoder::Encoder;
use super::init::uniform_by_fan;
use super::parameter::Parameter;
use crate::batch::Batch;
use ninefold_core::rng::Rng;
use ninefold_kernels::buffer::Buffer;
use ninefold_kernels::pool::{PoolBackward, PoolForward, PoolPart, States};
use ninefold_kernels::recurrent::Axis;
use ninefold_kernels::simd::{InstructionSet, padded};

/// How the states of a text's tokens become one vector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// The state at the end of each direction.
    #[default]
    Last,
    /// The mean of all states.
    Mean,
    /// The largest value of each unit.
    Max,
    /// Both side by side.
    MeanMax,
    /// All three side by side.
    MeanMaxLast,
    /// The largest value of each unit in each of some equal segments of the text, side by side.
    Segments,
    /// The mean, weighted by a learned attention (a query that each state is compared with).
    Attention,
}

impl Pooling {
    /// All of them.
    pub const ALL: [Pooling; 7] = [
        Pooling::Last,
        Pooling::Mean,
        Pooling::Max,
        Pooling::MeanMax,
        Pooling::MeanMaxLast,
        Pooling::Segments,
        Pooling::Attention,
    ];

    /// Its name in settings.
    pub const fn name(self) -> &'static str {
        match self {
            Pooling::Last => "last",
            Pooling::Mean => "mean",
            Pooling::Max => "max",
            Pooling::MeanMax => "mean_max",
            Pooling::MeanMaxLast => "mean_max_last",
            Pooling::Segments => "segments",
            Pooling::Attention => "attention",
        }
    }

    /// How many vectors of the states' length it concatenates.
    pub fn num_parts(self, segments: usize) -> usize {
        match self {
            Pooling::MeanMax => 2,
            Pooling::MeanMaxLast => 3,
            Pooling::Segments => segments,
            Pooling::Last | Pooling::Mean | Pooling::Max | Pooling::Attention => 1,
        }
    }

    /// Whether it needs a state that has read the whole text.
    pub fn needs_last(self) -> bool {
        matches!(self, Pooling::Last | Pooling::MeanMaxLast)
    }

    fn parts(self, segments: usize) -> Vec<PoolPart> {
        let max = PoolPart::Max { number: 0, of: 1 };
        match self {
            Pooling::Last => vec![PoolPart::Last],
            Pooling::Mean => vec![PoolPart::Mean],
            Pooling::Max => vec![max],
            Pooling::MeanMax => vec![PoolPart::Mean, max],
            Pooling::MeanMaxLast => vec![PoolPart::Mean, max, PoolPart::Last],
            Pooling::Segments => (0..segments).map(|number| PoolPart::Max { number, of: segments }).collect(),
            Pooling::Attention => vec![PoolPart::Attention],
        }
    }
}

/// Texts per chunk of parallel work, whatever the number of threads.
const TEXTS: usize = 32;

/// The tokens of every text of a batch.
fn texts_of(batch: &Batch) -> Vec<&[u32]> {
    (0..batch.rows()).map(|row| batch.tokens_of(row)).collect()
}

/// How many tokens some texts have.
fn tokens(texts: &[&[u32]]) -> usize {
    texts.iter().map(|text| text.len()).sum()
}

/// A pooling with its parameter and what its backward pass needs.
#[derive(Debug)]
pub struct Pool {
    parts: Vec<PoolPart>,
    outputs: Axis,            // of the states: directions side by side
    query: Option<Parameter>, // attention.weight [directions * hidden_size]
    padded_query: Buffer,     // [directions * padded hidden]
    chosen: Vec<u32>,         // [rows, parts * outputs]
    weights: Buffer,          // [tokens] text after text
    d_queries: Buffer,        // [chunks, outputs]
}

impl Pool {
    /// A pooling of states with that axis. `segments` counts where the pooling is by segments.
    pub fn new(pooling: Pooling, segments: usize, outputs: Axis, rng: &mut Rng) -> Pool {
        let query = (pooling == Pooling::Attention).then(|| {
            let value = uniform_by_fan(rng, outputs.len(), outputs.len());
            Parameter::new("attention.weight", &[outputs.len()], value)
        });
        Pool {
            parts: pooling.parts(segments),
            outputs,
            query,
            padded_query: Buffer::default(),
            chosen: Vec::new(),
            weights: Buffer::default(),
            d_queries: Buffer::default(),
        }
    }

    /// The axis of a pooled row.
    pub fn output(&self) -> Axis {
        Axis { parts: self.parts.len() * self.outputs.parts, size: self.outputs.size }
    }

    /// The parameter, where there is one.
    pub fn parameter(&self) -> Option<&Parameter> {
        self.query.as_ref()
    }

    /// The same, to be changed.
    pub fn parameter_mut(&mut self) -> Option<&mut Parameter> {
        self.query.as_mut()
    }

    /// Pools the states that the encoder's forward pass left. `in_training`: notes what [`backward`](Self::backward) needs.
    ///
    /// # Shapes
    /// `pooled` `[rows, output.padded()]`
    pub fn forward(&mut self, batch: &Batch, encoder: &dyn Encoder, in_training: bool, pooled: &mut [f32]) {
        self.chosen.resize(if in_training { batch.rows() * self.output().padded() } else { 0 }, 0);
        let texts = texts_of(batch);
        self.pool(&texts, &encoder.outputs(), padded(self.outputs.size), pooled);
    }

    /// Pools rows of a table that lie without padding, without noting anything: each text is the numbers of its rows. Not for attention,
    /// whose sums depend on the padding in their last bits.
    ///
    /// # Shapes
    /// `table` `[rows of the table, output.size]`, `pooled` `[texts, output.padded()]`
    pub fn forward_table(&mut self, texts: &[&[u32]], table: &[f32], pooled: &mut [f32]) {
        assert!(self.query.is_none(), "attention reads padded states");
        self.chosen.clear();
        self.pool(texts, &[table], self.outputs.size, pooled);
    }

    /// `directions` hold states in rows of `stride` floats, and each text the numbers of its own.
    fn pool(&mut self, texts: &[&[u32]], directions: &[&[f32]], stride: usize, pooled: &mut [f32]) {
        self.spread_query();
        let size = self.output().padded();
        let mut chosen = self.chosen.chunks_mut(TEXTS * size);
        let mut weights = self.weights.resize(if self.query.is_some() { tokens(texts) } else { 0 });
        let hidden = padded(self.outputs.size);
        let states = States { directions, hidden, stride, parts: &self.parts, query: &self.padded_query };
        let mut passes = Vec::new();
        for (texts, pooled) in texts.chunks(TEXTS).zip(pooled.chunks_mut(TEXTS * size)) {
            let chosen = chosen.next().unwrap_or_default();
            let (own, rest) = weights.split_at_mut(if self.query.is_some() { tokens(texts) } else { 0 });
            weights = rest;
            passes.push(PoolForward { states, texts, pooled, chosen, weights: own });
        }
        passes.into_par_iter().for_each(|pass| pass.run(InstructionSet::current()));
    }

    /// The gradients of the pooled rows -> those of the encoder's outputs, and the query's (added to).
    ///
    /// # Shapes
    /// `d_pooled` `[rows, output.padded()]`
    pub fn backward(&mut self, batch: &Batch, encoder: &mut dyn Encoder, d_pooled: &[f32]) {
        let (size, hidden, width) = (self.output().padded(), padded(self.outputs.size), self.outputs.padded());
        let texts = texts_of(batch);
        let query_width = if self.query.is_some() { width } else { 0 };
        let mut d_queries = self.d_queries.resize_zeroed(texts.len().div_ceil(TEXTS) * query_width);
        let mut weights = &*self.weights;
        let (outputs, d_output) = encoder.outputs_and_gradient(batch.tokens());
        // Each text gets the gradients of its own tokens, wherever they lie.
        let mut by_token: Vec<Option<&mut [f32]>> = d_output.chunks_exact_mut(width).map(Some).collect();
        let mut d_output: Vec<&mut [f32]> =
            texts.iter().copied().flatten().filter_map(|&token| by_token[token as usize].take()).collect();
        let mut d_output = d_output.as_mut_slice();
        let states =
            States { directions: &outputs, hidden, stride: hidden, parts: &self.parts, query: &self.padded_query };
        let mut passes = Vec::new();
        let chunks = d_pooled.chunks(TEXTS * size).zip(self.chosen.chunks(TEXTS * size));
        for (texts, (d_pooled, chosen)) in texts.chunks(TEXTS).zip(chunks) {
            let (own_weights, rest) = weights.split_at(if query_width > 0 { tokens(texts) } else { 0 });
            weights = rest;
            let (own_d_output, rest) = d_output.split_at_mut(tokens(texts));
            d_output = rest;
            let (d_query, rest) = d_queries.split_at_mut(query_width);
            d_queries = rest;
            let (weights, d_output) = (own_weights, own_d_output);
            passes.push(PoolBackward { states, texts, d_pooled, chosen, weights, d_output, d_query });
        }
        passes.into_par_iter().for_each(|pass| pass.run(InstructionSet::current()));
        if let Some(query) = &mut self.query {
            for d_query in self.d_queries.chunks_exact(width) {
                for (at, d) in d_query.iter().enumerate() {
                    if let Some(index) = self.outputs.real(at) {
                        query.gradient[index] += d;
                    }
                }
            }
        }
    }

    /// The query on the padded axis.
    fn spread_query(&mut self) {
        let Some(query) = &self.query else { return };
        let padded = self.padded_query.resize_zeroed(self.outputs.padded());
        for (at, value) in padded.iter_mut().enumerate() {
            *value = self.outputs.real(at).map_or(0.0, |index| query.value[index]);
        }
    }
}
