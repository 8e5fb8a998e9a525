//! An affine map of rows: y = x·Wᵀ + b, with W as PyTorch keeps it.

use super::axis::Axis;
use super::buffer::Buffer;
use super::matmul::{Panels, Start, multiply};
use super::simd::{Kernel, Simd, entry_points, padded};
use super::view::MatrixView;

/// The map's shape. The input may be an axis of padded parts; the output is padded at its end.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Number of rows.
    pub rows: usize,
    /// The input's axis.
    pub input: Axis,
    /// Real length of an output row.
    pub output: usize,
}

/// Working space of both passes, reused.
#[derive(Debug, Default)]
pub struct Scratch {
    panels: Panels,
    bias: Buffer,
    sums: Buffer,
}

/// y = x·Wᵀ + b
pub struct LinearForward<'a> {
    /// Rows and axes.
    pub shape: Shape,
    /// `[rows, input.padded()]`
    pub x: &'a [f32],
    /// `[output, input.len()]`
    pub weight: &'a [f32],
    /// `[output]`
    pub bias: &'a [f32],
    /// `[rows, padded(output)]`
    pub y: &'a mut [f32],
    /// Working space.
    pub scratch: &'a mut Scratch,
}

entry_points!(LinearForward<'_>, LinearBackward<'_>);

impl Kernel for LinearForward<'_> {
    type Output = ();

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let LinearForward { shape: Shape { rows, input, output }, x, weight, bias, y, scratch } = self;
        let columns = padded(output);
        scratch.panels.pack(simd, input.depth(), columns, |k, first, row| {
            row.fill(0.0);
            let Some(k) = input.real(k) else { return };
            for (column, value) in (first..output).zip(row) {
                *value = weight[column * input.len() + k];
            }
        });
        scratch.bias.resize_zeroed(columns)[..output].copy_from_slice(bias);
        let start = Start::Row(&scratch.bias);
        multiply(simd, rows, MatrixView::rows(x, input.padded()), &scratch.panels, start, y, columns);
    }
}

/// d_x = d_y·W, d_W += d_yᵀ·x, d_b += Σ d_y
pub struct LinearBackward<'a> {
    /// Rows and axes.
    pub shape: Shape,
    /// `[rows, input.padded()]`
    pub x: &'a [f32],
    /// `[output, input.len()]`
    pub weight: &'a [f32],
    /// `[rows, padded(output)]`
    pub d_y: &'a [f32],
    /// `[rows, input.padded()]`, overwritten
    pub d_x: &'a mut [f32],
    /// `[output, input.len()]`, added to
    pub d_weight: &'a mut [f32],
    /// `[output]`, added to
    pub d_bias: &'a mut [f32],
    /// Working space.
    pub scratch: &'a mut Scratch,
}

impl Kernel for LinearBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let LinearBackward { shape: Shape { rows, input, output }, x, weight, d_y, d_x, d_weight, d_bias, scratch } =
            self;
        let (columns, stride) = (padded(output), input.padded());
        scratch.panels.pack(simd, output, stride, |k, first, row| {
            for (at, value) in (first..).zip(row) {
                *value = input.real(at).map_or(0.0, |at| weight[k * input.len() + at]);
            }
        });
        multiply(simd, rows, MatrixView::rows(d_y, columns), &scratch.panels, Start::Zero, d_x, stride);

        scratch.panels.pack_rows(simd, rows, stride, |k| &x[k * stride..]);
        let sums = scratch.sums.resize(output * stride);
        multiply(simd, output, MatrixView::columns(d_y, columns), &scratch.panels, Start::Zero, sums, stride);
        for (sums, d_row) in sums.chunks_exact(stride).zip(d_weight.chunks_exact_mut(input.len())) {
            for (at, sum) in sums.iter().enumerate() {
                if let Some(at) = input.real(at) {
                    d_row[at] += sum;
                }
            }
        }
        for d_row in d_y.chunks_exact(columns) {
            for (sum, d) in d_bias.iter_mut().zip(d_row) {
                *sum += d;
            }
        }
    }
}
