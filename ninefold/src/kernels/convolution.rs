//! A convolution over the tokens of a text: every filter looks at the words around each token, and what it finds is kept where
//! it is positive (ReLU).
//!
//! A filter of width w at token t sees the tokens from t - ⌊(w-1)/2⌋ to t + ⌊w/2⌋, and zeros beyond both ends of the text: as
//! many outputs as tokens, PyTorch's `padding="same"`. Filters of several widths lie side by side, narrow ones first. The sum
//! is taken offset by offset: all filters that see the token so many places away multiply it at once, and no window is ever
//! put together in memory.
//!
//! ```text
//! offset       -2    -1     0     1     2
//! width 3             w     w     w            y = b + Σ over offsets o of x[t + o] · W_o,   W_o one matrix for all widths
//! width 4             w     w     w     w                                                    that reach so far
//! width 5       w     w     w     w     w
//! ```
//!
//! Source: Collobert et al. 2011; Kim 2014.

use std::cell::Cell;
use std::ops::Range;

use super::buffer::Buffer;
use super::gathered::{NO_TOKEN, Sources, gather};
use super::matmul::{Panels, Start, View, multiply};
use super::simd::{BLOCK, Kernel, Simd, padded};
use crate::batch::Slice;

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
        let seen = |&offset: &isize| self.widths.iter().any(|&width| place(width, offset).is_some());
        std::iter::once(0).chain(all).filter(seen).collect()
    }

    /// The columns of the output, in whole blocks, whose filters see the token at an offset: narrower ones are left out.
    pub fn reached(&self, offset: isize) -> Range<usize> {
        let narrower = self.widths.iter().filter(|&&width| place(width, offset).is_none()).count();
        narrower * self.filters / BLOCK * BLOCK..padded(self.output())
    }

    /// The filter of a column that sees an offset: its width's number, its own number, and its weights' place for the token
    /// there.
    fn filter(&self, column: usize, offset: isize) -> Option<(usize, usize, usize)> {
        let (group, filter) = (column / self.filters, column % self.filters);
        let place = place(*self.widths.get(group)?, offset)?;
        Some((group, filter, place))
    }
}

/// The place in a window of some width for the token at an offset.
pub fn place(width: usize, offset: isize) -> Option<usize> {
    usize::try_from(offset + ((width - 1) / 2) as isize).ok().filter(|&place| place < width)
}

/// Names for each token of a slice the one `offset` places after it in its text, or says that there is none.
pub fn neighbours(slice: &Slice, offset: isize, named: &mut Vec<u32>) {
    for (step, &alive) in slice.alive.iter().enumerate() {
        let other = usize::try_from(step as isize + offset).ok().filter(|&other| other < slice.alive.len());
        let (first, rows) = other.map_or((0, 0), |other| (slice.first_token + slice.starts[other], slice.alive[other]));
        named.extend((0..alive).map(|row| if row < rows { (first + row) as u32 } else { NO_TOKEN }));
    }
}

/// The weights that meet the token at one offset, cut into panels for both passes.
#[derive(Debug, Default)]
pub struct PackedOffset {
    forward: Panels,  // [dim, reached]
    backward: Panels, // [reached, dim]
}

/// Cuts the weights of one offset into panels; run once after each change of the weights.
pub struct PackWeights<'a> {
    /// The filters.
    pub shape: &'a Shape,
    /// Which offset.
    pub offset: isize,
    /// For each width `[filters, dim, width]`.
    pub weights: &'a [&'a [f32]],
    /// Where the panels go.
    pub packed: &'a mut PackedOffset,
}

impl Kernel for PackWeights<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let PackWeights { shape, offset, weights, packed } = self;
        let (dim, reached) = (shape.dim, shape.reached(offset));
        let filters: Vec<_> = reached.clone().map(|column| shape.filter(column, offset)).collect();
        let weight = |(group, filter, place): (usize, usize, usize), k: usize| {
            weights[group][(filter * dim + k) * shape.widths[group] + place]
        };
        packed.forward.pack(simd, dim, reached.len(), |k, first, row| {
            for (value, filter) in row.iter_mut().zip(&filters[first..]) {
                *value = filter.map_or(0.0, |filter| weight(filter, k));
            }
        });
        packed.backward.pack(simd, reached.len(), padded(dim), |column, first, row| {
            for (k, value) in (first..).zip(row) {
                *value = filters[column].filter(|_| k < dim).map_or(0.0, |filter| weight(filter, k));
            }
        });
    }
}

