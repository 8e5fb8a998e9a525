//! What baselines are trained on, and how validation chooses among the values of a setting.
//!
//! Takes texts as token ids with their labels -> gives features that several baselines share, each made once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::{BaselineConfig, Csr, Linear, Ngrams, Targets, TfIdf};
use ninefold_core::progress::Progress;
use ninefold_metrics::{Confusion, MainScore, most_probable};

/// What validation chose, by setting: `{"c": 1.0}`.
pub type Chosen = BTreeMap<String, f64>;

/// The key of the chosen `min_df` in [`Chosen`].
const MIN_DF: &str = "min_df";
/// A further `min_df` is tried only where the classifier then has at most so many weights: rare n-grams are many, and of large
/// corpora they are not worth the time.
const MAX_WEIGHTS: usize = 1 << 23;

/// Numbers in features that are large: 400 MB.
const LARGE: usize = 1 << 25;

/// Texts as token ids, never cut, with their labels and weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelledIds {
    /// `[texts][tokens]`
    pub ids: Vec<Vec<u32>>,
    /// `[texts]`
    pub labels: Vec<u32>,
    /// How much each text counts, beside its class. `[texts]`
    pub weights: Vec<f64>,
}

/// The word vectors of a vocabulary.
#[derive(Clone, Copy, Debug)]
pub struct VectorTable<'a> {
    /// `[vocab_size, dim]`
    pub data: &'a [f32],
    /// Length of a vector.
    pub dim: usize,
}

/// One feature matrix per part.
#[derive(Clone, Debug)]
pub struct Features {
    /// `[texts, features]`
    pub train: Csr,
    /// `[texts, features]`
    pub validation: Csr,
}

/// All that baselines are trained on. Those that read the same features share them.
#[derive(Debug)]
pub struct TrainingData<'a> {
    /// Learned from.
    pub train: LabelledIds,
    /// Chosen by; may be empty.
    pub validation: LabelledIds,
    /// Ids are below this.
    pub vocab_size: usize,
    /// Minimum and maximum n-gram length in ids.
    pub ngram_range: [usize; 2],
    /// N-grams in fewer training texts are ignored; validation chooses from these values.
    pub min_df: Vec<usize>,
    /// How much the texts of each class count. `[num_classes]`
    pub class_weights: &'a [f64],
    /// The score by which validation chooses.
    pub main_score: MainScore,
    /// The settings of all baselines.
    pub settings: &'a BaselineConfig,
    /// Of shuffling and initial values.
    pub seed: u64,
    /// For a baseline that reads word vectors.
    pub vectors: Option<VectorTable<'a>>,
    /// What was made so far.
    pub shared: Shared,
}

/// What several baselines read, by `min_df`.
#[derive(Debug, Default)]
pub struct Shared {
    ngrams: Mutex<BTreeMap<usize, Arc<Ngrams>>>,
    tfidf: Mutex<BTreeMap<usize, Arc<TfIdf>>>,
    tfidf_features: Mutex<BTreeMap<usize, Kept>>,
}

/// Features that were made.
#[derive(Debug)]
enum Kept {
    ToTheEnd(Arc<Features>),
    /// They take much memory: when no baseline reads them any more they are gone, and are made again where one wants them.
    WhileInUse(Weak<Features>),
}

impl Kept {
    fn new(features: &Arc<Features>) -> Kept {
        match features.train.stored() < LARGE {
            true => Kept::ToTheEnd(Arc::clone(features)),
            false => Kept::WhileInUse(Arc::downgrade(features)),
        }
    }

    fn get(&self) -> Option<Arc<Features>> {
        match self {
            Kept::ToTheEnd(features) => Some(Arc::clone(features)),
            Kept::WhileInUse(features) => features.upgrade(),
        }
    }
}

/// What one baseline makes another waits for; what a panic left behind is whole.
fn lock<T>(made: &Mutex<T>) -> MutexGuard<'_, T> {
    made.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A trained classifier and what validation chose for it.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The classifier with the best validation score.
    pub linear: Linear,
    /// The `min_df` of its n-grams.
    pub min_df: usize,
    /// All that was chosen.
    pub chosen: Chosen,
}

