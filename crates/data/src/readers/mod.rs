//! What people keep texts in: recognised by name and content, read.
//!
//! A file or folder -> its [`Reader`] -> rows of text, label and place. One file of this folder per format, and one line in
//! [`READERS`]: that is all a further format needs. `compare`, `predict`, `evaluate` and `embed train` all read by this list.

mod class_folders;
mod json_lines;
mod labelled_lines;
mod lines;
mod reader;
mod table;

use crate::columns::Request;
use crate::input::{Head, Input};
use crate::names;
use crate::reading::Row;
use ninefold_core::error::{Error, Result};
use reader::Confidence;
pub(crate) use reader::{Findings, Reader};

/// Every format. Of several that are equally sure of a file, the first one reads it.
pub(crate) static READERS: &[Reader] =
    &[table::READER, json_lines::READER, labelled_lines::READER, class_folders::READER, lines::READER];

/// The reader for a file or folder; with `labelled` one whose rows may have labels. `None` when no format fits.
pub(crate) fn find(head: &Head, labelled: bool) -> Option<&'static Reader> {
    let able = READERS.iter().filter(|reader| reader.has_labels || !labelled).rev(); // the last of equals is the maximum
    let (reader, confidence) =
        able.map(|reader| (reader, reader.confidence(head))).max_by_key(|&(_, confidence)| confidence)?;
    (confidence > Confidence::No).then_some(reader)
}

/// As [`find`]; a file is a table where the settings say what separates its cells, unless it is JSON by its name, and where labels
/// are needed and commas or semicolons cut every row into equally many cells: on standard input no name says so.
pub(crate) fn find_for(head: &Head, request: &Request) -> Option<&'static Reader> {
    let is_table = request.delimiter.is_some() && !head.is_folder && !json_lines::READER.is_named_by(&head.extension);
    if is_table {
        return Some(&table::READER);
    }
    let is_last_resort = || request.labelled && !head.is_folder && table::looks_like_a_table(head);
    find(head, request.labelled).or_else(|| is_last_resort().then_some(&table::READER))
}

/// Hands out the texts of a file or folder, whether they have labels or not.
///
/// # Errors
/// As the reader says; [`Error::Format`](ninefold_core::Error::Format) when no format fits.
pub(crate) fn read_texts(
    input: &mut Input,
    request: &Request,
    give: &mut dyn FnMut(Row) -> Result<()>,
) -> Result<Findings> {
    let reader =
        find_for(&input.head(), request).ok_or_else(|| Error::format(input.place(), "texts", "something else"))?;
    (reader.read)(input, request, give)
}

/// What files of labelled texts may be, for messages: `.csv, .tsv, .jsonl, or ...`.
pub(crate) fn labelled_formats() -> String {
    let about: Vec<&str> =
        READERS.iter().filter(|reader| reader.has_labels && !reader.reads_folders).map(|reader| reader.about).collect();
    match about.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{}, or {last}", first.join(", ")),
        all => all.concat(),
    }
}

/// True for the extensions of tables.
pub(crate) fn is_table_name(extension: &str) -> bool {
    table::READER.is_named_by(extension)
}

/// True for the names of files that hold many texts.
pub(crate) fn is_data_file(name: &str) -> bool {
    let extension = names::extension(name);
    extension == "txt" || READERS.iter().any(|reader| reader.is_named_by(&extension))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::borrow::Cow;

    use super::*;

    const TABLE: &str = table::READER.about;
    const JSON: &str = json_lines::READER.about;
    const LABELLED: &str = labelled_lines::READER.about;
    const LINES: &str = lines::READER.about;
    const FOLDERS: &str = class_folders::READER.about;

    fn found(name: &str, text: &str, labelled: bool) -> &'static str {
        let head =
            Head { extension: names::extension(name), is_folder: false, text: Cow::Borrowed(text), is_whole: true };
        find(&head, labelled).map_or("none", |reader| reader.about)
    }

    #[test]
    fn a_name_decides_before_the_content() {
        for (name, expected) in [
            ("a.CSV", TABLE),
            ("a.csv.gz", TABLE),
            ("a.tsv", TABLE),
            ("a.tab.zst", TABLE),
            ("a.jsonl", JSON),
            ("a.ndjson", JSON),
            ("a.json", JSON),
        ] {
            for text in ["__label__x y", "{\"text\": 1}", "a\tb", "only words", ""] {
                assert_eq!([found(name, text, true), found(name, text, false)], [expected; 2], "{name} {text}");
            }
        }
    }

    #[test]
    fn each_format_is_recognised_by_its_content() {
        for (text, labelled, unlabelled) in [
            ("\n{\"text\": 1}", JSON, JSON),
            ("a text\nanother __label__x\n", LABELLED, LABELLED),
            ("__label__x\ta text\n__label__y\tanother\n", LABELLED, LABELLED),
            ("x\ta text\ny\tanother\n", TABLE, TABLE),
            ("x\t\"a\ntext\"\ny\tanother\n", TABLE, TABLE),
            ("one\ttwo\nthree\n", TABLE, LINES),
            ("a text\nanother with\ta tab\n", "none", LINES),
            ("only words", "none", LINES),
            ("", "none", LINES),
        ] {
            for name in ["a.txt", "a.train", "a", "a.txt.gz"] {
                let both = [found(name, text, true), found(name, text, false)];
                assert_eq!(both, [labelled, unlabelled], "{name} {text:?}");
            }
        }
    }

    #[test]
    fn a_folder_is_read_by_the_reader_of_folders() {
        let head = Head { extension: String::new(), is_folder: true, text: Cow::Borrowed(""), is_whole: true };
        assert_eq!([true, false].map(|labelled| find(&head, labelled).unwrap().about), [FOLDERS; 2]);
    }

    #[test]
    fn formats_of_labelled_texts_are_listed() {
        assert_eq!(labelled_formats(), ".csv, .tsv, .jsonl, .json, or lines that begin with __label__");
    }

    #[test]
    fn a_line_that_is_cut_off_tells_nothing() {
        let text = "x\ta\ny\tb\nz and no more";
        let head = Head { extension: "txt".into(), is_folder: false, text: text.into(), is_whole: false };
        assert_eq!(find(&head, false).unwrap().about, TABLE);
    }
}
