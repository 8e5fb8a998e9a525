//! A preset and single settings -> a checked config.

use ninefold::Result;
use ninefold::lab::{Config, Sources, expect_effect_on_diagnosis, resolve_with};
use pyo3::prelude::*;

/// As Python gives them: a preset, settings by their names with values in TOML, and the names of what is trained.
#[derive(Clone, FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Settings {
    preset: Option<String>,
    settings: Vec<(String, String)>,
    models: Option<Vec<String>>,
}

impl Settings {
    /// The config of a diagnosis. Settings on which none depends are refused.
    pub(crate) fn resolve_diagnosis(&self) -> Result<Config> {
        self.settings.iter().try_for_each(|(key, _)| expect_effect_on_diagnosis(key))?;
        let sources = Sources { preset: self.preset.clone(), file: None, settings: self.settings.clone() };
        resolve_with(&sources, |_| Ok(()))
    }

    /// The config. Settings without an effect on what is trained are refused.
    pub(crate) fn resolve(&self) -> Result<Config> {
        let sources = Sources { preset: self.preset.clone(), file: None, settings: self.settings.clone() };
        resolve_with(&sources, |config| {
            self.models.as_ref().map_or(Ok(()), |models| config.select(models))?;
            self.settings.iter().try_for_each(|(key, _)| config.expect_effect(key))
        })
    }
}
