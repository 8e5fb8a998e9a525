//! One step of CBOW: the weighted sum of a word's contexts predicts the word among noise.
//!
//! The product of `window.rs` with one input, hidden = Σ shareᵢ contextᵢ, made and taken back in the same passes:
//!
//! ```text
//! hidden, scores = Y hidden               one pass over the columns
//! g = rate * (label - σ(scores))
//! change = gᵀ Y    Y += g hidden    contextᵢ += back change      one pass, all from the old values
//! ```
//!
//! Source: Mikolov et al. (2013).

#![allow(unsafe_code)]

use super::view::View;
use super::window::{
    Scratch, TILE, collect, common_stride, cross_entropy, dots, fetch_column, for_width, rates, write_sums,
};
use crate::kernels::simd::{BLOCK, Kernel, Simd};

/// Registers of columns that are worked on together: a row's part of them costs one turn of a loop.
const COLUMNS: usize = 4;

/// Runs a body for all columns of rows of `stride` floats: from column `at` on, the constant W registers, COLUMNS or what is left.
macro_rules! for_columns {
    ($simd:ident, $stride:expr, $at:ident, $w:ident => $body:expr) => {
        for $at in (0..$stride).step_by(COLUMNS * $simd::LANES) {
            for_width!(COLUMNS.min(($stride - $at) / $simd::LANES), $w => $body);
        }
    };
}

/// A step in which the contexts' weighted sum predicts the target. Gives the loss before the step when `measure` asks.
pub(super) struct Cbow<'a> {
    pub(super) input: &'a View<'a>,
    pub(super) contexts: &'a [u32], // [m] rows of input
    pub(super) shares: &'a [f32],   // [m] weight of each context in the sum
    pub(super) output: &'a View<'a>,
    pub(super) targets: &'a [u32], // [n] as in SkipGram
    pub(super) positives: usize,   // as in SkipGram
    /// Every context row gets the update of the hidden row times this.
    pub(super) back: f32,
    pub(super) learning_rate: f32,
    pub(super) measure: bool,
    pub(super) fetch: &'a [*mut f32], // as in SkipGram
    pub(super) scratch: &'a mut Scratch,
}

impl Kernel for Cbow<'_> {
    type Output = f64;
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> f64 {
        let Cbow { input, contexts, shares, output, targets, positives, back, learning_rate, measure, fetch, scratch } =
            self;
        let (stride, n) = (common_stride(input, output), targets.len());
        assert_eq!(contexts.len(), shares.len(), "a share for every context");
        collect(&mut scratch.inputs, input, contexts);
        collect(&mut scratch.outputs, output, targets);
        let Scratch { inputs, outputs, scores, hidden, .. } = scratch;
        let scores = scores.resize(n.next_multiple_of(BLOCK));
        let hidden = hidden.resize(stride).as_mut_ptr();
        // SAFETY: `row` gave pointers to `stride` floats of matrices that are borrowed here; other threads may write the same
        // floats, as matrix.rs says. `hidden` holds `stride` floats, `scores` n.
        unsafe {
            let tile = &outputs[..n.min(TILE)];
            for_width!(tile.len(), N => {
                let mut sums = [[simd.zero(); N]];
                for_columns!(S, stride, at, W => {
                    sum_and_dots::<S, N, W>(simd, at, inputs, shares, tile, fetch, hidden, &mut sums[0]);
                });
                write_sums(simd, &sums, scores.as_mut_ptr(), n);
            });
            for first in (TILE..n).step_by(TILE) {
                let (tile, scores) = (&outputs[first..n.min(first + TILE)], scores.as_mut_ptr().add(first));
                for_width!(tile.len(), N => dots::<S, 1, N>(simd, &[hidden], tile, stride, &[], scores, n));
            }
            let loss = if measure { cross_entropy(&scores[..n], n, positives) } else { 0.0 };
            rates(simd, scores, learning_rate);
            scores[..positives].iter_mut().for_each(|rate| *rate += learning_rate);
            let back = simd.splat(back);
            for_columns!(S, stride, at, W => update::<S, W>(simd, at, inputs, outputs, scores, hidden, back));
            loss
        }
    }
}

