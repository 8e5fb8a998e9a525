//! Several models answer together: the mean of their probabilities (a soft vote), or the product of powers of them.
//!
//! Takes the probabilities of several models for the same texts, one model after another -> gives those of all of them
//! together, and sharpens them by a temperature: models that disagree make a mean that is less sure than it is right.
//!
//! # Source
//! Kittler, Hatef, Duin & Matas, "On combining classifiers" (1998), the sum rule and the product rule.

use serde::{Deserialize, Serialize};

use super::calibration;

/// Less than this no model's probability counts as where its logarithm is taken: what one of them holds impossible, the
/// others can still be right about.
pub const LEAST: f64 = 1e-9;

/// What is done with the probabilities of several models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Σ w p / Σ w
    #[default]
    Mean,
    /// Π p^w, then shared out so that it sums to 1.
    Product,
}

impl Rule {
    /// Whether it is the mean.
    pub fn is_mean(&self) -> bool {
        *self == Rule::Mean
    }
}

/// A vote that is being taken, one model after another, so that not all of them need to lie in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Vote {
    rule: Rule,
    sums: Vec<f64>, // [texts, num_classes] of w p, or of w log p
    weight: f64,
}

impl Vote {
    /// Nobody has voted yet. `size`: texts times classes.
    ///
    /// # Examples
    /// ```
    /// use ninefold_metrics::{Rule, Vote};
    ///
    /// let mut vote = Vote::new(Rule::Mean, 2);
    /// vote.add(&[1.0, 0.0], 3.0);
    /// vote.add(&[0.0, 1.0], 1.0);
    /// assert_eq!(vote.probabilities(2), [0.75, 0.25]);
    /// ```
    pub fn new(rule: Rule, size: usize) -> Vote {
        Vote { rule, sums: vec![0.0; size], weight: 0.0 }
    }

    /// One model votes.
    ///
    /// # Shapes
    /// `probabilities` `[texts, num_classes]`
    ///
    /// # Panics
    /// When the model answers other texts than the vote is about.
    pub fn add(&mut self, probabilities: &[f32], weight: f64) {
        assert_eq!(probabilities.len(), self.sums.len(), "a vote about other texts");
        self.weight += weight;
        let pairs = self.sums.iter_mut().zip(probabilities);
        match self.rule {
            Rule::Mean => pairs.for_each(|(sum, &probability)| *sum += weight * f64::from(probability)),
            Rule::Product => pairs.for_each(|(sum, &probability)| *sum += weight * log(probability)),
        }
    }

    /// What all of them say together; the mean of a single model is what it said, to the bit.
    ///
    /// # Shapes
    /// -> `[texts, num_classes]`
    pub fn probabilities(&self, num_classes: usize) -> Vec<f32> {
        match self.rule {
            Rule::Mean => self.sums.iter().map(|sum| (sum / self.weight) as f32).collect(),
            Rule::Product => calibration::probabilities(&self.sums, num_classes, 1.0),
        }
    }
}

fn log(probability: f32) -> f64 {
    f64::from(probability).max(LEAST).ln()
}

/// The logarithm of each probability: a score that [`calibration`] takes.
pub fn log_scores(probabilities: &[f32]) -> Vec<f64> {
    probabilities.iter().map(|&probability| log(probability)).collect()
}

/// The probabilities at another temperature: below 1 surer, above 1 less sure, at 1 the same to the bit.
///
/// # Shapes
/// `probabilities` `[texts, num_classes]` -> the same
pub fn tempered(probabilities: Vec<f32>, num_classes: usize, temperature: f64) -> Vec<f32> {
    if temperature == 1.0 {
        return probabilities;
    }
    calibration::probabilities(&log_scores(&probabilities), num_classes, temperature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{log_loss, most_probable};

    fn vote(rule: Rule, members: &[(&[f32], f64)], num_classes: usize) -> Vec<f32> {
        let mut vote = Vote::new(rule, members[0].0.len());
        members.iter().for_each(|(member, weight)| vote.add(member, *weight));
        vote.probabilities(num_classes)
    }

    #[test]
    fn three_that_are_each_wrong_about_another_third_are_right_together() {
        let truth: Vec<u32> = (0..99).map(|text| text % 3).collect();
        let wrong_on = |third: usize| -> Vec<f32> {
            let row = |text: usize| match text / 33 == third {
                true => (0..3).map(|class| if class == (text + 1) % 3 { 0.5 } else { 0.25 }).collect::<Vec<f32>>(),
                false => (0..3).map(|class| if class == text % 3 { 0.6 } else { 0.2 }).collect(),
            };
            (0..99).flat_map(row).collect()
        };
        let members = [0, 1, 2].map(wrong_on);
        let right =
            |probabilities: &[f32]| most_probable(probabilities, 3).iter().zip(&truth).filter(|(a, b)| a == b).count();
        assert_eq!(members.each_ref().map(|member| right(member)), [66; 3]);
        for rule in [Rule::Mean, Rule::Product] {
            assert_eq!(right(&vote(rule, &members.each_ref().map(|member| (member.as_slice(), 1.0)), 3)), 99);
        }
    }

    #[test]
    fn a_vote_of_one_is_that_one_to_the_bit_whatever_it_weighs() {
        let alone: Vec<f32> = (1..3000).map(|n| 1.0 / n as f32).chain([0.0, f32::MIN_POSITIVE]).collect();
        for weight in [1.0, 7.0, 0.1, 1e-9] {
            assert_eq!(vote(Rule::Mean, &[(&alone, weight), (&alone, 2.0 * weight)], 1), alone);
        }
        assert_eq!(tempered(alone.clone(), 1, 1.0), alone);
    }

    #[test]
    fn weights_are_heard() {
        assert_eq!(vote(Rule::Mean, &[(&[1.0, 0.0], 3.0), (&[0.0, 1.0], 1.0)], 2), [0.75, 0.25]);
        // 0.8² · 0.5 to 0.2² · 0.5
        let product = vote(Rule::Product, &[(&[0.8, 0.2], 2.0), (&[0.5, 0.5], 1.0)], 2);
        assert!((product[0] - 0.64 / 0.68).abs() < 1e-6, "{product:?}");
    }

    #[test]
    fn a_temperature_sharpens_and_impossible_is_no_number_that_spreads() {
        let sharp = tempered(vec![0.6, 0.4, 1.0, 0.0], 2, 0.5);
        assert!((sharp[0] - 0.36 / 0.52).abs() < 1e-6 && sharp[2] == 1.0 && sharp[3] < 1e-17, "{sharp:?}");
        let flat = tempered(vec![1.0, 0.0], 2, 4.0);
        assert!(
            flat.iter().all(|probability| probability.is_finite()) && log_loss(&flat, 2, &[1]).is_finite(),
            "{flat:?}"
        );
        let both = vote(Rule::Product, &[(&[1.0, 0.0], 1.0), (&[0.0, 1.0], 1.0)], 2);
        assert_eq!(both, [0.5, 0.5]);
    }
}
