//! Preset, config file and flags -> one [`Config`], each overriding the one before; mistakes are named with their place.
//!
//! A file is read twice: by itself, so that an error has its line, and as a table laid over the preset.

use std::fs;
use std::path::{Path, PathBuf};

use documented::DocumentedFields;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::config::presets;
use crate::{BaselineConfig, Config, DistillConfig, EmbeddingConfig, ModelConfig, SearchConfig};
use ninefold_core::error::{Error, Result};
use ninefold_data::CorpusConfig;
use ninefold_data::sample::SampleConfig;
use ninefold_metrics::StatisticsConfig;
use ninefold_nn::train::TrainConfig;
use ninefold_nn::train::pretrain::PretrainConfig;
use ninefold_text::tokenize::TokenizerConfig;
use ninefold_text::vocab::VocabConfig;

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

/// The settings that the sources add up to, checked.
///
/// # Errors
/// [`Error::Io`] when the file cannot be read; [`Error::Format`] with the line for what it must not say; [`Error::Config`]
/// for a setting that does not exist (with the nearest one that does) or has no meaning.
pub fn resolve(sources: &Sources) -> Result<Config> {
    let base = presets::preset(sources.preset.as_deref().unwrap_or("default"))?;
    let mut table = to_table(&base)?;
    if let Some(path) = &sources.file {
        overlay(&mut table, read_file(path)?);
    }
    for (key, value) in &sources.settings {
        set(&mut table, key, value)?;
    }
    let config: Config = from_table(table)?;
    config.validate()?;
    Ok(config)
}

/// A config as a TOML table.
pub(crate) fn to_table(config: &Config) -> Result<Table> {
    Table::try_from(config).map_err(|error| Error::config("config", "settings that TOML can hold", error))
}

/// The table of a file that is a valid config by itself.
fn read_file(path: &Path) -> Result<Table> {
    let text = fs::read_to_string(path).map_err(Error::io("read the config file", path))?;
    parse(&text, &path.display().to_string())
}

fn parse(text: &str, name: &str) -> Result<Table> {
    let fail = |error: toml::de::Error| {
        let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        let (expected, found) = explain(error.message());
        Error::format(format!("{name}:{line}"), expected, found)
    };
    read_as::<Config>(text).map_err(fail)?;
    read_as::<Table>(text).map_err(fail)
}

fn read_as<T: DeserializeOwned>(text: &str) -> std::result::Result<T, toml::de::Error> {
    toml::from_str(text)
}

pub(crate) fn from_table(table: Table) -> Result<Config> {
    table.try_into().map_err(|error: toml::de::Error| {
        let (expected, found) = explain(error.message());
        Error::config("config", expected, found)
    })
}

/// Lays `upper` over `lower`: tables are merged, everything else is replaced.
fn overlay(lower: &mut Table, upper: Table) {
    for (key, value) in upper {
        match (lower.get_mut(&key), value) {
            (Some(Value::Table(lower)), Value::Table(upper)) => overlay(lower, upper),
            (_, value) => {
                lower.insert(key, value);
            }
        }
    }
}

/// Sets one value; what it may be is learned by trying it as TOML, then as a string.
fn set(table: &mut Table, key: &str, value: &str) -> Result<()> {
    let nested = |value: Value| {
        let mut parts = key.rsplit('.');
        let last = Table::from_iter([(parts.next().unwrap_or_default().to_string(), value)]);
        parts.fold(last, |inner, part| Table::from_iter([(part.to_string(), Value::Table(inner))]))
    };
    let as_toml = toml::from_str::<Table>(&format!("value = {value}")).ok().and_then(|mut table| table.remove("value"));
    let as_list = Value::Array(value.split(',').map(|item| Value::String(item.trim().to_string())).collect());
    let candidates = [as_toml, Some(Value::String(value.to_string())), Some(as_list)];
    let mut first_error = None;
    for candidate in candidates.into_iter().flatten() {
        let setting = nested(candidate);
        match setting.clone().try_into::<Config>() {
            Ok(_) => {
                overlay(table, setting);
                return Ok(());
            }
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    let message = first_error.map(|error| error.message().to_string()).unwrap_or_default();
    let (expected, found) = explain(&message);
    let found = if found == message { format!("{value:?}") } else { found };
    Err(Error::config(key, expected, found))
}

/// serde's message -> (what was expected, what was found), with the nearest name that exists.
fn explain(message: &str) -> (String, String) {
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let Some((&found, known)) = names.split_first() else {
        return ("settings as `ninefold config` prints them".to_string(), message.trim().to_string());
    };
    if message.starts_with("unknown field") {
        let hint = match elsewhere(found).filter(|_| !known.iter().any(|name| is_near(name, found))) {
            Some(section) => format!(" (`{found}` belongs to [{section}])"),
            None => suggestion(found, known),
        };
        return (format!("a known setting{hint}"), format!("`{found}`"));
    }
    if message.starts_with("unknown variant") {
        let near = known.iter().any(|name| is_near(name, found));
        let hint = if near { suggestion(found, known) } else { String::new() }; // the names stand there already
        return (format!("one of {}{hint}", known.join(", ")), format!("\"{found}\""));
    }
    ("a value of the right kind".to_string(), message.trim().to_string())
}

/// " (did you mean `hidden_size`?)", or all names when none is near.
fn suggestion(found: &str, known: &[&str]) -> String {
    let similarity = |name: &str| strsim::jaro_winkler(name, found);
    match known.iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b))) {
        Some(best) if is_near(best, found) => format!(" (did you mean `{best}`?)"),
        Some(_) => format!(" ({})", known.join(", ")),
        None => String::new(),
    }
}

