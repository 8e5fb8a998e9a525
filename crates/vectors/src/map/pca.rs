//! Principal components: the two directions in which rows differ most.
//!
//! Rows -> their covariance -> its two leading eigenvectors by repeated multiplication -> two numbers a row.
//!
//! Source: orthogonal iteration, Golub & Van Loan, "Matrix Computations", section 8.2.

use rayon::prelude::*;

use ninefold_core::subnormals::FlushParallel;

/// Multiplications at most; far fewer are needed unless two directions differ equally.
const STEPS: usize = 1000;

/// The point of each row along the two directions. `[num_rows]`
pub(super) fn two_components(rows: &[Vec<f32>]) -> Vec<[f64; 2]> {
    let dim = rows[0].len();
    let mut mean = vec![0.0; dim];
    for row in rows {
        mean.iter_mut().zip(row).for_each(|(mean, &value)| *mean += f64::from(value) / rows.len() as f64);
    }
    let centred: Vec<Vec<f64>> =
        rows.iter().map(|row| row.iter().zip(&mean).map(|(&value, mean)| f64::from(value) - mean).collect()).collect();
    let line = |i: usize| {
        let mut line = vec![0.0; dim];
        for row in &centred {
            line.iter_mut().zip(row).for_each(|(sum, value)| *sum += row[i] * value);
        }
        line
    };
    let covariance: Vec<Vec<f64>> = (0..dim).into_par_iter().flushing().map(line).collect(); // [dim, dim]

    // Two directions to begin with that no real data are orthogonal to.
    let mut first: Vec<f64> = (0..dim).map(|i| 1.0 + (i as f64 * 0.7).sin()).collect();
    let mut second: Vec<f64> = (0..dim).map(|i| (i as f64 * 1.3 + 1.0).cos()).collect();
    make_orthonormal(&mut first, &mut second);
    for _ in 0..STEPS {
        let (mut next, mut other) = (times(&covariance, &first), times(&covariance, &second));
        make_orthonormal(&mut next, &mut other);
        let moved = 2.0 - dot(&next, &first).abs() - dot(&other, &second).abs();
        (first, second) = (next, other);
        if moved < 1e-12 {
            break;
        }
    }
    for direction in [&mut first, &mut second] {
        let largest = direction.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(1.0);
        direction.iter_mut().for_each(|value| *value *= largest.signum()); // else the sign would be chance
    }
    centred.iter().map(|row| [dot(row, &first), dot(row, &second)]).collect()
}

fn make_orthonormal(first: &mut [f64], second: &mut [f64]) {
    normalise(first);
    let projection = dot(first, second);
    second.iter_mut().zip(first.iter()).for_each(|(value, other)| *value -= projection * other);
    normalise(second);
}

fn normalise(vector: &mut [f64]) {
    let norm = dot(vector, vector).sqrt();
    if norm > 0.0 {
        vector.iter_mut().for_each(|value| *value /= norm);
    }
}

fn times(matrix: &[Vec<f64>], vector: &[f64]) -> Vec<f64> {
    matrix.iter().map(|row| dot(row, vector)).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ninefold_core::rng::Rng;

    #[test]
    fn the_two_widest_directions_are_found() {
        let mut rng = Rng::new(3);
        let (wide, narrow) = ([0.6, 0.0, 0.8, 0.0], [0.0, 1.0, 0.0, 0.0]); // orthonormal
        let mut expected = Vec::new();
        let rows: Vec<Vec<f32>> = (0..400)
            .map(|_| {
                let (a, b, noise) = (5.0 * rng.normal(), 2.0 * rng.normal(), 0.01 * rng.normal());
                expected.push([a, b]);
                (0..4).map(|i| (a * wide[i] + b * narrow[i] + if i == 3 { noise } else { 0.0 } + 7.0) as f32).collect()
            })
            .collect();
        let mean: [f64; 2] = [0, 1].map(|axis| expected.iter().map(|it| it[axis]).sum::<f64>() / 400.0);
        for (found, expected) in two_components(&rows).iter().zip(&expected) {
            for axis in 0..2 {
                // The directions of a sample are a little off those that it was drawn from.
                assert!((found[axis] - (expected[axis] - mean[axis])).abs() < 0.8, "{found:?} for {expected:?}");
            }
        }
    }

    #[test]
    fn equal_rows_lie_in_one_place() {
        assert!(two_components(&vec![vec![1.0, 2.0]; 5]).iter().flatten().all(|value| value.abs() < 1e-9));
    }
}
