//! Initial values, from PyTorch's distributions (not its random numbers).

use crate::rng::Rng;

/// Uniform in ±1/√fan: PyTorch's choice for recurrent layers (fan = hidden_size) and, by way of Kaiming's formula with
/// a = √5, for linear layers (fan = inputs).
pub fn uniform_by_fan(rng: &mut Rng, len: usize, fan: usize) -> Vec<f32> {
    let bound = 1.0 / (fan as f64).sqrt();
    (0..len).map(|_| rng.range(-bound, bound) as f32).collect()
}
