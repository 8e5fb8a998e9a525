//! The three recurrent cells, one file each: what happens to one text at one step, between the matrix products.
//!
//! A cell keeps [`BLOCKS`](Cell::BLOCKS) blocks of hidden_size floats per token. Before `forward` they hold the sums
//! x·W + h·W + b, after it whatever `backward` needs, after `backward` the gradients of the sums: one buffer, three lives.

pub mod gru;
pub mod lstm;
pub mod rnn;

pub use gru::Gru;
pub use lstm::Lstm;
pub use rnn::Rnn;

use super::simd::Simd;

/// Which of a token's blocks one side (input or hidden) of a cell adds to: blocks `first ..`, and for each the gate of
/// PyTorch's weight rows that it is.
#[derive(Clone, Copy, Debug)]
pub struct Side {
    /// The first block.
    pub first: usize,
    /// PyTorch's gate number of each block from `first` on.
    pub gates: &'static [usize],
}

/// A recurrent cell. All rows are padded: `hidden` is a multiple of [`BLOCK`](super::simd::BLOCK).
pub trait Cell: Copy + Send + Sync + 'static {
    /// Gates in PyTorch's weights: their rows are `GATES * hidden_size`.
    const GATES: usize;
    /// Blocks per token.
    const BLOCKS: usize;
    /// The blocks that x·W goes to.
    const INPUT: Side;
    /// The blocks that h·W goes to.
    const HIDDEN: Side;
    /// True when the cell carries a second state, c.
    const HAS_CELL_STATE: bool;

    /// One text, one step: the sums in `gates` and the previous state -> the new state.
    fn forward<S: Simd>(simd: S, gates: &mut [f32], previous: State, next: StateMut);

    /// The gradient of [`forward`](Cell::forward): what it left in `gates` -> the gradients of the sums.
    fn backward<S: Simd>(simd: S, gates: &mut [f32], previous: State, next: State, d_state: StateMut);
}

/// A text's state at one step. `c` is empty in cells without it.
#[derive(Clone, Copy)]
pub struct State<'a> {
    /// The output. `[hidden]`
    pub h: &'a [f32],
    /// The LSTM's memory. `[hidden]`
    pub c: &'a [f32],
}

/// A state, or the gradient of one, to be written. As the gradient it goes in as that of the step's own state and comes
/// out as that of the previous state, less the part that flows through h·W.
pub struct StateMut<'a> {
    /// The output, or its gradient. `[hidden]`
    pub h: &'a mut [f32],
    /// The LSTM's memory, or its gradient. `[hidden]`
    pub c: &'a mut [f32],
}
