//! One step of CBOW: of a few neighbouring windows, each one's weighted sum of contexts predicts its middle word among negative samples.
//!
//! The products of `window.rs` with inputs that are made first and taken back last. For window b, whose contexts are those i that
//! stand in it:
//!
//! ```text
//! hidden_b = share_b Σ weightᵢ contextᵢ
//! scores = hidden Yᵀ, own_b = hidden_b · target_b           Y: the outputs that all windows share
//! g = rate * (label - σ(scores))                            times negative_weight where Y is negative
//! Y += gᵀ hidden    target_b += g_b hidden_b    contextᵢ += Σ back_b (g Y + g_b target_b)      over the windows b of i
//! ```
//!
//! All from the old values. So no window waits for the sums, the exponentials and the memory of the one before, and a row is
//! read and written once for all windows. The windows of a step have one reach: each is the one before, less the words that it
//! leaves behind and with those that come in, and so are its sum and what its contexts learn.
//!
//! Sources: Mikolov et al. (2013); sharing negative samples as in `window.rs`.

#![allow(unsafe_code)]

use std::ops::Range;

use super::replica::Replica;
use super::step::{
    Dots, Loop, Scratch, collect, common_stride, cross_entropy, first_of, rates, run_loop_over_columns, write_sums,
};
use crate::fetch::Fetch;
use ninefold_kernels::simd::{BLOCK, Kernel, Simd};

/// Most windows of a step.
pub(super) const WINDOWS: usize = 4;

/// A window: its contexts are those from `begin` to before `end` but for the one in the `middle`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) begin: usize,
    pub(crate) middle: usize,
    pub(crate) end: usize,
    /// The sum of its contexts is multiplied by this.
    pub(crate) share: f32,
    /// Every context row gets the update of the hidden row times this.
    pub(crate) back: f32,
}

/// Neighbouring windows of one reach in a sentence.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// The words in their middles, by their positions in the sentence.
    pub(super) middles: Range<usize>,
    /// Words on either side.
    pub(super) reach: usize,
    /// Words of the sentence.
    pub(super) len: usize,
    /// The mean of the contexts predicts, rather than their sum.
    pub(super) mean: bool,
}

impl Layout {
    /// The positions of all words in the windows.
    pub(super) fn near(&self) -> Range<usize> {
        self.middles.start.saturating_sub(self.reach)..self.len.min(self.middles.end + self.reach)
    }

    /// Lays the windows; places count from the first of the words [`near`](Layout::near). A word counts as `weight` says of its
    /// position, a whole number, so that no sum is rounded.
    pub(super) fn lay(&self, windows: &mut Vec<Window>, weight: impl Fn(usize) -> f32) {
        let first = self.near().start;
        let (mut have, mut sum) = (first..first, 0.0);
        windows.clear();
        windows.extend(self.middles.clone().map(|middle| {
            let (begin, end) = (middle.saturating_sub(self.reach), self.len.min(middle + self.reach + 1));
            (have.end..end).for_each(|place| sum += weight(place));
            (have.start..begin).for_each(|place| sum -= weight(place));
            have = begin..end;
            // The update is the hidden row's whole one with the mean, divided with the sum: the reverse of the gradients, but so do
            // word2vec and gensim, and their learning rates are chosen for it.
            let one = 1.0 / (sum - weight(middle));
            let (share, back) = if self.mean { (one, 1.0) } else { (1.0, one) };
            Window { begin: begin - first, middle: middle - first, end: end - first, share, back }
        }));
    }
}

/// The windows of a step and the words in them.
#[derive(Clone, Copy)]
pub(super) struct Windows<'a> {
    /// Rows of the input, of neighbouring words. `[m]`
    pub(super) contexts: &'a [u32],
    /// How much each context counts. `[m]`
    pub(super) weights: &'a [f32],
    /// No more than [`WINDOWS`]; each begins and ends where the one before does or behind that, and begins no later than that one ends.
    pub(super) windows: &'a [Window],
}

