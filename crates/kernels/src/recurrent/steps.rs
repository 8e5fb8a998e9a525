//! The part of a recurrent layer that must go step by step, for one direction and one slice of rows.

use std::marker::PhantomData;
use std::ops::Range;

use super::{PackedWeights, Projection};
use crate::cell::{Cell, Gru, Lstm, Rnn, State, StateMut};
use crate::gathered::NO_TOKEN;
use crate::matmul::{Start, multiply};
use crate::simd::{InstructionSet, Kernel, Simd};
use crate::slice::Slice;
use crate::view::MatrixView;

/// A cell with the entry points of its passes: not generic, so that they are compiled here, once for each cell.
pub trait RecurrentCell: Cell {
    /// Runs [`RecurrentForward`] with an instruction set.
    fn run_forward(pass: RecurrentForward<Self>, set: InstructionSet);

    /// Runs [`RecurrentBackward`] with an instruction set.
    fn run_backward(pass: RecurrentBackward<Self>, set: InstructionSet);
}

macro_rules! recurrent_cells {
    ($($cell:ty),+) => {$(
        impl RecurrentCell for $cell {
            #[inline(never)]
            fn run_forward(pass: RecurrentForward<Self>, set: InstructionSet) {
                set.run(pass);
            }

            #[inline(never)]
            fn run_backward(pass: RecurrentBackward<Self>, set: InstructionSet) {
                set.run(pass);
            }
        }
    )+};
}

recurrent_cells!(Rnn, Lstm, Gru);

/// Tokens whose x·W is computed at a time, few enough to be in the cache still when their step comes.
const PROJECTED: usize = 96;

/// Zeros, for the state before the first step. No hidden_size is larger.
static NOTHING: [f32; MAX_HIDDEN] = [0.0; MAX_HIDDEN];

/// The largest padded hidden_size.
pub(crate) const MAX_HIDDEN: usize = 8192;

/// One step of a slice in the order in which a direction takes them.
struct TimeStep {
    rows: usize,     // rows alive
    token: usize,    // the first row's token
    carried: usize,  // rows that have a state from the step before
    previous: usize, // the first row's token in the step before
}

/// The steps of a slice, from its first token or, `reverse`, from its last.
#[inline(always)]
fn steps(slice: &Slice, reverse: bool) -> impl DoubleEndedIterator<Item = TimeStep> + '_ {
    let last = slice.alive.len().wrapping_sub(1);
    (0..slice.alive.len()).map(move |number| {
        let step = if reverse { last - number } else { number };
        let before = if reverse { step + 1 } else { step.wrapping_sub(1) };
        let carried = slice.alive.get(before).map_or(0, |&alive| alive.min(slice.alive[step]));
        let previous = slice.starts.get(before).copied().unwrap_or(0);
        TimeStep { rows: slice.alive[step], token: slice.starts[step], carried, previous }
    })
}

/// For every token of a slice the token whose state came into its step, [`NO_TOKEN`] for none. Counted from `first_token`, in
/// the order of the tokens.
pub fn previous_tokens(slice: &Slice, reverse: bool, first_token: usize, previous: &mut Vec<u32>) {
    let offset = previous.len();
    previous.resize(offset + slice.tokens, NO_TOKEN);
    for step in steps(slice, reverse) {
        for row in 0..step.carried {
            previous[offset + step.token + row] = (first_token + step.previous + row) as u32;
        }
    }
}

/// Runs a direction forward: `gates` holds x·W + b on entry (or gets it from `x` on the way), what the cell keeps for
/// `RecurrentBackward` on exit.
pub struct RecurrentForward<'a, C> {
    /// The rows.
    pub slice: &'a Slice,
    /// From the last token to the first.
    pub reverse: bool,
    /// Padded hidden_size.
    pub hidden: usize,
    /// The direction's weights.
    pub weights: &'a PackedWeights,
    /// The input and the distance between its rows, where x·W + b is not in `gates` yet. `[tokens, stride]`
    pub x: Option<(&'a [f32], usize)>,
    /// `[tokens, BLOCKS * hidden]`
    pub gates: &'a mut [f32],
    /// `[tokens, hidden]`
    pub h: &'a mut [f32],
    /// `[tokens, hidden]`, empty for cells without it
    pub c: &'a mut [f32],
    /// Which cell.
    pub cell: PhantomData<C>,
}

impl<C: RecurrentCell> RecurrentForward<'_, C> {
    /// Runs the kernel with an instruction set.
    ///
    /// # Panics
    /// When the processor lacks the instructions, or an operand is too short.
    #[inline]
    pub fn run(self, set: InstructionSet) {
        C::run_forward(self, set);
    }
}

