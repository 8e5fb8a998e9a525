//! A stack of recurrent layers over a packed batch: one or two directions a layer, dropout between layers.
//!
//! *takes* embedded tokens `[tokens, input]` -> *gives* the last layer's state at every token, `[tokens, hidden]` for each
//! direction; parameters under PyTorch's names and in its shapes.
//!
//! The work is cut into (direction, slice of 32 rows) for the steps and into chunks of tokens or rows of gates for the
//! products: chunks that do not depend on the number of threads, so neither do the bits of the result.

mod backward;
mod forward;

use std::ops::Range;

use rayon::prelude::*;

use crate::batch::Batch;
use crate::families::recurrent::{CellKind, Recurrent, RecurrentInit};
use crate::layers::init::{orthogonal, uniform_by_fan};
use crate::layers::layer_norm::LayerNorm;
use crate::layers::{Encoder, Parameter, Precision};
use ninefold_core::rng::Rng;
use ninefold_kernels::buffer::Buffer;
use ninefold_kernels::cell::{Cell, Gru, Lstm, Rnn};
use ninefold_kernels::dropout::Dropout;
use ninefold_kernels::matmul::Panels;
use ninefold_kernels::recurrent::{Axis, PackWeights, PackedWeights, Weights};

/// A stack over vectors of a length: its settings, and what the networks of all families share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecurrentConfig {
    /// Which cell.
    pub cell: CellKind,
    /// Its size and options.
    pub settings: Recurrent,
    /// Floats per embedded token.
    pub input_size: usize,
    /// Dropout on the output of every layer but the last.
    pub dropout: f64,
    /// Whether that drops the same at all tokens of a text.
    pub locked_dropout: bool,
    /// The numbers of the matrix products.
    pub precision: Precision,
}

impl RecurrentConfig {
    fn directions(&self) -> usize {
        self.settings.output().parts
    }

    /// The input's axis of a layer.
    fn input(&self, layer: usize) -> Axis {
        self.settings.input(layer, self.input_size)
    }

    /// The dropout on the weights between states of a direction, which are numbered through all layers.
    fn weight_dropout(&self, direction: usize, key: &[u64]) -> Dropout {
        Dropout::new(self.settings.recurrent_dropout, &[key, &[ON_WEIGHTS, direction as u64]].concat())
    }

    /// The axis of one direction's state.
    fn state(&self) -> Axis {
        Axis { parts: 1, size: self.settings.hidden_size }
    }

    /// The axis of a layer's output and of the final states.
    pub fn output(&self) -> Axis {
        self.settings.output()
    }
}

/// The place of dropout on weights, folded into its key; the layers' own places are their numbers alone.
const ON_WEIGHTS: u64 = 1;

/// The stack: parameters, their panels, and the buffers of both passes, made once and reused.
#[derive(Debug)]
pub struct RecurrentStack {
    config: RecurrentConfig,
    parameters: Vec<Parameter>, // per layer and direction: weight_ih, weight_hh, bias_ih, bias_hh; then the norms'
    packed: Vec<PackedWeights>, // per layer and direction
    kept: Vec<Buffer>,          // per layer and direction: weight_hh without what this batch drops
    packed_for: Option<Packing>, // what `packed` is good for; None after a change of the parameters
    layers: Vec<LayerBuffers>,
    norms: Vec<LayerNorm>,      // per layer, or none
    d_output: Buffer,           // [tokens, output] the gradient that comes into a layer from above
    d_input: Buffer,            // [tokens, input] the gradient that leaves it below
    d_state: Vec<Buffer>,       // per direction: [2 * rows, hidden]
    d_sums: Vec<[Buffer; 2]>,   // per direction: transposed gradients of both weights, the bias's in the last row
    d_panels: Vec<[Panels; 2]>, // per direction: the gates of some tokens, as both weights' gradients read them
    previous: Vec<Vec<u32>>,    // per direction: [tokens] the token whose state came into each step
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

impl LayerBuffers {
    /// The states, direction by direction. `[tokens, hidden]`
    fn states(&self) -> Vec<&[f32]> {
        self.directions.iter().map(|direction| &*direction.h).collect()
    }
}

/// What a layer gives to the one above: its states, or what its norm makes of them.
fn outputs_of<'a>(layers: &'a [LayerBuffers], norms: &'a [LayerNorm], layer: usize) -> Vec<&'a [f32]> {
    norms.get(layer).map_or_else(|| layers[layer].states(), LayerNorm::outputs)
}

impl RecurrentStack {
    /// A stack whose names start with `prefix` and a dot.
    pub fn new(config: RecurrentConfig, prefix: &str, rng: &mut Rng) -> RecurrentStack {
        let Recurrent { hidden_size: hidden, num_layers, layer_norm, .. } = config.settings;
        let mut parameters = Vec::new();
        for layer in 0..num_layers {
            for direction in 0..config.directions() {
                let mut own = config.settings.weights_of(config.cell, config.input_size, layer, direction).map(
                    |(name, shape)| {
                        let value = uniform_by_fan(rng, shape.iter().product(), hidden);
                        Parameter::new(format!("{prefix}.{name}"), &shape, value)
                    },
                );
                if config.settings.recurrent_init == RecurrentInit::Orthogonal {
                    let [_, weight_hidden, bias_input, bias_hidden] = &mut own;
                    for gate in weight_hidden.value.chunks_exact_mut(hidden * hidden) {
                        gate.copy_from_slice(&orthogonal(rng, hidden));
                    }
                    if config.cell == CellKind::Lstm {
                        bias_input.value[hidden..2 * hidden].fill(1.0);
                        bias_hidden.value[hidden..2 * hidden].fill(0.0);
                    }
                }
                parameters.extend(own);
            }
        }
        let normed = if layer_norm { num_layers } else { 0 };
        for layer in 0..normed {
            parameters.extend(LayerNorm::parameters(&format!("norm_l{layer}"), config.output()));
        }
        let directions = config.directions();
        let buffers = || LayerBuffers {
            directions: (0..directions).map(|_| DirectionBuffers::default()).collect(),
            ..LayerBuffers::default()
        };
        RecurrentStack {
            config,
            parameters,
            packed: vec![PackedWeights::default(); config.settings.num_layers * directions],
            kept: vec![Buffer::default(); config.settings.num_layers * directions],
            packed_for: None,
            layers: (0..config.settings.num_layers).map(|_| buffers()).collect(),
            norms: (0..normed).map(|_| LayerNorm::new(config.output())).collect(),
            d_output: Buffer::default(),
            d_input: Buffer::default(),
            d_state: vec![Buffer::default(); directions],
            d_sums: vec![Default::default(); directions],
            d_panels: vec![Default::default(); directions],
            previous: vec![Vec::new(); directions],
        }
    }

