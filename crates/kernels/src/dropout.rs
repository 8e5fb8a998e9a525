//! Dropout (Srivastava et al. 2014), inverted: what stays is scaled up, so that prediction needs no scaling.
//!
//! Whether an element stays depends on its place and a key alone: the backward pass asks again instead of keeping a mask,
//! and the order of the work does not matter. Locked dropout (Gal & Ghahramani 2016; Merity et al. 2018) gives each text a
//! key of its own and goes by the index within a token alone, so that all tokens of the text lose the same.

use rayon::prelude::*;

use super::simd::{InstructionSet, Kernel, Simd};
use ninefold_core::rng::fold;
use ninefold_core::subnormals::FlushParallel;

/// Floats per chunk of parallel work.
const CHUNK: usize = 1 << 14;

/// Which elements of one tensor stay, in one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    probability: f64,
    key: u32,
}

impl Dropout {
    /// Drops each element with `probability`, by the random numbers of `key`: fold seed, step and tensor into it.
    pub fn new(probability: f64, key: &[u64]) -> Dropout {
        Dropout { probability, key: fold(key) as u32 }
    }

    /// Drops elements of a tensor. The same call on its gradient is the backward pass.
    ///
    /// # Examples
    /// ```
    /// use ninefold_kernels::dropout::Dropout;
    ///
    /// let mut values = [1.0; 8];
    /// Dropout::new(0.5, &[1, 2]).apply(&mut values);
    /// assert!(values.iter().all(|&value| value == 0.0 || value == 2.0));
    /// ```
    pub fn apply(self, values: &mut [f32]) {
        if self.probability > 0.0 {
            values.par_chunks_mut(CHUNK).enumerate().for_each(|(number, values)| {
                InstructionSet::current().run(Apply { dropout: self, values, first: (number * CHUNK) as u32 });
            });
        }
    }
}

impl Dropout {
    /// Drops elements of a tensor `[tokens, width]`; `locked`, the same at all tokens of a text. `texts` says which text each
    /// token belongs to. `[tokens]`
    pub fn apply_to_tokens(self, values: &mut [f32], locked: bool, texts: &[u32]) {
        if !locked {
            self.apply(values);
        } else if self.probability > 0.0 && !texts.is_empty() {
            let width = values.len() / texts.len();
            let rows = CHUNK.div_ceil(width);
            values.par_chunks_mut(rows * width).zip(texts.par_chunks(rows)).for_each(|(values, texts)| {
                for (values, &text) in values.chunks_exact_mut(width).zip(texts) {
                    let dropout = Dropout { key: hash(text, self.key), ..self };
                    InstructionSet::current().run(Apply { dropout, values, first: 0 });
                }
            });
        }
    }

    /// Drops whole rows of a tensor `[rows, width]`, and scales up those that stay.
    pub fn apply_to_rows(self, values: &mut [f32], width: usize) {
        if self.probability > 0.0 {
            let (threshold, scale) = self.threshold_and_scale();
            values.par_chunks_mut(width).flushing().enumerate().for_each(|(number, row)| {
                let factor = if hash(number as u32, self.key) < threshold { 0.0 } else { scale };
                row.iter_mut().for_each(|value| *value *= factor);
            });
        }
    }

    /// Drops the elements `first`, `first + stride`, ... of a tensor, which lie together in `values`.
    pub fn apply_to_column(self, values: &mut [f32], first: usize, stride: usize) {
        if self.probability > 0.0 {
            InstructionSet::current().run(ApplyToColumn {
                dropout: self,
                values,
                first: first as u32,
                stride: stride as u32,
            });
        }
    }

    /// A random number below the first is a drop; what stays is multiplied by the second.
    #[inline(always)]
    fn threshold_and_scale(self) -> (u32, f32) {
        ((self.probability * 4_294_967_296.0) as u32, (1.0 / (1.0 - self.probability)) as f32)
    }
}

struct Apply<'a> {
    dropout: Dropout,
    values: &'a mut [f32],
    first: u32,
}

impl Kernel for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn body<S: Simd>(self, _simd: S) {
        let (threshold, scale) = self.dropout.threshold_and_scale();
        for (index, value) in self.values.iter_mut().enumerate() {
            let random = hash(self.first.wrapping_add(index as u32), self.dropout.key);
            *value *= if random < threshold { 0.0 } else { scale };
        }
    }
}

struct ApplyToColumn<'a> {
    dropout: Dropout,
    values: &'a mut [f32],
    first: u32,
    stride: u32,
}

