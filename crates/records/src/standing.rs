//! Pairs over all their seeds, and how they compare.

use serde::{Deserialize, Serialize};

use crate::{Row, RowKind, pair_name};
use ninefold_metrics::compare::Intervals;
use ninefold_metrics::{ConfidenceLevel, MainScore};

/// A pair over all its seeds, a baseline, or an ensemble.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The embedding: "word2vec"; "none" where a baseline has none.
    pub embedding: String,
    /// The network or baseline: "gru".
    pub model: String,
    /// What it is.
    #[serde(flatten)]
    pub kind: RowKind,
    /// 1 is the best; those that do not differ significantly from the first of a group share its rank.
    pub rank: usize,
    /// The seeds that have scores.
    pub seeds: Vec<u64>,
    /// The seed with the best validation score.
    pub picked_seed: u64,
    /// Mean test accuracy of the seeds.
    pub accuracy: f64,
    /// Standard deviation of the test accuracy between the seeds; 0 of a single one.
    pub accuracy_deviation: f64,
    /// Mean weighted test F1 of the seeds.
    pub f1_weighted: f64,
    /// Mean macro test F1 of the seeds.
    #[serde(default)]
    pub f1_macro: f64,
    /// Mean validation accuracy of the seeds.
    pub validation_accuracy: f64,
    /// The intervals of the means.
    pub interval: Intervals,
}

impl Standing {
    /// Its main score.
    pub fn score(&self, main: MainScore) -> f64 {
        match main {
            MainScore::Accuracy => self.accuracy,
            MainScore::F1Macro => self.f1_macro,
        }
    }

    /// The name that its rows have: "word2vec + gru".
    pub fn name(&self) -> String {
        pair_name(&self.embedding, &self.model)
    }
}

/// Two standings, compared on the same test texts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The name of the better one: "word2vec + gru".
    pub a: String,
    /// The name of the other.
    pub b: String,
    /// The main score of `a` less that of `b`.
    pub difference: f64,
    /// The probability of such a difference between equals.
    pub p: f64,
    /// The same, corrected for the number of comparisons (Holm), those with an ensemble in them apart from the others.
    pub p_corrected: f64,
    /// "mcnemar" for the accuracies of one run each, else "paired_bootstrap".
    pub test: String,
}

impl Comparison {
    /// Whether the difference is significant at this level.
    pub fn is_significant(&self, level: ConfidenceLevel) -> bool {
        level.is_significant(self.p_corrected)
    }
}

/// How intervals, comparisons and ranks came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Number of resamples of the test texts.
    pub n_resamples: usize,
    /// The level of intervals and tests.
    #[serde(default)]
    pub confidence_level: ConfidenceLevel,
    /// Models of this run that were scored on the test labels.
    #[serde(alias = "looks")]
    pub test_evaluations: usize,
    /// Models of all runs on this machine that were scored on these test labels.
    #[serde(alias = "looks_ever")]
    pub test_evaluations_total: usize,
}

/// Of some rows the one with the best validation score, of equals the first; `None` of no rows.
pub fn picked<'a>(rows: &[&'a Row], main: MainScore) -> Option<&'a Row> {
    let score = |row: &Row| main.of(&row.validation.unwrap_or_default());
    rows.iter().copied().reduce(|best, row| if score(row) > score(best) { row } else { best })
}
