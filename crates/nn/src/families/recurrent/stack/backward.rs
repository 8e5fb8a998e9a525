//! The backward pass: from the outputs' gradients down to the parameters' and the input's.

use std::marker::PhantomData;
use std::ops::Range;

use rayon::prelude::*;

use super::{DirectionBuffers, LayerBuffers, RecurrentStack};
use crate::batch::Batch;
use crate::layers::chunks::{GRADIENT_TOKENS, TOKENS, by_slice, of_slice};
use ninefold_kernels::gathered::{PackGradients, Sources, WeightGradient};
use ninefold_kernels::recurrent::{
    AddGradient, InputGradient, PackedWeights, RecurrentBackward, RecurrentCell, previous_tokens,
};
use ninefold_kernels::simd::padded;

impl RecurrentStack {
    pub(super) fn backward_with<C: RecurrentCell>(&mut self, batch: &Batch, dropout_key: &[u64], wants_input: bool) {
        for (direction, previous) in self.previous.iter_mut().enumerate() {
            previous.clear();
            let slices = batch.slices.iter();
            slices.for_each(|slice| previous_tokens(slice, direction == 1, slice.first_token, previous));
        }
        for layer in (0..self.config.settings.num_layers).rev() {
            let parameters = self.norm_parameters(layer);
            if let Some(norm) = self.norms.get_mut(layer) {
                let states = self.layers[layer].states();
                norm.backward(&mut self.parameters[parameters], &states, &mut self.d_output);
            }
            self.layer_backward::<C>(layer, batch);
            self.gate_gradients::<C>(layer, batch.tokens());
            self.drop_gradients::<C>(layer, dropout_key);
            self.add_gradients::<C>(layer);
            if layer > 0 || wants_input {
                self.input_gradient::<C>(layer, batch.tokens());
            }
            if layer > 0 {
                let (dropout, locked) = (self.dropout(layer, dropout_key), self.config.locked_dropout);
                dropout.apply_to_tokens(&mut self.d_input, locked, &batch.text_of);
                std::mem::swap(&mut self.d_input, &mut self.d_output);
            }
        }
    }

    fn layer_backward<C: RecurrentCell>(&mut self, layer: usize, batch: &Batch) {
        let hidden = padded(self.config.settings.hidden_size);
        let (width, d_output_stride) = (C::BLOCKS * hidden, self.config.output().padded());
        let weights = &self.packed[layer * self.config.directions()..];
        let mut passes = Vec::new();
        let directions = self.layers[layer].directions.iter_mut().zip(weights).zip(&mut self.d_state);
        for (number, ((DirectionBuffers { gates, h, c }, weights), d_state)) in directions.enumerate() {
            let gates = by_slice(gates, &batch.slices, width);
            let mut d_state = d_state.resize(2 * batch.sequences() * hidden);
            for (slice, gates) in batch.slices.iter().zip(gates) {
                let (space, rest) = std::mem::take(&mut d_state).split_at_mut(2 * slice.rows * hidden);
                d_state = rest;
                let d_output = of_slice(&self.d_output, slice, d_output_stride);
                passes.push(RecurrentBackward {
                    slice,
                    reverse: number == 1,
                    hidden,
                    weights,
                    gates,
                    h: of_slice(h, slice, hidden),
                    c: if C::HAS_CELL_STATE { of_slice(c, slice, hidden) } else { &[] },
                    d_output: d_output.get(number * hidden..).unwrap_or_default(),
                    d_output_stride,
                    d_state: space,
                    cell: PhantomData::<C>,
                });
            }
        }
        let set = self.config.precision.instruction_set();
        passes.into_par_iter().for_each(|pass| pass.run(set));
    }

    /// The gradients of weights and biases: summed up transposed, some tokens at a time, so that those stay in the cache.
    fn gate_gradients<C: RecurrentCell>(&mut self, layer: usize, tokens: usize) {
        let hidden = padded(self.config.settings.hidden_size);
        let sides = [(C::INPUT, self.config.input(layer)), (C::HIDDEN, self.config.state())];
        for sums in &mut self.d_sums {
            for ((side, x_axis), sums) in sides.iter().zip(sums) {
                sums.resize((x_axis.depth() + 1) * side.columns(hidden).len());
            }
        }
        if tokens == 0 {
            self.d_sums.iter_mut().flatten().for_each(|sums| sums.fill(0.0));
        }
        for first in (0..tokens).step_by(GRADIENT_TOKENS) {
            self.add_tokens::<C>(layer, first..tokens.min(first + GRADIENT_TOKENS));
        }
    }

