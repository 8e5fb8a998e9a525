//! Precision and recall of one class by the probability from which on a text is taken for it.
//!
//! Takes the probability of the class for each text, and which texts are of it -> gives the curve, as scikit-learn's
//! `precision_recall_curve` has it, and the points that a decision asks for.

use std::cmp::Ordering;

/// The probability of the class, and whether the text is of it.
pub type ScoredText = (f64, bool);

/// The texts whose probability reaches a threshold, taken for the class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OperatingPoint {
    /// The lowest probability of a text that is taken for the class.
    pub threshold: f64,
    /// Of the texts taken for the class, the fraction that is of it.
    pub precision: f64,
    /// Of the texts of the class, the fraction that is taken for it.
    pub recall: f64,
    /// Fraction of all texts that are taken for the class.
    pub selected: f64,
}

/// A point for every probability that occurs, the highest first; empty where no text is of the class.
pub fn precision_recall_curve(texts: &[ScoredText]) -> Vec<OperatingPoint> {
    let mut sorted = texts.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let positives = sorted.iter().filter(|(_, is_of_class)| *is_of_class).count();
    if positives == 0 {
        return Vec::new();
    }
    let mut right = 0;
    let mut curve = Vec::new();
    for (index, &(threshold, is_of_class)) in sorted.iter().enumerate() {
        right += usize::from(is_of_class);
        let count = index + 1;
        if sorted.get(count).is_none_or(|next| next.0 < threshold) {
            curve.push(OperatingPoint {
                threshold,
                precision: right as f64 / count as f64,
                recall: right as f64 / positives as f64,
                selected: count as f64 / sorted.len() as f64,
            });
        }
    }
    curve
}

/// The point of the highest precision among those with at least this recall; of equals that of the higher recall.
pub fn precision_at_recall(curve: &[OperatingPoint], least: f64) -> Option<OperatingPoint> {
    best(curve, |point| point.recall >= least, |point| (point.precision, point.recall))
}

/// The point of the highest recall among those with at least this precision; of equals that of the higher precision. `None` where
/// no threshold reaches the precision.
pub fn recall_at_precision(curve: &[OperatingPoint], least: f64) -> Option<OperatingPoint> {
    best(curve, |point| point.precision >= least, |point| (point.recall, point.precision))
}

fn best(
    curve: &[OperatingPoint],
    is_enough: impl Fn(&OperatingPoint) -> bool,
    value: impl Fn(&OperatingPoint) -> (f64, f64),
) -> Option<OperatingPoint> {
    let order = |a: &OperatingPoint, b: &OperatingPoint| {
        value(a).partial_cmp(&value(b)).unwrap_or(Ordering::Equal) // fractions are never NaN
    };
    curve.iter().copied().filter(is_enough).max_by(order)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The example in the documentation of scikit-learn's `precision_recall_curve`.
    const EXAMPLE: [ScoredText; 4] = [(0.1, false), (0.4, false), (0.35, true), (0.8, true)];

    #[test]
    fn curve_is_that_of_scikit_learn() {
        let curve = precision_recall_curve(&EXAMPLE);
        let thresholds: Vec<f64> = curve.iter().map(|point| point.threshold).collect();
        let precision: Vec<f64> = curve.iter().map(|point| point.precision).collect();
        let recall: Vec<f64> = curve.iter().map(|point| point.recall).collect();
        assert_eq!(thresholds, [0.8, 0.4, 0.35, 0.1]);
        assert_eq!(precision, [1.0, 0.5, 2.0 / 3.0, 0.5]);
        assert_eq!(recall, [0.5, 0.5, 1.0, 1.0]);
    }

    #[test]
    fn equal_probabilities_share_a_point() {
        let curve = precision_recall_curve(&[(0.5, true), (0.5, false), (0.9, true), (0.5, true)]);
        assert_eq!(curve.len(), 2);
        assert_eq!((curve[1].precision, curve[1].recall, curve[1].selected), (0.75, 1.0, 1.0));
        assert!(precision_recall_curve(&[(0.5, false)]).is_empty(), "no text of the class");
    }

    #[test]
    fn point_with_enough_recall_has_the_highest_precision() {
        let curve = precision_recall_curve(&EXAMPLE);
        assert_eq!(precision_at_recall(&curve, 0.5).unwrap().threshold, 0.8);
        assert_eq!(precision_at_recall(&curve, 0.6).unwrap().threshold, 0.35);
        assert_eq!(recall_at_precision(&curve, 0.6).unwrap().recall, 1.0);
        let never_right_first = precision_recall_curve(&[(0.9, false), (0.8, true)]);
        assert_eq!(recall_at_precision(&never_right_first, 0.9), None);
    }
}
