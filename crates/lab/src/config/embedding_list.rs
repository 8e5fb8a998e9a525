//! The setting `embedding`: the specs of a comparison, and everything that is laid over them.
//!
//! ```text
//! [[embedding]]  name, kind, window = 10   adds a spec, or changes the one of that name
//! [embedding]    window = 10               changes every spec that has such a setting (so does --set embedding.window=10)
//! [embedding.NAME]  window = 10            changes that one               (so does --set embedding.NAME.window=10)
//! ```
//!
//! In the second form GloVe's epochs and learning rate are `glove_epochs` and `glove_learning_rate`, and `glove` is "train", or
//! the file that the built-in spec `glove` is read from.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use toml::{Table, Value};

use crate::config::embedding::{BUILT_IN, built_in};
use crate::config::refusal::{near_sibling, unknown_setting};
use crate::{EmbeddingKind, EmbeddingSpec};
use ninefold_core::Auto;
use ninefold_core::error::{Error, Result};

/// The section's name.
pub(crate) const SECTION: &str = "embedding";
/// The setting of the section that says where the built-in spec of that name is from.
const GLOVE: &str = "glove";
/// The value with which it is trained.
const TRAIN: &str = "train";

/// What a setting of specs of a kind is called where it is set for all; `None` where it cannot be.
fn name_for_all(kind: &str, key: &'static str) -> Option<&'static str> {
    match (kind, key) {
        ("glove", "epochs") => Some("glove_epochs"),
        ("glove", "learning_rate") => Some("glove_learning_rate"),
        ("pretrained", "path") => None,
        _ => Some(key),
    }
}

/// Every setting that can be set for all specs that have it, in alphabetical order, and what each does.
pub(crate) fn names_for_all() -> (&'static [&'static str], &'static [&'static str]) {
    static FIELDS: LazyLock<(Vec<&str>, Vec<&str>)> = LazyLock::new(|| {
        let glove = "\"train\", or the file or name of the vectors that the embedding glove is read from.";
        let mut fields = BTreeMap::from([(GLOVE, glove)]);
        for kind in EmbeddingKind::NAMES {
            for (key, docs) in EmbeddingSpec::fields(kind) {
                name_for_all(kind, key).map(|name| fields.entry(name).or_insert(docs));
            }
        }
        fields.into_iter().unzip()
    });
    (&FIELDS.0, &FIELDS.1)
}

/// The setting of a spec that has this name where it is set for all.
fn own_key(spec: &EmbeddingSpec, name: &str) -> Option<&'static str> {
    let kind = spec.kind.name();
    let fields = EmbeddingSpec::fields(kind);
    fields.into_iter().map(|(key, _)| key).find(|key| name_for_all(kind, key) == Some(name))
}

/// Lays `[embedding]` or `[[embedding]]` over the specs.
///
/// # Errors
/// [`Error::InvalidValue`] with the key.
pub(crate) fn overlay(specs: &mut Vec<EmbeddingSpec>, upper: &Value) -> Result<()> {
    match upper {
        Value::Table(settings) => settings.iter().try_for_each(|(key, value)| set(specs, key, Some(value))),
        Value::Array(items) => {
            let mut seen: Vec<&str> = Vec::new();
            for item in items {
                let Some(name) = item.get("name").and_then(Value::as_str) else {
                    let expected = "in every [[embedding]] a name, such as name = \"w2v-wide\"";
                    return Err(Error::invalid_value("embedding.name", expected, format!("`{item}`")));
                };
                if seen.contains(&name) {
                    return Err(Error::invalid_value(
                        "embedding.name",
                        "another name for each [[embedding]]",
                        twice(name),
                    ));
                }
                seen.push(name);
                declare(specs, name, item.as_table().unwrap_or(&Table::new()))?;
            }
            Ok(())
        }
        other => {
            Err(Error::invalid_value(SECTION, "tables: [[embedding]] with a name and a kind, or [embedding]", other))
        }
    }
}