/// The weighted sum of the contexts in W registers from column `at` on, and its part of the dots with N outputs.
#[inline(always)]
#[allow(clippy::too_many_arguments, clippy::needless_range_loop)] // w numbers registers and places alike
unsafe fn sum_and_dots<S: Simd, const N: usize, const W: usize>(
    simd: S,
    at: usize,
    contexts: &[*mut f32],
    shares: &[f32],
    outputs: &[*mut f32],
    fetch: &[*mut f32],
    hidden: *mut f32, // [stride]
    sums: &mut [S::V; N],
) {
    let mut x = [simd.zero(); W];
    // SAFETY: the caller's pointers.
    unsafe {
        for w in 0..W {
            fetch_column(fetch, at + w * S::LANES);
        }
        for (context, &share) in contexts.iter().zip(shares) {
            let share = simd.splat(share);
            for w in 0..W {
                x[w] = simd.mul_add(simd.load(context.add(at + w * S::LANES)), share, x[w]);
            }
        }
        for w in 0..W {
            simd.store(hidden.add(at + w * S::LANES), x[w]);
        }
        for (sum, output) in sums.iter_mut().zip(&outputs[..N]) {
            for w in 0..W {
                *sum = simd.mul_add(x[w], simd.load(output.add(at + w * S::LANES)), *sum);
            }
        }
    }
}

/// Both updates of W registers from column `at` on.
#[inline(always)]
#[allow(clippy::needless_range_loop)]
unsafe fn update<S: Simd, const W: usize>(
    simd: S,
    at: usize,
    contexts: &[*mut f32],
    outputs: &[*mut f32],
    rates: &[f32],      // [n], padded
    hidden: *const f32, // [stride]
    back: S::V,
) {
    let (mut x, mut change) = ([simd.zero(); W], [simd.zero(); W]);
    // SAFETY: the caller's pointers.
    unsafe {
        for w in 0..W {
            x[w] = simd.load(hidden.add(at + w * S::LANES));
        }
        for (output, &rate) in outputs.iter().zip(rates) {
            let rate = simd.splat(rate);
            for w in 0..W {
                let place = output.add(at + w * S::LANES);
                let y = simd.load(place);
                change[w] = simd.mul_add(rate, y, change[w]);
                simd.store(place, simd.mul_add(rate, x[w], y));
            }
        }
        for w in 0..W {
            change[w] = simd.mul(change[w], back);
        }
        for context in contexts {
            for w in 0..W {
                let place = context.add(at + w * S::LANES);
                simd.store(place, simd.add(simd.load(place), change[w]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::reference::{self, distance, matrix, random_rows};
    use super::*;
    use crate::kernels::simd::Level;
    use crate::rng::Rng;

    #[test]
    fn a_window_of_cbow_equals_the_reference_at_every_level() {
        let mut rng = Rng::new(2);
        let mut scratch = Scratch::default();
        for level in Level::available() {
            let sizes = [(1, 6, 1, 100, 1.0), (8, 6, 1, 50, 0.125), (3, 9, 1, 20, 1.0), (5, 1, 1, 16, 1.0)];
            let in_trees = [(4, 21, 8, 7, 0.5), (2, 3, 0, 30, 1.0)];
            for (m, n, positives, dim, back) in sizes.into_iter().chain(in_trees) {
                let (mut x, mut y) = (random_rows(m, dim, 0.5, &mut rng), random_rows(n, dim, 0.5, &mut rng));
                let (mut input, mut output) = (matrix(&x), matrix(&y));
                let shares: Vec<f32> = (0..m).map(|i| (i + 1) as f32 / (m * (m + 1) / 2) as f32).collect();
                let fetch = [input.row(0), output.row(0)];
                let loss = level.run(Cbow {
                    input: &View::direct(&input),
                    contexts: &(0..m as u32).collect::<Vec<_>>(),
                    shares: &shares,
                    output: &View::direct(&output),
                    targets: &(0..n as u32).collect::<Vec<_>>(),
                    positives,
                    back: back as f32,
                    learning_rate: 0.05,
                    measure: true,
                    fetch: &fetch,
                    scratch: &mut scratch,
                });
                let shares: Vec<f64> = shares.iter().map(|&share| f64::from(share)).collect();
                let expected = reference::loss(&vec![reference::hidden(&x, &shares)], &y, positives);
                reference::cbow(&mut x, &shares, back, &mut y, positives, 0.05);
                let place = format!("{} {m} x {n} x {dim}", level.name());
                assert!((loss / expected - 1.0).abs() < 1e-5, "{place}: loss {loss}, expected {expected}");
                let (of_x, of_y) = (distance(&mut input, &x), distance(&mut output, &y));
                assert!(of_x < 1e-6 && of_y < 1e-6, "{place}: off by {of_x:e} and {of_y:e}");
            }
        }
    }
}
