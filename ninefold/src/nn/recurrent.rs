//! A stack of recurrent layers over a packed batch: one or two directions a layer, dropout between layers, the state at each
//! text's last token (and, backwards, its first) as the result.
//!
//! *takes* embedded tokens `[tokens, input]` -> *gives* final states `[rows, directions * hidden]`; parameters under PyTorch's
//! names and in its shapes.
//!
//! The work is cut into (direction, slice of 32 rows) for the steps and into chunks of tokens or rows of gates for the
//! products: pieces that do not depend on the number of threads, so neither do the bits of the result.

use std::marker::PhantomData;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::init::uniform_by_fan;
use super::parameter::Parameter;
use crate::batch::{Batch, Slice};
use crate::kernels::buffer::Buffer;
use crate::kernels::cell::{Cell, Gru, Lstm, Rnn, Side};
use crate::kernels::dropout::Dropout;
use crate::kernels::recurrent::{
    Axis, Backward, Forward, GateGradient, GradientScratch, InputGradient, PackWeights, PackedWeights, Projection,
    Weights,
};
use crate::kernels::simd::{Level, padded};
use crate::rng::Rng;

/// Which recurrent cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CellKind {
    /// The vanilla network.
    Rnn,
    /// Long short-term memory.
    Lstm,
    /// Gated recurrent unit.
    Gru,
}

/// The shape of a stack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecurrentConfig {
    /// Which cell.
    pub cell: CellKind,
    /// Floats per embedded token.
    pub input_size: usize,
    /// Units per direction.
    pub hidden_size: usize,
    /// Layers.
    pub num_layers: usize,
    /// Read every text from both ends.
    pub bidirectional: bool,
    /// Dropout on the output of every layer but the last.
    pub dropout: f64,
}

impl RecurrentConfig {
    fn directions(&self) -> usize {
        1 + usize::from(self.bidirectional)
    }

    /// The input's axis of a layer.
    fn input(&self, layer: usize) -> Axis {
        if layer == 0 { Axis { parts: 1, size: self.input_size } } else { self.output() }
    }

    /// The axis of a layer's output and of the final states.
    pub fn output(&self) -> Axis {
        Axis { parts: self.directions(), size: self.hidden_size }
    }
}

/// The stack: parameters, their panels, and the buffers of both passes, made once and reused.
#[derive(Debug)]
pub struct RecurrentStack {
    config: RecurrentConfig,
    parameters: Vec<Parameter>, // per layer and direction: weight_ih, weight_hh, bias_ih, bias_hh
    packed: Vec<PackedWeights>, // per layer and direction
    packed_for: Option<Packing>, // what `packed` is good for; None after a change of the parameters
    layers: Vec<LayerBuffers>,
    d_output: Buffer,        // [tokens, output] the gradient that comes into a layer from above
    d_input: Buffer,         // [tokens, input] the gradient that leaves it below
    previous_h: Vec<Buffer>, // per direction: [tokens, hidden]
    d_state: Vec<Buffer>,    // per direction: [2 * rows, hidden]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Packing {
    Forward,
    Both,
}

/// What one layer keeps of a batch.
#[derive(Debug, Default)]
struct LayerBuffers {
    x: Buffer, // [tokens, input] after dropout
    directions: Vec<DirectionBuffers>,
}

#[derive(Debug, Default)]
struct DirectionBuffers {
    gates: Buffer, // [tokens, BLOCKS * hidden]
    h: Buffer,     // [tokens, hidden]
    c: Buffer,     // [tokens, hidden], LSTM only
}

/// Tokens per piece of the products.
const TOKENS: usize = 128;

/// The parts of a buffer that belong to each slice.
fn by_slice<'a>(buffer: &'a mut [f32], slices: &[Slice], width: usize) -> Vec<&'a mut [f32]> {
    let mut rest = buffer;
    let mut parts = Vec::with_capacity(slices.len());
    for slice in slices {
        let (part, after) = std::mem::take(&mut rest).split_at_mut(slice.tokens * width);
        parts.push(part);
        rest = after;
    }
    parts
}

