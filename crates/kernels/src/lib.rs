//! The arithmetic: plain functions on slices of floats, forward directly above backward, one file per operation.
//!
//! Every kernel is written once over [`simd::Simd`] and runs at the best instruction set that the processor has. Kernels know
//! no text, no parameter names and no files.

pub mod activation;
pub mod adam;
pub mod axis;
pub mod buffer;
pub mod cell;
pub mod convolution;
pub mod dot;
pub mod dropout;
pub mod embedding;
pub mod gathered;
pub mod layer_norm;
pub mod linear;
pub mod matmul;
mod pairs;
pub mod pool;
pub mod recurrent;
pub mod sampled_softmax;
pub mod simd;
pub mod slice;
pub mod softmax;
pub mod view;
