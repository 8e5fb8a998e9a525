//! One embedding with one network and one seed: trained from the beginning or from its last epoch, scored, saved.
//!
//! ```text
//! train --> best epoch on validation --> (refit: train and validation, for so many epochs) --> test, saved model
//! ```

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use crate::config::Pair;
use crate::run::parts::Parts;
use crate::run::pretraining;
use crate::run::scoring::Scoring;
use crate::run::texts::Texts;
use crate::run::vectors::Vectors;
use crate::store::logs::{LogKind, Logs};
use crate::store::{checkpoint, environment, intact, keys};
use crate::{Config, Embedding, RunFolder};
use ninefold_core::Auto;
use ninefold_core::error::{Error, Result};
use ninefold_core::files::{read_json, write_json};
use ninefold_core::progress::Progress;
use ninefold_models::bundle::{Bundle, BundleConfig, BundleReading, FORMAT_VERSION, Shape, TrainingSummary};
use ninefold_nn::batch::Encoded;
use ninefold_nn::model::{Classifier, ModelKind, NeuralClassifier, predict_logits};
use ninefold_nn::train::pretrain::PretrainEpoch;
use ninefold_nn::train::{Checkpoint, Epoch, TrainConfig, fit};
use ninefold_records::{PairRecord, Row, Seconds, Unread};
use ninefold_vectors::oov::OutOfVocabulary;

/// All that one pair needs.
pub(crate) struct Trainer<'a> {
    pub(crate) config: &'a Config,
    pub(crate) texts: &'a Texts,
    pub(crate) vectors: &'a Vectors,
    pub(crate) folder: &'a RunFolder,
    /// Of the row that comes of it.
    pub(crate) key: String,
    pub(crate) pair: Pair,
    pub(crate) seed: u64,
}

/// A row with its names and nothing else.
pub(crate) fn row((embedding, model): &Pair, seed: u64, config: &Config) -> Row {
    let (embedding, model) = (embedding.name().to_string(), model.name().to_string());
    let folder = match config.seeds {
        1 => format!("pairs/{embedding}-{model}"),
        _ => format!("pairs/{embedding}-{model}-seed{seed}"),
    };
    Row { embedding, model, seed, folder, ..Row::default() }
}

/// The network of a config over some vectors, before its first step.
pub(crate) fn untrained(
    config: &Config,
    texts: &Texts,
    vectors: &Vectors,
    kind: ModelKind,
    seed: u64,
) -> NeuralClassifier {
    let shape = config.model.classifier(kind, texts.corpus.labels.len());
    let matrix = &vectors.matrix;
    let mut model = NeuralClassifier::new(shape, matrix.data.clone(), matrix.dim, seed);
    if let Some(outside) = &vectors.outside {
        model.set_oov(Arc::clone(&outside.rows));
    }
    model
}

/// What a network is trained on, and what that is called on the disk: at first with validation texts held out.
#[derive(Clone, Copy)]
struct Stage<'a> {
    texts: &'a Texts,
    vectors: &'a Vectors,
    /// Of its files' names.
    prefix: &'static str,
    epochs: usize,
    /// Of each epoch, for others, who look at how validation scores rise: none where nothing is held out.
    logs: &'a [LogKind],
}

