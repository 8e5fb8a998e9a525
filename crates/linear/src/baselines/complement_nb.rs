//! Complement naive Bayes over TF-IDF weights of n-grams, of words or of characters.

use super::Ngram;
use crate::baseline::{Baseline, Input, Trained, TrainedBaseline};
use crate::naive_bayes;
use crate::ngram_classifier::NgramClassifier;
use crate::state::State;
use crate::training::{Chosen, TrainingData};
use ninefold_core::error::Result;
use ninefold_core::progress::Progress;

#[derive(Debug)]
pub(super) struct ComplementNb(pub(super) Ngram);

impl Baseline for ComplementNb {
    fn name(&self) -> &'static str {
        match self.0 {
            Ngram::Words => "complement_nb",
            Ngram::Characters => "char_nb",
        }
    }

    fn about(&self) -> &'static str {
        match self.0 {
            Ngram::Words => "Complement naive Bayes over TF-IDF weights of word n-grams",
            Ngram::Characters => "Complement naive Bayes over TF-IDF weights of character n-grams",
        }
    }

    fn input(&self) -> Input {
        self.0.input()
    }

    fn pace(&self) -> [f64; 2] {
        match self.0 {
            Ngram::Words => [1.5e-6, 0.0],
            Ngram::Characters => [12e-6, 0.2e-6],
        }
    }

    fn settings(&self) -> &'static [&'static str] {
        match self.0 {
            Ngram::Words => &["ngram_range", "min_df", "sublinear_tf", "smoothing"],
            Ngram::Characters => &["char_ngram_range", "char_min_df", "sublinear_tf", "smoothing"],
        }
    }

    fn train(&self, data: &TrainingData, chosen: Option<&Chosen>, progress: &dyn Progress) -> Result<Trained> {
        let features = |min_df| data.tfidf_features(min_df);
        let train = |weights: &_, smoothing, _: Option<&_>| naive_bayes::complement(weights, data.targets(), smoothing);
        let choice = data.choose_ngrams("smoothing", &data.settings.smoothing, chosen, features, train, progress);
        Ok(NgramClassifier::weighted(data, choice))
    }

    fn load(&self, state: State, _vocab_size: usize, num_classes: usize) -> Result<Box<dyn TrainedBaseline>> {
        NgramClassifier::load(state, num_classes)
    }
}
