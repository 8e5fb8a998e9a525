//! Flags that several commands share: how clap reads them, and what they mean.

pub mod config;
pub mod data;
pub mod output;
pub mod run_dir;
pub mod settings;
pub mod threads;
