//! Trainers of word vectors: sentences of vocabulary ids -> [`WordVectors`](super::WordVectors).
//!
//! ```text
//! word2vec ─┐            ┌─ objective ── window     noise drawn, one step taken (SIMD)
//!           ├─ queue ────┤
//! fasttext ─┘   text     └─ view ─────── matrix     a thread's way to the shared rows
//!               sampler
//! glove ───── cooccurrence, adagrad ──── matrix
//! ```
//!
//! With `threads = 1` the same seed gives the same bytes. With more threads Word2Vec and FastText update shared rows without
//! locks, so that runs differ a little; GloVe gives the same bits for any number of threads.

mod adagrad;
mod cbow;
mod check;
mod compose;
mod cooccurrence;
pub mod fasttext;
pub mod glove;
mod matrix;
mod objective;
mod parallel;
mod queue;
#[cfg(test)]
mod reference;
mod sampler;
mod subword_rows;
#[cfg(test)]
mod tests;
mod text;
mod view;
mod window;
pub mod word2vec;

pub use fasttext::FastTextConfig;
pub use glove::GloveConfig;
pub use word2vec::Word2VecConfig;

use serde::{Deserialize, Serialize};

/// Which side of a window predicts which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// Each context word predicts the middle word by itself.
    #[default]
    SkipGram,
    /// The mean of the context words predicts the middle word.
    Cbow,
}
