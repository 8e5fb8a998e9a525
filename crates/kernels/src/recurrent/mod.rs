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
pub use steps::{RecurrentBackward, RecurrentCell, RecurrentForward, previous_tokens};
pub use weights::{PackWeights, PackedWeights, Weights};

pub use crate::axis::Axis;
