//! Where two settings differ: the protocols of two runs, or their configs.

use serde::Serialize;
use serde_json::{Map, Value};

/// One setting that has two values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The setting, nested ones with a dot: "texts.test".
    pub key: String,
    /// Its value in A; empty when A does not have it.
    pub a: String,
    /// Its value in B; empty when B does not have it.
    pub b: String,
}

/// Where two settings, as JSON, differ: protocols, or the configs of two runs.
pub fn differences(a: &Value, b: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", a, b, &mut found);
    found
}

fn compare(key: &str, a: &Value, b: &Value, found: &mut Vec<Difference>) {
    let empty = Map::new();
    match (a, b) {
        (Value::Object(_), Value::Object(_) | Value::Null) | (Value::Null, Value::Object(_)) => {
            let (a, b) = (a.as_object().unwrap_or(&empty), b.as_object().unwrap_or(&empty));
            for name in a.keys().chain(b.keys().filter(|name| !a.contains_key(*name))) {
                let nested = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                let of = |map: &Map<String, Value>| map.get(name).cloned().unwrap_or_default();
                compare(&nested, &of(a), &of(b), found);
            }
        }
        _ if a != b => found.push(Difference { key: key.to_owned(), a: plain(a), b: plain(b) }),
        _ => {}
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_compared_by_key() {
        let a = serde_json::json!({"train": {"epochs": 20, "seed": 0}, "window": 5});
        let b = serde_json::json!({"train": {"epochs": 10, "seed": 0}, "window": 5, "glove": {"x_max": 100}});
        let found: Vec<String> =
            differences(&a, &b).iter().map(|d| format!("{}: {:?} {:?}", d.key, d.a, d.b)).collect();
        assert_eq!(found, ["train.epochs: \"20\" \"10\"", "glove.x_max: \"\" \"100\""]);
    }
}