/// A step in which sums of contexts predict targets. Gives the loss before the step, summed over windows, when `measure` asks.
pub(super) struct Cbow<'a> {
    pub(super) input: &'a Replica<'a>,
    pub(super) windows: Windows<'a>,
    pub(super) output: &'a Replica<'a>,
    /// Rows of output, none twice: first the target of each window, if they have one of their `own`, then those that all share.
    pub(super) targets: &'a [u32],
    pub(super) own: bool,
    /// How many of the shared ones, the first, should say yes.
    pub(super) positives: usize,
    /// How much each shared one counts.
    pub(super) negative_weight: f32,
    pub(super) learning_rate: f32,
    pub(super) measure: bool,
    pub(super) fetch: Fetch<'a>, // as in SkipGram
    pub(super) scratch: &'a mut Scratch,
}

impl Kernel for Cbow<'_> {
    type Output = f64;

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) -> f64 {
        let Windows { contexts, weights, windows } = self.windows;
        let stride = common_stride(self.input, self.output);
        assert!((1..=WINDOWS).contains(&windows.len()), "{} windows in a step of 1 to {WINDOWS}", windows.len());
        assert_eq!(contexts.len(), weights.len(), "a weight for every context");
        assert!(!self.own || self.targets.len() >= windows.len(), "a target for every window");
        for Window { begin, middle, end, .. } in windows {
            let there = contexts.len();
            assert!(begin <= middle && middle < end && *end <= there, "{begin} {middle} {end} of {there} contexts");
        }
        let is_rising = windows.is_sorted_by(|a, b| a.begin <= b.begin && a.end <= b.end);
        let meet = windows.windows(2).all(|two| two[1].begin <= two[0].end);
        assert!(is_rising && meet, "windows that are no neighbours: {windows:?}");
        collect(&mut self.scratch.inputs, self.input, contexts);
        collect(&mut self.scratch.outputs, self.output, self.targets);
        // SAFETY: `row` gave pointers to `stride` floats of matrices that are borrowed here; other threads may write the same
        // floats, as matrix.rs says. Windows lie within the contexts.
        unsafe { self.step(simd, stride) }
    }
}

impl Cbow<'_> {
    /// The step on the rows in `scratch`.
    ///
    /// # Safety
    /// Those are pointers to `stride` floats, a multiple of [`BLOCK`]; windows lie within the contexts.
    #[inline(always)]
    unsafe fn step<S: Simd>(self, simd: S, stride: usize) -> f64 {
        let Cbow { own, positives, negative_weight, learning_rate, measure, fetch, scratch, .. } = self;
        let Windows { weights, windows, .. } = self.windows;
        let Scratch { inputs: contexts, outputs, scores, hidden, .. } = scratch;
        let (own, shared) = outputs.split_at(if own { windows.len() } else { 0 });
        let n = shared.len();
        let in_all = windows.len() * n; // scores of shared outputs, behind which are those of own ones
        let scores = scores.resize((in_all + own.len()).next_multiple_of(BLOCK));
        let mut rows = [std::ptr::null_mut(); WINDOWS];
        let hidden = hidden.resize(windows.len() * stride).chunks_exact_mut(stride);
        rows.iter_mut().zip(hidden).for_each(|(row, hidden)| *row = hidden.as_mut_ptr());
        let hidden = &rows[..windows.len()];

        let sum = |at| Sum { at, contexts, weights, windows, hidden };
        run_loop_over_columns(simd, stride, sum);
        // SAFETY: the caller's pointers, and those to rows of `stride` floats from above.
        unsafe {
            simd.outlined(Dots::new(hidden, shared, stride, &mut scores[..in_all], n));
            own_dots(simd, hidden, own, stride, &mut scores[in_all..]);
        }
        let mut loss = 0.0;
        if measure {
            let of_shared = scores[..in_all].chunks_exact(n.max(1)).map(|scores| cross_entropy(scores, positives));
            loss += cross_entropy(&scores[in_all..][..own.len()], own.len());
            loss += f64::from(negative_weight) * of_shared.sum::<f64>();
        }
        rates(simd, scores, learning_rate);
        let (of_shared, of_own) = scores.split_at_mut(in_all);
        of_own[..own.len()].iter_mut().for_each(|rate| *rate += learning_rate);
        for rates in of_shared.chunks_exact_mut(n.max(1)) {
            rates[..positives].iter_mut().for_each(|rate| *rate += learning_rate);
            rates.iter_mut().for_each(|rate| *rate *= negative_weight);
        }
        let update = Update { hidden, own, of_own, shared, of_shared, stride, fetch };
        match windows.len() {
            1 => simd.outlined(UpdateOf::<1>(update)),
            2 => simd.outlined(UpdateOf::<2>(update)),
            3 => simd.outlined(UpdateOf::<3>(update)),
            _ => simd.outlined(UpdateOf::<WINDOWS>(update)),
        }
        run_loop_over_columns(simd, stride, |at| GiveBack { at, contexts, windows, learned: hidden });
        loss
    }
}

