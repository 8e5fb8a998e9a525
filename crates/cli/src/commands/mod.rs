//! One file per command: its flags, and `run`: flags -> the library's work -> printed results.

pub mod ablation;
pub mod as_trained;
pub mod bench;
pub mod cache;
pub mod cell;
pub mod check_labels;
pub mod compare;
pub mod completions;
pub mod config;
pub mod diagnose;
pub mod distill;
pub mod embed;
pub mod ensemble;
pub mod evaluate;
pub mod man;
pub mod predict;
pub mod report;
pub mod runs;
pub mod sample;
pub mod search;
