//! Integration tests: formats of word vectors.

mod evaluate;
mod fasttext_models;
mod formats;
mod formats_real;
mod mutations;
#[cfg(feature = "net")]
mod pretrained;
#[cfg(feature = "net")]
#[path = "../../../download/tests/it/server/mod.rs"]
mod server;
mod static_embeddings;
