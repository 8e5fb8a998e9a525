//! The library's one error type: what went wrong, where, what was expected, what was found, and what to type instead.
//!
//! Every message is a sentence for the person at the terminal: lower case, the place first. A Rust program matches on the
//! variants and reads their fields; [`std::error::Error::source`] gives the failure underneath where there is one.
//!
//! ```
//! use ninefold_core::error::{Error, Location};
//!
//! let error = Error::format(Location::line("reviews.csv", 17), "2 columns", "3");
//! assert_eq!(error.to_string(), "reviews.csv:17: expected 2 columns, found 3");
//! match error {
//!     Error::Format { location, .. } => assert_eq!(location.line_number(), Some(17)),
//!     _ => unreachable!(),
//! }
//! ```

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::phrasing::{did_you_mean, nearest};

/// The result of anything in ninefold that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure underneath an [`Error`]: the parser's, the archive reader's.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

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
    #[error("{location}: expected {expected}, found {found}")]
    Format {
        /// The file and, where known, the line, column, field or entry; boxed, since every result is as large as its largest error.
        location: Box<Location>,
        /// What belongs there.
        expected: String,
        /// What is there.
        found: String,
        /// The parser's own failure.
        source: Option<Source>,
    },
    /// The data are readable but cannot be worked with (one class only, no word above min_count, ...).
    #[error("{what}")]
    Data {
        /// What is wrong and what to do about it.
        what: String,
    },
    /// A setting has a value that it cannot have.
    #[error("{key}: expected {expected}, found {found}")]
    InvalidValue {
        /// The setting, as it is written in the config file.
        key: String,
        /// The values that are allowed.
        expected: String,
        /// The value given.
        found: String,
    },
    /// No setting has that name.
    #[error("{key}: no such {what}{}", hint(what, suggestion))]
    UnknownKey {
        /// The name given, with its section.
        key: String,
        /// What was looked for: "setting", "column", "embedding".
        what: &'static str,
        /// The existing name that is most like it.
        suggestion: Option<String>,
    },
    /// Two settings exclude each other.
    #[error("{key} conflicts with {other}: {reason}")]
    Conflict {
        /// The setting.
        key: String,
        /// The setting that excludes it.
        other: String,
        /// Why, and which of both to remove.
        reason: String,
    },
    /// A setting has no effect on what is trained.
    #[error("{key} has no effect here: it applies only to {applies_to}")]
    NotApplicable {
        /// The setting.
        key: String,
        /// What it applies to.
        applies_to: String,
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
    /// Training stopped because a value is no longer finite.
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
        /// Number of threads requested.
        threads: usize,
        /// The system's reason.
        reason: String,
    },
    /// A bug in ninefold: something that the code rules out has happened.
    #[error("internal error: {what} (this is a bug in ninefold; please report it)")]
    Internal {
        /// What happened.
        what: String,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}

fn hint(what: &str, suggestion: &Option<String>) -> String {
    match suggestion {
        None if what == "setting" => " (`ninefold config` prints all of them)".to_owned(),
        name => did_you_mean(name.as_deref()),
    }
}

impl Error {
    /// For `map_err`: an I/O failure with the path that it happened on.
    pub fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Error {
        let path = path.as_ref().to_path_buf();
        move |source| Error::Io { action, path, source }
    }

    /// A file whose content is not what it should be.
    pub fn format(location: impl Into<Location>, expected: impl Into<String>, found: impl Into<String>) -> Error {
        Error::Format {
            location: Box::new(location.into()),
            expected: expected.into(),
            found: found.into(),
            source: None,
        }
    }

    /// For `map_err`: a file that a parser refused. The parser's failure is both what was found and the source.
    pub fn parse<E: Into<Source>>(
        location: impl Into<Location>,
        expected: impl Into<String>,
    ) -> impl FnOnce(E) -> Error {
        let (location, expected) = (Box::new(location.into()), expected.into());
        move |source| {
            let source = source.into();
            Error::Format { location, expected, found: source.to_string(), source: Some(source) }
        }
    }

    /// Readable data that cannot be worked with.
    pub fn data(what: impl Into<String>) -> Error {
        Error::Data { what: what.into() }
    }

    /// A setting with a value that it cannot have.
    pub fn invalid_value(key: impl Into<String>, expected: impl Into<String>, found: impl ToString) -> Error {
        Error::InvalidValue { key: key.into(), expected: expected.into(), found: found.to_string() }
    }

    /// A name that does not exist; of `known` the one that is most like it is suggested. `what`: "setting", "column".
    pub fn unknown_key(key: impl Into<String>, what: &'static str, known: &[&str]) -> Error {
        let key = key.into();
        let suggestion = nearest(&key, known).map(str::to_owned);
        Error::UnknownKey { key, what, suggestion }
    }

