//! One step of CBOW: of a few neighbouring windows, each one's weighted sum of contexts predicts its middle word among noise.
//!
//! The products of `window.rs` with inputs that are made first and taken back last. For window b, whose contexts are those i that
//! stand in it:
//!
//! ```text
//! hidden_b = share_b Σ weightᵢ contextᵢ
//! scores = hidden Yᵀ, own_b = hidden_b · target_b           Y: the outputs that all windows share
//! g = rate * (label - σ(scores))                            times noise_weight where Y is noise
//! Y += gᵀ hidden    target_b += g_b hidden_b    contextᵢ += Σ back_b (g Y + g_b target_b)      over the windows b of i
//! ```
//!
//! All from the old values. So no window waits for the sums, the exponentials and the memory of the one before, and a row is
//! read and written once for all windows. The windows of a step have one reach: each is the one before, less the words that it
//! leaves behind and with those that come in, and so are its sum and what its contexts learn.
//!
//! Sources: Mikolov et al. (2013); sharing the noise as in `window.rs`.

#![allow(unsafe_code)]

use std::ops::Range;

use super::fetch::Fetch;
use super::view::View;
use super::window::{Scratch, TILE, collect, common_stride, cross_entropy, dots_of_tile, for_width, rates, write_sums};
use ninefold_kernels::simd::{BLOCK, Kernel, Simd};

/// Most windows of a step.
pub(super) const WINDOWS: usize = 4;

/// Runs a body for all columns of rows of `stride` floats: from column `at` on, the constant W registers, at most [`TILE`], about the
/// same number each time.
macro_rules! for_columns {
    ($simd:ident, $stride:expr, $at:ident, $w:ident => $body:expr) => {
        let registers = $stride / $simd::LANES;
        let width = registers.div_ceil(registers.div_ceil(TILE));
        for first in (0..registers).step_by(width) {
            let $at = first * $simd::LANES;
            for_width!(width.min(registers - first), $w => $body);
        }
    };
}

/// A window: its contexts are those from `begin` to before `end` but for the one in the `middle`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) begin: usize,
    pub(super) middle: usize,
    pub(super) end: usize,
    /// The sum of its contexts is multiplied by this.
    pub(super) share: f32,
    /// Every context row gets the update of the hidden row times this.
    pub(super) back: f32,
}

/// Lays the windows around the words at `middles` of a sentence of `len` words, all of the same reach; places count from `first`.
/// A word counts as `weight` says, a whole number, so that no sum is rounded.
pub(super) fn lay(
    windows: &mut Vec<Window>,
    middles: Range<usize>,
    (reach, len, first): (usize, usize, usize),
    cbow_mean: bool,
    weight: impl Fn(usize) -> f32,
) {
    windows.clear();
    let start = middles.start.saturating_sub(reach);
    let (mut have, mut sum) = (start..start, 0.0);
    windows.extend(middles.map(|middle| {
        let (begin, end) = (middle.saturating_sub(reach), len.min(middle + reach + 1));
        (have.end..end).for_each(|place| sum += weight(place));
        (have.start..begin).for_each(|place| sum -= weight(place));
        have = begin..end;
        // The update is the hidden row's whole one with the mean, divided with the sum: the reverse of the gradients, but so do
        // word2vec and gensim, and their learning rates are chosen for it.
        let one = 1.0 / (sum - weight(middle));
        let (share, back) = if cbow_mean { (one, 1.0) } else { (1.0, one) };
        Window { begin: begin - first, middle: middle - first, end: end - first, share, back }
    }));
}

