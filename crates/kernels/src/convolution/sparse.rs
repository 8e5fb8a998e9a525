//! The gradients of a convolution from few positions: where the largest value of each filter was pooled, one token per filter and
//! text has a gradient, and products over all tokens would multiply zeros.
//!
//! *takes* the [`MaxIndex`]s, filter by filter or text by text, in the order of their tokens -> *gives* the same sums as the
//! products, but for rounding.

use std::cell::Cell;

use super::{Neighbours, Shape};
use crate::buffer::Buffer;
use crate::gathered::NO_TOKEN;
use crate::simd::{BLOCK, Kernel, Simd, entry_points, padded};

/// The gradient of one filter's sum at one token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MaxIndex {
    /// The token.
    pub token: u32,
    /// The filter, among those of all widths.
    pub column: u32,
    /// The gradient.
    pub d: f32,
}

/// Where more than one gradient of so many is not zero, products are quicker.
const FEW: usize = 4;

/// The gradients of some tokens that are not zero and that the ReLU lets through, token by token; `None` where they are not
/// few.
pub struct FindMaxIndices<'a> {
    /// What the forward pass gave. `[tokens, width]`
    pub y: &'a [f32],
    /// Its gradient. `[tokens, width]`
    pub d: &'a [f32],
    /// Floats per token.
    pub width: usize,
    /// The first token.
    pub first: usize,
}

entry_points!(FindMaxIndices<'_>, SparseWeightGradient<'_>, SparseInputGradient<'_>);

impl Kernel for FindMaxIndices<'_> {
    type Output = Option<Vec<MaxIndex>>;

    #[inline(always)]
    fn body<S: Simd>(self, _simd: S) -> Option<Vec<MaxIndex>> {
        let FindMaxIndices { y, d, width, first } = self;
        let mut max_indices = Vec::new();
        for (block, values) in d.chunks_exact(BLOCK).enumerate() {
            let any = values.iter().fold(0, |bits, value| bits | value.to_bits());
            if any << 1 == 0 {
                continue; // nothing but zeros, of either sign
            }
            for (at, &d) in (block * BLOCK..).zip(values).filter(|(at, d)| **d != 0.0 && y[*at] > 0.0) {
                max_indices.push(MaxIndex { token: (first + at / width) as u32, column: (at % width) as u32, d });
            }
            if max_indices.len() * FEW > d.len() {
                return None;
            }
        }
        Some(max_indices)
    }
}

thread_local! {
    /// Where a thread sums up the gradient of one filter. `[width, padded(dim)]`
    static SUMS: Cell<Buffer> = Cell::default();
}

/// d_W += Σ d x and d_b += Σ d, for some filters of one width.
pub struct SparseWeightGradient<'a> {
    /// The filters.
    pub shape: &'a Shape,
    /// Which of the widths.
    pub group: usize,
    /// For each filter its max_indices.
    pub max_indices: &'a [Vec<MaxIndex>],
    /// Which tokens lie beside which.
    pub neighbours: &'a Neighbours,
    /// All words' vectors. `[all tokens, padded(dim)]`
    pub x: &'a [f32],
    /// Added to. `[filters, dim, width]`
    pub d_weight: &'a mut [f32],
    /// Added to. `[filters]`
    pub d_bias: &'a mut [f32],
}

impl Kernel for SparseWeightGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let SparseWeightGradient { shape, group, max_indices, neighbours, x, d_weight, d_bias } = self;
        let (dim, width, stride) = (shape.dim, shape.widths[group], padded(shape.dim));
        let window = neighbours.window(width);
        let mut buffer = SUMS.take();
        for ((max_indices, d_weight), d_bias) in
            max_indices.iter().zip(d_weight.chunks_exact_mut(dim * width)).zip(d_bias)
        {
            let sums = buffer.resize_zeroed(width * stride);
            for max_index in max_indices {
                *d_bias += max_index.d;
                for (sums, neighbours) in sums.chunks_exact_mut(stride).zip(window) {
                    let seen = neighbours[max_index.token as usize];
                    if seen != NO_TOKEN {
                        add_scaled(simd, sums, &x[seen as usize * stride..], max_index.d);
                    }
                }
            }
            for (position, sums) in sums.chunks_exact(stride).enumerate() {
                for (d, sum) in d_weight.iter_mut().skip(position).step_by(width).zip(sums) {
                    *d += sum;
                }
            }
        }
        SUMS.set(buffer);
    }
}

/// Lays the weights of some filters of one width out as [`SparseInputGradient`] reads them.
pub struct PackRows<'a> {
    /// The filters.
    pub shape: &'a Shape,
    /// Which of the widths.
    pub group: usize,
    /// `[filters, dim, width]`
    pub weight: &'a [f32],
    /// `[filters, width, padded(dim)]`
    pub rows: &'a mut [f32],
}

impl PackRows<'_> {
    /// Lays them out.
    pub fn run(self) {
        let PackRows { shape, group, weight, rows } = self;
        let (dim, width, stride) = (shape.dim, shape.widths[group], padded(shape.dim));
        for (filter, rows) in weight.chunks_exact(dim * width).zip(rows.chunks_exact_mut(width * stride)) {
            for (position, row) in rows.chunks_exact_mut(stride).enumerate() {
                let (real, padding) = row.split_at_mut(dim);
                real.iter_mut().zip(filter.iter().skip(position).step_by(width)).for_each(|(to, from)| *to = *from);
                padding.fill(0.0);
            }
        }
    }
}

/// d_x = Σ d W, for the texts of one slice.
pub struct SparseInputGradient<'a> {
    /// The filters.
    pub shape: &'a Shape,
    /// The slice's max_indices.
    pub max_indices: &'a [MaxIndex],
    /// Which tokens lie beside which.
    pub neighbours: &'a Neighbours,
    /// For each width its weights from [`PackRows`]. `[filters, width, padded(dim)]`
    pub weights: &'a [Buffer],
    /// The slice's first token.
    pub first: usize,
    /// `[the slice's tokens, padded(dim)]`
    pub d_x: &'a mut [f32],
}

impl Kernel for SparseInputGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let SparseInputGradient { shape, max_indices, neighbours, weights, first, d_x } = self;
        let stride = padded(shape.dim);
        d_x.fill(0.0);
        for max_index in max_indices {
            let (group, filter) = shape.filter(max_index.column as usize);
            let width = shape.widths[group];
            let rows = weights[group][filter * width * stride..].chunks_exact(stride);
            for (row, neighbours) in rows.zip(neighbours.window(width)) {
                let seen = neighbours[max_index.token as usize];
                if seen != NO_TOKEN {
                    add_scaled(simd, &mut d_x[(seen as usize - first) * stride..][..stride], row, max_index.d);
                }
            }
        }
    }
}

/// to += scale * from, as long as `to`.
#[inline(always)]
fn add_scaled<S: Simd>(simd: S, to: &mut [f32], from: &[f32], scale: f32) {
    let scale = simd.splat(scale);
    for (to, from) in to.chunks_exact_mut(S::LANES).zip(from.chunks_exact(S::LANES)) {
        simd.write(to, simd.mul_add(scale, simd.read(from), simd.read(to)));
    }
}
