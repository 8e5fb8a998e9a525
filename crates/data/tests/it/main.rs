//! Integration tests: readers, splits and the sample corpus.

mod bad_input;
mod common;
mod formats;
mod inputs;
mod memory;
mod mutations;
mod sample;
mod strip;
