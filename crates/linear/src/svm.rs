//! A linear support vector machine per class against all others, with squared hinge loss.
//!
//! Takes features and labels -> gives a [`Linear`] classifier whose scores are signed distances.
//!
//! ```text
//! minimise  ½‖w‖² + Σ c_i max(0, 1 - y_i w·x_i)²      y = ±1; x has a 1 behind it, whose weight is the bias
//! dual      minimise ½ aᵀQa - Σ a_i, a ≥ 0            Q_ij = y_i y_j x_i·x_j, and 1/(2c_i) more on the diagonal
//! ```
//!
//! One a_i after another is set to its best value while w = Σ a_i y_i x_i is kept up to date: a step touches one text only.
//!
//! # Source
//! Hsieh, Chang, Lin, Keerthi & Sundararajan, "A dual coordinate descent method for large-scale linear SVM" (2008),
//! algorithm 3 (with shrinking). The objective is scikit-learn's `LinearSVC` with its `C` = `c`, its `class_weight` and its
//! `sample_weight`: c_i = c · weight of the text · weight of its class where there are two classes; where there are more, the texts of the
//! class that is separated from the rest have its weight, and those of the rest have 1. A text of weight 0 is left out.

use rayon::prelude::*;

use super::logistic::Stop;
use super::{Csr, Linear, Targets};
use ninefold_core::rng::{Rng, fold};
use ninefold_core::subnormals::FlushParallel;

/// Trains one machine per class, on all threads.
///
/// # Shapes
/// `features` `[texts, features]`
pub fn train(features: &Csr, targets: Targets, c: f64, stop: Stop, seed: u64) -> Linear {
    let Targets { labels, class_weights, .. } = targets;
    let num_classes = class_weights.len();
    let machine = |class: usize| {
        let signs: Vec<f64> = labels.iter().map(|&label| if label as usize == class { 1.0 } else { -1.0 }).collect();
        let rest = if num_classes == 2 { class_weights[1 - class] } else { 1.0 };
        let of_sign = [c * class_weights[class], c * rest];
        let cost = |(text, sign): (usize, &f64)| targets.text_weight(text) * of_sign[usize::from(*sign < 0.0)];
        let costs: Vec<f64> = signs.iter().enumerate().map(cost).collect();
        one_against_rest(features, &signs, &costs, stop, fold(&[seed, class as u64]))
    };
    let machines: Vec<Vec<f64>> = (0..num_classes).into_par_iter().flushing().map(machine).collect();
    let mut weights = vec![0.0; features.columns() * num_classes]; // [features, num_classes]
    for (feature, row) in weights.chunks_exact_mut(num_classes).enumerate() {
        row.iter_mut().zip(&machines).for_each(|(weight, machine)| *weight = machine[feature]);
    }
    Linear { weights, bias: machines.iter().map(|machine| machine[features.columns()]).collect() }
}

/// The weights of one machine, the bias last. `signs` and `costs` `[texts]` -> `[features + 1]`
fn one_against_rest(features: &Csr, signs: &[f64], costs: &[f64], stop: Stop, seed: u64) -> Vec<f64> {
    let bias = features.columns();
    let mut weights = vec![0.0; bias + 1];
    let mut multipliers = vec![0.0; signs.len()]; // [texts] a
    let diagonal = |text: usize| 0.5 / costs[text];
    let counted: Vec<usize> = (0..signs.len()).filter(|&text| costs[text] > 0.0).collect();
    let curvatures: Vec<f64> = (0..signs.len())
        .map(|text| 1.0 + diagonal(text) + features.row(text).1.iter().map(|value| value * value).sum::<f64>())
        .collect();
    let mut rng = Rng::for_purpose(seed, "svm");
    let mut active = counted.clone();
    let mut largest_before = f64::INFINITY;
    for _ in 0..stop.max_iterations {
        rng.shuffle(&mut active);
        let (mut largest, mut smallest) = (f64::NEG_INFINITY, f64::INFINITY);
        active.retain(|&text| {
            let (columns, values) = features.row(text);
            let products = columns.iter().zip(values).map(|(&column, value)| weights[column as usize] * value);
            let margin = signs[text] * (weights[bias] + products.sum::<f64>());
            let slope = margin - 1.0 + diagonal(text) * multipliers[text];
            let at_bound = multipliers[text] == 0.0;
            if at_bound && slope > largest_before {
                return false; // shrinking: it stays at its bound in all likelihood
            }
            let projected = if at_bound { slope.min(0.0) } else { slope };
            largest = largest.max(projected);
            smallest = smallest.min(projected);
            if projected.abs() > 1e-12 {
                let old = multipliers[text];
                multipliers[text] = (old - slope / curvatures[text]).max(0.0);
                let change = (multipliers[text] - old) * signs[text];
                columns.iter().zip(values).for_each(|(&column, value)| weights[column as usize] += change * value);
                weights[bias] += change;
            }
            true
        });
        if active.is_empty() || largest - smallest <= stop.tolerance {
            if active.len() == counted.len() {
                break;
            }
            active.clone_from(&counted); // were those left out really at their bounds?
            largest_before = f64::INFINITY;
        } else {
            largest_before = if largest > 0.0 { largest } else { f64::INFINITY };
        }
    }
    weights
}
