//! The baselines, a file each. A new one is a file here and a line in [`BASELINES`]; its settings stand in
//! [`BaselineConfig`](super::BaselineConfig).

mod complement_nb;
mod fasttext_supervised;
mod majority;
mod mean_logistic;
mod multinomial_nb;
mod tfidf_logistic;
mod tfidf_svm;

use super::baseline::Baseline;
use super::logistic::Stop;

/// All baselines, in the order of the leaderboard.
pub const BASELINES: [&dyn Baseline; 7] = [
    &majority::Majority,
    &multinomial_nb::MultinomialNb,
    &complement_nb::ComplementNb,
    &tfidf_logistic::TfidfLogistic,
    &tfidf_svm::TfidfSvm,
    &mean_logistic::MeanLogistic,
    &fasttext_supervised::FasttextSupervised,
];

/// As near to the optimum as scikit-learn goes for logistic regression.
const LOGISTIC: Stop = Stop { tolerance: 1e-4, max_iterations: 100 };