impl Kernel for ApplyToColumn<'_> {
    type Output = ();

    #[inline(always)]
    fn body<S: Simd>(self, _simd: S) {
        let (threshold, scale) = self.dropout.threshold_and_scale();
        for (number, value) in self.values.iter_mut().enumerate() {
            let index = self.first.wrapping_add((number as u32).wrapping_mul(self.stride));
            *value *= if hash(index, self.dropout.key) < threshold { 0.0 } else { scale };
        }
    }
}

/// 32 random bits for a index; the compiler makes vectors of it. Constants: C. Wellons, "Prospecting for hash functions".
#[inline(always)]
fn hash(index: u32, key: u32) -> u32 {
    let x = index.wrapping_mul(0x9e37_79b9) ^ key;
    let x = (x ^ (x >> 16)).wrapping_mul(0x21f0_aaad);
    let x = (x ^ (x >> 15)).wrapping_mul(0x735a_2d97);
    x ^ (x >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_share_stays_scaled_and_another_key_drops_others() {
        for probability in [0.1, 0.3, 0.5] {
            let mut values = vec![1.0; 100_000];
            Dropout::new(probability, &[1, 2]).apply(&mut values);
            let kept = values.iter().filter(|&&value| value > 0.0).count() as f64 / 100_000.0;
            assert!((kept - (1.0 - probability)).abs() < 0.005, "{kept}");
            let scale = (1.0 / (1.0 - probability)) as f32;
            assert!(values.iter().all(|&value| value == 0.0 || value == scale));
            let mut others = vec![1.0; 100_000];
            Dropout::new(probability, &[1, 3]).apply(&mut others);
            let both = values.iter().zip(&others).filter(|(a, b)| **a > 0.0 && **b > 0.0).count() as f64 / 100_000.0;
            assert!((both - (1.0 - probability).powi(2)).abs() < 0.01, "independent: {both}");
        }
    }

    #[test]
    fn rows_are_dropped_whole() {
        let mut values = vec![1.0; 16 * 10_000];
        Dropout::new(0.2, &[3]).apply_to_rows(&mut values, 16);
        let dropped = values.chunks(16).filter(|row| row[0] == 0.0).count();
        assert!((dropped as f64 / 10_000.0 - 0.2).abs() < 0.01, "{dropped}");
        assert!(
            values.chunks(16).all(|row| row.iter().all(|&value| value == row[0] && (value == 0.0 || value == 1.25)))
        );
    }

    #[test]
    fn locked_dropout_drops_the_same_at_all_tokens_of_a_text_wherever_they_lie() {
        let dropout = Dropout::new(0.3, &[6]);
        let dropped = |texts: &[u32], width: usize| {
            let mut values = vec![1.0; texts.len() * width];
            dropout.apply_to_tokens(&mut values, true, texts);
            values
        };
        let texts: Vec<u32> = (0..2000).map(|token| token * 7 % 40).collect();
        let values = dropped(&texts, 48);
        for (token, &text) in texts.iter().enumerate() {
            assert!(values[token * 48..][..48] == dropped(&[text], 48), "token {token}");
        }
        let (one, other) = (dropped(&[1], 1 << 16), dropped(&[2], 1 << 16));
        let fraction = |kept: &dyn Fn(usize) -> bool| (0..1 << 16).filter(|&at| kept(at)).count() as f64 / 65536.0;
        assert!((fraction(&|at| one[at] > 0.0) - 0.7).abs() < 0.006);
        assert!((fraction(&|at| one[at] > 0.0 && other[at] > 0.0) - 0.49).abs() < 0.006, "independent");
    }

    #[test]
    fn a_column_is_dropped_as_in_its_matrix() {
        let dropout = Dropout::new(0.4, &[8]);
        let mut matrix = vec![1.0; 50 * 37]; // [50, 37]
        dropout.apply(&mut matrix);
        for column in [0, 5, 36] {
            let mut alone = vec![1.0; 40]; // from row 10 on
            dropout.apply_to_column(&mut alone, 10 * 37 + column, 37);
            let expected: Vec<f32> = (10..50).map(|row| matrix[row * 37 + column]).collect();
            assert_eq!(alone, expected);
        }
    }

    #[test]
    fn the_pieces_of_parallel_work_drop_independently_and_no_probability_drops_nothing() {
        let mut values = vec![1.0; 3 * CHUNK];
        Dropout::new(0.5, &[7]).apply(&mut values);
        let (first, second) = (&values[..CHUNK], &values[CHUNK..2 * CHUNK]);
        let both = first.iter().zip(second).filter(|(a, b)| **a > 0.0 && **b > 0.0).count() as f64 / CHUNK as f64;
        assert!((both - 0.25).abs() < 0.02, "{both}");
        let mut untouched = vec![3.0; 10];
        Dropout::new(0.0, &[7]).apply(&mut untouched);
        assert_eq!(untouched, [3.0; 10]);
    }
}
