//! How far chance moves a score: the test texts drawn again and again, with replacement.
//!
//! Takes the answers of several contenders to the same texts -> gives the scores of each in every resample. All contenders
//! see the same drawn texts, so that the difference of two of them is a paired one. A contender that was trained with
//! several seeds counts as the mean over seeds that are drawn again, too.
//!
//! # Source
//! Efron, "Bootstrap methods: another look at the jackknife" (1979); the interval is the percentile interval of
//! `scipy.stats.bootstrap(method = "percentile")`.

use documented::DocumentedFields;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ConfidenceLevel, MainScore, RankBy};
use ninefold_core::error::{Error, Result};
use ninefold_core::rng::{Rng, fold};

/// How sure the figures are asked to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct StatisticsConfig {
    /// Number of bootstrap resamples of the test texts for intervals and comparisons.
    pub n_resamples: usize,
    /// Fraction of such intervals that hold the true score.
    pub confidence_level: f64,
    /// The score by which epochs and models are selected and ranked: "accuracy", "f1_macro", or "auto": macro F1 where the
    /// largest class of train has at least twice as many texts as the smallest, else accuracy.
    pub rank_by: RankBy,
}

impl Default for StatisticsConfig {
    fn default() -> StatisticsConfig {
        StatisticsConfig {
            n_resamples: 2000,
            confidence_level: ConfidenceLevel::default().fraction(),
            rank_by: RankBy::Auto,
        }
    }
}

/// The largest `n_resamples`.
const MAX_RESAMPLES: usize = 10_000_000;

impl StatisticsConfig {
    /// The level of intervals and tests.
    pub fn level(&self) -> ConfidenceLevel {
        ConfidenceLevel::new(self.confidence_level)
    }

    /// Refuses settings that have no meaning.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the key.
    pub fn validate(&self) -> Result<()> {
        if self.n_resamples < 100 {
            return Err(Error::invalid_value("n_resamples", "at least 100", self.n_resamples));
        }
        if self.n_resamples > MAX_RESAMPLES {
            return Err(Error::invalid_value("n_resamples", format!("at most {MAX_RESAMPLES}"), self.n_resamples));
        }
        if !(self.confidence_level > 0.0 && self.confidence_level < 1.0) {
            return Err(Error::invalid_value("confidence_level", "a fraction between 0 and 1", self.confidence_level));
        }
        Ok(())
    }
}

/// Where a score lies, as far as the test texts can tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// The scores of one contender in every resample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resampled {
    /// `[n_resamples]`
    pub accuracy: Vec<f64>,
    /// `[n_resamples]`
    pub f1_weighted: Vec<f64>,
    /// `[n_resamples]`
    pub f1_macro: Vec<f64>,
}

impl Resampled {
    /// The resamples of one score.
    pub fn of(&self, score: MainScore) -> &[f64] {
        match score {
            MainScore::Accuracy => &self.accuracy,
            MainScore::F1Macro => &self.f1_macro,
        }
    }
}

/// Scores every contender on every resample. A contender is its runs, each with an answer per text; the same bits for any
/// number of threads.
///
/// # Panics
/// When an answer is missing, a label is not below `num_classes`, or a contender has no run.
pub fn resample(
    truth: &[u32],
    contenders: &[Vec<&[u32]>],
    num_classes: usize,
    n_resamples: usize,
    seed: u64,
) -> Vec<Resampled> {
    assert!(contenders.iter().flatten().all(|answers| answers.len() == truth.len()), "one answer per text");
    assert!(contenders.iter().all(|runs| !runs.is_empty()), "a contender has runs");
    let most_runs = contenders.iter().map(Vec::len).max().unwrap_or(0);
    let one = |number: usize| {
        let mut rng = Rng::for_purpose(fold(&[seed, number as u64]), "bootstrap");
        let texts: Vec<usize> = truth.iter().map(|_| rng.below(truth.len())).collect();
        let drawn: Vec<f64> = (0..most_runs).map(|_| rng.uniform()).collect();
        let mut support = vec![0u32; num_classes];
        texts.iter().for_each(|&text| support[truth[text] as usize] += 1);
        let mean = |runs: &Vec<&[u32]>| {
            let mut means = [0.0; 3];
            for fraction in &drawn[..runs.len()] {
                let run = runs[(fraction * runs.len() as f64) as usize];
                let scores = score(truth, run, &texts, &support);
                means.iter_mut().zip(scores).for_each(|(mean, score)| *mean += score / runs.len() as f64);
            }
            means
        };
        contenders.iter().map(mean).collect::<Vec<_>>()
    };
    let scores: Vec<Vec<[f64; 3]>> = (0..n_resamples).into_par_iter().map(one).collect();
    let of = |position: usize| {
        let [accuracy, f1_weighted, f1_macro] =
            std::array::from_fn(|score| scores.iter().map(|row| row[position][score]).collect());
        Resampled { accuracy, f1_weighted, f1_macro }
    };
    (0..contenders.len()).map(of).collect()
}

