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

/// The cross-entropy of one row, -Σ target log p, where the target is 1 at the label, less the share `smoothing` that is
/// spread evenly over all classes (PyTorch's `label_smoothing`; Szegedy et al. 2016). The row becomes its gradient times
/// `scale`: (p - target) · scale.
///
/// # Panics
/// When `label` is not a place in the row.
pub fn cross_entropy(logits: &mut [f32], label: usize, smoothing: f32, scale: f32) -> f64 {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|logit| f64::from(logit - largest).exp()).sum();
    let minus_log = |logit: f32| sum.ln() - f64::from(logit - largest);
    let mean = logits.iter().map(|&logit| minus_log(logit)).sum::<f64>() / logits.len() as f64;
    let loss = f64::from(1.0 - smoothing) * minus_log(logits[label]) + f64::from(smoothing) * mean;
    let even = smoothing / logits.len() as f32;
    probabilities(logits);
    logits[label] -= 1.0 - smoothing;
    for d in logits {
        *d = (*d - even) * scale;
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
        for smoothing in [0.0, 0.1] {
            let loss = |logits: [f32; 4]| cross_entropy(&mut logits.clone(), 2, smoothing, 1.0);
            let mut gradient = logits;
            let value = cross_entropy(&mut gradient, 2, smoothing, 1.0);
            let log_sum: f64 = logits.iter().map(|&x| f64::from(x).exp()).sum::<f64>().ln();
            let exact = log_sum - f64::from(1.0 - smoothing) * 2.0 - f64::from(smoothing) * 0.3; // 0.3: the mean logit
            assert!((value - exact).abs() < 1e-6);
            for k in 0..4 {
                let (mut above, mut below) = (logits, logits);
                above[k] += 1e-3;
                below[k] -= 1e-3;
                let slope = (loss(above) - loss(below)) / 2e-3;
                assert!((slope - f64::from(gradient[k])).abs() < 1e-4, "{slope} {}", gradient[k]);
            }
        }
    }
}
