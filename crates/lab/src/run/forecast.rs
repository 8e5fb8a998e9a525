//! How long a run will take: *takes* the settings and the texts -> *gives* seconds for each kind of work, before it is done.
//!
//! The networks, which take most of it, are measured: each family trains on a few batches of the real texts, on as many threads at
//! a time as later. So are Word2Vec and FastText, on a few of the texts. What the rest takes is known roughly from the number of tokens
//! (seconds of one thread of an AMD EPYC with AVX2; another machine differs). While the run goes on, the bar of the trainings corrects
//! the estimate.

use std::fmt;
use std::sync::Mutex;
use std::time::Instant;

use crate::run::readings::Readings;
use crate::run::texts::Texts;
use crate::run::vectors::is_cached;
use crate::run::workers::pools;
use crate::{BaselineKind, Config, Embedding, EmbeddingKind, Refit, Session};
use ninefold_core::Auto;
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::{duration, thousands};
use ninefold_core::progress::{Progress, Silent};
use ninefold_core::threads::in_each;
use ninefold_linear::baseline::Input;
use ninefold_nn::batch::Encoded;
use ninefold_nn::model::{ModelKind, NeuralClassifier};
use ninefold_nn::train::{TrainConfig, TrainData, fit};

/// Seconds that GloVe takes a training token and epoch.
const GLOVE: f64 = 2e-6;
/// Tokens on which the other trainers are measured, and the share of the texts, at most.
const MEASURED_TOKENS: usize = 30_000;
const MEASURED_SHARE: usize = 10;
/// Seconds that the diagnosis takes a token of any part ...
const DIAGNOSIS: f64 = 6e-6;
/// ... of so many at most: of large corpora it looks at a part.
const MOST_DIAGNOSED: f64 = 2.5e6;
/// The cost of a text that is only answered, beside one that is learned from.
const ANSWERED: f64 = 0.35;
/// A batch that takes as long is measured alone.
const LONG_BATCH: f64 = 0.1;
/// Batches that are measured after a short one, at least and at most.
const BATCHES: [usize; 2] = [3, 30];
/// Networks are measured where they learn from so many times as many texts.
const PAYS: usize = 50;

/// What the parts of a run take, in seconds of one thread.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Forecast {
    pub(crate) threads: usize,
    pub(crate) vectors: f64,
    pub(crate) baselines: f64,
    /// Each network once, whatever the number of seeds.
    pub(crate) networks: Vec<((Embedding, ModelKind), f64)>,
    pub(crate) seeds: usize,
    pub(crate) diagnosis: f64,
}

impl Forecast {
    /// Whether measuring the networks is little beside training them, or a limit of time asks for it.
    pub(crate) fn pays(config: &Config, texts: &Texts) -> bool {
        let read = texts.epochs(&config.training) * texts.train.len();
        let measured = (3 + BATCHES[0]) * config.training.batch_size;
        config.models.is_empty() || config.minutes > 0.0 || read >= PAYS * measured
    }

    /// Measures the networks and foresees the rest.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when the session's `progress` says so, [`Error::Threads`].
    pub(crate) fn make(readings: &Readings, session: &Session) -> Result<Forecast> {
        let mut whole = Forecast::default();
        for (config, texts) in readings.apart() {
            let part = Forecast::of(&config, texts, session)?;
            whole = Forecast {
                vectors: whole.vectors + part.vectors,
                networks: [whole.networks, part.networks].concat(),
                baselines: whole.baselines.max(part.baselines), // the words of all texts, whatever else embeddings read
                diagnosis: whole.diagnosis.max(part.diagnosis),
                ..part
            };
        }
        Ok(whole)
    }

