//! The main score: the accuracy, or the macro F1 where classes are uneven.
//!
//! Takes the sizes of the classes in train -> gives the score by which epochs, settings and models are chosen and ranked.
//! Of texts that are 95 % of one class, 95 % are right without any learning: accuracy hardly sees the small classes.

use serde::{Deserialize, Serialize};

use super::Scores;

/// From so many times the texts of the smallest class on, the largest one hides it.
const UNEVEN: usize = 2;

/// What models are ranked by, as the settings say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RankBy {
    /// By macro F1 where classes are uneven, else by accuracy.
    #[default]
    Auto,
    /// By accuracy.
    Accuracy,
    /// By macro F1.
    F1Macro,
}

/// The score that models are chosen and ranked by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MainScore {
    /// Share of texts whose class was found.
    #[default]
    Accuracy,
    /// Mean F1 of the classes, each counting the same.
    F1Macro,
}

impl RankBy {
    /// The score for classes of these sizes; those without a text do not count.
    pub fn main_score(self, sizes: &[usize]) -> MainScore {
        match self {
            RankBy::Accuracy => MainScore::Accuracy,
            RankBy::F1Macro => MainScore::F1Macro,
            RankBy::Auto if are_uneven(sizes) => MainScore::F1Macro,
            RankBy::Auto => MainScore::Accuracy,
        }
    }
}

/// Whether the largest class has at least twice as many texts as the smallest one that has any.
pub fn are_uneven(sizes: &[usize]) -> bool {
    let present = || sizes.iter().copied().filter(|&size| size > 0);
    let (smallest, largest) = (present().min().unwrap_or(0), present().max().unwrap_or(0));
    largest >= UNEVEN * smallest && largest > smallest
}

impl MainScore {
    /// Its value among all scores.
    pub fn of(self, scores: &Scores) -> f64 {
        match self {
            MainScore::Accuracy => scores.accuracy,
            MainScore::F1Macro => scores.f1_macro,
        }
    }

    /// What it is called in sentences.
    pub fn name(self) -> &'static str {
        match self {
            MainScore::Accuracy => "accuracy",
            MainScore::F1Macro => "macro F1",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uneven_classes_are_ranked_by_macro_f1_unless_asked_otherwise() {
        assert_eq!(RankBy::Auto.main_score(&[377, 600, 500]), MainScore::Accuracy);
        assert_eq!(RankBy::Auto.main_score(&[100, 199]), MainScore::Accuracy);
        assert_eq!(RankBy::Auto.main_score(&[100, 200]), MainScore::F1Macro);
        assert_eq!(RankBy::Auto.main_score(&[100, 0]), MainScore::Accuracy);
        assert_eq!(RankBy::Accuracy.main_score(&[1, 300]), MainScore::Accuracy);
        assert_eq!(RankBy::F1Macro.main_score(&[]), MainScore::F1Macro);
    }
}