/// The hidden rows of all windows, N registers from column `at` on. Made by [`Cbow::step`] alone, whose caller promises that rows are
/// as long and windows within the contexts; so are the loops below.
struct Sum<'a> {
    at: usize,
    contexts: &'a [*mut f32], // [m]
    weights: &'a [f32],       // [m]
    windows: &'a [Window],
    hidden: &'a [*mut f32], // of each window
}

impl Loop for Sum<'_> {
    #[inline(always)]
    fn run<S: Simd, const N: usize>(self, simd: S) {
        let Sum { at, contexts, weights, windows, hidden } = self;
        let mut sum = [simd.zero(); N];
        let (mut begin, mut end) = (windows[0].begin, windows[0].begin);
        // SAFETY: as promised to `Cbow::step`.
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
                for (place, others) in (at..).step_by(S::LANES).zip(others) {
                    simd.store(hidden.add(place), simd.mul(others, simd.splat(window.share)));
                }
            }
        }
    }
}

/// sum += factor row
///
/// # Safety
/// The row has N registers.
#[inline(always)]
unsafe fn add_row<S: Simd, const N: usize>(simd: S, sum: &mut [S::V; N], row: *const f32, factor: f32) {
    let factor = simd.splat(factor);
    for (register, sum) in sum.iter_mut().enumerate() {
        // SAFETY: the caller's row.
        *sum = simd.mul_add(unsafe { simd.load(row.add(register * S::LANES)) }, factor, *sum);
    }
}

/// The dot of each hidden row with its own output, where there are any.
///
/// # Safety
/// All are pointers to `stride` floats.
#[inline(always)]
unsafe fn own_dots<S: Simd>(
    simd: S,
    hidden: &[*mut f32],
    own: &[*mut f32],
    stride: usize,
    scores: &mut [f32], // [own] or more
) {
    let Some(last) = own.len().checked_sub(1) else { return };
    // As many sums each time; those behind the last are not used.
    let pairs: [_; WINDOWS] = std::array::from_fn(|window| (hidden[window.min(last)], own[window.min(last)]));
    let (mut sums, mut dots) = ([[simd.zero(); WINDOWS]], [0.0; WINDOWS]);
    // SAFETY: the caller's pointers.
    unsafe {
        for at in (0..stride).step_by(S::LANES) {
            for (sum, (hidden, own)) in sums[0].iter_mut().zip(pairs) {
                *sum = simd.mul_add(simd.load(hidden.add(at)), simd.load(own.add(at)), *sum);
            }
        }
        write_sums(simd, &sums, dots.as_mut_ptr(), WINDOWS);
    }
    scores[..own.len()].copy_from_slice(&dots[..own.len()]);
}

/// The update of all outputs; in place of the hidden rows comes what they would learn.
struct Update<'a> {
    hidden: &'a [*mut f32],
    own: &'a [*mut f32],    // of each window, or none
    of_own: &'a [f32],      // rates: [windows]
    shared: &'a [*mut f32], // [n]
    of_shared: &'a [f32],   // [windows, n]
    stride: usize,
    fetch: Fetch<'a>,
}

/// That of B windows.
struct UpdateOf<'a, const B: usize>(Update<'a>);

