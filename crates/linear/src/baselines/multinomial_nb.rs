//! Multinomial naive Bayes over counts of word n-grams.

use crate::baseline::{Baseline, Trained, TrainedBaseline};
use crate::naive_bayes;
use crate::ngram_classifier::NgramClassifier;
use crate::state::State;
use crate::training::{Chosen, TrainingData};
use ninefold_core::error::Result;
use ninefold_core::progress::Progress;

#[derive(Debug)]
pub(super) struct MultinomialNb;

impl Baseline for MultinomialNb {
    fn name(&self) -> &'static str {
        "multinomial_nb"
    }

    fn about(&self) -> &'static str {
        "Multinomial naive Bayes over counts of word n-grams"
    }

    fn pace(&self) -> [f64; 2] {
        [2e-6, 0.0]
    }

    fn settings(&self) -> &'static [&'static str] {
        &["ngram_range", "min_df", "smoothing"]
    }

    fn train(&self, data: &TrainingData, chosen: Option<&Chosen>, progress: &dyn Progress) -> Result<Trained> {
        let features = |min_df| data.counts(min_df);
        let train = |counts: &_, smoothing, _: Option<&_>| naive_bayes::multinomial(counts, data.targets(), smoothing);
        let choice = data.choose_ngrams("smoothing", &data.settings.smoothing, chosen, features, train, progress);
        Ok(NgramClassifier::unweighted(data, choice))
    }

    fn load(&self, state: State, _vocab_size: usize, num_classes: usize) -> Result<Box<dyn TrainedBaseline>> {
        NgramClassifier::load(state, num_classes)
    }
}
