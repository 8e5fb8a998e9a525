//! Naive Bayes over counts or weights of n-grams: each n-gram speaks for itself.
//!
//! Takes features and labels -> gives a [`Linear`] classifier by counting once; there is nothing to iterate.
//!
//! # Source
//! Multinomial: McCallum & Nigam, "A comparison of event models for naive Bayes text classification" (1998). Complement:
//! Rennie, Shih, Teevan & Karger, "Tackling the poor assumptions of naive Bayes text classifiers" (2003), the variant
//! without weight normalisation, as scikit-learn has it.

use super::{Csr, Linear};

/// Learns how often each class has each feature. `smoothing` is added to every count.
///
/// # Shapes
/// `features` `[texts, features]`, `labels` `[texts]`
pub fn multinomial(features: &Csr, labels: &[u32], num_classes: usize, smoothing: f64) -> Linear {
    let mut weights = class_sums(features, labels, num_classes);
    let totals = totals(&weights, num_classes, smoothing);
    for row in weights.chunks_exact_mut(num_classes) {
        row.iter_mut().zip(&totals).for_each(|(sum, total)| *sum = ((*sum + smoothing) / total).ln());
    }
    let mut texts = vec![0.0; num_classes];
    labels.iter().for_each(|&label| texts[label as usize] += 1.0);
    let bias = texts.iter().map(|count| (count / labels.len() as f64).ln()).collect();
    Linear { weights, bias }
}

/// Learns how often all *other* classes have each feature: the estimates of small classes rest on many texts, too.
///
/// # Shapes
/// As [`multinomial`].
pub fn complement(features: &Csr, labels: &[u32], num_classes: usize, smoothing: f64) -> Linear {
    let mut weights = class_sums(features, labels, num_classes);
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

/// The sum of each feature over the texts of each class. `[features, num_classes]`
fn class_sums(features: &Csr, labels: &[u32], num_classes: usize) -> Vec<f64> {
    let mut sums = vec![0.0; features.columns() * num_classes];
    for (text, &label) in labels.iter().enumerate() {
        let (columns, values) = features.row(text);
        for (&column, &value) in columns.iter().zip(values) {
            sums[column as usize * num_classes + label as usize] += value;
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