/// The same for a buffer that is only read.
fn of_slice<'a>(buffer: &'a [f32], slice: &Slice, width: usize) -> &'a [f32] {
    &buffer[slice.first_token * width..][..slice.tokens * width]
}

impl RecurrentStack {
    /// A stack with PyTorch's initial distribution: everything uniform in ±1/√hidden_size. Names start with `prefix` and a
    /// dot.
    pub fn new(config: RecurrentConfig, prefix: &str, rng: &mut Rng) -> RecurrentStack {
        let gates = match config.cell {
            CellKind::Rnn => Rnn::GATES,
            CellKind::Lstm => Lstm::GATES,
            CellKind::Gru => Gru::GATES,
        };
        let (hidden, rows) = (config.hidden_size, gates * config.hidden_size);
        let mut parameters = Vec::new();
        for layer in 0..config.num_layers {
            for direction in 0..config.directions() {
                let suffix = if direction == 1 { "_reverse" } else { "" };
                let input = config.input(layer).len();
                let shapes: [(&str, &[usize]); 4] = [
                    ("weight_ih", &[rows, input]),
                    ("weight_hh", &[rows, hidden]),
                    ("bias_ih", &[rows]),
                    ("bias_hh", &[rows]),
                ];
                parameters.extend(shapes.map(|(name, shape)| {
                    let value = uniform_by_fan(rng, shape.iter().product(), hidden);
                    Parameter::new(format!("{prefix}.{name}_l{layer}{suffix}"), shape, value)
                }));
            }
        }
        let directions = config.directions();
        let buffers = || LayerBuffers {
            directions: (0..directions).map(|_| DirectionBuffers::default()).collect(),
            ..LayerBuffers::default()
        };
        RecurrentStack {
            config,
            parameters,
            packed: vec![PackedWeights::default(); config.num_layers * directions],
            packed_for: None,
            layers: (0..config.num_layers).map(|_| buffers()).collect(),
            d_output: Buffer::default(),
            d_input: Buffer::default(),
            previous_h: vec![Buffer::default(); directions],
            d_state: vec![Buffer::default(); directions],
        }
    }

    /// The stack's shape.
    pub fn config(&self) -> &RecurrentConfig {
        &self.config
    }

    /// The parameters, in PyTorch's order.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The parameters, to be changed.
    pub fn parameters_mut(&mut self) -> &mut [Parameter] {
        self.packed_for = None;
        &mut self.parameters
    }

    /// Where the embedded tokens go before [`forward`](Self::forward). `[tokens, padded(input_size)]`
    pub fn input_mut(&mut self, tokens: usize) -> &mut [f32] {
        self.layers[0].x.resize(tokens * self.config.input(0).padded())
    }

    /// Runs the stack over the tokens in [`input_mut`](Self::input_mut) and writes the final states. An empty text's states
    /// are zeros.
    ///
    /// `dropout_key` gives the random numbers of training; `None` predicts. Only a pass with a key can be followed by
    /// [`backward`](Self::backward).
    ///
    /// # Shapes
    /// `states` `[rows, output.padded()]`
    pub fn forward(&mut self, batch: &Batch, dropout_key: Option<&[u64]>, states: &mut [f32]) {
        match self.config.cell {
            CellKind::Rnn => self.forward_with::<Rnn>(batch, dropout_key, states),
            CellKind::Lstm => self.forward_with::<Lstm>(batch, dropout_key, states),
            CellKind::Gru => self.forward_with::<Gru>(batch, dropout_key, states),
        }
    }

    /// The gradients of the final states -> the gradients of all parameters (added to theirs) and, if wanted, of the
    /// embedded tokens. `[tokens, padded(input_size)]`
    ///
    /// # Shapes
    /// `d_states` `[rows, output.padded()]`
    pub fn backward(
        &mut self,
        batch: &Batch,
        dropout_key: &[u64],
        d_states: &[f32],
        wants_input: bool,
    ) -> Option<&mut [f32]> {
        match self.config.cell {
            CellKind::Rnn => self.backward_with::<Rnn>(batch, dropout_key, d_states, wants_input),
            CellKind::Lstm => self.backward_with::<Lstm>(batch, dropout_key, d_states, wants_input),
            CellKind::Gru => self.backward_with::<Gru>(batch, dropout_key, d_states, wants_input),
        }
        wants_input.then_some(&mut *self.d_input)
    }

