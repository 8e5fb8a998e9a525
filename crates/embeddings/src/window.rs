//! A window's training with negative samples: the contexts against the word and its noise, as small matrix products.
//!
//! A step, with inputs X `[m, dim]` and outputs Y `[n, dim]`, row 0 of Y the target and the others noise (or all the nodes of a
//! tree on the way to the target, those that should say yes first):
//!
//! ```text
//! scores = X Yᵀ          [m, n]     loss = -Σ log σ(positive score) - Σ log σ(-other score)
//! g = rate * (label - σ(scores))    label: 1 in the positive columns, else 0
//! X += g Y    Y += gᵀ X             both from the old values
//! ```
//!
//! From the old values inputs that agree go too far together; `in_turn.rs` has them learn one pair after the other.
//!
//! [`SkipGram`] takes up to [`TOGETHER`] contexts of its window at a time as X, one row each. CBOW, where X is their weighted
//! mean, is in `cbow.rs`.
//!
//! Sources: Mikolov et al. (2013) for the loss; Ji, Satish, Li & Dubey, "Parallelizing Word2Vec in Shared and Distributed
//! Memory" (2016) for sharing the noise within a window, which turns vector work into matrix work.

#![allow(unsafe_code)]

use super::fetch::Fetch;
use super::in_turn;
use super::view::View;
use ninefold_kernels::activation::sigmoid;
use ninefold_kernels::buffer::Buffer;
use ninefold_kernels::simd::{BLOCK, Kernel, Simd};

/// Outputs per tile: the target and five noise words, word2vec's default, fill one tile.
pub(super) const TILE: usize = 6;

/// Most contexts of a step.
pub(super) const TOGETHER: usize = 6;

/// How many of a window's contexts, one at least, a step takes: equal parts of no more than [`TOGETHER`].
pub(super) fn part_of(contexts: usize) -> usize {
    contexts.div_ceil(contexts.div_ceil(TOGETHER))
}

/// Runs a body with the constant N equal to a width of 1 to [`TILE`].
macro_rules! for_width {
    ($width:expr, $n:ident => $body:expr) => {
        match $width {
            1 => {
                const $n: usize = 1;
                $body
            }
            2 => {
                const $n: usize = 2;
                $body
            }
            3 => {
                const $n: usize = 3;
                $body
            }
            4 => {
                const $n: usize = 4;
                $body
            }
            5 => {
                const $n: usize = 5;
                $body
            }
            _ => {
                const $n: usize = 6;
                $body
            }
        }
    };
}
pub(super) use for_width;

/// Memory that a step works in, kept from step to step.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) inputs: Vec<*mut f32>,  // [m] the rows, found anew in each step
    pub(super) outputs: Vec<*mut f32>, // [n]
    pub(super) scores: Buffer,         // [m, n] of a step, padded as a whole
    pub(super) hidden: Buffer,         // [b, stride] of CBOW
    slopes: Buffer,                    // [m, n] of a step, as scores
    old: Buffer,                       // [m, BLOCK]
}

/// A window in which every context predicts the target for itself. Gives the losses before its steps, summed over contexts,
/// when `measure` asks for them.
pub(super) struct SkipGram<'a> {
    pub(super) input: &'a View<'a>,
    pub(super) contexts: &'a [u32], // [m] rows of input
    pub(super) output: &'a View<'a>,
    pub(super) targets: &'a [u32], // [n] rows of output; no row twice
    /// How many of them, the first ones, the contexts should be like: one with noise behind it, any number in a tree.
    pub(super) positives: usize,
    /// Whether the contexts of a step learn in turn, two at a time.
    pub(super) in_turn: bool,
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
        let SkipGram { input, contexts, output, targets, positives, in_turn, learning_rate, measure, fetch, scratch } =
            self;
        let stride = common_stride(input, output);
        collect(&mut scratch.inputs, input, contexts);
        collect(&mut scratch.outputs, output, targets);
        let Scratch { inputs, outputs, scores, slopes, old, .. } = scratch;
        let part = part_of(inputs.len());
        let in_turn = in_turn && part > in_turn::PAIR;
        // Where rows of scores are moved one after the other each is padded, else all together.
        let pitch = if in_turn { outputs.len().next_multiple_of(S::LANES) } else { outputs.len() };
        let size = (part * pitch).next_multiple_of(BLOCK);
        let mut room = Room {
            scores: scores.resize(size),
            slopes: slopes.resize(if in_turn { size } else { 0 }),
            old: old.resize(part * BLOCK),
        };
        let step = Step { stride, pitch, positives, in_turn, learning_rate, measure };
        let (mut fetch, mut loss) = (fetch, 0.0);
        for inputs in inputs.chunks(part) {
            // SAFETY: `row` gave pointers to `stride` floats of matrices that are borrowed here; other threads may write the
            // same floats, as matrix.rs says.
            loss += unsafe { step.take(simd, inputs, outputs, fetch, &mut room) };
            fetch = Fetch::NOTHING;
        }
        loss
    }
}

