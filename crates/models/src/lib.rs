//! A trained model on disk, with all that it needs to read a text, and at work.
//!
//! *Invariant:* what loads gives the same bits as what was saved; anything else is refused by name.

pub mod bundle;
pub mod combine;
pub mod model;
pub mod predictor;
pub mod stream;

pub use combine::combine_models;
pub use model::{Ensemble, Model};
pub use predictor::{Prediction, Predictor};
pub use stream::Batches;
