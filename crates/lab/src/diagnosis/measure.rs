//! What the row to deploy gains by other training texts: trained again without suspicious labels, with texts exchanged for later ones,
//! and on parts of its texts.
//!
//! *takes* a diagnosis and the corpus of its comparison -> *gives* the diagnosis with measured findings. The answers before are those of
//! the comparison; every training is registered as an evaluation of the test texts.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Retrainings;
use super::retrain::{Answers, Retrainer};
use crate::run::judge;
use crate::run::texts::class_sizes;
use crate::store::test_evaluations::TestEvaluations;
use crate::{Config, RunFolder, Session};
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::counted;
use ninefold_core::rng::Rng;
use ninefold_data::{Corpus, Document};
use ninefold_diagnose::{
    CLEANING, CURVE, Detail, Diagnosis, EXCHANGE, Measurement, Removed, Retrained, SMALLEST_CURVE, smallest_part,
};
use ninefold_metrics::{stratified_folds, stratified_order};
use ninefold_records::{DiagnosisRecord, Leaderboard, Row, RowKind};

/// The parts of the training texts that a learning curve is measured on, the smallest first: one in so many texts.
const PARTS: [usize; 3] = [8, 4, 2];
/// What the points of a measured curve are scored on.
const TEST_TEXTS: &str = "test texts";

/// A finished comparison.
pub(super) struct Run<'a> {
    pub(super) board: &'a Leaderboard,
    pub(super) config: &'a Config,
    pub(super) corpus: &'a Corpus,
    pub(super) folder: &'a RunFolder,
    pub(super) session: &'a Session<'a>,
}

impl Run<'_> {
    /// Measures what is wanted and was not measured before. The record is written after each measurement.
    pub(super) fn measure(&self, mut record: DiagnosisRecord, wanted: Retrainings) -> Result<DiagnosisRecord> {
        if record.diagnosis.budget.is_none() {
            return Err(Error::data(format!("nothing is trained again: {}", record.diagnosis.verdict.sentence)));
        }
        let row = self.row()?;
        let before = judge::predicted(row, &self.corpus.labels, self.corpus.test.len(), self.folder)?;
        let labels = self.corpus.test.iter().map(|document| document.label).collect();
        let work = Work { run: self, row, name: row.pair(), labels, before };
        let measurements: [(bool, &str, Measure<'_>); 3] = [
            (wanted.curve, CURVE, Work::curve),
            (wanted.clean, CLEANING, Work::cleaning),
            (wanted.exchange, EXCHANGE, Work::exchange),
        ];
        for (_, check, measure) in measurements.into_iter().filter(|(is_wanted, ..)| *is_wanted) {
            if is_measured(&record.diagnosis, check) {
                self.session.progress.notice(&format!("diagnosis, {check}: finished earlier"));
                continue;
            }
            record.diagnosis = measure(&work, &record.diagnosis)?;
            self.folder.records().clone().with_csv_cells(self.config.csv_cells).write_diagnosis(&record)?;
            self.write_evaluations()?;
        }
        Ok(record)
    }

    /// The row to deploy. An ensemble is not trained again, but the best single row.
    fn row(&self) -> Result<&Row> {
        let board = self.board;
        let deployed = board.deploy.as_ref().map(|deploy| deploy.choice.folder.as_str());
        let deployed = board.rows.iter().find(|row| Some(row.folder.as_str()) == deployed);
        let chosen = deployed.or_else(|| board.best_of(|_| true));
        if let Some(row) = chosen.filter(|row| row.kind != RowKind::Ensemble) {
            return Ok(row);
        }
        let single = board.best_of(|row| row.kind != RowKind::Ensemble);
        let single =
            single.ok_or_else(|| Error::data("no row of this comparison has scores: nothing can be trained again"))?;
        if let Some(ensemble) = chosen {
            let notice =
                format!("{} is an ensemble: {}, the best single row, is trained again", ensemble.pair(), single.pair());
            self.session.progress.notice(&notice);
        }
        Ok(single)
    }

    fn evaluations(&self) -> TestEvaluations {
        TestEvaluations::of(&self.corpus.test, &self.corpus.all_labels(), self.session.folders)
    }

    /// The number of evaluations that the leaderboard prints.
    fn write_evaluations(&self) -> Result<()> {
        let mut board = self.folder.leaderboard()?;
        if let (Some(statistics), Some(total)) = (&mut board.statistics, self.evaluations().total()) {
            statistics.test_evaluations_total = total;
            self.folder.records().write_leaderboard(&board)?;
        }
        Ok(())
    }
}

type Measure<'a> = fn(&Work<'a>, &Diagnosis) -> Result<Diagnosis>;

