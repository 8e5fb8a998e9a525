//! From probabilities to answers, and how well the probabilities themselves are set.
//!
//! Takes one row of probabilities per text -> gives label ids, or the mean cross-entropy.

/// The most probable class of each row; the lowest id among equals; a NaN is less probable than anything.
///
/// # Shapes
/// `probabilities` (or logits, margins: only the order counts) `[texts, num_classes]` -> `[texts]`
///
/// # Panics
/// When the length is no multiple of `num_classes`.
///
/// # Examples
/// ```
/// use ninefold_metrics::most_probable;
///
/// assert_eq!(most_probable(&[0.2, 0.8, 0.5, 0.5], 2), [1, 0]);
/// ```
pub fn most_probable<T: PartialOrd + Copy>(probabilities: &[T], num_classes: usize) -> Vec<u32> {
    let is_nan = |probability: T| probability.partial_cmp(&probability).is_none();
    let best = |row: &[T]| {
        let mut best = 0;
        for (class, &probability) in row.iter().enumerate() {
            if probability > row[best] || (is_nan(row[best]) && !is_nan(probability)) {
                best = class;
            }
        }
        best as u32
    };
    rows(probabilities, num_classes).map(best).collect()
}

/// The mean over texts of -ln of the probability that the true class was given; 0 when there are no texts. A probability
/// of 0 counts as 2^-52, as scikit-learn's `log_loss` has it for 64 bits, so that one sure mistake does not make it infinite. A label
/// that is not below `num_classes`, which no training text had, has the probability 0.
///
/// # Shapes
/// `probabilities` `[texts, num_classes]`, `truth` `[texts]`
///
/// # Panics
/// When the shapes do not fit.
pub fn log_loss(probabilities: &[f32], num_classes: usize, truth: &[u32]) -> f64 {
    assert_eq!(probabilities.len(), truth.len() * num_classes, "one row of {num_classes} probabilities per text");
    let probability = |row: &[f32], label: u32| row.get(label as usize).copied().unwrap_or(0.0);
    let of_text = |(row, &label): (&[f32], &u32)| -f64::from(probability(row, label)).clamp(f64::EPSILON, 1.0).ln();
    let sum: f64 = rows(probabilities, num_classes).zip(truth).map(of_text).sum();
    if truth.is_empty() { 0.0 } else { sum / truth.len() as f64 }
}

fn rows<T>(probabilities: &[T], num_classes: usize) -> impl Iterator<Item = &[T]> {
    assert!(
        num_classes > 0 && probabilities.len().is_multiple_of(num_classes),
        "{} probabilities are no rows of {num_classes}",
        probabilities.len()
    );
    probabilities.chunks_exact(num_classes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equals_is_the_answer() {
        assert_eq!(most_probable(&[0.2, 0.4, 0.4, 0.5, 0.5, 0.0], 3), [1, 0]);
        assert_eq!(most_probable(&[f32::NAN, 0.1, 0.2, f32::NAN, f32::NAN, f32::NAN], 3), [2, 0]);
        assert!(most_probable::<f32>(&[], 3).is_empty());
    }

    #[test]
    fn the_loss_of_a_guess_is_the_logarithm_of_the_number_of_classes() {
        assert_eq!(log_loss(&[0.25; 12], 4, &[0, 1, 3]), 4f64.ln());
        assert_eq!(log_loss(&[1.0, 0.0], 2, &[0]), 0.0);
        assert_eq!(log_loss(&[1.0, 0.0], 2, &[1]), 52.0 * 2f64.ln());
        assert_eq!(log_loss(&[], 2, &[]), 0.0);
    }
}
