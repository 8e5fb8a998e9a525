//! The columns of a leaderboard: what they are called, how they are written, and in which direction they are better.
//!
//! Takes a [`Row`] -> gives one cell, or its place beside another row. A new column is one variant here.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::grid::Align;
use crate::phrases::{megabytes, milliseconds, percent, seconds};
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::{nearest, thousands};
use ninefold_metrics::{Interval, MainScore, Scores};
use ninefold_records::{Leaderboard, NO_EMBEDDING, Row, RowKind};

/// A column, to show or to sort by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// The embedding's name.
    Embedding,
    /// The network's name.
    Model,
    /// The seed.
    Seed,
    /// Test accuracy.
    #[default]
    Accuracy,
    /// Where the test accuracy lies.
    Interval,
    /// Where the macro test F1 lies.
    F1MacroInterval,
    /// Test precision, weighted.
    Precision,
    /// Test recall, weighted.
    Recall,
    /// Test F1, weighted.
    F1,
    /// Test F1, macro.
    F1Macro,
    /// Accuracy on the training texts.
    TrainAccuracy,
    /// Accuracy on the validation texts.
    ValidationAccuracy,
    /// Macro F1 on the validation texts.
    ValidationF1Macro,
    /// Embedding, training and evaluation together.
    Seconds,
    /// Milliseconds that the saved model takes for a text.
    MsPerText,
    /// Megabytes of the saved model.
    Megabytes,
    /// Trained numbers.
    Parameters,
    /// Epochs trained.
    Epochs,
}

/// Follows the name of a model that was trained once more, on train and validation.
pub(crate) const REFITTED: &str = "*";

enum Cell<'a> {
    Name(&'a str),
    Count(u64),
    Share(Option<f64>),
    Spread(Option<f64>, Option<f64>),
    Interval(Option<Interval>),
    Seconds(f64),
    Ms(Option<f64>),
    Bytes(Option<u64>),
}

impl Column {
    /// Every column.
    pub const ALL: [Column; 18] = [
        Column::Embedding,
        Column::Model,
        Column::Seed,
        Column::Accuracy,
        Column::Interval,
        Column::Precision,
        Column::Recall,
        Column::F1,
        Column::F1Macro,
        Column::F1MacroInterval,
        Column::TrainAccuracy,
        Column::ValidationAccuracy,
        Column::ValidationF1Macro,
        Column::Seconds,
        Column::MsPerText,
        Column::Megabytes,
        Column::Parameters,
        Column::Epochs,
    ];

    /// The column of a main score.
    pub fn of_score(main: MainScore) -> Column {
        match main {
            MainScore::Accuracy => Column::Accuracy,
            MainScore::F1Macro => Column::F1Macro,
        }
    }

    /// The column of a main score on the validation texts.
    pub fn of_validation_score(main: MainScore) -> Column {
        match main {
            MainScore::Accuracy => Column::ValidationAccuracy,
            MainScore::F1Macro => Column::ValidationF1Macro,
        }
    }

    /// The rows by this column, best first; ties by the main test score and name; what failed comes last.
    pub fn ranked(self, board: &Leaderboard) -> Vec<&Row> {
        let mut rows: Vec<&Row> = board.rows.iter().collect();
        rows.sort_by(|a, b| {
            let failed = |row: &Row| row.accuracy().is_none();
            let names = |row: &Row| (row.embedding.clone(), row.model.clone(), row.seed);
            (failed(a).cmp(&failed(b)))
                .then_with(|| self.compare(a, b))
                .then_with(|| Column::of_score(board.main_score).compare(a, b))
                .then_with(|| names(a).cmp(&names(b)))
        });
        rows
    }

