//! A window's training with negative samples: the contexts against the word and its negative samples, as small matrix products.
//!
//! A step, with inputs X `[m, dim]` and outputs Y `[n, dim]`, row 0 of Y the target and the others negative (or all the nodes of a
//! tree on the way to the target, those that should say yes first):
//!
//! ```text
//! scores = X Yᵀ          [m, n]     loss = -Σ log σ(positive score) - Σ log σ(-other score)
//! g = rate * (label - σ(scores))    label: 1 in the positive columns, else 0
//! X += g Y    Y += gᵀ X             both from the old values
//! ```
//!
//! Inputs that agree overshoot when all learn from the old values; `sequential.rs` has them learn one pair after the other.
//!
//! [`SkipGram`] takes up to [`TOGETHER`] contexts of its window at a time as X, one row each. CBOW, where X is their weighted
//! mean, is in `cbow.rs`.
//!
//! Sources: Mikolov et al. (2013) for the loss; Ji, Satish, Li & Dubey, "Parallelizing Word2Vec in Shared and Distributed
//! Memory" (2016) for sharing negative samples within a window, which turns vector work into matrix work.

#![allow(unsafe_code)]

use super::replica::Replica;
use super::sequential::{self, PAIR};
use super::step::{
    Dots, Loop, Scratch, TILE, TOGETHER, collect, common_stride, cross_entropy, even_part, first_of, rates, run_loop,
};
use crate::fetch::Fetch;
use ninefold_kernels::buffer::Buffer;
use ninefold_kernels::simd::{BLOCK, Kernel, Simd};

/// How many of a window's contexts, one at least, a step takes: equal parts of no more than [`TOGETHER`].
pub(crate) fn part_of(contexts: usize) -> usize {
    even_part(contexts, TOGETHER)
}

/// A window in which every context predicts the target for itself. Gives the losses before its steps, summed over contexts,
/// when `measure` asks for them.
pub(super) struct SkipGram<'a> {
    pub(super) input: &'a Replica<'a>,
    pub(super) contexts: &'a [u32], // [m] rows of input
    pub(super) output: &'a Replica<'a>,
    pub(super) targets: &'a [u32], // [n] rows of output; no row twice
    /// How many of them, the first ones, the contexts should be like: one with negative samples behind it, any number in a tree.
    pub(super) positives: usize,
    /// Whether the contexts of a step learn sequentially, two at a time.
    pub(super) sequential: bool,
    pub(super) learning_rate: f32,
    pub(super) measure: bool,
    /// Rows that later steps will want: fetched while this one is computed.
    pub(super) fetch: Fetch<'a>,
    pub(super) scratch: &'a mut Scratch,
}

impl Kernel for SkipGram<'_> {
    type Output = f64;

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) -> f64 {
        let SkipGram { input, contexts, output, targets, positives, learning_rate, measure, scratch, .. } = self;
        let stride = common_stride(input, output);
        let Scratch { inputs, outputs, scores, slopes, old, .. } = scratch;
        collect(inputs, input, contexts);
        collect(outputs, output, targets);
        let part = part_of(inputs.len());
        let sequential = self.sequential && part > PAIR;
        // Where rows of scores are moved one after the other each is padded, else all together.
        let pitch = if sequential { outputs.len().next_multiple_of(S::LANES) } else { outputs.len() };
        let size = (part * pitch).next_multiple_of(BLOCK);
        let slopes = slopes.resize(if sequential { size } else { 0 });
        let scores = scores.resize(size);
        let mut step =
            Step { outputs, stride, pitch, positives, sequential, learning_rate, measure, scores, slopes, old };
        let (mut fetch, mut loss) = (self.fetch, 0.0);
        for inputs in inputs.chunks(part) {
            // SAFETY: `row` gave pointers to `stride` floats of matrices that are borrowed here; other threads may write the
            // same floats, as matrix.rs says.
            loss += unsafe { step.take(simd, inputs, fetch) };
            fetch = Fetch::NOTHING;
        }
        loss
    }
}

