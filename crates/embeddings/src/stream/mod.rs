//! The words that are trained on: sentences in memory or in a file, and the temporary files of data that memory cannot hold.

pub(crate) mod disk;
pub(crate) mod sentences;
pub(crate) mod text;
