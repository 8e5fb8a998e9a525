//! The backward pass: from the final states' gradients down to the parameters' and the input's.

use std::marker::PhantomData;

use rayon::prelude::*;

use super::pieces::{TOKENS, by_slice, of_slice};
use super::{DirectionBuffers, LayerBuffers, RecurrentStack};
use crate::batch::Batch;
use crate::kernels::cell::{Cell, Side};
use crate::kernels::recurrent::{Axis, Backward, GateGradient, GradientScratch, InputGradient, PackedWeights};
use crate::kernels::simd::padded;
use crate::nn::Parameter;

impl RecurrentStack {
    pub(super) fn backward_with<C: Cell>(
        &mut self,
        batch: &Batch,
        dropout_key: &[u64],
        d_states: &[f32],
        wants_input: bool,
    ) {
        self.spread_states(batch, d_states);
        for layer in (0..self.config.num_layers).rev() {
            self.layer_backward::<C>(layer, batch);
            self.gate_gradients::<C>(layer);
            if layer > 0 || wants_input {
                self.input_gradient::<C>(layer, batch.tokens());
            }
            if layer > 0 {
                self.dropout(layer, dropout_key).apply(&mut self.d_input);
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
        let level = self.config.precision.level();
        passes.into_par_iter().for_each(|pass| level.run(pass));
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
        let level = config.precision.level();
        pieces.into_par_iter().for_each_init(GradientScratch::default, |scratch, piece| {
            let (column, d_weight, d_bias, gates, x, x_axis) = piece;
            level.run(GateGradient { gates, width, column, x, x_axis, d_weight, d_bias, scratch });
        });
    }

    fn input_gradient<C: Cell>(&mut self, layer: usize, tokens: usize) {
        let hidden = padded(self.config.hidden_size);
        let (width, columns) = (C::BLOCKS * hidden, self.config.input(layer).padded());
        let weights = &self.packed[layer * self.config.directions()..];
        let directions = &self.layers[layer].directions;
        let level = self.config.precision.level();
        let d_input = self.d_input.resize(tokens * columns);
        d_input.par_chunks_mut(TOKENS * columns).enumerate().for_each(|(piece, d_x)| {
            let gates = piece * TOKENS * width..(piece * TOKENS + d_x.len() / columns) * width;
            let directions: Vec<(&PackedWeights, &[f32])> = weights
                .iter()
                .zip(directions)
                .map(|(weights, buffers)| (weights, &buffers.gates[gates.clone()]))
                .collect();
            level.run(InputGradient { directions: &directions, d_x, hidden, cell: PhantomData::<C> });
        });
    }
}
