//! The settings of the sample corpus.

use serde::{Deserialize, Serialize};

use ninefold_core::error::{Error, Result};

/// What the sample corpus is made like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, documented::DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct SampleConfig {
    /// Texts in all, the same number for each of the 20 classes (give or take one).
    pub documents: usize,
    /// Fraction of texts in the test part.
    pub test_fraction: f64,
    /// Another seed makes other posts from the same words.
    pub seed: u64,
    /// Fraction of texts with a wrong label: half of them that of a similar class, the others any label.
    pub label_noise: f64,
    /// Fraction of texts that are lightly edited copies of another text of the class, in either part.
    pub near_duplicates: f64,
    /// Fraction of empty texts.
    pub empty_texts: f64,
    /// Fraction of texts with any other label, every one equally likely; beside `label_noise`.
    pub uniform_noise: f64,
    /// Fraction of the texts of the first class that have the label of a similar one.
    pub class_noise: f64,
    /// Fraction of the texts of the last class that have a second name for it as their label.
    pub dealt_class: f64,
    /// Fraction of texts that end with a word that only texts of their label have.
    pub leaked_words: f64,
    /// Fraction of texts of which only the first three words are left.
    pub cut_texts: f64,
    /// Vocabulary shift of the test part, from 0 (none) to 1 (what people own and buy has changed).
    pub date_shift: f64,
}

/// Texts at most.
const MAX_DOCUMENTS: usize = 100_000_000;

impl Default for SampleConfig {
    fn default() -> SampleConfig {
        SampleConfig {
            documents: 4000,
            test_fraction: 0.25,
            seed: 0,
            label_noise: 0.0,
            near_duplicates: 0.0,
            empty_texts: 0.0,
            uniform_noise: 0.0,
            class_noise: 0.0,
            dealt_class: 0.0,
            leaked_words: 0.0,
            cut_texts: 0.0,
            date_shift: 0.0,
        }
    }
}

impl SampleConfig {
    /// Checks that every setting has a meaning.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] that names the first setting that has none.
    pub fn validate(&self) -> Result<()> {
        if self.documents < 100 {
            return Err(Error::invalid_value("documents", "at least 100, five for each class", self.documents));
        }
        if self.documents > MAX_DOCUMENTS {
            return Err(Error::invalid_value("documents", format!("at most {MAX_DOCUMENTS}"), self.documents));
        }
        if !(0.0..1.0).contains(&self.test_fraction) {
            return Err(Error::invalid_value(
                "test_fraction",
                "a share from 0 up to, not including, 1",
                self.test_fraction,
            ));
        }
        let shares = [
            ("label_noise", self.label_noise),
            ("near_duplicates", self.near_duplicates),
            ("empty_texts", self.empty_texts),
            ("uniform_noise", self.uniform_noise),
            ("class_noise", self.class_noise),
            ("dealt_class", self.dealt_class),
            ("leaked_words", self.leaked_words),
            ("cut_texts", self.cut_texts),
            ("date_shift", self.date_shift),
        ];
        match shares.into_iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            Some((key, share)) => Err(Error::invalid_value(key, "a share between 0 and 1", share)),
            None => Ok(()),
        }
    }
}
