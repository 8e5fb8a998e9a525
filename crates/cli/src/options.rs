//! What the flags mean: each one is a setting of the config, by the name that it has there.

use std::fmt;

use anyhow::{Context, Result};
use ninefold::data::CorpusConfig;
use ninefold::lab::{Config, Sources, resolve};
use ninefold::report::{Column, Leaderboard};
use toml::Value;

use crate::args::{ConfigArgs, DataArgs, Format};
use crate::output::Output;

/// Marks an error as wrong usage: exit code 2.
#[derive(Debug)]
pub struct Usage(pub String);

impl fmt::Display for Usage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

impl ConfigArgs {
    /// The config that preset, file and flags add up to.
    pub fn resolve(&self) -> Result<Config> {
        let mut settings = Vec::new();
        for setting in &self.set {
            let (key, value) = setting
                .split_once('=')
                .ok_or_else(|| Usage(format!("--set {setting}: expected SECTION.KEY=VALUE, found no '='")))?;
            settings.push((key.trim().to_string(), value.trim().to_string()));
        }
        let mut flags = Flags(&mut settings);
        flags.data(&self.data);
        flags.list("embeddings", &self.embeddings);
        flags.list("models", &self.models);
        flags.list_or_none("baselines", &self.baselines);
        flags.list_or_none("ensembles", &self.ensembles);
        flags.number("training.epochs", self.epochs);
        flags.number("seed", self.seed);
        flags.number("seeds", self.seeds);
        flags.switch("refit", self.refit);
        flags.list("log", &self.log);
        flags.text("embedding.glove", &self.glove);
        flags.text("training.padding", &self.padding);
        resolved(&Sources { preset: self.preset.clone(), file: self.config.clone(), settings })
    }
}

impl DataArgs {
    /// The corpus settings alone.
    pub fn corpus(&self) -> Result<CorpusConfig> {
        let mut settings = Vec::new();
        Flags(&mut settings).data(self);
        Ok(resolved(&Sources { settings, ..Sources::default() })?.corpus)
    }
}

/// The library's mistakes in settings are this program's wrong usage.
fn resolved(sources: &Sources) -> Result<Config> {
    resolve(sources).map_err(|error| Usage(error.to_string()).into())
}

/// Settings in the making: flags as they would stand in a config file.
struct Flags<'a>(&'a mut Vec<(String, String)>);

impl Flags<'_> {
    fn data(&mut self, data: &DataArgs) {
        self.text("corpus.data", &data.data);
        self.text("corpus.test", &data.test);
        self.list("corpus.text_column", &data.text_column);
        self.text("corpus.label_column", &data.label_column);
        self.text("corpus.header", &data.header);
        self.text("corpus.encoding", &data.encoding);
        self.text("corpus.split", &data.split);
        self.list("corpus.strip", &data.strip);
    }

    fn text(&mut self, key: &str, value: &Option<String>) {
        if let Some(value) = value {
            self.0.push((key.to_string(), Value::String(value.clone()).to_string()));
        }
    }

    fn list(&mut self, key: &str, values: &[String]) {
        if !values.is_empty() {
            let list = values.iter().map(|value| Value::String(value.trim().to_string())).collect();
            self.0.push((key.to_string(), Value::Array(list).to_string()));
        }
    }

    /// The same, where the word "none" alone is the empty list.
    fn list_or_none(&mut self, key: &str, values: &[String]) {
        match values {
            [none] if none == "none" => self.0.push((key.to_string(), "[]".to_string())),
            some => self.list(key, some),
        }
    }

    fn switch(&mut self, key: &str, is_on: bool) {
        if is_on {
            self.0.push((key.to_string(), "true".to_string()));
        }
    }

    fn number(&mut self, key: &str, value: Option<u64>) {
        if let Some(value) = value {
            self.0.push((key.to_string(), value.to_string()));
        }
    }
}

/// The column of that name, if one was given.
pub fn column(name: Option<&str>) -> Result<Option<Column>> {
    name.map(|name| name.parse().map_err(|error: ninefold::Error| Usage(error.to_string()).into())).transpose()
}

impl Format {
    /// The leaderboard in this form.
    pub fn write(self, leaderboard: &Leaderboard, sort: Column, facts: &[String], output: &Output) -> String {
        match self {
            Format::Table => leaderboard.to_table(sort, facts, &output.view()),
            Format::Markdown => leaderboard.to_markdown(sort, facts),
            Format::Csv => leaderboard.to_csv(sort),
            Format::Latex => leaderboard.to_latex(sort),
        }
    }
}

/// A share that was given as a flag.
pub fn share(flag: &str, value: f64) -> Result<f64> {
    if (0.0..=1.0).contains(&value) {
        return Ok(value);
    }
    Err(Usage(format!("{flag}: expected a share from 0 to 1, found {value}")).into())
}

/// Makes the pool that all work runs in.
pub fn set_threads(threads: Option<usize>) -> Result<()> {
    if threads == Some(0) {
        return Err(Usage("--threads: expected at least 1, found 0".to_string()).into());
    }
    let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().context("cannot start the threads")
}
