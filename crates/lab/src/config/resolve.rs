//! Preset, config file and flags -> one [`Config`], each overriding the one before; mistakes are named with their place.
//!
//! There is one way into a config: [`read`], from a table. A file is parsed once; the line of a mistake is that of the key that
//! `read` names.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_path_to_error::Segment;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use crate::Config;
use crate::config::model::move_to_sections;
use crate::config::refusal::{Refusal, Setting, near_sibling};
use crate::config::{embedding_list, presets, refit, sections};
use ninefold_core::error::{Error, Location, Result};
use ninefold_core::files::read_text;
use ninefold_core::phrasing::{likeness, nearest};

/// Where settings come from, weakest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sources {
    /// The name of a preset; `None`: the default.
    pub preset: Option<String>,
    /// A TOML file.
    pub file: Option<PathBuf>,
    /// Single settings: `("training.epochs", "5")`, the value as it would stand in the file (a bare word is a string).
    pub settings: Vec<(String, String)>,
}

/// The length of all vectors.
const DIM: &str = "embedding.dim";

/// The settings that the sources add up to, checked.
///
/// # Errors
/// [`Error::Io`] when the file cannot be read; [`Error::Format`] with the line of a value that its setting cannot have;
/// [`Error::UnknownKey`] for a setting that does not exist, with the nearest one that does; [`Error::InvalidValue`] for one without
/// meaning.
pub fn resolve(sources: &Sources) -> Result<Config> {
    resolve_with(sources, |_| Ok(()))
}

/// As [`resolve`]; `change` changes settings over all sources, before the config is checked.
///
/// # Errors
/// Those of [`resolve`] and of `change`.
pub fn resolve_with(sources: &Sources, change: impl FnOnce(&mut Config) -> Result<()>) -> Result<Config> {
    let base = presets::preset(sources.preset.as_deref().unwrap_or("default"))?;
    let mut table = to_table(&base)?;
    let mut dim = None;
    if let Some(path) = &sources.file {
        let file = read_file(path)?;
        dim = file.get(embedding_list::SECTION).and_then(|embedding| embedding.get("dim")?.as_integer());
        overlay(&mut table, file)?;
    }
    for (key, value) in &sources.settings {
        set(&mut table, key, value)?;
        if key == DIM {
            dim = value.trim().parse().ok();
        }
    }
    let mut config: Config = from_table(table)?;
    change(&mut config)?;
    if let Some(dim) = dim.and_then(|dim: i64| usize::try_from(dim).ok()) {
        config.embedding.iter_mut().for_each(|spec| spec.expect_dim(dim));
    }
    config.validate()?;
    Ok(config)
}

/// A config as a TOML table.
pub(crate) fn to_table(config: &Config) -> Result<Table> {
    Table::try_from(config).map_err(|error| Error::invalid_value("config", "settings that TOML can hold", error))
}

/// The settings of a table; those that it does not have are the default's.
///
/// # Errors
/// [`Error::UnknownKey`] or [`Error::InvalidValue`] with the key.
pub(crate) fn from_table(table: Table) -> Result<Config> {
    read(table).map_err(Mistake::into_error)
}

/// A setting that no config can have.
struct Mistake {
    /// The keys that lead to it; where there is no such key, it is the last.
    path: Vec<Segment>,
    refusal: Refusal,
}

fn read(mut table: Table) -> std::result::Result<Config, Mistake> {
    renew(&mut table);
    serde_path_to_error::deserialize(Setting::of(table)).map_err(|error| {
        let mut path: Vec<Segment> = error.path().iter().cloned().collect();
        let refusal: Refusal = error.into_inner();
        // Sections that read some of their keys themselves report an unknown one as a mistake of the section.
        if let Refusal::UnknownKey { name, .. } = &refusal
            && !matches!(path.last(), Some(Segment::Map { key }) if key == name)
        {
            path.push(Segment::Map { key: name.clone() });
        }
        Mistake { path, refusal }
    })
}

/// Puts settings under the names that they have today.
fn renew(table: &mut Table) {
    refit::rename(table);
    if let Some(Value::Table(model)) = table.get_mut("model") {
        move_to_sections(model);
    }
}

/// The table of a file that is a valid config by itself.
fn read_file(path: &Path) -> Result<Table> {
    let text = read_text("read the config file", path)?;
    parse(&text, &path.display().to_string())
}

