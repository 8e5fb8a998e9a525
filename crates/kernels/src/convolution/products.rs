//! The products of a convolution: forward directly above backward, some tokens at a time.

use std::cell::Cell;

use super::{Shape, position};
use crate::buffer::Buffer;
use crate::gathered::{Sources, gather};
use crate::matmul::{Panels, Start, multiply};
use crate::simd::{Kernel, Simd, entry_points, padded};
use crate::view::MatrixView;

/// Cuts the weights that meet the token at one offset into panels, for [`ConvolutionForward`].
pub struct PackForward<'a> {
    /// The filters.
    pub shape: &'a Shape,
    /// Which offset.
    pub offset: isize,
    /// For each width `[filters, dim, width]`.
    pub weights: &'a [&'a [f32]],
    /// Where the panels go. `[dim, reached]`
    pub panels: &'a mut Panels,
}

entry_points!(PackForward<'_>, PackBackward<'_>, ConvolutionForward<'_>, InputGradient<'_>, ReluBackward<'_>);

impl Kernel for PackForward<'_> {
    type Output = ();
    const PAIRS: bool = true;

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let PackForward { shape, offset, weights, panels } = self;
        let filters = shape.filters_at(offset);
        panels.pack(simd, shape.dim, filters.len(), |k, first, row| {
            for (value, filter) in row.iter_mut().zip(&filters[first..]) {
                *value = filter.map_or(0.0, |filter| shape.weight(weights, filter, k));
            }
        });
    }
}

/// The same for [`InputGradient`].
pub struct PackBackward<'a> {
    /// The filters.
    pub shape: &'a Shape,
    /// Which offset.
    pub offset: isize,
    /// For each width `[filters, dim, width]`.
    pub weights: &'a [&'a [f32]],
    /// Where the panels go. `[reached, padded(dim)]`
    pub panels: &'a mut Panels,
}

impl Kernel for PackBackward<'_> {
    type Output = ();
    const PAIRS: bool = true;

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let PackBackward { shape, offset, weights, panels } = self;
        let filters = shape.filters_at(offset);
        panels.pack(simd, filters.len(), padded(shape.dim), |column, first, row| {
            row.fill(0.0);
            let Some(filter) = filters[column] else { return };
            for (k, value) in (first..shape.dim).zip(row) {
                *value = shape.weight(weights, filter, k);
            }
        });
    }
}

thread_local! {
    /// Where a thread keeps the rows of the tokens at an offset.
    static ROWS: Cell<Buffer> = Cell::default();
}

/// y = max(0, b + Σ x[t + o] · W_o) for some tokens.
pub struct ConvolutionForward<'a> {
    /// The filters.
    pub shape: &'a Shape,
    /// Their weights, offset by offset as [`Shape::offsets`] has them, each with the token that lies there. `[all tokens]`
    pub offsets: &'a [(&'a Panels, &'a [u32])],
    /// The biases, width by width. `[padded(output)]`
    pub bias: &'a [f32],
    /// All words' vectors. `[all tokens, padded(dim)]`
    pub x: &'a [f32],
    /// The first token of this chunk.
    pub first: usize,
    /// `[tokens, padded(output)]`
    pub y: &'a mut [f32],
}

impl Kernel for ConvolutionForward<'_> {
    type Output = ();
    const PAIRS: bool = true;

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let ConvolutionForward { shape, offsets, bias, x, first, y } = self;
        let (stride, width) = (padded(shape.dim), padded(shape.output()));
        let tokens = y.len() / width;
        let mut buffer = ROWS.take();
        for (number, &(panels, neighbours)) in offsets.iter().enumerate() {
            if number == 0 {
                let own = MatrixView::rows(&x[first * stride..], stride);
                multiply(simd, tokens, own, panels, Start::Row(bias), y, width);
            } else {
                let rows = buffer.resize(tokens * stride);
                let sources = Sources::Named(&neighbours[first..first + tokens]);
                gather(simd, x, stride, 0..stride, sources, rows, stride);
                let sums = &mut y[width - panels.columns()..];
                multiply(simd, tokens, MatrixView::rows(rows, stride), panels, Start::Sum, sums, width);
            }
        }
        ROWS.set(buffer);
        for y in y.chunks_exact_mut(S::LANES) {
            simd.write(y, simd.max(simd.read(y), simd.zero()));
        }
    }
}

