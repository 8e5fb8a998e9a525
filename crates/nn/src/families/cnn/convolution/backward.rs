//! The backward pass: from the outputs' gradients down to the parameters' and the input's. Where nearly all of them are zero,
//! as when the largest of each filter was pooled, it goes from index to index; else by products over all tokens.

use std::ops::Range;

use rayon::prelude::*;

use super::{Convolution, FILTERS, weights};
use crate::batch::Batch;
use crate::layers::chunks::{GRADIENT_TOKENS, TOKENS, by_slice};
use ninefold_kernels::convolution::{
    AddGradient, FindMaxIndices, InputGradient, MaxIndex, PackBackward, PackRows, ReluBackward, SparseInputGradient,
    SparseWeightGradient,
};
use ninefold_kernels::gathered::{PackGradients, Sources, WeightGradient};
use ninefold_kernels::matmul::Panels;
use ninefold_kernels::simd::{InstructionSet, padded};
use ninefold_kernels::slice::Slice;

impl Convolution {
    pub(super) fn backward_with(&mut self, batch: &Batch, wants_input: bool) {
        if let Some(max_indices) = self.max_indices() {
            self.sparse_weight_gradients(&max_indices);
            if wants_input {
                self.sparse_input_gradient(&max_indices, &batch.slices);
            }
            return;
        }
        let chunk = TOKENS * padded(self.shape.output());
        let chunks = self.d_output.par_chunks_mut(chunk).zip(self.y.par_chunks(chunk));
        chunks.for_each(|(d, y)| ReluBackward { y, d }.run(InstructionSet::current()));
        self.weight_gradients(batch.tokens());
        if wants_input {
            self.input_gradient(batch.tokens());
        }
    }

    /// The gradients of weights and biases: summed up transposed, some tokens at a time, so that those stay in the cache.
    fn weight_gradients(&mut self, tokens: usize) {
        let indices = self.axis().depth() + 1;
        for (sums, offset) in self.d_sums.iter_mut().zip(self.shape.offsets()) {
            sums.resize(indices * self.shape.reached(offset).len());
        }
        for first in (0..tokens).step_by(GRADIENT_TOKENS) {
            self.add_tokens(first..tokens.min(first + GRADIENT_TOKENS));
        }
        if tokens > 0 {
            self.add_gradients();
        }
    }

    /// Adds what some tokens contribute to the sums.
    fn add_tokens(&mut self, tokens: Range<usize>) {
        let (shape, set, width) = (&self.shape, self.precision.instruction_set(), padded(self.shape.output()));
        let d = &self.d_output[tokens.start * width..tokens.end * width];
        // Offsets that reach the same columns read the same panels.
        let mut sets: Vec<Range<usize>> = shape.offsets().into_iter().map(|offset| shape.reached(offset)).collect();
        sets.sort_by_key(|set| set.start);
        sets.dedup();
        self.d_panels.resize_with(sets.len(), Panels::default);
        let packs = self.d_panels.par_iter_mut().zip(&sets);
        packs.for_each(|(panels, columns)| PackGradients { d, width, columns: columns.clone(), panels }.run(set));

        let (x_axis, is_first) = (self.axis(), tokens.start == 0);
        let mut products = Vec::new();
        for (offset, sums) in shape.offsets().into_iter().zip(&mut self.d_sums) {
            let reached = shape.reached(offset);
            let panels = &self.d_panels[sets.partition_point(|set| set.start < reached.start)];
            let sources = Sources::Named(&self.neighbours.at(offset)[tokens.clone()]);
            let mut sums = &mut **sums;
            for indices in x_axis.gradient_chunks() {
                let (chunk, rest) = sums.split_at_mut(indices.len() * reached.len());
                sums = rest;
                products.push(WeightGradient { panels, x: &self.x, x_axis, sources, indices, is_first, sums: chunk });
            }
        }
        products.into_par_iter().for_each(|chunk| chunk.run(set));
    }

    /// Adds the sums to the gradients, in the order of PyTorch's weights.
    fn add_gradients(&mut self) {
        let (shape, filters) = (&self.shape, self.shape.filters);
        let sums: Vec<&[f32]> = self.d_sums.iter().map(|sums| &**sums).collect();
        let mut additions = Vec::new();
        for (group, parameters) in self.parameters.chunks_exact_mut(2).enumerate() {
            let [weight, bias] = parameters else { unreachable!("chunks of two") };
            let rows = weight.gradient.chunks_mut(FILTERS * shape.dim * shape.widths[group]);
            let chunks = rows.zip(bias.gradient.chunks_mut(FILTERS)).zip((0..filters).step_by(FILTERS));
            let chunk =
                |((d_weight, d_bias), first)| AddGradient { shape, sums: &sums, group, first, d_weight, d_bias };
            additions.extend(chunks.map(chunk));
        }
        additions.into_par_iter().for_each(AddGradient::run);
    }

