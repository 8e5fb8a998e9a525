//! Integration tests: bad input, and faults that are planted in the sample corpus.

mod bad_input;
mod common;
mod planted;
