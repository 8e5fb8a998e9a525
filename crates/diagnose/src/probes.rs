//! The linear models of a diagnosis, and their answers to texts that they have not seen.
//!
//! Takes texts as token ids with labels -> gives calibrated probabilities, out of fold for the texts that are learned from.
//! Vocabulary and weights of words are made inside each fold; one temperature per probe is fitted out of fold.

use rayon::prelude::*;

use crate::DiagnosisConfig;
use crate::data::{Data, Part};
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;
use ninefold_linear::logistic::{self, Stop};
use ninefold_linear::{Csr, Linear, Ngrams, Targets, TfIdf, naive_bayes, svm};
use ninefold_metrics::{calibration, most_probable, stratified_folds};

/// A word that fewer training texts have is not known.
const MIN_DF: usize = 2;
const SMOOTHING: f64 = 0.1;
const SVM_C: f64 = 0.5;
const LOGISTIC_C: f64 = 10.0;
const SVM_STOP: Stop = Stop { tolerance: 0.1, max_iterations: 200 };
/// A probe needs the order of the classes, not the last digit.
const LOGISTIC_STOP: Stop = Stop { tolerance: 1e-3, max_iterations: 30 };
/// Products of stored weights and classes from which on a probe takes too long.
const SVM_WORK: usize = 300_000_000;
const LOGISTIC_WORK: usize = 60_000_000;

/// A linear model over TF-IDF weights of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Probe {
    ComplementNb,
    TfidfSvm,
    TfidfLogistic,
}

impl Probe {
    const ALL: [Probe; 3] = [Probe::ComplementNb, Probe::TfidfSvm, Probe::TfidfLogistic];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Probe::ComplementNb => "complement_nb",
            Probe::TfidfSvm => "tfidf_svm",
            Probe::TfidfLogistic => "tfidf_logistic",
        }
    }

    fn is_quick_enough(self, tokens: usize, num_classes: usize) -> bool {
        let work = tokens.saturating_mul(num_classes);
        match self {
            Probe::ComplementNb => true,
            Probe::TfidfSvm => work <= SVM_WORK,
            Probe::TfidfLogistic => work <= LOGISTIC_WORK,
        }
    }

    fn train(self, features: &Csr, labels: &[u32], num_classes: usize, seed: u64) -> Linear {
        let class_weights = vec![1.0; num_classes];
        let targets = Targets { labels, text_weights: None, class_weights: &class_weights };
        match self {
            Probe::ComplementNb => naive_bayes::complement(features, targets, SMOOTHING),
            Probe::TfidfSvm => svm::train(features, targets, SVM_C, SVM_STOP, seed),
            Probe::TfidfLogistic => logistic::train(features, targets, LOGISTIC_C, LOGISTIC_STOP, None),
        }
    }
}

/// Words and their weights, of some training texts.
struct Vectorizer {
    ngrams: Ngrams,
    tfidf: TfIdf,
}

impl Vectorizer {
    fn fit(texts: &[Vec<u32>]) -> Vectorizer {
        let ngrams = Ngrams::fit(texts, [1, 1], MIN_DF);
        let tfidf = TfIdf::fit(&ngrams, true);
        Vectorizer { ngrams, tfidf }
    }

    /// The weighted words of each text, and how many known words it has.
    fn transform(&self, texts: &[Vec<u32>]) -> (Csr, Vec<u32>) {
        let counts = self.ngrams.count(texts);
        let known = (0..counts.rows()).map(|row| counts.row(row).1.iter().sum::<f64>() as u32).collect();
        (self.tfidf.transform(counts), known)
    }
}

fn select<T: Clone>(items: &[T], indices: &[usize]) -> Vec<T> {
    indices.iter().map(|&index| items[index].clone()).collect()
}

/// Trains on some texts and scores others.
///
/// # Shapes
/// -> `[texts to score, num_classes]`
pub(crate) fn scores_of(
    probe: Probe,
    (texts, labels): (&[Vec<u32>], &[u32]),
    scored: &[Vec<u32>],
    num_classes: usize,
    seed: u64,
) -> Vec<f64> {
    let vectorizer = Vectorizer::fit(texts);
    let model = probe.train(&vectorizer.transform(texts).0, labels, num_classes, seed);
    model.scores(&vectorizer.transform(scored).0)
}

