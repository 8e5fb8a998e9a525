//! Accuracy, precision, recall and F1 of a confusion matrix.
//!
//! Takes a [`Confusion`] -> gives [`Scores`] of the whole and [`ClassScores`] of each class.
//!
//! # Source
//! The definitions are scikit-learn's `precision_recall_fscore_support` with `average = "weighted"` or `"macro"` and
//! `zero_division = 0`: a macro average is over the classes that are in the truth or in the answers. `tests/it/metrics.rs` compares
//! them with its figures.

use serde::{Deserialize, Serialize};

use super::Confusion;

/// How good the answers are over all classes; every figure is a fraction in \[0, 1\].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Fraction of texts whose class was found.
    pub accuracy: f64,
    /// Mean precision of the classes, each weighted by its number of texts.
    pub precision_weighted: f64,
    /// Mean recall of the classes, each weighted by its number of texts: the accuracy.
    pub recall_weighted: f64,
    /// Mean F1 of the classes, each weighted by its number of texts.
    pub f1_weighted: f64,
    /// Mean precision of the classes that are in the truth or in the answers, each with the same weight.
    pub precision_macro: f64,
    /// Mean recall of the same classes, each with the same weight.
    pub recall_macro: f64,
    /// Mean F1 of the same classes, each with the same weight.
    pub f1_macro: f64,
}

impl Scores {
    /// Each score, summed up over several rows: by their mean, say.
    ///
    /// # Examples
    /// ```
    /// use ninefold_metrics::Scores;
    ///
    /// let rows = [0.5, 1.0].map(|accuracy| Scores { accuracy, ..Scores::default() });
    /// assert_eq!(Scores::over(&rows, |values| values.iter().sum::<f64>() / 2.0).accuracy, 0.75);
    /// ```
    pub fn over(rows: &[Scores], sum_up: impl Fn(&[f64]) -> f64) -> Scores {
        let over = |of: fn(&Scores) -> f64| sum_up(&rows.iter().map(of).collect::<Vec<f64>>());
        Scores {
            accuracy: over(|scores| scores.accuracy),
            precision_weighted: over(|scores| scores.precision_weighted),
            recall_weighted: over(|scores| scores.recall_weighted),
            f1_weighted: over(|scores| scores.f1_weighted),
            precision_macro: over(|scores| scores.precision_macro),
            recall_macro: over(|scores| scores.recall_macro),
            f1_macro: over(|scores| scores.f1_macro),
        }
    }
}

/// How good the answers are about one class; fractions in \[0, 1\].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClassScores {
    /// Of the texts that were taken for this class, the fraction that is of it.
    pub precision: f64,
    /// Of the texts of this class, the fraction that was taken for it.
    pub recall: f64,
    /// The harmonic mean of precision and recall.
    pub f1: f64,
    /// The number of texts of this class.
    pub support: u64,
}

impl Confusion {
    /// The scores of each class, by label id.
    pub fn class_scores(&self) -> Vec<ClassScores> {
        let of_class = |class: usize| {
            let (hits, support, predicted) =
                (self.count(class, class), self.support(class), self.times_predicted(class));
            ClassScores {
                precision: quotient(hits as f64, predicted as f64),
                recall: quotient(hits as f64, support as f64),
                f1: quotient(2.0 * hits as f64, (support + predicted) as f64),
                support,
            }
        };
        (0..self.num_classes()).map(of_class).collect()
    }

    /// Whether a class is in the truth or in the answers. One that is in neither has no score.
    pub fn is_present(&self, class: usize) -> bool {
        self.support(class) + self.times_predicted(class) > 0
    }

    /// The scores over all classes; all 0 when there are no texts.
    pub fn scores(&self) -> Scores {
        let classes = self.class_scores();
        let weighted = |score: fn(&ClassScores) -> f64| {
            let sum: f64 = classes.iter().map(|class| score(class) * class.support as f64).sum();
            quotient(sum, self.total() as f64)
        };
        let present = (0..self.num_classes()).filter(|&class| self.is_present(class)).count();
        let plain = |score: fn(&ClassScores) -> f64| quotient(classes.iter().map(score).sum(), present as f64);
        Scores {
            accuracy: quotient(self.correct() as f64, self.total() as f64),
            precision_weighted: weighted(|class| class.precision),
            recall_weighted: weighted(|class| class.recall),
            f1_weighted: weighted(|class| class.f1),
            precision_macro: plain(|class| class.precision),
            recall_macro: plain(|class| class.recall),
            f1_macro: plain(|class| class.f1),
        }
    }
}

/// `zero_division = 0`.
fn quotient(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_and_recall_are_not_swapped() {
        // Everything is taken for class 0: all of its three texts are found, and three of four answers are right.
        let classes = Confusion::of(2, &[0, 0, 0, 1], &[0, 0, 0, 0]).class_scores();
        assert_eq!(classes[0], ClassScores { precision: 0.75, recall: 1.0, f1: 6.0 / 7.0, support: 3 });
        assert_eq!(classes[1], ClassScores { precision: 0.0, recall: 0.0, f1: 0.0, support: 1 });
    }

    #[test]
    fn macro_average_is_over_the_classes_that_occur() {
        let scores = Confusion::of(4, &[0, 1], &[0, 1]).scores();
        assert_eq!((scores.accuracy, scores.f1_weighted, scores.f1_macro), (1.0, 1.0, 1.0));
        let answered = Confusion::of(4, &[0, 0, 1, 1], &[0, 3, 1, 1]).scores(); // class 3 is in the answers alone
        assert!((answered.recall_macro - (0.5 + 1.0 + 0.0) / 3.0).abs() < 1e-15);
    }

    #[test]
    fn no_texts_have_no_scores() {
        assert_eq!(Confusion::new(3).scores(), Scores::default());
        assert_eq!(Confusion::new(0).scores(), Scores::default());
    }
}
