//! Trains and scores the baselines: each leaves a row, metrics and predictions, as a pair does, and is not done again.
//!
//! *takes* texts, and word vectors for the one that needs them -> *gives* records. Where there is a choice (C, smoothing),
//! every value is tried and validation decides; the temperature that makes probabilities of scores is fitted there, too. With
//! `refit` the model that answers test texts is trained once more, on train and validation, with what was chosen.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::time::Instant;

use crate::run::features::{Parts, Words};
use crate::run::scoring::Scoring;
use crate::run::texts::Texts;
use crate::run::vectors::Vectors;
use crate::store::record::PairRecord;
use crate::{BaselineKind, Config, Embedding, RunFolder, VectorCoverage};
use ninefold_core::error::Result;
use ninefold_core::progress::Progress;
use ninefold_linear::logistic::{self, Stop};
use ninefold_linear::supervised::Supervised;
use ninefold_linear::{Csr, Linear, mean, naive_bayes, svm};
use ninefold_metrics::{Confusion, most_probable};
use ninefold_report::{NO_EMBEDDING, Row, Seconds};

/// As near to the optimum as scikit-learn goes for logistic regression and LIBLINEAR for the support vector machine.
const LOGISTIC: Stop = Stop { tolerance: 1e-4, max_iterations: 100 };
const SVM: Stop = Stop { tolerance: 0.1, max_iterations: 200 };

/// All that the baselines of a run share.
pub(crate) struct Baselines<'a> {
    config: &'a Config,
    folder: &'a RunFolder,
    key: &'a str,
    held_back: Source<'a>,
    /// Where everything is trained once more.
    whole: Option<Source<'a>>,
}

/// What is trained on: with validation texts held back, or all of it.
struct Source<'a> {
    texts: &'a Texts,
    words: OnceCell<Words>,
}

impl<'a> Source<'a> {
    fn new(texts: &'a Texts) -> Source<'a> {
        Source { texts, words: OnceCell::new() }
    }

    fn words(&self) -> Result<&Words> {
        if self.words.get().is_none() {
            let _ = self.words.set(Words::of(self.texts)?);
        }
        Ok(self.words.get().expect("just set"))
    }
}

/// A trained baseline's scores, and what it took.
struct Scored {
    scores: Parts<Vec<f64>>, // [texts, num_classes] each
    parameters: usize,
    epochs: usize,
    chosen: BTreeMap<String, f64>,
}

impl<'a> Baselines<'a> {
    pub(crate) fn new(config: &'a Config, texts: &'a Texts, folder: &'a RunFolder, key: &'a str) -> Baselines<'a> {
        let whole = texts.whole.as_deref().map(Source::new);
        Baselines { config, folder, key, held_back: Source::new(texts), whole }
    }

    /// A row with its names and nothing else.
    pub(crate) fn row(kind: BaselineKind, embedding: Option<Embedding>, seed: u64) -> Row {
        let embedding = embedding.map_or(NO_EMBEDDING, Embedding::name);
        let folder = match embedding {
            NO_EMBEDDING => format!("baselines/{}", kind.name()),
            embedding => format!("baselines/{embedding}-{}", kind.name()),
        };
        let (embedding, model) = (embedding.to_string(), kind.name().to_string());
        Row { embedding, model, seed, folder, baseline: true, ..Row::default() }
    }

    /// The record of an earlier run, or a new one.
    ///
    /// # Errors
    /// Those of the disk; [`Error::Interrupted`](ninefold_core::Error::Interrupted) when `progress` says so.
    pub(crate) fn run(
        &self,
        kind: BaselineKind,
        vectors: Option<(Embedding, &Vectors)>,
        progress: &dyn Progress,
    ) -> Result<Row> {
        let row = Baselines::row(kind, vectors.map(|(embedding, _)| embedding), self.config.seed);
        let start = Instant::now();
        let sources = [Some(&self.held_back), self.whole.as_ref()].into_iter().flatten();
        let texts_to_train: usize = sources.map(|source| source.texts.train.len()).sum();
        let total = (self.config.baseline.epochs * texts_to_train) as u64;
        progress.begin(&row.pair(), "texts", (kind == BaselineKind::FasttextSupervised).then_some(total));
        let scored = self.train(kind, vectors.map(|(_, vectors)| vectors), progress);
        progress.end();
        let Scored { scores, parameters, epochs, chosen } = scored?;
        let row = Row { parameters, epochs, ..row };
        let coverage = vectors.map_or(VectorCoverage::default(), |(_, vectors)| vectors.coverage());
        let texts = self.held_back.texts;
        let scoring = Scoring { folder: self.folder, texts };
        let labels = &texts.corpus.labels;
        if [&scores.train, &scores.validation, &scores.test].into_iter().flatten().any(|score| score.is_nan()) {
            let what = "its scores are no longer numbers: lower baseline.learning_rate".to_string();
            let row = Row { error: Some(what), ..row };
            scoring.finish(&PairRecord::unscored(self.key, row.clone(), coverage, labels))?;
            return Ok(row);
        }
        let train = start.elapsed().as_secs_f64();
        let embedding = vectors.map_or(0.0, |(_, vectors)| vectors.seconds);
        let row = Row { seconds: Seconds { embedding, train, evaluate: 0.0 }, ..row };
        let record = PairRecord { chosen, ..PairRecord::unscored(self.key, row, coverage, labels) };
        let mut record = scoring.score(record, &scores)?;
        record.row.seconds.evaluate = start.elapsed().as_secs_f64() - train;
        scoring.finish(&record)?;
        progress.notice(&record.row.summary());
        Ok(record.row)
    }