    /// Adds what some tokens contribute to the sums.
    fn add_tokens<C: RecurrentCell>(&mut self, layer: usize, tokens: Range<usize>) {
        let config = self.config;
        let (hidden, set) = (padded(config.settings.hidden_size), config.precision.instruction_set());
        let width = C::BLOCKS * hidden;
        let LayerBuffers { x, directions } = &self.layers[layer];
        // Where both sides read the same gates, one set of panels serves both.
        let (input, state) = (C::INPUT.columns(hidden), C::HIDDEN.columns(hidden));
        let sets = if input == state { vec![input] } else { vec![input, state] };
        let mut packs = Vec::new();
        for (buffers, panels) in directions.iter().zip(&mut self.d_panels) {
            let gates = &buffers.gates[tokens.start * width..tokens.end * width];
            let sets = sets.iter().cloned().zip(panels);
            packs.extend(sets.map(|(columns, panels)| PackGradients { d: gates, width, columns, panels }));
        }
        packs.into_par_iter().for_each(|pack| pack.run(set));

        let mut products = Vec::new();
        let per_direction = directions.iter().zip(&mut self.d_sums).zip(&self.d_panels).zip(&self.previous);
        for (((buffers, [input_sums, hidden_sums]), panels), previous) in per_direction {
            let previous = Sources::Named(&previous[tokens.clone()]);
            let own = Sources::From(tokens.start);
            let input = (&panels[0], &**x, config.input(layer), own, input_sums);
            let state = (&panels[sets.len() - 1], &*buffers.h, config.state(), previous, hidden_sums);
            for (panels, x, x_axis, sources, sums) in [input, state] {
                let mut sums = &mut **sums;
                for indices in x_axis.gradient_chunks() {
                    let (chunk, rest) = sums.split_at_mut(indices.len() * panels.columns());
                    sums = rest;
                    let is_first = tokens.start == 0;
                    products.push(WeightGradient { panels, x, x_axis, sources, indices, is_first, sums: chunk });
                }
            }
        }
        products.into_par_iter().for_each(|chunk| chunk.run(set));
    }

    /// Weights between states that were dropped get no gradient; that of those which stayed is scaled up as they were.
    fn drop_gradients<C: RecurrentCell>(&mut self, layer: usize, key: &[u64]) {
        let config = self.config;
        if config.settings.recurrent_dropout == 0.0 {
            return;
        }
        let (size, hidden) = (config.settings.hidden_size, padded(config.settings.hidden_size));
        for (number, [_, sums]) in self.d_sums.iter_mut().enumerate() {
            let dropout = config.weight_dropout(layer * config.directions() + number, key);
            let columns = C::HIDDEN.columns(hidden).len();
            sums[..size * columns].par_chunks_mut(columns).enumerate().for_each(|(from, sums)| {
                for (&gate, sums) in C::HIDDEN.gates.iter().zip(sums.chunks_exact_mut(hidden)) {
                    dropout.apply_to_column(&mut sums[..size], gate * size * size + from, size);
                }
            });
        }
    }

    /// Adds the sums to the gradients, in the order of PyTorch's weights.
    fn add_gradients<C: RecurrentCell>(&mut self, layer: usize) {
        let config = self.config;
        let hidden = padded(config.settings.hidden_size);
        let sides = [(C::INPUT, config.input(layer)), (C::HIDDEN, config.state())];
        let per_layer = 4 * config.directions();
        let parameters = &mut self.parameters[layer * per_layer..][..per_layer];
        let mut additions = Vec::new();
        for (parameters, sums) in parameters.chunks_exact_mut(4).zip(&self.d_sums) {
            let [weight_input, weight_hidden, bias_input, bias_hidden] = parameters else {
                unreachable!("chunks of four")
            };
            let parameters = [(weight_input, bias_input), (weight_hidden, bias_hidden)];
            for (((side, x_axis), (weight, bias)), sums) in sides.into_iter().zip(parameters).zip(sums) {
                let (mut d_weight, mut d_bias) = (weight.gradient.as_mut_slice(), bias.gradient.as_mut_slice());
                for (column, _, rows) in side.chunks(config.settings.hidden_size) {
                    let (weight_rows, weight_rest) = d_weight.split_at_mut(rows * x_axis.len());
                    let (bias_rows, bias_rest) = d_bias.split_at_mut(rows);
                    (d_weight, d_bias) = (weight_rest, bias_rest);
                    let columns = side.columns(hidden).len();
                    let (d_weight, d_bias) = (weight_rows, bias_rows);
                    additions.push(AddGradient { sums, columns, column, x_axis, d_weight, d_bias });
                }
            }
        }
        additions.into_par_iter().for_each(AddGradient::run);
    }

    fn input_gradient<C: RecurrentCell>(&mut self, layer: usize, tokens: usize) {
        let hidden = padded(self.config.settings.hidden_size);
        let (width, columns) = (C::BLOCKS * hidden, self.config.input(layer).padded());
        let weights = &self.packed[layer * self.config.directions()..];
        let directions = &self.layers[layer].directions;
        let set = self.config.precision.instruction_set();
        let d_input = self.d_input.resize(tokens * columns);
        d_input.par_chunks_mut(TOKENS * columns).enumerate().for_each(|(chunk, d_x)| {
            let gates = chunk * TOKENS * width..(chunk * TOKENS + d_x.len() / columns) * width;
            let directions: Vec<(&PackedWeights, &[f32])> = weights
                .iter()
                .zip(directions)
                .map(|(weights, buffers)| (weights, &buffers.gates[gates.clone()]))
                .collect();
            InputGradient { directions: &directions, width, column: C::INPUT.first * hidden, d_x }.run(set);
        });
    }
}
