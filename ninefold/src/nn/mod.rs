//! Layers with parameters: what the models are built from. Knows no text and no files.

pub mod init;
mod layer_norm;
pub mod optimizer;
pub mod parameter;
pub mod pooling;
pub mod precision;
pub mod recurrent;

pub use init::RecurrentInit;
pub use optimizer::Optimizer;
pub use parameter::Parameter;
pub use pooling::{Pool, Pooling};
pub use precision::Precision;
pub use recurrent::{CellKind, RecurrentConfig, RecurrentStack};