    /// The dropout on the input of a layer.
    fn dropout(&self, layer: usize, key: &[u64]) -> Dropout {
        let probability = if layer == 0 { 0.0 } else { self.config.dropout };
        Dropout::new(probability, &[key, &[layer as u64]].concat())
    }

    fn pack<C: Cell>(&mut self, wanted: Packing) {
        if self.packed_for >= Some(wanted) {
            return;
        }
        let config = self.config;
        let directions = config.directions();
        let pieces = self.packed.par_iter_mut().zip(self.parameters.par_chunks(4)).enumerate();
        pieces.for_each(|(number, (packed, parameters))| {
            let [input, hidden, bias_input, bias_hidden] = std::array::from_fn(|k| parameters[k].value.as_slice());
            Level::current().run(PackWeights {
                weights: Weights { input, hidden, bias_input, bias_hidden },
                input: config.input(number / directions),
                hidden_size: config.hidden_size,
                backward: wanted == Packing::Both,
                packed,
                cell: PhantomData::<C>,
            });
        });
        self.packed_for = Some(wanted);
    }

    fn forward_with<C: Cell>(&mut self, batch: &Batch, dropout_key: Option<&[u64]>, states: &mut [f32]) {
        self.pack::<C>(if dropout_key.is_some() { Packing::Both } else { Packing::Forward });
        for layer in 0..self.config.num_layers {
            if layer > 0 {
                self.join_directions(layer, batch.tokens());
                if let Some(key) = dropout_key {
                    let (dropout, width) = (self.dropout(layer, key), self.config.output().padded());
                    apply_dropout(dropout, &mut self.layers[layer].x, width);
                }
            }
            self.layer_forward::<C>(layer, batch);
        }
        self.collect_states(batch, states);
    }

    /// The input of a layer: the outputs of the layer below, directions side by side.
    fn join_directions(&mut self, layer: usize, tokens: usize) {
        let (hidden, width) = (padded(self.config.hidden_size), self.config.output().padded());
        let (below, above) = self.layers.split_at_mut(layer);
        let x = above[0].x.resize(tokens * width);
        x.par_chunks_mut(TOKENS * width).enumerate().for_each(|(piece, x)| {
            for (number, direction) in below[layer - 1].directions.iter().enumerate() {
                let rows = direction.h[piece * TOKENS * hidden..].chunks_exact(hidden);
                for (x, h) in x.chunks_exact_mut(width).zip(rows) {
                    x[number * hidden..][..hidden].copy_from_slice(h);
                }
            }
        });
    }

    fn layer_forward<C: Cell>(&mut self, layer: usize, batch: &Batch) {
        let hidden = padded(self.config.hidden_size);
        let (width, x_stride) = (C::BLOCKS * hidden, self.config.input(layer).padded());
        let weights = &self.packed[layer * self.config.directions()..];
        let LayerBuffers { x, directions } = &mut self.layers[layer];
        for buffers in directions.iter_mut() {
            buffers.gates.resize(batch.tokens() * width);
            buffers.h.resize(batch.tokens() * hidden);
            buffers.c.resize(if C::HAS_CELL_STATE { batch.tokens() * hidden } else { 0 });
        }

        let mut projections = Vec::new();
        for (buffers, weights) in directions.iter_mut().zip(weights) {
            let pieces = buffers.gates.chunks_mut(TOKENS * width).zip(x.chunks(TOKENS * x_stride));
            projections.extend(pieces.map(|(gates, x)| Projection {
                x,
                x_stride,
                weights,
                gates,
                cell: PhantomData::<C>,
            }));
        }
        projections.into_par_iter().for_each(|piece| Level::current().run(piece));

        let mut passes = Vec::new();
        for (number, (buffers, weights)) in directions.iter_mut().zip(weights).enumerate() {
            let gates = by_slice(&mut buffers.gates, &batch.slices, width);
            let h = by_slice(&mut buffers.h, &batch.slices, hidden);
            let mut c = if C::HAS_CELL_STATE { by_slice(&mut buffers.c, &batch.slices, hidden) } else { Vec::new() }
                .into_iter();
            for ((slice, gates), h) in batch.slices.iter().zip(gates).zip(h) {
                let c = c.next().unwrap_or_default();
                passes.push(Forward {
                    slice,
                    reverse: number == 1,
                    hidden,
                    weights,
                    gates,
                    h,
                    c,
                    cell: PhantomData::<C>,
                });
            }
        }
        passes.into_par_iter().for_each(|pass| Level::current().run(pass));
    }