    fn train(&self, kind: BaselineKind, vectors: Option<&Vectors>, progress: &dyn Progress) -> Result<Scored> {
        let first = self.train_on(&self.held_back, kind, vectors, None, progress)?;
        let Some(whole) = &self.whole else { return Ok(first) };
        let vectors = vectors.and_then(|vectors| vectors.whole.as_deref());
        let last = self.train_on(whole, kind, vectors, Some(&first.chosen), progress)?;
        let scores = Parts { test: last.scores.test, ..first.scores };
        Ok(Scored { scores, parameters: last.parameters, ..first })
    }

    /// Trains with every value there is to choose from, or with what was chosen before.
    fn train_on(
        &self,
        source: &Source,
        kind: BaselineKind,
        vectors: Option<&Vectors>,
        chosen: Option<&BTreeMap<String, f64>>,
        progress: &dyn Progress,
    ) -> Result<Scored> {
        let (config, texts) = (&self.config.baseline, source.texts);
        let (labels, classes) = (texts.train.labels(), texts.corpus.labels.len());
        let weights = &texts.class_weights;
        let [smoothing, c] = [("smoothing", &config.smoothing), ("c", &config.c)].map(|(name, values)| {
            let only = chosen.and_then(|chosen| chosen.get(name));
            Choice { name, values: only.map_or(values.as_slice(), std::slice::from_ref), texts }
        });
        let logistic = |features: &Parts<Csr>| {
            c.make(features, |x, c, start| logistic::train(x, labels, weights, c, LOGISTIC, start))
        };
        Ok(match kind {
            BaselineKind::Majority => majority(texts),
            BaselineKind::MultinomialNb => {
                let train =
                    |x: &Csr, smoothing, _: Option<&Linear>| naive_bayes::multinomial(x, labels, classes, smoothing);
                smoothing.make(&source.words()?.counts(&config.tfidf()), train)
            }
            BaselineKind::ComplementNb => {
                let train =
                    |x: &Csr, smoothing, _: Option<&Linear>| naive_bayes::complement(x, labels, classes, smoothing);
                smoothing.make(source.words()?.tfidf(&config.tfidf()), train)
            }
            BaselineKind::TfidfLogistic => logistic(source.words()?.tfidf(&config.tfidf())),
            BaselineKind::TfidfSvm => {
                let train = |x: &Csr, c, _: Option<&Linear>| svm::train(x, labels, weights, c, SVM, self.config.seed);
                c.make(source.words()?.tfidf(&config.tfidf()), train)
            }
            BaselineKind::MeanLogistic => {
                let matrix = &vectors.expect("mean_logistic comes with vectors").matrix;
                let ids = Parts { train: &texts.train, validation: &texts.validation, test: &texts.test };
                let means = ids.map(|part| {
                    let ids: Vec<Vec<u32>> = (0..part.len()).map(|text| part.text(text).to_vec()).collect();
                    mean::vectors(&ids, &matrix.data, matrix.dim)
                });
                let scaler = mean::Scaler::fit(&means.train, matrix.dim);
                logistic(&means.map(|means| scaler.transform(means.clone())))
            }
            BaselineKind::FasttextSupervised => {
                let words = source.words()?;
                let (vocab_size, settings, seed) = (words.vocab_size, config.supervised(), self.config.seed);
                let model =
                    Supervised::train(&words.ids.train, labels, weights, vocab_size, &settings, seed, progress)?;
                Scored {
                    scores: words.ids.map(|ids| model.scores(ids)),
                    parameters: model.parameter_count(),
                    epochs: config.epochs,
                    chosen: BTreeMap::new(),
                }
            }
        })
    }
}

/// The logarithm of each class's share of the training texts, whatever the text says.
fn majority(texts: &Texts) -> Scored {
    let mut counts = vec![0.0; texts.corpus.labels.len()];
    texts.train.labels().iter().for_each(|&label| counts[label as usize] += 1.0);
    let scores: Vec<f64> = counts.iter().map(|count: &f64| count.max(1e-9).ln()).collect();
    let sizes = Parts { train: texts.train.len(), validation: texts.validation.len(), test: texts.test.len() };
    let scores = sizes.map(|&texts| scores.repeat(texts));
    Scored { scores, parameters: counts.len(), epochs: 0, chosen: BTreeMap::new() }
}

/// A setting with several values, of which validation takes one.
struct Choice<'a> {
    name: &'static str,
    values: &'a [f64],
    texts: &'a Texts,
}

impl Choice<'_> {
    /// The model with the best validation score, of equals the first. Each training may start from the one before.
    fn make(&self, features: &Parts<Csr>, mut train: impl FnMut(&Csr, f64, Option<&Linear>) -> Linear) -> Scored {
        let mut best: Option<(f64, f64, Linear)> = None;
        let mut last = None;
        for &value in self.values {
            let model = train(&features.train, value, last.as_ref());
            let score = self.validation_score(&model.scores(&features.validation));
            if best.as_ref().is_none_or(|(highest, ..)| score > *highest) {
                best = Some((score, value, model.clone()));
            }
            last = Some(model);
        }
        let (_, value, model) = best.expect("validate() wants a value");
        Scored {
            scores: features.map(|features| model.scores(features)),
            parameters: model.weights.len() + model.bias.len(),
            epochs: 0,
            chosen: BTreeMap::from([(self.name.to_string(), value)]),
        }
    }

    /// The main score of the classes with the highest scores on the validation texts.
    fn validation_score(&self, scores: &[f64]) -> f64 {
        let (texts, classes) = (self.texts, self.texts.corpus.labels.len());
        let predicted = most_probable(scores, classes);
        texts.main_score.of(&Confusion::of(classes, texts.validation.labels(), &predicted).scores())
    }
}
