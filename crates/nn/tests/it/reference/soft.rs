//! The loss of a row that learns from its label and from a teacher, again, in f64 and one thing after another.

/// What the kernel gets, in f64.
#[derive(Clone, Debug)]
pub struct Lesson {
    pub label: usize,
    pub smoothing: f64,
    pub targets: Vec<f64>,
    pub share: f64,
    pub temperature: f64,
}

fn softmax(logits: &[f64]) -> Vec<f64> {
    let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();
    logits.iter().map(|logit| logit.exp() / sum).collect()
}

/// The loss, and its gradient by the logits.
pub fn distillation(logits: &[f64], lesson: &Lesson) -> (f64, Vec<f64>) {
    let (classes, t, share) = (logits.len(), lesson.temperature, lesson.share);
    let p = softmax(logits);
    let warm: Vec<f64> = logits.iter().map(|logit| logit / t).collect();
    let p_t = softmax(&warm);
    let (mut cross_entropy, mut divergence) = (0.0, 0.0);
    let mut gradient = Vec::new();
    for class in 0..classes {
        let hard = if class == lesson.label { 1.0 - lesson.smoothing } else { 0.0 } + lesson.smoothing / classes as f64;
        let q = lesson.targets[class];
        cross_entropy -= hard * p[class].ln();
        if q > 0.0 {
            divergence += q * (q.ln() - p_t[class].ln());
        }
        gradient.push((1.0 - share) * (p[class] - hard) + share * t * (p_t[class] - q));
    }
    ((1.0 - share) * cross_entropy + share * t * t * divergence, gradient)
}

/// The mean cross-entropy of several rows, each weighted, and its gradient by the logits: Σ w_i CE_i / Σ w_i.
pub fn weighted_mean(logits: &[Vec<f64>], labels: &[usize], weights: &[f64]) -> (f64, Vec<Vec<f64>>) {
    let sum: f64 = weights.iter().sum();
    let (mut loss, mut gradients) = (0.0, Vec::new());
    for ((row, &label), weight) in logits.iter().zip(labels).zip(weights) {
        let mut p = softmax(row);
        loss -= weight / sum * p[label].ln();
        p[label] -= 1.0;
        gradients.push(p.iter().map(|error| weight / sum * error).collect());
    }
    (loss, gradients)
}