    /// The last layer's outputs at every text's end: its last token forwards, its first token backwards.
    fn collect_states(&self, batch: &Batch, states: &mut [f32]) {
        let Some(last) = self.layers.last() else { return };
        let hidden = padded(self.config.hidden_size);
        self.for_each_end(batch, |row, direction, token| {
            let state = &mut states[row * self.config.output().padded() + direction * hidden..][..hidden];
            match token {
                Some(token) => state.copy_from_slice(&last.directions[direction].h[token * hidden..][..hidden]),
                None => state.fill(0.0),
            }
        });
    }

    /// Calls back with every row, direction and the token at which the direction ends; `None` for an empty text.
    fn for_each_end(&self, batch: &Batch, mut each: impl FnMut(usize, usize, Option<usize>)) {
        for slice in &batch.slices {
            for row in 0..slice.rows {
                for direction in 0..self.config.directions() {
                    let token = if direction == 0 { slice.last_token_of(row) } else { slice.first_token_of(row) };
                    each(slice.first_row + row, direction, token.map(|token| slice.first_token + token));
                }
            }
        }
    }

    fn backward_with<C: Cell>(&mut self, batch: &Batch, dropout_key: &[u64], d_states: &[f32], wants_input: bool) {
        self.spread_states(batch, d_states);
        for layer in (0..self.config.num_layers).rev() {
            self.layer_backward::<C>(layer, batch);
            self.gate_gradients::<C>(layer);
            if layer > 0 || wants_input {
                self.input_gradient::<C>(layer, batch.tokens());
            }
            if layer > 0 {
                let (dropout, width) = (self.dropout(layer, dropout_key), self.config.output().padded());
                apply_dropout(dropout, &mut self.d_input, width);
                std::mem::swap(&mut self.d_input, &mut self.d_output);
            }
        }
    }

    /// The gradient of the last layer's output: zero but at every text's end.
    fn spread_states(&mut self, batch: &Batch, d_states: &[f32]) {
        let (hidden, width) = (padded(self.config.hidden_size), self.config.output().padded());
        let mut d_output = std::mem::take(&mut self.d_output);
        d_output.resize_zeroed(batch.tokens() * width);
        self.for_each_end(batch, |row, direction, token| {
            if let Some(token) = token {
                let d_state = &d_states[row * width + direction * hidden..][..hidden];
                d_output[token * width + direction * hidden..][..hidden].copy_from_slice(d_state);
            }
        });
        self.d_output = d_output;
    }

