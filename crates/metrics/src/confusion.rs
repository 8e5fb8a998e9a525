//! The confusion matrix: how many texts of each class were taken for each class.
//!
//! Takes true and predicted label ids -> gives the counts that every other figure is made of.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

/// Texts by true class (rows) and predicted class (columns), as scikit-learn's `confusion_matrix` has them.
///
/// In JSON it is a list of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Vec<u64>>", into = "Vec<Vec<u64>>")]
pub struct Confusion {
    num_classes: usize,
    counts: Vec<u64>, // [num_classes, num_classes]
}

/// One class taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Confused {
    /// The class of the texts.
    pub truth: usize,
    /// The class that they were taken for.
    pub predicted: usize,
    /// How many.
    pub count: u64,
    /// The texts of the class `truth`, right or wrong.
    pub support: u64,
}

impl Confusion {
    /// No texts yet.
    pub fn new(num_classes: usize) -> Confusion {
        Confusion { num_classes, counts: vec![0; num_classes * num_classes] }
    }

    /// The matrix of these answers.
    ///
    /// # Panics
    /// When there is not one prediction per truth, or a label is not below `num_classes`.
    ///
    /// # Examples
    /// ```
    /// use ninefold_metrics::Confusion;
    ///
    /// let confusion = Confusion::of(2, &[0, 0, 1, 1], &[0, 1, 1, 1]);
    /// assert_eq!((confusion.correct(), confusion.total()), (3, 4));
    /// assert_eq!(confusion.scores().accuracy, 0.75);
    /// ```
    pub fn of(num_classes: usize, truth: &[u32], predicted: &[u32]) -> Confusion {
        assert_eq!(truth.len(), predicted.len(), "one prediction per text");
        let mut confusion = Confusion::new(num_classes);
        truth.iter().zip(predicted).for_each(|(&truth, &predicted)| confusion.add(truth, predicted));
        confusion
    }

    /// One more text.
    ///
    /// # Panics
    /// When a label is not below `num_classes`.
    pub fn add(&mut self, truth: u32, predicted: u32) {
        let (row, column, n) = (truth as usize, predicted as usize, self.num_classes);
        assert!(row < n && column < n, "labels {truth} and {predicted} of {n} classes");
        self.counts[row * n + column] += 1;
    }

    /// Number of classes, also those that no text has.
    pub fn num_classes(&self) -> usize {
        self.num_classes
    }

    /// Texts of class `truth` that were taken for class `predicted`.
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        self.row(truth)[predicted]
    }

    /// Where the texts of class `truth` went.
    pub fn row(&self, truth: usize) -> &[u64] {
        &self.counts[truth * self.num_classes..][..self.num_classes]
    }

    /// Texts of class `truth`.
    pub fn support(&self, truth: usize) -> u64 {
        self.row(truth).iter().sum()
    }

    /// Texts that were taken for class `predicted`.
    pub fn times_predicted(&self, predicted: usize) -> u64 {
        (0..self.num_classes).map(|truth| self.count(truth, predicted)).sum()
    }

    /// All texts.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Texts whose class was found.
    pub fn correct(&self) -> u64 {
        (0..self.num_classes).map(|class| self.count(class, class)).sum()
    }

    /// At most `n` pairs of classes, those with most mistakes first, ties by class.
    pub fn worst_confusions(&self, n: usize) -> Vec<Confused> {
        let classes = 0..self.num_classes;
        let pairs = classes.clone().flat_map(|truth| classes.clone().map(move |predicted| (truth, predicted)));
        let mut confused: Vec<Confused> = pairs
            .filter(|&(truth, predicted)| truth != predicted && self.count(truth, predicted) > 0)
            .map(|(truth, predicted)| Confused {
                truth,
                predicted,
                count: self.count(truth, predicted),
                support: self.support(truth),
            })
            .collect();
        confused.sort_by_key(|pair| Reverse(pair.count)); // stable: ties stay in order of class
        confused.truncate(n);
        confused
    }
}

impl From<Confusion> for Vec<Vec<u64>> {
    fn from(confusion: Confusion) -> Self {
        (0..confusion.num_classes).map(|truth| confusion.row(truth).to_vec()).collect()
    }
}

impl TryFrom<Vec<Vec<u64>>> for Confusion {
    type Error = String;

    fn try_from(rows: Vec<Vec<u64>>) -> Result<Self, String> {
        match rows.iter().find(|row| row.len() != rows.len()) {
            Some(row) => Err(format!(
                "a confusion matrix has as many columns as rows: {} rows, {} columns",
                rows.len(),
                row.len()
            )),
            None if rows.iter().flatten().try_fold(0_u64, |total, &count| total.checked_add(count)).is_none() => {
                Err("a confusion matrix of more texts than can be counted".to_string())
            }
            None => Ok(Confusion { num_classes: rows.len(), counts: rows.concat() }),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_the_truth_and_columns_the_prediction() {
        let confusion = Confusion::of(3, &[0, 0, 1, 1, 1], &[0, 1, 1, 1, 0]);
        assert_eq!(confusion.row(0), [1, 1, 0]);
        assert_eq!(confusion.row(1), [1, 2, 0]);
        assert_eq!(confusion.row(2), [0, 0, 0]);
        assert_eq!((confusion.support(1), confusion.times_predicted(1)), (3, 3));
        assert_eq!((confusion.total(), confusion.correct()), (5, 3));
    }

    #[test]
    fn the_worst_confusions_come_first_and_right_answers_are_none() {
        let truth = [0, 0, 0, 1, 1, 2, 2, 2, 2];
        let predicted = [1, 0, 0, 2, 2, 0, 0, 1, 2];
        let worst = Confusion::of(3, &truth, &predicted).worst_confusions(3);
        let pairs: Vec<_> = worst.iter().map(|pair| (pair.truth, pair.predicted, pair.count, pair.support)).collect();
        assert_eq!(pairs, [(1, 2, 2, 2), (2, 0, 2, 4), (0, 1, 1, 3)]);
        assert!(Confusion::of(2, &[0, 1], &[0, 1]).worst_confusions(9).is_empty());
    }

    #[test]
    fn json_is_a_list_of_rows_and_must_be_square() {
        let confusion = Confusion::of(2, &[0, 1, 1], &[1, 1, 1]);
        let written = serde_json::to_string(&confusion).unwrap();
        assert_eq!(written, "[[0,1],[0,2]]");
        assert_eq!(serde_json::from_str::<Confusion>(&written).unwrap(), confusion);
        assert!(serde_json::from_str::<Confusion>("[[0,1],[0]]").is_err());
    }

    #[test]
    #[should_panic(expected = "labels 2 and 0 of 2 classes")]
    fn a_label_beyond_the_classes_is_our_own_mistake() {
        Confusion::of(2, &[2], &[0]);
    }
}