    /// Where gain and bias of a layer's norm stand among the parameters.
    fn norm_parameters(&self, layer: usize) -> Range<usize> {
        let first = 4 * self.packed.len() + 2 * layer;
        first..first + 2
    }

    /// The dropout on the input of a layer.
    fn dropout(&self, layer: usize, key: &[u64]) -> Dropout {
        let probability = if layer == 0 { 0.0 } else { self.config.dropout };
        Dropout::new(probability, &[key, &[layer as u64]].concat())
    }

    /// Cuts the parameters into panels where that is still to be done; in training those that dropout leaves.
    fn pack<C: Cell>(&mut self, dropout_key: Option<&[u64]>) {
        let wanted = if dropout_key.is_some() { Packing::Both } else { Packing::Forward };
        let config = self.config;
        let dropout_key = dropout_key.filter(|_| config.settings.recurrent_dropout > 0.0);
        if dropout_key.is_none() && self.packed_for >= Some(wanted) {
            return;
        }
        let directions = config.directions();
        let chunks = self.packed.par_iter_mut().zip(&mut self.kept).zip(self.parameters.par_chunks(4)).enumerate();
        chunks.for_each(|(number, ((packed, kept), parameters))| {
            let [input, hidden, bias_input, bias_hidden] = std::array::from_fn(|k| &*parameters[k].value);
            let hidden = match dropout_key {
                None => hidden,
                Some(key) => {
                    let kept = kept.resize(hidden.len());
                    kept.copy_from_slice(hidden);
                    config.weight_dropout(number, key).apply(kept);
                    kept
                }
            };
            let pack = PackWeights {
                weights: Weights { input, hidden, bias_input, bias_hidden },
                input: config.input(number / directions),
                hidden_size: config.settings.hidden_size,
                backward: wanted == Packing::Both,
                blocks: C::BLOCKS,
                sides: [C::INPUT, C::HIDDEN],
                packed,
            };
            pack.run(config.precision.instruction_set());
        });
        // Panels from which something was dropped are good for this batch alone.
        self.packed_for = dropout_key.is_none().then_some(wanted);
    }
}

impl Encoder for RecurrentStack {
    fn output(&self) -> Axis {
        self.config.output()
    }

    fn input_mut(&mut self, tokens: usize) -> &mut [f32] {
        self.layers[0].x.resize(tokens * self.config.input(0).padded())
    }

    fn forward(&mut self, batch: &Batch, dropout_key: Option<&[u64]>) {
        match self.config.cell {
            CellKind::Rnn => self.forward_with::<Rnn>(batch, dropout_key),
            CellKind::Lstm => self.forward_with::<Lstm>(batch, dropout_key),
            CellKind::Gru => self.forward_with::<Gru>(batch, dropout_key),
        }
    }

    /// The last layer's output, direction by direction.
    fn outputs(&self) -> Vec<&[f32]> {
        outputs_of(&self.layers, &self.norms, self.config.settings.num_layers - 1)
    }

    fn outputs_and_gradient(&mut self, tokens: usize) -> (Vec<&[f32]>, &mut [f32]) {
        let gradient = self.d_output.resize_zeroed(tokens * self.config.output().padded());
        (outputs_of(&self.layers, &self.norms, self.config.settings.num_layers - 1), gradient)
    }

    fn backward(&mut self, batch: &Batch, dropout_key: &[u64], wants_input: bool) -> Option<&mut [f32]> {
        match self.config.cell {
            CellKind::Rnn => self.backward_with::<Rnn>(batch, dropout_key, wants_input),
            CellKind::Lstm => self.backward_with::<Lstm>(batch, dropout_key, wants_input),
            CellKind::Gru => self.backward_with::<Gru>(batch, dropout_key, wants_input),
        }
        wants_input.then_some(&mut *self.d_input)
    }

    fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    fn parameters_mut(&mut self) -> &mut [Parameter] {
        self.packed_for = None;
        &mut self.parameters
    }
}
