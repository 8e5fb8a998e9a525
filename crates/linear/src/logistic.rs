//! Multinomial logistic regression with an L2 penalty.
//!
//! Takes features and labels -> gives a [`Linear`] classifier whose scores are logits.
//!
//! ```text
//! minimise  1/n Σ a_i (log Σ_k exp(z_ik) - z_i,label)  +  1/(2 c n) ‖W‖²   z = X W + b; the bias is not penalised
//! gradient  W: Xᵀ A(p - y)/n + W/(c n)      b: Σ a_i (p - y)/n              p = softmax(z), y one-hot
//!
//! a_i = weight of the text times that of its class, n = Σ a_i
//! ```
//!
//! # Source
//! The objective is scikit-learn's `LogisticRegression` with its `C` = `c`, its `class_weight` and its
//! `sample_weight`.

use super::{Csr, Linear, Targets, lbfgs};

/// What ends the training of a linear classifier.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stop {
    /// How far from the optimum is near enough.
    pub tolerance: f64,
    /// Passes at most.
    pub max_iterations: usize,
}

/// Trains from `start`, or from zero. A smaller `c` keeps the weights smaller.
///
/// # Shapes
/// `features` `[texts, features]`
pub fn train(features: &Csr, targets: Targets, c: f64, stop: Stop, start: Option<&Linear>) -> Linear {
    let num_classes = targets.num_classes();
    let transposed = features.transposed();
    // Two classes share one vector of weights in scikit-learn: half of it, with either sign, is what they have here, and
    // the squares of two halves are half of the whole's.
    let c = if num_classes == 2 { 0.5 * c } else { c };
    let total: f64 = (0..targets.labels.len()).map(|text| targets.weight(text)).sum();
    let split = features.columns() * num_classes;
    let mut parameters = match start {
        Some(start) => [&start.weights[..], &start.bias].concat(),
        None => vec![0.0; split + num_classes],
    }; // [features + 1, num_classes]
    let mut objective = |parameters: &[f64], gradient: &mut [f64]| {
        let (weights, bias) = parameters.split_at(split);
        let mut errors = features.times(weights, num_classes); // [texts, num_classes]
        let mut loss = 0.0;
        let bias_gradient = &mut vec![0.0; num_classes];
        for (text, row) in errors.chunks_exact_mut(num_classes).enumerate() {
            row.iter_mut().zip(bias).for_each(|(score, bias)| *score += bias);
            let (label, weight) = (targets.labels[text] as usize, targets.weight(text) / total);
            loss += weight * softmax_loss(row, label);
            row[label] -= 1.0;
            row.iter_mut().for_each(|error| *error *= weight);
            bias_gradient.iter_mut().zip(&*row).for_each(|(sum, error)| *sum += error);
        }
        let penalty = 1.0 / (c * total);
        let product = transposed.times(&errors, num_classes);
        let mut square = 0.0;
        for ((part, product), weight) in gradient.iter_mut().zip(product).zip(weights) {
            *part = product + penalty * weight;
            square += weight * weight;
        }
        gradient[split..].copy_from_slice(bias_gradient);
        loss + 0.5 * penalty * square
    };
    lbfgs::minimise(&mut objective, &mut parameters, stop.tolerance, stop.max_iterations);
    let bias = parameters.split_off(split);
    Linear { weights: parameters, bias }
}

/// Logits become probabilities; returns the cross-entropy of `label`.
pub(super) fn softmax_loss(row: &mut [f64], label: usize) -> f64 {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let right = row[label] - largest;
    let mut sum = 0.0;
    for score in row.iter_mut() {
        *score = (*score - largest).exp();
        sum += *score;
    }
    row.iter_mut().for_each(|score| *score /= sum);
    sum.ln() - right
}