impl TrainingData<'_> {
    /// Number of classes.
    pub fn num_classes(&self) -> usize {
        self.class_weights.len()
    }

    /// What is learned of the training texts.
    pub fn targets(&self) -> Targets<'_> {
        let LabelledIds { labels, weights, .. } = &self.train;
        Targets { labels, text_weights: Some(weights), class_weights: self.class_weights }
    }

    /// The n-grams that so many of the training texts have.
    pub fn ngrams(&self, min_df: usize) -> Arc<Ngrams> {
        let fit = || Arc::new(Ngrams::fit(&self.train.ids, self.ngram_range, min_df));
        Arc::clone(lock(&self.shared.ngrams).entry(min_df).or_insert_with(fit))
    }

    /// How often each text has each of these n-grams.
    pub fn counts(&self, min_df: usize) -> Arc<Features> {
        let ngrams = self.ngrams(min_df);
        let [train, validation] = [&self.train, &self.validation].map(|part| ngrams.count(&part.ids));
        Arc::new(Features { train, validation })
    }

    /// The weights of these n-grams.
    pub fn tfidf(&self, min_df: usize) -> Arc<TfIdf> {
        let fit = || Arc::new(TfIdf::fit(&self.ngrams(min_df), self.settings.sublinear_tf));
        Arc::clone(lock(&self.shared.tfidf).entry(min_df).or_insert_with(fit))
    }

    /// The counts, weighted.
    pub fn tfidf_features(&self, min_df: usize) -> Arc<Features> {
        let mut made = lock(&self.shared.tfidf_features);
        if let Some(features) = made.get(&min_df).and_then(Kept::get) {
            return features;
        }
        let (ngrams, tfidf) = (self.ngrams(min_df), self.tfidf(min_df));
        let [train, validation] = [&self.train, &self.validation].map(|part| tfidf.transform(ngrams.count(&part.ids)));
        let features = Arc::new(Features { train, validation });
        made.insert(min_df, Kept::new(&features));
        features
    }

    /// Chooses `min_df` and the value of `setting`, one after the other: the value with the first `min_df`, then among the others
    /// with that value. What `chosen` names is not chosen again. `features` makes the features by `min_df`.
    pub fn choose_ngrams(
        &self,
        setting: &str,
        values: &[f64],
        chosen: Option<&Chosen>,
        features: impl Fn(usize) -> Arc<Features>,
        mut train: impl FnMut(&Csr, f64, Option<&Linear>) -> Linear,
        progress: &dyn Progress,
    ) -> Choice {
        let before = chosen.and_then(|chosen| chosen.get(MIN_DF)).map(|&min_df| min_df as usize);
        let candidates = before.as_ref().map_or(&self.min_df[..], std::slice::from_ref);
        let (&first, others) = candidates.split_first().expect("BaselineConfig::validate wants a value");
        let (score, linear, mut chosen) = self.best(setting, values, chosen, &features(first), &mut train);
        let (mut highest, mut best) = (score, Choice { linear, min_df: first, chosen: Chosen::new() });
        for &min_df in others {
            let weights = self.ngrams(first).len_with(min_df).saturating_mul(self.num_classes());
            if weights > MAX_WEIGHTS {
                progress.notice(&format!(
                    "min_df = {min_df} is not tried: {weights} weights are more than {MAX_WEIGHTS}; \
                     `--set baseline.min_df={min_df}` trains with it"
                ));
                continue;
            }
            let (score, linear, _) = self.best(setting, values, Some(&chosen), &features(min_df), &mut train);
            if score > highest {
                (highest, best) = (score, Choice { linear, min_df, chosen: Chosen::new() });
            }
        }
        if before.is_some() || !others.is_empty() {
            chosen.insert(MIN_DF.to_string(), best.min_df as f64);
        }
        Choice { chosen, ..best }
    }

    /// The classifier with the best validation score, of equals the first, and which value of `setting` gave it. Where `chosen`
    /// has a value, only that one is tried. Each training may start from the one before.
    pub fn choose(
        &self,
        setting: &str,
        values: &[f64],
        chosen: Option<&Chosen>,
        features: &Features,
        train: impl FnMut(&Csr, f64, Option<&Linear>) -> Linear,
    ) -> (Linear, Chosen) {
        let (_, linear, chosen) = self.best(setting, values, chosen, features, train);
        (linear, chosen)
    }

    /// As [`choose`](TrainingData::choose), with the validation score in front.
    fn best(
        &self,
        setting: &str,
        values: &[f64],
        chosen: Option<&Chosen>,
        features: &Features,
        mut train: impl FnMut(&Csr, f64, Option<&Linear>) -> Linear,
    ) -> (f64, Linear, Chosen) {
        let only = chosen.and_then(|chosen| chosen.get(setting));
        let values = only.map_or(values, std::slice::from_ref);
        let mut best: Option<(f64, f64, Linear)> = None;
        let mut last = None;
        for &value in values {
            let model = train(&features.train, value, last.as_ref());
            let score = self.validation_score(&model.scores(&features.validation));
            if best.as_ref().is_none_or(|(highest, ..)| score > *highest) {
                best = Some((score, value, model.clone()));
            }
            last = Some(model);
        }
        let (score, value, model) = best.expect("BaselineConfig::validate wants a value");
        (score, model, Chosen::from([(setting.to_string(), value)]))
    }

    /// The main score of the classes with the highest scores on the validation texts.
    fn validation_score(&self, scores: &[f64]) -> f64 {
        let classes = self.num_classes();
        let predicted = most_probable(scores, classes);
        self.main_score.of(&Confusion::of(classes, &self.validation.labels, &predicted).scores())
    }
}
