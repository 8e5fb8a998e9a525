//! Integration tests: the program `ninefold` itself, in temporary folders.

mod bad_input;
mod bigrams;
mod common;
mod compare;
mod embed;
mod families;
mod honest;
mod ladder;
mod out_of_vocabulary;
mod pretraining;
mod reads_as_trained;
mod resume;
mod search;
mod together;
mod use_model;