impl<C: Cell> Kernel for RecurrentForward<'_, C> {
    type Output = ();
    const PAIRS: bool = true;

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let RecurrentForward { slice, reverse, hidden, weights, x, gates, h, c, .. } = self;
        let width = C::BLOCKS * hidden;
        let mut projected = if reverse { slice.tokens..slice.tokens } else { 0..0 };
        for step in steps(slice, reverse) {
            while let Some((x, x_stride)) = x
                && !(projected.contains(&step.token) && step.token + step.rows <= projected.end)
            {
                let tokens = next_tokens(&mut projected, slice.tokens, reverse);
                let x = &x[tokens.start * x_stride..tokens.end * x_stride];
                let gates = &mut gates[tokens.start * width..tokens.end * width];
                simd.outlined(Projection { x, x_stride, weights, gates });
            }
            let gates = &mut gates[step.token * width..][..step.rows * width];
            if step.carried > 0 {
                let previous = MatrixView::rows(&h[step.previous * hidden..], hidden);
                let sums = &mut gates[C::HIDDEN.first * hidden..];
                multiply(simd, step.carried, previous, &weights.hidden, Start::Sum, sums, width);
            }
            for (row, gates) in gates.chunks_exact_mut(width).enumerate() {
                let previous = (row < step.carried).then_some((step.previous + row) * hidden);
                let (previous_h, next_h) = read_and_write(h, previous, (step.token + row) * hidden, hidden);
                let (previous_c, next_c) = if C::HAS_CELL_STATE {
                    read_and_write(c, previous, (step.token + row) * hidden, hidden)
                } else {
                    (&[][..], &mut [][..])
                };
                let previous = State { h: previous_h, c: previous_c };
                C::forward(simd, gates, previous, StateMut { h: next_h, c: next_c });
            }
        }
    }
}

/// Grows the range of projected tokens by some that its direction comes to next, and gives them.
fn next_tokens(projected: &mut Range<usize>, tokens: usize, reverse: bool) -> Range<usize> {
    if reverse {
        let end = projected.start;
        projected.start = end.saturating_sub(PROJECTED);
        projected.start..end
    } else {
        let start = projected.end;
        projected.end = tokens.min(start + PROJECTED);
        start..projected.end
    }
}

/// Runs a direction backwards through time: `gates` holds what [`RecurrentForward`] left on entry, the gradients of the sums on exit.
pub struct RecurrentBackward<'a, C> {
    /// The rows.
    pub slice: &'a Slice,
    /// The direction of the forward pass.
    pub reverse: bool,
    /// Padded hidden_size.
    pub hidden: usize,
    /// The direction's weights.
    pub weights: &'a PackedWeights,
    /// `[tokens, BLOCKS * hidden]`
    pub gates: &'a mut [f32],
    /// `[tokens, hidden]`
    pub h: &'a [f32],
    /// `[tokens, hidden]`, empty for cells without it
    pub c: &'a [f32],
    /// The gradient of this direction's output, rows `d_output_stride` apart. `[tokens, hidden]`
    pub d_output: &'a [f32],
    /// Distance between its rows.
    pub d_output_stride: usize,
    /// Working space. `[2 * rows, hidden]`
    pub d_state: &'a mut [f32],
    /// Which cell.
    pub cell: PhantomData<C>,
}

impl<C: RecurrentCell> RecurrentBackward<'_, C> {
    /// Runs the kernel with an instruction set.
    ///
    /// # Panics
    /// When the processor lacks the instructions, or an operand is too short.
    #[inline]
    pub fn run(self, set: InstructionSet) {
        C::run_backward(self, set);
    }
}

impl<C: Cell> Kernel for RecurrentBackward<'_, C> {
    type Output = ();
    const PAIRS: bool = true;

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let RecurrentBackward { slice, reverse, hidden, weights, gates, h, c, d_output, d_output_stride, .. } = self;
        let width = C::BLOCKS * hidden;
        let (d_h, d_c) = self.d_state[..2 * slice.rows * hidden].split_at_mut(slice.rows * hidden);
        d_h.fill(0.0);
        d_c.fill(0.0);
        for step in steps(slice, reverse).rev() {
            let gates = &mut gates[step.token * width..][..step.rows * width];
            let rows =
                gates.chunks_exact_mut(width).zip(d_h.chunks_exact_mut(hidden)).zip(d_c.chunks_exact_mut(hidden));
            for (row, ((gates, d_h), d_c)) in rows.enumerate() {
                let token = step.token + row;
                let next = State { h: row_of(h, token, hidden), c: row_of(c, token, hidden) };
                let previous = if row < step.carried {
                    State { h: row_of(h, step.previous + row, hidden), c: row_of(c, step.previous + row, hidden) }
                } else {
                    State { h: &NOTHING[..hidden], c: &NOTHING[..hidden] }
                };
                add(simd, d_h, &d_output[token * d_output_stride..][..hidden]);
                C::backward(simd, gates, previous, next, StateMut { h: d_h, c: d_c });
            }
            let sums = MatrixView::rows(&gates[C::HIDDEN.first * hidden..], width);
            multiply(simd, step.carried, sums, &weights.hidden_backward, Start::Sum, d_h, hidden);
        }
    }
}

/// Row `number` of a buffer; an empty buffer has empty rows.
#[inline(always)]
fn row_of(buffer: &[f32], number: usize, length: usize) -> &[f32] {
    if buffer.is_empty() { buffer } else { &buffer[number * length..][..length] }
}

#[inline(always)]
fn add<S: Simd>(simd: S, to: &mut [f32], from: &[f32]) {
    for (to, from) in to.chunks_exact_mut(S::LANES).zip(from.chunks_exact(S::LANES)) {
        simd.write(to, simd.add(simd.read(to), simd.read(from)));
    }
}

/// The row that starts at `read` (zeros when there is none) and the row that starts at `write`, of one buffer.
#[inline(always)]
fn read_and_write(buffer: &mut [f32], read: Option<usize>, write: usize, length: usize) -> (&[f32], &mut [f32]) {
    match read {
        None => (&NOTHING[..length], &mut buffer[write..][..length]),
        Some(read) if read < write => {
            let (before, after) = buffer.split_at_mut(write);
            (&before[read..][..length], &mut after[..length])
        }
        Some(read) => {
            let (before, after) = buffer.split_at_mut(read);
            (&after[..length], &mut before[write..][..length])
        }
    }
}
