//! Integration tests: models on disk.

mod bundle;