/// The steps of a window: what they have in common, and what they work in.
struct Step<'a> {
    outputs: &'a [*mut f32], // [n]
    stride: usize,
    /// Floats from a row of scores to the next.
    pitch: usize,
    positives: usize,
    sequential: bool,
    learning_rate: f32,
    measure: bool,
    scores: &'a mut [f32], // [m, pitch], padded as a whole
    slopes: &'a mut [f32], // the same, where inputs learn sequentially
    old: &'a mut Buffer,   // [m, stride]
}

impl Step<'_> {
    /// The step of some inputs; gives the loss of their scores, or 0.
    ///
    /// # Safety
    /// Inputs and outputs are pointers to `stride` floats, a multiple of [`BLOCK`]; there is room for as many inputs or more.
    #[inline(always)]
    unsafe fn take<S: Simd>(&mut self, simd: S, inputs: &[*mut f32], fetch: Fetch) -> f64 {
        let Step { outputs, stride, pitch, positives, sequential, learning_rate, .. } = *self;
        let scores = &mut self.scores[..(inputs.len() * pitch).next_multiple_of(BLOCK)];
        // SAFETY: the caller's pointers.
        simd.outlined(unsafe { Dots::new(inputs, outputs, stride, scores, pitch) });
        let rows = inputs.len() * pitch;
        let loss = match self.measure {
            true => scores[..rows].chunks_exact(pitch).map(|row| cross_entropy(&row[..outputs.len()], positives)).sum(),
            false => 0.0,
        };
        if sequential {
            sequential::rates_and_slopes(simd, scores, self.slopes, learning_rate);
        } else {
            rates(simd, scores, learning_rate);
        }
        for row in scores[..rows].chunks_exact_mut(pitch) {
            row[..positives].iter_mut().for_each(|rate| *rate += learning_rate);
        }
        if sequential {
            // SAFETY: the caller's pointers.
            unsafe { sequential::move_errors(simd, inputs, stride, &mut scores[..rows], self.slopes, pitch) };
        }
        // SAFETY: the caller's pointers.
        unsafe { self.update(simd, inputs, fetch) };
        loss
    }

    /// Both updates: in one tile, or tile after tile with the inputs' old values set aside.
    ///
    /// # Safety
    /// As for [`take`](Step::take).
    #[inline(always)]
    unsafe fn update<S: Simd>(&mut self, simd: S, inputs: &[*mut f32], mut fetch: Fetch) {
        let Step { outputs, stride, pitch, .. } = *self;
        let mut set_aside = [std::ptr::null_mut(); TOGETHER];
        let old = if outputs.len() <= TILE {
            inputs
        } else {
            let rows = self.old.resize(inputs.len() * stride).chunks_exact_mut(stride);
            for ((to, old), from) in set_aside.iter_mut().zip(rows).zip(inputs) {
                for at in (0..stride).step_by(S::LANES) {
                    // SAFETY: the caller's pointer.
                    simd.write(&mut old[at..], unsafe { simd.load(from.add(at)) });
                }
                *to = old.as_mut_ptr();
            }
            &set_aside[..inputs.len()]
        };
        // With every instruction set in the same tiles: the rounding of a row that is there twice, for a word that is, depends on them.
        for (first, outputs) in (0..).step_by(TILE).zip(outputs.chunks(TILE)) {
            let rates = self.scores.as_ptr().wrapping_add(first);
            let tile = UpdateTile { inputs, old, outputs, rates, pitch, stride, fetch };
            match self.sequential {
                true => run_loop(simd, outputs.len(), SequentialUpdate(tile)),
                false => run_loop(simd, outputs.len(), tile),
            }
            fetch = Fetch::NOTHING;
        }
    }
}

/// Both updates of all inputs and N outputs in one pass: the outputs stay in registers while the inputs go by. Made by
/// [`Step::update`] alone, whose caller promises that all rows hold `stride` floats.
struct UpdateTile<'a> {
    inputs: &'a [*mut f32],
    /// The inputs' old values: the inputs themselves, unless an earlier tile has changed them.
    old: &'a [*mut f32],
    outputs: &'a [*mut f32], // [N]
    rates: *const f32,       // [m, pitch], of these outputs
    pitch: usize,
    stride: usize,
    fetch: Fetch<'a>,
}

