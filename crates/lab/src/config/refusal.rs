//! Settings out of TOML values, with an error that keeps its parts: which key is unknown, which names exist, what was expected.
//!
//! *takes* a [`Value`] -> *gives* the settings, or a [`Refusal`]. serde hands the parts to the error type; its own error types make
//! English sentences of them, out of which no part can be taken back reliably.

use std::fmt::{self, Display};

use serde::de::value::{MapDeserializer, SeqDeserializer, StringDeserializer};
use serde::de::{self, DeserializeOwned, Deserializer, Error as _, Expected, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use toml::{Table, Value};

use ninefold_core::error::Error;
use ninefold_core::phrasing::{did_you_mean, nearest};

/// Why a value is none of a setting.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Refusal {
    /// A section has no setting of that name.
    UnknownKey {
        /// The name.
        name: String,
        /// Those that it has.
        known: &'static [&'static str],
    },
    /// A setting that is one of several names has another.
    UnknownName {
        /// The name.
        name: String,
        /// Those that it may have.
        known: &'static [&'static str],
    },
    /// A value of another type.
    Type {
        /// What the setting may be.
        expected: String,
        /// The value given.
        found: String,
    },
    /// A value of the right type that the setting cannot have.
    Value {
        /// What the setting may be.
        expected: String,
        /// The value given.
        found: String,
    },
    /// What the type of the setting says of a value, in words of its own.
    Other(String),
}

impl Refusal {
    /// What was expected, and what was found.
    pub(crate) fn explain(&self) -> (String, String) {
        match self {
            Refusal::UnknownKey { name, .. } => ("a known setting".to_string(), format!("`{name}`")),
            Refusal::UnknownName { name, known } => {
                // All names stand there already: only a slip is worth a hint.
                let hint = did_you_mean(nearest(name, known));
                (format!("one of {}{hint}", known.join(", ")), format!("\"{name}\""))
            }
            Refusal::Type { expected, found } | Refusal::Value { expected, found } => (expected.clone(), found.clone()),
            Refusal::Other(message) => ("a value of the right kind".to_string(), message.clone()),
        }
    }

    /// Whether the value has the type of the setting, so that the refusal says more than that of another type would.
    pub(crate) fn is_of_right_type(&self) -> bool {
        matches!(self, Refusal::UnknownName { .. } | Refusal::Value { .. })
    }

    /// The error about the setting `key`; `suggestion`: the setting that was meant, where none has that name.
    pub(crate) fn into_error(self, key: &str, suggestion: Option<String>) -> Error {
        match self {
            Refusal::UnknownKey { .. } => unknown_setting(key, suggestion),
            refusal => {
                let (expected, found) = refusal.explain();
                Error::invalid_value(key, expected, found)
            }
        }
    }
}

/// What is said about a setting that does not exist.
pub(crate) fn unknown_setting(key: &str, suggestion: Option<String>) -> Error {
    Error::UnknownKey { key: key.to_string(), what: "setting", suggestion }
}

/// The one of `known` that is nearly `name`, written out as the sibling of `key`: `embedding.window` for `embedding.windw`.
pub(crate) fn near_sibling(key: &str, name: &str, known: &[&str]) -> Option<String> {
    nearest(name, known).map(|near| match key.rsplit_once('.') {
        Some((section, _)) => format!("{section}.{near}"),
        None => near.to_string(),
    })
}

impl Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (expected, found) = self.explain();
        write!(out, "expected {expected}, found {found}")
    }
}

impl std::error::Error for Refusal {}

impl de::Error for Refusal {
    fn custom<T: Display>(message: T) -> Refusal {
        Refusal::Other(message.to_string())
    }

    fn invalid_type(found: Unexpected, expected: &dyn Expected) -> Refusal {
        Refusal::Type { expected: in_words(expected), found: shown(found) }
    }

