//! What the trainers' `validate` functions ask of a setting.

use ninefold_core::error::{Error, Result};

pub(crate) fn at_least_one(key: &str, value: usize) -> Result<()> {
    if value >= 1 { Ok(()) } else { Err(Error::invalid_value(key, "at least 1", value)) }
}

/// Length of vectors at most, as the readers of vector files have it.
pub(crate) const MAX_DIM: usize = 100_000;
/// Words on each side of a window at most.
pub(crate) const MAX_WINDOW: usize = 100_000;
/// Negative samples at most.
pub(crate) const MAX_NEGATIVE: usize = 100_000;
/// Passes over the texts at most.
pub(crate) const MAX_EPOCHS: usize = 1_000_000;

/// A size that costs memory or time: one beyond `max` is a slip of the pen.
pub(crate) fn size_within(key: &str, value: usize, max: usize) -> Result<()> {
    at_least_one(key, value)?;
    if value <= max { Ok(()) } else { Err(Error::invalid_value(key, format!("at most {max}"), value)) }
}

pub(crate) fn positive(key: &str, value: f64) -> Result<()> {
    let fine = value > 0.0 && value.is_finite();
    if fine { Ok(()) } else { Err(Error::invalid_value(key, "a number above 0", value)) }
}

/// A number in [0, 1).
pub(crate) fn partition(key: &str, value: f64) -> Result<()> {
    if (0.0..1.0).contains(&value) {
        Ok(())
    } else {
        Err(Error::invalid_value(key, "a fraction from 0 to below 1", value))
    }
}

pub(crate) fn within(key: &str, value: f64, low: f64, high: f64) -> Result<()> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err(Error::invalid_value(key, format!("{low} to {high}"), value))
    }
}
