//! Whether probabilities can be believed: of answers given with 80 %, 80 % should be right.
//!
//! Takes scores or probabilities and labels -> gives the expected calibration error, and the temperature that turns scores
//! into believable probabilities.
//!
//! # Source
//! Guo, Pleiss, Sun & Weinberger, "On calibration of modern neural networks" (2017).

/// Bins of equal width between 0 and 1.
const BINS: usize = 15;

/// The mean distance between how sure answers are and how often they are right, over bins of equal width.
///
/// `answers`: how sure each answer was, and whether it was right.
pub fn expected_calibration_error(answers: &[(f64, bool)]) -> f64 {
    let mut bins = [(0.0, 0.0); BINS];
    for &(probability, is_right) in answers {
        let bin = ((probability * BINS as f64).ceil() as usize).clamp(1, BINS) - 1; // (0, 1/15], (1/15, 2/15], ...
        bins[bin].0 += probability;
        bins[bin].1 += f64::from(is_right);
    }
    let apart: f64 = bins.iter().map(|(sure, right)| (sure - right).abs()).sum();
    apart / answers.len().max(1) as f64
}

/// The temperature by which scores must be divided, so that their softmax gives the labels the highest likelihood.
///
/// The likelihood has a single peak in 1 / temperature: golden section between 1/1000 and 1000.
///
/// # Shapes
/// `scores` `[texts, num_classes]`, `labels` `[texts]`
pub fn temperature(scores: &[f64], num_classes: usize, labels: &[u32]) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_8;
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
    let of_text = |(row, &label): (&[f64], &u32)| {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = row.iter().map(|score| (inverse * (score - largest)).exp()).sum();
        sum.ln() - inverse * (row[label as usize] - largest)
    };
    scores.chunks_exact(num_classes).zip(labels).map(of_text).sum::<f64>() / labels.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sure_and_right_is_calibrated_sure_and_wrong_is_not() {
        assert_eq!(expected_calibration_error(&[(1.0, true), (1.0, true)]), 0.0);
        assert_eq!(expected_calibration_error(&[(1.0, false)]), 1.0);
        let honest: Vec<(f64, bool)> = (0..100).map(|n| (0.75, n % 4 != 0)).collect();
        assert!(expected_calibration_error(&honest) < 1e-12);
        assert_eq!(expected_calibration_error(&[]), 0.0);
    }

    #[test]
    fn the_temperature_makes_scores_as_sure_as_they_are_right() {
        // Three of four right at odds of 3 : 1, so that a score difference of 10 must become ln 3.
        let scores: Vec<f64> = [[10.0, 0.0]; 8].concat();
        let labels = [0, 0, 0, 1, 0, 0, 0, 1];
        let found = temperature(&scores, 2, &labels);
        assert!((found - 10.0 / 3f64.ln()).abs() < 1e-3, "{found}");
        let probabilities = probabilities(&scores, 2, found);
        assert!((probabilities[0] - 0.75).abs() < 1e-4);
    }
}
