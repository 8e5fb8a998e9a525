//! Trains, scores and saves the baselines: each leaves a row, metrics, predictions and a model, as a pair does, and is not done
//! again.
//!
//! *takes* texts, and word vectors for the one that needs them -> *gives* records. Where there is a choice (C, smoothing),
//! every value is tried and validation decides; the temperature that makes probabilities of scores is fitted there, too. With
//! `refit` the model that answers test texts and is saved is trained once more, on train and validation, with what was chosen.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use crate::run::features::Words;
use crate::run::keys;
use crate::run::parts::Parts;
use crate::run::readings::Reading;
use crate::run::scoring::Scoring;
use crate::run::texts::Texts;
use crate::run::vectors::Vectors;
use crate::store::environment;
use crate::{BaselineKind, Config, Embedding, RunFolder};
use ninefold_core::error::Result;
use ninefold_core::progress::Progress;
use ninefold_linear::baseline::{Input, Trained};
use ninefold_linear::training::Chosen;
use ninefold_models::bundle::{FORMAT_VERSION, LinearBundle, LinearConfig, LinearTag, TrainingSummary};
use ninefold_records::{NO_EMBEDDING, PairRecord, Row, RowKind, Seconds, VectorCoverage};
use ninefold_text::vocab::Vocab;

/// All that the baselines of a run share.
pub(crate) struct Baselines<'a> {
    config: &'a Config,
    folder: &'a RunFolder,
    held_out: Source<'a>,
    /// Where everything is trained once more.
    full: Option<Source<'a>>,
}

/// What is trained on: with validation texts held out, or all of it.
struct Source<'a> {
    config: &'a Config,
    texts: &'a Texts,
    words: Lazy<Words<'a>>,
    characters: Lazy<Words<'a>>,
}

impl<'a> Source<'a> {
    fn new(config: &'a Config, texts: &'a Texts) -> Source<'a> {
        Source { config, texts, words: Lazy::default(), characters: Lazy::default() }
    }

    /// Trains on this source: the model, what it gives every text, and the vocabulary that it reads by.
    fn train(
        &self,
        kind: BaselineKind,
        vectors: Option<&Vectors>,
        chosen: Option<&Chosen>,
        progress: &dyn Progress,
    ) -> Result<Answered> {
        let of_vectors;
        let words = match (kind.input(), vectors) {
            (Input::Vectors, Some(vectors)) => {
                of_vectors = Words::of_vectors(self.texts, self.config, vectors);
                &of_vectors
            }
            (Input::Characters, _) => self.characters.get(|| Words::of_characters(self.texts, self.config))?,
            _ => self.words.get(|| Words::of(self.texts, self.config))?,
        };
        Source::answers(kind, words, chosen, progress)
    }

    /// Trains on train and validation together, over the word vectors of train.
    fn train_joined(
        &self,
        kind: BaselineKind,
        vectors: &Vectors,
        chosen: Option<&Chosen>,
        progress: &dyn Progress,
    ) -> Result<Answered> {
        let words = Words::of_vectors(self.texts, self.config, vectors).with_validation_joined();
        Source::answers(kind, &words, chosen, progress)
    }

    fn answers(
        kind: BaselineKind,
        words: &Words,
        chosen: Option<&Chosen>,
        progress: &dyn Progress,
    ) -> Result<Answered> {
        let trained = kind.train(&words.data, chosen, progress)?;
        let scores = words.ids().map(|ids| trained.model.scores(ids));
        let vocab = match kind.input() {
            Input::Nothing => Vocab::from_tokens(Vec::new())?,
            Input::Words | Input::Characters | Input::Vectors => words.vocab.clone(),
        };
        Ok(Answered { scores, trained, vocab })
    }
}

/// What is made at the first call; others wait meanwhile.
struct Lazy<T> {
    made: OnceLock<T>,
    making: Mutex<()>,
}

impl<T> Default for Lazy<T> {
    fn default() -> Lazy<T> {
        Lazy { made: OnceLock::new(), making: Mutex::default() }
    }
}

impl<T> Lazy<T> {
    fn get(&self, make: impl FnOnce() -> Result<T>) -> Result<&T> {
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = self.made.get() {
            return Ok(made);
        }
        let made = make()?;
        Ok(self.made.get_or_init(|| made))
    }
}

/// A trained baseline and its scores.
struct Answered {
    scores: Parts<Vec<f64>>, // [texts, num_classes] each
    trained: Trained,
    vocab: Vocab,
}

