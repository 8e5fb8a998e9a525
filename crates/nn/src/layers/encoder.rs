//! What stands between embedding and pooling: *takes* a vector per token -> *gives* a vector per token that knows its
//! neighbours.
//!
//! ```text
//! input_mut --> forward --> outputs --> pooling --> ... --> outputs_and_gradient --> backward --> the input's gradient
//! ```
//!
//! Every family of networks is one encoder; embedding, dropout, pooling and head are the same for all.

use std::fmt::Debug;

use super::Parameter;
use crate::batch::Batch;
use ninefold_kernels::recurrent::Axis;

/// A network from embedded tokens to encoded ones, over packed batches.
pub trait Encoder: Debug + Send + Sync {
    /// The axis of an encoded token: parts side by side, such as the directions of a recurrent network.
    fn output(&self) -> Axis;

    /// Whether its outputs are its inputs: a prediction may then pool the words' vectors where they lie, and leave out
    /// [`forward`](Self::forward).
    fn is_identity(&self) -> bool {
        false
    }

    /// Where the embedded tokens go before [`forward`](Self::forward). `[tokens, padded(dim)]`
    fn input_mut(&mut self, tokens: usize) -> &mut [f32];

    /// Encodes the tokens in [`input_mut`](Self::input_mut), up to [`outputs`](Self::outputs).
    ///
    /// `dropout_key` gives the random numbers of training; `None` predicts. Only a pass with a key can be followed by
    /// [`backward`](Self::backward).
    fn forward(&mut self, batch: &Batch, dropout_key: Option<&[u64]>);

    /// The encoded tokens, part by part. `[tokens, padded(output.size)]`
    fn outputs(&self) -> Vec<&[f32]>;

    /// The same, and zeros to put their gradients into. `[tokens, output.padded()]`
    fn outputs_and_gradient(&mut self, tokens: usize) -> (Vec<&[f32]>, &mut [f32]);

    /// The gradients of the outputs, put where [`outputs_and_gradient`](Self::outputs_and_gradient) says -> the gradients of
    /// all parameters (added to theirs) and, if wanted, of the embedded tokens. `[tokens, padded(dim)]`
    fn backward(&mut self, batch: &Batch, dropout_key: &[u64], wants_input: bool) -> Option<&mut [f32]>;

    /// The parameters, in PyTorch's order.
    fn parameters(&self) -> &[Parameter];

    /// The parameters, to be changed.
    fn parameters_mut(&mut self) -> &mut [Parameter];
}