fn parse(text: &str, name: &str) -> Result<Table> {
    let line = |at: usize| Location::line(name, 1 + text[..at].matches('\n').count());
    let no_toml = |error: toml::de::Error| {
        let (line, message) = (line(error.span().map_or(0, |span| span.start)), error.message().trim().to_string());
        Error::format(line, "settings as `ninefold config` prints them", message)
    };
    let parsed = DeTable::parse(text).map_err(no_toml)?;
    let mut table = Table::deserialize(toml::de::Deserializer::from(parsed.clone())).map_err(no_toml)?;
    renew(&mut table);
    if let Some(specs) = table.get(embedding_list::SECTION) {
        embedding_list::from_value(specs).map_err(|error| {
            let key = match &error {
                Error::InvalidValue { key, .. } | Error::UnknownKey { key, .. } => key.as_str(),
                _ => embedding_list::SECTION,
            };
            let keys: Vec<Segment> = key.split('.').map(|key| Segment::Map { key: key.to_string() }).collect();
            in_file(error, line(place(&keys, &parsed).start))
        })?;
    }
    match read(table.clone()) {
        Ok(_) => Ok(table),
        Err(mistake) => {
            let line = line(place(&mistake.path, &parsed).start);
            Err(in_file(mistake.into_error(), line))
        }
    }
}

/// An error about a setting as one about a line of a file.
fn in_file(error: Error, line: Location) -> Error {
    match error {
        Error::InvalidValue { expected, found, .. } => Error::format(line, expected, found),
        error => error.about(|key| format!("{line}: {key}")),
    }
}

/// Lays `upper` over `lower`: tables are merged, everything else is replaced.
fn overlay(lower: &mut Table, upper: Table) -> Result<()> {
    for (key, value) in upper {
        match (lower.get_mut(&key), value) {
            (Some(Value::Table(lower)), Value::Table(upper)) => overlay(lower, upper)?,
            (Some(specs), value) if key == embedding_list::SECTION => {
                *specs = embedding_list::changed(specs, |specs| embedding_list::overlay(specs, &value))?;
            }
            (_, value) => {
                lower.insert(key, value);
            }
        }
    }
    Ok(())
}

/// The section whose keys are labels of texts, which may hold dots.
const KEYED_BY_LABEL: &str = "training.class_weight.";

/// A key cut at its dots; what follows [`KEYED_BY_LABEL`] is one label, in quotes or not.
fn key_parts(key: &str) -> Vec<&str> {
    match key.strip_prefix(KEYED_BY_LABEL) {
        Some(label) => {
            let quoted = label.strip_prefix('"').and_then(|label| label.strip_suffix('"'));
            KEYED_BY_LABEL.trim_end_matches('.').split('.').chain([quoted.unwrap_or(label)]).collect()
        }
        None => key.split('.').collect(),
    }
}

/// Sets one value; what it may be is learned by trying it as TOML, as a string and as a list.
pub(crate) fn set(table: &mut Table, key: &str, value: &str) -> Result<()> {
    let nested = |value: Value| {
        let mut parts = key_parts(key).into_iter().rev();
        let last = Table::from_iter([(parts.next().unwrap_or_default().to_string(), value)]);
        parts.fold(last, |inner, part| Table::from_iter([(part.to_string(), Value::Table(inner))]))
    };
    let as_toml = toml::from_str::<Table>(&format!("value = {value}")).ok().and_then(|mut table| table.remove("value"));
    let as_list = Value::Array(value.split(',').map(|item| Value::String(item.trim().to_string())).collect());
    let candidates = [as_toml, Some(Value::String(value.to_string())), Some(as_list)];
    let is_of_embeddings = key.split('.').next() == Some(embedding_list::SECTION);
    let (mut refused, mut is_of_right_type) = (None, false);
    for candidate in candidates.into_iter().flatten() {
        let mut setting = nested(candidate);
        renew(&mut setting);
        match read(setting.clone()) {
            Ok(_) => return overlay(table, setting),
            // It may be one of an embedding that only this table has.
            Err(_) if is_of_embeddings => match overlay(table, setting) {
                Ok(()) => return Ok(()),
                Err(error) => drop(refused.get_or_insert(error)),
            },
            Err(mistake) => {
                // That a name is unknown says more than that a list was expected.
                let says_more = mistake.refusal.is_of_right_type() && !is_of_right_type;
                is_of_right_type |= says_more;
                if refused.is_none() || says_more {
                    refused = Some(mistake.into_error().about(|_| key.to_string()));
                }
            }
        }
    }
    Err(refused.unwrap_or_else(|| Error::internal("a setting that no form of its value was tried for")))
}

