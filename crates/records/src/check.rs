//! Whether the numbers of a record can be what a run wrote: a file that was altered is an error with its name, not a drawing
//! without end.

use std::path::Path;

use crate::{DiagnosisRecord, Gain, LadderResults, Leaderboard, PairRecord, Row, SearchResults};
use ninefold_core::error::{Error, Result};
use ninefold_metrics::{Interval, Scores};

/// The record of a file, unless a number of it cannot be right.
///
/// # Errors
/// [`Error::Format`] with the path and the number.
pub(crate) fn checked<T: Check>(path: &Path, record: T) -> Result<T> {
    let wrong = |found| Error::format(path, "numbers as ninefold writes them", found);
    record.check().map_err(wrong).map(|()| record)
}

/// What is wrong with a record, in words.
pub(crate) trait Check {
    /// # Errors
    /// The first number that cannot be right, with its name.
    fn check(&self) -> std::result::Result<(), String>;
}

fn within(name: &str, value: f64, low: f64, high: f64) -> std::result::Result<(), String> {
    if (low..=high).contains(&value) { Ok(()) } else { Err(format!("{name} = {value}, outside of {low} to {high}")) }
}

fn fraction(name: &str, value: f64) -> std::result::Result<(), String> {
    within(name, value, 0.0, 1.0)
}

fn seconds(value: f64) -> std::result::Result<(), String> {
    within("seconds", value, 0.0, 1e12)
}

fn interval(name: &str, interval: Interval) -> std::result::Result<(), String> {
    within(name, interval.low, -1.0, 1.0)?;
    within(name, interval.high, -1.0, 1.0)
}

fn scores(scores: &Scores) -> std::result::Result<(), String> {
    let Scores { accuracy, precision_weighted, recall_weighted, f1_weighted, precision_macro, recall_macro, f1_macro } =
        *scores;
    let all = [accuracy, precision_weighted, recall_weighted, f1_weighted, precision_macro, recall_macro, f1_macro];
    all.into_iter().try_for_each(|score| within("a score", score, 0.0, 1.0 + 1e-9))
}

impl Check for Gain {
    fn check(&self) -> std::result::Result<(), String> {
        within("difference", self.difference, -1.0, 1.0)?;
        interval("interval", self.interval)?;
        fraction("p", self.p)
    }
}

impl Check for LadderResults {
    fn check(&self) -> std::result::Result<(), String> {
        for variant in self.rungs.iter().chain(&self.without) {
            variant.score.map_or(Ok(()), |score| fraction("score", score))?;
            variant.interval.map_or(Ok(()), |of| interval("interval", of))?;
            seconds(variant.seconds)?;
        }
        let of_steps = self.steps.iter().flat_map(|step| [step.added, step.left_out]);
        of_steps.chain([self.whole]).flatten().try_for_each(|gain| gain.check())
    }
}

impl Check for SearchResults {
    fn check(&self) -> std::result::Result<(), String> {
        for trial in &self.trials {
            let judged = trial.validation.iter().chain(&trial.rungs);
            judged.copied().try_for_each(|score| fraction("a validation score", score))?;
            seconds(trial.seconds)?;
        }
        seconds(self.seconds)
    }
}

impl Check for Row {
    fn check(&self) -> std::result::Result<(), String> {
        [self.train, self.validation, self.test].iter().flatten().try_for_each(scores)?;
        self.cost.map_or(Ok(()), |cost| within("ms_per_text", cost.ms_per_text, 0.0, 1e12))?;
        seconds(self.seconds.total())
    }
}

impl Check for Leaderboard {
    fn check(&self) -> std::result::Result<(), String> {
        let chosen = self.deploy.iter().flat_map(|deploy| [Some(&deploy.choice), deploy.cheaper.as_ref()]).flatten();
        chosen.map(|choice| choice.score).try_for_each(|score| fraction("a score to deploy", score))?;
        self.rows.iter().try_for_each(Row::check)
    }
}

impl Check for DiagnosisRecord {
    fn check(&self) -> std::result::Result<(), String> {
        seconds(self.seconds)?;
        let of_remedies = self.diagnosis.remedies.iter().map(|remedy| (remedy.gain, remedy.interval));
        let budget = self.diagnosis.budget.iter();
        let of_budget = budget.flat_map(|budget| budget.shares.iter().map(|share| (share.error, share.interval)));
        of_remedies.chain(of_budget).try_for_each(|(value, _)| within("a gain", value, -1.0, 1.0))
    }
}

impl Check for PairRecord {
    fn check(&self) -> std::result::Result<(), String> {
        self.row.check()?;
        let (classes, labels) = (self.confusion.num_classes(), self.labels.len());
        if classes != labels && self.row.test.is_some() {
            return Err(format!("a confusion matrix of {classes} classes, where there are {labels} labels"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LadderVariant, Trial};
    use ninefold_metrics::Confusion;

    #[test]
    fn absurd_numbers_are_named() {
        let variant = LadderVariant { score: Some(1e300), ..LadderVariant::default() };
        let ladder = LadderResults { rungs: vec![variant], ..LadderResults::default() };
        assert_eq!(ladder.check(), Err("score = 1".to_owned() + &"0".repeat(300) + ", outside of 0 to 1"));
        let trial = Trial { validation: vec![f64::NAN], ..Trial::default() };
        let search = SearchResults { trials: vec![trial], ..SearchResults::default() };
        assert_eq!(search.check(), Err("a validation score = NaN, outside of 0 to 1".to_owned()));
    }

    #[test]
    fn confusion_matrix_has_a_row_per_label() {
        let row = Row { test: Some(Scores::default()), ..Row::default() };
        let mut record = PairRecord::unscored("", row, Default::default(), &["a".to_owned(), "b".to_owned()]);
        record.confusion = Confusion::new(0);
        assert!(record.check().is_err_and(|what| what.contains("0 classes")));
        record.confusion = Confusion::new(2);
        assert_eq!(record.check(), Ok(()));
    }
}
