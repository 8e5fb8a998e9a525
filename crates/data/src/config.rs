//! The settings of reading and splitting a corpus.

use std::path::Path;

use encoding_rs::Encoding;
use serde::{Deserialize, Deserializer, Serialize};

use crate::decode::Charset;
use crate::labels::LabelChanges;
use crate::named::sample::config::SampleConfig;
use crate::named::{self, NamedCorpus};
use crate::split::{Pick, Split};
use ninefold_core::error::{Error, Result};

/// What to read, and how to split it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, documented::DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct CorpusConfig {
    /// "sample" (built in), "20newsgroups", or the path of your own texts: a folder with a folder per class, a folder
    /// with train and test files (and validation ones, if there are any), a CSV, TSV, JSONL, JSON or fastText file, also packed
    /// (.gz, .zst, .bz2, .zip), a pattern such as "part-*.csv", or "-" for standard input. A path that exists goes before a name.
    pub data: String,
    /// Further files of texts, read after `data` as if all were one.
    #[serde(deserialize_with = "one_or_many")]
    pub more_data: Vec<String>,
    /// The path of a separate validation file. Empty: the validation part of the data, or one that is cut from train.
    pub validation_data: String,
    /// The path of a separate test file or folder. Empty: the test part of the data, or a random one.
    pub test: String,
    /// Where the text is in CSV, TSV and JSONL: names of columns, or numbers counted from 1; several are joined with a
    /// newline. Empty: found by name (text, title and content, ...) or by what the columns hold.
    #[serde(deserialize_with = "one_or_many")]
    pub text_column: Vec<String>,
    /// Where the label is in CSV, TSV and JSONL: the name of a column, or its number counted from 1. Empty: found.
    pub label_column: String,
    /// The column of authors, threads or other groups: every split keeps the texts of a group on one side. Empty: none.
    pub group_column: String,
    /// The column of the weights of texts in training, numbers from 0 up; test texts need none. Empty: all count the same.
    pub weight_column: String,
    /// What is changed about labels: "merge_equal" makes labels one class that differ only in spelling (1 and 1.0, case, white space,
    /// Unicode form, characters that cannot be seen), "drop_missing" leaves out texts labelled NaN, null or the like. Empty: nothing,
    /// but a notice says where either would change something.
    #[serde(deserialize_with = "one_or_many")]
    pub labels: Vec<String>,
    /// A table of labels that a person has checked, with the columns source, label and correct (`ninefold diagnose --check` writes
    /// one): the texts get the correct labels. Empty: none.
    pub labels_checked: String,
    /// Whether the first line of a CSV or TSV file names the columns: "auto", "yes" or "no".
    pub header: Header,
    /// What separates the cells of a table: "auto", "comma", "semicolon", "tab", "pipe", "space", or any ASCII character. A text
    /// file is read as a table when this is given.
    pub delimiter: String,
    /// "auto" (byte order mark, UTF-8, else windows-1252 or EUC-KR), or a name such as "utf-8", "latin1", "cp949".
    pub encoding: String,
    /// "auto" (the given test part, else random), "given", "random", "last" (the last texts of each class, as files are
    /// numbered or rows come), or "bydate" (20newsgroups).
    pub split: Split,
    /// What is removed from posts: "headers", "footers", "quotes"; "none" removes nothing; "auto" removes all three
    /// from 20newsgroups and nothing elsewhere.
    #[serde(deserialize_with = "one_or_many")]
    pub strip: Vec<String>,
    /// Fraction of the texts that split "random" or "last" puts into the test part.
    pub test_fraction: f64,
    /// Which texts of train are cut off for validation, where epochs and models are chosen: "random" ones of each class, or
    /// the "last", so that what is chosen has to hold for later texts where they come sorted by time.
    pub validation: Pick,
    /// Fraction of train that becomes the validation part.
    pub validation_fraction: f64,
    /// Seed of the random split and of the validation part.
    pub split_seed: u64,
    /// The built-in corpus that data = "sample" makes.
    pub sample: SampleConfig,
}

/// Whether a table's first line names its columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Header {
    /// Decided by what the first line holds.
    #[default]
    Auto,
    /// It names the columns.
    Yes,
    /// It is a text like the others.
    No,
}