impl UpdateTile<'_> {
    /// The loop; where it is `SEQUENTIAL`, each pair of inputs finds the outputs as the inputs before have left them.
    #[inline(always)]
    fn update<S: Simd, const N: usize, const SEQUENTIAL: bool>(self, simd: S) {
        let UpdateTile { inputs, old, outputs, rates, pitch, stride, fetch } = self;
        let outputs = first_of::<N>(outputs);
        // SAFETY: the rows hold `stride` floats; rate j < N of input i < m lies within the scores.
        unsafe {
            for at in (0..stride).step_by(S::LANES) {
                fetch.column(at);
                let mut y: [S::V; N] = std::array::from_fn(|j| simd.load(outputs[j].add(at)));
                let mut new_y = y;
                for (i, (input, old)) in inputs.iter().zip(old).enumerate() {
                    if SEQUENTIAL && i % PAIR == 0 {
                        y = new_y;
                    }
                    let (x, mut new_x) = (simd.load(old.add(at)), simd.load(input.add(at)));
                    for (j, (y, new_y)) in y.iter().zip(&mut new_y).enumerate() {
                        let rate = simd.splat(*rates.add(i * pitch + j));
                        new_x = simd.mul_add(rate, *y, new_x);
                        *new_y = simd.mul_add(rate, x, *new_y);
                    }
                    simd.store(input.add(at), new_x);
                }
                for (output, new_y) in outputs.into_iter().zip(new_y) {
                    simd.store(output.add(at), new_y);
                }
            }
        }
    }
}

impl Loop for UpdateTile<'_> {
    const HAS_ALL: bool = true;

    #[inline(always)]
    fn run<S: Simd, const N: usize>(self, simd: S) {
        self.update::<S, N, false>(simd);
    }
}

/// The same, sequential.
struct SequentialUpdate<'a>(UpdateTile<'a>);

impl Loop for SequentialUpdate<'_> {
    const HAS_ALL: bool = true;

    #[inline(always)]
    fn run<S: Simd, const N: usize>(self, simd: S) {
        self.0.update::<S, N, true>(simd);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::reference::{self, distance, matrix, random_rows};
    use ninefold_core::rng::Rng;
    use ninefold_kernels::simd::InstructionSet;

    #[test]
    fn a_window_of_skip_gram_equals_the_reference_with_every_instruction_set_and_size() {
        let mut rng = Rng::new(1);
        let mut scratch = Scratch::default();
        for set in InstructionSet::available() {
            let sizes = [(1, 6, 1, 100), (6, 6, 1, 100), (5, 6, 1, 7), (10, 2, 1, 32), (3, 1, 1, 16), (7, 21, 1, 50)];
            let in_trees = [(20, 13, 5, 33), (6, 8, 8, 100), (3, 4, 0, 20)];
            let sizes = sizes.into_iter().chain(in_trees).flat_map(|size| [(size, false), (size, true)]);
            for ((m, n, positives, dim), sequential) in sizes {
                let (mut x, mut y) = (random_rows(m, dim, 0.5, &mut rng), random_rows(n, dim, 0.5, &mut rng));
                let (mut input, mut output) = (matrix(&x), matrix(&y));
                let loss = set.run(SkipGram {
                    input: &Replica::direct(&input),
                    contexts: &(0..m as u32).collect::<Vec<_>>(),
                    output: &Replica::direct(&output),
                    targets: &(0..n as u32).collect::<Vec<_>>(),
                    positives,
                    sequential,
                    learning_rate: 0.05,
                    measure: true,
                    fetch: Fetch::NOTHING,
                    scratch: &mut scratch,
                });
                let expected = reference::skip_gram_window(&mut x, &mut y, positives, sequential, 0.05);
                let place = format!("{} {m} x {n} x {dim}, sequential: {sequential}", set.name());
                assert!((loss / expected - 1.0).abs() < 1e-5, "{place}: loss {loss}, expected {expected}");
                let (of_x, of_y) = (distance(&mut input, &x), distance(&mut output, &y));
                assert!(of_x < 1e-6 && of_y < 1e-6, "{place}: off by {of_x:e} and {of_y:e}");
            }
        }
    }
}
