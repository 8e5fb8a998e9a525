//! A convolution over packed texts: *takes* embedded tokens `[tokens, dim]` -> *gives* what each filter finds around each
//! token, `[tokens, filters of all widths]`; parameters under PyTorch's names for `Conv1d` and in its shapes.
//!
//! The work is cut into chunks of tokens, places of x or filters: pieces that do not depend on the number of threads, so
//! neither do the bits of the result. Nothing is computed for padding: beyond a text's ends there is no token.

use std::ops::Range;

use rayon::prelude::*;

use super::encoder::Encoder;
use super::init::uniform_by_fan;
use super::parameter::Parameter;
use super::pieces::{GRADIENT_TOKENS, TOKENS};
use super::precision::Precision;
use crate::batch::Batch;
use crate::kernels::buffer::Buffer;
use crate::kernels::convolution::{
    AddGradient, Forward, InputGradient, PackWeights, PackedOffset, ReluBackward, Shape, neighbours,
};
use crate::kernels::gathered::{PackGradients, Sources, WeightGradient};
use crate::kernels::matmul::Panels;
use crate::kernels::recurrent::Axis;
use crate::kernels::simd::{Level, padded};
use crate::rng::Rng;

/// Filters that one addition to PyTorch's weights takes.
const FILTERS: usize = 16;

/// The convolution: parameters, their panels, and the buffers of both passes, made once and reused.
#[derive(Debug)]
pub struct Convolution {
    shape: Shape,
    precision: Precision,
    parameters: Vec<Parameter>, // per width: weight [filters, dim, width], bias [filters]
    packed: Vec<PackedOffset>,  // per offset
    bias: Buffer,               // [output]
    is_packed: bool,            // false after a change of the parameters
    neighbours: Vec<Vec<u32>>,  // for -reach to reach: [tokens] the token so far away
    x: Buffer,                  // [tokens, dim]
    y: Buffer,                  // [tokens, output]
    d_output: Buffer,           // [tokens, output]
    d_input: Buffer,            // [tokens, dim]
    d_panels: Vec<Panels>,      // per set of columns: the gradients of some tokens
    d_sums: Vec<Buffer>,        // per offset: [dim + 1, reached] transposed gradients, the bias's in the last row
}

impl Convolution {
    /// Filters whose names start with `prefix` and a dot, with PyTorch's initial distributions.
    pub fn new(shape: Shape, precision: Precision, prefix: &str, rng: &mut Rng) -> Convolution {
        let (dim, filters) = (shape.dim, shape.filters);
        let mut parameters = Vec::new();
        for (number, &width) in shape.widths.iter().enumerate() {
            let mut add = |name: &str, sizes: &[usize]| {
                let value = uniform_by_fan(rng, sizes.iter().product(), dim * width);
                parameters.push(Parameter::new(format!("{prefix}.{number}.{name}"), sizes, value));
            };
            add("weight", &[filters, dim, width]);
            add("bias", &[filters]);
        }
        let offsets = shape.offsets().len();
        Convolution {
            packed: (0..offsets).map(|_| PackedOffset::default()).collect(),
            bias: Buffer::default(),
            is_packed: false,
            neighbours: vec![Vec::new(); 2 * shape.reach() + 1],
            x: Buffer::default(),
            y: Buffer::default(),
            d_output: Buffer::default(),
            d_input: Buffer::default(),
            d_panels: Vec::new(),
            d_sums: vec![Buffer::default(); offsets],
            shape,
            precision,
            parameters,
        }
    }

    fn pack(&mut self) {
        if self.is_packed {
            return;
        }
        let (shape, level) = (&self.shape, self.precision.level());
        let weights: Vec<&[f32]> = self.parameters.iter().step_by(2).map(|weight| &*weight.value).collect();
        let pieces = self.packed.par_iter_mut().zip(shape.offsets());
        pieces.for_each(|(packed, offset)| level.run(PackWeights { shape, offset, weights: &weights, packed }));
        let bias = self.bias.resize_zeroed(padded(shape.output()));
        for (bias, parameters) in bias.chunks_mut(shape.filters).zip(self.parameters.chunks(2)) {
            bias.copy_from_slice(&parameters[1].value);
        }
        self.is_packed = true;
    }

    /// The panels of each offset with the tokens that lie there, or at the opposite one.
    fn offsets(&self, opposite: bool) -> Vec<(&PackedOffset, &[u32])> {
        let reach = self.shape.reach() as isize;
        let at = |offset: isize| self.neighbours[(reach + offset) as usize].as_slice();
        let offsets = self.shape.offsets().into_iter().map(|offset| at(if opposite { -offset } else { offset }));
        self.packed.iter().zip(offsets).collect()
    }

