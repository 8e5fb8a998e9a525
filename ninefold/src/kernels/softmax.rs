//! Logits -> probabilities, and the cross-entropy between them and the labels.

/// Turns a row of logits into probabilities, in place.
pub fn probabilities(logits: &mut [f32]) {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for logit in logits.iter_mut() {
        *logit = (*logit - largest).exp();
        sum += *logit;
    }
    for logit in logits {
        *logit /= sum;
    }
}

/// The cross-entropy of one row, -log p\[label\]; the row becomes its gradient times `scale`: (p - onehot(label)) · scale.
///
/// # Panics
/// When `label` is not a place in the row.
pub fn cross_entropy(logits: &mut [f32], label: usize, scale: f32) -> f64 {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|logit| f64::from(logit - largest).exp()).sum();
    let loss = sum.ln() - f64::from(logits[label] - largest);
    probabilities(logits);
    logits[label] -= 1.0;
    for d in logits {
        *d *= scale;
    }
    loss
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_sum_to_one_however_large_the_logits() {
        let mut row = [1000.0, 1001.0, -2000.0];
        probabilities(&mut row);
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6 && (row[1] / row[0] - 1f32.exp()).abs() < 1e-5);
    }

    #[test]
    fn the_gradient_is_the_slope_of_the_loss() {
        let logits = [0.3, -1.2, 2.0, 0.1];
        let loss = |logits: [f32; 4]| cross_entropy(&mut logits.clone(), 2, 1.0);
        let mut gradient = logits;
        let value = cross_entropy(&mut gradient, 2, 1.0);
        let exact: f64 = logits.iter().map(|&x| f64::from(x).exp()).sum::<f64>().ln() - 2.0;
        assert!((value - exact).abs() < 1e-7);
        for k in 0..4 {
            let (mut above, mut below) = (logits, logits);
            above[k] += 1e-3;
            below[k] -= 1e-3;
            let slope = (loss(above) - loss(below)) / 2e-3;
            assert!((slope - f64::from(gradient[k])).abs() < 1e-4, "{slope} {}", gradient[k]);
        }
    }
}