/// The scores of complement naive Bayes on each text, trained on the other half of the texts.
///
/// # Shapes
/// -> `[texts, num_classes]`
pub(crate) fn two_fold_scores(texts: &[Vec<u32>], labels: &[u32], num_classes: usize, seed: u64) -> Vec<f64> {
    let folds = stratified_folds(labels, num_classes, 2, seed);
    let mut scores = vec![0.0; texts.len() * num_classes];
    let halves: Vec<(Vec<usize>, Vec<f64>)> = (0..2)
        .into_par_iter()
        .map(|fold| {
            let (held_out, train): (Vec<usize>, Vec<usize>) = (0..texts.len()).partition(|&text| folds[text] == fold);
            let (train_texts, train_labels) = (select(texts, &train), select(labels, &train));
            let scored = select(texts, &held_out);
            let scores = scores_of(Probe::ComplementNb, (&train_texts, &train_labels), &scored, num_classes, seed);
            (held_out, scores)
        })
        .collect();
    for (held_out, of_half) in halves {
        for (text, row) in held_out.into_iter().zip(of_half.chunks_exact(num_classes)) {
            scores[text * num_classes..][..num_classes].copy_from_slice(row);
        }
    }
    scores
}

/// The accuracy of [`two_fold_scores`].
pub(crate) fn two_fold_accuracy(texts: &[Vec<u32>], labels: &[u32], num_classes: usize, seed: u64) -> f64 {
    accuracy(&most_probable(&two_fold_scores(texts, labels, num_classes, seed), num_classes), labels)
}

/// The fraction of right answers; 0 of no text.
pub(crate) fn accuracy(predicted: &[u32], labels: &[u32]) -> f64 {
    let right = predicted.iter().zip(labels).filter(|(predicted, label)| predicted == label).count();
    right as f64 / labels.len().max(1) as f64
}

/// The answers of one probe.
#[derive(Debug)]
pub(crate) struct ProbeAnswers {
    pub(crate) probe: Probe,
    /// Out of fold. `[learned texts, num_classes]`
    pub(crate) held_out: Vec<f32>,
    /// By the probe that is trained on all learned texts. `[test texts, num_classes]`
    pub(crate) test: Vec<f32>,
    /// The most probable classes of both.
    pub(crate) held_out_predicted: Vec<u32>,
    pub(crate) test_predicted: Vec<u32>,
}

/// The answers of all probes.
#[derive(Debug)]
pub(crate) struct Probed {
    pub(crate) num_classes: usize,
    pub(crate) probes: Vec<ProbeAnswers>,
    /// The mean probabilities of all probes, out of fold. `[learned texts, num_classes]`
    pub(crate) mean: Vec<f32>,
    pub(crate) mean_predicted: Vec<u32>,
    /// The answers of the mean to test texts.
    pub(crate) mean_test_predicted: Vec<u32>,
    /// Known words of each learned text (known to the other folds), and of each test text.
    pub(crate) known_words: Vec<u32>,
    pub(crate) test_known_words: Vec<u32>,
    /// The probe with the best held-out accuracy.
    reference: usize,
}

/// What one fold gives: the texts that it scores, their scores by each probe, their known words.
struct Fold {
    texts: Vec<usize>,
    scores: Vec<Vec<f64>>,
    known_words: Vec<u32>,
}

