//! Trainers of word vectors: sentences of vocabulary ids -> [`WordVectors`](ninefold_vectors::WordVectors).
//!
//! ```text
//! stream/     text, sentences         the words of a corpus, in memory or in a file; disk: temporary files
//!
//! skipgram/   word2vec, fasttext      the trainers: which windows a sentence has
//!             queue                   sentences and the learning rate, dealt out to threads
//!             output_layer            the outputs of a prediction (sampler, huffman), found one step ahead
//!             window, cbow            one step, in vectors (step: what they share; sequential: contexts two at a time)
//!             subword_rows, compose   a word of FastText as the mean of several rows
//!             view                    a thread's way to the shared rows
//!
//! glove/      cells                   counts in tiles, in memory (cooccurrence) or sorted on the disk (runs)
//!             adagrad                 one cell after another, in vectors
//!             parallel                tiles dealt out to threads
//!
//! matrix      rows that threads share    fetch    rows asked for ahead    checkpoint    resumes an interrupted training
//! ```
//!
//! With `threads = 1` the same seed gives the same bytes. With more threads Word2Vec and FastText update shared rows without
//! locks, so that runs differ a little; GloVe gives the same bits for any number of threads.

mod check;
mod checkpoint;
mod fetch;
mod fit;
pub mod glove;
mod matrix;
#[cfg(test)]
mod reference;
mod resources;
mod skipgram;
mod stream;
#[cfg(test)]
mod tests;

pub use checkpoint::Checkpoint;
pub use fit::TrainVectors;
pub use glove::GloveConfig;
pub use resources::Resources;
pub use skipgram::fasttext::{self, FastTextConfig};
pub use skipgram::word2vec::{self, Word2VecConfig};
pub use stream::sentences::{IdFile, Sentences};

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
    /// Negative sampling: the word against some negative samples.
    #[default]
    Ns,
    /// Hierarchical softmax: by the decisions on the way to it through a binary tree.
    Hs,
}
