//! `config.json` of a saved model of any kind: written with a checksum of itself, read with every key checked.
//!
//! *takes* a config -> *gives* the file, and back. The checksums of the other files are in the config, so its own checksum
//! covers the whole model. It is the SHA-256 of the file's bytes with an empty string in place of the checksum.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::checksum::read_checked;
use super::kind::{Kind, kind};
use super::{BundleConfig, CONFIG, EnsembleConfig, FORMAT_VERSION, LinearConfig, foreign, sha256};
use ninefold_core::error::{Error, Location, Result};
use ninefold_core::files::{read_text, write_atomically};
use ninefold_metrics::decision::Decision;

/// Keys that models of [`FORMAT_VERSION`] may lack, because they were added after the first such model was saved.
const ADDED_LATER: &[&str] = &["tokenizer.symbols", "tokenizer.num_subwords", "tokenizer.normalization"];

/// The type of a `config.json`.
pub(super) trait ConfigFile: Serialize + DeserializeOwned {
    /// Checksums by file name, `config.json` itself included.
    fn checksums(&mut self) -> &mut BTreeMap<String, String>;

    /// How probabilities become answers.
    fn decision(&mut self) -> &mut Option<Decision>;

    /// Turns a config of version 1 into one of today's version.
    fn migrated(config: Value) -> Value;
}

/// Fills in the config's own checksum and writes the file.
pub(super) fn write(folder: &Path, config: &mut impl ConfigFile) -> Result<()> {
    let path = folder.join(CONFIG);
    config.checksums().insert(CONFIG.to_string(), String::new());
    let blank = to_text(config)?;
    config.checksums().insert(CONFIG.to_string(), sha256(blank.as_bytes()));
    let text = to_text(config)?;
    write_atomically(&path, |out| std::io::Write::write_all(out, text.as_bytes()))
}

fn to_text(config: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(config);
    Ok(text.map_err(|error| Error::data(format!("the model cannot be saved: {error}")))? + "\n")
}

/// From now on the model in `folder` answers by `decision`; without one, by the most probable class.
///
/// # Errors
/// [`Error::Io`] and [`Error::Format`] as for reading the model, [`Error::Format`] for a decision about other classes.
pub fn set_decision(folder: &Path, decision: Option<&Decision>) -> Result<()> {
    fn set<T: ConfigFile>(folder: &Path, decision: Option<&Decision>) -> Result<()> {
        let mut config: T = read(folder)?;
        *config.decision() = decision.cloned();
        write(folder, &mut config)
    }
    match kind(folder) {
        Kind::Network => set::<BundleConfig>(folder, decision),
        Kind::Linear => set::<LinearConfig>(folder, decision),
        Kind::Ensemble => set::<EnsembleConfig>(folder, decision),
    }
}

/// That the files of the model in `folder` are as they were written. Those of an ensemble's members are not looked at.
///
/// # Errors
/// [`Error::Io`]; [`Error::Format`] and [`Error::Checksum`] name the file that is damaged.
pub fn check(folder: &Path) -> Result<()> {
    fn check<T: ConfigFile>(folder: &Path) -> Result<()> {
        let mut config: T = read(folder)?;
        let mut others = config.checksums().iter().filter(|(name, _)| *name != CONFIG);
        others.try_for_each(|(name, checksum)| match folder.join(name) {
            path if path.is_file() => read_checked(&path, Some(checksum)).map(drop),
            path => Err(Error::format(path, "a file of the model", "none")),
        })
    }
    match kind(folder) {
        Kind::Network => check::<BundleConfig>(folder),
        Kind::Linear => check::<LinearConfig>(folder),
        Kind::Ensemble => check::<EnsembleConfig>(folder),
    }
}

/// Gives the `config.json` of a model a valid checksum again, after a deliberate edit.
///
/// # Errors
/// [`Error::Io`] when it cannot be read or written, [`Error::Format`] when it is not JSON.
pub fn renew_checksum(folder: &Path) -> Result<()> {
    let path = folder.join(CONFIG);
    let text = read_text("read", &path)?;
    let value = parsed(&text, &path)?;
    let Some(found) = own_checksum(&value) else { return Ok(()) };
    let blank = text.replacen(&entry(found), &entry(""), 1);
    let text = blank.replacen(&entry(""), &entry(&sha256(blank.as_bytes())), 1);
    write_atomically(&path, |out| std::io::Write::write_all(out, text.as_bytes()))
}