impl Trainer<'_> {
    /// Trains, scores and saves; `metrics.json` comes last.
    pub(crate) fn run(&self, progress: &dyn Progress) -> Result<PairRecord> {
        let pair = self.path();
        fs::create_dir_all(&pair).map_err(Error::io("create the folder", &pair))?;
        let row = row(&self.pair, self.seed, self.config);
        let name = if self.config.seeds > 1 { format!("{} (seed {})", row.pair(), self.seed) } else { row.pair() };
        let (held_out, mut history) = (self.held_out(), Vec::new());
        let mut model = self.untrained(held_out);
        let mut seconds = Seconds { embedding: self.vectors.seconds, ..Seconds::default() };
        let trained = self.fit(&name, held_out, &mut model, &mut history, progress);
        self.folder.records().write_history(&row, &history)?;
        seconds.train = self.seconds(held_out, &history, progress)?;
        let row = Row { parameters: model.trained_parameter_count(), epochs: history.len(), ..row };
        let trained = trained.and_then(|Checkpoint { best_epoch, .. }| {
            let Some(whole) = self.whole(best_epoch) else { return Ok((best_epoch, None)) };
            let (mut last, mut epochs) = (self.untrained(whole), Vec::new());
            self.fit(&format!("{name}, refit"), whole, &mut last, &mut epochs, progress)?;
            seconds.train += self.seconds(whole, &epochs, progress)?;
            Ok((best_epoch, Some((whole, last))))
        });
        let is_refitted = matches!(trained, Ok((_, Some(_))));
        let row = Row { seconds, is_refitted, ..row };
        let record = match trained {
            Ok((best_epoch, last)) => self.score(Row { best_epoch, ..row }, model, last, progress)?,
            Err(error @ Error::Diverged { .. }) => {
                progress.notice(&format!("{name}: {error}"));
                let record = self.record(Row { error: Some(error.to_string()), ..row });
                Scoring { folder: self.folder, texts: self.texts, keeps_texts: self.config.keep_texts }
                    .finish(&record)?;
                record
            }
            Err(error) => return Err(error),
        };
        for stage in [Some(held_out), self.whole(0)].into_iter().flatten() {
            let _ = fs::remove_file(self.checkpoint(stage)); // of no use any more, of no harm either
        }
        Ok(record)
    }

    /// The texts that all epochs together learn from, at most.
    pub(crate) fn texts(&self) -> u64 {
        let stages = [Some(self.held_out()), self.whole(self.texts.epochs(&self.config.training))];
        stages.into_iter().flatten().map(|stage| self.texts_of(stage)).sum()
    }

    fn texts_of(&self, stage: Stage) -> u64 {
        ((stage.epochs + pretraining::epochs(self.config, self.pair.1)) * stage.texts.train.len()) as u64
    }

    fn held_out(&self) -> Stage<'_> {
        let Config { training, log, .. } = self.config;
        Stage { texts: self.texts, vectors: self.vectors, prefix: "", epochs: self.texts.epochs(training), logs: log }
    }

    /// All texts, for as many epochs as validation found best, in which the learning rate goes its whole way: nobody would notice if a
    /// training that is broken off ended at a bad moment. `None` where there is no second training.
    fn whole(&self, best_epoch: usize) -> Option<Stage<'_>> {
        let (texts, vectors) = (self.texts.whole.as_deref()?, self.vectors.whole.as_deref()?);
        Some(Stage { texts, vectors, prefix: "refit-", epochs: best_epoch, logs: &[] })
    }

    fn untrained(&self, stage: Stage) -> NeuralClassifier {
        untrained(self.config, stage.texts, stage.vectors, self.pair.1, self.seed)
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(row(&self.pair, self.seed, self.config).folder)
    }

    fn checkpoint(&self, stage: Stage) -> PathBuf {
        self.path().join(format!("{}checkpoint.safetensors", stage.prefix))
    }

    /// What pretraining gave, epoch by epoch.
    fn pretraining(&self, stage: Stage) -> PathBuf {
        self.path().join(format!("{}pretraining.json", stage.prefix))
    }

    /// Trains from the last checkpoint of the same settings, texts and vectors.
    fn fit(
        &self,
        name: &str,
        stage: Stage,
        model: &mut NeuralClassifier,
        history: &mut Vec<Epoch>,
        progress: &dyn Progress,
    ) -> Result<Checkpoint> {
        let Stage { texts, vectors, epochs, logs, .. } = stage;
        let training = TrainConfig { epochs: Auto::Value(epochs), ..self.config.training.clone() };
        let key = keys::of(&json!({ "row": self.key, "vectors": vectors.checksum, "epochs": epochs }))?;
        let path = self.checkpoint(stage);
        let resume = checkpoint::resume(&path, &key, name, progress);
        progress.begin(name, "texts", Some(self.texts_of(stage)));
        if let Some(checkpoint) = &resume {
            let done = checkpoint.history.len();
            history.clone_from(&checkpoint.history);
            progress.notice(&format!("{name}: resumed after epoch {done}"));
            let before = pretraining::epochs(self.config, self.pair.1);
            progress.advance(((before + done) * texts.train.len()) as u64);
        } else {
            let prepared = pretraining::prepare(model, self.pair.1, self.config, texts, vectors, self.seed, progress)?;
            if !prepared.is_empty() {
                write_json(&self.pretraining(stage), &prepared)?;
            }
        }
        let mut logs = Logs::begin(logs, &self.path(), history)?;
        let data = vectors.train_data(texts, self.seed);
        let trained = fit(model, data, &training, resume, progress, &mut |checkpoint| {
            history.clone_from(&checkpoint.history);
            checkpoint::save(&path, &key, checkpoint)?;
            checkpoint.history.last().map_or(Ok(()), |epoch| logs.add(epoch))
        });
        progress.end();
        trained
    }

    /// What a training took with its pretraining, perhaps in earlier runs.
    fn seconds(&self, stage: Stage, history: &[Epoch], progress: &dyn Progress) -> Result<f64> {
        let path = self.pretraining(stage);
        let kept = path.is_file().then(|| read_json::<Vec<PretrainEpoch>>(&path)).transpose();
        let before =
            intact::or_again(kept, "the seconds of pretraining are not counted", progress)?.unwrap_or_default();
        let before = before.iter().map(|epoch| epoch.seconds);
        Ok(before.chain(history.iter().map(|epoch| epoch.seconds)).sum())
    }

    /// Answers for all parts -> the record, beside which the predictions and the model are written. Test texts are answered by,
    /// and saved is, what was trained last.
    fn score(
        &self,
        mut row: Row,
        mut model: NeuralClassifier,
        last: Option<(Stage, NeuralClassifier)>,
        progress: &dyn Progress,
    ) -> Result<PairRecord> {
        let start = Instant::now();
        let logits = |model: &mut NeuralClassifier, part: &Encoded| -> Result<Vec<f64>> {
            let logits = predict_logits(model, part, self.config.training.reading(), progress)?;
            Ok(logits.into_iter().map(f64::from).collect())
        };
        let Parts { train, validation, .. } = self.vectors.parts(self.texts);
        let (train, validation) = (logits(&mut model, train)?, logits(&mut model, validation)?);
        let (stage, mut model) = last.unwrap_or((self.held_out(), model));
        let test = logits(&mut model, stage.vectors.parts(stage.texts).test)?;
        row.parameters = model.trained_parameter_count();
        row.seconds.evaluate = start.elapsed().as_secs_f64();
        row.unread = unread(stage.vectors.parts(stage.texts).test, self.config.training.max_len());
        let scoring = Scoring { folder: self.folder, texts: self.texts, keeps_texts: self.config.keep_texts };
        let record = scoring.score(self.record(row), &Parts { train, validation, test })?;
        self.bundle(&record, stage, model).save(&self.path().join("model"))?;
        scoring.finish(&record)?;
        progress.notice(&record.row.summary());
        Ok(record)
    }

    /// A record without scores.
    fn record(&self, row: Row) -> PairRecord {
        PairRecord::unscored(&self.key, row, self.vectors.coverage(), &self.texts.corpus.labels)
    }

    fn bundle(&self, record: &PairRecord, stage: Stage, model: NeuralClassifier) -> Bundle {
        let row = &record.row;
        let training = TrainingSummary {
            protocol: self.texts.corpus.protocol.to_string(),
            seed: row.seed,
            epochs: row.epochs,
            best_epoch: row.best_epoch,
            validation: row.validation,
            test: row.test,
            teacher: None,
        };
        let temperature = record.chosen.get("temperature").copied().unwrap_or(1.0);
        bundle(self.config, stage.texts, stage.vectors, &self.pair.0, temperature, training, model)
    }
}

