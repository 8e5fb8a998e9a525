//! What the steps of `window.rs` and `cbow.rs` share: the memory that they work in, the dots of inputs with outputs, and what
//! follows from a dot.
//!
//! The loops over the floats of rows keep their sums in registers, so the compiler must know how many there are. Each is compiled
//! once for each number ([`Loop`]) as a function of its own, which all steps call: inlined into every step they would be copied
//! dozens of times.

#![allow(unsafe_code)]

use super::replica::Replica;
use ninefold_kernels::activation::sigmoid;
use ninefold_kernels::buffer::Buffer;
use ninefold_kernels::simd::{BLOCK, Kernel, Simd};

/// Most rows or registers of a [`Loop`]: the target and five negative samples, word2vec's default, fill one tile. With few registers
/// ([`Simd::TILE_ROWS`]) most loops have smaller ones.
pub(super) const TILE: usize = 6;

/// Most inputs of a step of skip-gram.
pub(super) const TOGETHER: usize = 6;

/// A loop over N rows or registers, N being 1 to [`TILE`].
pub(super) trait Loop {
    /// Whether it has every width with few registers, too.
    const HAS_ALL: bool = false;
    /// Runs it. Mark it `#[inline(always)]`.
    fn run<S: Simd, const N: usize>(self, simd: S);
}

struct Counted<const N: usize, L>(L);

impl<const N: usize, L: Loop> Kernel for Counted<N, L> {
    type Output = ();

    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        self.0.run::<S, N>(simd);
    }
}

/// Runs a loop over `number` rows or registers, no more than [`Simd::TILE_ROWS`] or, where it has all widths, [`TILE`], as a
/// function of its own.
#[inline(always)]
pub(super) fn run_loop<S: Simd, L: Loop>(simd: S, number: usize, body: L) {
    match number {
        1 => simd.outlined(Counted::<1, L>(body)),
        2 => simd.outlined(Counted::<2, L>(body)),
        // Loops that the instruction set does not have are not compiled for it.
        _ if const { S::TILE_ROWS < TILE && !L::HAS_ALL } => unreachable!("{number} in tiles of {}", S::TILE_ROWS),
        3 => simd.outlined(Counted::<3, L>(body)),
        4 => simd.outlined(Counted::<4, L>(body)),
        5 => simd.outlined(Counted::<5, L>(body)),
        _ => simd.outlined(Counted::<TILE, L>(body)),
    }
}

/// Runs a loop over registers for all columns of rows of `stride` floats, about the same number of registers each time; `from`
/// makes the loop that begins at a column.
#[inline(always)]
pub(super) fn run_loop_over_columns<S: Simd, L: Loop>(simd: S, stride: usize, from: impl Fn(usize) -> L) {
    let registers = stride / S::LANES;
    let width = even_part(registers, S::TILE_ROWS);
    for first in (0..registers).step_by(width) {
        run_loop(simd, width.min(registers - first), from(first * S::LANES));
    }
}

/// The size of equal parts, of no more than `most`, that a number is cut into.
#[inline(always)]
pub(super) fn even_part(number: usize, most: usize) -> usize {
    // Most numbers are a single part: a division would take longer than some of the loops.
    if number <= most { number.max(1) } else { number.div_ceil(number.div_ceil(most)) }
}

/// Memory that a step works in, kept from step to step.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) inputs: Vec<*mut f32>,  // [m] the rows, found anew in each step
    pub(super) outputs: Vec<*mut f32>, // [n]
    pub(super) scores: Buffer,         // [m, n] of a step, padded as a whole
    pub(super) slopes: Buffer,         // [m, n] of a step of skip-gram, as scores
    pub(super) old: Buffer,            // [m, stride] of skip-gram
    pub(super) hidden: Buffer,         // [windows, stride] of CBOW
}

/// Finds rows of a matrix.
#[inline(always)]
pub(super) fn collect(pointers: &mut Vec<*mut f32>, view: &Replica, rows: &[u32]) {
    pointers.resize(rows.len(), std::ptr::null_mut());
    pointers.iter_mut().zip(rows).for_each(|(pointer, &row)| *pointer = view.row(row));
}

/// Floats per row of two matrices, a multiple of [`BLOCK`].
///
/// # Panics
/// When they differ.
pub(super) fn common_stride(input: &Replica, output: &Replica) -> usize {
    let (stride, other) = (input.stride(), output.stride());
    assert!(stride == other && stride.is_multiple_of(BLOCK), "rows of {stride} floats against rows of {other}");
    stride
}