/// A step in which sums of contexts predict targets. Gives the loss before the step, summed over windows, when `measure` asks.
pub(super) struct Cbow<'a> {
    pub(super) input: &'a View<'a>,
    pub(super) contexts: &'a [u32], // [m] rows of input, of neighbouring words
    pub(super) weights: &'a [f32],  // [m] how much each context counts
    /// No more than [`WINDOWS`]; each begins and ends where the one before does or behind that, and begins no later than that one ends.
    pub(super) windows: &'a [Window],
    pub(super) output: &'a View<'a>,
    /// Rows of output, none twice: first the target of each window, if they have one of their `own`, then those that all share.
    pub(super) targets: &'a [u32],
    pub(super) own: bool,
    /// How many of the shared ones, the first, should say yes.
    pub(super) positives: usize,
    /// How much each shared one counts.
    pub(super) noise_weight: f32,
    pub(super) learning_rate: f32,
    pub(super) measure: bool,
    pub(super) fetch: Fetch<'a>, // as in SkipGram
    pub(super) scratch: &'a mut Scratch,
}

impl Kernel for Cbow<'_> {
    type Output = f64;
    #[inline(always)]
    fn body<S: Simd>(self, simd: S) -> f64 {
        let Cbow { input, contexts, weights, windows, output, targets, own, .. } = self;
        let stride = common_stride(input, output);
        assert_eq!(contexts.len(), weights.len(), "a weight for every context");
        assert!(!own || targets.len() >= windows.len(), "a target for every window");
        for Window { begin, middle, end, .. } in windows {
            let there = contexts.len();
            assert!(begin <= middle && middle < end && *end <= there, "{begin} {middle} {end} of {there} contexts");
        }
        let is_rising = windows.is_sorted_by(|a, b| a.begin <= b.begin && a.end <= b.end);
        let meet = windows.windows(2).all(|two| two[1].begin <= two[0].end);
        assert!(is_rising && meet, "windows that are no neighbours: {windows:?}");
        collect(&mut self.scratch.inputs, input, contexts);
        collect(&mut self.scratch.outputs, output, targets);
        // SAFETY: `row` gave pointers to `stride` floats of matrices that are borrowed here; other threads may write the same
        // floats, as matrix.rs says. Windows lie within the contexts.
        unsafe {
            match windows.len() {
                1 => self.step::<S, 1>(simd, stride),
                2 => self.step::<S, 2>(simd, stride),
                3 => self.step::<S, 3>(simd, stride),
                WINDOWS => self.step::<S, WINDOWS>(simd, stride),
                number => panic!("{number} windows in a step of 1 to {WINDOWS}"),
            }
        }
    }
}

impl Cbow<'_> {
    /// The step of B windows on the rows in `scratch`.
    ///
    /// # Safety
    /// Those are pointers to `stride` floats, a multiple of [`BLOCK`]; windows lie within the contexts.
    #[inline(always)]
    unsafe fn step<S: Simd, const B: usize>(self, simd: S, stride: usize) -> f64 {
        let Cbow { weights, windows, own, positives, noise_weight, learning_rate, measure, fetch, scratch, .. } = self;
        let Scratch { inputs: contexts, outputs, scores, hidden, .. } = scratch;
        let (own, shared) = outputs.split_at(if own { B } else { 0 });
        let n = shared.len();
        let scores = scores.resize((B * n + own.len()).next_multiple_of(BLOCK));
        let hidden = hidden.resize(B * stride).as_mut_ptr();
        // SAFETY: the caller's pointers; `hidden` holds B rows, `scores` [B, n] and own.len() floats.
        unsafe {
            let hidden: [*mut f32; B] = std::array::from_fn(|b| hidden.add(b * stride));
            for_columns!(S, stride, at, W => sum::<S, W>(simd, at, contexts, weights, windows, &hidden));
            for first in (0..n).step_by(TILE) {
                let tile = &shared[first..n.min(first + TILE)];
                let scores = scores.as_mut_ptr().add(first);
                for_width!(tile.len(), N => dots_of_tile::<S, N>(simd, &hidden, tile, stride, scores, n));
            }
            if !own.is_empty() {
                own_dots::<S, B>(simd, &hidden, own, stride, scores.as_mut_ptr().add(B * n));
            }
            let mut loss = 0.0;
            if measure {
                let (of_shared, of_own) = scores.split_at(B * n);
                loss += cross_entropy(&of_own[..own.len()], (1, 1), 1);
                loss += f64::from(noise_weight) * cross_entropy(of_shared, (n, n.max(1)), positives);
            }
            rates(simd, scores, learning_rate);
            let (of_shared, of_own) = scores.split_at_mut(B * n);
            of_own[..own.len()].iter_mut().for_each(|rate| *rate += learning_rate);
            for rates in of_shared.chunks_exact_mut(n.max(1)) {
                rates[..positives].iter_mut().for_each(|rate| *rate += learning_rate);
                rates.iter_mut().for_each(|rate| *rate *= noise_weight);
            }
            for at in (0..stride).step_by(S::LANES) {
                fetch.column(at);
                update::<S, B>(simd, at, (own, shared), (of_own.as_ptr(), of_shared.as_ptr()), &hidden);
            }
            for_columns!(S, stride, at, W => give_back::<S, W>(simd, at, contexts, windows, &hidden));
            loss
        }
    }
}