impl<const B: usize> Kernel for UpdateOf<'_, B> {
    type Output = ();

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let Update { hidden, own, of_own, shared, of_shared, stride, fetch } = self.0;
        let (hidden, n) = (first_of::<B>(hidden), shared.len());
        let of_shared = &of_shared[..B * n];
        // SAFETY: as promised to `Cbow::step`; rate j < n of window b < B is among the B * n.
        unsafe {
            for at in (0..stride).step_by(S::LANES) {
                fetch.column(at);
                let x: [S::V; B] = std::array::from_fn(|b| simd.load(hidden[b].add(at)));
                let mut learned = [simd.zero(); B];
                for (j, output) in shared.iter().enumerate() {
                    let y = simd.load(output.add(at));
                    let mut new_y = y;
                    for (b, (x, learned)) in x.iter().zip(&mut learned).enumerate() {
                        let rate = simd.splat(*of_shared.get_unchecked(b * n + j));
                        *learned = simd.mul_add(rate, y, *learned);
                        new_y = simd.mul_add(rate, *x, new_y);
                    }
                    simd.store(output.add(at), new_y);
                }
                for (((output, rate), x), learned) in own.iter().zip(of_own).zip(x).zip(&mut learned) {
                    let (y, rate) = (simd.load(output.add(at)), simd.splat(*rate));
                    *learned = simd.mul_add(rate, y, *learned);
                    simd.store(output.add(at), simd.mul_add(rate, x, y));
                }
                for (hidden, learned) in hidden.into_iter().zip(learned) {
                    simd.store(hidden.add(at), learned);
                }
            }
        }
    }
}

/// What the windows have learned, added to N registers of their contexts from column `at` on: a context learns from the windows that
/// have begun before it and not yet ended.
struct GiveBack<'a> {
    at: usize,
    contexts: &'a [*mut f32], // [m]
    windows: &'a [Window],
    learned: &'a [*mut f32], // of each window
}

impl Loop for GiveBack<'_> {
    #[inline(always)]
    fn run<S: Simd, const N: usize>(self, simd: S) {
        let GiveBack { at, contexts, windows, learned } = self;
        let mut change = [simd.zero(); N];
        let (mut begun, mut ended) = (0, 0);
        // SAFETY: as promised to `Cbow::step`.
        unsafe {
            let (first, behind) = (windows[0].begin, windows[windows.len() - 1].end);
            for (place, context) in (first..).zip(&contexts[first..behind]) {
                while begun < windows.len() && windows[begun].begin <= place {
                    add_row(simd, &mut change, learned[begun].add(at), windows[begun].back);
                    begun += 1;
                }
                while windows[ended].end <= place {
                    add_row(simd, &mut change, learned[ended].add(at), -windows[ended].back);
                    ended += 1;
                }
                add_to_row(simd, context.add(at), &change);
            }
            for (window, learned) in windows.iter().zip(learned) {
                let mut own = [simd.zero(); N]; // which was added to the middle, too
                add_row(simd, &mut own, learned.add(at), -window.back);
                add_to_row(simd, contexts[window.middle].add(at), &own);
            }
        }
    }
}

