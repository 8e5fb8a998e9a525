//! Initial values, from PyTorch's distributions (not its random numbers).

use ninefold_core::rng::Rng;

/// A random orthogonal matrix `[size, size]`: normal numbers, each row freed of the rows above (Gram-Schmidt, twice).
pub fn orthogonal(rng: &mut Rng, size: usize) -> Vec<f32> {
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(size);
    while rows.len() < size {
        let mut row: Vec<f64> = (0..size).map(|_| rng.normal()).collect();
        for other in rows.iter().chain(&rows) {
            let along: f64 = row.iter().zip(other).map(|(a, b)| a * b).sum();
            row.iter_mut().zip(other).for_each(|(a, b)| *a -= along * b);
        }
        let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
        if length > 1e-6 {
            rows.push(row.into_iter().map(|x| x / length).collect());
        }
    }
    rows.into_iter().flatten().map(|x| x as f32).collect()
}

/// Uniform in ±1/√fan: PyTorch's choice for recurrent layers (fan = hidden_size) and, by way of Kaiming's formula with
/// a = √5, for linear layers (fan = inputs).
pub fn uniform_by_fan(rng: &mut Rng, len: usize, fan: usize) -> Vec<f32> {
    let bound = 1.0 / (fan as f64).sqrt();
    (0..len).map(|_| rng.range(-bound, bound) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_orthogonal_matrix_has_rows_of_length_one_at_right_angles() {
        for size in [1, 2, 33] {
            let matrix = orthogonal(&mut Rng::new(4), size);
            for a in 0..size {
                for b in 0..=a {
                    let product: f32 = (0..size).map(|k| matrix[a * size + k] * matrix[b * size + k]).sum();
                    let expected = if a == b { 1.0 } else { 0.0 };
                    assert!((product - expected).abs() < 1e-5, "{a} {b}: {product}");
                }
            }
        }
    }
}
