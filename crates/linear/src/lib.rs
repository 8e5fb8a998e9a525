//! What linear models score: without them a leaderboard of networks is not honest.
//!
//! ```text
//! token ids --> ngrams --> tfidf --> naive_bayes | logistic | svm --> Linear --> scores per class
//!               word vectors --> mean --> logistic
//!               hashed n-grams --> supervised (embeddings learned with the labels)
//! several models' log-probabilities --> stacking --> a weight per model
//! ```
//!
//! Takes texts as ids, never cut at `max_len`, with labels -> gives a score per text and class. Knows no files: a trained
//! [`Baseline`](baseline::Baseline) is taken apart into a [`State`](state::State), which others write. Each baseline is a file in
//! `baselines/`. docs/internals/baselines.md says why the solvers are our own and what was measured.

pub mod baseline;
mod baselines;
mod kind;
mod lbfgs;
mod linear;
pub mod logistic;
pub mod mean;
pub mod naive_bayes;
mod ngram_classifier;
mod ngrams;
mod settings;
mod sparse;
pub mod stacking;
pub mod state;
pub mod supervised;
pub mod svm;
mod targets;
mod tfidf;
pub mod training;

pub use baselines::BASELINES;
pub use kind::BaselineKind;
pub use linear::Linear;
pub use ngrams::Ngrams;
pub use settings::BaselineConfig;
pub use sparse::Csr;
pub use targets::Targets;
pub use tfidf::{TfIdf, TfIdfConfig};
