//! Products with rows that are picked: the row of x that meets a token may be another token's, or none.
//!
//! A recurrent weight meets the state of the token before, a convolution's the tokens beside. Here lie how such rows are named,
//! how they are gathered, and the gradient of the weight that they were multiplied with.

use std::cell::Cell;
use std::ops::Range;

use super::axis::Axis;
use super::buffer::Buffer;
use super::matmul::{Panels, Start, multiply};
use super::simd::{Kernel, Simd, entry_points, padded};
use super::view::MatrixView;

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

/// Copies a range of columns of each token's row of x `[.., stride]` to the beginning of its row in `rows`, in whole
/// registers.
///
/// # Shapes
/// `columns` of x in whole [`BLOCK`](super::simd::BLOCK)s; `rows` `[tokens, row_stride]`.
#[inline(always)]
pub(super) fn gather<S: Simd>(
    simd: S,
    x: &[f32],
    stride: usize,
    columns: Range<usize>,
    sources: Sources,
    rows: &mut [f32],
    row_stride: usize,
) {
    for (token, row) in rows.chunks_exact_mut(row_stride).enumerate() {
        let source = match sources {
            Sources::From(first) => (first + token) as u32,
            Sources::Named(tokens) => tokens[token],
        };
        match source {
            NO_TOKEN => row[..columns.len()].fill(0.0),
            source => {
                let from = &x[source as usize * stride..][columns.clone()];
                for (to, from) in row.chunks_exact_mut(S::LANES).zip(from.chunks_exact(S::LANES)) {
                    simd.write(to, simd.read(from));
                }
            }
        }
    }
}

/// Cuts the gradients of some tokens' sums into panels, for the gradient of a weight.
pub struct PackGradients<'a> {
    /// `[tokens, width]`
    pub d: &'a [f32],
    /// Floats per token in `d`.
    pub width: usize,
    /// The columns of `d` that belong to the weight.
    pub columns: Range<usize>,
    /// Where the panels go. `[tokens, columns]`
    pub panels: &'a mut Panels,
}

entry_points!(PackGradients<'_>, WeightGradient<'_>);

impl Kernel for PackGradients<'_> {
    type Output = ();
    const PAIRS: bool = true;

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let PackGradients { d, width, columns, panels } = self;
        panels.pack_rows(simd, d.len() / width, columns.len(), |token| &d[token * width + columns.start..]);
    }
}

/// What some tokens add to some rows of the transposed gradient of a weight, and of the bias beside it: sums += [x | 1]ᵀ·d.
/// The bias is the weight of an input that is always 1, so its gradient is the last row of all.
pub struct WeightGradient<'a> {
    /// The gradients of the tokens' sums. `[tokens, columns]`
    pub panels: &'a Panels,
    /// What was multiplied. `[all tokens, x_axis.padded()]`
    pub x: &'a [f32],
    /// x's axis.
    pub x_axis: Axis,
    /// Which rows of x the tokens were multiplied with. `[tokens]`
    pub sources: Sources<'a>,
    /// The indices on x's axis that this chunk is about; index `x_axis.depth()` is the 1.
    pub indices: Range<usize>,
    /// Whether these are the first tokens, so that sums begin at zero.
    pub is_first: bool,
    /// `[indices, columns]`
    pub sums: &'a mut [f32],
}

thread_local! {
    /// Where a thread keeps the rows of x that a chunk is about. `[tokens, indices]`
    static ROWS: Cell<Buffer> = Cell::default();
}

impl Kernel for WeightGradient<'_> {
    type Output = ();
    const PAIRS: bool = true;

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let WeightGradient { panels, x, x_axis, sources, indices, is_first, sums } = self;
        let mut buffer = ROWS.take();
        let stride = padded(indices.len());
        let rows = buffer.resize(panels.depth() * stride);
        let end = (indices.start + stride).min(x_axis.padded());
        gather(simd, x, x_axis.padded(), indices.start..end, sources, rows, stride);
        if x_axis.depth() < indices.end {
            let one = x_axis.depth() - indices.start;
            rows.chunks_exact_mut(stride).for_each(|row| row[one] = 1.0);
        }
        let start = if is_first { Start::Zero } else { Start::Sum };
        multiply(simd, indices.len(), MatrixView::columns(rows, stride), panels, start, sums, panels.columns());
        ROWS.set(buffer);
    }
}

/// Places of x that one [`WeightGradient`] takes: few enough for many threads, whole blocks and whole tiles.
const PLACES: usize = 48;

impl Axis {
    /// The indices of the axis and the 1 behind it, in chunks.
    pub fn gradient_chunks(self) -> Vec<Range<usize>> {
        let indices = self.depth() + 1;
        (0..indices).step_by(PLACES).map(|first| first..(first + PLACES).min(indices)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_every_place_of_an_axis_and_the_one_behind_it() {
        for (parts, size) in [(1, 1), (1, 100), (2, 33), (2, 128), (2, 256)] {
            let axis = Axis { parts, size };
            let chunks = axis.gradient_chunks();
            let mut next = 0;
            for chunk in &chunks {
                assert_eq!(chunk.start, next);
                assert!(!chunk.is_empty() && chunk.len() <= PLACES);
                next = chunk.end;
            }
            assert_eq!(next, axis.depth() + 1);
        }
    }
}
