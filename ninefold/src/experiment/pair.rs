//! One embedding with one network and one seed: trained from the beginning or from its last epoch, scored, saved.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::features::Parts;
use super::logs::Logs;
use super::record::{self, PairRecord};
use super::scoring::Scoring;
use super::texts::Texts;
use super::vectors::Vectors;
use super::{Config, Embedding, RunFolder, checkpoint, environment, pretraining};
use crate::batch::Encoded;
use crate::bundle::{Bundle, BundleConfig, BundleReading, FORMAT_VERSION, Facts, Shape, sha256};
use crate::embed::outside::OutOfVocabulary;
use crate::error::{Error, Result};
use crate::files::{read_json, write_json};
use crate::model::{Classifier, ModelKind, NeuralClassifier, predict_logits};
use crate::progress::Progress;
use crate::report::{Row, Seconds};
use crate::train::pretrain::PretrainEpoch;
use crate::train::{Checkpoint, Epoch, fit};

/// All that one pair needs.
pub(super) struct Trainer<'a> {
    pub(super) config: &'a Config,
    pub(super) texts: &'a Texts,
    pub(super) vectors: &'a Vectors,
    pub(super) folder: &'a RunFolder,
    pub(super) key: &'a str,
    pub(super) pair: Pair,
    pub(super) seed: u64,
}

/// An embedding and a network.
pub(super) type Pair = (Embedding, ModelKind);

/// A row with its names and nothing else.
pub(super) fn row((embedding, model): Pair, seed: u64, config: &Config) -> Row {
    let (embedding, model) = (embedding.name().to_string(), model.name().to_string());
    let folder = match config.seeds {
        1 => format!("pairs/{embedding}-{model}"),
        _ => format!("pairs/{embedding}-{model}-seed{seed}"),
    };
    Row { embedding, model, seed, folder, ..Row::default() }
}

/// The network of a config over some vectors, before its first step.
pub(super) fn untrained(
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
        model.set_outside(Arc::clone(&outside.rows));
    }
    model
}

