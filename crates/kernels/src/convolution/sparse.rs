//! The gradients of a convolution from few places: where the largest value of each filter was pooled, one token per filter and
//! text has a gradient, and products over all tokens would multiply zeros.
//!
//! *takes* the [`Spot`]s, filter by filter or text by text, in the order of their tokens -> *gives* the same sums as the
//! products, but for rounding.

use std::cell::Cell;

use super::{Neighbours, Shape};
use crate::buffer::Buffer;
use crate::gathered::NO_TOKEN;
use crate::simd::{BLOCK, Kernel, Simd, entry_points, padded};

/// The gradient of one filter's sum at one token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
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
pub struct FindSpots<'a> {
    /// What the forward pass gave. `[tokens, width]`
    pub y: &'a [f32],
    /// Its gradient. `[tokens, width]`
    pub d: &'a [f32],
    /// Floats per token.
    pub width: usize,
    /// The first token.
    pub first: usize,
}

entry_points!(FindSpots<'_>, SparseWeightGradient<'_>, SparseInputGradient<'_>);

impl Kernel for FindSpots<'_> {
    type Output = Option<Vec<Spot>>;

    #[inline(always)]
    fn body<S: Simd>(self, _simd: S) -> Option<Vec<Spot>> {
        let FindSpots { y, d, width, first } = self;
        let mut spots = Vec::new();
        for (block, values) in d.chunks_exact(BLOCK).enumerate() {
            let any = values.iter().fold(0, |bits, value| bits | value.to_bits());
            if any << 1 == 0 {
                continue; // nothing but zeros, of either sign
            }
            for (at, &d) in (block * BLOCK..).zip(values).filter(|(at, d)| **d != 0.0 && y[*at] > 0.0) {
                spots.push(Spot { token: (first + at / width) as u32, column: (at % width) as u32, d });
            }
            if spots.len() * FEW > d.len() {
                return None;
            }
        }
        Some(spots)
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
    /// For each filter its spots.
    pub spots: &'a [Vec<Spot>],
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
        let SparseWeightGradient { shape, group, spots, neighbours, x, d_weight, d_bias } = self;
        let (dim, width, stride) = (shape.dim, shape.widths[group], padded(shape.dim));
        let window = neighbours.window(width);
        let mut buffer = SUMS.take();
        for ((spots, d_weight), d_bias) in spots.iter().zip(d_weight.chunks_exact_mut(dim * width)).zip(d_bias) {
            let sums = buffer.resize_zeroed(width * stride);
            for spot in spots {
                *d_bias += spot.d;
                for (sums, neighbours) in sums.chunks_exact_mut(stride).zip(window) {
                    let seen = neighbours[spot.token as usize];
                    if seen != NO_TOKEN {
                        add_scaled(simd, sums, &x[seen as usize * stride..], spot.d);
                    }
                }
            }
            for (place, sums) in sums.chunks_exact(stride).enumerate() {
                for (d, sum) in d_weight.iter_mut().skip(place).step_by(width).zip(sums) {
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
            for (place, row) in rows.chunks_exact_mut(stride).enumerate() {
                let (real, padding) = row.split_at_mut(dim);
                real.iter_mut().zip(filter.iter().skip(place).step_by(width)).for_each(|(to, from)| *to = *from);
                padding.fill(0.0);
            }
        }
    }
}

/// d_x = Σ d W, for the texts of one slice.
pub struct SparseInputGradient<'a> {
    /// The filters.
    pub shape: &'a Shape,
    /// The slice's spots.
    pub spots: &'a [Spot],
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
        let SparseInputGradient { shape, spots, neighbours, weights, first, d_x } = self;
        let stride = padded(shape.dim);
        d_x.fill(0.0);
        for spot in spots {
            let (group, filter) = shape.filter(spot.column as usize);
            let width = shape.widths[group];
            let rows = weights[group][filter * width * stride..].chunks_exact(stride);
            for (row, neighbours) in rows.zip(neighbours.window(width)) {
                let seen = neighbours[spot.token as usize];
                if seen != NO_TOKEN {
                    add_scaled(simd, &mut d_x[(seen as usize - first) * stride..][..stride], row, spot.d);
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