/// Puts a value at a key such as "model.recurrent.hidden_size"; `None` removes it.
///
/// # Errors
/// [`Error::UnknownKey`] for a setting that no embedding has.
pub(crate) fn put(table: &mut Table, key: &str, value: Option<Value>) -> Result<()> {
    match key.split_once('.') {
        Some((embedding_list::SECTION, rest)) if let Some(specs) = table.get_mut(embedding_list::SECTION) => {
            *specs = embedding_list::changed(specs, |specs| embedding_list::set(specs, rest, value.as_ref()))?;
        }
        Some((section, rest)) => {
            if let Some(Value::Table(section)) = table.get_mut(section) {
                put(section, rest, value)?;
            }
        }
        None => match value {
            Some(value) => drop(table.insert(key.to_string(), value)),
            None => drop(table.remove(key)),
        },
    }
    Ok(())
}

impl Mistake {
    /// The setting: "model.dropout".
    fn key(&self) -> String {
        let names = self.path.iter().filter_map(|segment| match segment {
            Segment::Map { key } => Some(key.as_str()),
            _ => None,
        });
        names.collect::<Vec<_>>().join(".")
    }

    fn into_error(self) -> Error {
        let key = self.key();
        let suggestion = match &self.refusal {
            Refusal::UnknownKey { name, known } => meant(&key, name, known),
            _ => None,
        };
        self.refusal.into_error(&key, suggestion)
    }
}

/// The setting that was probably meant by the unknown `key`, whose last part is `name`; its section has the settings `known`.
fn meant(key: &str, name: &str, known: &[&str]) -> Option<String> {
    let section = key.strip_suffix(name).unwrap_or_default().trim_end_matches('.');
    near_sibling(key, name, known).or_else(|| elsewhere(name)).or_else(|| near_below(section, name))
}

/// Where in a file a key is: at the innermost part of it that the file has.
fn place(keys: &[Segment], file: &Spanned<DeTable>) -> Range<usize> {
    let mut place = file.span();
    let mut within = Within::Table(file.get_ref());
    for segment in keys {
        let next = match (within, segment) {
            (Within::Table(table), Segment::Map { key }) => {
                table.iter().find(|(name, _)| name.get_ref() == key).map(|(name, value)| (name.span(), value.get_ref()))
            }
            (Within::Value(DeValue::Array(items)), Segment::Seq { index }) => {
                items.get(*index).map(|item| (item.span(), item.get_ref()))
            }
            // The name of an item stands for the item.
            (Within::Value(DeValue::Array(items)), Segment::Map { key }) => {
                let name = |item: &Spanned<DeValue>| Some(item.get_ref().get("name")?.get_ref().as_str()? == key);
                items.iter().find(|item| name(item) == Some(true)).map(|item| (item.span(), item.get_ref()))
            }
            _ => None,
        };
        // A key that the file does not have stood in it under an older name, a level higher.
        let Some((span, value)) = next else { continue };
        place = span;
        within = match value {
            DeValue::Table(table) => Within::Table(table),
            other => Within::Value(other),
        };
    }
    place
}

/// Where the search for a key has come to.
#[derive(Clone, Copy)]
enum Within<'a> {
    Table(&'a DeTable<'a>),
    Value(&'a DeValue<'a>),
}

/// The setting of exactly this name in some section: "model.recurrent.hidden_size".
fn elsewhere(name: &str) -> Option<String> {
    let section = sections::all().into_iter().find(|section| section.keys.contains(&name))?;
    Some(format!("{}.{name}", section.path))
}

