//! The products over all steps at once: the input's projection forward, and the gradients of weights and input.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::Range;

use super::{Axis, PackedWeights};
use crate::kernels::buffer::Buffer;
use crate::kernels::cell::{self, Side};
use crate::kernels::matmul::{Panels, Start, View, multiply};
use crate::kernels::simd::{Kernel, Simd, padded};

/// gates = x·W_ihᵀ + b for some tokens; blocks that the input does not reach get their bias.
pub struct Projection<'a, C> {
    /// `[tokens, x_stride]`
    pub x: &'a [f32],
    /// Distance between rows of x.
    pub x_stride: usize,
    /// The direction's weights.
    pub weights: &'a PackedWeights,
    /// `[tokens, BLOCKS * hidden]`
    pub gates: &'a mut [f32],
    /// Which cell.
    pub cell: PhantomData<C>,
}

impl<C: cell::Cell> Kernel for Projection<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Projection { x, x_stride, weights, gates, .. } = self;
        let (width, reached) = (weights.bias.len(), weights.input.columns());
        let bias = Start::Row(&weights.bias);
        multiply(simd, gates.len() / width, View::rows(x, x_stride), &weights.input, bias, gates, width);
        if reached < width {
            for row in gates.chunks_exact_mut(width) {
                row[reached..].copy_from_slice(&weights.bias[reached..]);
            }
        }
    }
}

/// d_x = Σ over directions of d·W_ih, for some tokens.
pub struct InputGradient<'a, C> {
    /// For each direction its weights and its gates after [`Backward`](super::Backward). `[tokens, BLOCKS * hidden]`
    pub directions: &'a [(&'a PackedWeights, &'a [f32])],
    /// `[tokens, input]`
    pub d_x: &'a mut [f32],
    /// Padded hidden_size.
    pub hidden: usize,
    /// Which cell.
    pub cell: PhantomData<C>,
}

impl<C: cell::Cell> Kernel for InputGradient<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let width = C::BLOCKS * self.hidden;
        for (number, (weights, gates)) in self.directions.iter().enumerate() {
            let start = if number == 0 { Start::Zero } else { Start::Sum };
            let columns = weights.input_backward.columns();
            let d = View::rows(&gates[C::INPUT.first * self.hidden..], width);
            multiply(simd, gates.len() / width, d, &weights.input_backward, start, self.d_x, columns);
        }
    }
}

/// Cuts the gates of some tokens into panels, for the gradient of a weight.
pub struct PackGates<'a> {
    /// Gates after [`Backward`](super::Backward). `[tokens, width]`
    pub gates: &'a [f32],
    /// Floats per token in `gates`.
    pub width: usize,
    /// The columns of `gates` that belong to the weight.
    pub columns: Range<usize>,
    /// Where the panels go. `[tokens, columns]`
    pub panels: &'a mut Panels,
}

impl Kernel for PackGates<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let PackGates { gates, width, columns, panels } = self;
        panels.pack_rows(simd, gates.len() / width, columns.len(), |token| &gates[token * width + columns.start..]);
    }
}

/// What some tokens add to some rows of the transposed gradient of weight_ih or weight_hh, and of the bias beside it: sums +=
/// [x | 1]ᵀ·d. The bias is the weight of an input that is always 1, so its gradient is the last row of all.
pub struct GateGradient<'a> {
    /// The gates of the tokens. `[tokens, columns]`
    pub panels: &'a Panels,
    /// What was multiplied: the input, or the states. `[all tokens, x_axis.padded()]`
    pub x: &'a [f32],
    /// x's axis.
    pub x_axis: Axis,
    /// Which rows of x the tokens were multiplied with. `[tokens]`
    pub sources: Sources<'a>,
    /// The places on x's axis that this piece is about; place `x_axis.depth()` is the 1.
    pub places: Range<usize>,
    /// Whether these are the first tokens, so that sums begin at zero.
    pub is_first: bool,
    /// `[places, columns]`
    pub sums: &'a mut [f32],
}

/// Which row of x belongs to a token.
#[derive(Clone, Copy)]
pub enum Sources<'a> {
    /// The token's own, counted from this one.
    From(usize),
    /// The one that is named for it; [`NO_TOKEN`] stands for zeros.
    Named(&'a [u32]),
}

/// In place of a token: there is none.
pub const NO_TOKEN: u32 = u32::MAX;

thread_local! {
    /// Where a thread keeps the rows of x that a piece is about. `[tokens, places]`
    static ROWS: Cell<Buffer> = Cell::default();
}

