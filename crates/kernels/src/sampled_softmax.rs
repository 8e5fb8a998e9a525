//! Softmax over the true word and a few negative samples, in place of the whole vocabulary: *takes* states and the negative samples' logits
//! -> *gives* losses, and the gradients in the logits' place.
//!
//! A negative sample's logit is less the logarithm of how often it is expected among the noise: it stands for so many words of its
//! kind, and the sum over the negative samples has the sum over all words but the true one for its mean. A negative sample that is the
//! true one does not count.
//!
//! Source: Bengio & Senécal, "Adaptive importance sampling to accelerate training of a neural probabilistic language model"
//! (2008); Jean et al., "On using very large target vocabulary for neural machine translation" (2015).

use std::f32::consts::{LN_2, LOG2_E};

use super::dot::dot;
use super::simd::{Kernel, Simd, entry_points, padded};

/// The table of all words' output vectors.
#[derive(Clone, Copy)]
pub struct Table<'a> {
    /// `[vocab_size, hidden]`
    pub weight: &'a [f32],
    /// `[vocab_size]`
    pub bias: &'a [f32],
    /// Real length of a row.
    pub hidden: usize,
}

impl Table<'_> {
    /// The output vector of a word. `[hidden]`
    pub fn row(&self, word: u32) -> &[f32] {
        &self.weight[word as usize * self.hidden..][..self.hidden]
    }
}

/// Losses of some predictions, and their gradients.
pub struct SampledSoftmax<'a> {
    /// The words' output vectors.
    pub table: Table<'a>,
    /// The states that predict. `[predictions, padded(hidden)]`
    pub states: &'a [f32],
    /// The word that each should predict. `[predictions]`
    pub words: &'a [u32],
    /// The negative samples. `[noise]`
    pub noise: &'a [u32],
    /// Their logits, less the logarithm of their expected numbers -> the gradients of those. `[predictions, padded(noise)]`
    pub logits: &'a mut [f32],
    /// The gradient of each true word's logit. `[predictions]`
    pub d_words: &'a mut [f32],
    /// What the loss of one prediction counts.
    pub scale: f32,
}

entry_points!(SampledSoftmax<'_>);

impl Kernel for SampledSoftmax<'_> {
    /// The sum of the losses.
    type Output = f64;

    #[inline(always)]
    fn body<S: Simd>(self, _simd: S) -> f64 {
        let SampledSoftmax { table, states, words, noise, logits, d_words, scale } = self;
        let rows = logits.chunks_exact_mut(padded(noise.len())).zip(states.chunks_exact(padded(table.hidden)));
        let mut loss = 0.0;
        for ((&word, d_word), (row, state)) in words.iter().zip(d_words).zip(rows) {
            let row = &mut row[..noise.len()];
            let own = dot::<8>(&state[..table.hidden], table.row(word)) + table.bias[word as usize];
            let largest = row.iter().copied().fold(own, f32::max);
            for (logit, &other) in row.iter_mut().zip(noise) {
                let ratio = exp_below_zero(*logit - largest);
                *logit = if other == word { 0.0 } else { ratio };
            }
            let own_share = exp_below_zero(own - largest);
            let sum = own_share + row.iter().sum::<f32>();
            loss += f64::from(sum).ln() - f64::from(own - largest);
            row.iter_mut().for_each(|ratio| *ratio *= scale / sum);
            *d_word = (own_share / sum - 1.0) * scale;
        }
        loss
    }
}

/// exp(x) for x <= 0, off by a ratio of at most 4e-7 + 1e-7 |x|, 0 below -87: 2 to the power of a whole number, by its bits, times a
/// polynomial for the rest.
#[inline(always)]
pub fn exp_below_zero(x: f32) -> f32 {
    const COEFFICIENTS: [f32; 7] =
        [1.0, LN_2, 0.240_226_5, 0.055_504_11, 0.009_618_129, 0.001_333_355_8, 0.000_154_035_3];
    let power = (x * LOG2_E).max(-126.0);
    let whole = (power - 0.5) as i32; // towards zero: the nearest whole number of what is not above zero
    let rest = power - whole as f32; // in [-0.5, 0.5]
    let ratio = COEFFICIENTS.iter().rev().fold(0.0, |sum: f32, &c| sum * rest + c);
    let scaled = f32::from_bits((ratio.to_bits() as i32 + (whole << 23)) as u32);
    if x < -87.0 { 0.0 } else { scaled }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_exponential_is_one() {
        for step in 0..870_000 {
            let x = -1e-4 * step as f32;
            let (exact, found) = (f64::from(x).exp(), f64::from(exp_below_zero(x)));
            assert!((found / exact - 1.0).abs() < 4e-7 + 1e-7 * f64::from(-x), "exp({x}) = {found} for {exact}");
        }
        assert_eq!([exp_below_zero(0.0), exp_below_zero(-90.0), exp_below_zero(f32::NEG_INFINITY)], [1.0, 0.0, 0.0]);
    }
}
