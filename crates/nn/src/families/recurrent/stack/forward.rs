//! The forward pass: layer after layer, each first in one product over all tokens, then step by step.

use std::marker::PhantomData;

use rayon::prelude::*;

use super::{LayerBuffers, RecurrentStack, outputs_of};
use crate::batch::Batch;
use crate::layers::chunks::{TOKENS, by_slice, of_slice};
use ninefold_kernels::recurrent::{Projection, RecurrentCell, RecurrentForward};
use ninefold_kernels::simd::padded;

impl RecurrentStack {
    pub(super) fn forward_with<C: RecurrentCell>(&mut self, batch: &Batch, dropout_key: Option<&[u64]>) {
        self.pack::<C>(dropout_key);
        for layer in 0..self.config.settings.num_layers {
            if layer > 0 {
                self.join_directions(layer, batch.tokens());
                if let Some(key) = dropout_key {
                    let (dropout, locked) = (self.dropout(layer, key), self.config.locked_dropout);
                    dropout.apply_to_tokens(&mut self.layers[layer].x, locked, &batch.text_of);
                }
            }
            self.layer_forward::<C>(layer, batch);
            let parameters = self.norm_parameters(layer);
            if let Some(norm) = self.norms.get_mut(layer) {
                norm.forward(&self.parameters[parameters], &self.layers[layer].states());
            }
        }
    }

    /// The input of a layer: the outputs of the layer below, directions side by side.
    fn join_directions(&mut self, layer: usize, tokens: usize) {
        let (hidden, width) = (padded(self.config.settings.hidden_size), self.config.output().padded());
        let (below, above) = self.layers.split_at_mut(layer);
        let outputs = outputs_of(below, &self.norms, layer - 1);
        let x = above[0].x.resize(tokens * width);
        x.par_chunks_mut(TOKENS * width).enumerate().for_each(|(chunk, x)| {
            for (number, output) in outputs.iter().enumerate() {
                let rows = output[chunk * TOKENS * hidden..].chunks_exact(hidden);
                for (x, h) in x.chunks_exact_mut(width).zip(rows) {
                    x[number * hidden..][..hidden].copy_from_slice(h);
                }
            }
        });
    }

    fn layer_forward<C: RecurrentCell>(&mut self, layer: usize, batch: &Batch) {
        let hidden = padded(self.config.settings.hidden_size);
        let (width, x_stride) = (C::BLOCKS * hidden, self.config.input(layer).padded());
        let weights = &self.packed[layer * self.config.directions()..];
        let LayerBuffers { x, directions } = &mut self.layers[layer];
        for buffers in directions.iter_mut() {
            buffers.gates.resize(batch.tokens() * width);
            buffers.h.resize(batch.tokens() * hidden);
            buffers.c.resize(if C::HAS_CELL_STATE { batch.tokens() * hidden } else { 0 });
        }

        let set = self.config.precision.instruction_set();
        let passes = directions.len() * batch.slices.len();
        let is_apart = rayon::current_num_threads() > passes;
        if is_apart {
            let mut projections = Vec::new();
            for (buffers, weights) in directions.iter_mut().zip(weights) {
                let chunks = buffers.gates.chunks_mut(TOKENS * width).zip(x.chunks(TOKENS * x_stride));
                projections.extend(chunks.map(|(gates, x)| Projection { x, x_stride, weights, gates }));
            }
            projections.into_par_iter().for_each(|chunk| chunk.run(set));
        }

        let mut passes = Vec::new();
        for (number, (buffers, weights)) in directions.iter_mut().zip(weights).enumerate() {
            let gates = by_slice(&mut buffers.gates, &batch.slices, width);
            let h = by_slice(&mut buffers.h, &batch.slices, hidden);
            let mut c = if C::HAS_CELL_STATE { by_slice(&mut buffers.c, &batch.slices, hidden) } else { Vec::new() }
                .into_iter();
            for ((slice, gates), h) in batch.slices.iter().zip(gates).zip(h) {
                let c = c.next().unwrap_or_default();
                passes.push(RecurrentForward {
                    slice,
                    reverse: number == 1,
                    hidden,
                    weights,
                    x: (!is_apart).then_some((of_slice(x, slice, x_stride), x_stride)),
                    gates,
                    h,
                    c,
                    cell: PhantomData::<C>,
                });
            }
        }
        passes.into_par_iter().for_each(|pass| pass.run(set));
    }
}