fn is_near(name: &str, found: &str) -> bool {
    strsim::jaro_winkler(name, found) > 0.8
}

/// The settings of each section.
const SECTIONS: [(&str, &[&str]); 12] = [
    ("corpus", CorpusConfig::FIELD_NAMES),
    ("corpus.sample", SampleConfig::FIELD_NAMES),
    ("tokenizer", TokenizerConfig::FIELD_NAMES),
    ("vocab", VocabConfig::FIELD_NAMES),
    ("embedding", EmbeddingConfig::FIELD_NAMES),
    ("model", ModelConfig::FIELD_NAMES),
    ("pretraining", PretrainConfig::FIELD_NAMES),
    ("training", TrainConfig::FIELD_NAMES),
    ("baseline", BaselineConfig::FIELD_NAMES),
    ("statistics", StatisticsConfig::FIELD_NAMES),
    ("distill", DistillConfig::FIELD_NAMES),
    ("search", SearchConfig::FIELD_NAMES),
];

/// The section that has a setting of this name.
fn elsewhere(key: &str) -> Option<&'static str> {
    SECTIONS.into_iter().find(|(_, names)| names.contains(&key)).map(|(section, _)| section)
}

/// The settings of a section; none where there is no such section.
pub(crate) fn keys_of(section: &str) -> &'static [&'static str] {
    SECTIONS.into_iter().find(|(name, _)| *name == section).map_or(&[], |(_, keys)| keys)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

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
        assert_eq!(error, "my.toml:4: expected a known setting (did you mean `hidden_size`?), found `hiden_size`");
        let error = refusal("[training]\nhidden_size = 3\n");
        assert_eq!(
            error,
            "my.toml:2: expected a known setting (`hidden_size` belongs to [model]), found `hidden_size`"
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
        assert_eq!((config.training.epochs, config.training.batch_size, config.model.hidden_size), (7, 10, 128));
    }

    #[test]
    fn settings_are_numbers_words_and_lists() {
        let config = with(&[("models", "gru,rnn"), ("corpus.data", "a/b"), ("model.dropout", "0.25")]).unwrap();
        assert_eq!(config.models, [ninefold_nn::model::ModelKind::Gru, ninefold_nn::model::ModelKind::Rnn]);
        assert_eq!((config.corpus.data.as_str(), config.model.dropout), ("a/b", 0.25));
        let config = with(&[("models", "gru,swem"), ("model.pooling", "mean")]).unwrap();
        assert_eq!(config.model.pooling, Some(ninefold_nn::layers::Pooling::Mean));
        let config = with(&[("corpus.data", "20")]).unwrap();
        assert_eq!(config.corpus.data, "20");
        let error = with(&[("model.hidden", "3")]).unwrap_err().to_string();
        assert_eq!(error, "model.hidden: expected a known setting (did you mean `hidden_size`?), found `hidden`");
        let error = with(&[("model.hidden_size", "many")]).unwrap_err().to_string();
        assert!(error.starts_with("model.hidden_size: ") && error.contains("many"), "{error}");
        let error = with(&[("model.dropout", "1.5")]).unwrap_err().to_string();
        assert_eq!(error, "model.dropout: expected a share from 0 to below 1, found 1.5");
        let error = with(&[("models", "cnn"), ("model.filter_widths", "[3, 1000000000]")]).unwrap_err().to_string();
        assert_eq!(error, "model.filter_widths: expected at most training.max_len, 200, found 1000000000");
        let error = with(&[("models", "gru,swem"), ("model.pooling", "last")]).unwrap_err().to_string();
        assert_eq!(
            error,
            "model.pooling: expected a pooling without the last state, which swem does not have, found \"last\""
        );
    }
}
