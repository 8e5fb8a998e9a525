//! t-SNE: points on a page such that near neighbours stay near.
//!
//! Rows -> how likely each is to pick each other as neighbour (Gaussian, its width such that about `perplexity` count) ->
//! points where the same likelihoods under a Student distribution differ least, by gradient descent. Exact: every pair is
//! looked at. It begins with the principal components, so no random number is drawn, and the points do not depend on the
//! number of threads.
//!
//! Sources: van der Maaten & Hinton, "Visualizing data using t-SNE" (2008); the start and the learning rate: Kobak & Berens,
//! "The art of using t-SNE for single-cell transcriptomics" (2019). An own hundred lines, because the crate at hand draws
//! its start at random.

use rayon::prelude::*;

use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;
use ninefold_core::subnormals::FlushParallel;

/// How much likelihoods are enlarged at first, so that groups form before they settle.
const EXAGGERATION: f64 = 12.0;

/// Points for rows, from a first guess. `[num_rows]`
pub(super) fn lay_out(
    rows: &[Vec<f32>],
    start: &[[f64; 2]],
    perplexity: f64,
    steps: usize,
    progress: &dyn Progress,
) -> Result<Vec<[f64; 2]>> {
    let n = rows.len();
    let likelihoods = likelihoods(rows, perplexity.min((n - 1) as f64 / 3.0)); // [n, n]
    let spread = (start.iter().map(|point| point[0] * point[0]).sum::<f64>() / n as f64).sqrt().max(1e-12);
    let mut points: Vec<[f64; 2]> = start.iter().map(|point| point.map(|value| 1e-4 * value / spread)).collect();
    let mut speeds = vec![[0.0; 2]; n];
    let mut gains = vec![[1.0f64; 2]; n];
    let learning_rate = (n as f64 / EXAGGERATION).max(50.0);
    let early = (steps / 3).min(250);
    progress.begin("t-SNE", "steps", Some(steps as u64));
    for step in 0..steps {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let (exaggeration, momentum) = if step < early { (EXAGGERATION, 0.5) } else { (1.0, 0.8) };
        let gradients = gradients(&likelihoods, &points, exaggeration);
        for (i, gradient) in gradients.into_iter().enumerate() {
            for axis in 0..2 {
                let turned = (gradient[axis] > 0.0) == (speeds[i][axis] > 0.0);
                gains[i][axis] = (if turned { gains[i][axis] * 0.8 } else { gains[i][axis] + 0.2 }).max(0.01);
                speeds[i][axis] = momentum * speeds[i][axis] - learning_rate * gains[i][axis] * gradient[axis];
                points[i][axis] += speeds[i][axis];
            }
        }
        progress.advance(1);
    }
    progress.end();
    Ok(points)
}

/// p_ij, symmetric, of sum 1. `[n, n]`
fn likelihoods(rows: &[Vec<f32>], perplexity: f64) -> Vec<f32> {
    let n = rows.len();
    let of_row = |i: usize| -> Vec<f64> {
        let square = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
        let distances: Vec<f64> = rows.iter().map(|row| square(row, &rows[i])).collect();
        let nearest = (0..n).filter(|&j| j != i).map(|j| distances[j]).fold(f64::INFINITY, f64::min);
        // The precision at which the entropy is that of `perplexity` equal neighbours, by bisection.
        let (mut low, mut high, mut precision) = (0.0, f64::INFINITY, 1.0);
        let mut probabilities = vec![0.0; n];
        for _ in 0..64 {
            for (j, probability) in probabilities.iter_mut().enumerate() {
                *probability = if j == i { 0.0 } else { (-precision * (distances[j] - nearest)).exp() };
            }
            let sum: f64 = probabilities.iter().sum();
            let mean: f64 =
                probabilities.iter().zip(&distances).map(|(probability, d)| probability * (d - nearest)).sum::<f64>()
                    / sum;
            probabilities.iter_mut().for_each(|probability| *probability /= sum);
            let entropy = sum.ln() + precision * mean;
            if (entropy - perplexity.ln()).abs() < 1e-6 {
                break;
            }
            if entropy > perplexity.ln() {
                low = precision;
                precision = if high.is_finite() { (low + high) / 2.0 } else { precision * 2.0 };
            } else {
                high = precision;
                precision = (low + high) / 2.0;
            }
        }
        probabilities
    };
    let probabilities: Vec<Vec<f64>> = (0..n).into_par_iter().flushing().map(of_row).collect();
    let both = |i: usize, j: usize| ((probabilities[i][j] + probabilities[j][i]) / (2.0 * n as f64)).max(1e-12) as f32;
    (0..n).into_par_iter().flushing().flat_map_iter(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| both(i, j)).collect()
}

