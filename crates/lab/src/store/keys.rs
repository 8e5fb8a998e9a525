//! Keys: checksums of everything that a result depends on, so that what is there already is recognised.
//!
//! *takes* anything serialisable -> *gives* the SHA-256 of its canonical JSON: keys sorted, numbers as Rust prints them.

use serde::Serialize;
use serde_json::Value;

use ninefold_core::error::{Error, Result};
use ninefold_models::bundle::sha256;

/// The canonical JSON of a value.
///
/// # Errors
/// [`Error::InvalidValue`] for what JSON cannot hold, which settings never are.
pub(crate) fn json(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| Error::invalid_value("config", "settings that JSON can hold", error))
}

/// The key of a value.
///
/// # Errors
/// As [`json`].
pub(crate) fn of(value: &impl Serialize) -> Result<String> {
    Ok(sha256(json(value)?.to_string().as_bytes()))
}
