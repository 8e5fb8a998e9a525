//! A text as the mean of its words' vectors: what the embedding alone knows, without word order and without a network.
//!
//! Takes ids and an embedding matrix -> gives dense features, scaled to mean 0 and variance 1 on the training texts.

use super::Csr;
use ninefold_text::vocab::{PAD, UNK};

/// The mean vector of each text's known words; zeros for a text without any.
///
/// # Shapes
/// `matrix` `[vocab_size, dim]` -> `[texts, dim]`
pub fn vectors(texts: &[Vec<u32>], matrix: &[f32], dim: usize) -> Vec<f64> {
    let mut means = vec![0.0; texts.len() * dim];
    for (text, mean) in texts.iter().zip(means.chunks_exact_mut(dim)) {
        let mut known = 0.0;
        for &id in text.iter().filter(|&&id| id != PAD && id != UNK) {
            known += 1.0;
            let vector = &matrix[id as usize * dim..][..dim];
            mean.iter_mut().zip(vector).for_each(|(sum, &value)| *sum += f64::from(value));
        }
        mean.iter_mut().for_each(|sum| *sum /= f64::max(known, 1.0));
    }
    means
}

/// Mean and scale of each feature on the training texts: without it the penalty would weigh the vectors' own scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaler {
    means: Vec<f64>,  // [dim]
    scales: Vec<f64>, // [dim]
}

impl Scaler {
    /// That of these rows.
    ///
    /// # Shapes
    /// `rows` `[texts, dim]`
    pub fn fit(rows: &[f64], dim: usize) -> Scaler {
        let texts = (rows.len() / dim).max(1) as f64;
        let mut means = vec![0.0; dim];
        for row in rows.chunks_exact(dim) {
            means.iter_mut().zip(row).for_each(|(mean, value)| *mean += value / texts);
        }
        let mut scales = vec![0.0; dim];
        for row in rows.chunks_exact(dim) {
            for ((scale, value), mean) in scales.iter_mut().zip(row).zip(&means) {
                *scale += (value - mean) * (value - mean) / texts;
            }
        }
        scales.iter_mut().for_each(|scale| *scale = if *scale > 0.0 { scale.sqrt() } else { 1.0 });
        Scaler { means, scales }
    }

    /// One with these means and scales. `[dim]` each
    pub fn new(means: Vec<f64>, scales: Vec<f64>) -> Scaler {
        Scaler { means, scales }
    }

    /// What is subtracted. `[dim]`
    pub fn means(&self) -> &[f64] {
        &self.means
    }

    /// What is divided by. `[dim]`
    pub fn scales(&self) -> &[f64] {
        &self.scales
    }

    /// The same rows with mean 0 and variance 1.
    pub fn transform(&self, mut rows: Vec<f64>) -> Csr {
        let dim = self.means.len();
        for row in rows.chunks_exact_mut(dim) {
            for ((value, mean), scale) in row.iter_mut().zip(&self.means).zip(&self.scales) {
                *value = (*value - mean) / scale;
            }
        }
        Csr::dense(&rows, dim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_do_not_count() {
        let matrix = [0.0, 0.0, 9.0, 9.0, 1.0, 2.0, 3.0, 4.0]; // <pad> <unk> a b
        let texts = [vec![2, UNK, 3], vec![UNK], vec![]];
        assert_eq!(vectors(&texts, &matrix, 2), [2.0, 3.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn features_are_scaled_and_constant_ones_are_left() {
        let rows = vec![1.0, 5.0, 3.0, 5.0];
        let scaled = Scaler::fit(&rows, 2).transform(rows);
        assert_eq!(scaled, Csr::dense(&[-1.0, 0.0, 1.0, 0.0], 2));
    }
}
