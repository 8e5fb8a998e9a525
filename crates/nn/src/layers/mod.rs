//! Layers with parameters: what the models are built from. Knows no text and no files.

pub(crate) mod chunks;
pub mod encoder;
pub mod init;
pub(crate) mod layer_norm;
pub mod optimizer;
pub mod parameter;
pub mod pooling;
pub mod precision;
pub mod sampled_softmax;

pub use encoder::Encoder;
pub use optimizer::Optimizer;
pub use parameter::{Parameter, Values};
pub use pooling::{Pool, Pooling};
pub use precision::Precision;
