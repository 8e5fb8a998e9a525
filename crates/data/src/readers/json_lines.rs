//! JSON lines, one object per line, and files that are one array of objects.
//!
//! Takes the text of a file -> gives its rows. Text and label are found among the keys of the first object, as columns
//! are; every line must have them, a text as a string, a label as a string, number or truth value. A number is a label as it is
//! written, however many digits it has.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::reader::{Confidence, Findings, Reader};
use crate::columns::{self, Request};
use crate::input::Input;
use crate::input_format::InputFormat;
use crate::reading::{self, Place, Row};
use ninefold_core::error::{Error, Location, Result};
use ninefold_core::phrasing::quoted;

/// JSON lines.
pub(super) const READER: Reader = Reader {
    about: ".jsonl, .json",
    extensions: &["jsonl", "ndjson", "json"],
    has_labels: true,
    reads_folders: false,
    recognises: |head| match head.lines().next() {
        Some(line) if line.trim_start().starts_with('{') => Confidence::Likely,
        Some(line) if line.trim_start().starts_with("[{") || line.trim() == "[" => Confidence::Likely,
        _ => Confidence::No,
    },
    read,
};

/// # Errors
/// [`Error::Format`] with the line that is not an object, lacks a key, or has a value of another kind.
fn read(input: &mut Input, request: &Request, give: &mut dyn FnMut(Row) -> Result<()>) -> Result<Findings> {
    let file = input.place();
    let mut keys: Option<Keys> = None;
    let mut read_object = |line: usize, line_text: &str| {
        if line_text.trim().is_empty() {
            return Ok(());
        }
        let place = format!("{file}:{line}");
        let object = parse(line_text, &place)?;
        let keys = match &mut keys {
            Some(keys) => keys,
            none => {
                let keys = none.insert(Keys::of(&object, request, &place)?);
                request.tell_columns(&keys.describe());
                keys
            }
        };
        let text = keys.text.iter().map(|key| text_of(&object, key, &place)).collect::<Result<Vec<_>>>()?.join("\n");
        let label = keys.label.as_ref().map(|key| label_of(&object, key, &place)).transpose()?.unwrap_or_default();
        let group = match request.group {
            "" => String::new(),
            key => label_of(&object, key, &place)?,
        };
        let weight = match request.weight {
            "" => 1.0,
            key => reading::weight(&label_of(&object, key, &place)?, key, place.as_str())?,
        };
        give(Row { text, label, group, weight, place: Place::Line(line) })
    };
    if input.head().text.trim_start().starts_with('[') {
        objects_of_array(input.text()?, &file)?.into_iter().try_for_each(|(line, object)| read_object(line, object))?;
    } else {
        input.lines(read_object)?;
    }
    let keys = keys.ok_or_else(|| Error::format(file, "a JSON object per line", "an empty file"))?;
    let columns = Some(keys.describe());
    let format = InputFormat { text_column: keys.text, label_column: keys.label, ..InputFormat::default() };
    Ok(Findings { columns, format, ..Findings::default() })
}

/// The objects of a file that is one JSON array, each with the line on which it begins.
fn objects_of_array<'a>(text: &'a str, file: &str) -> Result<Vec<(usize, &'a str)>> {
    let values: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| {
        Error::parse(Location::line(file, error.line()).column(error.column()), "an array of JSON objects")(error)
    })?;
    let (mut line, mut at) = (1, 0);
    let mut objects = Vec::with_capacity(values.len());
    for value in values {
        let start = value.get().as_ptr() as usize - text.as_ptr() as usize; // the value borrows from the text
        line += text.as_bytes()[at..start].iter().filter(|&&byte| byte == b'\n').count();
        at = start;
        objects.push((line, value.get()));
    }
    Ok(objects)
}

/// The values of a line by their keys, as they are written.
type Object<'a> = BTreeMap<String, &'a RawValue>;

struct Keys {
    text: Vec<String>,
    label: Option<String>,
}

impl Keys {
    fn of(first: &Object, request: &Request, place: &str) -> Result<Keys> {
        let names: Vec<&String> = first.keys().collect();
        let (text, label) = columns::by_name(&names, request, place)?;
        Ok(Keys {
            text: text.iter().map(|&key| names[key].clone()).collect(),
            label: label.map(|key| names[key].clone()),
        })
    }

    fn describe(&self) -> String {
        let label = self.label.as_ref().map(|label| format!(", label from {label:?}")).unwrap_or_default();
        let texts: Vec<String> = self.text.iter().map(|key| format!("{key:?}")).collect();
        format!("text from {}{label}", texts.join(" and "))
    }
}

