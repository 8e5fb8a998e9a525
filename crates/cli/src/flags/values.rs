//! Parsers of flag values: names, which completions offer and errors list, and bounded numbers.

use std::ffi::OsStr;
use std::sync::LazyLock;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Command};
use ninefold::lab::{BaselineKind, Embedding};
use serde::de::value::{Error as NoValue, StrDeserializer};
use serde::de::{DeserializeOwned, Error as _, IntoDeserializer, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

/// A parser of one of several names.
#[derive(Clone)]
pub struct Choice<T> {
    names: Vec<&'static str>,
    value_of: fn(&str) -> Option<T>,
}

/// One of `names`, with the value that `value_of` gives it.
pub fn choice<T>(names: impl IntoIterator<Item = &'static str>, value_of: fn(&str) -> Option<T>) -> Choice<T> {
    Choice { names: names.into_iter().collect(), value_of }
}

/// A setting whose values are names: an enum, under the names that it has in config files.
pub fn setting<T: DeserializeOwned>() -> Choice<T> {
    choice(variants::<T>().iter().copied(), |name| {
        let name: StrDeserializer<NoValue> = name.into_deserializer();
        T::deserialize(name).ok()
    })
}

/// A baseline.
pub fn baseline() -> Choice<BaselineKind> {
    choice(BaselineKind::names().iter().copied(), BaselineKind::named)
}

impl<T: Clone + Send + Sync + 'static> Choice<T> {
    /// One of the names, or "none".
    pub fn or_none(self) -> impl TypedValueParser<Value = OrNone<T>> {
        let Choice { mut names, value_of } = self;
        names.push("none");
        PossibleValuesParser::new(names).map(move |name| value_of(&name).map_or(OrNone::None, OrNone::Some))
    }
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Choice<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, clap::Error> {
        // Tried first: a setting may accept more names than it lists, such as old ones.
        let known = value.to_str().and_then(|name| (self.value_of)(name.trim()));
        known.map_or_else(
            || {
                let name = PossibleValuesParser::new(&self.names).parse_ref(command, arg, value)?;
                (self.value_of)(&name).ok_or_else(|| clap::Error::new(clap::error::ErrorKind::InvalidValue))
            },
            Ok,
        )
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.names.iter().copied().map(PossibleValue::new)))
    }
}

/// An item of a list that can be empty: "none" is a list without items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrNone<T> {
    /// No item.
    None,
    /// An item.
    Some(T),
}

/// The items of such a list; `None` where "none" is beside others.
pub fn items<T: Clone>(list: &[OrNone<T>]) -> Option<Vec<T>> {
    match list {
        [OrNone::None] => Some(Vec::new()),
        several => several
            .iter()
            .map(|item| match item {
                OrNone::None => None,
                OrNone::Some(item) => Some(item.clone()),
            })
            .collect(),
    }
}

/// A parser of names of embeddings. Config files can declare more than the built-in ones, so every name is accepted here.
#[derive(Clone)]
pub struct EmbeddingParser;

impl TypedValueParser for EmbeddingParser {
    type Value = Embedding;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Embedding, clap::Error> {
        TypedValueParser::parse_ref(&(|name: &str| name.parse::<Embedding>()), command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        static BUILT_IN: LazyLock<Vec<Embedding>> = LazyLock::new(Embedding::built_in);
        Some(Box::new(BUILT_IN.iter().map(|embedding| PossibleValue::new(embedding.name()))))
    }
}

/// A whole number of at least 1.
pub fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a whole number of at least 1".to_string()),
        Ok(number) => Ok(number),
    }
}

/// A limit of time.
pub fn minutes(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|&number: &f64| number > 0.0 && number.is_finite());
    number.ok_or_else(|| "expected minutes, more than 0".to_string())
}

/// A number from 0 to 1.
pub fn fraction(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "expected a number from 0 to 1".to_string())
}

/// The names of an enum's variants in config files.
fn variants<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    let _ = T::deserialize(VariantNames(&mut names));
    names
}

/// Holds no value: writes down which names would be accepted.
struct VariantNames<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for VariantNames<'_> {
    type Error = NoValue;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, NoValue> {
        *self.0 = variants;
        Err(NoValue::custom("no value"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, NoValue> {
        Err(NoValue::custom("not an enum"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ninefold::nn::batch::Padding;
    use ninefold::nn::model::ModelKind;

    #[test]
    fn settings_have_the_names_of_config_files() {
        assert_eq!(variants::<Padding>(), ["exact", "trailing"]);
        assert_eq!(variants::<ModelKind>(), ModelKind::ALL.map(ModelKind::name));
        assert!(variants::<String>().is_empty());
    }

    #[test]
    fn none_is_an_empty_list_and_stands_alone() {
        use OrNone::{None, Some};
        assert_eq!(items::<u8>(&[None]), Option::Some(vec![]));
        assert_eq!(items(&[Some(1), Some(2)]), Option::Some(vec![1, 2]));
        assert_eq!(items(&[Some(1), None]), Option::None);
    }
}
