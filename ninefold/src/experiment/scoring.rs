//! From probabilities to what is kept of a model: scores of every part, predictions, confusion matrix, mistakes.
//!
//! *takes* a record without scores and the probabilities of each part -> *gives* the record with scores, and its files.

use super::features::Parts;
use super::record::{self, ClassRow, Mistake, PairRecord};
use super::texts::Texts;
use super::{RunFolder, looks};
use crate::error::Result;
use crate::eval::calibration::expected_calibration_error;
use crate::eval::{Confusion, log_loss, most_probable};
use crate::files::write_json;

/// Where the files go, and whose texts they are about.
pub(super) struct Scoring<'a> {
    pub(super) folder: &'a RunFolder,
    pub(super) texts: &'a Texts,
}

/// Answers for one part.
pub(super) struct Part {
    probabilities: Vec<f32>, // [texts, num_classes]
    predicted: Vec<u32>,     // [texts]
    confusion: Confusion,
}

impl Part {
    pub(super) fn new(probabilities: Vec<f32>, labels: &[u32], num_classes: usize) -> Part {
        let predicted = most_probable(&probabilities, num_classes);
        let confusion = Confusion::of(num_classes, labels, &predicted);
        Part { probabilities, predicted, confusion }
    }
}

impl Scoring<'_> {
    /// Scores all parts; here and nowhere else the test labels are looked at, which is counted.
    pub(super) fn score(&self, mut record: PairRecord, parts: Parts<Part>) -> Result<PairRecord> {
        let corpus = &self.texts.corpus;
        let (labels, documents, test) = (&corpus.labels, &corpus.test, &parts.test);
        looks::count(&self.texts.test_fingerprint, &record.row.folder);
        [record.row.train, record.row.validation, record.row.test] =
            [&parts.train, &parts.validation, &parts.test].map(|part| Some(part.confusion.scores()));
        let sure = |row: &[f32], label: u32| f64::from(row[label as usize]);
        let rows = || test.probabilities.chunks_exact(labels.len()).zip(&test.predicted).zip(documents);
        let answers: Vec<(f64, bool)> =
            rows().map(|((row, &predicted), document)| (sure(row, predicted), predicted == document.label)).collect();
        let folder = self.folder.path().join(&record.row.folder);
        record::write_predictions(
            &folder.join("predictions.csv"),
            documents,
            labels,
            &test.predicted,
            &test.probabilities,
        )?;
        record::write_confusion(&folder.join("confusion.csv"), &test.confusion, labels)?;
        let mistakes = rows()
            .filter(|((_, predicted), document)| **predicted != document.label)
            .map(|((row, &predicted), document)| Mistake::new(document, labels, predicted, sure(row, predicted)));
        write_json(&folder.join("mistakes.json"), &Mistake::surest(mistakes.collect()))?;
        record.test_loss = Some(log_loss(&test.probabilities, labels.len(), self.texts.test.labels()));
        record.calibration_error = Some(expected_calibration_error(&answers));
        record.classes = ClassRow::of(&test.confusion, labels);
        record.confusion = test.confusion.clone();
        Ok(record)
    }

    /// Writes `metrics.json`, after everything else of the model: it is finished.
    pub(super) fn finish(&self, record: &PairRecord) -> Result<()> {
        write_json(&self.folder.path().join(&record.row.folder).join("metrics.json"), record)
    }
}
