//! How long a run will take: *takes* the settings and the texts -> *gives* seconds for each kind of work, before it is done.
//!
//! The networks, which take most of it, are measured: each family trains on a few batches of the real texts, on as many threads at
//! a time as later. What the rest takes is known roughly from the number of tokens (seconds of one thread of an AMD EPYC with AVX2;
//! another machine differs). While the run goes on, the bar of the trainings corrects the estimate.

use std::fmt;
use std::sync::Mutex;
use std::time::Instant;

use crate::run::readings::Readings;
use crate::run::texts::Texts;
use crate::run::workers::pools;
use crate::{Config, Embedding, EmbeddingKind, Refit};
use ninefold_core::Auto;
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::{duration, thousands};
use ninefold_core::progress::{Progress, Silent};
use ninefold_core::threads::in_each;
use ninefold_nn::batch::Encoded;
use ninefold_nn::model::{ModelKind, NeuralClassifier};
use ninefold_nn::train::{TrainConfig, TrainData, fit};

/// Seconds a training token, by the trainer's name.
const VECTORS: [(&str, f64); 3] = [("word2vec", 60e-6), ("fasttext", 90e-6), ("glove", 50e-6)];
/// All baselines together: seconds a training token, and a training token and class.
const BASELINES: [f64; 2] = [20e-6, 9e-6];
/// Seconds a token of any part.
const DIAGNOSIS: f64 = 8e-6;
/// The cost of a text that is only answered, beside one that is learned from.
const ANSWERED: f64 = 0.35;
/// A first batch that takes as long is not measured again.
const LONG_BATCH: f64 = 0.1;
/// Batches that are measured after a short first one.
const BATCHES: usize = 3;
/// Networks are measured where they learn from so many times as many texts.
const PAYS: usize = 50;
/// Vectors whose length is not known before they are read.
const USUAL_DIM: usize = 100;

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
        let measured = (1 + BATCHES) * config.training.batch_size;
        config.models.is_empty() || config.minutes > 0.0 || read >= PAYS * measured
    }

    /// Measures the networks and foresees the rest.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when `progress` says so, [`Error::Threads`].
    pub(crate) fn make(readings: &Readings, progress: &dyn Progress) -> Result<Forecast> {
        let mut whole = Forecast::default();
        for (config, texts) in readings.apart() {
            let part = Forecast::of(&config, texts, progress)?;
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

    fn of(config: &Config, texts: &Texts, progress: &dyn Progress) -> Result<Forecast> {
        let paces = Paces::measure(config, texts, progress)?;
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
        let of_trainer = |kind: &EmbeddingKind| VECTORS.iter().find(|(name, _)| *name == kind.name());
        let trained = config.compared_specs().filter_map(|spec| of_trainer(&spec.kind));
        let [a_token, a_class] = BASELINES;
        let has_baselines = f64::from(u8::from(!config.baselines.is_empty()));
        Ok(Forecast {
            threads: rayon::current_num_threads(),
            vectors: tokens * trained.map(|(_, seconds)| seconds).sum::<f64>(),
            baselines: has_baselines * tokens * (a_token + a_class * texts.corpus.labels.len() as f64),
            networks: networks.collect(),
            seeds: config.seeds,
            diagnosis: if config.diagnose == crate::Diagnose::Default { all_tokens * DIAGNOSIS } else { 0.0 },
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

/// Seconds that a family takes to learn from a text.
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
        let workers = rayon::current_num_threads().min(config.trainings()).max(1);
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
                Ok(sum) => paces.push(((model, dim), sum / workers as f64)),
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
    let of_spec = |spec: &crate::EmbeddingSpec| match &spec.kind {
        EmbeddingKind::Word2vec(config) => config.dim,
        EmbeddingKind::Fasttext(config) => config.word2vec.dim,
        EmbeddingKind::Glove(config) => config.dim,
        EmbeddingKind::Pretrained(config) => config.dim.unwrap_or(USUAL_DIM),
    };
    config.specs(embedding).map(of_spec).sum()
}

/// Trains a network on texts from all over the training part.
fn seconds_a_text(config: &Config, texts: &Texts, kind: ModelKind, dim: usize) -> Result<f64> {
    let shape = config.model.classifier(kind, texts.corpus.labels.len());
    let mut model = NeuralClassifier::new(shape, vec![0.01; texts.vocab.len() * dim], dim, config.seed);
    let training = TrainConfig { epochs: Auto::Value(1), patience: 0, ..config.training.clone() };
    let mut train = |count: usize| -> Result<f64> {
        let part = spread(&texts.train, count);
        let data = TrainData { train: &part, validation: &Encoded::default(), ..texts.train_data(config.seed) };
        let start = Instant::now();
        fit(&mut model, data, &training, None, &Silent, &mut |_| Ok(()))?;
        Ok(start.elapsed().as_secs_f64() / part.len().max(1) as f64)
    };
    let batch = config.training.batch_size;
    let first = train(batch)?;
    if first * batch as f64 > LONG_BATCH { Ok(first) } else { train(BATCHES * batch) }
}

/// So many texts, at equal distances.
fn spread(texts: &Encoded, count: usize) -> Encoded {
    let step = (texts.len() / count.max(1)).max(1);
    let mut part = Encoded::default();
    (0..texts.len()).step_by(step).take(count).for_each(|text| part.push(texts.text(text), texts.labels()[text]));
    part
}