/// Reads `config.json` in today's form. The version is checked first, so that a newer form is named as such.
pub(super) fn read<T: ConfigFile>(folder: &Path) -> Result<T> {
    let path = folder.join(CONFIG);
    if !path.is_file() {
        return Err(foreign(folder, "no such file"));
    }
    let text = read_text("read", &path)?;
    let value = parsed(&text, &path)?;
    let Some(version) = value.get("format_version").and_then(Value::as_u64) else {
        return Err(foreign(folder, "JSON without format_version"));
    };
    if version > u64::from(FORMAT_VERSION) {
        let expected = format!("format_version {FORMAT_VERSION} or less (a newer ninefold reads newer ones)");
        return Err(Error::format(path, expected, version.to_string()));
    }
    check_own_checksum(&text, &value, &path, version)?;
    if version < u64::from(FORMAT_VERSION) {
        let refused =
            |error: serde_json::Error| Error::format(&path, "a config.json of format_version 1", error.to_string());
        return serde_json::from_value(T::migrated(value)).map_err(refused);
    }
    let config: T = serde_json::from_str(&text).map_err(refused_json(&path))?;
    let complete = serde_json::to_value(&config).map_err(refused_json(&path))?;
    match missing_key(&complete, &value, "") {
        Some(key) => {
            Err(Error::format(&path, format!("the key `{key}` of format_version {version}"), "no key of that name"))
        }
        None => Ok(config),
    }
}

fn parsed(text: &str, path: &Path) -> Result<Value> {
    serde_json::from_str(text).map_err(refused_json(path))
}

fn refused_json(path: &Path) -> impl FnOnce(serde_json::Error) -> Error + use<> {
    let path = path.to_path_buf();
    move |error| Error::parse(Location::line(path, error.line()), "JSON as ninefold writes it")(error)
}

/// The format version since which a config holds a checksum of itself.
const CHECKSUM_SINCE: u64 = 2;

/// The checksum of itself that a config holds. Models of before [`CHECKSUM_SINCE`] lack it.
fn own_checksum(config: &Value) -> Option<&str> {
    config.get("sha256")?.get(CONFIG)?.as_str()
}

fn entry(checksum: &str) -> String {
    format!("\"{CONFIG}\": \"{checksum}\"")
}

fn check_own_checksum(text: &str, config: &Value, path: &Path, version: u64) -> Result<()> {
    let Some(expected) = own_checksum(config) else {
        if version < CHECKSUM_SINCE {
            return Ok(());
        }
        let place = Location::from(path).entry(format!("sha256.\"{CONFIG}\""));
        let expected = format!("the checksum of {CONFIG}, which every model of format_version {version} has");
        return Err(Error::format(place, expected, "none: the file was altered (save the model again)"));
    };
    let found = sha256(text.replacen(&entry(expected), &entry(""), 1).as_bytes());
    if found == expected {
        return Ok(());
    }
    Err(Error::Checksum { path: path.to_path_buf(), expected: expected.to_string(), found })
}

/// The first key of `complete` that `given` lacks, with the keys above it: `model.network.shared.dropout`.
fn missing_key(complete: &Value, given: &Value, above: &str) -> Option<String> {
    let (complete, given) = (complete.as_object()?, given.as_object()?);
    complete.iter().find_map(|(key, value)| {
        let path = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        match given.get(key) {
            Some(given) => missing_key(value, given, &path),
            None => (!ADDED_LATER.contains(&path.as_str())).then_some(path),
        }
    })
}

/// Refuses checksums of files that a model of this kind does not have.
pub(super) fn check_file_names(checksums: &BTreeMap<String, String>, known: &[&str], folder: &Path) -> Result<()> {
    match checksums.keys().find(|name| *name != CONFIG && !known.contains(&name.as_str())) {
        Some(name) => {
            let expected = format!("checksums of {CONFIG}, {}", known.join(", "));
            Err(Error::format(folder.join(CONFIG), expected, format!("one of {name:?}")))
        }
        None => Ok(()),
    }
}
