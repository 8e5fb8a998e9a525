//! The products over all steps at once: the input's projection forward, and the gradients of weights and input.

use std::ops::Range;

use super::{Axis, PackedWeights};
use crate::cell::Side;
use crate::matmul::{Start, multiply};
use crate::simd::{Kernel, Simd, entry_points, padded};
use crate::view::MatrixView;

/// gates = x·W_ihᵀ + b for some tokens; blocks that the input does not reach get their bias.
pub struct Projection<'a> {
    /// `[tokens, x_stride]`
    pub x: &'a [f32],
    /// Distance between rows of x.
    pub x_stride: usize,
    /// The direction's weights.
    pub weights: &'a PackedWeights,
    /// `[tokens, BLOCKS * hidden]`
    pub gates: &'a mut [f32],
}

entry_points!(Projection<'_>, InputGradient<'_>);

impl Kernel for Projection<'_> {
    type Output = ();
    const PAIRS: bool = true;

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let Projection { x, x_stride, weights, gates } = self;
        let (width, reached) = (weights.bias.len(), weights.input.columns());
        let bias = Start::Row(&weights.bias);
        multiply(simd, gates.len() / width, MatrixView::rows(x, x_stride), &weights.input, bias, gates, width);
        if reached < width {
            for row in gates.chunks_exact_mut(width) {
                row[reached..].copy_from_slice(&weights.bias[reached..]);
            }
        }
    }
}

/// d_x = Σ over directions of d·W_ih, for some tokens.
pub struct InputGradient<'a> {
    /// For each direction its weights and its gates after [`RecurrentBackward`](super::RecurrentBackward). `[tokens, width]`
    pub directions: &'a [(&'a PackedWeights, &'a [f32])],
    /// Floats per token in the gates: BLOCKS * hidden.
    pub width: usize,
    /// The first column of the blocks that the input adds to.
    pub column: usize,
    /// `[tokens, input]`
    pub d_x: &'a mut [f32],
}

impl Kernel for InputGradient<'_> {
    type Output = ();
    const PAIRS: bool = true;

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let InputGradient { directions, width, column, d_x } = self;
        for (number, (weights, gates)) in directions.iter().enumerate() {
            let start = if number == 0 { Start::Zero } else { Start::Sum };
            let columns = weights.input_backward.columns();
            let d = MatrixView::rows(&gates[column..], width);
            multiply(simd, gates.len() / width, d, &weights.input_backward, start, d_x, columns);
        }
    }
}

/// Adds the transpose of [`WeightGradient`](crate::gathered::WeightGradient)'s sums to some rows of one gate of a weight and its bias.
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
        for (index, sums) in (0..x_axis.depth()).zip(sums.by_ref()) {
            let Some(index) = x_axis.real(index) else { continue };
            for (row, sum) in d_weight.chunks_exact_mut(x_axis.len()).zip(sums) {
                row[index] += sum;
            }
        }
        for (d, sum) in d_bias.iter_mut().zip(sums.next().into_iter().flatten()) {
            *d += sum;
        }
    }
}

/// Rows of a gate that one [`AddGradient`] takes at most.
const GRADIENT_ROWS: usize = 64;

impl Side {
    /// The columns of the gates that this side's blocks lie in.
    pub fn columns(self, hidden: usize) -> Range<usize> {
        self.first * hidden..(self.first + self.gates.len()) * hidden
    }

    /// The chunks of a weight's gradient that this side's blocks make, in the order of the weight's rows: (column behind
    /// the side's first, first row, rows).
    pub fn chunks(self, hidden_size: usize) -> Vec<(usize, usize, usize)> {
        let mut chunks: Vec<_> = (0..)
            .zip(self.gates)
            .flat_map(|(block, gate)| {
                (0..hidden_size).step_by(GRADIENT_ROWS).map(move |unit| {
                    let rows = GRADIENT_ROWS.min(hidden_size - unit);
                    (block * padded(hidden_size) + unit, gate * hidden_size + unit, rows)
                })
            })
            .collect();
        chunks.sort_by_key(|&(_, row, _)| row);
        chunks
    }
}

#[cfg(test)]
mod tests {
    use crate::cell::{Cell as _, Gru};

    #[test]
    fn pieces_cover_every_row_of_the_weight_in_order() {
        let chunks = Gru::INPUT.chunks(100);
        let mut next = 0;
        for &(_, row, rows) in &chunks {
            assert_eq!(row, next);
            next = row + rows;
        }
        assert_eq!(next, 300);
        assert_eq!(chunks[0], (112, 0, 64), "PyTorch's first gate, r, is the second block");
    }
}