    /// Two settings that exclude each other.
    pub fn conflict(key: impl Into<String>, other: impl Into<String>, reason: impl Into<String>) -> Error {
        Error::Conflict { key: key.into(), other: other.into(), reason: reason.into() }
    }

    /// A setting that has no effect on what is trained.
    pub fn not_applicable(key: impl Into<String>, applies_to: impl Into<String>) -> Error {
        Error::NotApplicable { key: key.into(), applies_to: applies_to.into() }
    }

    /// The same error with its setting under another name, where it is about one setting: within its section, say.
    #[must_use]
    pub fn about(self, rename: impl FnOnce(&str) -> String) -> Error {
        match self {
            Error::InvalidValue { key, expected, found } => Error::InvalidValue { key: rename(&key), expected, found },
            Error::UnknownKey { key, what, suggestion } => Error::UnknownKey { key: rename(&key), what, suggestion },
            other => other,
        }
    }

    /// A bug: something that the code rules out.
    pub fn internal(what: impl Into<String>) -> Error {
        Error::Internal { what: what.into() }
    }
}

/// Where in a file something is: `reviews.csv:17`, `vectors.bin, word 3`, `config.toml:4:9`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// The file, folder or member of an archive as it is shown; empty for bytes without a name.
    name: String,
    line: Option<usize>,
    column: Option<usize>,
    entry: Option<String>,
}

impl Location {
    /// A line of a file, counted from 1.
    pub fn line(path: impl AsRef<Path>, line: usize) -> Location {
        Location { line: Some(line), ..Location::from(path.as_ref()) }
    }

    /// The same place, with the column (in characters, counted from 1).
    #[must_use]
    pub fn column(self, column: usize) -> Location {
        Location { column: Some(column), ..self }
    }

    /// The same place, with a field, word, tensor or other entry of the file: "word 3", "the tensor `weight`".
    #[must_use]
    pub fn entry(self, entry: impl Into<String>) -> Location {
        Location { entry: Some(entry.into()), ..self }
    }

    /// The file, folder or member of an archive; `None` for bytes without a name.
    pub fn path(&self) -> Option<&Path> {
        (!self.name.is_empty()).then(|| Path::new(&self.name))
    }

    /// The line, counted from 1.
    pub fn line_number(&self) -> Option<usize> {
        self.line
    }

    /// The column in characters, counted from 1.
    pub fn column_number(&self) -> Option<usize> {
        self.column
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        match &self.entry {
            Some(entry) if self.name.is_empty() => f.write_str(entry),
            Some(entry) => write!(f, ", {entry}"),
            None => Ok(()),
        }
    }
}

impl From<&Path> for Location {
    fn from(path: &Path) -> Location {
        Location { name: path.display().to_string(), ..Location::default() }
    }
}

impl From<&PathBuf> for Location {
    fn from(path: &PathBuf) -> Location {
        Location::from(path.as_path())
    }
}

impl From<PathBuf> for Location {
    fn from(path: PathBuf) -> Location {
        Location::from(path.as_path())
    }
}

impl From<&str> for Location {
    fn from(name: &str) -> Location {
        Location { name: name.to_owned(), ..Location::default() }
    }
}

impl From<std::path::Display<'_>> for Location {
    fn from(path: std::path::Display<'_>) -> Location {
        Location::from(path.to_string())
    }
}

impl From<&String> for Location {
    fn from(name: &String) -> Location {
        Location::from(name.as_str())
    }
}

impl From<String> for Location {
    fn from(name: String) -> Location {
        Location { name, ..Location::default() }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::error::Error as _;

    #[test]
    fn location_shows_what_is_known() {
        assert_eq!(Location::from("a.bin").entry("word 3").to_string(), "a.bin, word 3");
        assert_eq!(Location::line("config.toml", 4).column(9).to_string(), "config.toml:4:9");
        assert_eq!(Location::default().entry("the tensor `rows`").to_string(), "the tensor `rows`");
        assert_eq!(Location::default().path(), None);
    }

    #[test]
    fn parse_error_keeps_its_source() {
        let parsed: Result<u32> = "x".parse::<u32>().map_err(Error::parse("n.txt", "a number"));
        let error = parsed.unwrap_err();
        assert_eq!(error.to_string(), "n.txt: expected a number, found invalid digit found in string");
        assert!(error.source().unwrap().is::<std::num::ParseIntError>());
    }

    #[test]
    fn unknown_key_suggests_the_nearest_name() {
        let error = Error::unknown_key("training.epoch", "setting", &["training.epochs", "model.filters"]);
        assert_eq!(error.to_string(), "training.epoch: no such setting (did you mean `training.epochs`?)");
    }
}
