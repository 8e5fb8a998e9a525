//! A convolution over packed texts: *takes* embedded tokens `[tokens, dim]` -> *gives* what each filter finds around each
//! token, `[tokens, filters of all widths]`; parameters under PyTorch's names for `Conv1d` and in its shapes.
//!
//! The work is cut into chunks of tokens, indices of x or filters: chunks that do not depend on the number of threads, so
//! neither do the bits of the result. Nothing is computed for padding: beyond a text's ends there is no token.

mod backward;

use rayon::prelude::*;

use crate::batch::Batch;
use crate::layers::chunks::TOKENS;
use crate::layers::init::uniform_by_fan;
use crate::layers::{Encoder, Parameter, Precision};
use ninefold_core::rng::Rng;
use ninefold_kernels::buffer::Buffer;
use ninefold_kernels::convolution::{ConvolutionForward, MaxIndex, Neighbours, PackForward, Shape};
use ninefold_kernels::matmul::Panels;
use ninefold_kernels::recurrent::Axis;
use ninefold_kernels::simd::padded;

/// Filters that one addition to PyTorch's weights takes.
const FILTERS: usize = 16;

/// The convolution: parameters, their panels, and the buffers of both passes, made once and reused.
#[derive(Debug)]
pub struct Convolution {
    shape: Shape,
    precision: Precision,
    parameters: Vec<Parameter>,    // per width: weight [filters, dim, width], bias [filters]
    packed: Vec<Panels>,           // per offset: [dim, reached]
    bias: Buffer,                  // [output]
    is_packed: bool,               // false after a change of the parameters
    neighbours: Neighbours,        // of the batch's tokens
    x: Buffer,                     // [tokens, dim]
    y: Buffer,                     // [tokens, output]
    d_output: Buffer,              // [tokens, output]
    d_input: Buffer,               // [tokens, dim]
    d_panels: Vec<Panels>,         // per set of columns: the gradients of some tokens
    d_sums: Vec<Buffer>,           // per offset: [dim + 1, reached] transposed gradients, the bias's in the last row
    by_filter: Vec<Vec<MaxIndex>>, // per filter: where its gradients are, if they are few
    rows: Vec<Buffer>,             // per width: [filters, width, dim] its weights
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
            packed: Vec::new(),
            bias: Buffer::default(),
            is_packed: false,
            neighbours: Neighbours::within(shape.reach()),
            x: Buffer::default(),
            y: Buffer::default(),
            d_output: Buffer::default(),
            d_input: Buffer::default(),
            d_panels: Vec::new(),
            d_sums: vec![Buffer::default(); offsets],
            by_filter: Vec::new(),
            rows: Vec::new(),
            shape,
            precision,
            parameters,
        }
    }

    fn pack(&mut self) {
        if self.is_packed {
            return;
        }
        let (shape, weights, set) = (&self.shape, weights(&self.parameters), self.precision.instruction_set());
        self.packed.resize_with(shape.offsets().len(), Panels::default);
        let chunks = self.packed.par_iter_mut().zip(shape.offsets());
        chunks.for_each(|(panels, offset)| PackForward { shape, offset, weights: &weights, panels }.run(set));
        let bias = self.bias.resize_zeroed(padded(self.shape.output()));
        for (bias, parameters) in bias.chunks_mut(self.shape.filters).zip(self.parameters.chunks(2)) {
            bias.copy_from_slice(&parameters[1].value);
        }
        self.is_packed = true;
    }

    fn axis(&self) -> Axis {
        Axis { parts: 1, size: self.shape.dim }
    }
}

/// For each width its weights. `[filters, dim, width]`
fn weights(parameters: &[Parameter]) -> Vec<&[f32]> {
    parameters.iter().step_by(2).map(|weight| &*weight.value).collect()
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
        self.neighbours.find(&batch.slices);
        let (shape, set, width) = (&self.shape, self.precision.instruction_set(), padded(self.shape.output()));
        let neighbours = shape.offsets().into_iter().map(|offset| self.neighbours.at(offset));
        let offsets: Vec<(&Panels, &[u32])> = self.packed.iter().zip(neighbours).collect();
        let chunks = self.y.resize(batch.tokens() * width).par_chunks_mut(TOKENS * width).enumerate();
        chunks.for_each(|(chunk, y)| {
            let first = chunk * TOKENS;
            ConvolutionForward { shape, offsets: &offsets, bias: &self.bias, x: &self.x, first, y }.run(set);
        });
    }

    fn outputs(&self) -> Vec<&[f32]> {
        vec![&self.y]
    }

    fn outputs_and_gradient(&mut self, tokens: usize) -> (Vec<&[f32]>, &mut [f32]) {
        let width = padded(self.shape.output());
        let gradient = self.d_output.resize(tokens * width);
        gradient.par_chunks_mut(TOKENS * width).for_each(|chunk| chunk.fill(0.0));
        (vec![&self.y], gradient)
    }

    fn backward(&mut self, batch: &Batch, _dropout_key: &[u64], wants_input: bool) -> Option<&mut [f32]> {
        self.backward_with(batch, wants_input);
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
