//! What a baseline is: *takes* texts and labels -> *gives* a model that is saved, loaded and asked like any other.

use std::fmt::{self, Debug};
use std::ops::Deref;
use std::sync::LazyLock;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::BaselineConfig;
use super::baselines::BASELINES;
use super::state::State;
use super::training::{Chosen, TrainingData};
use ninefold_core::error::Result;
use ninefold_core::progress::Progress;
use ninefold_metrics::calibration;

/// What a baseline reads of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Nothing: it gives every text the same answer.
    Nothing,
    /// All words, also those that are too rare for a network's vocabulary.
    Words,
    /// The word vectors of an embedding: one such baseline is trained per embedding.
    Vectors,
}

/// A kind of classifier without a network.
pub trait Baseline: Debug + Sync {
    /// Its name in settings, folders and leaderboards.
    fn name(&self) -> &'static str;

    /// What it is, as a sentence begins: "A linear support vector machine over TF-IDF weights of word n-grams".
    fn about(&self) -> &'static str;

    /// What it reads of a text.
    fn input(&self) -> Input {
        Input::Words
    }

    /// The keys of [`BaselineConfig`] that it depends on.
    fn settings(&self) -> &'static [&'static str];

    /// Passes over the training texts; `None` where it is not trained in passes.
    fn epochs(&self, settings: &BaselineConfig) -> Option<usize> {
        let _ = settings;
        None
    }

    /// Trains with every value there is to choose from, or with what was `chosen` before.
    ///
    /// # Errors
    /// [`Error::Interrupted`](ninefold_core::Error::Interrupted) when `progress` says so.
    fn train(&self, data: &TrainingData, chosen: Option<&Chosen>, progress: &dyn Progress) -> Result<Trained>;

    /// The model that consists of `state`, over a vocabulary of that size.
    ///
    /// # Errors
    /// [`Error::Format`](ninefold_core::Error::Format) when a part is missing or does not fit the others.
    fn load(&self, state: State, vocab_size: usize, num_classes: usize) -> Result<Box<dyn TrainedBaseline>>;
}

/// What a training gave.
#[derive(Debug)]
pub struct Trained {
    /// The model.
    pub model: Box<dyn TrainedBaseline>,
    /// What validation chose.
    pub chosen: Chosen,
}

/// A trained baseline.
pub trait TrainedBaseline: Debug + Send + Sync {
    /// A score per text and class: the larger, the likelier. What its unit is depends on the method.
    ///
    /// # Shapes
    /// `texts` `[texts][tokens]`, never cut -> `[texts, num_classes]`
    fn scores(&self, texts: &[Vec<u32>]) -> Vec<f64>;

    /// Numbers that were learned.
    fn parameter_count(&self) -> usize;

    /// All that it consists of.
    fn state(&self) -> State;

    /// The probability of each class, scores divided by `temperature`.
    ///
    /// # Shapes
    /// As [`scores`](TrainedBaseline::scores).
    fn predict_proba(&self, texts: &[Vec<u32>], num_classes: usize, temperature: f64) -> Vec<f32> {
        calibration::probabilities(&self.scores(texts), num_classes, temperature)
    }
}

/// One of [`BASELINES`], in settings known by its name.
#[derive(Clone, Copy)]
pub struct BaselineKind(&'static dyn Baseline);

impl BaselineKind {
    /// All of them.
    pub fn all() -> impl Iterator<Item = BaselineKind> {
        BASELINES.iter().map(|&baseline| BaselineKind(baseline))
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<BaselineKind> {
        BaselineKind::all().find(|kind| kind.name() == name)
    }

    /// The names of all.
    pub fn names() -> &'static [&'static str] {
        static NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| BASELINES.iter().map(|kind| kind.name()).collect());
        &NAMES
    }
}

impl Deref for BaselineKind {
    type Target = dyn Baseline;

    fn deref(&self) -> &Self::Target {
        self.0
    }
}

impl PartialEq for BaselineKind {
    fn eq(&self, other: &BaselineKind) -> bool {
        self.name() == other.name()
    }
}

impl Eq for BaselineKind {}

impl Debug for BaselineKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl Serialize for BaselineKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for BaselineKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<BaselineKind, D::Error> {
        let name = String::deserialize(deserializer)?;
        BaselineKind::named(&name).ok_or_else(|| D::Error::unknown_variant(&name, BaselineKind::names()))
    }
}
