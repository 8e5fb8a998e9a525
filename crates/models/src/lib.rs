//! A trained model on disk, with all that it needs to read a text, and at work.
//!
//! *Invariant:* what loads gives the same bits as what was saved; anything else is refused by name.

pub mod bundle;
pub mod model;
pub mod predictor;

pub use model::Model;
pub use predictor::{Prediction, Predictor};