/// The hidden rows of all windows, W registers from column `at` on.
#[inline(always)]
unsafe fn sum<S: Simd, const W: usize>(
    simd: S,
    at: usize,
    contexts: &[*mut f32], // [m]
    weights: &[f32],       // [m]
    windows: &[Window],
    hidden: &[*mut f32], // of each window
) {
    let mut sum = [simd.zero(); W];
    let (mut begin, mut end) = (windows[0].begin, windows[0].begin);
    // SAFETY: the caller's pointers.
    unsafe {
        for (window, hidden) in windows.iter().zip(hidden) {
            for place in end..window.end {
                add_row(simd, &mut sum, contexts[place].add(at), weights[place]);
            }
            for place in begin..window.begin {
                add_row(simd, &mut sum, contexts[place].add(at), -weights[place]);
            }
            (begin, end) = (window.begin, window.end);
            let mut others = sum;
            add_row(simd, &mut others, contexts[window.middle].add(at), -weights[window.middle]);
            for (w, others) in others.into_iter().enumerate() {
                simd.store(hidden.add(at + w * S::LANES), simd.mul(others, simd.splat(window.share)));
            }
        }
    }
}

/// sum += factor row
#[inline(always)]
#[allow(clippy::needless_range_loop)] // w numbers registers and places alike
unsafe fn add_row<S: Simd, const W: usize>(simd: S, sum: &mut [S::V; W], row: *const f32, factor: f32) {
    let factor = simd.splat(factor);
    for w in 0..W {
        // SAFETY: the caller's row has W registers.
        sum[w] = simd.mul_add(unsafe { simd.load(row.add(w * S::LANES)) }, factor, sum[w]);
    }
}

/// The dot of each hidden row with its own output.
#[inline(always)]
#[allow(clippy::needless_range_loop)]
unsafe fn own_dots<S: Simd, const B: usize>(
    simd: S,
    hidden: &[*mut f32; B],
    own: &[*mut f32],
    stride: usize,
    scores: *mut f32, // [B]
) {
    let own = &own[..B];
    let mut sums = [[simd.zero(); B]; 1];
    // SAFETY: the caller's pointers.
    unsafe {
        for at in (0..stride).step_by(S::LANES) {
            for b in 0..B {
                sums[0][b] = simd.mul_add(simd.load(hidden[b].add(at)), simd.load(own[b].add(at)), sums[0][b]);
            }
        }
        write_sums(simd, &sums, scores, B);
    }
}