/// Accuracy, weighted F1 and macro F1 on the drawn texts.
fn score(truth: &[u32], answers: &[u32], texts: &[usize], support: &[u32]) -> [f64; 3] {
    let mut hits = vec![0u32; support.len()];
    let mut predicted = vec![0u32; support.len()];
    for &text in texts {
        let answer = answers[text] as usize;
        predicted[answer] += 1;
        hits[answer] += u32::from(answers[text] == truth[text]);
    }
    let (mut right, mut present, mut f1_weighted, mut f1_sum) = (0, 0u32, 0.0, 0.0);
    for ((&hits, &predicted), &support) in hits.iter().zip(&predicted).zip(support) {
        right += hits;
        if support + predicted > 0 {
            let f1 = 2.0 * f64::from(hits) / f64::from(support + predicted);
            present += 1;
            f1_weighted += f64::from(support) * f1;
            f1_sum += f1;
        }
    }
    let total = texts.len().max(1) as f64;
    [f64::from(right) / total, f1_weighted / total, f1_sum / f64::from(present.max(1))]
}

/// The interval that holds `confidence_level` of the values, as much left out on either side.
pub fn percentile_interval(values: &[f64], confidence_level: f64) -> Interval {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let tail = 0.5 * (1.0 - confidence_level);
    Interval { low: quantile(&sorted, tail), high: quantile(&sorted, 1.0 - tail) }
}

/// numpy's quantile: between two values the straight line.
fn quantile(sorted: &[f64], fraction: f64) -> f64 {
    let position = fraction * sorted.len().saturating_sub(1) as f64;
    let (below, above) = (position.floor() as usize, position.ceil() as usize);
    match (sorted.get(below), sorted.get(above)) {
        (Some(low), Some(high)) => low + (high - low) * (position - position.floor()),
        _ => 0.0,
    }
}

/// The mean, and the standard deviation of a sample (divided by n - 1); 0 of a single value.
pub fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (count - 1.0).max(1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Confusion;

    #[test]
    fn a_resample_is_scored_as_its_confusion_matrix_is() {
        let (truth, answers) = ([0, 1, 2, 1, 0, 2, 1], [0, 1, 1, 1, 2, 2, 0]);
        let texts = [3, 3, 0, 6, 2, 2, 5];
        let drawn = |labels: &[u32]| texts.iter().map(|&text| labels[text]).collect::<Vec<u32>>();
        let scores = Confusion::of(4, &drawn(&truth), &drawn(&answers)).scores();
        let found = score(&truth, &answers, &texts, &[1, 3, 3, 0]);
        let expected = [scores.accuracy, scores.f1_weighted, scores.f1_macro];
        assert!(found.iter().zip(expected).all(|(found, score)| (found - score).abs() < 1e-15), "{found:?}");
    }

    #[test]
    fn ten_texts_tell_little_and_all_right_tells_nothing_of_chance() {
        let truth = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1];
        let seven = [0, 1, 0, 1, 0, 1, 0, 0, 1, 0];
        let resampled = resample(&truth, &[vec![&seven], vec![&truth]], 2, 2000, 1);
        let interval = percentile_interval(&resampled[0].accuracy, 0.95);
        assert!(interval.high - interval.low >= 0.5, "{interval:?}");
        assert_eq!(percentile_interval(&resampled[1].accuracy, 0.95), Interval { low: 1.0, high: 1.0 });
    }

    #[test]
    fn perfect_answers_are_perfect_in_every_resample() {
        // Sixty texts of which most classes have one: many resamples lack some class.
        let truth: Vec<u32> = (0..60u32).map(|text| text.saturating_sub(40)).collect();
        let resampled = resample(&truth, &[vec![&truth]], 20, 500, 1);
        assert_eq!(percentile_interval(&resampled[0].f1_macro, 0.95), Interval { low: 1.0, high: 1.0 });
    }

    #[test]
    fn seeds_are_drawn_again_too() {
        let truth = vec![0; 100];
        let (all, none) = (vec![0; 100], vec![1; 100]);
        let resampled = resample(&truth, &[vec![&all, &none]], 2, 400, 1);
        assert_eq!(percentile_interval(&resampled[0].accuracy, 0.9), Interval { low: 0.0, high: 1.0 });
    }

    #[test]
    fn one_value_has_no_deviation() {
        assert_eq!(mean_and_deviation(&[0.5]), (0.5, 0.0));
        assert_eq!(mean_and_deviation(&[1.0, 3.0]), (2.0, 2f64.sqrt()));
    }
}
