//! What a classifier should say of each training text, and how much that counts.

/// The labels of some texts with their weights: those of the texts, and those of their classes.
#[derive(Clone, Copy, Debug)]
pub struct Targets<'a> {
    /// `[texts]`
    pub labels: &'a [u32],
    /// How much each text counts, beside its class: scikit-learn's `sample_weight`. `None`: all 1. `[texts]`
    pub text_weights: Option<&'a [f64]>,
    /// How much the texts of each class count: scikit-learn's `class_weight`. Naive Bayes has none. `[num_classes]`
    pub class_weights: &'a [f64],
}

impl Targets<'_> {
    /// Number of classes.
    pub fn num_classes(&self) -> usize {
        self.class_weights.len()
    }

    /// How much a text counts beside its class.
    pub fn text_weight(&self, text: usize) -> f64 {
        self.text_weights.map_or(1.0, |weights| weights[text])
    }

    /// How much a text counts in all.
    pub fn weight(&self, text: usize) -> f64 {
        self.class_weights[self.labels[text] as usize] * self.text_weight(text)
    }

    /// The weight of all texts of each class, without those of the classes. `[num_classes]`
    pub(crate) fn class_totals(&self) -> Vec<f64> {
        let mut totals = vec![0.0; self.num_classes()];
        for (text, &label) in self.labels.iter().enumerate() {
            totals[label as usize] += self.text_weight(text);
        }
        totals
    }
}