/// d(Kullback-Leibler divergence) / d(point). `[n]`
fn gradients(likelihoods: &[f32], points: &[[f64; 2]], exaggeration: f64) -> Vec<[f64; 2]> {
    let n = points.len();
    // Of each point: attraction, repulsion (before the division by all weights), the sum of its weights.
    let forces = |i: usize| {
        let [x, y] = points[i];
        let (mut draw, mut push, mut weights) = ([0.0; 2], [0.0; 2], 0.0);
        for (other, &likelihood) in points.iter().zip(&likelihoods[i * n..][..n]) {
            let (dx, dy) = (x - other[0], y - other[1]);
            let weight = 1.0 / (1.0 + dx * dx + dy * dy);
            weights += weight;
            let (near, far) = (f64::from(likelihood) * weight, weight * weight);
            draw = [draw[0] + near * dx, draw[1] + near * dy];
            push = [push[0] + far * dx, push[1] + far * dy];
        }
        (draw, push, weights - 1.0) // a point is no neighbour of its own
    };
    let forces: Vec<_> = (0..n).into_par_iter().flushing().map(forces).collect();
    let all: f64 = forces.iter().map(|(_, _, weights)| weights).sum();
    let gradient = |(draw, push, _): ([f64; 2], [f64; 2], f64)| {
        [0, 1].map(|axis| 4.0 * (exaggeration * draw[axis] - push[axis] / all.max(1e-12)))
    };
    forces.into_iter().map(gradient).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ninefold_core::progress::Silent;
    use ninefold_core::rng::Rng;

    fn divergence(likelihoods: &[f32], points: &[[f64; 2]]) -> f64 {
        let n = points.len();
        let weight = |i: usize, j: usize| {
            let (dx, dy) = (points[i][0] - points[j][0], points[i][1] - points[j][1]);
            if i == j { 0.0 } else { 1.0 / (1.0 + dx * dx + dy * dy) }
        };
        let pairs = || (0..n).flat_map(move |i| (0..n).map(move |j| (i, j))).filter(|(i, j)| i != j);
        let all: f64 = pairs().map(|(i, j)| weight(i, j)).sum();
        let part = |(i, j): (usize, usize)| {
            let p = f64::from(likelihoods[i * n + j]);
            p * (p / (weight(i, j) / all)).ln()
        };
        pairs().map(part).sum()
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let mut rng = Rng::new(5);
        let rows: Vec<Vec<f32>> = (0..12).map(|_| (0..6).map(|_| rng.normal() as f32).collect()).collect();
        let points: Vec<[f64; 2]> = (0..12).map(|_| [rng.normal(), rng.normal()]).collect();
        let likelihoods = likelihoods(&rows, 3.0);
        // p sums to 1 only nearly (f32, the diagonal's floor), which scales one term of the gradient by as little.
        for (i, gradient) in gradients(&likelihoods, &points, 1.0).into_iter().enumerate() {
            for axis in 0..2 {
                let at = |step: f64| {
                    let mut moved = points.clone();
                    moved[i][axis] += step;
                    divergence(&likelihoods, &moved)
                };
                let expected = (at(1e-5) - at(-1e-5)) / 2e-5;
                assert!((gradient[axis] - expected).abs() < 1e-6, "{} for {expected}", gradient[axis]);
            }
        }
    }

    #[test]
    fn likelihoods_have_the_perplexity_that_was_asked_for() {
        let mut rng = Rng::new(6);
        let rows: Vec<Vec<f32>> = (0..60).map(|_| (0..5).map(|_| rng.normal() as f32).collect()).collect();
        let sum: f64 = likelihoods(&rows, 10.0).iter().map(|&p| f64::from(p)).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{sum}");
    }

    #[test]
    fn groups_stay_together() {
        let mut rng = Rng::new(8);
        let rows: Vec<Vec<f32>> = (0..90)
            .map(|i| (0..10).map(|j| (rng.normal() * 0.1) as f32 + f32::from(u8::from(i % 3 == j))).collect())
            .collect();
        let start: Vec<[f64; 2]> = rows.iter().map(|row| [f64::from(row[0]), f64::from(row[1])]).collect();
        let points = lay_out(&rows, &start, 10.0, 300, &Silent).unwrap();
        for i in 0..90 {
            let square = |j: usize| (points[i][0] - points[j][0]).powi(2) + (points[i][1] - points[j][1]).powi(2);
            let nearest = (0..90).filter(|&j| j != i).min_by(|&a, &b| square(a).total_cmp(&square(b))).unwrap();
            assert_eq!(i % 3, nearest % 3, "{i} lies by {nearest}");
        }
    }
}