    fn invalid_value(found: Unexpected, expected: &dyn Expected) -> Refusal {
        Refusal::Value { expected: in_words(expected), found: shown(found) }
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Refusal {
        Refusal::Value { expected: in_words(expected), found: format!("a list of {length}") }
    }

    fn unknown_variant(name: &str, known: &'static [&'static str]) -> Refusal {
        Refusal::UnknownName { name: name.to_string(), known }
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Refusal {
        Refusal::UnknownKey { name: name.to_string(), known }
    }
}

/// The name of a type of numbers as a user would put it; what other types expect is in words already.
fn in_words(expected: &dyn Expected) -> String {
    match expected.to_string().as_str() {
        "usize" | "u64" | "u32" => "a whole number, 0 or more".to_string(),
        "f64" => "a number".to_string(),
        words => words.to_string(),
    }
}

/// A value as TOML writes it; of a list or table only that it is one.
fn shown(found: Unexpected) -> String {
    match found {
        Unexpected::Bool(value) => value.to_string(),
        Unexpected::Unsigned(number) => number.to_string(),
        Unexpected::Signed(number) => number.to_string(),
        Unexpected::Float(number) => number.to_string(),
        Unexpected::Str(text) => format!("{text:?}"),
        Unexpected::Seq => "a list".to_string(),
        Unexpected::Map => "a table".to_string(),
        other => other.to_string(),
    }
}

/// A value that settings are read from.
pub(crate) struct Setting(pub(crate) Value);

impl Setting {
    /// The settings of a table.
    pub(crate) fn of(table: Table) -> Setting {
        Setting(Value::Table(table))
    }

    /// Reads a value of one type.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<T, Refusal> {
        T::deserialize(self)
    }

    fn refused<T>(&self, expected: &str) -> Result<T, Refusal> {
        let found = match &self.0 {
            Value::String(text) => Unexpected::Str(text),
            Value::Integer(number) => Unexpected::Signed(*number),
            Value::Float(number) => Unexpected::Float(*number),
            Value::Boolean(value) => Unexpected::Bool(*value),
            Value::Datetime(_) => Unexpected::Other("a date or time"),
            Value::Array(_) => Unexpected::Seq,
            Value::Table(_) => Unexpected::Map,
        };
        Err(Refusal::invalid_type(found, &expected))
    }
}

impl IntoDeserializer<'_, Refusal> for Setting {
    type Deserializer = Setting;

    fn into_deserializer(self) -> Setting {
        self
    }
}

/// What a whole section is.
const SETTINGS: &str = "settings, as `ninefold config` prints them";

impl<'de> Deserializer<'de> for Setting {
    type Error = Refusal;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.0 {
            Value::String(text) => visitor.visit_string(text),
            Value::Integer(number) => visitor.visit_i64(number),
            Value::Float(number) => visitor.visit_f64(number),
            Value::Boolean(value) => visitor.visit_bool(value),
            Value::Datetime(_) => self.refused("a string, a number, true or false, a list or a table"),
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter().map(Setting))),
            Value::Table(table) => {
                visitor.visit_map(MapDeserializer::new(table.into_iter().map(|(key, value)| (key, Setting(value)))))
            }
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        if self.0.is_bool() { self.deserialize_any(visitor) } else { self.refused("true or false") }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        if self.0.is_array() { self.deserialize_any(visitor) } else { self.refused("a list") }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        if self.0.is_table() { self.deserialize_any(visitor) } else { self.refused(SETTINGS) }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(StringDeserializer::new(name)),
            _ => self.refused(&format!("one of {}", variants.join(", "))),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple tuple_struct
        identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Config;

    fn refusal(key: &str, value: impl Into<Value>) -> Refusal {
        let table = Table::from_iter([(key.to_string(), value.into())]);
        Setting::of(table).read::<Config>().unwrap_err()
    }

    #[test]
    fn refusal_keeps_the_parts_of_what_is_wrong() {
        assert!(
            matches!(refusal("modle", 1), Refusal::UnknownKey { name, known } if name == "modle" && known.contains(&"model"))
        );
        assert!(
            matches!(refusal("refit", "some"), Refusal::UnknownName { name, known } if name == "some" && known == ["none", "baselines", "all"])
        );
        let other_type = |expected: &str, found: &str| Refusal::Type { expected: expected.into(), found: found.into() };
        assert_eq!(refusal("seed", "one"), other_type("a whole number, 0 or more", "\"one\""));
        assert_eq!(refusal("models", "gru"), other_type("a list", "\"gru\""));
        assert_eq!(refusal("corpus", 3), other_type(SETTINGS, "3"));
        assert_eq!(refusal("refit", 3), other_type("one of none, baselines, all", "3"));
        let negative = Refusal::Value { expected: "a whole number, 0 or more".into(), found: "-1".into() };
        assert_eq!(refusal("seed", -1), negative);
    }

    #[test]
    fn settings_read_as_toml_reads_them() {
        let table = crate::config::resolve::to_table(&Config::default()).unwrap();
        assert_eq!(Setting::of(table.clone()).read::<Config>().unwrap(), table.try_into::<Config>().unwrap());
    }
}