/// Whether the finding of that name was measured by training the row again.
fn is_measured(diagnosis: &Diagnosis, check: &str) -> bool {
    let Some(finding) = diagnosis.findings.iter().find(|finding| finding.check == check) else { return false };
    match &finding.detail {
        Some(Detail::Curve(curve)) => curve.scored == TEST_TEXTS,
        _ => check != CURVE,
    }
}

/// A row that is trained again.
struct Work<'a> {
    run: &'a Run<'a>,
    row: &'a Row,
    name: String,
    /// The classes of the test texts.
    labels: Vec<u32>,
    /// Its answers to them.
    before: Vec<u32>,
}

impl Work<'_> {
    fn retrainer(&self) -> Retrainer<'_> {
        Retrainer::new(self.row, self.run.config, self.run.folder, self.run.session)
    }

    /// The answers to the test texts of a corpus, after a training on its other texts.
    fn train(&self, retrainer: &Retrainer, name: &str, corpus: Corpus) -> Result<Vec<u32>> {
        let Answers { predicted, key } = retrainer.train(name, corpus)?;
        self.run.evaluations().register(&key, &format!("diagnosis/{name}"));
        Ok(predicted)
    }

    fn retrained(&self) -> Retrained<'_> {
        Retrained { model: &self.name, labels: &self.labels, before: &self.before }
    }

    fn with(&self, diagnosis: &Diagnosis, measurement: &Measurement) -> Diagnosis {
        diagnosis.clone().with_measured(measurement, &self.run.config.diagnosis)
    }

    /// Without the suspects, and without as many other texts.
    fn cleaning(&self, diagnosis: &Diagnosis) -> Result<Diagnosis> {
        let corpus = self.run.corpus;
        let suspects: FxHashSet<usize> = diagnosis.suspects.iter().map(|suspect| suspect.index).collect();
        let (mut cleaned, mut control) = (self.before.clone(), self.before.clone());
        if !suspects.is_empty() {
            let others = others(corpus, &suspects, self.run.config.seed);
            let retrainer = self.retrainer().settled(corpus)?;
            cleaned = self.train(&retrainer, "without suspects", without(corpus, &suspects))?;
            control = self.train(&retrainer, "without other texts", without(corpus, &others))?;
        }
        let removed = Removed { suspects: suspects.len(), of: corpus.train.len() + corpus.validation.len() };
        let (model, cleaned, control) = (self.retrained(), &cleaned[..], &control[..]);
        Ok(self.with(diagnosis, &Measurement::Cleaning { model, cleaned, control, removed }))
    }

    /// With training texts exchanged for those of one half of the test part, and the other half scored.
    fn exchange(&self, diagnosis: &Diagnosis) -> Result<Diagnosis> {
        let corpus = self.run.corpus;
        let Some(exchange) = Exchange::of(corpus, self.run.config.seed) else {
            return Err(Error::data("there are too few texts to exchange training texts for test texts"));
        };
        let retrainer = self.retrainer().settled(corpus)?;
        let mut exchanged = self.before.clone();
        for (half, name) in ["exchanged for the first half", "exchanged for the second half"].into_iter().enumerate() {
            let (part, scored) = exchange.half(corpus, half);
            let answers = self.train(&retrainer, name, part)?;
            scored.into_iter().zip(answers).for_each(|(text, answer)| exchanged[text] = answer);
        }
        let (model, exchanged, texts) = (self.retrained(), &exchanged[..], exchange.texts());
        Ok(self.with(diagnosis, &Measurement::Exchange { model, exchanged, texts }))
    }

    /// On nested parts of the training texts. What its settings leave to the program is chosen for each part.
    fn curve(&self, diagnosis: &Diagnosis) -> Result<Diagnosis> {
        let corpus = self.run.corpus;
        let least = smallest_part(corpus.labels.len());
        let parts: Vec<usize> = PARTS.into_iter().filter(|part| corpus.train.len() / part >= least).collect();
        if parts.len() + 1 < SMALLEST_CURVE {
            let needed = counted(least * PARTS[1], "training text");
            return Err(Error::data(format!("a learning curve needs {needed}, and there are {}", corpus.train.len())));
        }
        let retrainer = self.retrainer();
        let learned = |corpus: &Corpus| match self.row.is_refitted {
            true => corpus.train.len() + corpus.validation.len(),
            false => corpus.train.len(),
        };
        let nested = Nested::of(corpus, self.run.config.seed);
        let mut answers = Vec::new();
        for part in parts {
            let of_part = nested.part(corpus, part);
            let texts = learned(&of_part);
            answers.push((texts, self.train(&retrainer, &format!("one text in {part}"), of_part)?));
        }
        let (model, parts, texts) = (self.retrained(), &answers[..], learned(corpus));
        Ok(self.with(diagnosis, &Measurement::Curve { model, parts, texts }))
    }
}

