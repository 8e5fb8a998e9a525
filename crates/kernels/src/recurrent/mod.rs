//! One direction of one recurrent layer over a packed slice, in three movements:
//!
//! ```text
//! products.rs   gates = x·W_ihᵀ + b        all steps at once                     tokens x blocks
//! steps.rs      gates += h·W_hhᵀ, cell     one step after another                gates -> activations, h, c
//! steps.rs      backwards through time     the cell's gradient, d_h += d·W_hh    activations -> d (gradients of the sums)
//! products.rs   d_W = dᵀ·[x | h]           all steps at once;   d_x = d·W_ih
//! ```
//!
//! *takes* weights as PyTorch keeps them (weights.rs cuts them into panels once per optimiser step), *gives* h per token.
//! Every axis is padded to whole blocks of 16 floats; the weights of the padding are zero, so it stays zero all the way.

mod products;
mod steps;
mod weights;

pub use products::{AddGradient, InputGradient, Projection};
pub use steps::{Backward, Forward, previous_tokens};
pub use weights::{PackWeights, PackedWeights, Weights};

use super::simd::padded;

/// An axis made of equal parts, each padded to whole blocks: `[forward h | backward h]` has two parts of hidden_size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Number of parts.
    pub parts: usize,
    /// Real length of a part.
    pub size: usize,
}

impl Axis {
    /// Real length of the axis.
    pub fn len(self) -> usize {
        self.parts * self.size
    }

    /// True for an axis of no length.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Length in padded buffers.
    pub fn padded(self) -> usize {
        self.parts * padded(self.size)
    }

    /// How far a product has to run along the axis: padding at the very end is left out.
    pub fn depth(self) -> usize {
        self.padded() - padded(self.size) + self.size
    }

    /// Where place `at` of the padded axis lies on the real one; `None` in the padding.
    pub fn real(self, at: usize) -> Option<usize> {
        let (part, offset) = (at / padded(self.size), at % padded(self.size));
        (offset < self.size).then_some(part * self.size + offset)
    }
}
