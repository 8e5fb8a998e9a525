//! Multinomial naive Bayes over counts of word n-grams.

use std::sync::Arc;

use crate::baseline::{Baseline, Trained, TrainedBaseline};
use crate::ngram_classifier::NgramClassifier;
use crate::state::State;
use crate::training::{Chosen, TrainingData};
use crate::{BaselineConfig, naive_bayes};
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

    fn settings(&self) -> &'static [&'static str] {
        &["ngram_range", "min_df", "smoothing"]
    }

    fn train(&self, data: &TrainingData, chosen: Option<&Chosen>, _progress: &dyn Progress) -> Result<Trained> {
        let (labels, classes) = (&data.train.labels, data.num_classes());
        let BaselineConfig { smoothing, .. } = data.settings;
        let (linear, chosen) = data.choose("smoothing", smoothing, chosen, &data.counts(), |counts, smoothing, _| {
            naive_bayes::multinomial(counts, labels, classes, smoothing)
        });
        let model = NgramClassifier { ngrams: Arc::clone(data.ngrams()), tfidf: None, linear };
        Ok(Trained { model: Box::new(model), chosen })
    }

    fn load(&self, state: State, _vocab_size: usize, num_classes: usize) -> Result<Box<dyn TrainedBaseline>> {
        NgramClassifier::load(state, num_classes)
    }
}