/// What is left out of texts that are cut after `max_len` tokens; `None` where nothing is.
fn unread(texts: &Encoded, max_len: usize) -> Option<Unread> {
    let lengths = (0..texts.len()).map(|index| texts.text(index).len());
    let (mut cut, mut tokens) = (0, 0);
    for length in lengths.filter(|&length| length > max_len) {
        cut += 1;
        tokens += length - max_len;
    }
    let fraction = |part: usize, whole: usize| part as f64 / whole as f64;
    (cut > 0).then(|| Unread { max_len, texts: fraction(cut, texts.len()), tokens: fraction(tokens, texts.tokens()) })
}

/// A trained network with all that it needs to read a text.
pub(crate) fn bundle(
    config: &Config,
    texts: &Texts,
    vectors: &Vectors,
    embedding: &Embedding,
    temperature: f64,
    training: TrainingSummary,
    model: NeuralClassifier,
) -> Bundle {
    let reading = BundleReading { max_len: config.training.max_len(), padding: config.training.padding };
    let config = BundleConfig {
        input: texts.corpus.input.clone(),
        format_version: FORMAT_VERSION,
        made_by: environment::program(),
        tokenizer: texts.tokenizer.clone(),
        embedding: embedding.name().to_string(),
        model: Shape::of(&model),
        reading,
        out_of_vocabulary: match vectors.outside {
            Some(_) => OutOfVocabulary::Subwords,
            None => OutOfVocabulary::Unk,
        },
        temperature,
        training,
        decision: None,
        sha256: Default::default(),
    };
    let outside = vectors.outside.as_ref().map(|outside| outside.words.clone());
    Bundle { config, vocab: texts.vocab.clone(), labels: texts.corpus.labels.clone(), model, outside }
}