impl Kernel for GateGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let GateGradient { panels, x, x_axis, sources, places, is_first, sums } = self;
        let mut rows = ROWS.take();
        let stride = padded(places.len());
        let one = (x_axis.depth() < places.end).then(|| x_axis.depth() - places.start);
        let length = stride.min(x_axis.padded() - places.start);
        for (token, row) in rows.resize(panels.depth() * stride).chunks_exact_mut(stride).enumerate() {
            let source = match sources {
                Sources::From(first) => (first + token) as u32,
                Sources::Named(tokens) => tokens[token],
            };
            match source {
                NO_TOKEN => row.fill(0.0),
                source => copy(simd, &mut row[..length], &x[source as usize * x_axis.padded() + places.start..]),
            }
            if let Some(one) = one {
                row[one] = 1.0;
            }
        }
        let start = if is_first { Start::Zero } else { Start::Sum };
        multiply(simd, places.len(), View::columns(&rows, stride), panels, start, sums, panels.columns());
        ROWS.set(rows);
    }
}

/// Copies whole registers, without a call.
#[inline(always)]
fn copy<S: Simd>(simd: S, to: &mut [f32], from: &[f32]) {
    for (to, from) in to.chunks_exact_mut(S::LANES).zip(from.chunks_exact(S::LANES)) {
        simd.write(to, simd.read(from));
    }
}

/// Adds the transpose of [`GateGradient`]'s sums to some rows of one gate of a weight and its bias.
pub struct AddGradient<'a> {
    /// All rows. `[x_axis.depth() + 1, columns]`
    pub sums: &'a [f32],
    /// Floats per row of `sums`.
    pub columns: usize,
    /// The column of the first row of the weight.
    pub column: usize,
    /// x's axis.
    pub x_axis: Axis,
    /// Rows of the weight's gradient, added to. `[rows, x_axis.len()]`
    pub d_weight: &'a mut [f32],
    /// Rows of the bias's gradient, added to. `[rows]`
    pub d_bias: &'a mut [f32],
}

impl AddGradient<'_> {
    /// Adds.
    pub fn run(self) {
        let AddGradient { sums, columns, column, x_axis, d_weight, d_bias } = self;
        let rows = d_bias.len();
        let mut sums = sums.chunks_exact(columns).map(|sums| &sums[column..][..rows]);
        for (place, sums) in (0..x_axis.depth()).zip(sums.by_ref()) {
            let Some(place) = x_axis.real(place) else { continue };
            for (row, sum) in d_weight.chunks_exact_mut(x_axis.len()).zip(sums) {
                row[place] += sum;
            }
        }
        for (d, sum) in d_bias.iter_mut().zip(sums.next().into_iter().flatten()) {
            *d += sum;
        }
    }
}

/// Rows of a gate that one [`AddGradient`] takes at most.
const GRADIENT_ROWS: usize = 64;

/// Places of x that one [`GateGradient`] takes: few enough for many threads, whole blocks and whole tiles.
const PLACES: usize = 48;

impl Axis {
    /// The places of the axis and the 1 behind it, in pieces.
    pub fn gradient_pieces(self) -> Vec<Range<usize>> {
        let places = self.depth() + 1;
        (0..places).step_by(PLACES).map(|first| first..(first + PLACES).min(places)).collect()
    }
}

impl Side {
    /// The columns of the gates that this side's blocks lie in.
    pub fn columns(self, hidden: usize) -> Range<usize> {
        self.first * hidden..(self.first + self.gates.len()) * hidden
    }

    /// The pieces of a weight's gradient that this side's blocks make, in the order of the weight's rows: (column behind
    /// the side's first, first row, rows).
    pub fn pieces(self, hidden_size: usize) -> Vec<(usize, usize, usize)> {
        let mut pieces: Vec<_> = (0..)
            .zip(self.gates)
            .flat_map(|(block, gate)| {
                (0..hidden_size).step_by(GRADIENT_ROWS).map(move |unit| {
                    let rows = GRADIENT_ROWS.min(hidden_size - unit);
                    (block * padded(hidden_size) + unit, gate * hidden_size + unit, rows)
                })
            })
            .collect();
        pieces.sort_by_key(|&(_, row, _)| row);
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::cell::{Cell as _, Gru};

    #[test]
    fn pieces_cover_every_row_of_the_weight_in_order() {
        let pieces = Gru::INPUT.pieces(100);
        let mut next = 0;
        for &(_, row, rows) in &pieces {
            assert_eq!(row, next);
            next = row + rows;
        }
        assert_eq!(next, 300);
        assert_eq!(pieces[0], (112, 0, 64), "PyTorch's first gate, r, is the second block");
    }

    #[test]
    fn pieces_cover_every_place_of_an_axis_and_the_one_behind_it() {
        for (parts, size) in [(1, 1), (1, 100), (2, 33), (2, 128), (2, 256)] {
            let axis = Axis { parts, size };
            let pieces = axis.gradient_pieces();
            let mut next = 0;
            for piece in &pieces {
                assert_eq!(piece.start, next);
                assert!(!piece.is_empty() && piece.len() <= PLACES);
                next = piece.end;
            }
            assert_eq!(next, axis.depth() + 1);
        }
    }
}
