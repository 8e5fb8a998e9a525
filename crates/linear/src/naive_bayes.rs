//! Naive Bayes over counts or weights of n-grams: each n-gram speaks for itself.
//!
//! Takes features and labels -> gives a [`Linear`] classifier by counting once; there is nothing to iterate. A text of weight 2 is
//! counted twice; the weights of classes have no effect, as in scikit-learn.
//!
//! # Source
//! Multinomial: McCallum & Nigam, "A comparison of event models for naive Bayes text classification" (1998). Complement:
//! Rennie, Shih, Teevan & Karger, "Tackling the poor assumptions of naive Bayes text classifiers" (2003), the variant
//! without weight normalisation, as scikit-learn has it.

use super::{Csr, Linear, Targets};

/// Learns how often each class has each feature. `smoothing` is added to every count.
///
/// # Shapes
/// `features` `[texts, features]`
pub fn multinomial(features: &Csr, targets: Targets, smoothing: f64) -> Linear {
    let num_classes = targets.num_classes();
    let mut weights = class_sums(features, targets);
    let totals = totals(&weights, num_classes, smoothing);
    for row in weights.chunks_exact_mut(num_classes) {
        row.iter_mut().zip(&totals).for_each(|(sum, total)| *sum = ((*sum + smoothing) / total).ln());
    }
    let texts = targets.class_totals();
    let all: f64 = texts.iter().sum();
    let bias = texts.iter().map(|count| (count / all).ln()).collect();
    Linear { weights, bias }
}

/// Learns how often all *other* classes have each feature: the estimates of small classes rest on many texts, too.
///
/// # Shapes
/// As [`multinomial`].
pub fn complement(features: &Csr, targets: Targets, smoothing: f64) -> Linear {
    let num_classes = targets.num_classes();
    let mut weights = class_sums(features, targets);
    for row in weights.chunks_exact_mut(num_classes) {
        let all: f64 = row.iter().sum();
        row.iter_mut().for_each(|sum| *sum = all - *sum);
    }
    let totals = totals(&weights, num_classes, smoothing);
    for row in weights.chunks_exact_mut(num_classes) {
        row.iter_mut().zip(&totals).for_each(|(sum, total)| *sum = -((*sum + smoothing) / total).ln());
    }
    Linear { weights, bias: vec![0.0; num_classes] }
}

/// The weighted sum of each feature over the texts of each class. `[features, num_classes]`
fn class_sums(features: &Csr, targets: Targets) -> Vec<f64> {
    let num_classes = targets.num_classes();
    let mut sums = vec![0.0; features.columns() * num_classes];
    for (text, &label) in targets.labels.iter().enumerate() {
        let weight = targets.text_weight(text);
        let (columns, values) = features.row(text);
        for (&column, &value) in columns.iter().zip(values) {
            sums[column as usize * num_classes + label as usize] += weight * value;
        }
    }
    sums
}

/// The sum over all features of each class, every feature smoothed. `[num_classes]`
fn totals(sums: &[f64], num_classes: usize, smoothing: f64) -> Vec<f64> {
    let mut totals = vec![0.0; num_classes];
    for row in sums.chunks_exact(num_classes) {
        totals.iter_mut().zip(row).for_each(|(total, sum)| *total += sum + smoothing);
    }
    totals
}