#[inline(always)]
pub(super) fn collect(pointers: &mut Vec<*mut f32>, view: &View, rows: &[u32]) {
    pointers.resize(rows.len(), std::ptr::null_mut());
    pointers.iter_mut().zip(rows).for_each(|(pointer, &row)| *pointer = view.row(row));
}

pub(super) fn common_stride(input: &View, output: &View) -> usize {
    let (stride, other) = (input.stride(), output.stride());
    assert!(stride == other && stride.is_multiple_of(BLOCK), "rows of {stride} floats against rows of {other}");
    stride
}

/// What the steps of a window have in common.
struct Step {
    stride: usize,
    /// Floats from a row of scores to the next.
    pitch: usize,
    positives: usize,
    in_turn: bool,
    learning_rate: f32,
    measure: bool,
}

/// What a step works in.
struct Room<'a> {
    scores: &'a mut [f32], // [m, pitch], padded as a whole
    slopes: &'a mut [f32], // the same, where inputs learn in turn
    old: &'a mut [f32],    // [m, BLOCK]
}

impl Step {
    /// The step of some inputs; gives the loss of their scores, or 0.
    ///
    /// # Safety
    /// Inputs and outputs are pointers to `stride` floats, a multiple of [`BLOCK`]; `room` is for as many inputs or more.
    #[inline(always)]
    unsafe fn take<S: Simd>(
        &self,
        simd: S,
        inputs: &[*mut f32],
        outputs: &[*mut f32],
        fetch: Fetch,
        room: &mut Room,
    ) -> f64 {
        let Step { stride, pitch, positives, in_turn, learning_rate, measure } = *self;
        let (m, n) = (inputs.len(), outputs.len());
        let scores = &mut room.scores[..(m * pitch).next_multiple_of(BLOCK)];
        // SAFETY: the caller's pointers; the tiles stay within [m, pitch] of `scores` and [m, BLOCK] of `old`.
        unsafe {
            for first in (0..n).step_by(TILE) {
                let tile = &outputs[first..n.min(first + TILE)];
                let scores = scores.as_mut_ptr().add(first);
                for_width!(tile.len(), N => dots_of_tile::<S, N>(simd, inputs, tile, stride, scores, pitch));
            }
            let loss = if measure { cross_entropy(&scores[..m * pitch], (n, pitch), positives) } else { 0.0 };
            if in_turn {
                in_turn::rates_and_slopes(simd, scores, room.slopes, learning_rate);
            } else {
                rates(simd, scores, learning_rate);
            }
            for row in scores[..m * pitch].chunks_exact_mut(pitch) {
                row[..positives].iter_mut().for_each(|rate| *rate += learning_rate);
            }
            if in_turn {
                in_turn::move_errors(simd, inputs, stride, &mut scores[..m * pitch], room.slopes, pitch);
                self.update::<S, true>(simd, inputs, outputs, fetch, scores, room.old.as_mut_ptr());
            } else {
                self.update::<S, false>(simd, inputs, outputs, fetch, scores, room.old.as_mut_ptr());
            }
            loss
        }
    }