/// d_x = Σ d[t - o] · W_oᵀ for some tokens.
pub struct InputGradient<'a> {
    /// The filters.
    pub shape: &'a Shape,
    /// Their weights, offset by offset as [`Shape::offsets`] has them, each with the token that sees this one there: the one
    /// at the opposite offset. `[all tokens]`
    pub offsets: &'a [(&'a Panels, &'a [u32])],
    /// The gradients of all tokens' sums. `[all tokens, padded(output)]`
    pub d: &'a [f32],
    /// The first token of this chunk.
    pub first: usize,
    /// `[tokens, padded(dim)]`
    pub d_x: &'a mut [f32],
}

impl Kernel for InputGradient<'_> {
    type Output = ();
    const PAIRS: bool = true;

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let InputGradient { shape, offsets, d, first, d_x } = self;
        let (stride, width) = (padded(shape.dim), padded(shape.output()));
        let tokens = d_x.len() / stride;
        let mut buffer = ROWS.take();
        for (number, &(panels, neighbours)) in offsets.iter().enumerate() {
            if number == 0 {
                let own = MatrixView::rows(&d[first * width..], width);
                multiply(simd, tokens, own, panels, Start::Zero, d_x, stride);
            } else {
                let reached = panels.depth();
                let rows = buffer.resize(tokens * reached);
                let sources = Sources::Named(&neighbours[first..first + tokens]);
                gather(simd, d, width, width - reached..width, sources, rows, reached);
                multiply(simd, tokens, MatrixView::rows(rows, reached), panels, Start::Sum, d_x, stride);
            }
        }
        ROWS.set(buffer);
    }
}

/// d becomes 0 where y is: what the ReLU cut off.
pub struct ReluBackward<'a> {
    /// What the forward pass gave.
    pub y: &'a [f32],
    /// Its gradient, in as many floats.
    pub d: &'a mut [f32],
}

impl Kernel for ReluBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn body<S: Simd>(self, _simd: S) {
        for (d, y) in self.d.iter_mut().zip(self.y) {
            *d = if *y > 0.0 { *d } else { 0.0 };
        }
    }
}

/// Adds the transposed sums of [`WeightGradient`](crate::gathered::WeightGradient), one per offset, to the gradients of some
/// filters of one width and their biases.
pub struct AddGradient<'a> {
    /// The filters.
    pub shape: &'a Shape,
    /// Offset by offset as [`Shape::offsets`] has them. `[dim + 1, reached]`
    pub sums: &'a [&'a [f32]],
    /// Which of the widths.
    pub group: usize,
    /// The first filter, of that width.
    pub first: usize,
    /// Added to. `[filters, dim, width]`
    pub d_weight: &'a mut [f32],
    /// Added to. `[filters]`
    pub d_bias: &'a mut [f32],
}

impl AddGradient<'_> {
    /// Adds.
    pub fn run(self) {
        let AddGradient { shape, sums, group, first, d_weight, d_bias } = self;
        let (dim, width) = (shape.dim, shape.widths[group]);
        let (column, filters) = (group * shape.filters + first, d_bias.len());
        for (offset, sums) in shape.offsets().into_iter().zip(sums) {
            let reached = shape.reached(offset);
            let Some(position) = position(width, offset) else { continue };
            let rows = sums.chunks_exact(reached.len()).map(|row| &row[column - reached.start..][..filters]);
            for (k, row) in rows.enumerate() {
                if k < dim {
                    for (d_filter, sum) in d_weight.chunks_exact_mut(dim * width).zip(row) {
                        d_filter[k * width + position] += sum;
                    }
                } else if offset == 0 {
                    d_bias.iter_mut().zip(row).for_each(|(d, sum)| *d += sum);
                }
            }
        }
    }
}
