//! Neural text classifiers: ids in, logits out, and how they are trained.
//!
//! *Invariant:* buffers are made once and reused; the bits do not depend on the number of threads; no files, no reports.

pub mod batch;
pub mod bench;
pub mod class_weight;
pub mod families;
pub mod layers;
pub mod model;
pub mod train;
