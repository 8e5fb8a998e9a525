//! One file per command: its flags, and `run`: flags -> the library's work -> what is printed.

pub mod as_trained;
pub mod bench;
pub mod compare;
pub mod config;
pub mod distill;
pub mod embed;
pub mod ensemble;
pub mod evaluate;
pub mod ladder;
pub mod predict;
pub mod report;
pub mod runs;
pub mod sample;
pub mod search;