    fn input_gradient(&mut self, tokens: usize) {
        let (shape, set, columns) = (&self.shape, self.precision.instruction_set(), padded(self.shape.dim));
        let weights = weights(&self.parameters);
        let mut packed = vec![Panels::default(); shape.offsets().len()];
        let chunks = packed.par_iter_mut().zip(shape.offsets());
        chunks.for_each(|(panels, offset)| PackBackward { shape, offset, weights: &weights, panels }.run(set));
        let opposite = shape.offsets().into_iter().map(|offset| self.neighbours.at(-offset));
        let offsets: Vec<(&Panels, &[u32])> = packed.iter().zip(opposite).collect();
        let chunks = self.d_input.resize(tokens * columns).par_chunks_mut(TOKENS * columns).enumerate();
        chunks.for_each(|(chunk, d_x)| {
            let (d, first) = (&*self.d_output, chunk * TOKENS);
            InputGradient { shape, offsets: &offsets, d, first, d_x }.run(set);
        });
    }

    /// The gradients behind the ReLU that are not zero, in the order of their tokens, if they are few.
    fn max_indices(&self) -> Option<Vec<MaxIndex>> {
        let width = padded(self.shape.output());
        let chunks = self.y.par_chunks(TOKENS * width).zip(self.d_output.par_chunks(TOKENS * width)).enumerate();
        let found = chunks.map(|(chunk, (y, d))| {
            FindMaxIndices { y, d, width, first: chunk * TOKENS }.run(InstructionSet::current())
        });
        found.collect::<Option<Vec<Vec<MaxIndex>>>>().map(|found| found.concat())
    }

    fn sparse_weight_gradients(&mut self, max_indices: &[MaxIndex]) {
        let (shape, neighbours, x) = (&self.shape, &self.neighbours, &*self.x);
        self.by_filter.resize(shape.output(), Vec::new());
        self.by_filter.iter_mut().for_each(Vec::clear);
        max_indices.iter().for_each(|max_index| self.by_filter[max_index.column as usize].push(*max_index));
        let mut chunks = Vec::new();
        let groups = self.parameters.chunks_exact_mut(2).zip(self.by_filter.chunks_exact(shape.filters));
        for (group, (parameters, max_indices)) in groups.enumerate() {
            let [weight, bias] = parameters else { unreachable!("chunks of two") };
            let rows = weight.gradient.chunks_mut(FILTERS * shape.dim * shape.widths[group]);
            let parts = rows.zip(bias.gradient.chunks_mut(FILTERS)).zip(max_indices.chunks(FILTERS));
            chunks.extend(parts.map(|((d_weight, d_bias), max_indices)| SparseWeightGradient {
                shape,
                group,
                max_indices,
                neighbours,
                x,
                d_weight,
                d_bias,
            }));
        }
        chunks.into_par_iter().for_each(|chunk| chunk.run(InstructionSet::current()));
    }

    fn sparse_input_gradient(&mut self, max_indices: &[MaxIndex], slices: &[Slice]) {
        let (shape, stride) = (&self.shape, padded(self.shape.dim));
        self.rows.resize_with(shape.widths.len(), Default::default);
        let mut packs = Vec::new();
        for (group, (rows, parameters)) in self.rows.iter_mut().zip(self.parameters.chunks_exact(2)).enumerate() {
            let width = shape.widths[group];
            let rows = rows.resize(shape.filters * width * stride).chunks_mut(FILTERS * width * stride);
            let weights = parameters[0].value.chunks(FILTERS * width * shape.dim);
            packs.extend(rows.zip(weights).map(|(rows, weight)| PackRows { shape, group, weight, rows }));
        }
        packs.into_par_iter().for_each(PackRows::run);

        let tokens = slices.iter().map(|slice| slice.tokens).sum::<usize>();
        let d_x = by_slice(self.d_input.resize(tokens * stride), slices, stride);
        let from = |token: usize| max_indices.partition_point(|max_index| (max_index.token as usize) < token);
        slices.par_iter().zip(d_x).for_each(|(slice, d_x)| {
            let first = slice.first_token;
            let (max_indices, neighbours) = (&max_indices[from(first)..from(first + slice.tokens)], &self.neighbours);
            let weights = &self.rows;
            SparseInputGradient { shape, max_indices, neighbours, weights, first, d_x }.run(InstructionSet::current());
        });
    }
}
