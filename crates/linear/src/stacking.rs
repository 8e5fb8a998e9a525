//! How far each of several models is to be trusted: multinomial logistic regression over their log-probabilities with one
//! weight per model, the same for all classes.
//!
//! Takes the log-probabilities of several models and the labels -> gives a weight per model. Together they say
//! p(class) ∝ Π p_m(class)^w_m: a model that does not matter gets a weight near 0, one that is too timid more than 1.
//!
//! ```text
//! minimise  1/n Σ a_i (log Σ_k exp(z_ik) - z_i,label)  +  1/(2 c n) ‖w - w0‖²      z_ik = Σ_m w_m l_mik
//! gradient  w_m: 1/n Σ_i a_i Σ_k (p_ik - y_ik) l_mik  +  (w_m - w0)/(c n)           p = softmax(z), y one-hot
//!
//! a_i = weight of the text times that of its class, n = Σ a_i, w0 = 1 / number of models
//! ```
//!
//! The penalty pulls towards the plain geometric mean, which is what is left where there are few texts. A weight per model,
//! class and class, which the words "logistic regression over all probabilities" may suggest, are thousands of weights for
//! some hundred validation texts; docs/internals/ensembles.md has what that cost.
//!
//! # Source
//! Wolpert, "Stacked generalization" (1992); that each class needs its own probabilities only: Seewald, "How to make stacking
//! better and faster while also taking care of an unknown weakness" (2002); the product of powers as a logarithmic opinion
//! pool: Heskes, "Selecting weighting factors in logarithmic opinion pools" (1998).

use rayon::prelude::*;

use super::logistic::{Stop, softmax_loss};
use super::{Targets, lbfgs};
use ninefold_core::subnormals::FlushParallel;

/// Texts that one thread adds up at a time; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 64;

/// Trains on the texts at `texts`, from `start`. A smaller `c` keeps the weights nearer to each other.
///
/// # Shapes
/// `log_probabilities` `[models][texts, num_classes]`, `start` `[models]` -> `[models]`
pub fn train(
    log_probabilities: &[Vec<f64>],
    targets: Targets,
    texts: &[usize],
    c: f64,
    stop: Stop,
    start: &[f64],
) -> Vec<f64> {
    let (models, num_classes) = (log_probabilities.len(), targets.num_classes());
    let total: f64 = texts.iter().map(|&text| targets.weight(text)).sum();
    if total == 0.0 {
        return start.to_vec();
    }
    let even = 1.0 / models as f64;
    let mut objective = |weights: &[f64], gradient: &mut [f64]| {
        let chunk = |texts: &[usize]| {
            let mut sums = vec![0.0; models + 1]; // the gradient, then the loss
            let mut scores = vec![0.0; num_classes];
            for &text in texts {
                let row = |model: usize| &log_probabilities[model][text * num_classes..][..num_classes];
                scores.fill(0.0);
                for (model, weight) in weights.iter().enumerate() {
                    scores.iter_mut().zip(row(model)).for_each(|(score, log)| *score += weight * log);
                }
                let label = targets.labels[text] as usize;
                let weight = targets.weight(text) / total;
                sums[models] += weight * softmax_loss(&mut scores, label);
                scores[label] -= 1.0;
                for (model, sum) in sums[..models].iter_mut().enumerate() {
                    *sum += weight * scores.iter().zip(row(model)).map(|(error, log)| error * log).sum::<f64>();
                }
            }
            sums
        };
        let chunks: Vec<Vec<f64>> = texts.par_chunks(CHUNK).flushing().map(chunk).collect();
        let penalty = 1.0 / (c * total);
        let mut loss = 0.0;
        for (index, part) in gradient.iter_mut().enumerate() {
            let apart = weights[index] - even;
            *part = chunks.iter().map(|sums| sums[index]).sum::<f64>() + penalty * apart;
            loss += 0.5 * penalty * apart * apart;
        }
        loss + chunks.iter().map(|sums| sums[models]).sum::<f64>()
    };
    let mut weights = start.to_vec();
    lbfgs::minimise(&mut objective, &mut weights, stop.tolerance, stop.max_iterations);
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use ninefold_core::rng::Rng;

    /// Labels of texts that all have the same weight.
    fn of<'a>(labels: &'a [u32], class_weights: &'a [f64]) -> Targets<'a> {
        Targets { labels, text_weights: None, class_weights }
    }

    const STOP: Stop = Stop { tolerance: 1e-9, max_iterations: 500 };

    /// One model whose probabilities are true, one that says nothing, one that is half as sure as it should be.
    fn models(texts: usize) -> (Vec<Vec<f64>>, Vec<u32>) {
        let mut rng = Rng::new(3);
        let (mut honest, mut labels) = (Vec::new(), Vec::new());
        for _ in 0..texts {
            let weights: Vec<f64> = (0..3).map(|_| rng.uniform().powi(3) + 0.01).collect();
            let sum: f64 = weights.iter().sum();
            let (drawn, mut passed) = (rng.uniform() * sum, 0.0);
            let label = weights.iter().position(|weight| {
                passed += weight;
                drawn < passed
            });
            labels.push(label.unwrap_or(2) as u32);
            honest.extend(weights.iter().map(|weight| (weight / sum).ln()));
        }
        let silent = vec![(1f64 / 3.0).ln(); honest.len()];
        let noise = (0..honest.len()).map(|_| -3.0 * rng.uniform()).collect();
        (vec![honest, silent, noise], labels)
    }

    #[test]
    fn true_probabilities_are_believed_and_noise_is_not() {
        let (models, labels) = models(4000);
        let all: Vec<usize> = (0..labels.len()).collect();
        let weights = train(&models, of(&labels, &[1.0; 3]), &all, 1e3, STOP, &[0.0; 3]);
        assert!((weights[0] - 1.0).abs() < 0.06 && weights[2].abs() < 0.06, "{weights:?}");
        let timid = vec![models[0].iter().map(|log| 0.5 * log).collect()];
        let weights = train(&timid, of(&labels, &[1.0; 3]), &all, 1e3, STOP, &[0.0]);
        assert!((weights[0] - 2.0).abs() < 0.12, "{weights:?}");
    }

    #[test]
    fn few_texts_or_a_small_c_leave_the_plain_mean() {
        let (models, labels) = models(50);
        let all: Vec<usize> = (0..labels.len()).collect();
        let weights = train(&models, of(&labels, &[1.0; 3]), &all, 1e-7, STOP, &[0.0; 3]);
        assert!(weights.iter().all(|weight| (weight - 1.0 / 3.0).abs() < 1e-4), "{weights:?}");
        assert_eq!(train(&models, of(&labels, &[1.0; 3]), &[], 1.0, STOP, &[0.25; 3]), [0.25; 3]);
    }

    #[test]
    fn the_weights_are_the_same_bits_on_any_number_of_threads() {
        let (models, labels) = models(500);
        let some: Vec<usize> = (0..labels.len()).filter(|text| text % 3 > 0).collect();
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            pool.install(|| train(&models, of(&labels, &[1.0, 2.0, 0.5]), &some, 0.3, STOP, &[0.0; 3]))
        };
        assert_eq!(on(1), on(3));
    }
}
