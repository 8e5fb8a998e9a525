//! Integration tests: whole comparisons in temporary run folders.

mod cells;
mod classifier;
mod compare;
mod ensembles;
mod languages;
mod mutations;
mod named_embeddings;
mod out_of_vocabulary;
mod saved_ensembles;
mod saved_models;
mod session;
mod small;