fn twice(name: &str) -> String {
    format!("\"{name}\" twice")
}

/// Sets `embedding.KEY` for every spec that has such a setting, or `embedding.NAME.KEY` for one; without a value it is the
/// default again.
///
/// # Errors
/// [`Error::InvalidValue`] with the key.
pub(crate) fn set(specs: &mut Vec<EmbeddingSpec>, key: &str, value: Option<&Value>) -> Result<()> {
    if let Some((name, key)) = key.split_once('.') {
        return match specs.iter_mut().find(|spec| spec.name == name) {
            Some(spec) => spec.set(&format!("{SECTION}.{name}.{key}"), key, value),
            None => Err(unknown(specs, name)),
        };
    }
    match value {
        Some(Value::Table(settings)) if specs.iter().any(|spec| spec.name == key) => declare(specs, key, settings),
        Some(Value::String(from)) if key == GLOVE => {
            if let Some(place) = specs.iter().position(|spec| spec.name == GLOVE) {
                specs[place] = glove(specs, &specs[place], from);
            }
            Ok(())
        }
        Some(value) if key == GLOVE => {
            Err(Error::invalid_value("embedding.glove", "\"train\", a name such as \"6B.100d\", or a path", value))
        }
        value => {
            if !names_for_all().0.contains(&key) {
                return Err(unknown(specs, key));
            }
            for spec in specs {
                if let Some(own) = own_key(spec, key) {
                    spec.set(&format!("{SECTION}.{key}"), own, value)?;
                }
            }
            Ok(())
        }
    }
}

/// The built-in spec `glove`, read from a file or trained. What is trained has the length and window of Word2Vec.
fn glove(specs: &[EmbeddingSpec], spec: &EmbeddingSpec, from: &str) -> EmbeddingSpec {
    if from != TRAIN {
        return spec.pretrained(from);
    }
    if matches!(spec.kind, EmbeddingKind::Glove(_)) {
        return spec.clone();
    }
    let like = specs.iter().find_map(|spec| match &spec.kind {
        EmbeddingKind::Word2vec(config) => Some((config.dim, config.window)),
        _ => None,
    });
    let (dim, window) = like.unwrap_or((100, 5));
    let kind = built_in(dim, window, Auto::Auto).into_iter().map(|spec| spec.kind).find(|kind| kind.name() == GLOVE);
    EmbeddingSpec { kind: kind.unwrap_or_else(|| spec.kind.clone()), ..spec.clone() }
}

/// Adds the spec of that name, or changes it.
fn declare(specs: &mut Vec<EmbeddingSpec>, name: &str, settings: &Table) -> Result<()> {
    let path = |key: &str| format!("{SECTION}.{name}.{key}");
    let existing = specs.iter().position(|spec| spec.name == name);
    let kind = match settings.get("kind") {
        Some(Value::String(kind)) => kind.as_str(),
        Some(other) => return Err(Error::invalid_value(path("kind"), kinds(), other)),
        None => match existing {
            Some(place) => specs[place].kind.name(),
            None => return Err(Error::invalid_value(path("kind"), kinds(), "none")),
        },
    };
    let mut spec = EmbeddingSpec { name: name.to_string(), ..base(specs, existing, kind, &path("kind"))? };
    for (key, value) in settings.iter().filter(|(key, _)| !["name", "kind"].contains(&key.as_str())) {
        spec.set(&path(key), key, Some(value))?;
    }
    match existing {
        Some(place) => specs[place] = spec,
        None => specs.push(spec),
    }
    Ok(())
}

fn kinds() -> String {
    format!("one of {}", EmbeddingKind::NAMES.join(", "))
}

