//! The settings of all baselines: the section `[baseline]` of a config.

use documented::DocumentedFields;
use serde::{Deserialize, Serialize, Serializer};

use super::TfIdfConfig;
use super::supervised::SupervisedConfig;
use ninefold_core::error::{Error, Result};
use ninefold_text::char_ngrams::CharNgrams;

/// How baselines are trained. Where a setting is a list, validation chooses from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct BaselineConfig {
    /// TF-IDF and naive Bayes: minimum and maximum n-gram length in words. Texts are not cut to max_len.
    pub ngram_range: [usize; 2],
    /// TF-IDF and naive Bayes: n-grams in fewer training texts are ignored. Of several values those after the first are tried where
    /// the classifier then has at most 8 million weights.
    #[serde(serialize_with = "one_or_more", deserialize_with = "ninefold_core::one_or_many")]
    pub min_df: Vec<usize>,
    /// char_nb and char_svm: minimum and maximum n-gram length in characters. N-grams do not cross the edges of words.
    pub char_ngram_range: [usize; 2],
    /// char_nb and char_svm: n-grams in fewer training texts are ignored.
    pub char_min_df: usize,
    /// TF-IDF: count an n-gram that a text has n times as 1 + ln n.
    pub sublinear_tf: bool,
    /// Logistic regression and support vector machine: scikit-learn's C; a smaller C is a stronger regularisation.
    pub c: Vec<f64>,
    /// Naive Bayes: additive smoothing (alpha).
    pub smoothing: Vec<f64>,
    /// fasttext_supervised: length of the vectors.
    pub dim: usize,
    /// fasttext_supervised: passes over the training texts.
    pub epochs: usize,
    /// fasttext_supervised: learning rate at the start; it falls linearly to 0.
    pub learning_rate: f64,
    /// fasttext_supervised: longest n-gram, in words.
    pub word_ngrams: usize,
    /// fasttext_supervised: number of buckets for n-grams of two words and more.
    pub bucket: usize,
}

impl Default for BaselineConfig {
    fn default() -> BaselineConfig {
        let TfIdfConfig { ngram_range, min_df, sublinear_tf } = TfIdfConfig::default();
        let SupervisedConfig { dim, epochs, learning_rate, word_ngrams, bucket } = SupervisedConfig::default();
        BaselineConfig {
            ngram_range,
            min_df: vec![min_df, 1],
            char_ngram_range: [2, 5],
            char_min_df: 2,
            sublinear_tf,
            c: vec![0.1, 1.0, 10.0],
            smoothing: vec![0.03, 0.1, 0.3, 1.0],
            dim,
            epochs,
            learning_rate,
            word_ngrams,
            bucket,
        }
    }
}

impl BaselineConfig {
    /// Refuses settings that have no meaning.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the key.
    pub fn validate(&self) -> Result<()> {
        for (key, list) in [("c", &self.c), ("smoothing", &self.smoothing)] {
            if list.is_empty() || list.iter().any(|&value| !(value > 0.0 && value.is_finite())) {
                return Err(Error::invalid_value(key, "one or more numbers above 0", format!("{list:?}")));
            }
        }
        if self.min_df.is_empty() {
            return Err(Error::invalid_value("min_df", "one or more numbers from 1 up", "[]"));
        }
        for &min_df in &self.min_df {
            TfIdfConfig { ngram_range: self.ngram_range, min_df, sublinear_tf: self.sublinear_tf }.validate()?;
        }
        CharNgrams::new(self.char_ngram_range, true)?;
        if self.char_min_df == 0 {
            return Err(Error::invalid_value("char_min_df", "at least 1", 0));
        }
        self.supervised().validate()
    }

    /// The settings of fastText's classifier.
    pub fn supervised(&self) -> SupervisedConfig {
        SupervisedConfig {
            dim: self.dim,
            epochs: self.epochs,
            learning_rate: self.learning_rate,
            word_ngrams: self.word_ngrams,
            bucket: self.bucket,
        }
    }
}

/// A list of one is written as the one.
fn one_or_more<S: Serializer>(values: &[usize], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    match values {
        [one] => one.serialize(serializer),
        more => more.serialize(serializer),
    }
}
