//! Flags as lines of a config file: each flag is one setting, by the name that it has there.

use std::path::PathBuf;

use anyhow::Result;
use ninefold::lab::{Config, Sources, resolve};
use toml::Value;

use crate::usage::Usage;

/// Settings in the making: the flags that were given, as they would be written in a config file.
#[derive(Default)]
pub struct Settings(Vec<(String, String)>);

impl Settings {
    /// `SECTION.KEY=VALUE`, as --set takes it.
    pub fn assignment(&mut self, setting: &str) -> Result<()> {
        let (key, value) = setting
            .split_once('=')
            .ok_or_else(|| Usage(format!("--set {setting}: expected SECTION.KEY=VALUE, found no '='")))?;
        self.0.push((key.trim().to_string(), value.trim().to_string()));
        Ok(())
    }

    /// A string, if it was given.
    pub fn text(&mut self, key: &str, value: &Option<String>) {
        if let Some(value) = value {
            self.0.push((key.to_string(), Value::String(value.clone()).to_string()));
        }
    }

    /// A list of strings, if it was given.
    pub fn list(&mut self, key: &str, values: &[String]) {
        if !values.is_empty() {
            let list = values.iter().map(|value| Value::String(value.trim().to_string())).collect();
            self.0.push((key.to_string(), Value::Array(list).to_string()));
        }
    }

    /// The same, where the word "none" alone is the empty list.
    pub fn list_or_none(&mut self, key: &str, values: &[String]) {
        match values {
            [none] if none == "none" => self.0.push((key.to_string(), "[]".to_string())),
            some => self.list(key, some),
        }
    }

    /// `true`, if the switch is on.
    pub fn switch(&mut self, key: &str, is_on: bool) {
        if is_on {
            self.0.push((key.to_string(), "true".to_string()));
        }
    }

    /// A number, if it was given.
    pub fn number(&mut self, key: &str, value: Option<u64>) {
        if let Some(value) = value {
            self.0.push((key.to_string(), value.to_string()));
        }
    }

    /// The config that these settings add up to, over a file, over a preset. What the library refuses is wrong usage.
    pub fn resolve(self, preset: Option<String>, file: Option<PathBuf>) -> Result<Config> {
        let sources = Sources { preset, file, settings: self.0 };
        resolve(&sources).map_err(|error| Usage(error.to_string()).into())
    }
}