/// What a declaration changes: the spec itself, or the built-in one of that kind, so that a preset's settings are those of every
/// spec.
fn base(specs: &[EmbeddingSpec], existing: Option<usize>, kind: &str, path: &str) -> Result<EmbeddingSpec> {
    let is_kind = |spec: &&EmbeddingSpec| spec.kind.name() == kind;
    let existing = existing.map(|place| &specs[place]);
    let built_in = specs.iter().find(|spec| BUILT_IN.contains(&spec.name.as_str()) && spec.name == kind);
    if let Some(spec) = existing.filter(is_kind).or(built_in.filter(is_kind)) {
        return Ok(spec.clone());
    }
    if let Some(spec) = built_in {
        return Ok(glove(specs, spec, TRAIN)); // the only one that may be of another kind than its name says
    }
    let found = format!("\"{kind}\"");
    let kind = EmbeddingKind::new(kind, Table::new()).map_err(|_| Error::invalid_value(path, kinds(), found))?;
    Ok(match existing.or(specs.first()) {
        Some(spec) => EmbeddingSpec { kind, ..spec.clone() },
        None => EmbeddingSpec::new("", kind),
    })
}

/// What is said about a key that is neither a setting nor the name of a spec.
fn unknown(specs: &[EmbeddingSpec], key: &str) -> Error {
    let names = specs.iter().map(|spec| spec.name.as_str());
    let known: Vec<&str> = names_for_all().0.iter().copied().chain(names).collect();
    let path = format!("{SECTION}.{key}");
    unknown_setting(&path, near_sibling(&path, key, &known))
}

/// How the setting of a spec is written in a config file: those of built-in specs as if they were set for all.
pub(crate) fn written_key(spec: &EmbeddingSpec, key: &str) -> String {
    let fields = EmbeddingSpec::fields(spec.kind.name());
    let field = fields.into_iter().map(|(name, _)| name).find(|name| *name == key);
    match field.and_then(|key| name_for_all(spec.kind.name(), key)) {
        Some(name) if BUILT_IN.contains(&spec.name.as_str()) => format!("{SECTION}.{name}"),
        _ => format!("{SECTION}.{}.{key}", spec.name),
    }
}

/// A value in a sentence; of a whole spec its kind, or the file that it is read from.
pub(crate) fn described(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Table(spec)) => described(spec.get("path").or(spec.get("kind"))),
        Some(other) => other.to_string(),
    }
}

/// A setting in which two lists of specs differ.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    /// `embedding.KEY` where every spec that has it differs in the same way, else `embedding.NAME.KEY`.
    pub(crate) key: String,
    /// Its value in one list and in the other.
    pub(crate) values: [Option<Value>; 2],
}

/// The settings in which specs of the same name differ. Specs that only one list has are left out.
///
/// # Errors
/// Those of [`EmbeddingSpec::to_table`].
pub(crate) fn changes(a: &[EmbeddingSpec], b: &[EmbeddingSpec]) -> Result<Vec<Change>> {
    let mut changes: Vec<Change> = Vec::new();
    let both = || a.iter().filter_map(|a| Some((a, b.iter().find(|b| b.name == a.name)?)));
    // By the name that a setting has for all: the values of each spec that has it, of one kind in both lists.
    for name in names_for_all().0 {
        let mut of_specs = Vec::new();
        for (a, b) in both().filter(|(a, b)| a.kind.name() == b.kind.name()) {
            if let Some(key) = own_key(a, name) {
                of_specs.push((a.name.as_str(), key, [a.get(key)?, b.get(key)?]));
            }
        }
        let Some((_, _, first)) = of_specs.first() else { continue };
        if of_specs.iter().all(|(_, _, values)| values == first) {
            if first[0] != first[1] {
                changes.push(Change { key: format!("{SECTION}.{name}"), values: first.clone() });
            }
            continue;
        }
        let differing = of_specs.into_iter().filter(|(_, _, [a, b])| a != b);
        changes.extend(differing.map(|(spec, key, values)| Change { key: format!("{SECTION}.{spec}.{key}"), values }));
    }
    for (a, b) in both() {
        if a.kind.name() != b.kind.name() {
            let values = [Some(Value::Table(a.to_table()?)), Some(Value::Table(b.to_table()?))];
            changes.push(Change { key: format!("{SECTION}.{}", a.name), values });
        } else if let (EmbeddingKind::Pretrained(from), EmbeddingKind::Pretrained(to)) = (&a.kind, &b.kind)
            && from.path != to.path
        {
            let values = [from, to].map(|config| Some(Value::from(config.path.as_str())));
            changes.push(Change { key: format!("{SECTION}.{}.path", a.name), values });
        }
    }
    Ok(changes)
}

