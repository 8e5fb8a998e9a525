//! What is kept of one pair: its leaderboard row, the scores per class, the confusion matrix, the history.

use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::VectorCoverage;
use crate::corpus::Document;
use crate::error::Result;
use crate::eval::Confusion;
use crate::files::write_atomically;
use crate::report::Row;
use crate::train::Epoch;

/// `metrics.json` of a pair. It is written last: where it stands, the pair is finished.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairRecord {
    /// Of the settings and the texts: the record of another run is not taken for this one's.
    pub key: String,
    /// The row of the leaderboard.
    pub row: Row,
    /// How much of the vocabulary has a vector.
    pub vectors: VectorCoverage,
    /// Mean cross-entropy on the test part; `None` when there are no scores.
    pub test_loss: Option<f64>,
    /// Scores on the test part, class by class.
    pub classes: Vec<ClassRow>,
    /// Rows are the truth, columns the prediction, on the test part.
    pub confusion: Confusion,
    /// Class names by label id.
    pub labels: Vec<String>,
}

/// The scores of one class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassRow {
    /// The class's name.
    pub label: String,
    /// Of the texts taken for it, the share that is of it.
    pub precision: f64,
    /// Of its texts, the share that was found.
    pub recall: f64,
    /// The harmonic mean of both.
    pub f1: f64,
    /// Its texts.
    pub support: u64,
}

impl ClassRow {
    /// One row per class.
    pub fn of(confusion: &Confusion, labels: &[String]) -> Vec<ClassRow> {
        let rows = confusion.class_scores().into_iter().zip(labels);
        rows.map(|(scores, label)| ClassRow {
            label: label.clone(),
            precision: scores.precision,
            recall: scores.recall,
            f1: scores.f1,
            support: scores.support,
        })
        .collect()
    }
}

/// `history.csv`: one line per epoch.
pub(super) fn write_history(path: &Path, history: &[Epoch]) -> Result<()> {
    write_csv(path, |table| history.iter().try_for_each(|epoch| table.serialize(epoch)))
}

/// `confusion.csv`: a row per true class, a column per predicted one.
pub(super) fn write_confusion(path: &Path, confusion: &Confusion, labels: &[String]) -> Result<()> {
    write_csv(path, |table| {
        table.write_record(std::iter::once("truth \\ predicted").chain(labels.iter().map(String::as_str)))?;
        labels.iter().enumerate().try_for_each(|(class, label)| {
            let counts = confusion.row(class).iter().map(u64::to_string);
            table.write_record(std::iter::once(label.clone()).chain(counts))
        })
    })
}

/// `predictions.csv`: what the network said about each test text, and how sure it was.
pub(super) fn write_predictions(
    path: &Path,
    documents: &[Document],
    labels: &[String],
    predicted: &[u32],
    probabilities: &[f32],
) -> Result<()> {
    write_csv(path, |table| {
        table.write_record(["source", "truth", "predicted", "probability"])?;
        let rows = documents.iter().zip(predicted).zip(probabilities.chunks_exact(labels.len()));
        for ((document, &label), row) in rows {
            let name = |label: u32| labels[label as usize].as_str();
            let probability = format!("{:.6}", row[label as usize]);
            table.write_record([document.source.as_str(), name(document.label), name(label), &probability])?;
        }
        Ok(())
    })
}

fn write_csv(
    path: &Path,
    rows: impl FnOnce(&mut csv::Writer<&mut dyn Write>) -> std::result::Result<(), csv::Error>,
) -> Result<()> {
    write_atomically(path, |out| {
        let mut table = csv::Writer::from_writer(out as &mut dyn Write);
        rows(&mut table)?;
        table.flush()
    })
}
