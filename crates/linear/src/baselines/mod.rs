//! The baselines, a file each. A new one is a file here and a line in [`BASELINES`]; its settings stand in
//! [`BaselineConfig`](super::BaselineConfig).

mod complement_nb;
mod fasttext_supervised;
mod majority;
mod mean_logistic;
mod multinomial_nb;
mod svm;
mod tfidf_logistic;

use super::baseline::{Baseline, Input};
use super::logistic::Stop;

/// All baselines, in the order of the leaderboard.
pub const BASELINES: [&dyn Baseline; 9] = [
    &majority::Majority,
    &multinomial_nb::MultinomialNb,
    &complement_nb::ComplementNb(Ngram::Words),
    &tfidf_logistic::TfidfLogistic,
    &svm::LinearSvm(Ngram::Words),
    &complement_nb::ComplementNb(Ngram::Characters),
    &svm::LinearSvm(Ngram::Characters),
    &mean_logistic::MeanLogistic,
    &fasttext_supervised::FasttextSupervised,
];

/// Of what the n-grams of a baseline consist.
#[derive(Clone, Copy, Debug)]
enum Ngram {
    Words,
    Characters,
}

impl Ngram {
    fn input(self) -> Input {
        match self {
            Ngram::Words => Input::Words,
            Ngram::Characters => Input::Characters,
        }
    }
}

/// As near to the optimum as scikit-learn goes for logistic regression.
const LOGISTIC: Stop = Stop { tolerance: 1e-4, max_iterations: 100 };
