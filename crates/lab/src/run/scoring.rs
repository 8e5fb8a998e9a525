//! From scores to what is kept of a model: probabilities, scores of every part, predictions, confusion matrix, mistakes.
//!
//! *takes* a record without scores and what the model gave each text of each part -> *gives* the record with scores, and its
//! files. The temperature of the probabilities is fitted on validation.

use rustc_hash::FxHashMap;

use crate::RunFolder;
use crate::run::parts::Parts;
use crate::run::texts::Texts;
use crate::store::kept;
use ninefold_core::error::Result;
use ninefold_metrics::calibration::{self, Answer, expected_calibration_error, reliability};
use ninefold_metrics::{Confusion, log_loss, most_probable};
use ninefold_nn::batch::Encoded;
use ninefold_records::{ClassRow, Mistake, PairRecord};

/// Where the files go, and whose texts they are about.
pub(crate) struct Scoring<'a> {
    pub(crate) folder: &'a RunFolder,
    pub(crate) texts: &'a Texts,
    /// Whether mistakes keep the beginning of their texts.
    pub(crate) keeps_texts: bool,
}

/// What a model says of the texts of every part.
pub(crate) struct Answers {
    /// Calibrated; those of train are missing where they were never asked for. `[texts, num_classes]` each
    pub(crate) probabilities: Parts<Vec<f32>>,
    /// What the probabilities of test were before they were calibrated. `[texts, num_classes]`
    pub(crate) uncalibrated: Vec<f32>,
    /// What they were calibrated by.
    pub(crate) temperature: f64,
}

/// The label given to each text of one part.
struct Part {
    predicted: Vec<u32>, // [texts]
    confusion: Confusion,
}

impl Part {
    fn new(probabilities: &[f32], texts: &Encoded, num_outputs: usize, num_labels: usize) -> Part {
        let predicted = most_probable(probabilities, num_outputs);
        let confusion = Confusion::of(num_labels, texts.labels(), &predicted);
        Part { predicted, confusion }
    }
}

/// How sure each answer is, and whether it is right.
fn certainties(probabilities: &[f32], predicted: &[u32], texts: &Encoded, num_classes: usize) -> Vec<Answer> {
    let rows = probabilities.chunks_exact(num_classes).zip(predicted).zip(texts.labels());
    rows.map(|((row, &predicted), &label)| (f64::from(row[predicted as usize]), predicted == label)).collect()
}

