//! Wrong usage: a flag, a setting or a config file that has no meaning. The program ends with exit code 2.

use std::fmt;

use anyhow::Result;

/// Marks an error as wrong usage; the sentence names the flag.
#[derive(Debug)]
pub struct Usage(pub String);

impl fmt::Display for Usage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// True for [`Usage`] and for a setting that the library refuses, wherever it is found.
pub fn is_usage(error: &anyhow::Error) -> bool {
    error.is::<Usage>() || matches!(error.downcast_ref(), Some(ninefold::Error::InvalidValue { .. }))
}

/// A fraction that was given as a flag.
pub fn fraction(flag: &str, value: f64) -> Result<f64> {
    if (0.0..=1.0).contains(&value) {
        return Ok(value);
    }
    Err(Usage(format!("{flag}: expected a share from 0 to 1, found {value}")).into())
}
