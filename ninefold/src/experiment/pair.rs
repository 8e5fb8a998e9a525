//! One embedding with one network: trained from the beginning or from its last epoch, scored on every part, saved.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use super::record::{self, ClassRow, PairRecord};
use super::texts::Texts;
use super::vectors::Vectors;
use super::{Config, EmbeddingKind, RunFolder, checkpoint, environment};
use crate::batch::Encoded;
use crate::bundle::{Bundle, BundleConfig, BundleReading, FORMAT_VERSION, Facts, Shape, sha256};
use crate::error::{Error, Result};
use crate::eval::{Confusion, Scores, log_loss, most_probable};
use crate::files::write_json;
use crate::model::{Classifier, RecurrentClassifier, predict_proba};
use crate::nn::CellKind;
use crate::progress::Progress;
use crate::report::{Row, Seconds};
use crate::train::{Checkpoint, Epoch, TrainData, fit};

/// All that one pair needs.
pub(super) struct Trainer<'a> {
    pub(super) config: &'a Config,
    pub(super) texts: &'a Texts,
    pub(super) vectors: &'a Vectors,
    pub(super) folder: &'a RunFolder,
    pub(super) key: &'a str,
    pub(super) pair: Pair,
}

/// An embedding and a network.
pub(super) type Pair = (EmbeddingKind, CellKind);

/// The row of a pair whose word vectors could not be made.
pub(super) fn failed(pair: Pair, seed: u64, what: &str) -> Row {
    Row { error: Some(what.to_string()), ..row(pair, seed) }
}

/// A row with its names and nothing else.
fn row((embedding, model): Pair, seed: u64) -> Row {
    Row { embedding: embedding.name().to_string(), model: model.name().to_string(), seed, ..Row::default() }
}

/// Answers for one part.
struct Answers {
    probabilities: Vec<f32>, // [texts, num_classes]
    predicted: Vec<u32>,     // [texts]
    confusion: Confusion,
}

