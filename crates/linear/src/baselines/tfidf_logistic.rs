//! Logistic regression over TF-IDF weights of word n-grams.

use super::LOGISTIC;
use crate::baseline::{Baseline, Trained, TrainedBaseline};
use crate::logistic;
use crate::ngram_classifier::NgramClassifier;
use crate::state::State;
use crate::training::{Chosen, TrainingData};
use ninefold_core::error::Result;
use ninefold_core::progress::Progress;

#[derive(Debug)]
pub(super) struct TfidfLogistic;

impl Baseline for TfidfLogistic {
    fn name(&self) -> &'static str {
        "tfidf_logistic"
    }

    fn about(&self) -> &'static str {
        "Logistic regression over TF-IDF weights of word n-grams"
    }

    fn pace(&self) -> [f64; 2] {
        [2e-6, 2.6e-6]
    }

    fn settings(&self) -> &'static [&'static str] {
        &["ngram_range", "min_df", "sublinear_tf", "c"]
    }

    fn train(&self, data: &TrainingData, chosen: Option<&Chosen>, progress: &dyn Progress) -> Result<Trained> {
        let features = |min_df| data.tfidf_features(min_df);
        let train = |weights: &_, c, start: Option<&_>| logistic::train(weights, data.targets(), c, LOGISTIC, start);
        let choice = data.choose_ngrams("c", &data.settings.c, chosen, features, train, progress);
        Ok(NgramClassifier::weighted(data, choice))
    }

    fn load(&self, state: State, _vocab_size: usize, num_classes: usize) -> Result<Box<dyn TrainedBaseline>> {
        NgramClassifier::load(state, num_classes)
    }
}
