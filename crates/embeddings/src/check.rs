//! What the trainers' `validate` functions ask of a setting.

use ninefold_core::error::{Error, Result};

pub(crate) fn at_least_one(key: &str, value: usize) -> Result<()> {
    if value >= 1 { Ok(()) } else { Err(Error::invalid_value(key, "at least 1", value)) }
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
