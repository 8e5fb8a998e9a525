//! The thresholds of all checks: the section `[diagnosis]` of a config.

use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

use ninefold_core::error::{Error, Result};

/// When the checks of a diagnosis report something. docs/concepts/diagnosis.md says how each default was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct DiagnosisConfig {
    /// Texts that are looked at, of train + validation and of test each; of more a stratified sample is drawn.
    pub max_texts: usize,
    /// Folds of train + validation, for answers to texts that a probe has not seen.
    pub folds: usize,
    /// Bootstrap resamples for the intervals of the error budget.
    pub n_resamples: usize,
    /// Smallest gain in accuracy that is reported: its lower limit must reach it.
    pub min_gain: f64,
    /// Texts with fewer known words than the first number have few words, with fewer than the second rather few.
    pub few_words: [usize; 2],
    /// Texts without a known word are reported from this fraction of the test texts on.
    pub no_words: f64,
    /// Two texts are near copies from this Jaccard similarity of their three-word shingles on.
    pub copy_similarity: f64,
    /// Shorter texts are not compared, in words.
    pub copy_min_words: usize,
    /// Copies are reported from this fraction of the test texts on.
    pub copied: f64,
    /// The first or last words alone are a leak from this fraction of the full score on, above chance.
    pub view: f64,
    /// Length, lines, capitals, digits and punctuation alone are a leak from this fraction of the full score on, above chance; of two or
    /// three classes from that of `view` on.
    pub form: f64,
    /// Fields in front of texts (`From: ...`) are a leak from this fraction of the full score on, above chance.
    pub fields: f64,
    /// Words at a fixed position that give the class away are reported from this fraction of the texts on.
    pub placed: f64,
    /// One word is a leak if this fraction of a class has it and nearly no other text.
    pub one_word: f64,
    /// Wrong labels are estimated from this many texts per class on.
    pub label_texts: usize,
    /// Wrong labels are reported if at least this fraction of labels is wrong.
    pub wrong_labels: f64,
    /// Wrong labels of one class are reported if at least this fraction of its labels is wrong, and 1 % of all labels.
    pub wrong_labels_of_class: f64,
    /// Two classes are one if the area under the ROC curve between them is below this, its upper limit included.
    pub same_class_auc: f64,
    /// Train and test differ from this area under the ROC curve between them on.
    pub shift_auc: f64,
    /// Points of accuracy by which a learning curve may deviate from a power law.
    pub curve_deviation: f64,
}

impl Default for DiagnosisConfig {
    fn default() -> DiagnosisConfig {
        DiagnosisConfig {
            max_texts: 40_000,
            folds: 5,
            n_resamples: 500,
            min_gain: 0.01,
            few_words: [10, 20],
            no_words: 0.02,
            copy_similarity: 0.5,
            copy_min_words: 10,
            copied: 0.05,
            view: 0.85,
            form: 0.5,
            fields: 0.5,
            placed: 0.06,
            one_word: 0.6,
            label_texts: 100,
            wrong_labels: 0.02,
            wrong_labels_of_class: 0.05,
            same_class_auc: 0.8,
            shift_auc: 0.53,
            curve_deviation: 0.006,
        }
    }
}

impl DiagnosisConfig {
    /// Refuses settings that have no meaning.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the key.
    pub fn validate(&self) -> Result<()> {
        let fractions = [
            ("min_gain", self.min_gain),
            ("no_words", self.no_words),
            ("copy_similarity", self.copy_similarity),
            ("copied", self.copied),
            ("view", self.view),
            ("form", self.form),
            ("fields", self.fields),
            ("placed", self.placed),
            ("one_word", self.one_word),
            ("wrong_labels", self.wrong_labels),
            ("wrong_labels_of_class", self.wrong_labels_of_class),
            ("same_class_auc", self.same_class_auc),
            ("shift_auc", self.shift_auc),
            ("curve_deviation", self.curve_deviation),
        ];
        if let Some((key, value)) = fractions.into_iter().find(|(_, value)| !(*value > 0.0 && *value <= 1.0)) {
            return Err(Error::invalid_value(key, "a number above 0 and at most 1", value));
        }
        let counts = [
            ("max_texts", self.max_texts, 1_000, 10_000_000),
            ("folds", self.folds, 2, 100),
            ("n_resamples", self.n_resamples, 100, 1_000_000),
            ("copy_min_words", self.copy_min_words, 3, 1_000),
            ("label_texts", self.label_texts, 10, 1_000_000),
        ];
        for (key, value, least, most) in counts {
            if !(least..=most).contains(&value) {
                return Err(Error::invalid_value(key, format!("a number from {least} to {most}"), value));
            }
        }
        let [few, rather_few] = self.few_words;
        if few == 0 || few >= rather_few {
            let found = format!("[{few}, {rather_few}]");
            return Err(Error::invalid_value("few_words", "two numbers above 0, the smaller first", found));
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn settings_without_meaning_are_refused_by_their_key() {
        assert!(DiagnosisConfig::default().validate().is_ok());
        let key = |settings: DiagnosisConfig| settings.validate().unwrap_err().to_string();
        let few = DiagnosisConfig { few_words: [20, 10], ..DiagnosisConfig::default() };
        assert!(key(few).starts_with("few_words: expected two numbers"));
        let nan = DiagnosisConfig { copied: f64::NAN, ..DiagnosisConfig::default() };
        assert!(key(nan).starts_with("copied: expected a number above 0"));
        let one = DiagnosisConfig { folds: 1, ..DiagnosisConfig::default() };
        assert!(key(one).starts_with("folds: expected a number from 2"));
    }
}
