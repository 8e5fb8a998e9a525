//! ninefold trains every word embedding with every recurrent network on your labelled texts, beside each other, and says
//! which one to use.
//!
//! This crate re-exports the crates that do the work; ARCHITECTURE.md tells how one document travels through them.

pub use ninefold_core::{Error, Result, error, files, folders, folders::Folders, progress, rng, threads};
pub use ninefold_data as data;
#[cfg(feature = "net")]
pub use ninefold_download as download;
pub use ninefold_embeddings as embeddings;
pub use ninefold_kernels as kernels;
pub use ninefold_lab as lab;
pub use ninefold_linear as linear;
pub use ninefold_metrics as metrics;
pub use ninefold_models as models;
pub use ninefold_nn as nn;
pub use ninefold_records as records;
pub use ninefold_report as report;
pub use ninefold_text as text;
pub use ninefold_vectors as vectors;
