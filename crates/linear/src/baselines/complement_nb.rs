//! Complement naive Bayes over TF-IDF weights of word n-grams.

use std::sync::Arc;

use crate::baseline::{Baseline, Trained, TrainedBaseline};
use crate::ngram_classifier::NgramClassifier;
use crate::state::State;
use crate::training::{Chosen, TrainingData};
use crate::{BaselineConfig, naive_bayes};
use ninefold_core::error::Result;
use ninefold_core::progress::Progress;

#[derive(Debug)]
pub(super) struct ComplementNb;

impl Baseline for ComplementNb {
    fn name(&self) -> &'static str {
        "complement_nb"
    }

    fn about(&self) -> &'static str {
        "Complement naive Bayes over TF-IDF weights of word n-grams"
    }

    fn settings(&self) -> &'static [&'static str] {
        &["ngram_range", "min_df", "sublinear_tf", "smoothing"]
    }

    fn train(&self, data: &TrainingData, chosen: Option<&Chosen>, _progress: &dyn Progress) -> Result<Trained> {
        let (tfidf, features) = data.tfidf();
        let (labels, classes) = (&data.train.labels, data.num_classes());
        let BaselineConfig { smoothing, .. } = data.settings;
        let (linear, chosen) = data.choose("smoothing", smoothing, chosen, features, |weights, smoothing, _| {
            naive_bayes::complement(weights, labels, classes, smoothing)
        });
        let (ngrams, tfidf) = (Arc::clone(data.ngrams()), Some(Arc::clone(tfidf)));
        Ok(Trained { model: Box::new(NgramClassifier { ngrams, tfidf, linear }), chosen })
    }

    fn load(&self, state: State, _vocab_size: usize, num_classes: usize) -> Result<Box<dyn TrainedBaseline>> {
        NgramClassifier::load(state, num_classes)
    }
}
