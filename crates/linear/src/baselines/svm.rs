//! A linear support vector machine over TF-IDF weights of n-grams, of words or of characters.

use super::Ngram;
use crate::baseline::{Baseline, Input, Trained, TrainedBaseline};
use crate::logistic::Stop;
use crate::ngram_classifier::NgramClassifier;
use crate::state::State;
use crate::svm;
use crate::training::{Chosen, TrainingData};
use ninefold_core::error::Result;
use ninefold_core::progress::Progress;

/// As near to the optimum as LIBLINEAR goes.
const SVM: Stop = Stop { tolerance: 0.1, max_iterations: 200 };

#[derive(Debug)]
pub(super) struct LinearSvm(pub(super) Ngram);

impl Baseline for LinearSvm {
    fn name(&self) -> &'static str {
        match self.0 {
            Ngram::Words => "tfidf_svm",
            Ngram::Characters => "char_svm",
        }
    }

    fn about(&self) -> &'static str {
        match self.0 {
            Ngram::Words => "A linear support vector machine over TF-IDF weights of word n-grams",
            Ngram::Characters => "A linear support vector machine over TF-IDF weights of character n-grams",
        }
    }

    fn input(&self) -> Input {
        self.0.input()
    }

    fn pace(&self) -> [f64; 2] {
        match self.0 {
            Ngram::Words => [1e-6, 0.6e-6],
            Ngram::Characters => [8e-6, 1e-6],
        }
    }

    fn settings(&self) -> &'static [&'static str] {
        match self.0 {
            Ngram::Words => &["ngram_range", "min_df", "sublinear_tf", "c"],
            Ngram::Characters => &["char_ngram_range", "char_min_df", "sublinear_tf", "c"],
        }
    }

    fn train(&self, data: &TrainingData, chosen: Option<&Chosen>, progress: &dyn Progress) -> Result<Trained> {
        let features = |min_df| data.tfidf_features(min_df);
        let train = |weights: &_, c, _: Option<&_>| svm::train(weights, data.targets(), c, SVM, data.seed);
        let choice = data.choose_ngrams("c", &data.settings.c, chosen, features, train, progress);
        Ok(NgramClassifier::weighted(data, choice))
    }

    fn load(&self, state: State, _vocab_size: usize, num_classes: usize) -> Result<Box<dyn TrainedBaseline>> {
        NgramClassifier::load(state, num_classes)
    }
}