impl Scoring<'_> {
    /// Calibrates on validation, keeps the probabilities, scores.
    ///
    /// # Shapes
    /// `scores` `[texts, num_classes]` each; logits, margins, or whatever is larger for the likelier class
    pub(crate) fn score(&self, record: PairRecord, scores: &Parts<Vec<f64>>) -> Result<PairRecord> {
        let classes = self.texts.corpus.labels.len();
        let temperature = calibration::temperature(&scores.validation, classes, self.texts.validation.labels());
        let probabilities = scores.map(|scores| calibration::probabilities(scores, classes, temperature));
        let uncalibrated = calibration::probabilities(&scores.test, classes, 1.0);
        let mut answers = Answers { probabilities, uncalibrated, temperature };
        self.take_out_of_fold(&record, &mut answers)?;
        self.keep(&record, &answers)?;
        self.score_answers(record, &answers)
    }

    /// Replaces the answers to test texts by those of the folds, where every text of the corpus was learned from.
    pub(crate) fn take_out_of_fold(&self, record: &PairRecord, answers: &mut Answers) -> Result<()> {
        if let Some(out_of_fold) = &self.texts.out_of_fold {
            answers.probabilities.test = out_of_fold.answers(&record.row, self.texts.corpus.labels.len())?;
            answers.uncalibrated.clone_from(&answers.probabilities.test);
        }
        Ok(())
    }

    /// Keeps the probabilities for whatever is made of several models.
    pub(crate) fn keep(&self, record: &PairRecord, answers: &Answers) -> Result<()> {
        let (folder, texts) = (self.folder.path().join(&record.row.folder), self.texts);
        kept::save(&folder, &answers.probabilities, texts.validation.labels(), texts.corpus.labels.len())
    }

    /// Scores all parts; here and nowhere else the test labels are looked at. The run counts it when the row is finished.
    pub(crate) fn score_answers(&self, mut record: PairRecord, answers: &Answers) -> Result<PairRecord> {
        let (texts, corpus) = (self.texts, &self.texts.corpus);
        let (documents, classes) = (&corpus.test, corpus.labels.len());
        let labels = &corpus.all_labels();
        let Answers { probabilities, uncalibrated, temperature } = answers;
        let part = |probabilities: &[f32], texts| Part::new(probabilities, texts, classes, classes);
        let train = (!probabilities.train.is_empty()).then(|| part(&probabilities.train, &texts.train));
        let validation = part(&probabilities.validation, &texts.validation);
        // Labels that only the test part has are rows of its matrix, although no answer is one of them.
        let test = Part::new(&probabilities.test, &texts.test, classes, labels.len());
        let has_test = !documents.is_empty();
        [record.row.train, record.row.validation, record.row.test] =
            [train.as_ref(), Some(&validation), has_test.then_some(&test)].map(|part| Some(part?.confusion.scores()));
        if let Some(out_of_fold) = &texts.out_of_fold {
            record.row.validation = out_of_fold.validation(&record.row)?;
        }

        let (records, row) = (self.folder.records(), &record.row);
        let rows = &probabilities.test;
        records.write_predictions(row, documents, labels, &test.predicted, rows)?;
        records.write_confusion(row, &test.confusion, labels)?;
        let rows = rows.chunks_exact(classes).zip(&test.predicted).zip(documents);
        let mistakes = rows.filter(|((_, predicted), document)| **predicted != document.label).map(
            |((row, &predicted), document)| {
                let mistake = Mistake::new(document, labels, predicted, f64::from(row[predicted as usize]));
                if self.keeps_texts { mistake } else { mistake.without_text() }
            },
        );
        let mistakes: Vec<Mistake> = mistakes.collect();
        records.write_examples(row, &examples(&mistakes))?;
        records.write_mistakes(row, &Mistake::surest(mistakes))?;

        let sure = certainties(&probabilities.test, &test.predicted, &texts.test, classes);
        let raw = certainties(uncalibrated, &test.predicted, &texts.test, classes);
        record.chosen.insert("temperature".to_string(), *temperature);
        record.test_loss = has_test.then(|| log_loss(&probabilities.test, classes, texts.test.labels()));
        record.calibration_error = has_test.then(|| expected_calibration_error(&sure));
        record.calibration_error_uncalibrated = has_test.then(|| expected_calibration_error(&raw));
        record.reliability = reliability(&sure);
        record.labels.clone_from(labels);
        record.classes = ClassRow::of(&test.confusion, labels);
        record.confusion = test.confusion;
        Ok(record)
    }

    /// Writes `metrics.json`, after everything else of the model: it is finished.
    pub(crate) fn finish(&self, record: &PairRecord) -> Result<()> {
        self.folder.records().write_record(record)
    }
}

/// Mistakes that are kept for pointing at them: of each class taken for another the surest few, shortened.
const EXAMPLES: usize = 400;
const EXAMPLES_PER_CELL: usize = 3;
const EXAMPLE_LENGTH: usize = 140;

fn examples(mistakes: &[Mistake]) -> Vec<Mistake> {
    let mut cells: FxHashMap<(&str, &str), Vec<&Mistake>> = FxHashMap::default();
    for mistake in mistakes {
        cells.entry((&mistake.truth, &mistake.predicted)).or_default().push(mistake);
    }
    let mut cells: Vec<Vec<&Mistake>> = cells.into_values().collect();
    let names = |cell: &[&Mistake]| (cell[0].truth.clone(), cell[0].predicted.clone());
    cells.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| names(a).cmp(&names(b))));
    let surest = |mut cell: Vec<&Mistake>| {
        cell.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        cell.into_iter().take(EXAMPLES_PER_CELL).map(|mistake| mistake.shortened(EXAMPLE_LENGTH)).collect::<Vec<_>>()
    };
    cells.into_iter().flat_map(surest).take(EXAMPLES).collect()
}