    /// The gradients of weights and biases: summed up transposed, some tokens at a time, so that those stay in the cache.
    fn weight_gradients(&mut self, tokens: usize) {
        let places = self.axis().depth() + 1;
        for (sums, offset) in self.d_sums.iter_mut().zip(self.shape.offsets()) {
            sums.resize(places * self.shape.reached(offset).len());
        }
        if tokens == 0 {
            return;
        }
        for first in (0..tokens).step_by(GRADIENT_TOKENS) {
            self.add_tokens(first..tokens.min(first + GRADIENT_TOKENS));
        }
        let (shape, filters) = (&self.shape, self.shape.filters);
        let sums: Vec<&[f32]> = self.d_sums.iter().map(|sums| &**sums).collect();
        let mut additions = Vec::new();
        for (group, parameters) in self.parameters.chunks_exact_mut(2).enumerate() {
            let [weight, bias] = parameters else { unreachable!("chunks of two") };
            let rows = weight.gradient.chunks_mut(FILTERS * weight.shape[1] * weight.shape[2]);
            let pieces = rows.zip(bias.gradient.chunks_mut(FILTERS)).zip((0..filters).step_by(FILTERS));
            let piece =
                |((d_weight, d_bias), first)| AddGradient { shape, sums: &sums, group, first, d_weight, d_bias };
            additions.extend(pieces.map(piece));
        }
        additions.into_par_iter().for_each(AddGradient::run);
    }

    /// Adds what some tokens contribute to the sums.
    fn add_tokens(&mut self, tokens: Range<usize>) {
        let (shape, level, width) = (&self.shape, self.precision.level(), padded(self.shape.output()));
        let d = &self.d_output[tokens.start * width..tokens.end * width];
        // Offsets that reach the same columns read the same panels.
        let mut sets: Vec<Range<usize>> = shape.offsets().into_iter().map(|offset| shape.reached(offset)).collect();
        sets.dedup();
        sets.sort_by_key(|set| set.start);
        sets.dedup();
        self.d_panels.resize_with(sets.len(), Panels::default);
        let packs = self.d_panels.par_iter_mut().zip(&sets);
        packs.for_each(|(panels, set)| level.run(PackGradients { d, width, columns: set.clone(), panels }));

        let x_axis = self.axis();
        let mut products = Vec::new();
        for (offset, sums) in shape.offsets().into_iter().zip(&mut self.d_sums) {
            let reached = shape.reached(offset);
            let set = sets.iter().position(|set| *set == reached).unwrap_or_default();
            let panels = &self.d_panels[set];
            let neighbours = &self.neighbours[(shape.reach() as isize + offset) as usize];
            let sources = Sources::Named(&neighbours[tokens.clone()]);
            let mut sums = &mut **sums;
            for places in x_axis.gradient_pieces() {
                let (piece, rest) = sums.split_at_mut(places.len() * reached.len());
                sums = rest;
                let is_first = tokens.start == 0;
                products.push(WeightGradient { panels, x: &self.x, x_axis, sources, places, is_first, sums: piece });
            }
        }
        products.into_par_iter().for_each(|piece| level.run(piece));
    }

    fn input_gradient(&mut self, tokens: usize) {
        let mut d_input = std::mem::take(&mut self.d_input);
        let (offsets, columns, level) = (self.offsets(true), padded(self.shape.dim), self.precision.level());
        let pieces = d_input.resize(tokens * columns).par_chunks_mut(TOKENS * columns).enumerate();
        pieces.for_each(|(piece, d_x)| {
            let (shape, d, first) = (&self.shape, &*self.d_output, piece * TOKENS);
            level.run(InputGradient { shape, offsets: &offsets, d, first, d_x });
        });
        self.d_input = d_input;
    }

    fn axis(&self) -> Axis {
        Axis { parts: 1, size: self.shape.dim }
    }
}

impl Encoder for Convolution {
    fn output(&self) -> Axis {
        Axis { parts: 1, size: self.shape.output() }
    }

    fn input_mut(&mut self, tokens: usize) -> &mut [f32] {
        self.x.resize(tokens * padded(self.shape.dim))
    }

    fn forward(&mut self, batch: &Batch, _dropout_key: Option<&[u64]>) {
        self.pack();
        for (offset, named) in (-(self.shape.reach() as isize)..).zip(&mut self.neighbours) {
            named.clear();
            batch.slices.iter().for_each(|slice| neighbours(slice, offset, named));
        }
        let width = padded(self.shape.output());
        let mut y = std::mem::take(&mut self.y);
        let (offsets, level) = (self.offsets(false), self.precision.level());
        let pieces = y.resize(batch.tokens() * width).par_chunks_mut(TOKENS * width).enumerate();
        pieces.for_each(|(piece, y)| {
            let (shape, first) = (&self.shape, piece * TOKENS);
            level.run(Forward { shape, offsets: &offsets, bias: &self.bias, x: &self.x, first, y });
        });
        self.y = y;
    }

    fn outputs(&self) -> Vec<&[f32]> {
        vec![&self.y]
    }

    fn outputs_and_gradient(&mut self, tokens: usize) -> (Vec<&[f32]>, &mut [f32]) {
        (vec![&self.y], self.d_output.resize_zeroed(tokens * padded(self.shape.output())))
    }

    fn backward(&mut self, batch: &Batch, _dropout_key: &[u64], wants_input: bool) -> Option<&mut [f32]> {
        let piece = TOKENS * padded(self.shape.output());
        let pieces = self.d_output.par_chunks_mut(piece).zip(self.y.par_chunks(piece));
        pieces.for_each(|(d, y)| Level::current().run(ReluBackward { y, d }));
        self.weight_gradients(batch.tokens());
        if wants_input {
            self.input_gradient(batch.tokens());
        }
        wants_input.then_some(&mut *self.d_input)
    }

    fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    fn parameters_mut(&mut self) -> &mut [Parameter] {
        self.is_packed = false;
        &mut self.parameters
    }
}
