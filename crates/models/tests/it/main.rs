//! Integration tests: models on disk.

mod bundle;
mod version_1;