    /// Both updates: in one tile, or tile after tile with the inputs' old values set aside.
    ///
    /// # Safety
    /// As for [`take`](Step::take).
    #[inline(always)]
    unsafe fn update<S: Simd, const IN_TURN: bool>(
        &self,
        simd: S,
        inputs: &[*mut f32],
        outputs: &[*mut f32],
        fetch: Fetch,
        rates: &[f32], // [m, pitch]
        old: *mut f32, // [m, BLOCK]
    ) {
        let (n, pitch) = (outputs.len(), self.pitch);
        // SAFETY: the caller's pointers.
        unsafe {
            if n <= TILE {
                for_width!(n, N => {
                    for at in (0..self.stride).step_by(S::LANES) {
                        fetch.column(at);
                        update_tile::<S, N, IN_TURN>(simd, at, inputs, outputs, None, rates.as_ptr(), pitch);
                    }
                });
                return;
            }
            for at in (0..self.stride).step_by(S::LANES) {
                fetch.column(at);
                for (i, input) in inputs.iter().enumerate() {
                    simd.store(old.add(i * S::LANES), simd.load(input.add(at)));
                }
                for first in (0..n).step_by(TILE) {
                    let (tile, rates) = (&outputs[first..n.min(first + TILE)], rates.as_ptr().add(first));
                    for_width!(tile.len(), N => {
                        update_tile::<S, N, IN_TURN>(simd, at, inputs, tile, Some(old), rates, pitch)
                    });
                }
            }
        }
    }
}

/// Dots of all inputs with N outputs: four inputs at a time where there are registers for 4 * N sums, else two.
#[inline(always)]
pub(super) unsafe fn dots_of_tile<S: Simd, const N: usize>(
    simd: S,
    inputs: &[*mut f32],
    outputs: &[*mut f32],
    stride: usize,
    scores: *mut f32, // [m, pitch]
    pitch: usize,
) {
    let mut first = 0;
    let height = if S::TILE_VECTORS >= 4 { 4 } else { 2 };
    while first < inputs.len() {
        let rest = &inputs[first..];
        // SAFETY: the caller's pointers; row `first` of scores is among its m.
        unsafe {
            let scores = scores.add(first * pitch);
            match rest.len().min(height) {
                1 => dots::<S, 1, N>(simd, rest, outputs, stride, scores, pitch),
                2 => dots::<S, 2, N>(simd, rest, outputs, stride, scores, pitch),
                3 => dots::<S, 3, N>(simd, rest, outputs, stride, scores, pitch),
                _ => dots::<S, 4, N>(simd, rest, outputs, stride, scores, pitch),
            }
        }
        first += height;
    }
}

/// Dots of M inputs with N outputs, every sum in a register.
#[inline(always)]
unsafe fn dots<S: Simd, const M: usize, const N: usize>(
    simd: S,
    inputs: &[*mut f32],
    outputs: &[*mut f32],
    stride: usize,
    scores: *mut f32, // [M, pitch]
    pitch: usize,
) {
    let (inputs, outputs) = (&inputs[..M], &outputs[..N]);
    let mut sums = [[simd.zero(); N]; M];
    // SAFETY: the caller's pointers to `stride` floats.
    unsafe {
        for at in (0..stride).step_by(S::LANES) {
            let mut x = [simd.zero(); M];
            for i in 0..M {
                x[i] = simd.load(inputs[i].add(at));
            }
            for j in 0..N {
                let y = simd.load(outputs[j].add(at));
                for i in 0..M {
                    sums[i][j] = simd.mul_add(x[i], y, sums[i][j]);
                }
            }
        }
        write_sums(simd, &sums, scores, pitch);
    }
}

/// The sums of the registers' lanes, four registers at a time.
///
/// # Safety
/// `scores` points to N floats in each of M rows, `pitch` apart.
#[inline(always)]
pub(super) unsafe fn write_sums<S: Simd, const M: usize, const N: usize>(
    simd: S,
    sums: &[[S::V; N]; M],
    scores: *mut f32, // [M, pitch]
    pitch: usize,
) {
    for group in 0..(M * N).div_ceil(4) {
        let mut four = [simd.zero(); 4];
        for place in 4 * group..(M * N).min(4 * group + 4) {
            four[place % 4] = sums[place / N][place % N];
        }
        let four = simd.sum_four(four);
        for place in 4 * group..(M * N).min(4 * group + 4) {
            // SAFETY: row place / N of M, column place % N of N.
            unsafe { *scores.add(place / N * pitch + place % N) = four[place % 4] };
        }
    }
}

/// Scores -> -rate * σ(score), in place.
#[inline(always)]
pub(super) fn rates<S: Simd>(simd: S, scores: &mut [f32], learning_rate: f32) {
    for scores in scores.chunks_exact_mut(S::LANES) {
        let rate = simd.mul(sigmoid(simd, simd.read(scores)), simd.splat(-learning_rate));
        simd.write(scores, rate);
    }
}

