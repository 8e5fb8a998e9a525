//! Integration tests: models on disk.

mod bundle;
mod kept_state;
mod mutations;
mod version_1;
