//! TF-IDF: an n-gram counts more where it is frequent and less when many texts have it.
//!
//! Takes counts of n-grams -> gives the same matrix weighted, each row of length 1.
//!
//! # Source
//! scikit-learn's `TfidfTransformer` with `smooth_idf = true` and `norm = "l2"`; its figures hold `tests/baselines.rs`.

use super::{Csr, Ngrams};
use ninefold_core::error::{Error, Result};

/// Words of an n-gram at most.
const MAX_N: usize = 64;

/// Which n-grams count, and how much.
#[derive(Clone, Debug, PartialEq)]
pub struct TfIdfConfig {
    /// Fewest and most words of an n-gram.
    pub ngram_range: [usize; 2],
    /// N-grams that fewer training texts have are left out.
    pub min_df: usize,
    /// Count an n-gram that a text has n times as 1 + ln n.
    pub sublinear_tf: bool,
}

impl Default for TfIdfConfig {
    fn default() -> TfIdfConfig {
        TfIdfConfig { ngram_range: [1, 2], min_df: 2, sublinear_tf: true }
    }
}

impl TfIdfConfig {
    /// Refuses settings that have no meaning.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the key.
    pub fn validate(&self) -> Result<()> {
        let [min_n, max_n] = self.ngram_range;
        if min_n == 0 || min_n > max_n || max_n > MAX_N {
            return Err(Error::invalid_value(
                "ngram_range",
                format!("two numbers from 1 to {MAX_N}, the smaller first"),
                format!("[{min_n}, {max_n}]"),
            ));
        }
        if self.min_df == 0 {
            return Err(Error::invalid_value("min_df", "at least 1", 0));
        }
        Ok(())
    }
}

/// The weights of n-grams, learned from the training texts.
#[derive(Clone, Debug)]
pub struct TfIdf {
    idf: Vec<f64>, // [columns]
    sublinear_tf: bool,
}

impl TfIdf {
    /// Weights by how many of the training texts have each n-gram.
    pub fn fit(ngrams: &Ngrams, sublinear_tf: bool) -> TfIdf {
        let texts = 1.0 + ngrams.texts() as f64; // as if one more text had every n-gram once
        let idf = ngrams.texts_with().iter().map(|&with| (texts / (1.0 + f64::from(with))).ln() + 1.0).collect();
        TfIdf { idf, sublinear_tf }
    }

    /// These weights. `[columns]`
    pub fn new(idf: Vec<f64>, sublinear_tf: bool) -> TfIdf {
        TfIdf { idf, sublinear_tf }
    }

    /// The weight of each n-gram before a text's counts come to it. `[columns]`
    pub fn idf(&self) -> &[f64] {
        &self.idf
    }

    /// Whether an n-gram that a text has n times counts as 1 + ln n.
    pub fn is_sublinear(&self) -> bool {
        self.sublinear_tf
    }

    /// Counts become weights.
    pub fn transform(&self, mut counts: Csr) -> Csr {
        for row in 0..counts.rows() {
            let (columns, values) = counts.row_mut(row);
            for (&column, value) in columns.iter().zip(values.iter_mut()) {
                let tf = if self.sublinear_tf && *value != 1.0 { 1.0 + value.ln() } else { *value };
                *value = tf * self.idf[column as usize];
            }
            let norm = values.iter().map(|value| value * value).sum::<f64>().sqrt();
            if norm > 0.0 {
                values.iter_mut().for_each(|value| *value /= norm);
            }
        }
        counts
    }
}
