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
//! read and written once for all windows.
//!
//! Sources: Mikolov et al. (2013); sharing the noise as in `window.rs`.

#![allow(unsafe_code)]

use std::ops::Range;

use super::view::View;
use super::window::{Scratch, TILE, collect, common_stride, cross_entropy, dots, for_width, rates, write_sums};
use crate::kernels::simd::{BLOCK, Kernel, Simd};

/// Most windows of a step.
pub(super) const WINDOWS: usize = 4;

/// Registers of columns that are worked on together: a row's part of them costs one turn of a loop. As many as leave registers for
/// as many sums of each window.
const fn columns<S: Simd>() -> usize {
    if S::TILE_VECTORS >= 4 { 4 } else { 2 }
}

/// Runs a body for all columns of rows of `stride` floats: from column `at` on, the constant W registers, `columns` or what is left.
macro_rules! for_columns {
    ($simd:ident, $stride:expr, $at:ident, $w:ident => $body:expr) => {
        for $at in (0..$stride).step_by(columns::<$simd>() * $simd::LANES) {
            for_width!(columns::<$simd>().min(($stride - $at) / $simd::LANES), $w => $body);
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

/// A step in which sums of contexts predict targets. Gives the loss before the step, summed over windows, when `measure` asks.
pub(super) struct Cbow<'a> {
    pub(super) input: &'a View<'a>,
    pub(super) contexts: &'a [u32],   // [m] rows of input, of neighbouring words
    pub(super) weights: &'a [f32],    // [m] how much each context counts
    pub(super) windows: &'a [Window], // [b], b <= WINDOWS
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
    pub(super) fetch: &'a [*mut f32], // as in SkipGram
    pub(super) scratch: &'a mut Scratch,
}

impl Kernel for Cbow<'_> {
    type Output = f64;
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> f64 {
        let Cbow { input, contexts, weights, windows, output, targets, own, .. } = self;
        let stride = common_stride(input, output);
        assert_eq!(contexts.len(), weights.len(), "a weight for every context");
        assert!(!own || targets.len() >= windows.len(), "a target for every window");
        for Window { begin, middle, end, .. } in windows {
            let there = contexts.len();
            assert!(begin <= middle && middle < end && *end <= there, "{begin} {middle} {end} of {there} contexts");
        }
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
        let Scratch { inputs, outputs, scores, hidden, shares, backs, .. } = scratch;
        let (own, shared) = outputs.split_at(if own { B } else { 0 });
        let n = shared.len();
        let scores = scores.resize((B * n + own.len()).next_multiple_of(BLOCK));
        let hidden = hidden.resize(B * stride).as_mut_ptr();
        let shares = shares.resize(B * inputs.len()).as_chunks_mut::<B>().0;
        let backs = backs.resize(B * inputs.len()).as_chunks_mut::<B>().0;
        let near = spread(windows, weights, shares, backs);
        let (contexts, shares, backs) = (&inputs[near.clone()], &shares[near.clone()], &backs[near]);
        // SAFETY: the caller's pointers; `hidden` holds B rows, `scores` [B, n] and own.len() floats.
        unsafe {
            let hidden: [*mut f32; B] = std::array::from_fn(|b| hidden.add(b * stride));
            for_columns!(S, stride, at, W => sum::<S, B, W>(simd, at, contexts, shares, &hidden));
            for first in (0..n).step_by(TILE) {
                let tile = &shared[first..n.min(first + TILE)];
                let (fetch, scores) = (if first == 0 { fetch } else { &[] }, scores.as_mut_ptr().add(first));
                for_width!(tile.len(), N => dots_of_tile::<S, B, N>(simd, &hidden, tile, stride, fetch, scores, n));
            }
            if !own.is_empty() {
                own_dots::<S, B>(simd, &hidden, own, stride, scores.as_mut_ptr().add(B * n));
            }
            let mut loss = 0.0;
            if measure {
                let (of_shared, of_own) = scores.split_at(B * n);
                loss += cross_entropy(&of_own[..own.len()], 1, 1);
                loss += f64::from(noise_weight) * cross_entropy(of_shared, n.max(1), positives);
            }
            rates(simd, scores, learning_rate);
            let (of_shared, of_own) = scores.split_at_mut(B * n);
            of_own[..own.len()].iter_mut().for_each(|rate| *rate += learning_rate);
            for rates in of_shared.chunks_exact_mut(n.max(1)) {
                rates[..positives].iter_mut().for_each(|rate| *rate += learning_rate);
                rates.iter_mut().for_each(|rate| *rate *= noise_weight);
            }
            for at in (0..stride).step_by(S::LANES) {
                update::<S, B>(simd, at, (own, shared), (of_own.as_ptr(), of_shared.as_ptr()), &hidden);
            }
            for_columns!(S, stride, at, W => give_back::<S, B, W>(simd, at, contexts, backs, &hidden));
            loss
        }
    }
}

/// Writes down how much each context counts in each window's sum, and how much of each window's update it gets; gives the
/// contexts from the first to the last of all windows.
#[inline(always)]
fn spread<const B: usize>(
    windows: &[Window],
    weights: &[f32],         // [m]
    shares: &mut [[f32; B]], // [m]
    backs: &mut [[f32; B]],  // [m]
) -> Range<usize> {
    let begin = windows.iter().map(|window| window.begin).min().unwrap_or(0);
    let end = windows.iter().map(|window| window.end).max().unwrap_or(0);
    for place in begin..end {
        for (b, window) in windows.iter().enumerate().take(B) {
            let among = (window.begin..window.end).contains(&place) && place != window.middle;
            shares[place][b] = if among { window.share * weights[place] } else { 0.0 };
            backs[place][b] = if among { window.back } else { 0.0 };
        }
    }
    begin..end
}

/// The hidden rows of all windows, W registers from column `at` on.
#[inline(always)]
#[allow(clippy::needless_range_loop)] // w and b number registers and places alike
unsafe fn sum<S: Simd, const B: usize, const W: usize>(
    simd: S,
    at: usize,
    contexts: &[*mut f32],
    shares: &[[f32; B]], // of each context in each window's sum
    hidden: &[*mut f32; B],
) {
    let mut sums = [[simd.zero(); W]; B];
    // SAFETY: the caller's pointers.
    unsafe {
        for (context, shares) in contexts.iter().zip(shares) {
            let mut x = [simd.zero(); W];
            for w in 0..W {
                x[w] = simd.load(context.add(at + w * S::LANES));
            }
            for b in 0..B {
                let share = simd.splat(shares[b]);
                for w in 0..W {
                    sums[b][w] = simd.mul_add(x[w], share, sums[b][w]);
                }
            }
        }
        for b in 0..B {
            for w in 0..W {
                simd.store(hidden[b].add(at + w * S::LANES), sums[b][w]);
            }
        }
    }
}

/// Dots of all hidden rows with N outputs: all at once where there are registers for so many sums, else two rows at a time.
#[inline(always)]
unsafe fn dots_of_tile<S: Simd, const B: usize, const N: usize>(
    simd: S,
    hidden: &[*mut f32; B],
    outputs: &[*mut f32],
    stride: usize,
    fetch: &[*mut f32],
    scores: *mut f32, // [B, pitch]
    pitch: usize,
) {
    // SAFETY: the caller's pointers; rows of scores are B.
    unsafe {
        if B <= 2 || S::TILE_VECTORS >= 4 {
            dots::<S, B, N>(simd, hidden, outputs, stride, fetch, scores, pitch);
            return;
        }
        dots::<S, 2, N>(simd, hidden, outputs, stride, fetch, scores, pitch);
        let scores = scores.add(2 * pitch);
        match B {
            3 => dots::<S, 1, N>(simd, &hidden[2..], outputs, stride, &[], scores, pitch),
            _ => dots::<S, 2, N>(simd, &hidden[2..], outputs, stride, &[], scores, pitch),
        }
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

/// What the windows have learned, added to W registers of their contexts from column `at` on.
#[inline(always)]
#[allow(clippy::needless_range_loop)]
unsafe fn give_back<S: Simd, const B: usize, const W: usize>(
    simd: S,
    at: usize,
    contexts: &[*mut f32],
    backs: &[[f32; B]], // how much of each window's update each context gets
    change: &[*mut f32; B],
) {
    let mut learned = [[simd.zero(); W]; B];
    // SAFETY: the caller's pointers.
    unsafe {
        for b in 0..B {
            for w in 0..W {
                learned[b][w] = simd.load(change[b].add(at + w * S::LANES));
            }
        }
        for (context, backs) in contexts.iter().zip(backs) {
            let mut x = [simd.zero(); W];
            for w in 0..W {
                x[w] = simd.load(context.add(at + w * S::LANES));
            }
            for b in 0..B {
                let back = simd.splat(backs[b]);
                for w in 0..W {
                    x[w] = simd.mul_add(learned[b][w], back, x[w]);
                }
            }
            for w in 0..W {
                simd.store(context.add(at + w * S::LANES), x[w]);
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

    /// A window as the reference has it: its contexts, their shares, the scale of their update.
    type Plain = (Vec<usize>, Vec<f64>, f64);

    /// Windows of neighbouring words, with reaches that differ.
    fn windows(number: usize, m: usize, weights: &[f32], back: f32) -> (Vec<Window>, Vec<Plain>) {
        let window = |b: usize| {
            let middle = (b + 1).min(m - 1);
            let (begin, end) = (middle.saturating_sub(1 + b), m.min(middle + 2 + (2 * b) % 3));
            let share = 1.0 / (begin + 1..end).map(|place| weights[place]).sum::<f32>();
            let window = Window { begin, middle, end, share, back: back + b as f32 };
            let places: Vec<usize> = (begin..end).filter(|&place| place != middle).collect();
            let shares = places.iter().map(|&place| f64::from(share) * f64::from(weights[place])).collect();
            (window, (places, shares, f64::from(window.back)))
        };
        (0..number).map(window).unzip()
    }

    #[test]
    fn windows_of_cbow_equal_the_reference_at_every_level() {
        let mut rng = Rng::new(2);
        let mut scratch = Scratch::default();
        for level in Level::available() {
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
                    fetch: &fetch,
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
