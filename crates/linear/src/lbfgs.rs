//! Minimises a smooth function of many variables: L-BFGS.
//!
//! Takes a function that gives its value and gradient -> gives the point where the gradient is nearly zero. The last few
//! steps stand in for the matrix of second derivatives.
//!
//! # Source
//! Liu & Nocedal, "On the limited memory BFGS method for large scale optimization" (1989); the line search by bisection is
//! that of Lewis & Overton, "Nonsmooth optimization via quasi-Newton methods" (2013), section 3.

use rayon::prelude::*;

use ninefold_core::subnormals::FlushParallel;

/// Steps remembered.
const MEMORY: usize = 6;
/// Numbers that one thread adds up at a time; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 1 << 15;
/// Factor of the promised decrease that a step must keep.
const SUFFICIENT: f64 = 1e-4;
/// Factor of the slope that may be left after a step.
const CURVATURE: f64 = 0.9;

/// A step and what it did to the gradient.
struct CorrectionPair {
    point: Vec<f64>,
    gradient: Vec<f64>,
    curvature: f64, // point · gradient
}

/// Walks from `point` to a minimum of `function`, which writes the gradient at a point and returns the value there. Stops
/// when no part of the gradient is larger than `tolerance`, after `max_iterations`, or where rounding hides any descent.
pub fn minimise(
    function: &mut dyn FnMut(&[f64], &mut [f64]) -> f64,
    point: &mut Vec<f64>,
    tolerance: f64,
    max_iterations: usize,
) {
    let mut gradient = vec![0.0; point.len()];
    let mut value = function(point, &mut gradient);
    let mut steps: Vec<CorrectionPair> = Vec::new();
    for _ in 0..max_iterations {
        if gradient.iter().all(|part| part.abs() <= tolerance) {
            return;
        }
        let mut direction = downhill(&gradient, &steps);
        let mut slope = dot(&gradient, &direction);
        if slope >= 0.0 {
            steps.clear();
            direction = gradient.iter().map(|part| -part).collect();
            slope = -dot(&gradient, &gradient);
        }
        let first = if steps.is_empty() { 1.0 / dot(&gradient, &gradient).sqrt().max(1.0) } else { 1.0 };
        let Some((next, next_gradient, next_value)) = search(function, point, value, &direction, slope, first) else {
            return;
        };
        let moved: Vec<f64> = next.iter().zip(&*point).map(|(new, old)| new - old).collect();
        let turned: Vec<f64> = next_gradient.iter().zip(&gradient).map(|(new, old)| new - old).collect();
        let curvature = dot(&moved, &turned);
        if curvature > 0.0 {
            if steps.len() == MEMORY {
                steps.remove(0);
            }
            steps.push(CorrectionPair { point: moved, gradient: turned, curvature });
        }
        (*point, gradient, value) = (next, next_gradient, next_value);
    }
}

/// The direction of descent: minus the gradient, times the inverse of the second derivatives that the steps show.
fn downhill(gradient: &[f64], steps: &[CorrectionPair]) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|part| -part).collect();
    let mut factors = Vec::with_capacity(steps.len());
    for step in steps.iter().rev() {
        let factor = dot(&step.point, &direction) / step.curvature;
        add(&mut direction, -factor, &step.gradient);
        factors.push(factor);
    }
    if let Some(last) = steps.last() {
        let scale = last.curvature / dot(&last.gradient, &last.gradient);
        direction.iter_mut().for_each(|part| *part *= scale);
    }
    for (step, factor) in steps.iter().zip(factors.into_iter().rev()) {
        let back = dot(&step.gradient, &direction) / step.curvature;
        add(&mut direction, factor - back, &step.point);
    }
    direction
}

/// A step length at which the value has fallen enough and the slope has flattened: the point, its gradient, its value.
fn search(
    function: &mut dyn FnMut(&[f64], &mut [f64]) -> f64,
    point: &[f64],
    value: f64,
    direction: &[f64],
    slope: f64,
    first: f64,
) -> Option<(Vec<f64>, Vec<f64>, f64)> {
    let (mut low, mut high, mut length) = (0.0, f64::INFINITY, first);
    let (mut next, mut gradient) = (vec![0.0; point.len()], vec![0.0; point.len()]);
    for _ in 0..50 {
        next.copy_from_slice(point);
        add(&mut next, length, direction);
        let found = function(&next, &mut gradient);
        if found.is_nan() || found > value + SUFFICIENT * length * slope {
            high = length;
        } else if dot(&gradient, direction) < CURVATURE * slope {
            low = length;
        } else {
            return Some((next, gradient, found));
        }
        length = if high.is_finite() { 0.5 * (low + high) } else { 2.0 * low };
    }
    None
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    let chunk = |(a, b): (&[f64], &[f64])| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let sums: Vec<f64> = a.par_chunks(CHUNK).zip(b.par_chunks(CHUNK)).flushing().map(chunk).collect();
    sums.iter().sum()
}

/// `sum += factor * other`
fn add(sum: &mut [f64], factor: f64, other: &[f64]) {
    sum.par_chunks_mut(CHUNK).zip(other.par_chunks(CHUNK)).flushing().for_each(|(sum, other)| {
        sum.iter_mut().zip(other).for_each(|(sum, other)| *sum += factor * other);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bottom_of_a_curved_valley_is_found() {
        // Rosenbrock's function in ten variables: its minimum is at (1, ..., 1).
        let mut rosenbrock = |x: &[f64], gradient: &mut [f64]| {
            gradient.fill(0.0);
            let mut value = 0.0;
            for i in 0..x.len() - 1 {
                let (off, from_one) = (x[i + 1] - x[i] * x[i], 1.0 - x[i]);
                value += 100.0 * off * off + from_one * from_one;
                gradient[i] += -400.0 * off * x[i] - 2.0 * from_one;
                gradient[i + 1] += 200.0 * off;
            }
            value
        };
        let mut point = vec![-1.2; 10];
        minimise(&mut rosenbrock, &mut point, 1e-9, 500);
        assert!(point.iter().all(|x| (x - 1.0).abs() < 1e-7), "{point:?}");
    }

    #[test]
    fn a_minimum_is_not_left() {
        let mut bowl = |x: &[f64], gradient: &mut [f64]| {
            gradient[0] = 2.0 * x[0];
            x[0] * x[0]
        };
        let mut point = vec![0.0];
        minimise(&mut bowl, &mut point, 1e-12, 10);
        assert_eq!(point, [0.0]);
    }
}
