//! The encoder without parameters.

use crate::batch::Batch;
use crate::layers::{Encoder, Parameter};
use ninefold_kernels::buffer::Buffer;
use ninefold_kernels::recurrent::Axis;
use ninefold_kernels::simd::padded;

/// The encoder that changes nothing: what is pooled are the words' vectors themselves.
#[derive(Debug)]
pub struct Identity {
    dim: usize,
    x: Buffer,        // [tokens, dim]
    d_output: Buffer, // [tokens, dim]
}

impl Identity {
    /// For vectors of that length.
    pub fn new(dim: usize) -> Identity {
        Identity { dim, x: Buffer::default(), d_output: Buffer::default() }
    }
}

impl Encoder for Identity {
    fn output(&self) -> Axis {
        Axis { parts: 1, size: self.dim }
    }

    fn is_identity(&self) -> bool {
        true
    }

    fn input_mut(&mut self, tokens: usize) -> &mut [f32] {
        self.x.resize(tokens * padded(self.dim))
    }

    fn forward(&mut self, _batch: &Batch, _dropout_key: Option<&[u64]>) {}

    fn outputs(&self) -> Vec<&[f32]> {
        vec![&self.x]
    }

    fn outputs_and_gradient(&mut self, tokens: usize) -> (Vec<&[f32]>, &mut [f32]) {
        (vec![&self.x], self.d_output.resize_zeroed(tokens * padded(self.dim)))
    }

    fn backward(&mut self, _batch: &Batch, _dropout_key: &[u64], wants_input: bool) -> Option<&mut [f32]> {
        wants_input.then_some(&mut *self.d_output)
    }

    fn parameters(&self) -> &[Parameter] {
        &[]
    }

    fn parameters_mut(&mut self) -> &mut [Parameter] {
        &mut []
    }
}
