//! Contexts that learn sequentially, two at a time: errors of the old values -> those of contexts that find the outputs as the pairs
//! before them have left them.
//!
//! Inputs that agree overshoot when they all learn from the same old values. In word2vec each finds Y as those before it have left it.
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

use super::step::{Dots, TOGETHER};
use ninefold_kernels::activation::sigmoid;
use ninefold_kernels::simd::Simd;

/// How many inputs learn from the same values.
pub(super) const PAIR: usize = 2;

/// Scores -> -rate * σ(score), in place, and their slopes: rate * σ'(score).
#[inline(always)]
pub(crate) fn rates_and_slopes<S: Simd>(simd: S, scores: &mut [f32], slopes: &mut [f32], learning_rate: f32) {
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
/// Inputs are pointers to `stride` floats, a multiple of a block.
///
/// # Panics
/// When there are more than [`TOGETHER`].
#[inline(always)]
pub(super) unsafe fn move_errors<S: Simd>(
    simd: S,
    inputs: &[*mut f32], // [m]
    stride: usize,
    errors: &mut [f32], // [m, pitch]
    slopes: &[f32],     // [m, pitch] or more
    pitch: usize,       // a multiple of LANES
) {
    let mut products = [0.0; TOGETHER * TOGETHER]; // of each input with those of the pairs before it
    for first in (PAIR..inputs.len()).step_by(PAIR) {
        let pair = &inputs[first..inputs.len().min(first + PAIR)];
        let products = &mut products[first * TOGETHER..];
        // SAFETY: the caller's pointers.
        simd.outlined(unsafe { Dots::new(pair, &inputs[..first], stride, products, TOGETHER) });
    }
    // The first pair has none before it.
    for (input, products) in (0..inputs.len()).zip(products.chunks_exact(TOGETHER)).skip(PAIR) {
        let row = input * pitch;
        for at in (0..pitch).step_by(S::LANES) {
            let mut moved = simd.zero();
            for (earlier, &product) in products[..input / PAIR * PAIR].iter().enumerate() {
                moved = simd.mul_add(simd.splat(product), simd.read(&errors[earlier * pitch + at..]), moved);
            }
            let less = simd.mul(simd.read(&slopes[row + at..]), moved);
            let error = simd.sub(simd.read(&errors[row + at..]), less);
            simd.write(&mut errors[row + at..], error);
        }
    }
}
