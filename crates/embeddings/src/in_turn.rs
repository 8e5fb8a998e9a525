//! Inputs that learn in turn, two at a time: errors of the old values -> those that inputs have who find the outputs as the pairs before
//! them have left them.
//!
//! Inputs that agree, and learn from the same old values, go too far together. In word2vec each finds Y as those before it have left it.
//! That moves its scores by what they have taught Y, which follows from products of inputs, and moves its errors by the slope of σ
//! times that (to the first order: what is left is the error of a step to the third power):
//!
//! ```text
//! gⱼ -= rate * σ'(scoresⱼ) Σ gᵢ (xᵢ · xⱼ)        over the inputs i of the pairs before that of j, as they were
//! xⱼ += gⱼ (Y + Σ gᵢᵀ xᵢ)
//! ```
//!
//! So a step stays a few matrix products. Pairs, because each alone would cost a point of topics beside gensim's vectors, and two together
//! cost nothing. Names are those of `window.rs`, which takes the step.

#![allow(unsafe_code)]

use super::window::{TOGETHER, for_width, write_sums};
use ninefold_kernels::activation::sigmoid;
use ninefold_kernels::simd::Simd;

/// How many inputs learn from the same values.
pub(super) const PAIR: usize = 2;

/// Products of [`TOGETHER`] inputs.
const PRODUCTS: usize = place(0, TOGETHER);

/// Where the product of input i with input j of a later pair stands: those of j are behind one another, behind those of the inputs
/// before it.
const fn place(i: usize, j: usize) -> usize {
    let earlier = j / PAIR * PAIR;
    earlier * earlier.saturating_sub(PAIR) / PAIR + j % PAIR * earlier + i
}

/// Dots of each input with those of the pairs before it.
///
/// # Safety
/// Inputs, at most [`TOGETHER`], are pointers to `stride` floats.
#[inline(always)]
unsafe fn products_with_earlier<S: Simd>(simd: S, inputs: &[*mut f32], stride: usize, products: &mut [f32; PRODUCTS]) {
    // SAFETY: the caller's pointers.
    unsafe {
        match inputs.len() {
            0..=PAIR => {}
            3 => products_of::<S, 3, { place(0, 3) }>(simd, inputs, stride, products),
            4 => products_of::<S, 4, { place(0, 4) }>(simd, inputs, stride, products),
            5 => products_of::<S, 5, { place(0, 5) }>(simd, inputs, stride, products),
            TOGETHER => products_of::<S, TOGETHER, PRODUCTS>(simd, inputs, stride, products),
            more => panic!("{more} inputs of at most {TOGETHER}"),
        }
    }
}

/// The same of M inputs, which have N products, every sum in a register.
#[inline(always)]
#[allow(clippy::needless_range_loop)] // i and j number inputs and products alike
unsafe fn products_of<S: Simd, const M: usize, const N: usize>(
    simd: S,
    inputs: &[*mut f32],
    stride: usize,
    products: &mut [f32], // [N] or more
) {
    let (inputs, products) = (&inputs[..M], &mut products[..N]);
    let mut sums = [[simd.zero(); N]; 1];
    // SAFETY: the caller's pointers.
    unsafe {
        for at in (0..stride).step_by(S::LANES) {
            let mut x = [simd.zero(); M];
            for j in 0..M {
                x[j] = simd.load(inputs[j].add(at));
                for i in 0..j / PAIR * PAIR {
                    let place = place(i, j);
                    sums[0][place] = simd.mul_add(x[i], x[j], sums[0][place]);
                }
            }
        }
        write_sums(simd, &sums, products.as_mut_ptr(), N);
    }
}

/// Scores -> -rate * σ(score), in place, and their slopes: rate * σ'(score).
#[inline(always)]
pub(super) fn rates_and_slopes<S: Simd>(simd: S, scores: &mut [f32], slopes: &mut [f32], learning_rate: f32) {
    for (scores, slopes) in scores.chunks_exact_mut(S::LANES).zip(slopes.chunks_exact_mut(S::LANES)) {
        let probability = sigmoid(simd, simd.read(scores));
        let rate = simd.mul(probability, simd.splat(-learning_rate));
        simd.write(scores, rate);
        simd.write(slopes, simd.mul(rate, simd.sub(probability, simd.splat(1.0))));
    }
}

/// Each row of errors less its slopes times what the rows of the pairs before it, as they are now, have moved its scores by.
///
/// # Safety
/// Inputs, at most [`TOGETHER`], are pointers to `stride` floats.
#[inline(always)]
pub(super) unsafe fn move_errors<S: Simd>(
    simd: S,
    inputs: &[*mut f32], // [m]
    stride: usize,
    errors: &mut [f32], // [m, pitch]
    slopes: &[f32],     // [m, pitch] or more
    pitch: usize,       // a multiple of LANES
) {
    let mut products = [0.0; PRODUCTS];
    // SAFETY: the caller's pointers.
    unsafe { products_with_earlier(simd, inputs, stride, &mut products) };
    for_width!(inputs.len(), M => {
        for at in (0..pitch).step_by(S::LANES) {
            move_column::<S, M>(simd, at, errors, slopes, &products, pitch);
        }
    });
}

/// The same for the register from column `at` on.
#[inline(always)]
#[allow(clippy::needless_range_loop)]
fn move_column<S: Simd, const M: usize>(
    simd: S,
    at: usize,
    errors: &mut [f32],
    slopes: &[f32],
    products: &[f32; PRODUCTS],
    pitch: usize,
) {
    let mut moved = [simd.zero(); M]; // of each row, by those that are done
    for i in 0..M {
        let row = i * pitch + at;
        let less = simd.mul(simd.read(&slopes[row..]), moved[i]);
        let error = simd.sub(simd.read(&errors[row..]), less);
        simd.write(&mut errors[row..], error);
        for j in (i / PAIR + 1) * PAIR..M {
            moved[j] = simd.mul_add(simd.splat(products[place(i, j)]), error, moved[j]);
        }
    }
}
