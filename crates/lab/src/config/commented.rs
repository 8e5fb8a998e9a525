//! A resolved [`Config`] as TOML in which every key has its comment: what `ninefold config` prints and run folders keep.
//!
//! The comments are the doc comments of the fields, so that they cannot fall behind.

use std::fmt::Write;

use documented::DocumentedFields;
use toml::{Table, Value};

use crate::config::resolve;
use crate::{BaselineConfig, Config, DistillConfig, EmbeddingConfig, ModelConfig, SearchConfig};
use ninefold_core::error::Result;
use ninefold_data::CorpusConfig;
use ninefold_data::sample::SampleConfig;
use ninefold_metrics::StatisticsConfig;
use ninefold_nn::train::TrainConfig;
use ninefold_nn::train::pretrain::PretrainConfig;
use ninefold_text::tokenize::TokenizerConfig;
use ninefold_text::vocab::VocabConfig;

impl Config {
    /// The config as a TOML file with a comment above every key; reading it gives the same config.
    ///
    /// # Errors
    /// [`Error::Config`](ninefold_core::Error::Config) when a setting cannot be written as TOML.
    pub fn to_commented_toml(&self) -> Result<String> {
        let table = resolve::to_table(self)?;
        let mut out = String::new();
        keys::<Config>(&mut out, &table);
        section::<CorpusConfig>(&mut out, &table, &["corpus"]);
        section::<SampleConfig>(&mut out, &table, &["corpus", "sample"]);
        section::<TokenizerConfig>(&mut out, &table, &["tokenizer"]);
        section::<VocabConfig>(&mut out, &table, &["vocab"]);
        section::<EmbeddingConfig>(&mut out, &table, &["embedding"]);
        section::<ModelConfig>(&mut out, &table, &["model"]);
        section::<PretrainConfig>(&mut out, &table, &["pretraining"]);
        section::<TrainConfig>(&mut out, &table, &["training"]);
        section::<BaselineConfig>(&mut out, &table, &["baseline"]);
        section::<StatisticsConfig>(&mut out, &table, &["statistics"]);
        section::<DistillConfig>(&mut out, &table, &["distill"]);
        section::<SearchConfig>(&mut out, &table, &["search"]);
        space(&mut out, self.search.space.as_ref());
        Ok(out)
    }
}

/// `[corpus.sample]` and its keys.
fn section<T: DocumentedFields>(out: &mut String, table: &Table, path: &[&str]) {
    let inner = path.iter().try_fold(table, |table, name| table.get(*name)?.as_table());
    let docs = match path {
        [name] => Config::get_field_docs(name).unwrap_or_default(),
        _ => CorpusConfig::get_field_docs(path[1]).unwrap_or_default(),
    };
    if let Some(inner) = inner {
        out.push('\n');
        comment(out, docs);
        let _ = writeln!(out, "[{}]", path.join("."));
        keys::<T>(out, inner);
    }
}

/// What a search tries, a heading per section.
fn space(out: &mut String, space: Option<&Table>) {
    for (section, keys) in space.into_iter().flatten() {
        if let Value::Table(keys) = keys {
            let _ = writeln!(out, "\n[search.space.{section}]");
            for (key, values) in keys {
                let _ = writeln!(out, "{key} = {values}");
            }
        }
    }
}

/// A table that stands under a heading of its own; any other is a value, written on one line.
fn is_section(name: &str) -> bool {
    ["sample", "space"].contains(&name) || Config::FIELD_NAMES.contains(&name)
}

/// The keys that are no sections, in the order of the struct's fields; one that is not set stands there as a comment.
fn keys<T: DocumentedFields>(out: &mut String, table: &Table) {
    for (name, docs) in T::FIELD_NAMES.iter().zip(T::FIELD_DOCS) {
        match table.get(*name) {
            Some(Value::Table(_)) if is_section(name) => {}
            Some(value) => {
                comment(out, docs);
                let _ = writeln!(out, "{name} = {value}");
            }
            None => {
                comment(out, docs);
                let _ = writeln!(out, "# {name} =");
            }
        }
    }
}

fn comment(out: &mut String, docs: &str) {
    for line in docs.lines() {
        let _ = writeln!(out, "# {}", line.trim());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::presets::{PRESETS, preset};
    use ninefold_nn::class_weight::ClassWeight;

    #[test]
    fn what_is_printed_reads_back_as_the_same_config() {
        for name in PRESETS {
            let config = preset(name).unwrap();
            config.validate().unwrap();
            let text = config.to_commented_toml().unwrap();
            assert_eq!(toml::from_str::<Config>(&text).unwrap(), config, "{text}");
        }
    }

    #[test]
    fn a_table_as_a_value_stands_on_one_line() {
        let mut config = Config::default();
        let weights = [("comp.graphics".to_string(), 2.0), ("spam".to_string(), 0.5)];
        config.training.class_weight = ClassWeight::Given(weights.into());
        let text = config.to_commented_toml().unwrap();
        assert!(text.contains("\nclass_weight = { \"comp.graphics\" = 2.0, spam = 0.5 }\n"), "{text}");
        assert_eq!(toml::from_str::<Config>(&text).unwrap(), config);
    }

    #[test]
    fn a_space_comes_back_as_it_was() {
        let mut config = Config::default();
        let space = "model.hidden_size = [32, 64]\ntraining.learning_rate = { low = 1e-4, high = 0.01, log = true }";
        config.search.space = Some(toml::from_str(space).unwrap());
        let text = config.to_commented_toml().unwrap();
        assert_eq!(toml::from_str::<Config>(&text).unwrap(), config, "{text}");
    }

    #[test]
    fn every_key_has_a_comment_above_it() {
        let text = Config::default().to_commented_toml().unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (place, line) in lines.iter().enumerate().filter(|(_, line)| line.contains(" = ") && !line.starts_with('#'))
        {
            assert!(place > 0 && lines[place - 1].starts_with("# "), "{line}");
        }
        assert!(text.contains("\n[corpus.sample]\n") && text.contains("\nhidden_size = "), "{text}");
    }
}