    fn of(config: &Config, texts: &Texts, session: &Session) -> Result<Forecast> {
        let paces = Paces::measure(config, texts, session.progress)?;
        let epochs = texts.epochs(&config.training) as f64;
        let [train, validation, test] = [&texts.train, &texts.validation, &texts.test].map(|part| part.len() as f64);
        let texts_read = epochs * train + ANSWERED * (epochs * validation + train + validation + test);
        let trainings = if config.refit == Refit::All { 2.0 } else { 1.0 };
        let networks = config.pairs().map(|(embedding, model)| {
            let seconds = trainings * texts_read * paces.of(model, dim(config, &embedding));
            ((embedding, model), seconds)
        });
        let coverage = &texts.coverage;
        let tokens = coverage.train.tokens as f64;
        let all_tokens = tokens + (coverage.validation.tokens + coverage.test.tokens) as f64;
        let trained = config.compared_specs().filter(|spec| !is_cached(spec, config.seed, texts, session));
        let vectors: Result<Vec<f64>> = trained.map(|spec| seconds_a_token(&spec.kind, texts)).collect();
        let seconds_of = |baseline: &BaselineKind| {
            let [a_token, a_class] = baseline.pace();
            let trainings = if baseline.input() == Input::Vectors { config.embeddings.len() } else { 1 };
            trainings as f64 * tokens * (a_token + a_class * texts.corpus.labels.len() as f64)
        };
        Ok(Forecast {
            threads: rayon::current_num_threads(),
            vectors: tokens * trainings * vectors?.iter().sum::<f64>(),
            baselines: config.baselines.iter().map(seconds_of).sum(),
            networks: networks.collect(),
            seeds: config.seeds,
            diagnosis: if config.diagnose == crate::Diagnose::Default {
                all_tokens.min(MOST_DIAGNOSED) * DIAGNOSIS
            } else {
                0.0
            },
        })
    }

    /// All networks together, every seed.
    pub(crate) fn all_networks(&self) -> f64 {
        self.seeds as f64 * self.networks.iter().map(|(_, seconds)| seconds).sum::<f64>()
    }

    /// One training of a network.
    pub(crate) fn network(&self, pair: &(Embedding, ModelKind)) -> f64 {
        self.networks.iter().find(|(other, _)| other == pair).map_or(0.0, |(_, seconds)| *seconds)
    }

    /// Wall-clock seconds of the whole run.
    pub(crate) fn seconds(&self) -> f64 {
        (self.vectors + self.baselines + self.all_networks() + self.diagnosis) / self.threads.max(1) as f64
    }
}

/// "about 4 min on 2 threads: networks 3 min 30 s, word vectors 20 s, baselines 10 s"
impl fmt::Display for Forecast {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = [
            (self.all_networks(), "networks"),
            (self.vectors, "word vectors"),
            (self.baselines, "baselines"),
            (self.diagnosis, "diagnosis"),
        ];
        parts.sort_by(|a, b| b.0.total_cmp(&a.0)); // stable: equals stay as they are
        let threads = self.threads.max(1) as f64;
        let told = parts.iter().filter(|(seconds, _)| seconds / threads >= 0.5);
        let told: Vec<String> = told.map(|(seconds, name)| format!("{name} {}", duration(seconds / threads))).collect();
        let on = if self.threads == 1 { "1 thread".to_owned() } else { format!("{} threads", thousands(self.threads)) };
        write!(out, "about {} on {on}", duration(self.seconds()))?;
        if told.len() > 1 { write!(out, ": {}", told.join(", ")) } else { Ok(()) }
    }
}

/// Seconds of one thread that a family takes to learn from a text.
struct Paces(Vec<((ModelKind, usize), f64)>);

impl Paces {
    fn measure(config: &Config, texts: &Texts, progress: &dyn Progress) -> Result<Paces> {
        let mut wanted: Vec<(ModelKind, usize)> = Vec::new();
        for (embedding, model) in config.pairs() {
            let one = (model, dim(config, &embedding));
            if !wanted.contains(&one) {
                wanted.push(one);
            }
        }
        let threads = rayon::current_num_threads();
        let workers = threads.min(config.trainings()).max(1);
        let mut paces = Vec::new();
        for (model, dim) in wanted {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let measured = Mutex::new(Ok(0.0));
            let measure = |_| {
                let seconds = seconds_a_text(config, texts, model, dim);
                if let Ok(mut measured) = measured.lock() {
                    *measured = match (std::mem::replace(&mut *measured, Ok(0.0)), seconds) {
                        (Ok(sum), Ok(seconds)) => Ok(sum + seconds),
                        (Err(error), _) | (_, Err(error)) => Err(error),
                    };
                }
            };
            match workers {
                1 => measure(0),
                _ => in_each(&pools(workers)?, &measure),
            }
            let sum = measured.into_inner().unwrap_or(Ok(0.0));
            match sum {
                Ok(sum) => paces.push(((model, dim), sum / workers as f64 * (threads / workers) as f64)),
                Err(Error::Diverged { .. }) => {} // the training itself will say so
                Err(error) => return Err(error),
            }
        }
        Ok(Paces(paces))
    }