/// -Σ log σ(score) of the positive columns - Σ log σ(-score) of the others, summed over inputs, whose n scores are `pitch` apart.
pub(super) fn cross_entropy(scores: &[f32], (n, pitch): (usize, usize), positives: usize) -> f64 {
    let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
    let row = |row: &[f32]| {
        let (yes, no) = row[..n].split_at(positives);
        let yes: f64 = yes.iter().map(|&score| softplus(f64::from(-score))).sum();
        yes + no.iter().map(|&score| softplus(f64::from(score))).sum::<f64>()
    };
    scores.chunks_exact(pitch).map(row).sum()
}

/// The floats `at..at + LANES` of all inputs and N outputs, both updates in one pass: the outputs stay in registers while the
/// inputs go by, which in turn find them as the pairs before have left them. `old` holds the inputs' old values where an earlier tile
/// has changed them.
#[inline(always)]
unsafe fn update_tile<S: Simd, const N: usize, const IN_TURN: bool>(
    simd: S,
    at: usize,
    inputs: &[*mut f32],
    outputs: &[*mut f32],
    old: Option<*const f32>, // [m, LANES]
    rates: *const f32,       // [m, pitch]
    pitch: usize,
) {
    let outputs = &outputs[..N];
    // SAFETY: the caller's pointers.
    unsafe {
        let mut y = [simd.zero(); N];
        for j in 0..N {
            y[j] = simd.load(outputs[j].add(at));
        }
        let mut new_y = y;
        for (i, input) in inputs.iter().enumerate() {
            if IN_TURN && i % in_turn::PAIR == 0 {
                y = new_y;
            }
            let mut new_x = simd.load(input.add(at));
            let x = match old {
                None => new_x,
                Some(old) => simd.load(old.add(i * S::LANES)),
            };
            for j in 0..N {
                let rate = simd.splat(*rates.add(i * pitch + j));
                new_x = simd.mul_add(rate, y[j], new_x);
                new_y[j] = simd.mul_add(rate, x, new_y[j]);
            }
            simd.store(input.add(at), new_x);
        }
        for j in 0..N {
            simd.store(outputs[j].add(at), new_y[j]);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::reference::{self, distance, matrix, random_rows};
    use super::*;
    use ninefold_core::rng::Rng;
    use ninefold_kernels::simd::InstructionSet;

    #[test]
    fn a_window_of_skip_gram_equals_the_reference_at_every_level_and_size() {
        let mut rng = Rng::new(1);
        let mut scratch = Scratch::default();
        for level in InstructionSet::available() {
            let sizes = [(1, 6, 1, 100), (6, 6, 1, 100), (5, 6, 1, 7), (10, 2, 1, 32), (3, 1, 1, 16), (7, 21, 1, 50)];
            let in_trees = [(20, 13, 5, 33), (6, 8, 8, 100), (3, 4, 0, 20)];
            let sizes = sizes.into_iter().chain(in_trees).flat_map(|size| [(size, false), (size, true)]);
            for ((m, n, positives, dim), in_turn) in sizes {
                let (mut x, mut y) = (random_rows(m, dim, 0.5, &mut rng), random_rows(n, dim, 0.5, &mut rng));
                let (mut input, mut output) = (matrix(&x), matrix(&y));
                let loss = level.run(SkipGram {
                    input: &View::direct(&input),
                    contexts: &(0..m as u32).collect::<Vec<_>>(),
                    output: &View::direct(&output),
                    targets: &(0..n as u32).collect::<Vec<_>>(),
                    positives,
                    in_turn,
                    learning_rate: 0.05,
                    measure: true,
                    fetch: Fetch::NOTHING,
                    scratch: &mut scratch,
                });
                let expected = reference::skip_gram_window(&mut x, &mut y, positives, in_turn, 0.05);
                let place = format!("{} {m} x {n} x {dim}, in turn: {in_turn}", level.name());
                assert!((loss / expected - 1.0).abs() < 1e-5, "{place}: loss {loss}, expected {expected}");
                let (of_x, of_y) = (distance(&mut input, &x), distance(&mut output, &y));
                assert!(of_x < 1e-6 && of_y < 1e-6, "{place}: off by {of_x:e} and {of_y:e}");
            }
        }
    }
}
