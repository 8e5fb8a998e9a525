//! A resolved [`Config`] as TOML in which every key has its comment: what `ninefold config` prints and run folders keep.
//!
//! The comments are the doc comments of the fields, so that they cannot fall behind.

use std::fmt::Write;

use documented::DocumentedFields;
use toml::{Table, Value};

use crate::config::embedding_list::SECTION;
use crate::config::resolve;
use crate::config::sections::{self, Section};
use crate::{Config, EmbeddingSpec};
use ninefold_core::error::Result;

impl Config {
    /// The config as a TOML file with a comment above every key; reading it gives the same config.
    ///
    /// # Errors
    /// [`Error::InvalidValue`](ninefold_core::Error::InvalidValue) when a setting cannot be written as TOML.
    pub fn to_commented_toml(&self) -> Result<String> {
        let table = resolve::to_table(self)?;
        let mut out = String::new();
        keys(&mut out, &table, "", Config::FIELD_NAMES, Config::FIELD_DOCS);
        for Section { path, docs, keys: names, key_docs } in sections::all() {
            if path == SECTION {
                self.embedding.iter().try_for_each(|spec| embedding(&mut out, docs, spec))?;
                continue;
            }
            let inner = path.split('.').try_fold(&table, |table, name| table.get(name)?.as_table());
            if let Some(inner) = inner.filter(|_| !names.is_empty()) {
                out.push('\n');
                comment(&mut out, docs);
                let _ = writeln!(out, "[{path}]");
                keys(&mut out, inner, &path, names, key_docs);
            }
        }
        if let Some(table) = &self.search.space {
            space(&mut out, table, "");
        }
        Ok(out)
    }
}

/// One of `[[embedding]]`, and its keys.
fn embedding(out: &mut String, docs: &str, spec: &EmbeddingSpec) -> Result<()> {
    let table = spec.to_table()?;
    out.push('\n');
    comment(out, docs);
    let _ = writeln!(out, "[[{SECTION}]]");
    let identity = ["name", "kind"].map(|key| (key, EmbeddingSpec::get_field_docs(key).unwrap_or_default()));
    let fields = identity.into_iter().chain(EmbeddingSpec::fields(spec.kind.name()));
    fields.for_each(|(name, docs)| key(out, name, docs, table.get(name)));
    Ok(())
}

/// What a search tries, a heading per section. `path` is that of the section whose settings these are, none at first.
fn space(out: &mut String, settings: &Table, path: &str) {
    let is_section = |key: &str| sections::exists(&joined(path, key));
    if !path.is_empty() {
        let _ = writeln!(out, "\n[search.space.{path}]");
        for (key, values) in settings.iter().filter(|(key, _)| !is_section(key)) {
            let _ = writeln!(out, "{key} = {values}");
        }
    }
    for (key, values) in settings.iter().filter(|(key, _)| is_section(key)) {
        if let Value::Table(inner) = values {
            space(out, inner, &joined(path, key));
        }
    }
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_string() } else { format!("{path}.{key}") }
}

/// The keys of a section, in the order of the struct's fields; one that is not set stands there as a comment. A section in it has
/// a heading of its own, any other table is written on one line.
fn keys(out: &mut String, table: &Table, path: &str, names: &[&str], docs: &[&str]) {
    for (name, docs) in names.iter().zip(docs) {
        let path = joined(path, name);
        match table.get(*name) {
            Some(Value::Table(_)) if sections::exists(&path) || path == "search.space" => {}
            Some(Value::Array(_)) if path == SECTION => {}
            value => key(out, name, docs, value),
        }
    }
}

fn key(out: &mut String, name: &str, docs: &str, value: Option<&Value>) {
    comment(out, docs);
    let _ = match value {
        Some(value) => writeln!(out, "{name} = {value}"),
        None => writeln!(out, "# {name} ="),
    };
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
    fn declared_embeddings_read_back() {
        let mut config = Config::default();
        config.set("embedding.glove", "vectors.txt").unwrap();
        config.set("embedding.word2vec.window", "3").unwrap();
        config.embedding.push(EmbeddingSpec { name: "w2v-wide".to_string(), ..config.embedding[0].clone() });
        config.embeddings = vec!["word2vec+w2v-wide".parse().unwrap()];
        let text = config.to_commented_toml().unwrap();
        assert_eq!(toml::from_str::<Config>(&text).unwrap(), config, "{text}");
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
        assert_eq!(text.matches("\n[[embedding]]\n").count(), 3, "{text}");
    }
}
