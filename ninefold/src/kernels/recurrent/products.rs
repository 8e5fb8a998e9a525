//! The products over all steps at once: the input's projection forward, and the gradients of weights and input.

use std::marker::PhantomData;

use super::{Axis, PackedWeights};
use crate::kernels::buffer::Buffer;
use crate::kernels::cell::{Cell, Side};
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

impl<C: Cell> Kernel for Projection<'_, C> {
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

impl<C: Cell> Kernel for InputGradient<'_, C> {
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

/// The gradients of some rows of one gate, in weight_ih with bias_ih or in weight_hh with bias_hh: d_W += dᵀ·x, d_b += Σ d.
pub struct GateGradient<'a> {
    /// Gates after [`Backward`](super::Backward). `[tokens, width]`
    pub gates: &'a [f32],
    /// Floats per token in `gates`.
    pub width: usize,
    /// The first of the columns of `gates` that belong to the rows.
    pub column: usize,
    /// What was multiplied: the input, or the state that came into each step. `[tokens, x_axis.padded()]`
    pub x: &'a [f32],
    /// x's axis.
    pub x_axis: Axis,
    /// The rows of the weight's gradient, added to. `[rows, x_axis.len()]`
    pub d_weight: &'a mut [f32],
    /// The rows of the bias's gradient, added to. `[rows]`
    pub d_bias: &'a mut [f32],
    /// Working space.
    pub scratch: &'a mut GradientScratch,
}

/// Working space of [`GateGradient`], reused.
#[derive(Debug, Default)]
pub struct GradientScratch {
    panels: Panels,
    sums: Buffer, // [x_axis.padded(), columns] the gradient's transpose
}

/// Tokens per panel: as many rows as the second-level cache holds beside the sums.
const CHUNK: usize = 256;

/// Rows of a gate that one [`GateGradient`] takes at most: a panel of the widest instruction set.
pub const GRADIENT_ROWS: usize = 64;

impl Kernel for GateGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let GateGradient { gates, width, column, x, x_axis, d_weight, d_bias, scratch } = self;
        let (columns, x_stride) = (padded(d_bias.len()), x_axis.padded());
        let sums = scratch.sums.resize_zeroed(x_axis.depth() * columns);
        for (gates, x) in gates.chunks(CHUNK * width).zip(x.chunks(CHUNK * x_stride)) {
            scratch.panels.pack(simd, gates.len() / width, columns, |token, first, row| {
                row.copy_from_slice(&gates[token * width + column + first..][..row.len()]);
            });
            for row in gates.chunks_exact(width) {
                for (sum, d) in d_bias.iter_mut().zip(&row[column..]) {
                    *sum += d;
                }
            }
            multiply(simd, x_axis.depth(), View::columns(x, x_stride), &scratch.panels, Start::Sum, sums, columns);
        }
        for (at, sums) in sums.chunks_exact(columns).enumerate() {
            let Some(at) = x_axis.real(at) else { continue };
            for (row, sum) in d_weight.chunks_exact_mut(x_axis.len()).zip(sums) {
                row[at] += sum;
            }
        }
    }
}

impl Side {
    /// The pieces of a weight's gradient that this side's blocks make, in the order of the weight's rows: (column of the
    /// gates, first row, rows).
    pub fn pieces(self, hidden_size: usize) -> Vec<(usize, usize, usize)> {
        let mut pieces: Vec<_> = (self.first..)
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
    use crate::kernels::cell::Gru;

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
}
