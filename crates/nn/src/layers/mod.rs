//! Layers with parameters: what the models are built from. Knows no text and no files.

pub mod convolution;
pub mod encoder;
pub mod init;
mod layer_norm;
pub mod optimizer;
pub mod parameter;
mod pieces;
pub mod pooling;
pub mod precision;
pub mod recurrent;
pub mod sampled_softmax;

pub use convolution::Convolution;
pub use encoder::{Encoder, Identity};
pub use init::RecurrentInit;
pub use optimizer::Optimizer;
pub use parameter::{Parameter, Values};
pub use pooling::{Pool, Pooling};
pub use precision::Precision;
pub use recurrent::{CellKind, RecurrentConfig, RecurrentStack};