    /// The name by which it is asked for: "train_accuracy".
    pub fn name(self) -> &'static str {
        match self {
            Column::Embedding => "embedding",
            Column::Model => "model",
            Column::Seed => "seed",
            Column::Accuracy => "accuracy",
            Column::Interval => "interval",
            Column::F1MacroInterval => "f1_macro_interval",
            Column::Precision => "precision",
            Column::Recall => "recall",
            Column::F1 => "f1",
            Column::F1Macro => "f1_macro",
            Column::TrainAccuracy => "train_accuracy",
            Column::ValidationAccuracy => "validation_accuracy",
            Column::ValidationF1Macro => "validation_f1_macro",
            Column::Seconds => "seconds",
            Column::MsPerText => "ms_per_text",
            Column::Megabytes => "megabytes",
            Column::Parameters => "parameters",
            Column::Epochs => "epochs",
        }
    }

    /// The name above the column: "train accuracy".
    pub(crate) fn heading(self) -> String {
        match self {
            Column::F1 => "F1".to_owned(),
            Column::F1Macro => "F1 macro".to_owned(),
            Column::F1MacroInterval => "interval".to_owned(),
            Column::ValidationF1Macro => "validation F1 macro".to_owned(),
            Column::MsPerText => "ms".to_owned(),
            Column::Megabytes => "MB".to_owned(),
            other => other.name().replace('_', " "),
        }
    }

    /// Names are aligned left, figures right.
    pub(crate) fn align(self) -> Align {
        if matches!(self, Column::Embedding | Column::Model) { Align::Left } else { Align::Right }
    }

    /// The cell's text; a missing score is a dash.
    pub(crate) fn text(self, row: &Row) -> String {
        match self.cell(row) {
            Cell::Name(name) if self == Column::Model && row.is_refitted => format!("{name}{REFITTED}"),
            Cell::Name(name) => name.to_owned(),
            Cell::Count(count) => thousands(count as usize),
            Cell::Share(share) | Cell::Spread(share, None) => share.map_or("-".to_owned(), percent),
            Cell::Spread(share, Some(deviation)) => {
                share.map_or("-".to_owned(), |share| format!("{} ± {}", percent(share), percent(deviation)))
            }
            Cell::Interval(interval) => interval
                .map_or("-".to_owned(), |interval| format!("{} to {}", percent(interval.low), percent(interval.high))),
            Cell::Seconds(value) => seconds(value),
            Cell::Ms(ms) => ms.map_or("-".to_owned(), milliseconds),
            Cell::Bytes(bytes) => bytes.map_or("-".to_owned(), megabytes),
        }
    }

    /// The better row first: more of a score, fewer seconds or parameters; names in their order.
    pub(crate) fn compare(self, a: &Row, b: &Row) -> Ordering {
        match (self.cell(a), self.cell(b)) {
            (Cell::Name(a), Cell::Name(b)) => a.cmp(b),
            (Cell::Count(a), Cell::Count(b)) => a.cmp(&b),
            (Cell::Seconds(a), Cell::Seconds(b)) => a.total_cmp(&b),
            (Cell::Ms(a), Cell::Ms(b)) => falling(a.map(|ms| -ms), b.map(|ms| -ms)),
            (Cell::Bytes(a), Cell::Bytes(b)) => (a.is_none(), a).cmp(&(b.is_none(), b)),
            (Cell::Share(a), Cell::Share(b)) | (Cell::Spread(a, _), Cell::Spread(b, _)) => falling(a, b),
            (Cell::Interval(a), Cell::Interval(b)) => {
                falling(a.map(|interval| interval.low), b.map(|interval| interval.low))
            }
            _ => unreachable!("a column has one kind of cell"),
        }
    }

    fn cell(self, row: &Row) -> Cell<'_> {
        let of = |scores: Option<Scores>, score: fn(Scores) -> f64| Cell::Share(scores.map(score));
        let spread = |score: fn(Scores) -> f64| Cell::Spread(row.test.map(score), row.deviation.map(score));
        match self {
            Column::Embedding if row.embedding == NO_EMBEDDING && row.kind == RowKind::Ensemble => {
                Cell::Name("ensemble")
            }
            Column::Embedding if row.embedding == NO_EMBEDDING => Cell::Name("-"),
            Column::Embedding => Cell::Name(&row.embedding),
            Column::Model => Cell::Name(&row.model),
            Column::Seed => Cell::Count(row.seed),
            Column::Accuracy => spread(|scores| scores.accuracy),
            Column::Interval => Cell::Interval(row.interval.map(|interval| interval.accuracy)),
            Column::Precision => of(row.test, |scores| scores.precision_weighted),
            Column::Recall => of(row.test, |scores| scores.recall_weighted),
            Column::F1 => of(row.test, |scores| scores.f1_weighted),
            Column::F1Macro => spread(|scores| scores.f1_macro),
            Column::F1MacroInterval => Cell::Interval(row.interval.map(|interval| interval.f1_macro)),
            Column::TrainAccuracy => of(row.train, |scores| scores.accuracy),
            Column::ValidationAccuracy => of(row.validation, |scores| scores.accuracy),
            Column::ValidationF1Macro => of(row.validation, |scores| scores.f1_macro),
            Column::Seconds => Cell::Seconds(row.seconds.total()),
            Column::MsPerText => Cell::Ms(row.cost.map(|cost| cost.ms_per_text)),
            Column::Megabytes => Cell::Bytes(row.cost.map(|cost| cost.disk_bytes)),
            Column::Parameters => Cell::Count(row.parameters as u64),
            Column::Epochs => Cell::Count(row.epochs as u64),
        }
    }
}