/// The documents that are kept by their indices, in their order.
fn select(documents: &[Document], is_kept: impl Fn(usize) -> bool) -> Vec<Document> {
    documents.iter().enumerate().filter(|(index, _)| is_kept(*index)).map(|(_, document)| document.clone()).collect()
}

/// The corpus without some of its training and validation texts, by their indices among both. Every class keeps a training text.
fn without(corpus: &Corpus, removed: &FxHashSet<usize>) -> Corpus {
    let train = corpus.train.len();
    let mut is_left = vec![false; corpus.labels.len()];
    let kept = |index: &usize| !removed.contains(index);
    (0..train).filter(kept).for_each(|index| is_left[corpus.train[index].label as usize] = true);
    Corpus {
        train: select(&corpus.train, |index| kept(&index) || !is_left[corpus.train[index].label as usize]),
        validation: select(&corpus.validation, |index| kept(&(train + index))),
        ..corpus.clone()
    }
}

/// As many random other texts as the suspects, of the same classes and parts, as far as there are so many.
fn others(corpus: &Corpus, suspects: &FxHashSet<usize>, seed: u64) -> FxHashSet<usize> {
    let train = corpus.train.len();
    let documents: Vec<&Document> = corpus.train.iter().chain(&corpus.validation).collect();
    let kind = |index: usize| (index < train, documents[index].label);
    let mut all: Vec<usize> = (0..documents.len()).collect();
    Rng::for_purpose(seed, "texts left out beside suspects").shuffle(&mut all);
    let mut wanted = FxHashMap::default();
    suspects.iter().for_each(|&index| *wanted.entry(kind(index)).or_insert(0usize) += 1);
    let mut taken = FxHashSet::default();
    for index in all.into_iter().filter(|index| !suspects.contains(index)) {
        if let Some(count) = wanted.get_mut(&kind(index)).filter(|count| **count > 0) {
            *count -= 1;
            taken.insert(index);
        }
    }
    taken
}

/// Test texts in two halves, and the training texts that make room for those of either.
struct Exchange {
    /// The half of each test text.
    half_of: Vec<usize>,
    /// Test texts of each half that join training.
    joined: [Vec<usize>; 2],
    /// Training texts that are left out.
    left_out: FxHashSet<usize>,
}

impl Exchange {
    /// At most half of the training texts are exchanged; `None` where nothing can be.
    fn of(corpus: &Corpus, seed: u64) -> Option<Exchange> {
        let num_labels = corpus.all_labels().len();
        let labels: Vec<u32> = corpus.test.iter().map(|document| document.label).collect();
        let half_of = stratified_folds(&labels, num_labels, 2, seed);
        let mut rng = Rng::for_purpose(seed, "exchanged texts");
        // A label that no training text has is no output of the model.
        let is_known = |text: &usize| (labels[*text] as usize) < corpus.labels.len();
        let mut joined = [0, 1].map(|half| {
            let mut texts: Vec<usize> =
                (0..labels.len()).filter(|&text| half_of[text] == half).filter(is_known).collect();
            rng.shuffle(&mut texts);
            texts
        });
        let most = joined.iter().map(Vec::len).min().unwrap_or(0).min(corpus.train.len() / 2);
        let mut shuffled: Vec<usize> = (0..corpus.train.len()).collect();
        rng.shuffle(&mut shuffled);
        let mut sizes = class_sizes(corpus);
        let mut left_out = FxHashSet::default();
        for text in shuffled {
            let size = &mut sizes[corpus.train[text].label as usize];
            if left_out.len() < most && *size > 1 {
                *size -= 1;
                left_out.insert(text);
            }
        }
        joined.iter_mut().for_each(|texts| texts.truncate(left_out.len()));
        (!left_out.is_empty()).then_some(Exchange { half_of, joined, left_out })
    }

    fn texts(&self) -> usize {
        self.left_out.len()
    }

    /// The corpus with texts of one half in training, whose test part is the other half; and the indices of that half.
    fn half(&self, corpus: &Corpus, half: usize) -> (Corpus, Vec<usize>) {
        let mut train = select(&corpus.train, |text| !self.left_out.contains(&text));
        train.extend(self.joined[half].iter().map(|&text| corpus.test[text].clone()));
        let scored: Vec<usize> = (0..corpus.test.len()).filter(|&text| self.half_of[text] != half).collect();
        let test = scored.iter().map(|&text| corpus.test[text].clone()).collect();
        (Corpus { train, test, ..corpus.clone() }, scored)
    }
}

