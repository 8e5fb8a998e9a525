//! What a baseline is: *takes* texts and labels -> *gives* a model that is saved, loaded and asked like any other.

use std::fmt::Debug;

use super::BaselineConfig;
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
    /// The character n-grams inside its words, as [`CharNgrams`](ninefold_text::char_ngrams::CharNgrams) divides a text: each is an
    /// id, and their order means nothing.
    Characters,
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

    /// Roughly how long a training with the default settings takes, with all choices and once more on all texts: seconds of one thread a
    /// training token, and a training token and class. For forecasts (AMD EPYC with AVX2; another machine differs).
    fn pace(&self) -> [f64; 2] {
        [10e-6, 1e-6]
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

    /// Bytes of its tables in memory.
    fn memory_bytes(&self) -> usize;

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