/// The update of outputs in the register from column `at` on; in place of the hidden rows comes what they would learn.
#[inline(always)]
#[allow(clippy::needless_range_loop)]
unsafe fn update<S: Simd, const B: usize>(
    simd: S,
    at: usize,
    (own, shared): (&[*mut f32], &[*mut f32]),
    (of_own, of_shared): (*const f32, *const f32), // rates: [B] where there are own outputs, [B, n]
    hidden: &[*mut f32; B],
) {
    let n = shared.len();
    // SAFETY: the caller's pointers.
    unsafe {
        let (mut x, mut learned) = ([simd.zero(); B], [simd.zero(); B]);
        for b in 0..B {
            x[b] = simd.load(hidden[b].add(at));
        }
        for (j, output) in shared.iter().enumerate() {
            let y = simd.load(output.add(at));
            let mut new_y = y;
            for b in 0..B {
                let rate = simd.splat(*of_shared.add(b * n + j));
                learned[b] = simd.mul_add(rate, y, learned[b]);
                new_y = simd.mul_add(rate, x[b], new_y);
            }
            simd.store(output.add(at), new_y);
        }
        for (b, output) in own.iter().enumerate().take(B) {
            let (y, rate) = (simd.load(output.add(at)), simd.splat(*of_own.add(b)));
            learned[b] = simd.mul_add(rate, y, learned[b]);
            simd.store(output.add(at), simd.mul_add(rate, x[b], y));
        }
        for b in 0..B {
            simd.store(hidden[b].add(at), learned[b]);
        }
    }
}

/// What the windows have learned, added to W registers of their contexts from column `at` on: a context learns from the windows that
/// have begun before it and not yet ended.
#[inline(always)]
#[allow(clippy::needless_range_loop)] // place numbers contexts and bounds of windows alike
unsafe fn give_back<S: Simd, const W: usize>(
    simd: S,
    at: usize,
    contexts: &[*mut f32], // [m]
    windows: &[Window],
    learned: &[*mut f32], // of each window
) {
    let mut change = [simd.zero(); W];
    let (mut begun, mut ended) = (0, 0);
    // SAFETY: the caller's pointers.
    unsafe {
        for place in windows[0].begin..windows[windows.len() - 1].end {
            while begun < windows.len() && windows[begun].begin <= place {
                add_row(simd, &mut change, learned[begun].add(at), windows[begun].back);
                begun += 1;
            }
            while windows[ended].end <= place {
                add_row(simd, &mut change, learned[ended].add(at), -windows[ended].back);
                ended += 1;
            }
            add_to_row(simd, contexts[place].add(at), &change);
        }
        for (window, learned) in windows.iter().zip(learned) {
            let mut own = [simd.zero(); W]; // which was added to the middle, too
            add_row(simd, &mut own, learned.add(at), -window.back);
            add_to_row(simd, contexts[window.middle].add(at), &own);
        }
    }
}