/// The setting of nearly this name in a section below this one.
fn near_below(section: &str, name: &str) -> Option<String> {
    let below = sections::all().into_iter().filter(|other| other.path.starts_with(&format!("{section}.")));
    let near = below.filter_map(|other| Some((nearest(name, other.keys)?, other.path)));
    let (best, path) = near.max_by(|(a, _), (b, _)| likeness(a, name).total_cmp(&likeness(b, name)))?;
    Some(format!("{path}.{best}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;

    use super::*;
    use crate::Refit;
    use ninefold_core::Auto;

    fn refusal(text: &str) -> String {
        parse(text, "my.toml").unwrap_err().to_string()
    }

    fn with(settings: &[(&str, &str)]) -> Result<Config> {
        let settings = settings.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        resolve(&Sources { settings, ..Sources::default() })
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() {
        let error = refusal("seed = 1\n\n[model]\nhiden_size = 3\n");
        let expected = "my.toml:4: model.hiden_size: no such setting (did you mean `model.recurrent.hidden_size`?)";
        assert_eq!(error, expected);
        let error = refusal("[training]\nhidden_size = 3\n");
        let expected = "my.toml:2: training.hidden_size: no such setting (did you mean `model.recurrent.hidden_size`?)";
        assert_eq!(error, expected);
        assert_eq!(refusal("sead = 1\n"), "my.toml:1: sead: no such setting (did you mean `seed`?)");
        assert_eq!(
            refusal("[corpus.sample]\nzebra = 1\n"),
            "my.toml:2: corpus.sample.zebra: no such setting (`ninefold config` prints all of them)"
        );
        let error = refusal("models = [\"lsmt\"]\n");
        assert!(error.contains("did you mean `lstm`?"), "{error}");
        let error = refusal("models = [\"bert\"]\n");
        assert_eq!(error, "my.toml:1: expected one of rnn, lstm, gru, cnn, swem, found \"bert\"");
        let error = refusal("seed = \n");
        assert!(error.starts_with("my.toml:1: "), "{error}");
    }

    #[test]
    fn a_file_overrides_the_preset_and_a_setting_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.toml");
        fs::write(&path, "[training]\nepochs = 7\nbatch_size = 9\n").unwrap();
        let sources = Sources {
            preset: Some("round1".to_string()),
            file: Some(path),
            settings: vec![("training.batch_size".to_string(), "10".to_string())],
        };
        let config = resolve(&sources).unwrap();
        assert_eq!(
            (config.training.epochs, config.training.batch_size, config.model.families.recurrent.hidden_size),
            (Auto::Value(7), 10, 128)
        );
    }

    #[test]
    fn refit_of_earlier_configs_is_all_or_none() {
        for (value, refit) in
            [("true", Refit::All), ("false", Refit::None), ("all", Refit::All), ("baselines", Refit::Baselines)]
        {
            assert_eq!(with(&[("refit", value)]).unwrap().refit, refit, "{value}");
        }
        let error = with(&[("refit", "some")]).unwrap_err().to_string();
        assert_eq!(error, "refit: expected one of none, baselines, all, found \"some\"");
    }

    #[test]
    fn label_with_dots_is_one_key_of_class_weight() {
        for key in ["training.class_weight.rec.sport", "training.class_weight.\"rec.sport\""] {
            let config = with(&[(key, "5"), ("training.class_weight.spam", "2")]).unwrap();
            let expected = [("rec.sport".to_string(), 5.0), ("spam".to_string(), 2.0)].into();
            assert_eq!(config.training.class_weight, ninefold_nn::class_weight::ClassWeight::Given(expected), "{key}");
        }
    }

    #[test]
    fn settings_are_numbers_words_and_lists() {
        let config = with(&[("models", "gru,rnn"), ("corpus.data", "a/b"), ("model.dropout", "0.25")]).unwrap();
        assert_eq!(config.models, [ninefold_nn::model::ModelKind::Gru, ninefold_nn::model::ModelKind::Rnn]);
        assert_eq!((config.corpus.data.as_str(), config.model.shared.dropout), ("a/b", 0.25));
        let config = with(&[("models", "gru,swem"), ("model.pooling", "mean")]).unwrap();
        assert_eq!(config.model.shared.pooling, Some(ninefold_nn::layers::Pooling::Mean));
        let config = with(&[("corpus.data", "20")]).unwrap();
        assert_eq!(config.corpus.data, "20");
        let error = with(&[("model.hidden", "3")]).unwrap_err().to_string();
        assert_eq!(error, "model.hidden: no such setting (did you mean `model.recurrent.hidden_size`?)");
        let error = with(&[("embedding.windw", "3")]).unwrap_err().to_string();
        assert_eq!(error, "embedding.windw: no such setting (did you mean `embedding.window`?)");
        let error = with(&[("embeddings", "glove+glove")]).unwrap_err().to_string();
        assert!(error.ends_with("joined by +, each once, found \"glove+glove\""), "{error}");
        let error = with(&[("model.hidden_size", "many")]).unwrap_err().to_string();
        assert_eq!(error, "model.hidden_size: expected a whole number, 0 or more, found \"many\"");
        let error = with(&[("training.bucket_by_length", "2")]).unwrap_err().to_string();
        assert_eq!(error, "training.bucket_by_length: expected true or false, found 2");
        let error = with(&[("models", "bert")]).unwrap_err().to_string();
        assert_eq!(error, "models: expected one of rnn, lstm, gru, cnn, swem, found \"bert\"");
        let error = with(&[("model.recurrent", "3")]).unwrap_err().to_string();
        assert_eq!(error, "model.recurrent: expected settings, as `ninefold config` prints them, found 3");
        let error = with(&[("model.dropout", "1.5")]).unwrap_err().to_string();
        assert_eq!(error, "model.dropout: expected a fraction from 0 to below 1, found 1.5");
        let error = with(&[("models", "cnn"), ("model.filter_widths", "[3, 300]")]).unwrap_err().to_string();
        assert_eq!(error, "model.cnn.filter_widths: expected at most training.max_len, 200, found 300");
        let error = with(&[("models", "gru,swem"), ("model.pooling", "last")]).unwrap_err().to_string();
        assert_eq!(
            error,
            "model.pooling: expected a pooling without the last state, which swem does not have, found \"last\""
        );
    }

    #[test]
    fn a_setting_is_read_under_the_name_that_it_had_before_families_had_sections() {
        let flat = parse("[model]\nhidden_size = 3\nfilters = 2\ndropout = 0.1\n", "my.toml").unwrap();
        let nested = "[model]\ndropout = 0.1\n[model.recurrent]\nhidden_size = 3\n[model.cnn]\nfilters = 2\n";
        assert_eq!(flat, parse(nested, "my.toml").unwrap());
        let config = with(&[("model.hidden_size", "5"), ("model.recurrent.hidden_size", "6"), ("model.filters", "7")]);
        let families = config.unwrap().model.families;
        assert_eq!((families.recurrent.hidden_size, families.cnn.filters), (6, 7));
    }

    #[test]
    fn a_mistake_about_an_embedding_is_named_with_its_line() {
        let error = refusal("[embedding]\ndim = 3\n\n[embedding.glove]\nwindw = 3\n");
        assert_eq!(error, "my.toml:5: embedding.glove.windw: no such setting (did you mean `embedding.glove.window`?)");
        let item = |name: &str, kind: &str| format!("[[embedding]]\nname = \"{name}\"\nkind = \"{kind}\"\n");
        let error = refusal(&(item("a", "glove") + &item("b", "golve")));
        assert_eq!(error, "my.toml:6: expected one of word2vec, fasttext, glove, pretrained, found \"golve\"");
    }

    #[test]
    fn a_mistake_in_a_file_is_named_with_the_line_of_its_key() {
        let line = |text: &str| refusal(text).split(": ").next().unwrap().to_string();
        assert_eq!(line("seed = 1\n[model]\ndropout = 0.1\nhidden_size = \"many\"\n"), "my.toml:4");
        assert_eq!(line("[model.recurrent]\n\nhidden_size = \"many\"\n"), "my.toml:3");
        assert_eq!(line("[model.recurrent]\nfilters = 3\n"), "my.toml:2");
        assert_eq!(line("models = [\n  \"gru\",\n  \"lsmt\",\n]\n"), "my.toml:3");
        assert_eq!(line("[modle]\n"), "my.toml:1");
        assert_eq!(line("seed = 1\nmodel.pooling = \"meen\"\n"), "my.toml:2");
        let error = refusal("[model.cnn]\nfilter = 3\n");
        assert_eq!(error, "my.toml:2: model.cnn.filter: no such setting (did you mean `model.cnn.filters`?)");
    }
}