fn parse<'a>(line: &'a str, place: &str) -> Result<Object<'a>> {
    let expected = "a JSON object such as {\"text\": \"...\", \"label\": \"...\"}";
    serde_json::from_str(line).map_err(|error| match serde_json::from_str(line) {
        Ok(Value::Object(_)) => Error::parse(place, expected)(error),
        Ok(other) => Error::format(place, expected, kind_of(&other)),
        Err(_) if matches!(line.trim_end(), "[" | "{") => {
            Error::format(place, format!("{expected} on one line"), "JSON spread over several lines")
        }
        Err(error) => Error::format(place, expected, format!("broken JSON ({error})")),
    })
}

/// The value of a key.
fn value<'a>(object: &Object<'a>, key: &str, place: &str) -> Result<(&'a str, Value)> {
    let raw = object.get(key).ok_or_else(|| lacks(object, key, place))?.get();
    let value = serde_json::from_str(raw).map_err(Error::parse(place, format!("a value in {key:?}")))?;
    Ok((raw, value))
}

fn text_of(object: &Object, key: &str, place: &str) -> Result<String> {
    match value(object, key, place)?.1 {
        Value::String(text) => Ok(text),
        Value::Null => Ok(String::new()),
        other => Err(Error::format(place, format!("a string in {key:?}"), kind_of(&other))),
    }
}

fn label_of(object: &Object, key: &str, place: &str) -> Result<String> {
    let raw = object.get(key).ok_or_else(|| lacks(object, key, place))?.get();
    if raw.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return Ok(raw.to_string()); // also what no machine number holds
    }
    match value(object, key, place)?.1 {
        Value::String(label) => Ok(label),
        Value::Bool(label) => Ok(label.to_string()),
        Value::Null => Ok(String::new()),
        other => Err(Error::format(place, format!("one label, a string or a number, in {key:?}"), kind_of(&other))),
    }
}

fn lacks(object: &Object, key: &str, place: &str) -> Error {
    let keys: Vec<&String> = object.keys().collect();
    Error::format(place, format!("the key {key:?}, as on the lines before"), format!("the keys {}", quoted(&keys)))
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::reader::tests::rows;
    use super::*;

    fn lines(text: &str) -> Result<Vec<(usize, String, String)>> {
        rows(&READER, "x.jsonl", text)
    }

    #[test]
    fn labels_may_be_strings_or_numbers() {
        let text =
            "{\"text\": \"one\", \"label\": \"a\"}\n\n{\"label\": 3, \"text\": \"tw\\u00f6\\n\", \"more\": [1]}\n";
        assert_eq!(lines(text).unwrap(), [(1, "a".into(), "one".into()), (3, "3".into(), "twö\n".into())]);
    }

    #[test]
    fn numbers_are_labels_as_they_are_written() {
        for number in
            ["18446744073709551617", "-98765432109876543210987654321", "1.0", "0.1000000000000000055511151231257827"]
        {
            let line = format!("{{\"text\": \"one\", \"label\": {number}}}\n");
            assert_eq!(lines(&line).unwrap(), [(1, number.into(), "one".into())]);
        }
    }

    #[test]
    fn an_array_of_objects_is_read_with_its_lines() {
        let text = "[\n  {\"text\": \"one\",\n   \"label\": \"a\"},\n  {\"text\": \"two\", \"label\": 2}\n]\n";
        assert_eq!(lines(text).unwrap(), [(2, "a".into(), "one".into()), (4, "2".into(), "two".into())]);
        let error = lines("[\n{\"text\": \"one\", \"label\": \"a\"},\n[1]]").unwrap_err().to_string();
        assert!(error.starts_with("x.jsonl:3: expected a JSON object"), "{error}");
        let error = lines("[\n{\"text\": \"one\", \"label\": \"a\"}").unwrap_err().to_string();
        assert!(error.starts_with("x.jsonl:2:") && error.contains("expected an array of JSON objects"), "{error}");
    }

    #[test]
    fn title_and_body_are_joined() {
        let text = r#"{"id": 7, "title": "On", "body": "and on", "category": "x"}"#;
        assert_eq!(lines(text).unwrap(), [(1, "x".into(), "On\nand on".into())]);
    }

    #[test]
    fn a_line_of_another_kind_is_named() {
        let good = "{\"text\": \"one\", \"label\": \"a\"}\n";
        let error = |bad: &str| lines(&format!("{good}{bad}\n")).unwrap_err().to_string();
        assert_eq!(
            error(r#"{"text": {"en": "x"}, "label": "a"}"#),
            "x.jsonl:2: expected a string in \"text\", found an object"
        );
        assert!(error(r#"{"text": "x", "label": ["a", "b"]}"#).contains("one label"));
        assert!(error(r#"["x", "a"]"#).ends_with("found a list"));
        assert!(error(r#"{"text": "x", "lable": "a"}"#).contains("the key \"label\""));
        assert!(error(r#"{"text": "x", "label": "#).contains("broken JSON"));
        assert!(lines("{\n}\n").unwrap_err().to_string().contains("several lines"));
    }
}
