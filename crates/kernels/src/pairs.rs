//! The left operand of a product in pairs of bf16: *takes* a view of floats -> *gives* a view of words that hold two
//! neighbours along the depth each.
//!
//! Rows are paired along themselves, columns with the next column, so that both are read and written in vectors. Rounding is
//! to the nearest, ties to even; an odd last element is paired with zero.

use super::buffer::Buffer;
use super::simd::{Simd, padded};
use super::view::MatrixView;

/// Pairs the `[rows, depth]` elements of a view.
///
/// # Panics
/// When the view has neither neighbouring elements nor neighbouring rows, or is too short.
#[inline(always)]
pub(super) fn pair<'a, S: Simd>(
    simd: S,
    rows: usize,
    depth: usize,
    a: MatrixView,
    words: &'a mut Buffer,
) -> MatrixView<'a> {
    assert!(a.row_stride == 1 || a.depth_stride == 1, "rows or columns that lie together");
    let pairs = depth.div_ceil(2);
    if a.depth_stride == 1 {
        let stride = padded(pairs);
        let words = words.resize(rows * stride);
        for (row, words) in words.chunks_exact_mut(stride).enumerate() {
            let floats = &a.data[row * a.row_stride..][..depth];
            for (words, floats) in words.chunks_exact_mut(S::LANES).zip(floats.chunks(2 * S::LANES)) {
                let (first, second) = floats.split_at(floats.len().min(S::LANES));
                simd.write(words, simd.pair_neighbours(read_part(simd, first), read_part(simd, second)));
            }
        }
        MatrixView::rows(words, stride)
    } else {
        let stride = padded(rows);
        let words = words.resize(pairs * stride);
        for (pair, words) in words.chunks_exact_mut(stride).enumerate() {
            let column = |k: usize| if k < depth { &a.data[k * a.depth_stride..][..rows] } else { &[] };
            let (first, second) = (column(2 * pair), column(2 * pair + 1));
            for (at, words) in (0..rows).step_by(S::LANES).zip(words.chunks_exact_mut(S::LANES)) {
                let [first, second] = [first, second].map(|column| read_part(simd, column.get(at..).unwrap_or(&[])));
                simd.write(words, simd.pair(first, second));
            }
        }
        MatrixView::columns(words, stride)
    }
}

/// A register of the first floats of a slice, zeros where it has no more.
#[inline(always)]
fn read_part<S: Simd>(simd: S, floats: &[f32]) -> S::V {
    if floats.len() >= S::LANES {
        return simd.read(floats);
    }
    let mut part = [0.0; 16];
    part[..floats.len()].copy_from_slice(floats);
    simd.read(&part)
}