impl Trainer<'_> {
    /// Trains, scores and saves; `metrics.json` comes last.
    pub(super) fn run(&self, progress: &dyn Progress) -> Result<PairRecord> {
        let pair = self.path();
        fs::create_dir_all(&pair).map_err(Error::io("create the folder", &pair))?;
        let mut model = untrained(self.config, self.texts, self.vectors, self.pair.1, self.seed);
        let row = row(self.pair, self.seed, self.config);
        let name = if self.config.seeds > 1 { format!("{} (seed {})", row.pair(), self.seed) } else { row.pair() };
        let mut history = Vec::new();
        let trained = self.fit(&name, &mut model, &mut history, progress);
        let row = Row {
            seconds: Seconds {
                embedding: self.vectors.seconds,
                train: history.iter().map(|epoch: &Epoch| epoch.seconds).sum::<f64>() + self.seconds_before()?,
                evaluate: 0.0,
            },
            parameters: model.trained_parameter_count(),
            epochs: history.len(),
            ..row
        };
        record::write_history(&pair.join("history.csv"), &history)?;
        let record = match trained {
            Ok(checkpoint) => self.score(Row { best_epoch: checkpoint.best_epoch, ..row }, model, progress)?,
            Err(error @ Error::Diverged { .. }) => {
                progress.notice(&format!("{name}: {error}"));
                let record = self.record(Row { error: Some(error.to_string()), ..row });
                Scoring { folder: self.folder, texts: self.texts }.finish(&record)?;
                record
            }
            Err(error) => return Err(error),
        };
        let _ = fs::remove_file(self.checkpoint()); // of no use any more, of no harm either
        Ok(record)
    }

    /// The texts that all epochs together learn from.
    pub(super) fn texts(&self) -> u64 {
        let epochs = self.config.training.epochs + pretraining::epochs(self.config, self.pair.1);
        (epochs * self.texts.train.len()) as u64
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(row(self.pair, self.seed, self.config).folder)
    }

    fn checkpoint(&self) -> PathBuf {
        self.path().join("checkpoint.safetensors")
    }

    /// What pretraining gave, epoch by epoch.
    fn pretraining(&self) -> PathBuf {
        self.path().join("pretraining.json")
    }

    /// Trains from the last checkpoint of the same settings, texts and vectors.
    fn fit(
        &self,
        name: &str,
        model: &mut NeuralClassifier,
        history: &mut Vec<Epoch>,
        progress: &dyn Progress,
    ) -> Result<Checkpoint> {
        let (path, key) = (self.checkpoint(), sha256(format!("{} {}", self.key, self.vectors.checksum).as_bytes()));
        let resume = checkpoint::load(&path, &key).unwrap_or_else(|error| {
            progress.notice(&format!("{error}; {name} is trained from the beginning"));
            None
        });
        let (training, texts) = (&self.config.training, self.texts);
        progress.begin(name, "texts", Some(self.texts()));
        if let Some(checkpoint) = &resume {
            let done = checkpoint.history.len();
            history.clone_from(&checkpoint.history);
            progress.notice(&format!("{name}: goes on after epoch {done}"));
            let before = pretraining::epochs(self.config, self.pair.1);
            progress.advance(((before + done) * texts.train.len()) as u64);
        } else {
            let prepared =
                pretraining::prepare(model, self.pair.1, self.config, texts, self.vectors, self.seed, progress)?;
            if !prepared.is_empty() {
                write_json(&self.pretraining(), &prepared)?;
            }
        }
        let mut logs = Logs::begin(&self.config.log, &self.path(), history)?;
        let trained =
            fit(model, self.vectors.train_data(texts, self.seed), training, resume, progress, &mut |checkpoint| {
                history.clone_from(&checkpoint.history);
                checkpoint::save(&path, &key, checkpoint)?;
                checkpoint.history.last().map_or(Ok(()), |epoch| logs.add(epoch))
            });
        progress.end();
        trained
    }

    /// What pretraining took, perhaps in an earlier run.
    fn seconds_before(&self) -> Result<f64> {
        let path = self.pretraining();
        let epochs: Vec<PretrainEpoch> = if path.is_file() { read_json(&path)? } else { Vec::new() };
        Ok(epochs.iter().map(|epoch| epoch.seconds).sum())
    }

    /// Answers for all parts -> the record, beside which the predictions and the model are written.
    fn score(&self, mut row: Row, mut model: NeuralClassifier, progress: &dyn Progress) -> Result<PairRecord> {
        let start = Instant::now();
        let texts = self.texts;
        let mut logits = |part: &Encoded| -> Result<Vec<f64>> {
            let logits = predict_logits(&mut model, part, self.config.training.reading(), progress)?;
            Ok(logits.into_iter().map(f64::from).collect())
        };
        let Parts { train, validation, test } = self.vectors.parts(texts);
        let scores = Parts { train: logits(train)?, validation: logits(validation)?, test: logits(test)? };
        row.seconds.evaluate = start.elapsed().as_secs_f64();
        let scoring = Scoring { folder: self.folder, texts };
        let record = scoring.score(self.record(row), &scores)?;
        self.bundle(&record, model).save(&self.path().join("model"))?;
        scoring.finish(&record)?;
        progress.notice(&record.row.summary());
        Ok(record)
    }

    /// A record without scores.
    fn record(&self, row: Row) -> PairRecord {
        PairRecord::unscored(self.key, row, self.vectors.coverage(), &self.texts.corpus.labels)
    }

    fn bundle(&self, record: &PairRecord, model: NeuralClassifier) -> Bundle {
        let row = &record.row;
        let training = Facts {
            protocol: self.texts.corpus.protocol.to_string(),
            seed: row.seed,
            epochs: row.epochs,
            best_epoch: row.best_epoch,
            validation: row.validation,
            test: row.test,
            teacher: None,
        };
        let temperature = record.chosen.get("temperature").copied().unwrap_or(1.0);
        bundle(self.config, self.texts, self.vectors, self.pair.0, temperature, training, model)
    }
}

/// A trained network with all that it needs to read a text.
pub(super) fn bundle(
    config: &Config,
    texts: &Texts,
    vectors: &Vectors,
    embedding: Embedding,
    temperature: f64,
    training: Facts,
    model: NeuralClassifier,
) -> Bundle {
    let reading = BundleReading { max_len: config.training.max_len, padding: config.training.padding };
    let config = BundleConfig {
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
        sha256: Default::default(),
    };
    let outside = vectors.outside.as_ref().map(|outside| outside.words.clone());
    Bundle { config, vocab: texts.vocab.clone(), labels: texts.corpus.labels.clone(), model, outside }
}
