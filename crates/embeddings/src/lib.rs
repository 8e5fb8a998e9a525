//! Trainers of word vectors: sentences of vocabulary ids -> [`WordVectors`](super::WordVectors).
//!
//! ```text
//! word2vec ─┐                      ┌─ objective ── window, cbow   outputs found (sampler, huffman), one step taken (in_turn; SIMD)
//!           ├─ queue ──────────────┤             fetch           coming rows asked for ahead
//! fasttext ─┘   text ─ sentences   └─ view ─────── matrix         a thread's way to the shared rows
//!
//! glove ─────── cells ─ cooccurrence or runs       counts in tiles, in memory or sorted on the disk
//!               adagrad ────────────────────────── matrix
//! checkpoint    goes on after a kill               disk           temporary files
//! ```
//!
//! With `threads = 1` the same seed gives the same bytes. With more threads Word2Vec and FastText update shared rows without
//! locks, so that runs differ a little; GloVe gives the same bits for any number of threads.

mod adagrad;
mod cbow;
mod cells;
mod check;
mod checkpoint;
mod compose;
mod cooccurrence;
mod disk;
pub mod fasttext;
mod fetch;
pub mod glove;
mod huffman;
mod in_turn;
mod matrix;
mod objective;
mod parallel;
mod queue;
#[cfg(test)]
mod reference;
mod resources;
mod runs;
mod sampler;
mod sentences;
mod subword_rows;
#[cfg(test)]
mod tests;
mod text;
mod view;
mod window;
pub mod word2vec;

pub use checkpoint::Checkpoint;
pub use fasttext::FastTextConfig;
pub use glove::GloveConfig;
pub use resources::Resources;
pub use sentences::{IdFile, Sentences};
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

/// How a word is predicted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Negative sampling: told apart from some noise words.
    #[default]
    Ns,
    /// Hierarchical softmax: by the decisions on the way to it through a binary tree.
    Hs,
}
