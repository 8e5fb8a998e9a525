//! Settings that are lists, of which a list of one may be written without brackets: `#[serde(deserialize_with = "one_or_many")]`.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, IntoDeserializer, SeqAccess, Visitor};

/// Reads a list, or one item in its place.
///
/// # Errors
/// Those of the items' type.
///
/// # Examples
/// ```
/// #[derive(serde::Deserialize)]
/// struct Settings {
///     #[serde(deserialize_with = "ninefold_core::one_or_many")]
///     min_df: Vec<usize>,
/// }
///
/// let settings: Settings = serde_json::from_str(r#"{ "min_df": 2 }"#)?;
/// assert_eq!(settings.min_df, [2]);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn one_or_many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(OneOrMany(PhantomData))
}

/// Everything but a list is left to the items' own type, so that its errors stay.
struct OneOrMany<T>(PhantomData<T>);

fn one<'de, E: de::Error, T: Deserialize<'de>>(value: impl IntoDeserializer<'de, E>) -> Result<Vec<T>, E> {
    T::deserialize(value.into_deserializer()).map(|one| vec![one])
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrMany<T> {
    type Value = Vec<T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value or a list of values")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<T>, E> {
        one(text)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Vec<T>, E> {
        one(value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Vec<T>, E> {
        one(value)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Vec<T>, E> {
        one(value)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Vec<T>, E> {
        one(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read<T: for<'de> Deserialize<'de>>(text: &str) -> Result<Vec<T>, String> {
        one_or_many(&mut serde_json::Deserializer::from_str(text)).map_err(|error| error.to_string())
    }

    #[test]
    fn one_item_is_a_list_of_one() {
        assert_eq!(read::<String>("\"body\""), Ok(vec!["body".to_string()]));
        assert_eq!(read::<usize>("[1, 2]"), Ok(vec![1, 2]));
        assert_eq!(read::<f64>("0.5"), Ok(vec![0.5]));
        assert_eq!(read::<usize>("[]"), Ok(vec![]));
    }

    #[test]
    fn item_of_another_type_is_refused() {
        assert!(read::<usize>("\"many\"").unwrap_err().contains("\"many\""));
        assert!(read::<String>("[1]").unwrap_err().contains("a string"));
        assert!(read::<usize>("{}").unwrap_err().contains("a value or a list of values"));
    }
}
