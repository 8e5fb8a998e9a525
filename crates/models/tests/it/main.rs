//! Integration tests: models on disk.

mod bundle;
mod mutations;
mod version_1;