/// row += change
#[inline(always)]
#[allow(clippy::needless_range_loop)]
unsafe fn add_to_row<S: Simd, const W: usize>(simd: S, row: *mut f32, change: &[S::V; W]) {
    for w in 0..W {
        // SAFETY: the caller's row has W registers.
        unsafe { simd.store(row.add(w * S::LANES), simd.add(simd.load(row.add(w * S::LANES)), change[w])) };
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::reference::{self, distance, matrix, random_rows};
    use super::*;
    use ninefold_core::rng::Rng;
    use ninefold_kernels::simd::InstructionSet;

    /// A window as the reference has it: its contexts, their shares, the scale of their update.
    type Plain = (Vec<usize>, Vec<f64>, f64);

    /// Windows of neighbouring words in a sentence of m words, and the scales of their updates apart.
    fn windows(number: usize, m: usize, weights: &[f32], back: f32) -> (Vec<Window>, Vec<Plain>) {
        let (first, reach) = ((m - number).min(2), 1 + m / 4);
        let mut windows = Vec::new();
        lay(&mut windows, first..first + number, (reach, m, 0), true, |place| weights[place]);
        windows.iter_mut().enumerate().for_each(|(b, window)| window.back = back + b as f32);
        let plain = |window: &Window| {
            let places: Vec<usize> = (window.begin..window.end).filter(|&place| place != window.middle).collect();
            let shares = places.iter().map(|&place| f64::from(window.share) * f64::from(weights[place])).collect();
            (places, shares, f64::from(window.back))
        };
        let plain = windows.iter().map(plain).collect();
        (windows, plain)
    }

    #[test]
    fn windows_are_cut_at_the_ends_of_a_sentence() {
        let mut laid = Vec::new();
        lay(&mut laid, 1..5, (2, 6, 0), true, |place| if place == 0 { 3.0 } else { 1.0 });
        let found = laid.iter().map(|window| ([window.begin, window.middle, window.end], 1.0 / window.share));
        assert_eq!(found.collect::<Vec<_>>(), [([0, 1, 4], 5.0), ([0, 2, 5], 6.0), ([1, 3, 6], 4.0), ([2, 4, 6], 3.0)]);
    }

    #[test]
    fn windows_of_cbow_equal_the_reference_at_every_level() {
        let mut rng = Rng::new(2);
        let mut scratch = Scratch::default();
        for level in InstructionSet::available() {
            // Windows, contexts, outputs of all, those of them that say yes, their weight, dim, the scale of the update.
            let with_noise = [(1, 2, 5, 0.0, 100), (1, 9, 6, 0.0, 50), (2, 5, 10, 0.0, 20), (3, 8, 8, 0.0, 7)];
            let of_four = [(4, 14, 10, 0.5, 100), (4, 24, 7, 0.5, 200), (4, 8, 0, 1.0, 16), (4, 11, 12, 1.0, 33)];
            let in_trees = [(1, 5, 21, 8.0, 7), (1, 3, 3, 0.0, 30), (1, 4, 1, 1.0, 90)];
            let own = with_noise.into_iter().map(|(b, m, n, _, dim)| (b, m, n, 0, 1.0, dim, true));
            let own = own.chain(of_four.into_iter().map(|(b, m, n, weight, dim)| (b, m, n, 0, weight, dim, true)));
            let all =
                own.chain(in_trees.into_iter().map(|(b, m, n, yes, dim)| (b, m, n, yes as usize, 1.0, dim, false)));
            for (b, m, n, positives, noise_weight, dim, own) in all {
                let own = if own { b } else { 0 };
                let (mut x, mut y) = (random_rows(m, dim, 0.5, &mut rng), random_rows(own + n, dim, 0.5, &mut rng));
                let (mut input, mut output) = (matrix(&x), matrix(&y));
                let weights: Vec<f32> = (0..m).map(|i| (i % 3 + 1) as f32).collect();
                let (windows, plain) = windows(b, m, &weights, 0.25);
                let fetch = [input.row(0), output.row(0)];
                let loss = level.run(Cbow {
                    input: &View::direct(&input),
                    contexts: &(0..m as u32).collect::<Vec<_>>(),
                    weights: &weights,
                    windows: &windows,
                    output: &View::direct(&output),
                    targets: &(0..(own + n) as u32).collect::<Vec<_>>(),
                    own: own > 0,
                    positives,
                    noise_weight,
                    learning_rate: 0.05,
                    measure: true,
                    fetch: Fetch::new(&fetch),
                    scratch: &mut scratch,
                });
                let mut shared = y.split_off(own);
                let weight = f64::from(noise_weight);
                let mut expected = 0.0;
                for (window, (places, shares, _)) in plain.iter().enumerate() {
                    let rows = places.iter().map(|&place| x[place].clone()).collect();
                    let hidden = vec![reference::hidden(&rows, shares)];
                    expected += y.get(window).map_or(0.0, |own| reference::loss(&hidden, &vec![own.clone()], 1));
                    expected += weight * reference::loss(&hidden, &shared, positives);
                }
                reference::cbow_together(&mut x, &plain, (&mut y, &mut shared), positives, weight, 0.05);
                y.append(&mut shared);
                let place = format!("{} {b} windows, {m} x {n} x {dim}", level.name());
                assert!((loss / expected - 1.0).abs() < 1e-5, "{place}: loss {loss}, expected {expected}");
                let (of_x, of_y) = (distance(&mut input, &x), distance(&mut output, &y));
                assert!(of_x < 1e-6 && of_y < 1e-6, "{place}: off by {of_x:e} and {of_y:e}");
            }
        }
    }
}