/// Training and validation texts in orders of which every beginning has all classes.
struct Nested {
    train: Vec<usize>,
    validation: Vec<usize>,
}

impl Nested {
    fn of(corpus: &Corpus, seed: u64) -> Nested {
        let mut rng = Rng::for_purpose(seed, "learning curve of a row");
        let mut order = |documents: &[Document]| {
            let mut shuffled: Vec<usize> = (0..documents.len()).collect();
            rng.shuffle(&mut shuffled);
            let mut classes: Vec<Vec<usize>> = vec![Vec::new(); corpus.labels.len()];
            shuffled.into_iter().for_each(|text| classes[documents[text].label as usize].push(text));
            // Small classes would be missing in small parts.
            let firsts: Vec<usize> = classes.iter().filter_map(|class| class.first().copied()).collect();
            let is_first: FxHashSet<usize> = firsts.iter().copied().collect();
            let rest = stratified_order(&classes).into_iter().filter(|text| !is_first.contains(text));
            firsts.into_iter().chain(rest).collect::<Vec<usize>>()
        };
        Nested { train: order(&corpus.train), validation: order(&corpus.validation) }
    }

    /// One text in so many.
    fn part(&self, corpus: &Corpus, of: usize) -> Corpus {
        let taken = |documents: &[Document], order: &[usize]| {
            let taken: FxHashSet<usize> = order.iter().take(documents.len().div_ceil(of)).copied().collect();
            select(documents, |text| taken.contains(&text))
        };
        Corpus {
            train: taken(&corpus.train, &self.train),
            validation: taken(&corpus.validation, &self.validation),
            ..corpus.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ninefold_data::{CorpusConfig, Split};

    /// 200 training and 60 test texts of three classes, the third a rare one.
    fn corpus() -> Corpus {
        let texts = |count: usize, from: usize| -> Vec<(String, &'static str)> {
            let label = |number: usize| if number.is_multiple_of(20) { "rare" } else { ["even", "odd"][number % 2] };
            (from..from + count).map(|number| (format!("text {number}"), label(number))).collect()
        };
        let config = CorpusConfig { split: Split::Given, ..CorpusConfig::default() };
        Corpus::from_texts(&texts(200, 0), Some(&texts(60, 1000)), &config).expect("texts with labels")
    }

    fn sizes(documents: &[Document]) -> Vec<usize> {
        (0..3).map(|label| documents.iter().filter(|document| document.label == label).count()).collect()
    }

    #[test]
    fn every_class_keeps_a_training_text_and_the_control_has_the_same_classes() {
        let corpus = corpus();
        let rare = corpus.labels.iter().position(|label| label == "rare").expect("a class") as u32;
        let suspects: FxHashSet<usize> =
            (0..corpus.train.len()).filter(|&text| corpus.train[text].label == rare || text % 10 == 0).collect();
        let cleaned = without(&corpus, &suspects);
        assert!(sizes(&cleaned.train)[rare as usize] > 0 && cleaned.train.len() < corpus.train.len());
        assert_eq!(cleaned.test, corpus.test, "nothing is removed from test");
        let some: FxHashSet<usize> = (0..corpus.train.len()).filter(|text| text % 10 == 0).collect();
        let control = others(&corpus, &some, 0);
        assert!(control.is_disjoint(&some));
        assert_eq!(sizes(&without(&corpus, &control).train), sizes(&without(&corpus, &some).train));
    }

    #[test]
    fn exchanged_texts_are_never_scored_and_training_keeps_its_size() {
        let corpus = corpus();
        let exchange = Exchange::of(&corpus, 3).expect("enough texts");
        let mut all = Vec::new();
        for half in 0..2 {
            let (part, scored) = exchange.half(&corpus, half);
            assert_eq!(part.train.len(), corpus.train.len());
            assert!(part.test.iter().all(|document| !part.train.contains(document)));
            all.extend(scored);
        }
        all.sort_unstable();
        assert_eq!(all, (0..corpus.test.len()).collect::<Vec<usize>>());
    }

    #[test]
    fn parts_of_a_learning_curve_are_nested_and_have_every_class() {
        let corpus = corpus();
        let nested = Nested::of(&corpus, 1);
        let parts = PARTS.map(|part| nested.part(&corpus, part));
        for (small, large) in parts.iter().zip(&parts[1..]) {
            assert!(small.train.len() < large.train.len());
            assert!(small.train.iter().all(|document| large.train.contains(document)));
        }
        assert!(sizes(&parts[0].train).iter().all(|&size| size > 0));
        assert_eq!(parts[2].train.len(), corpus.train.len().div_ceil(2));
    }
}
