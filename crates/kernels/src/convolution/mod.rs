//! A convolution over the tokens of a text: every filter looks at the words around each token, and what it finds is kept where
//! it is positive (ReLU).
//!
//! A filter of width w at token t sees the tokens from t - ⌊(w-1)/2⌋ to t + ⌊w/2⌋, and zeros beyond both ends of the text: as
//! many outputs as tokens, PyTorch's `padding="same"`. Filters of several widths lie side by side, narrow ones first. The sum
//! is taken offset by offset: all filters that see the token so many positions away multiply it at once, and no window is ever
//! put together in memory.
//!
//! ```text
//! offset       -2    -1     0     1     2
//! width 3             w     w     w            y = b + Σ over offsets o of x[t + o] · W_o,   W_o one matrix for all widths
//! width 4             w     w     w     w                                                    that reach so far
//! width 5       w     w     w     w     w
//! ```
//!
//! ```text
//! products.rs   y, d_W, d_x     by products over all tokens
//! sparse.rs     d_W, d_x        where the pooling let a gradient through to few tokens: filter by filter, token by token
//! ```
//!
//! Source: Collobert et al. 2011; Kim 2014.

mod products;
mod sparse;

use std::ops::Range;

pub use products::{AddGradient, ConvolutionForward, InputGradient, PackBackward, PackForward, ReluBackward};
pub use sparse::{FindMaxIndices, MaxIndex, PackRows, SparseInputGradient, SparseWeightGradient};

use super::gathered::NO_TOKEN;
use super::simd::{BLOCK, padded};
use crate::slice::Slice;

/// The filters of a convolution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Floats per token.
    pub dim: usize,
    /// Tokens that the filters of each group see; each group sees more than the one before.
    pub widths: Vec<usize>,
    /// Filters of each width.
    pub filters: usize,
}

impl Shape {
    /// Filters of all widths: the real length of an output.
    pub fn output(&self) -> usize {
        self.widths.len() * self.filters
    }

    /// The farthest token that some filter sees, after its own or before.
    pub fn reach(&self) -> usize {
        self.widths.last().map_or(0, |widest| widest / 2)
    }

    /// How far from their own the tokens lie that some filter sees, nearest first: 0, -1, 1, -2, 2.
    pub fn offsets(&self) -> Vec<isize> {
        let all = (1..=self.reach() as isize).flat_map(|far| [-far, far]);
        let seen = |&offset: &isize| self.widths.iter().any(|&width| position(width, offset).is_some());
        std::iter::once(0).chain(all).filter(seen).collect()
    }

    /// The columns of the output, in whole blocks, whose filters see the token at an offset: narrower ones are left out.
    pub fn reached(&self, offset: isize) -> Range<usize> {
        let narrower = self.widths.iter().filter(|&&width| position(width, offset).is_none()).count();
        narrower * self.filters / BLOCK * BLOCK..padded(self.output())
    }

    /// The width that a column's filter belongs to, and the filter's number among those of that width.
    pub fn filter(&self, column: usize) -> (usize, usize) {
        (column / self.filters, column % self.filters)
    }

    /// Of each column that an offset reaches, the filter with its weights' position for the token there: width, filter, position.
    fn filters_at(&self, offset: isize) -> Vec<Option<(usize, usize, usize)>> {
        let at = |column: usize| {
            let (group, filter) = self.filter(column);
            Some((group, filter, position(*self.widths.get(group)?, offset)?))
        };
        self.reached(offset).map(at).collect()
    }

    /// What a filter's position multiplies element `k` of a token with. `weights` for each width `[filters, dim, width]`
    #[inline(always)]
    fn weight(&self, weights: &[&[f32]], (group, filter, position): (usize, usize, usize), k: usize) -> f32 {
        weights[group][(filter * self.dim + k) * self.widths[group] + position]
    }
}

/// The position in a window of some width for the token at an offset.
pub fn position(width: usize, offset: isize) -> Option<usize> {
    usize::try_from(offset + ((width - 1) / 2) as isize).ok().filter(|&position| position < width)
}

/// For each token of a batch the tokens beside it in its text, by their distance.
#[derive(Clone, Debug)]
pub struct Neighbours {
    reach: usize,
    named: Vec<Vec<u32>>, // for -reach to reach: [tokens], NO_TOKEN beyond the text
}

impl Neighbours {
    /// For so far to both sides; [`find`](Neighbours::find) fills them in.
    pub fn within(reach: usize) -> Neighbours {
        Neighbours { reach, named: vec![Vec::new(); 2 * reach + 1] }
    }

    /// Finds the neighbours of a batch's tokens.
    pub fn find(&mut self, slices: &[Slice]) {
        for (offset, named) in (-(self.reach as isize)..).zip(&mut self.named) {
            named.clear();
            for slice in slices {
                for (step, &alive) in slice.alive.iter().enumerate() {
                    let other = usize::try_from(step as isize + offset).unwrap_or(usize::MAX);
                    let first = slice.starts.get(other).map_or(0, |start| slice.first_token + start);
                    let rows = slice.alive.get(other).copied().unwrap_or_default();
                    named.extend((0..alive).map(|row| if row < rows { (first + row) as u32 } else { NO_TOKEN }));
                }
            }
        }
    }

    /// The token at an offset from each. `[tokens]`
    pub fn at(&self, offset: isize) -> &[u32] {
        &self.named[(self.reach as isize + offset) as usize]
    }

    /// The tokens in the window of each, position by position.
    fn window(&self, width: usize) -> &[Vec<u32>] {
        &self.named[self.reach - (width - 1) / 2..][..width]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_those_of_pytorchs_same_padding() {
        // Of w - 1 zeros, ⌊(w-1)/2⌋ lie before the text.
        for (width, before, after) in [(1, 0, 0), (2, 0, 1), (3, 1, 1), (4, 1, 2), (5, 2, 2)] {
            assert_eq!(position(width, -before), Some(0));
            assert_eq!(position(width, after), Some(width - 1));
            assert_eq!((position(width, -before - 1), position(width, after + 1)), (None, None));
        }
    }

    #[test]
    fn every_column_that_sees_an_offset_is_reached() {
        for (widths, filters) in [(vec![1], 1), (vec![2], 7), (vec![3, 4, 5], 100), (vec![1, 4, 9], 33)] {
            let shape = Shape { dim: 3, widths, filters };
            let offsets = shape.offsets();
            assert_eq!((offsets[0], shape.reached(0)), (0, 0..padded(shape.output())));
            let seen: usize = shape.widths.iter().map(|width| width * filters).sum();
            let mut found = 0;
            for offset in offsets {
                let reached = shape.reached(offset);
                assert!(reached.start.is_multiple_of(BLOCK));
                found += shape.filters_at(offset).into_iter().flatten().count();
            }
            assert_eq!(found, seen);
        }
    }
}