/// The same list as a value with something changed.
///
/// # Errors
/// Those of the change.
pub(crate) fn changed(value: &Value, change: impl FnOnce(&mut Vec<EmbeddingSpec>) -> Result<()>) -> Result<Value> {
    let mut specs = from_value(value)?;
    change(&mut specs)?;
    to_value(&specs)
}

/// The specs as the tables of `[[embedding]]`.
///
/// # Errors
/// Those of [`EmbeddingSpec::to_table`].
pub(crate) fn to_value(specs: &[EmbeddingSpec]) -> Result<Value> {
    Ok(Value::Array(specs.iter().map(|spec| spec.to_table().map(Value::Table)).collect::<Result<_>>()?))
}

/// The specs that a value declares beside the built-in ones, or changes of those.
///
/// # Errors
/// [`Error::InvalidValue`] with the key.
pub(crate) fn from_value(value: &Value) -> Result<Vec<EmbeddingSpec>> {
    let mut specs = crate::Config::default().embedding;
    overlay(&mut specs, value)?;
    Ok(specs)
}

pub(crate) fn serialize<S: Serializer>(specs: &[EmbeddingSpec], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    to_value(specs).map_err(S::Error::custom)?.serialize(serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Vec<EmbeddingSpec>, D::Error> {
    from_value(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Config;

    /// The default specs with a section of a file laid over them.
    fn with(text: &str) -> Result<Vec<EmbeddingSpec>> {
        let table: Table = toml::from_str(text).unwrap();
        from_value(&table[SECTION])
    }

    fn value(specs: &[EmbeddingSpec], name: &str, key: &str) -> Option<Value> {
        specs.iter().find(|spec| spec.name == name).unwrap().get(key).unwrap()
    }

    fn refusal(text: &str) -> String {
        with(text).unwrap_err().to_string()
    }

    #[test]
    fn a_setting_of_the_section_is_one_of_every_spec_that_has_it() {
        let specs = with("[embedding]\nwindow = 3\nepochs = 4\nglove_epochs = 7\nmin_n = 2").unwrap();
        for name in BUILT_IN {
            assert_eq!(value(&specs, name, "window"), Some(Value::Integer(3)), "{name}");
            let epochs = if name == "glove" { 7 } else { 4 };
            assert_eq!(value(&specs, name, "epochs"), Some(Value::Integer(epochs)), "{name}");
        }
        assert_eq!(value(&specs, "fasttext", "min_n"), Some(Value::Integer(2)));
        let specs = with("[embedding]\ndim = 50\nglove = \"6B.50d\"\n[embedding.word2vec]\nwindow = 3").unwrap();
        assert_eq!(value(&specs, "glove", "kind"), Some(Value::from("pretrained")));
        assert_eq!(value(&specs, "glove", "dim"), None, "the file has its own dimension");
        assert_eq!(value(&specs, "fasttext", "window"), Some(Value::Integer(10)));
        assert_eq!(value(&specs, "word2vec", "window"), Some(Value::Integer(3)));
    }

    #[test]
    fn a_declared_spec_begins_with_the_settings_of_the_built_in_one_of_its_kind() {
        let mut specs = crate::preset("round2").unwrap().embedding;
        let text = "[[embedding]]\nname = \"wide\"\nkind = \"word2vec\"\nwindow = 30\n[[embedding]]\nname = \"fasttext\"\nmax_n = 4";
        overlay(&mut specs, &toml::from_str::<Table>(text).unwrap()[SECTION]).unwrap();
        let names: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
        assert_eq!(names, ["word2vec", "fasttext", "glove", "wide"]);
        assert_eq!(
            [value(&specs, "wide", "dim"), value(&specs, "wide", "window")],
            [200, 30].map(|n| Some(Value::Integer(n)))
        );
        assert_eq!(value(&specs, "fasttext", "max_n"), Some(Value::Integer(4)));
        set(&mut specs, "wide.window", Some(&Value::Integer(5))).unwrap();
        set(&mut specs, "dim", Some(&Value::Integer(7))).unwrap();
        assert_eq!(
            [value(&specs, "wide", "dim"), value(&specs, "wide", "window")],
            [7, 5].map(|n| Some(Value::Integer(n)))
        );
    }

    #[test]
    fn what_is_declared_wrongly_is_named() {
        assert_eq!(
            refusal("[embedding]\nwindw = 3"),
            "embedding.windw: no such setting (did you mean `embedding.window`?)"
        );
        assert!(refusal("[embedding]\nwindow = \"wide\"").starts_with("embedding.window: expected a whole number"));
        assert!(refusal("[embedding]\nseed = 3").starts_with("embedding.seed: no such setting"));
        assert!(
            refusal("[[embedding]]\nkind = \"glove\"")
                .starts_with("embedding.name: expected in every [[embedding]] a name")
        );
        assert_eq!(
            refusal("[[embedding]]\nname = \"wide\""),
            "embedding.wide.kind: expected one of word2vec, fasttext, glove, pretrained, found none"
        );
        assert!(refusal("[[embedding]]\nname = \"wide\"\nkind = \"elmo\"").ends_with("found \"elmo\""));
        let both = "[[embedding]]\nname = \"a\"\nkind = \"glove\"\n";
        assert_eq!(
            refusal(&both.repeat(2)),
            "embedding.name: expected another name for each [[embedding]], found \"a\" twice"
        );
        let error = refusal("[[embedding]]\nname = \"a\"\nkind = \"glove\"\nmin_n = 2");
        assert!(error.starts_with("embedding.a.min_n: no such setting"), "{error}");
        let mut config = Config { embeddings: vec!["word2vec+fastext".parse().unwrap()], ..Config::default() };
        assert_eq!(
            config.validate().unwrap_err().to_string(),
            "embeddings: expected names of embeddings: word2vec, fasttext, glove (did you mean `fasttext`?), found \"fastext\""
        );
        config.embedding = with("[[embedding]]\nname = \"a/b\"\nkind = \"glove\"").unwrap();
        assert!(config.validate().unwrap_err().to_string().contains("found \"a/b\""));
        config.embedding = with("[embedding]\nglove_epochs = 0").unwrap();
        assert_eq!(config.validate().unwrap_err().to_string(), "embedding.glove_epochs: expected at least 1, found 0");
    }

    #[test]
    fn what_differs_is_named_as_it_would_be_set() {
        let (a, mut b) = (Config::default().embedding, Config::default().embedding);
        set(&mut b, "window", Some(&Value::Integer(3))).unwrap();
        set(&mut b, "glove_epochs", Some(&Value::Integer(3))).unwrap();
        set(&mut b, "fasttext.dim", Some(&Value::Integer(7))).unwrap();
        set(&mut b, "glove", Some(&Value::from("6B.50d"))).unwrap();
        let found = changes(&a, &b).unwrap();
        let said: Vec<[String; 3]> = found
            .iter()
            .map(|change| {
                [change.key.clone(), described(change.values[0].as_ref()), described(change.values[1].as_ref())]
            })
            .collect();
        let said: Vec<[&str; 3]> = said.iter().map(|said| said.each_ref().map(String::as_str)).collect();
        let expected = [
            ["embedding.fasttext.dim", "100", "7"],
            ["embedding.window", "10", "3"],
            ["embedding.glove", "glove", "6B.50d"],
        ];
        assert_eq!(said, expected);
        let mut back = a.clone();
        for change in found {
            set(&mut back, change.key.strip_prefix("embedding.").unwrap(), change.values[1].as_ref()).unwrap();
        }
        assert_eq!(back, b);
    }
}
