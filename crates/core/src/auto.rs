//! Settings that the program chooses from the texts unless somebody gives them.

use std::fmt::{self, Display, Formatter};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{self, IntoDeserializer, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A setting that may be left to the program: "auto" in files and flags, or a value.
///
/// # Examples
/// ```
/// use ninefold_core::Auto;
///
/// assert_eq!("auto".parse(), Ok(Auto::<usize>::Auto));
/// assert_eq!("200".parse(), Ok(Auto::Value(200_usize)));
/// assert_eq!(Auto::Auto.or(200), 200);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auto<T> {
    /// Chosen from the texts.
    #[default]
    Auto,
    /// As somebody wants it.
    Value(T),
}

const NAME: &str = "auto";

impl<T> From<T> for Auto<T> {
    fn from(value: T) -> Auto<T> {
        Auto::Value(value)
    }
}

impl<T: Copy> Auto<T> {
    /// The value, or `chosen` where it is left to the program.
    pub fn or(self, chosen: T) -> T {
        match self {
            Auto::Auto => chosen,
            Auto::Value(value) => value,
        }
    }
}

impl<T> Auto<T> {
    /// True where the setting is left to the program.
    pub fn is_auto(&self) -> bool {
        matches!(self, Auto::Auto)
    }
}

impl<T: Display> Display for Auto<T> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Auto::Auto => out.write_str(NAME),
            Auto::Value(value) => value.fmt(out),
        }
    }
}

impl<T: FromStr> FromStr for Auto<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Auto<T>, T::Err> {
        if text == NAME { Ok(Auto::Auto) } else { text.parse().map(Auto::Value) }
    }
}

impl<T: Serialize> Serialize for Auto<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Auto::Auto => NAME.serialize(serializer),
            Auto::Value(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Auto<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Auto<T>, D::Error> {
        deserializer.deserialize_any(AutoVisitor(PhantomData))
    }
}

/// Reads the name; everything else is left to the value's own type, so that its errors stay.
struct AutoVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for AutoVisitor<T> {
    type Value = Auto<T>;

    fn expecting(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "\"{NAME}\" or a value")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Auto<T>, E> {
        if text == NAME { Ok(Auto::Auto) } else { T::deserialize(text.into_deserializer()).map(Auto::Value) }
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Auto<T>, E> {
        T::deserialize(value.into_deserializer()).map(Auto::Value)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Auto<T>, E> {
        T::deserialize(value.into_deserializer()).map(Auto::Value)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Auto<T>, E> {
        T::deserialize(value.into_deserializer()).map(Auto::Value)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Auto<T>, E> {
        T::deserialize(value.into_deserializer()).map(Auto::Value)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn auto_and_values_are_written_and_read() {
        for (setting, written) in [(Auto::Auto, "\"auto\""), (Auto::Value(300_usize), "300")] {
            assert_eq!(serde_json::to_string(&setting).unwrap(), written);
            assert_eq!(serde_json::from_str::<Auto<usize>>(written).unwrap(), setting);
        }
        let error = serde_json::from_str::<Auto<usize>>("\"often\"").unwrap_err().to_string();
        assert!(error.contains("invalid type: string \"often\", expected usize"), "{error}");
        assert!(serde_json::from_str::<Auto<usize>>("-3").is_err());
    }
}
