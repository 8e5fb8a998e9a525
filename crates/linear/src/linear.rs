//! What naive Bayes, logistic regression and the linear support vector machine all end in: a weight per feature and class.

use super::Csr;

/// A linear classifier.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// `[features, num_classes]`
    pub weights: Vec<f64>,
    /// `[num_classes]`
    pub bias: Vec<f64>,
}

impl Linear {
    /// Number of classes.
    pub fn num_classes(&self) -> usize {
        self.bias.len()
    }

    /// Numbers that were learned.
    pub fn parameter_count(&self) -> usize {
        self.weights.len() + self.bias.len()
    }

    /// A score per text and class: the larger, the likelier. What its unit is depends on the method.
    ///
    /// # Shapes
    /// `features` `[texts, features]` -> `[texts, num_classes]`
    pub fn scores(&self, features: &Csr) -> Vec<f64> {
        let mut scores = features.times(&self.weights, self.num_classes());
        for row in scores.chunks_exact_mut(self.num_classes()) {
            row.iter_mut().zip(&self.bias).for_each(|(score, bias)| *score += bias);
        }
        scores
    }
}
