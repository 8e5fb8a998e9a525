//! The library's errors as Python exceptions.
//!
//! | error | exception |
//! | --- | --- |
//! | settings, texts, files with another content | `NinefoldError`, a `ValueError` |
//! | the file system, a download | `OSError`, with its number and file where there are any |
//! | interrupted | `KeyboardInterrupt` |
//! | no thread, a bug | `RuntimeError` |

use ninefold::Error;
use pyo3::create_exception;
use pyo3::exceptions::{PyKeyboardInterrupt, PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;

create_exception!(ninefold, NinefoldError, PyValueError, "What ninefold refuses: the message says what to do instead.");

/// The exception of an error.
pub(crate) fn to_python(error: Error) -> PyErr {
    let message = error.to_string();
    match error {
        Error::Interrupted => PyKeyboardInterrupt::new_err(()),
        Error::Io { action, path, source } => match source.raw_os_error() {
            Some(number) => PyOSError::new_err((number, format!("cannot {action}: {source}"), path)),
            None => PyOSError::new_err(message),
        },
        Error::Download { .. } => PyOSError::new_err(message),
        Error::Threads { .. } | Error::Internal { .. } => PyRuntimeError::new_err(message),
        _ => NinefoldError::new_err(message),
    }
}

/// An exception for what Python hands over that makes no sense.
pub(crate) fn refused(message: impl Into<String>) -> PyErr {
    NinefoldError::new_err(message.into())
}
