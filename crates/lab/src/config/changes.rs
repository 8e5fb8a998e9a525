//! One setting changed by its name, and the settings in which two configs differ.

use crate::Config;
use crate::config::{embedding_list, resolve};
use crate::store::keys::json;
use ninefold_core::error::Result;
use ninefold_records::{Difference, differences};

impl Config {
    /// Changes one setting, by its name in a config file and a value as it would stand there (a bare word is a string):
    /// `config.set("embedding.window", "10")`.
    ///
    /// # Errors
    /// [`Error::UnknownKey`](ninefold_core::Error::UnknownKey) for a setting that does not exist, with the nearest one that does;
    /// [`Error::InvalidValue`](ninefold_core::Error::InvalidValue) for a value of the wrong type.
    pub fn set(&mut self, key: &str, value: &str) -> Result<()> {
        let mut table = resolve::to_table(self)?;
        resolve::set(&mut table, key, value)?;
        *self = resolve::from_table(table)?;
        Ok(())
    }

    /// The settings in which another config differs, by their names.
    ///
    /// # Errors
    /// [`Error::InvalidValue`](ninefold_core::Error::InvalidValue) when a setting cannot be written, which none of them is.
    pub fn differences(&self, other: &Config) -> Result<Vec<Difference>> {
        let without_specs = |config: &Config| json(&Config { embedding: Vec::new(), ..config.clone() });
        let mut found = differences(&without_specs(self)?, &without_specs(other)?);
        for change in embedding_list::changes(&self.embedding, &other.embedding)? {
            let [a, b] = change.values.map(|value| embedding_list::described(value.as_ref()));
            found.push(Difference { key: change.key, a, b });
        }
        Ok(found)
    }
}
