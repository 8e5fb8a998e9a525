//! What every crate of ninefold builds on: errors, progress, random streams, files that are written whole, checksums, locks, pools of threads.
//!
//! *Invariant:* nothing here knows what the program is for.

mod auto;
pub mod checksum;
pub mod error;
pub mod files;
pub mod folders;
pub mod machine;
pub mod memory;
mod one_or_many;
pub mod partition;
pub mod phrasing;
pub mod pipeline;
pub mod progress;
pub mod rng;
pub mod subnormals;
pub mod threads;

pub use auto::Auto;
pub use error::{Error, Result};
pub use folders::Folders;
pub use one_or_many::one_or_many;