impl<'a> Baselines<'a> {
    pub(crate) fn new(Reading { config, texts }: &'a Reading, folder: &'a RunFolder) -> Baselines<'a> {
        let full = texts.whole.as_deref().map(|texts| Source::new(config, texts));
        Baselines { config, folder, held_out: Source::new(config, texts), full }
    }

    /// A row with its names and nothing else.
    pub(crate) fn row(kind: BaselineKind, embedding: Option<&Embedding>, seed: u64) -> Row {
        let embedding = embedding.map_or(NO_EMBEDDING, Embedding::name);
        let folder = match embedding {
            NO_EMBEDDING => format!("baselines/{}", kind.name()),
            embedding => format!("baselines/{embedding}-{}", kind.name()),
        };
        let (embedding, model) = (embedding.to_string(), kind.name().to_string());
        Row { embedding, model, seed, folder, kind: RowKind::Baseline, ..Row::default() }
    }

    /// The texts that all of its epochs together learn from; `None` where it is not trained in epochs.
    pub(crate) fn texts(&self, kind: BaselineKind) -> Option<u64> {
        let epochs = kind.epochs(&self.config.baseline)?;
        let sources = [Some(&self.held_out), self.full.as_ref()].into_iter().flatten();
        Some((epochs * sources.map(|source| source.texts.corpus.train.len()).sum::<usize>()) as u64)
    }

    /// The record of an earlier run, or a new one.
    ///
    /// # Errors
    /// Those of the disk; [`Error::Interrupted`](ninefold_core::Error::Interrupted) when `progress` says so.
    pub(crate) fn run(
        &self,
        kind: BaselineKind,
        vectors: Option<(&Embedding, &Vectors)>,
        progress: &dyn Progress,
    ) -> Result<Row> {
        let of = vectors.map(|(embedding, _)| embedding);
        let row = Baselines::row(kind, of, self.config.seed);
        let key = keys::baseline(self.config, self.held_out.texts, kind, of)?;
        let start = Instant::now();
        let epochs = kind.epochs(&self.config.baseline);
        progress.begin(&row.pair(), "texts", self.texts(kind));
        let answered = self.train(kind, vectors.map(|(_, vectors)| vectors), progress);
        progress.end();
        let Answered { scores, trained, vocab } = answered?;
        let parameters = trained.model.parameter_count();
        let row = Row { parameters, epochs: epochs.unwrap_or_default(), is_refitted: self.full.is_some(), ..row };
        let coverage = vectors.map_or(VectorCoverage::default(), |(_, vectors)| vectors.coverage());
        let texts = self.held_out.texts;
        let scoring = Scoring { folder: self.folder, texts, keeps_texts: self.config.keep_texts };
        let labels = &texts.corpus.labels;
        if [&scores.train, &scores.validation, &scores.test].into_iter().flatten().any(|score| score.is_nan()) {
            let what = "its scores are no longer numbers: lower baseline.learning_rate".to_string();
            let row = Row { error: Some(what), ..row };
            scoring.finish(&PairRecord::unscored(&key, row.clone(), coverage, labels))?;
            return Ok(row);
        }
        let train = start.elapsed().as_secs_f64();
        let embedding = vectors.map_or(0.0, |(_, vectors)| vectors.seconds);
        let row = Row { seconds: Seconds { embedding, train, evaluate: 0.0 }, ..row };
        let chosen = trained.chosen.clone();
        let record = PairRecord { chosen, ..PairRecord::unscored(&key, row, coverage, labels) };
        let mut record = scoring.score(record, &scores)?;
        record.row.seconds.evaluate = start.elapsed().as_secs_f64() - train;
        let embedding = vectors.map(|(embedding, _)| embedding.name().to_string());
        self.bundle(kind, embedding, &record, trained, vocab).save(&self.folder.model(&record.row))?;
        scoring.finish(&record)?;
        progress.notice(&record.row.summary());
        Ok(record.row)
    }

    fn train(&self, kind: BaselineKind, vectors: Option<&Vectors>, progress: &dyn Progress) -> Result<Answered> {
        let first = self.held_out.train(kind, vectors, None, progress)?;
        let Some(full) = &self.full else { return Ok(first) };
        let chosen = Some(&first.trained.chosen);
        let last = match vectors {
            Some(Vectors { whole: Some(whole), .. }) => full.train(kind, Some(whole), chosen, progress)?,
            Some(vectors) => self.held_out.train_joined(kind, vectors, chosen, progress)?,
            None => full.train(kind, None, chosen, progress)?,
        };
        let scores = Parts { test: last.scores.test, ..first.scores };
        // What was chosen is what the first training chose, also where the second had nothing to choose from.
        let trained = Trained { chosen: first.trained.chosen, ..last.trained };
        Ok(Answered { scores, trained, vocab: last.vocab })
    }

    fn bundle(
        &self,
        kind: BaselineKind,
        embedding: Option<String>,
        record: &PairRecord,
        trained: Trained,
        vocab: Vocab,
    ) -> LinearBundle {
        let (row, texts) = (&record.row, self.held_out.texts);
        let training = TrainingSummary {
            protocol: texts.corpus.protocol.to_string(),
            seed: row.seed,
            epochs: row.epochs,
            validation: row.validation,
            test: row.test,
            ..TrainingSummary::default()
        };
        let config = LinearConfig {
            input: self.held_out.texts.corpus.input.clone(),
            format_version: FORMAT_VERSION,
            kind: LinearTag::Linear,
            made_by: environment::program(),
            baseline: kind,
            embedding,
            tokenizer: texts.tokenizer.clone(),
            char_ngram_range: (kind.input() == Input::Characters).then_some(self.config.baseline.char_ngram_range),
            settings: Default::default(),
            chosen: trained.chosen,
            temperature: record.chosen.get("temperature").copied().unwrap_or(1.0),
            training,
            decision: None,
            sha256: Default::default(),
        };
        LinearBundle { config, vocab, labels: texts.corpus.labels.clone(), model: trained.model }
    }
}