/// The larger first, what is not there last.
fn falling(a: Option<f64>, b: Option<f64>) -> Ordering {
    let or_least = |share: Option<f64>| share.unwrap_or(f64::NEG_INFINITY);
    or_least(b).total_cmp(&or_least(a))
}

impl fmt::Display for Column {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for Column {
    type Err = Error;

    /// A column by its name, with `-` or a blank for `_` and in any case.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with all names, and the one that was probably meant.
    fn from_str(text: &str) -> Result<Column> {
        let wanted = text.trim().to_lowercase().replace(['-', ' '], "_");
        let found = Column::ALL.into_iter().find(|column| column.name() == wanted);
        found.ok_or_else(|| {
            let names: Vec<&str> = Column::ALL.into_iter().map(Column::name).collect();
            let hint = nearest(&wanted, &names).map_or(String::new(), |name| format!(" (did you mean {name:?}?)"));
            Error::invalid_value("sort", format!("one of {}", names.join(", ")), format!("{text:?}{hint}"))
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn every_column_is_found_by_its_name() {
        for column in Column::ALL {
            assert_eq!(column.to_string().parse::<Column>().unwrap(), column);
        }
        assert_eq!("Train-Accuracy".parse::<Column>().unwrap(), Column::TrainAccuracy);
    }

    #[test]
    fn refitted_models_have_a_mark() {
        let row = Row { is_refitted: true, ..sample::row("word2vec", "gru", 0.7, 0.7, 1.0) };
        assert_eq!(Column::Model.text(&row), "gru*");
        assert_eq!(Column::Embedding.text(&row), "word2vec");
    }

    #[test]
    fn a_slip_gets_a_suggestion() {
        let error = |text: &str| text.parse::<Column>().unwrap_err().to_string();
        assert!(error("acuracy").ends_with("found \"acuracy\" (did you mean \"accuracy\"?)"), "{}", error("acuracy"));
        assert!(error("paramaters").contains("(did you mean \"parameters\"?)"));
        assert!(error("zzz").starts_with("sort: expected one of embedding, model, seed, accuracy"), "{}", error("zzz"));
        assert!(error("zzz").ends_with("found \"zzz\""));
    }

    fn order(column: Column) -> Vec<String> {
        column.ranked(&sample::leaderboard()).iter().map(|row| row.pair()).collect()
    }

    #[test]
    fn rows_stand_by_test_accuracy_and_failures_last() {
        let accuracy = order(Column::Accuracy);
        assert_eq!(accuracy[..3], ["fasttext + gru", "word2vec + gru", "fasttext + lstm"]);
        assert_eq!(accuracy[8], "glove + rnn");
        assert_eq!(order(Column::Seconds)[..2], ["word2vec + rnn", "fasttext + rnn"], "quickest first");
        assert_eq!(order(Column::ValidationAccuracy)[0], "word2vec + gru");
        assert_eq!(order(Column::Model)[..3], ["fasttext + gru", "word2vec + gru", "glove + gru"]);
        assert_eq!(order(Column::Model)[8], "glove + rnn", "a failure has no place among results");
    }
}
