//! Whether probabilities can be believed: of answers given with 80 %, 80 % should be right.
//!
//! Takes scores or probabilities and labels -> gives the expected calibration error with its bins, the temperature that
//! turns scores into believable probabilities, and what is gained by not answering where a model is unsure.
//!
//! # Source
//! Guo, Pleiss, Sun & Weinberger, "On calibration of modern neural networks" (2017); the curve of coverage and accuracy is
//! El-Yaniv & Wiener's, "On the foundations of noise-free selective classification" (2010).

use serde::{Deserialize, Serialize};

/// Bins of equal width between 0 and 1.
const BINS: usize = 15;

/// How sure an answer was, and whether it was right.
pub type Answer = (f64, bool);

/// The answers of about the same certainty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// How many.
    pub texts: usize,
    /// How sure they were on average.
    pub probability: f64,
    /// The fraction that was right.
    pub accuracy: f64,
}

/// The answers in bins of equal width, (0, 1/15], (1/15, 2/15], ...; an empty bin is all zeros.
pub fn reliability(answers: &[Answer]) -> Vec<Bin> {
    let mut bins = vec![Bin::default(); BINS];
    for &(probability, is_right) in answers {
        let bin = &mut bins[((probability * BINS as f64).ceil() as usize).clamp(1, BINS) - 1];
        bin.texts += 1;
        bin.probability += probability;
        bin.accuracy += f64::from(is_right);
    }
    for bin in &mut bins {
        let texts = bin.texts.max(1) as f64;
        (bin.probability, bin.accuracy) = (bin.probability / texts, bin.accuracy / texts);
    }
    bins
}

/// The mean distance between how sure answers are and how often they are right, over [`reliability`]'s bins.
pub fn expected_calibration_error(answers: &[Answer]) -> f64 {
    let apart = |bin: &Bin| bin.texts as f64 * (bin.probability - bin.accuracy).abs();
    reliability(answers).iter().map(apart).sum::<f64>() / answers.len().max(1) as f64
}

/// What is left when answers below a probability are not given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Selected {
    /// The lowest probability that is answered with.
    pub min_probability: f64,
    /// Fraction of texts that get an answer.
    pub coverage: f64,
    /// Fraction of right ones among those answers; 1 where there are none.
    pub accuracy: f64,
}

/// The answers that are at least so sure.
pub fn selected(answers: &[Answer], min_probability: f64) -> Selected {
    let given = answers.iter().filter(|(probability, _)| *probability >= min_probability);
    let (mut count, mut right) = (0, 0);
    given.for_each(|&(_, is_right)| (count, right) = (count + 1, right + usize::from(is_right)));
    Selected {
        min_probability,
        coverage: count as f64 / answers.len().max(1) as f64,
        accuracy: if count == 0 { 1.0 } else { right as f64 / count as f64 },
    }
}

/// The temperature by which scores must be divided, so that their softmax gives the labels the highest likelihood; 1 when
/// there are no texts.
///
/// It is as if one text more had a label drawn by lot: where all answers are right, any higher certainty would be more likely
/// still, and a model that makes no mistake on a few texts would claim never to make one.
///
/// The likelihood has a single peak in 1 / temperature: golden section between 1/1000 and 1000.
///
/// # Shapes
/// `scores` `[texts, num_classes]`, `labels` `[texts]`
pub fn temperature(scores: &[f64], num_classes: usize, labels: &[u32]) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_8;
    if labels.is_empty() {
        return 1.0;
    }
    let loss = |log_inverse: f64| mean_loss(scores, num_classes, labels, log_inverse.exp());
    let (mut low, mut high) = (-(1000f64.ln()), 1000f64.ln());
    let (mut left, mut right) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
    let (mut at_left, mut at_right) = (loss(left), loss(right));
    while high - low > 1e-6 {
        if at_left <= at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - GOLDEN * (high - low);
            at_left = loss(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + GOLDEN * (high - low);
            at_right = loss(right);
        }
    }
    (-0.5 * (low + high)).exp()
}

/// Scores, divided by a temperature, as probabilities.
///
/// # Shapes
/// `scores` `[texts, num_classes]` -> the same
pub fn probabilities(scores: &[f64], num_classes: usize, temperature: f64) -> Vec<f32> {
    let mut probabilities = Vec::with_capacity(scores.len());
    for row in scores.chunks_exact(num_classes) {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let raised = || row.iter().map(|score| ((score - largest) / temperature).exp());
        let sum: f64 = raised().sum();
        probabilities.extend(raised().map(|value| (value / sum) as f32));
    }
    probabilities
}

fn mean_loss(scores: &[f64], num_classes: usize, labels: &[u32], inverse: f64) -> f64 {
    let by_lot = 1.0 / (labels.len() as f64 + 1.0);
    let of_text = |(row, &label): (&[f64], &u32)| {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (mut sum, mut mean) = (0.0, 0.0);
        for score in row {
            let score = inverse * (score - largest);
            sum += score.exp();
            mean += score / num_classes as f64;
        }
        let told = inverse * (row[label as usize] - largest);
        sum.ln() - (1.0 - by_lot) * told - by_lot * mean
    };
    scores.chunks_exact(num_classes).zip(labels).map(of_text).sum::<f64>() / labels.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sure_and_right_is_calibrated_sure_and_wrong_is_not() {
        assert_eq!(expected_calibration_error(&[(1.0, true), (1.0, true)]), 0.0);
        assert_eq!(expected_calibration_error(&[(1.0, false)]), 1.0);
        let honest: Vec<Answer> = (0..100).map(|n| (0.75, n % 4 != 0)).collect();
        assert!(expected_calibration_error(&honest) < 1e-12);
        assert_eq!(expected_calibration_error(&[]), 0.0);
    }

    #[test]
    fn the_temperature_makes_scores_as_sure_as_they_are_right() {
        // Three of four right at odds of 3 : 1, so that a score difference of 10 must become ln 3.
        let scores: Vec<f64> = [[10.0, 0.0]; 8000].concat();
        let labels = [0, 0, 0, 1].repeat(2000);
        let found = temperature(&scores, 2, &labels);
        assert!((found - 10.0 / 3f64.ln()).abs() < 1e-2, "{found}");
        let probabilities = probabilities(&scores, 2, found);
        assert!((probabilities[0] - 0.75).abs() < 1e-3);
    }

    #[test]
    fn few_right_answers_are_no_proof_of_certainty() {
        let scores = [[4.0, 0.0]; 9].concat();
        let sure = probabilities(&scores, 2, temperature(&scores, 2, &[0; 9]))[0];
        assert!((f64::from(sure) - 0.95).abs() < 1e-3, "{sure}: nine right, half of one by lot");
        assert_eq!(temperature(&[], 2, &[]), 1.0);
    }

    #[test]
    fn who_answers_less_is_right_more_often() {
        let answers = [(0.9, true), (0.8, true), (0.6, false), (0.5, true)];
        let all = Selected { min_probability: 0.0, coverage: 1.0, accuracy: 0.75 };
        assert_eq!(selected(&answers, 0.0), all);
        assert_eq!(selected(&answers, 0.7), Selected { min_probability: 0.7, coverage: 0.5, accuracy: 1.0 });
        assert_eq!(selected(&answers, 0.95).coverage, 0.0);
    }
}
