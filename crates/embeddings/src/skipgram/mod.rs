//! Word2Vec and FastText: windows of sentences -> steps that move the rows of words that occur together.

mod cbow;
mod compose;
pub mod fasttext;
pub(crate) mod huffman;
pub(crate) mod output_layer;
mod queue;
mod replica;
mod sampler;
mod sequential;
mod step;
pub(crate) mod subword_rows;
pub(crate) mod window;
pub mod word2vec;