impl Default for CorpusConfig {
    fn default() -> CorpusConfig {
        CorpusConfig {
            data: "sample".to_string(),
            more_data: Vec::new(),
            validation_data: String::new(),
            test: String::new(),
            text_column: Vec::new(),
            label_column: String::new(),
            group_column: String::new(),
            weight_column: String::new(),
            labels: Vec::new(),
            labels_checked: String::new(),
            header: Header::Auto,
            delimiter: "auto".to_string(),
            encoding: "auto".to_string(),
            split: Split::Auto,
            strip: vec!["auto".to_string()],
            test_fraction: 0.2,
            validation: Pick::Random,
            validation_fraction: 0.1,
            split_seed: 0,
            sample: SampleConfig::default(),
        }
    }
}

impl CorpusConfig {
    /// The corpus that `data` names, unless a file or folder here has that name.
    pub(crate) fn named(&self) -> Option<NamedCorpus> {
        named::find(&self.data).filter(|_| !Path::new(&self.data).exists())
    }

    /// What `labels` means.
    pub(crate) fn label_changes(&self) -> Result<LabelChanges> {
        let mut changes = LabelChanges::default();
        for name in &self.labels {
            match name.replace('-', "_").as_str() {
                "merge_equal" => changes.merge_equal = true,
                "drop_missing" => changes.drop_missing = true,
                "none" if self.labels.len() == 1 => {}
                _ => {
                    let expected = "\"merge_equal\", \"drop_missing\", both, or \"none\"";
                    return Err(Error::invalid_value("labels", expected, format!("{name:?}")));
                }
            }
        }
        Ok(changes)
    }

    /// What `delimiter` means; `None`: found in the file.
    pub(crate) fn delimiter(&self) -> Result<Option<u8>> {
        match self.delimiter.as_str() {
            "auto" => Ok(None),
            "comma" => Ok(Some(b',')),
            "semicolon" => Ok(Some(b';')),
            "tab" | "\\t" => Ok(Some(b'\t')),
            "pipe" => Ok(Some(b'|')),
            "space" => Ok(Some(b' ')),
            other => match other.as_bytes() {
                [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !matches!(byte, b'"' | b'\n' | b'\r') => {
                    Ok(Some(*byte))
                }
                _ => {
                    let expected = "\"auto\", \"comma\", \"semicolon\", \"tab\", \"pipe\", \"space\" or one ASCII character that is \
                                    neither letter, digit nor quote";
                    Err(Error::invalid_value("delimiter", expected, format!("{other:?}")))
                }
            },
        }
    }

    /// What `encoding` means.
    pub(crate) fn charset(&self) -> Result<Charset> {
        // WHATWG's labels lack the names by which Python and Windows call these two.
        let label = match self.encoding.trim().to_lowercase().as_str() {
            "auto" => return Ok(Charset::Detect),
            "cp949" | "uhc" => "euc-kr".to_string(),
            "latin-1" => "latin1".to_string(),
            other => other.to_string(),
        };
        let unknown = || {
            let expected = "\"auto\" or the name of an encoding (\"utf-8\", \"latin1\", \"cp949\", \"shift_jis\", ...)";
            Error::invalid_value("encoding", expected, format!("{:?}", self.encoding))
        };
        Encoding::for_label_no_replacement(label.as_bytes()).map(Charset::Named).ok_or_else(unknown)
    }
}

/// A list, or one item in its place; an empty item is an empty list.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Vec<String>, D::Error> {
    let items: Vec<String> = ninefold_core::one_or_many(deserializer)?;
    Ok(if items == [""] { Vec::new() } else { items })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_default_survives_toml() {
        let config = CorpusConfig::default();
        let text = toml::to_string(&config).unwrap();
        assert_eq!(toml::from_str::<CorpusConfig>(&text).unwrap(), config);
    }

    #[test]
    fn a_list_of_one_needs_no_brackets() {
        let config: CorpusConfig = toml::from_str("text_column = 'body'\nstrip = 'headers'\nheader = 'no'").unwrap();
        assert_eq!(config.text_column, ["body"]);
        assert_eq!(config.strip, ["headers"]);
        assert_eq!(config.header, Header::No);
        assert!(toml::from_str::<CorpusConfig>("text_colum = 'body'").unwrap_err().to_string().contains("text_column"));
    }

    #[test]
    fn the_names_that_people_use_for_encodings_are_known() {
        for (name, expected) in [("cp949", "EUC-KR"), ("Latin-1", "windows-1252"), ("UTF-8", "UTF-8")] {
            let config = CorpusConfig { encoding: name.into(), ..CorpusConfig::default() };
            assert!(matches!(config.charset(), Ok(Charset::Named(encoding)) if encoding.name() == expected), "{name}");
        }
    }
}
