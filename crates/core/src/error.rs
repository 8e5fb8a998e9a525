//! The library's one error type: what went wrong, where, what was expected and what was found.
//!
//! Takes the failures of every other module, gives sentences that a user can act on: lower case, the place first, and
//! what to do when that is known.

use std::io;
use std::path::{Path, PathBuf};

/// The result of anything in ninefold that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file system refused.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// What was attempted, as a verb phrase: "read", "create the folder".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file's content is not what it should be.
    #[error("{place}: expected {expected}, found {found}")]
    Format {
        /// Path and, where known, line, byte or field: `reviews.csv:17`, `vectors.bin, word 3`.
        place: String,
        /// What belongs there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The data are readable but cannot be worked with (one class only, no word above min_count, ...).
    #[error("{what}")]
    Data {
        /// What is wrong and what to do about it.
        what: String,
    },
    /// A setting that has no meaning.
    #[error("{key}: expected {expected}, found {found}")]
    Config {
        /// The setting, as it is written in the config file.
        key: String,
        /// The values that are allowed.
        expected: String,
        /// The value given.
        found: String,
    },
    /// A file's checksum differs from the one that is known.
    #[error("{}: checksum mismatch: expected {expected}, found {found}", path.display())]
    Checksum {
        /// The file.
        path: PathBuf,
        /// The checksum that it should have.
        expected: String,
        /// The checksum that it has.
        found: String,
    },
    /// A download failed.
    #[error("{url}: download failed: {reason}")]
    Download {
        /// The address.
        url: String,
        /// Why, and what can be done instead.
        reason: String,
    },
    /// A training ended because a number of it is no longer finite.
    #[error("{what} became {value} in epoch {epoch}, batch {batch}: lower learning_rate or max_grad_norm")]
    Diverged {
        /// What diverged: "the loss", "the norm of the gradient".
        what: &'static str,
        /// Epoch, counted from 1.
        epoch: usize,
        /// Batch within the epoch, counted from 1.
        batch: usize,
        /// Its value: NaN or an infinity.
        value: f64,
    },
    /// The system refused to start a thread.
    #[error("cannot start {threads} threads: {reason}: ask for fewer")]
    Threads {
        /// Threads that were asked for.
        threads: usize,
        /// The system's reason.
        reason: String,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// For `map_err`: an i/o failure with the path that it happened on.
    pub fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Error {
        let path = path.as_ref().to_path_buf();
        move |source| Error::Io { action, path, source }
    }

    /// A file whose content is not what it should be.
    pub fn format(place: impl ToString, expected: impl Into<String>, found: impl Into<String>) -> Error {
        Error::Format { place: place.to_string(), expected: expected.into(), found: found.into() }
    }

    /// Readable data that cannot be worked with.
    pub fn data(what: impl Into<String>) -> Error {
        Error::Data { what: what.into() }
    }

    /// A setting that has no meaning.
    pub fn config(key: impl Into<String>, expected: impl Into<String>, found: impl ToString) -> Error {
        Error::Config { key: key.into(), expected: expected.into(), found: found.to_string() }
    }
}