    fn of(&self, model: ModelKind, dim: usize) -> f64 {
        self.0.iter().find(|(of, _)| *of == (model, dim)).map_or(0.0, |(_, seconds)| *seconds)
    }
}

/// The length of an embedding's vectors.
fn dim(config: &Config, embedding: &Embedding) -> usize {
    config.specs(embedding).map(|spec| spec.kind.dim()).sum()
}

/// Trains a network on texts from all over the training part.
fn seconds_a_text(config: &Config, texts: &Texts, kind: ModelKind, dim: usize) -> Result<f64> {
    let shape = config.model.classifier(kind, texts.corpus.labels.len());
    let mut model = NeuralClassifier::new(shape, vec![0.01; texts.vocab.len() * dim], dim, config.seed);
    let training = TrainConfig { epochs: Auto::Value(1), patience: 0, ..config.training.clone() };
    let batch = config.training.batch_size;
    let mut train = |batches: usize| -> Result<(f64, f64)> {
        let part = spread(&texts.train, batches * batch);
        let data = TrainData { train: &part, validation: &Encoded::default(), ..texts.train_data(config.seed) };
        let start = Instant::now();
        fit(&mut model, data, &training, None, &Silent, &mut |_| Ok(()))?;
        Ok((start.elapsed().as_secs_f64(), part.len().max(1) as f64))
    };
    train(1)?; // the first time takes longer
    let (short, texts_in_short) = train(1)?;
    if short > LONG_BATCH {
        return Ok(short / texts_in_short);
    }
    // What a training takes beside its batches, such as copies of the vectors, is in both of these.
    let batches = ((LONG_BATCH / short) as usize).clamp(BATCHES[0], BATCHES[1]);
    let (long, texts_in_long) = train(1 + batches)?;
    let more = texts_in_long - texts_in_short;
    Ok(if more > 0.0 { (long - short).max(0.0) / more } else { long / texts_in_long })
}

/// Seconds of one thread that all epochs of a trainer take a training token; 0 for vectors of a file.
fn seconds_a_token(kind: &EmbeddingKind, texts: &Texts) -> Result<f64> {
    let (EmbeddingKind::Word2vec(_) | EmbeddingKind::Fasttext(_)) = kind else {
        return Ok(if let EmbeddingKind::Glove(config) = kind { GLOVE * config.epochs as f64 } else { 0.0 });
    };
    let share = texts.train.tokens().div_ceil(MEASURED_TOKENS).max(MEASURED_SHARE);
    let part = spread(&texts.train, texts.train.len() / share);
    let train = |epochs: usize| -> Result<f64> {
        let start = Instant::now();
        let kind = kind.with_epochs(epochs).seeded(0, rayon::current_num_threads());
        match kind.train(&part, &texts.vocab, &Silent) {
            Ok(_) | Err(Error::Data { .. }) => Ok(start.elapsed().as_secs_f64()), // the training itself will say why
            Err(error) => Err(error),
        }
    };
    // Making the matrices is in both; the first time it takes longer.
    train(1)?;
    let [one, three] = [train(1)?, train(3)?];
    let epochs = kind.fitted(&texts.vocab).epochs().map_or(1, |epochs| epochs.or(1)) as f64;
    Ok((three - one).max(0.0) / 2.0 * rayon::current_num_threads() as f64 * epochs / part.tokens().max(1) as f64)
}

/// So many texts, at equal distances.
fn spread(texts: &Encoded, count: usize) -> Encoded {
    let step = (texts.len() / count.max(1)).max(1);
    let mut part = Encoded::default();
    (0..texts.len()).step_by(step).take(count).for_each(|text| part.push(texts.text(text), texts.labels()[text]));
    part
}
