//! A linear support vector machine over TF-IDF weights of word n-grams.

use std::sync::Arc;

use crate::baseline::{Baseline, Trained, TrainedBaseline};
use crate::logistic::Stop;
use crate::ngram_classifier::NgramClassifier;
use crate::state::State;
use crate::training::{Chosen, TrainingData};
use crate::{BaselineConfig, svm};
use ninefold_core::error::Result;
use ninefold_core::progress::Progress;

/// As near to the optimum as LIBLINEAR goes.
const SVM: Stop = Stop { tolerance: 0.1, max_iterations: 200 };

#[derive(Debug)]
pub(super) struct TfidfSvm;

impl Baseline for TfidfSvm {
    fn name(&self) -> &'static str {
        "tfidf_svm"
    }

    fn about(&self) -> &'static str {
        "A linear support vector machine over TF-IDF weights of word n-grams"
    }

    fn settings(&self) -> &'static [&'static str] {
        &["ngram_range", "min_df", "sublinear_tf", "c"]
    }

    fn train(&self, data: &TrainingData, chosen: Option<&Chosen>, _progress: &dyn Progress) -> Result<Trained> {
        let (tfidf, features) = data.tfidf();
        let BaselineConfig { c, .. } = data.settings;
        let (linear, chosen) = data.choose("c", c, chosen, features, |weights, c, _| {
            svm::train(weights, &data.train.labels, data.class_weights, c, SVM, data.seed)
        });
        let (ngrams, tfidf) = (Arc::clone(data.ngrams()), Some(Arc::clone(tfidf)));
        Ok(Trained { model: Box::new(NgramClassifier { ngrams, tfidf, linear }), chosen })
    }

    fn load(&self, state: State, _vocab_size: usize, num_classes: usize) -> Result<Box<dyn TrainedBaseline>> {
        NgramClassifier::load(state, num_classes)
    }
}