/// The dots of some rows with others.
#[derive(Clone, Copy)]
pub(super) struct Dots<'a> {
    inputs: &'a [*mut f32],  // [m] each `stride` floats
    outputs: &'a [*mut f32], // [n] the same
    stride: usize,
    scores: *mut f32, // [m, pitch]
    pitch: usize,
}

impl<'a> Dots<'a> {
    /// Dots that are to be written to `scores`, whose rows are `pitch` apart.
    ///
    /// # Safety
    /// Inputs and outputs are pointers to `stride` floats, a multiple of [`BLOCK`], and stay so until the dots have been computed.
    ///
    /// # Panics
    /// When `scores` is too short.
    #[inline(always)]
    pub(super) unsafe fn new(
        inputs: &'a [*mut f32],
        outputs: &'a [*mut f32],
        stride: usize,
        scores: &'a mut [f32], // [m, pitch]
        pitch: usize,
    ) -> Dots<'a> {
        let last = inputs.len().saturating_sub(1) * pitch + outputs.len();
        assert!(outputs.len() <= pitch && last <= scores.len(), "{} scores in place of {last}", scores.len());
        Dots { inputs, outputs, stride, scores: scores.as_mut_ptr(), pitch }
    }
}

impl Kernel for Dots<'_> {
    type Output = ();

    /// Four inputs at a time where there are registers for four times as many sums as a tile has outputs, else two.
    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let height = const { if S::TILE_VECTORS >= 4 { 4 } else { 2 } };
        let width = even_part(self.outputs.len(), S::TILE_ROWS);
        for (number, outputs) in self.outputs.chunks(width).enumerate() {
            for (first, inputs) in (0..).step_by(height).zip(self.inputs.chunks(height)) {
                let place = first * self.pitch + number * width;
                let tile = Dots { inputs, outputs, scores: self.scores.wrapping_add(place), ..self };
                match inputs.len() {
                    1 => run_loop(simd, outputs.len(), TileOfDots::<1>(tile)),
                    2 => run_loop(simd, outputs.len(), TileOfDots::<2>(tile)),
                    _ if const { S::TILE_VECTORS < 4 } => unreachable!("two inputs at a time"),
                    3 => run_loop(simd, outputs.len(), TileOfDots::<3>(tile)),
                    _ => run_loop(simd, outputs.len(), TileOfDots::<4>(tile)),
                }
            }
        }
    }
}

/// Dots of M inputs with N outputs, every sum in a register.
struct TileOfDots<'a, const M: usize>(Dots<'a>);

impl<const M: usize> Loop for TileOfDots<'_, M> {
    #[inline(always)]
    fn run<S: Simd, const N: usize>(self, simd: S) {
        let Dots { inputs, outputs, stride, scores, pitch } = self.0;
        let (inputs, outputs) = (first_of::<M>(inputs), first_of::<N>(outputs));
        let mut sums = [[simd.zero(); N]; M];
        // SAFETY: as promised to `Dots::new`, and the tile lies within [m, pitch] of the scores.
        unsafe {
            for at in (0..stride).step_by(S::LANES) {
                let x: [S::V; M] = std::array::from_fn(|i| simd.load(inputs[i].add(at)));
                for (j, output) in outputs.iter().enumerate() {
                    let y = simd.load(output.add(at));
                    for (sums, x) in sums.iter_mut().zip(x) {
                        sums[j] = simd.mul_add(x, y, sums[j]);
                    }
                }
            }
            write_sums(simd, &sums, scores, pitch);
        }
    }
}

/// The first N rows of some.
///
/// # Panics
/// When there are fewer.
#[inline(always)]
pub(super) fn first_of<const N: usize>(rows: &[*mut f32]) -> [*mut f32; N] {
    let rows = &rows[..N];
    std::array::from_fn(|place| rows[place])
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

/// -Σ log σ(score) of the first scores, the `positives`, - Σ log σ(-score) of the others.
pub(super) fn cross_entropy(scores: &[f32], positives: usize) -> f64 {
    let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
    let (yes, no) = scores.split_at(positives);
    let yes: f64 = yes.iter().map(|&score| softplus(f64::from(-score))).sum();
    yes + no.iter().map(|&score| softplus(f64::from(score))).sum::<f64>()
}