impl Trainer<'_> {
    /// Trains, scores and saves; `metrics.json` comes last.
    pub(super) fn run(&self, progress: &dyn Progress) -> Result<PairRecord> {
        let pair = self.path();
        fs::create_dir_all(&pair).map_err(Error::io("create the folder", &pair))?;
        let mut model = self.untrained();
        let row = row(self.pair, self.config.seed);
        let name = row.pair();
        let mut history = Vec::new();
        let trained = self.fit(&name, &mut model, &mut history, progress);
        let row = Row {
            seconds: Seconds {
                embedding: self.vectors.seconds,
                train: history.iter().map(|epoch: &Epoch| epoch.seconds).sum(),
                evaluate: 0.0,
            },
            parameters: model.parameters().iter().filter(|p| p.is_trained()).map(|p| p.value.len()).sum(),
            epochs: history.len(),
            ..row
        };
        record::write_history(&pair.join("history.csv"), &history)?;
        let record = match trained {
            Ok(checkpoint) => self.score(Row { best_epoch: checkpoint.best_epoch, ..row }, model, progress)?,
            Err(error @ Error::Diverged { .. }) => {
                progress.notice(&format!("{name}: {error}"));
                self.record(Row { error: Some(error.to_string()), ..row })
            }
            Err(error) => return Err(error),
        };
        write_json(&pair.join("metrics.json"), &record)?;
        let _ = fs::remove_file(self.checkpoint()); // of no use any more, of no harm either
        Ok(record)
    }

    fn untrained(&self) -> RecurrentClassifier {
        let shape = self.config.model.classifier(self.pair.1, self.texts.corpus.labels.len());
        let matrix = &self.vectors.matrix;
        RecurrentClassifier::new(shape, matrix.data.clone(), matrix.dim, self.config.seed)
    }

    fn path(&self) -> PathBuf {
        self.folder.pair(self.pair.0, self.pair.1)
    }

    fn checkpoint(&self) -> PathBuf {
        self.path().join("checkpoint.safetensors")
    }

    /// Trains from the last checkpoint of the same settings, texts and vectors.
    fn fit(
        &self,
        name: &str,
        model: &mut RecurrentClassifier,
        history: &mut Vec<Epoch>,
        progress: &dyn Progress,
    ) -> Result<Checkpoint> {
        let (path, key) = (self.checkpoint(), sha256(format!("{} {}", self.key, self.vectors.checksum).as_bytes()));
        let resume = checkpoint::load(&path, &key).unwrap_or_else(|error| {
            progress.notice(&format!("{error}; {name} is trained from the beginning"));
            None
        });
        let (training, texts) = (&self.config.training, self.texts);
        let total = (training.epochs * texts.train.len()) as u64;
        progress.begin(name, "texts", Some(total));
        if let Some(checkpoint) = &resume {
            let done = checkpoint.history.len();
            history.clone_from(&checkpoint.history);
            progress.notice(&format!("{name}: goes on after epoch {done}"));
            progress.advance((done * texts.train.len()) as u64);
        }
        let data = TrainData { train: &texts.train, validation: &texts.validation, seed: self.config.seed };
        let trained = fit(model, data, training, resume, progress, &mut |checkpoint| {
            history.clone_from(&checkpoint.history);
            checkpoint::save(&path, &key, checkpoint)
        });
        progress.end();
        trained
    }

    /// Answers for all parts -> the record, beside which the predictions and the model are written.
    fn score(&self, mut row: Row, mut model: RecurrentClassifier, progress: &dyn Progress) -> Result<PairRecord> {
        let start = Instant::now();
        let (texts, pair) = (self.texts, self.path());
        let mut answers = |part: &Encoded| self.answer(&mut model, part, progress);
        let (train, validation, test) = (answers(&texts.train)?, answers(&texts.validation)?, answers(&texts.test)?);
        row.seconds.evaluate = start.elapsed().as_secs_f64();
        [row.train, row.validation, row.test] =
            [&train, &validation, &test].map(|answers| Some(answers.confusion.scores()));
        let labels = &texts.corpus.labels;
        let documents = &texts.corpus.test;
        let path = pair.join("predictions.csv");
        record::write_predictions(&path, documents, labels, &test.predicted, &test.probabilities)?;
        record::write_confusion(&pair.join("confusion.csv"), &test.confusion, labels)?;
        self.bundle(&row, model).save(&pair.join("model"))?;
        progress.notice(&summary(&row));
        Ok(PairRecord {
            test_loss: Some(log_loss(&test.probabilities, labels.len(), texts.test.labels())),
            classes: ClassRow::of(&test.confusion, labels),
            confusion: test.confusion,
            ..self.record(row)
        })
    }

    fn answer(&self, model: &mut RecurrentClassifier, part: &Encoded, progress: &dyn Progress) -> Result<Answers> {
        let probabilities = predict_proba(model, part, self.config.training.reading(), progress)?;
        let classes = model.num_classes();
        let predicted = most_probable(&probabilities, classes);
        let confusion = Confusion::of(classes, part.labels(), &predicted);
        Ok(Answers { probabilities, predicted, confusion })
    }

    /// A record without scores.
    fn record(&self, row: Row) -> PairRecord {
        PairRecord {
            key: self.key.to_string(),
            row,
            vectors: self.vectors.coverage(),
            test_loss: None,
            classes: Vec::new(),
            confusion: Confusion::new(0),
            labels: self.texts.corpus.labels.clone(),
        }
    }

    fn bundle(&self, row: &Row, model: RecurrentClassifier) -> Bundle {
        let (config, texts) = (self.config, self.texts);
        let shape = Shape {
            cell: self.pair.1,
            vocab_size: texts.vocab.len(),
            embedding_dim: self.vectors.matrix.dim,
            hidden_size: config.model.hidden_size,
            num_layers: config.model.num_layers,
            bidirectional: config.model.bidirectional,
            dropout: config.model.dropout,
            freeze_embeddings: config.model.freeze_embeddings,
            num_classes: texts.corpus.labels.len(),
            precision: config.model.precision,
        };
        let training = Facts {
            protocol: texts.corpus.protocol.to_string(),
            seed: row.seed,
            epochs: row.epochs,
            best_epoch: row.best_epoch,
            validation: row.validation,
            test: row.test,
        };
        let reading = BundleReading { max_len: config.training.max_len, padding: config.training.padding };
        let config = BundleConfig {
            format_version: FORMAT_VERSION,
            made_by: environment::program(),
            tokenizer: texts.tokenizer.clone(),
            embedding: row.embedding.clone(),
            model: shape,
            reading,
            training,
            sha256: Default::default(),
        };
        Bundle { config, vocab: texts.vocab.clone(), labels: texts.corpus.labels.clone(), model }
    }
}

/// "word2vec + gru: test accuracy 71.9 %, validation 79.0 %, epoch 17 of 20, 310 s".
fn summary(row: &Row) -> String {
    let accuracy = |scores: Option<Scores>| 100.0 * scores.unwrap_or_default().accuracy;
    format!(
        "{}: test accuracy {:.1} %, validation {:.1} %, epoch {} of {}, {:.1} s",
        row.pair(),
        accuracy(row.test),
        accuracy(row.validation),
        row.best_epoch,
        row.epochs,
        row.seconds.train
    )
}