thread_local! {
    /// Where a thread keeps the rows of the tokens at an offset.
    static ROWS: Cell<Buffer> = Cell::default();
}

/// y = max(0, b + Σ x[t + o] · W_o) for some tokens.
pub struct Forward<'a> {
    /// The filters.
    pub shape: &'a Shape,
    /// Their weights, offset by offset as [`Shape::offsets`] has them, each with the token that lies there. `[all tokens]`
    pub offsets: &'a [(&'a PackedOffset, &'a [u32])],
    /// The biases, width by width. `[padded(output)]`
    pub bias: &'a [f32],
    /// All words' vectors. `[all tokens, padded(dim)]`
    pub x: &'a [f32],
    /// The first token of this piece.
    pub first: usize,
    /// `[tokens, padded(output)]`
    pub y: &'a mut [f32],
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Forward { shape, offsets, bias, x, first, y } = self;
        let (stride, width) = (padded(shape.dim), padded(shape.output()));
        let tokens = y.len() / width;
        let mut buffer = ROWS.take();
        for (number, (packed, neighbours)) in offsets.iter().enumerate() {
            let panels = &packed.forward;
            if number == 0 {
                let own = View::rows(&x[first * stride..], stride);
                multiply(simd, tokens, own, panels, Start::Row(bias), y, width);
            } else {
                let rows = buffer.resize(tokens * stride);
                let sources = Sources::Named(&neighbours[first..first + tokens]);
                gather(simd, x, stride, 0..stride, sources, rows, stride);
                let sums = &mut y[width - panels.columns()..];
                multiply(simd, tokens, View::rows(rows, stride), panels, Start::Sum, sums, width);
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
    pub offsets: &'a [(&'a PackedOffset, &'a [u32])],
    /// The gradients of all tokens' sums. `[all tokens, padded(output)]`
    pub d: &'a [f32],
    /// The first token of this piece.
    pub first: usize,
    /// `[tokens, padded(dim)]`
    pub d_x: &'a mut [f32],
}

impl Kernel for InputGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let InputGradient { shape, offsets, d, first, d_x } = self;
        let (stride, width) = (padded(shape.dim), padded(shape.output()));
        let tokens = d_x.len() / stride;
        let mut buffer = ROWS.take();
        for (number, (packed, neighbours)) in offsets.iter().enumerate() {
            let panels = &packed.backward;
            if number == 0 {
                let own = View::rows(&d[first * width..], width);
                multiply(simd, tokens, own, panels, Start::Zero, d_x, stride);
            } else {
                let reached = panels.depth();
                let rows = buffer.resize(tokens * reached);
                let sources = Sources::Named(&neighbours[first..first + tokens]);
                gather(simd, d, width, width - reached..width, sources, rows, reached);
                multiply(simd, tokens, View::rows(rows, reached), panels, Start::Sum, d_x, stride);
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
    fn run<S: Simd>(self, _simd: S) {
        for (d, y) in self.d.iter_mut().zip(self.y) {
            *d = if *y > 0.0 { *d } else { 0.0 };
        }
    }
}

/// Adds the transposed sums of [`WeightGradient`](super::gathered::WeightGradient), one per offset, to the gradients of some
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
            let Some(place) = place(width, offset) else { continue };
            let rows = sums.chunks_exact(reached.len()).map(|row| &row[column - reached.start..][..filters]);
            for (k, row) in rows.enumerate() {
                if k < dim {
                    for (d_filter, sum) in d_weight.chunks_exact_mut(dim * width).zip(row) {
                        d_filter[k * width + place] += sum;
                    }
                } else if offset == 0 {
                    d_bias.iter_mut().zip(row).for_each(|(d, sum)| *d += sum);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_those_of_pytorchs_same_padding() {
        // Of w - 1 zeros, ⌊(w-1)/2⌋ lie before the text.
        for (width, before, after) in [(1, 0, 0), (2, 0, 1), (3, 1, 1), (4, 1, 2), (5, 2, 2)] {
            assert_eq!(place(width, -before), Some(0));
            assert_eq!(place(width, after), Some(width - 1));
            assert_eq!((place(width, -before - 1), place(width, after + 1)), (None, None));
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
                let sees = |&column: &usize| shape.filter(column, offset).is_some();
                let seeing: Vec<usize> = (0..shape.output()).filter(sees).collect();
                assert!(reached.start.is_multiple_of(BLOCK) && seeing.iter().all(|column| reached.contains(column)));
                found += seeing.len();
            }
            assert_eq!(found, seen);
        }
    }
}
