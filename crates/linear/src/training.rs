//! What baselines are trained on, and how validation chooses among the values of a setting.
//!
//! Takes texts as token ids with their labels -> gives features that several baselines share, each made once.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::{BaselineConfig, Csr, Linear, Ngrams, TfIdf};
use ninefold_metrics::{Confusion, MainScore, most_probable};

/// What validation chose, by setting: `{"c": 1.0}`.
pub type Chosen = BTreeMap<String, f64>;

/// Texts as token ids, never cut, with their labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelledIds {
    /// `[texts][tokens]`
    pub ids: Vec<Vec<u32>>,
    /// `[texts]`
    pub labels: Vec<u32>,
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

/// Features that several baselines read.
#[derive(Debug, Default)]
pub struct Shared {
    ngrams: OnceCell<Arc<Ngrams>>,
    tfidf: OnceCell<(Arc<TfIdf>, Features)>,
}

impl TrainingData<'_> {
    /// Number of classes.
    pub fn num_classes(&self) -> usize {
        self.class_weights.len()
    }

    /// The n-grams of the training texts.
    pub fn ngrams(&self) -> &Arc<Ngrams> {
        let BaselineConfig { ngram_range, min_df, .. } = self.settings;
        self.shared.ngrams.get_or_init(|| Arc::new(Ngrams::fit(&self.train.ids, *ngram_range, *min_df)))
    }

    /// How often each text has each n-gram.
    pub fn counts(&self) -> Features {
        let ngrams = self.ngrams();
        Features { train: ngrams.count(&self.train.ids), validation: ngrams.count(&self.validation.ids) }
    }

    /// The weights of n-grams, and the counts weighted by them.
    pub fn tfidf(&self) -> (&Arc<TfIdf>, &Features) {
        let (tfidf, features) = self.shared.tfidf.get_or_init(|| {
            let tfidf = TfIdf::fit(self.ngrams(), self.settings.sublinear_tf);
            let Features { train, validation } = self.counts();
            let features = Features { train: tfidf.transform(train), validation: tfidf.transform(validation) };
            (Arc::new(tfidf), features)
        });
        (tfidf, features)
    }

    /// The classifier with the best validation score, of equals the first, and which value of `setting` gave it. Where `chosen`
    /// has a value, only that one is tried. Each training may start from the one before.
    pub fn choose(
        &self,
        setting: &str,
        values: &[f64],
        chosen: Option<&Chosen>,
        features: &Features,
        mut train: impl FnMut(&Csr, f64, Option<&Linear>) -> Linear,
    ) -> (Linear, Chosen) {
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
        let (_, value, model) = best.expect("BaselineConfig::validate wants a value");
        (model, Chosen::from([(setting.to_string(), value)]))
    }

    /// The main score of the classes with the highest scores on the validation texts.
    fn validation_score(&self, scores: &[f64]) -> f64 {
        let classes = self.num_classes();
        let predicted = most_probable(scores, classes);
        self.main_score.of(&Confusion::of(classes, &self.validation.labels, &predicted).scores())
    }
}
