//! Integration tests: the program `ninefold` itself, in temporary folders.

mod ablation;
mod bad_input;
mod bigrams;
mod cell;
mod common;
mod compare;
mod deploy;
mod diagnose;
mod documentation;
mod embed;
mod ensembles;
mod families;
mod flags;
mod folds;
mod kills;
mod leaderboard;
mod no_texts;
mod out_of_vocabulary;
mod pretraining;
mod reads_as_trained;
mod reference;
mod resume;
mod schedulers;
mod search;
mod signals;
mod use_model;
