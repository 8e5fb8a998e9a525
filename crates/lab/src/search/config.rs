//! How long a search goes on, and over what.

use documented::DocumentedFields;
use serde::{Deserialize, Serialize};
use toml::Table;

use ninefold_core::error::{Error, Result};

/// A search for settings: random settings, of which the better ones are trained further.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct SearchConfig {
    /// Number of trials; 0: as many as fit into `minutes`.
    pub trials: usize,
    /// Minutes after which no new trial starts; 0: no limit.
    pub minutes: f64,
    /// Epochs after which a trial is first evaluated, at least.
    pub min_epochs: usize,
    /// Successive halving: one of this many trials continues, with this many times the epochs, up to training.epochs.
    pub reduction_factor: usize,
    /// Number of concurrent trials, which divide the threads among themselves; 0: one per thread. With 1 a search is
    /// reproducible.
    pub parallel: usize,
    /// Search space: for settings of embedding, model and training, a list of values or { low = 1e-4, high = 1e-2, log = true }.
    /// Default: a space that suits most texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub space: Option<Table>,
}

impl Default for SearchConfig {
    fn default() -> SearchConfig {
        SearchConfig { trials: 30, minutes: 0.0, min_epochs: 1, reduction_factor: 3, parallel: 0, space: None }
    }
}

/// The largest `minutes`: a year.
const MAX_MINUTES: f64 = 525_600.0;
/// The largest `trials`.
const MAX_TRIALS: usize = 1_000_000;

/// Refuses a limit of time without sense.
///
/// # Errors
/// [`Error::InvalidValue`] of `minutes`.
pub(crate) fn check_minutes(minutes: f64) -> Result<()> {
    match (0.0..=MAX_MINUTES).contains(&minutes) {
        true => Ok(()),
        false => Err(Error::invalid_value("minutes", format!("0 to {MAX_MINUTES} (a year)"), minutes)),
    }
}

impl SearchConfig {
    /// Refuses settings that have no meaning; the space is looked at by `Space`.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the key.
    pub fn validate(&self) -> Result<()> {
        check_minutes(self.minutes)?;
        if self.trials > MAX_TRIALS {
            return Err(Error::invalid_value("trials", format!("at most {MAX_TRIALS}"), self.trials));
        }
        if self.trials == 0 && self.minutes == 0.0 {
            return Err(Error::invalid_value("trials", "at least 1, or a number of minutes", 0));
        }
        if self.min_epochs == 0 {
            return Err(Error::invalid_value("min_epochs", "at least 1", 0));
        }
        if self.reduction_factor < 2 {
            return Err(Error::invalid_value("reduction_factor", "at least 2", self.reduction_factor));
        }
        Ok(())
    }

    /// The epochs after which trials are judged, up to `epochs`: 1, 4, 12.
    pub fn rungs(&self, epochs: usize) -> Vec<usize> {
        let mut rungs = vec![epochs];
        while let Some(shorter) = rungs.last().map(|last| last / self.reduction_factor)
            && shorter >= self.min_epochs.max(1)
        {
            rungs.push(shorter);
        }
        rungs.reverse();
        rungs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_grow_by_the_reduction_factor_up_to_all_epochs() {
        let config = SearchConfig::default();
        assert_eq!(config.rungs(12), [1, 4, 12]);
        assert_eq!(config.rungs(20), [2, 6, 20]);
        assert_eq!(config.rungs(1), [1]);
        assert_eq!(SearchConfig { min_epochs: 3, ..config }.rungs(20), [6, 20]);
    }

    #[test]
    fn a_search_without_an_end_is_refused() {
        let endless = SearchConfig { trials: 0, ..SearchConfig::default() };
        assert_eq!(
            endless.validate().map_err(|error| error.to_string()),
            Err("trials: expected at least 1, or a number of minutes, found 0".to_string())
        );
        assert!(SearchConfig { minutes: 0.5, ..endless }.validate().is_ok());
        assert!(SearchConfig { minutes: -1.0, ..SearchConfig::default() }.validate().is_err());
        assert!(SearchConfig { reduction_factor: 1, ..SearchConfig::default() }.validate().is_err());
    }
}
