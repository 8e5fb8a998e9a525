//! Layer normalisation of one token in plain f64 loops, forward directly above backward.

use super::{Tensors, add_to};

fn names(layer: usize) -> [String; 2] {
    ["weight", "bias"].map(|part| format!("norm_l{layer}.{part}"))
}

/// The values with mean 0 and variance 1, and what they were multiplied by for it.
fn normal(x: &[f64]) -> (Vec<f64>, f64) {
    let len = x.len() as f64;
    let mean = x.iter().sum::<f64>() / len;
    let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / len;
    let scale = 1.0 / (variance + 1e-5).sqrt();
    (x.iter().map(|x| (x - mean) * scale).collect(), scale)
}

pub fn forward(tensors: &Tensors, layer: usize, x: &[f64]) -> Vec<f64> {
    let [gain, bias] = names(layer).map(|name| &tensors[&name]);
    let (normal, _) = normal(x);
    (0..x.len()).map(|unit| normal[unit] * gain[unit] + bias[unit]).collect()
}

pub fn backward(tensors: &Tensors, gradients: &mut Tensors, layer: usize, x: &[f64], d_y: &[f64]) -> Vec<f64> {
    let [gain, bias] = names(layer);
    let (normal, scale) = normal(x);
    for unit in 0..x.len() {
        add_to(gradients, &gain, unit, d_y[unit] * normal[unit]);
        add_to(gradients, &bias, unit, d_y[unit]);
    }
    let g: Vec<f64> = d_y.iter().zip(&tensors[&gain]).map(|(d, gain)| d * gain).collect();
    let len = x.len() as f64;
    let mean = g.iter().sum::<f64>() / len;
    let along = g.iter().zip(&normal).map(|(g, n)| g * n).sum::<f64>() / len;
    (0..x.len()).map(|unit| scale * (g[unit] - mean - normal[unit] * along)).collect()
}