    fn layer_backward<C: Cell>(&mut self, layer: usize, batch: &Batch) {
        let hidden = padded(self.config.hidden_size);
        let (width, d_output_stride) = (C::BLOCKS * hidden, self.config.output().padded());
        let weights = &self.packed[layer * self.config.directions()..];
        let mut passes = Vec::new();
        let working = self.previous_h.iter_mut().zip(&mut self.d_state);
        let directions = self.layers[layer].directions.iter_mut().zip(weights).zip(working);
        for (number, ((DirectionBuffers { gates, h, c }, weights), (previous_h, d_state))) in directions.enumerate() {
            let gates = by_slice(gates, &batch.slices, width);
            let previous_h = by_slice(previous_h.resize(batch.tokens() * hidden), &batch.slices, hidden);
            let mut d_state = d_state.resize(2 * batch.rows() * hidden);
            for ((slice, gates), previous_h) in batch.slices.iter().zip(gates).zip(previous_h) {
                let (space, rest) = std::mem::take(&mut d_state).split_at_mut(2 * slice.rows * hidden);
                d_state = rest;
                let d_output = of_slice(&self.d_output, slice, d_output_stride);
                passes.push(Backward {
                    slice,
                    reverse: number == 1,
                    hidden,
                    weights,
                    gates,
                    h: of_slice(h, slice, hidden),
                    c: if C::HAS_CELL_STATE { of_slice(c, slice, hidden) } else { &[] },
                    d_output: d_output.get(number * hidden..).unwrap_or_default(),
                    d_output_stride,
                    previous_h,
                    d_state: space,
                    cell: PhantomData::<C>,
                });
            }
        }
        passes.into_par_iter().for_each(|pass| Level::current().run(pass));
    }

    fn gate_gradients<C: Cell>(&mut self, layer: usize) {
        let config = self.config;
        let width = C::BLOCKS * padded(config.hidden_size);
        let state = Axis { parts: 1, size: config.hidden_size };
        let LayerBuffers { x, directions } = &self.layers[layer];
        let per_layer = 4 * config.directions();
        let parameters = &mut self.parameters[layer * per_layer..][..per_layer];
        let mut pieces = Vec::new();
        for ((parameters, buffers), previous_h) in parameters.chunks_exact_mut(4).zip(directions).zip(&self.previous_h)
        {
            let [weight_input, weight_hidden, bias_input, bias_hidden] = parameters else {
                unreachable!("chunks of four")
            };
            let sides: [(Side, &mut Parameter, &mut Parameter, &[f32], Axis); 2] = [
                (C::INPUT, weight_input, bias_input, x, config.input(layer)),
                (C::HIDDEN, weight_hidden, bias_hidden, previous_h, state),
            ];
            for (side, weight, bias, x, x_axis) in sides {
                let (mut d_weight, mut d_bias) = (weight.gradient.as_mut_slice(), bias.gradient.as_mut_slice());
                for (column, _, rows) in side.pieces(config.hidden_size) {
                    let (weight_rows, weight_rest) = d_weight.split_at_mut(rows * x_axis.len());
                    let (bias_rows, bias_rest) = d_bias.split_at_mut(rows);
                    (d_weight, d_bias) = (weight_rest, bias_rest);
                    pieces.push((column, weight_rows, bias_rows, &*buffers.gates, x, x_axis));
                }
            }
        }
        pieces.into_par_iter().for_each_init(GradientScratch::default, |scratch, piece| {
            let (column, d_weight, d_bias, gates, x, x_axis) = piece;
            Level::current().run(GateGradient { gates, width, column, x, x_axis, d_weight, d_bias, scratch });
        });
    }

    fn input_gradient<C: Cell>(&mut self, layer: usize, tokens: usize) {
        let hidden = padded(self.config.hidden_size);
        let (width, columns) = (C::BLOCKS * hidden, self.config.input(layer).padded());
        let weights = &self.packed[layer * self.config.directions()..];
        let directions = &self.layers[layer].directions;
        let d_input = self.d_input.resize(tokens * columns);
        d_input.par_chunks_mut(TOKENS * columns).enumerate().for_each(|(piece, d_x)| {
            let gates = piece * TOKENS * width..(piece * TOKENS + d_x.len() / columns) * width;
            let directions: Vec<(&PackedWeights, &[f32])> = weights
                .iter()
                .zip(directions)
                .map(|(weights, buffers)| (weights, &buffers.gates[gates.clone()]))
                .collect();
            Level::current().run(InputGradient { directions: &directions, d_x, hidden, cell: PhantomData::<C> });
        });
    }
}

/// Applies dropout to rows of `width` floats, in parallel pieces.
pub(crate) fn apply_dropout(dropout: Dropout, values: &mut [f32], width: usize) {
    let piece = TOKENS * width;
    values.par_chunks_mut(piece).enumerate().for_each(|(number, values)| dropout.apply(values, number * piece));
}
