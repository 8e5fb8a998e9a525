//! What is kept of one model: its leaderboard row, the scores per class, the confusion matrix, the history, its mistakes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Row;
use ninefold_core::error::{Error, Result};
use ninefold_core::files::write_atomically;
use ninefold_core::phrasing::{CsvCells, plain_cell};
use ninefold_data::Document;
use ninefold_metrics::Confusion;
use ninefold_metrics::calibration::Bin;
use ninefold_nn::train::Epoch;

/// How much of the vocabulary has a vector.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VectorCoverage {
    /// Words with a vector of their own.
    pub found: usize,
    /// Words whose vector is the mean of their n-grams'.
    pub by_subwords: usize,
    /// Words without a vector.
    pub unknown: usize,
    /// Share of the training texts' tokens whose word has a vector.
    pub tokens: f64,
}

/// `metrics.json` of a model. It is written last: where it stands, the model is finished.
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
    /// Mean distance on the test part between how sure answers are and how often they are right, in 15 bins.
    #[serde(default)]
    pub calibration_error: Option<f64>,
    /// The same without the temperature that validation chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration_error_uncalibrated: Option<f64>,
    /// Those bins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reliability: Vec<Bin>,
    /// What validation chose: the temperature of the probabilities, C or smoothing of a baseline.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub chosen: BTreeMap<String, f64>,
    /// Scores on the test part, class by class.
    pub classes: Vec<ClassRow>,
    /// Rows are the truth, columns the prediction, on the test part.
    pub confusion: Confusion,
    /// Class names by label id.
    pub labels: Vec<String>,
}

impl PairRecord {
    /// A record without scores.
    pub fn unscored(key: &str, row: Row, vectors: VectorCoverage, labels: &[String]) -> PairRecord {
        PairRecord {
            key: key.to_string(),
            row,
            vectors,
            test_loss: None,
            calibration_error: None,
            calibration_error_uncalibrated: None,
            reliability: Vec::new(),
            chosen: BTreeMap::new(),
            classes: Vec::new(),
            confusion: Confusion::new(0),
            labels: labels.to_vec(),
        }
    }
}

/// Mistakes that are kept with their text.
const MISTAKES: usize = 24;
/// Characters of a text that are kept.
const EXCERPT: usize = 500;

/// One text that was taken for another class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mistake {
    /// Where the text came from.
    pub source: String,
    /// Its class.
    pub truth: String,
    /// The class that it was taken for.
    pub predicted: String,
    /// How sure the model was.
    pub probability: f64,
    /// How the text begins.
    pub text: String,
}

impl Mistake {
    /// That of `document`, whose beginning is kept.
    pub fn new(document: &Document, labels: &[String], predicted: u32, probability: f64) -> Mistake {
        let text = cut(document.text.trim(), EXCERPT);
        let name = |label: u32| labels[label as usize].clone();
        let (truth, predicted) = (name(document.label), name(predicted));
        Mistake { source: document.source.to_string(), truth, predicted, probability, text }
    }

    /// The same with less of its text, on one line.
    pub fn shortened(&self, length: usize) -> Mistake {
        let line = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        Mistake { text: cut(&line, length), ..self.clone() }
    }

    /// The same without its text; the source remains.
    pub fn without_text(self) -> Mistake {
        Mistake { text: String::new(), ..self }
    }

    /// Those that the model was surest of.
    pub fn surest(mut mistakes: Vec<Mistake>) -> Vec<Mistake> {
        mistakes.sort_by(|a, b| b.probability.total_cmp(&a.probability)); // stable: equals stay in the texts' order
        mistakes.truncate(MISTAKES);
        mistakes
    }
}

/// The beginning of a text.
fn cut(text: &str, length: usize) -> String {
    let mut start: String = text.chars().take(length).collect();
    if text.chars().nth(length).is_some() {
        start.push('…');
    }
    start
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
///
/// # Errors
/// [`Error::Io`] when the file cannot be written.
pub(crate) fn write_history(path: &Path, history: &[Epoch]) -> Result<()> {
    write_csv(path, |table| history.iter().try_for_each(|epoch| table.serialize(epoch)))
}

/// `confusion.csv`: a row per true class, a column per predicted one.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written.
pub(crate) fn write_confusion(path: &Path, confusion: &Confusion, labels: &[String], cells: CsvCells) -> Result<()> {
    write_csv(path, |table| {
        let labels: Vec<Cow<str>> = labels.iter().map(|label| cells.cell(label)).collect();
        table.write_record(std::iter::once("truth \\ predicted").chain(labels.iter().map(AsRef::as_ref)))?;
        labels.iter().enumerate().try_for_each(|(class, label)| {
            let counts = confusion.row(class).iter().map(u64::to_string);
            table.write_record(std::iter::once(label.to_string()).chain(counts))
        })
    })
}

/// `predictions.csv`: what the model said about each test text, and how sure it was.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written.
pub(crate) fn write_predictions(
    path: &Path,
    documents: &[Document],
    labels: &[String],
    predicted: &[u32],
    probabilities: &[f32],
    cells: CsvCells,
) -> Result<()> {
    write_csv(path, |table| {
        table.write_record(["source", "truth", "predicted", "probability"])?;
        let num_outputs = probabilities.len() / documents.len().max(1);
        let rows = documents.iter().zip(predicted).zip(probabilities.chunks_exact(num_outputs.max(1)));
        for ((document, &label), row) in rows {
            let name = |label: u32| labels[label as usize].as_str();
            let probability = format!("{:.6}", row[label as usize]);
            let texts = [document.source.as_str(), name(document.label), name(label)].map(|text| cells.cell(text));
            table.write_record(texts.iter().map(AsRef::as_ref).chain([probability.as_str()]))?;
        }
        Ok(())
    })
}

/// One line of `predictions.csv`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Prediction {
    /// Where the text came from.
    #[serde(deserialize_with = "text_of_cell")]
    pub source: String,
    /// Its class.
    #[serde(deserialize_with = "text_of_cell")]
    pub truth: String,
    /// The class that it was taken for.
    #[serde(deserialize_with = "text_of_cell")]
    pub predicted: String,
    /// How sure the model was.
    pub probability: f64,
}

fn text_of_cell<'de, D: serde::Deserializer<'de>>(cell: D) -> std::result::Result<String, D::Error> {
    Ok(plain_cell(&String::deserialize(cell)?).to_owned())
}

/// Reads `predictions.csv`.
///
/// # Errors
/// [`Error::Format`] when the file is missing or damaged.
pub(crate) fn read_predictions(path: &Path) -> Result<Vec<Prediction>> {
    let broken = |error: csv::Error| Error::format(path, "predictions as ninefold writes them", error.to_string());
    csv::Reader::from_path(path).map_err(broken)?.deserialize().map(|line| line.map_err(broken)).collect()
}

/// Reads `history.csv`.
///
/// # Errors
/// As [`read_predictions`].
pub(crate) fn read_history(path: &Path) -> Result<Vec<Epoch>> {
    let broken = |error: csv::Error| Error::format(path, "a history as ninefold writes it", error.to_string());
    csv::Reader::from_path(path).map_err(broken)?.deserialize().map(|line| line.map_err(broken)).collect()
}

/// A table, whole or not at all.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written.
pub(crate) fn write_csv(
    path: &Path,
    rows: impl FnOnce(&mut csv::Writer<&mut dyn Write>) -> std::result::Result<(), csv::Error>,
) -> Result<()> {
    write_atomically(path, |out| {
        let mut table = csv::Writer::from_writer(out as &mut dyn Write);
        rows(&mut table)?;
        table.flush()
    })
}
