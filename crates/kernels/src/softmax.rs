//! Logits -> probabilities, and the cross-entropy between them and the labels, or a teacher's probabilities.

/// Turns a row of logits into probabilities, in place.
///
/// # Examples
/// ```
/// let mut row = [0.0, 0.0];
/// ninefold_kernels::softmax::probabilities(&mut row);
/// assert_eq!(row, [0.5, 0.5]);
/// ```
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

/// The cross-entropy of one row, -Σ target log p, where the target is 1 at the label, less the fraction `smoothing` that is
/// spread evenly over all classes (PyTorch's `label_smoothing`; Szegedy et al. 2016). The row becomes its gradient times
/// `scale`: (p - target) · scale.
///
/// # Panics
/// When `label` is not a place in the row.
///
/// # Examples
/// ```
/// use ninefold_kernels::softmax::cross_entropy;
///
/// let mut logits = [0.0, 0.0];
/// let loss = cross_entropy(&mut logits, 1, 0.0, 1.0);
/// assert!((loss - 2f64.ln()).abs() < 1e-6);
/// assert_eq!(logits, [0.5, -0.5]); // the gradient
/// ```
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

/// What a teacher says of a row, and how much that counts.
#[derive(Clone, Copy, Debug)]
pub struct SoftTargets<'a> {
    /// The teacher's probabilities at `temperature`. `[num_classes]`
    pub targets: &'a [f32],
    /// Share of the loss that is the teacher's.
    pub weight: f32,
    /// What both sides' logits are divided by before they are compared.
    pub temperature: f32,
}

/// The loss of a row that learns from its label and from a teacher: (1 - weight) cross-entropy + weight T² KL(q ‖ p_T), where q
/// are the teacher's probabilities and p_T the row's own, both at temperature T (Hinton, Vinyals & Dean 2015). The row becomes
/// its gradient times `scale`: ((1 - weight) (p - target) + weight T (p_T - q)) · scale.
///
/// # Panics
/// When `label` is not a place in the row, or the teacher knows other classes.
pub fn distillation(logits: &mut [f32], label: usize, smoothing: f32, soft_targets: SoftTargets, scale: f32) -> f64 {
    assert!(label < logits.len(), "label {label} of {} classes", logits.len());
    assert_eq!(soft_targets.targets.len(), logits.len(), "a teacher of other classes");
    let [smoothing, weight, temperature, scale] =
        [smoothing, soft_targets.weight, soft_targets.temperature, scale].map(f64::from);
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let (mut sum, mut sum_t) = (0.0, 0.0); // of exp(y - max), of exp((y - max) / T)
    for &logit in &*logits {
        let below = f64::from(logit - largest);
        sum += below.exp();
        sum_t += (below / temperature).exp();
    }
    let even = smoothing / logits.len() as f64;
    let (mut cross_entropy, mut divergence) = (0.0, 0.0);
    for (class, (logit, &q)) in logits.iter_mut().zip(soft_targets.targets).enumerate() {
        let below = f64::from(*logit - largest);
        let (log_p, log_p_t) = (below - sum.ln(), below / temperature - sum_t.ln());
        let target = even + if class == label { 1.0 - smoothing } else { 0.0 };
        let q = f64::from(q);
        cross_entropy -= target * log_p;
        divergence += if q > 0.0 { q * (q.ln() - log_p_t) } else { 0.0 };
        let d = (1.0 - weight) * (log_p.exp() - target) + weight * temperature * (log_p_t.exp() - q);
        *logit = (d * scale) as f32;
    }
    (1.0 - weight) * cross_entropy + weight * temperature * temperature * divergence
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