impl Probed {
    /// Trains every probe on all folds but one, for each fold, and on all texts.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when `progress` says so.
    pub(crate) fn of(data: &Data, settings: &DiagnosisConfig, seed: u64, progress: &dyn Progress) -> Result<Probed> {
        let num_classes = data.classes.len();
        let Part { ids, labels, .. } = &data.learned;
        let tokens = ids.iter().map(Vec::len).sum();
        let probes: Vec<Probe> =
            Probe::ALL.into_iter().filter(|probe| probe.is_quick_enough(tokens, num_classes)).collect();
        let of_text = stratified_folds(labels, num_classes, settings.folds, seed);
        // Fold number `folds` is the training on all texts, which scores the test texts.
        let work = |fold: usize| -> Result<Fold> {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let (held_out, train): (Vec<usize>, Vec<usize>) = (0..ids.len()).partition(|&text| of_text[text] == fold);
            let (train_ids, train_labels) = (select(ids, &train), select(labels, &train));
            let vectorizer = Vectorizer::fit(&train_ids);
            let features = vectorizer.transform(&train_ids).0;
            let (scored, known_words) = match fold == settings.folds {
                true => vectorizer.transform(&data.test.ids),
                false => vectorizer.transform(&select(ids, &held_out)),
            };
            let scores = |&probe: &Probe| {
                let scores = probe.train(&features, &train_labels, num_classes, seed).scores(&scored);
                progress.advance(1);
                scores
            };
            Ok(Fold { texts: held_out, scores: probes.iter().map(scores).collect(), known_words })
        };
        progress.begin("diagnosis: probes", "models", Some(((settings.folds + 1) * probes.len()) as u64));
        let folds = (0..=settings.folds).into_par_iter().map(work).collect::<Result<Vec<Fold>>>();
        progress.end();
        Ok(Probed::put_together(&folds?, &probes, data, num_classes))
    }

    fn put_together(folds: &[Fold], probes: &[Probe], data: &Data, num_classes: usize) -> Probed {
        let labels = &data.learned.labels;
        let (of_test, held_out) = folds.split_last().expect("a fold at least");
        let mut known_words = vec![0; labels.len()];
        for fold in held_out {
            fold.texts.iter().zip(&fold.known_words).for_each(|(&text, &known)| known_words[text] = known);
        }
        let answers = |(index, &probe): (usize, &Probe)| {
            let mut scores = vec![0.0; labels.len() * num_classes];
            for fold in held_out {
                for (&text, row) in fold.texts.iter().zip(fold.scores[index].chunks_exact(num_classes)) {
                    scores[text * num_classes..][..num_classes].copy_from_slice(row);
                }
            }
            let temperature = calibration::temperature(&scores, num_classes, labels);
            let held_out = calibration::probabilities(&scores, num_classes, temperature);
            let test = calibration::probabilities(&of_test.scores[index], num_classes, temperature);
            let [held_out_predicted, test_predicted] =
                [&held_out, &test].map(|probabilities| most_probable(probabilities, num_classes));
            ProbeAnswers { probe, held_out, test, held_out_predicted, test_predicted }
        };
        let probes: Vec<ProbeAnswers> = probes.iter().enumerate().map(answers).collect();
        let mean = mean(&probes.iter().map(|probe| probe.held_out.as_slice()).collect::<Vec<_>>());
        let mean_of_test = self::mean(&probes.iter().map(|probe| probe.test.as_slice()).collect::<Vec<_>>());
        let score = |probe: &ProbeAnswers| accuracy(&probe.held_out_predicted, labels);
        // Of equals the first: `max_by` would give the last.
        let reference = (0..probes.len()).rev().max_by(|&a, &b| score(&probes[a]).total_cmp(&score(&probes[b])));
        Probed {
            num_classes,
            mean_predicted: most_probable(&mean, num_classes),
            mean_test_predicted: most_probable(&mean_of_test, num_classes),
            mean,
            reference: reference.unwrap_or(0),
            probes,
            known_words,
            test_known_words: of_test.known_words.clone(),
        }
    }

    /// The probe with the best held-out accuracy.
    pub(crate) fn reference(&self) -> &ProbeAnswers {
        &self.probes[self.reference]
    }

    /// The mean probabilities of a learned text.
    pub(crate) fn probabilities(&self, text: usize) -> &[f32] {
        &self.mean[text * self.num_classes..][..self.num_classes]
    }

    /// The class on which all probes agree, out of fold.
    pub(crate) fn unanimous(&self, text: usize) -> Option<u32> {
        let first = self.probes.first()?.held_out_predicted[text];
        self.probes.iter().all(|probe| probe.held_out_predicted[text] == first).then_some(first)
    }
}

fn mean(all: &[&[f32]]) -> Vec<f32> {
    let Some(first) = all.first() else { return Vec::new() };
    let of_cell = |cell: usize| all.iter().map(|values| values[cell]).sum::<f32>() / all.len() as f32;
    (0..first.len()).map(of_cell).collect()
}