/// row += change
///
/// # Safety
/// The row has N registers.
#[inline(always)]
unsafe fn add_to_row<S: Simd, const N: usize>(simd: S, row: *mut f32, change: &[S::V; N]) {
    for (register, change) in change.iter().enumerate() {
        let place = row.wrapping_add(register * S::LANES);
        // SAFETY: the caller's row.
        unsafe { simd.store(place, simd.add(simd.load(place), *change)) };
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::reference::{self, distance, matrix, random_rows};
    use ninefold_core::rng::Rng;
    use ninefold_kernels::simd::InstructionSet;

    /// A window as the reference has it: its contexts, their shares, the scale of their update.
    type Plain = (Vec<usize>, Vec<f64>, f64);

    /// Windows of neighbouring words in a sentence of m words, and the scales of their updates apart.
    fn windows(number: usize, m: usize, weights: &[f32], back: f32) -> (Vec<Window>, Vec<Plain>) {
        let (first, reach) = ((m - number).min(2), 1 + m / 4);
        let mut windows = Vec::new();
        let layout = Layout { middles: first..first + number, reach, len: m, mean: true };
        layout.lay(&mut windows, |position| weights[position - layout.near().start]);
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
        let layout = Layout { middles: 1..5, reach: 2, len: 6, mean: true };
        layout.lay(&mut laid, |place| if place == 0 { 3.0 } else { 1.0 });
        let found = laid.iter().map(|window| ([window.begin, window.middle, window.end], 1.0 / window.share));
        assert_eq!(found.collect::<Vec<_>>(), [([0, 1, 4], 5.0), ([0, 2, 5], 6.0), ([1, 3, 6], 4.0), ([2, 4, 6], 3.0)]);
    }

    #[test]
    fn windows_of_cbow_equal_the_reference_with_every_instruction_set() {
        let mut rng = Rng::new(2);
        let mut scratch = Scratch::default();
        for set in InstructionSet::available() {
            // Windows, contexts, outputs of all, those of them that say yes, their weight, dim, the scale of the update.
            let with_negatives = [(1, 2, 5, 0.0, 100), (1, 9, 6, 0.0, 50), (2, 5, 10, 0.0, 20), (3, 8, 8, 0.0, 7)];
            let of_four = [(4, 14, 10, 0.5, 100), (4, 24, 7, 0.5, 200), (4, 8, 0, 1.0, 16), (4, 11, 12, 1.0, 33)];
            let in_trees = [(1, 5, 21, 8.0, 7), (1, 3, 3, 0.0, 30), (1, 4, 1, 1.0, 90)];
            let own = with_negatives.into_iter().map(|(b, m, n, _, dim)| (b, m, n, 0, 1.0, dim, true));
            let own = own.chain(of_four.into_iter().map(|(b, m, n, weight, dim)| (b, m, n, 0, weight, dim, true)));
            let all =
                own.chain(in_trees.into_iter().map(|(b, m, n, yes, dim)| (b, m, n, yes as usize, 1.0, dim, false)));
            for (b, m, n, positives, negative_weight, dim, own) in all {
                let own = if own { b } else { 0 };
                let (mut x, mut y) = (random_rows(m, dim, 0.5, &mut rng), random_rows(own + n, dim, 0.5, &mut rng));
                let (mut input, mut output) = (matrix(&x), matrix(&y));
                let weights: Vec<f32> = (0..m).map(|i| (i % 3 + 1) as f32).collect();
                let (windows, plain) = windows(b, m, &weights, 0.25);
                let fetch = [input.row(0), output.row(0)];
                let loss = set.run(Cbow {
                    input: &Replica::direct(&input),
                    windows: Windows {
                        contexts: &(0..m as u32).collect::<Vec<_>>(),
                        weights: &weights,
                        windows: &windows,
                    },
                    output: &Replica::direct(&output),
                    targets: &(0..(own + n) as u32).collect::<Vec<_>>(),
                    own: own > 0,
                    positives,
                    negative_weight,
                    learning_rate: 0.05,
                    measure: true,
                    fetch: Fetch::new(&fetch),
                    scratch: &mut scratch,
                });
                let mut shared = y.split_off(own);
                let weight = f64::from(negative_weight);
                let mut expected = 0.0;
                for (window, (places, shares, _)) in plain.iter().enumerate() {
                    let rows = places.iter().map(|&place| x[place].clone()).collect();
                    let hidden = vec![reference::hidden(&rows, shares)];
                    expected += y.get(window).map_or(0.0, |own| reference::loss(&hidden, &vec![own.clone()], 1));
                    expected += weight * reference::loss(&hidden, &shared, positives);
                }
                reference::cbow_together(&mut x, &plain, (&mut y, &mut shared), positives, weight, 0.05);
                y.append(&mut shared);
                let place = format!("{} {b} windows, {m} x {n} x {dim}", set.name());
                assert!((loss / expected - 1.0).abs() < 1e-5, "{place}: loss {loss}, expected {expected}");
                let (of_x, of_y) = (distance(&mut input, &x), distance(&mut output, &y));
                assert!(of_x < 1e-6 && of_y < 1e-6, "{place}: off by {of_x:e} and {of_y:e}");
            }
        }
    }
}
