//! fastText's format: a text per line, its label a word that begins with `__label__`.
//!
//! Takes the text of a file -> gives its rows.

use super::source::Row;
use ninefold_core::error::{Error, Result};

const PREFIX: &str = "__label__";

/// Reads labelled lines; a line without a label gets an empty one.
///
/// # Errors
/// [`Error::Format`] with the line that has several labels, or a label without a name.
pub(super) fn read(text: &str, place: &str) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (index, line_text) in text.lines().enumerate() {
        if line_text.trim().is_empty() {
            continue;
        }
        let line = index + 1;
        let mut labels = line_text.split_whitespace().filter_map(|word| word.strip_prefix(PREFIX));
        let label = labels.next();
        if let Some(second) = labels.next() {
            let found = format!("{:?} and {second:?}", label.unwrap_or_default());
            return Err(Error::format(format!("{place}:{line}"), "one label per text", found));
        }
        if label == Some("") {
            return Err(Error::format(format!("{place}:{line}"), "a name behind __label__", "none"));
        }
        let text = match label {
            Some(label) => {
                let end = label.as_ptr() as usize - line_text.as_ptr() as usize + label.len();
                let (before, after) = (&line_text[..end - label.len() - PREFIX.len()], &line_text[end..]);
                format!("{before}{after}").trim().to_string()
            }
            None => line_text.trim().to_string(),
        };
        rows.push(Row { line, text, label: label.unwrap_or_default().to_string() });
    }
    Ok(rows)
}

/// True when a line has a label of this kind.
pub(super) fn has_label(line: &str) -> bool {
    line.split_whitespace().any(|word| word.starts_with(PREFIX))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_label_may_stand_first_or_last() {
        let rows = read("__label__pos good film\n\nbad  film __label__neg\nno label\n__label__x\n", "x.txt").unwrap();
        let rows: Vec<_> = rows.iter().map(|row| (row.line, row.label.as_str(), row.text.as_str())).collect();
        assert_eq!(rows, [(1, "pos", "good film"), (3, "neg", "bad  film"), (4, "", "no label"), (5, "x", "")]);
    }

    #[test]
    fn several_labels_on_a_line_are_refused() {
        let error = read("__label__a x\n__label__a __label__b y\n", "x.txt").unwrap_err().to_string();
        assert_eq!(error, "x.txt:2: expected one label per text, found \"a\" and \"b\"");
        assert!(read("__label__ x\n", "x.txt").unwrap_err().to_string().contains("a name behind __label__"));
    }
}
