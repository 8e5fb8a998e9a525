//! Integration tests: models on disk.

mod bundle;
mod kept_state;
mod mutations;
mod stream;
mod subnormals;
mod version_1;
