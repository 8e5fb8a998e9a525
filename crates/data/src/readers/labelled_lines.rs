//! fastText's format: a text per line, its label a word that begins with `__label__`.
//!
//! Takes the text of a file -> gives its rows. A label ends where fastText ends a word: at ASCII white space. Other white space, such
//! as a no-break space, is a part of it. A line has one label: texts with several are refused by line.

use super::reader::{Confidence, Findings, Reader};
use crate::columns::Request;
use crate::input::Input;
use crate::reading::{Place, Row};
use ninefold_core::error::{Error, Result};

const PREFIX: &str = "__label__";
/// Lines in which a label is looked for to recognise the format.
const LOOKED_AT: usize = 100;

/// fastText's lines. A line without a label has an empty one.
pub(super) const READER: Reader = Reader {
    about: "lines that begin with __label__",
    extensions: &["fasttext"],
    has_labels: true,
    reads_folders: false,
    recognises: |head| {
        let mut lines = head.lines().take(LOOKED_AT);
        if lines.any(has_label) { Confidence::Likely } else { Confidence::No }
    },
    read,
};

/// # Errors
/// [`Error::Format`] with the line that has several labels, or a label without a name, when labels are asked for.
fn read(input: &mut Input, request: &Request, give: &mut dyn FnMut(Row) -> Result<()>) -> Result<Findings> {
    let file = input.place();
    input.lines(|line, line_text| {
        if line_text.trim().is_empty() {
            return Ok(());
        }
        let (text, labels) = split(line_text);
        let label = if request.labelled { one(&labels, || format!("{file}:{line}"))? } else { "" };
        give(Row { text, label: label.to_string(), group: String::new(), weight: 1.0, place: Place::Line(line) })
    })?;
    Ok(Findings::default())
}

/// A line -> its text without labels, and the names of its labels.
fn split(line: &str) -> (String, Vec<&str>) {
    let (mut text, mut labels, mut start) = (String::new(), Vec::new(), 0);
    for word in words(line) {
        if let Some(label) = word.strip_prefix(PREFIX) {
            let at = word.as_ptr() as usize - line.as_ptr() as usize;
            text.push_str(&line[start..at]);
            start = at + word.len();
            labels.push(label);
        }
    }
    text.push_str(&line[start..]);
    (text.trim().to_string(), labels)
}

/// The label of a line, empty where there is none.
fn one<'a>(labels: &[&'a str], place: impl Fn() -> String) -> Result<&'a str> {
    match labels {
        [] => Ok(""),
        [""] => Err(Error::format(place(), "a name behind __label__", "none")),
        [label] => Ok(label),
        [first, second, ..] => Err(Error::format(place(), "one label per text", format!("{first:?} and {second:?}"))),
    }
}

/// The words of a line as fastText cuts them.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split([' ', '\t', '\x0b', '\x0c', '\r', '\n', '\0']).filter(|word| !word.is_empty())
}

/// True when a line has a label of this kind.
fn has_label(line: &str) -> bool {
    words(line).any(|word| word.starts_with(PREFIX))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::reader::tests::rows;
    use super::*;

    #[test]
    fn the_label_may_stand_first_or_last() {
        let rows =
            rows(&READER, "x.txt", "__label__pos good film\n\nbad  film __label__neg\nno label\n__label__x\n").unwrap();
        let rows: Vec<_> = rows.iter().map(|(line, label, text)| (*line, label.as_str(), text.as_str())).collect();
        assert_eq!(rows, [(1, "pos", "good film"), (3, "neg", "bad  film"), (4, "", "no label"), (5, "x", "")]);
    }

    #[test]
    fn a_label_ends_at_ascii_white_space() {
        let rows = rows(&READER, "x.txt", "__label__sci\u{a0}fi a film\n__label__a\u{3000}b\tanother\n").unwrap();
        let rows: Vec<_> = rows.iter().map(|(_, label, text)| (label.as_str(), text.as_str())).collect();
        assert_eq!(rows, [("sci\u{a0}fi", "a film"), ("a\u{3000}b", "another")]);
    }

    #[test]
    fn several_labels_on_a_line_are_refused() {
        let error = rows(&READER, "x.txt", "__label__a x\n__label__a __label__b y\n").unwrap_err().to_string();
        assert_eq!(error, "x.txt:2: expected one label per text, found \"a\" and \"b\"");
        assert!(rows(&READER, "x.txt", "__label__ x\n").unwrap_err().to_string().contains("a name behind __label__"));
    }
}
