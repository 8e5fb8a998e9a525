//! Which texts: `--data`, `--test`, and how they are read.

use std::path::Path;

use anyhow::Result;
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueHint};
use ninefold::data::{CorpusConfig, Header, Split};
use ninefold::lab::{Sources, resolve_with};

use super::values::setting;
use super::{replace, replace_list};
use crate::terminal::shell;
use crate::usage::Usage;

/// Which texts, and how they are read.
#[derive(Clone, Debug, Default, PartialEq, Args)]
#[command(next_help_heading = "Data")]
pub struct DataArgs {
    /// Labelled texts: "sample" (built in), "20newsgroups", or a file or folder; "-" reads stdin
    ///
    /// A folder has a folder per class, or train and test files. A file is CSV, TSV, JSON, JSON lines or fastText lines, also packed. May be
    /// repeated, or be a pattern in quotes.
    #[arg(long, value_name = "NAME|PATH", value_hint = ValueHint::AnyPath)]
    pub data: Vec<String>,
    /// A separate validation file
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub validation: Option<String>,
    /// A separate test file or folder
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub test: Option<String>,
    /// The column of the text: its name or number
    ///
    /// Several columns (repeated, or separated by commas) are joined by a newline.
    #[arg(long, value_name = "COLUMN")]
    pub text_column: Vec<String>,
    /// The column of the label: its name or number
    #[arg(long, value_name = "COLUMN")]
    pub label_column: Option<String>,
    /// The column of authors, threads or other groups, which no split divides
    #[arg(long, value_name = "COLUMN")]
    pub group_column: Option<String>,
    /// The column of the weights of texts in training, numbers from 0 up; scores do not depend on them
    #[arg(long, value_name = "COLUMN")]
    pub weight_column: Option<String>,
    /// What is changed about labels: merge_equal (1 and 1.0 are one class), drop_missing (NaN, null), or none
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub labels: Vec<String>,
    /// A table of checked labels (columns source, label, correct), as `ninefold diagnose --check` writes it: the texts get the correct ones
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub labels_checked: Option<String>,
    /// Whether the first line of a table names the columns [default: auto]
    #[arg(long, value_name = "WHETHER", value_parser = setting::<Header>())]
    pub header: Option<Header>,
    /// What separates the cells of a table: auto, comma, semicolon, tab, pipe, or one character
    #[arg(long, value_name = "CHARACTER")]
    pub delimiter: Option<String>,
    /// The encoding of the texts: utf-8, latin1, cp949, ... [default: detected]
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// How the test texts are chosen [default: auto]
    ///
    /// auto: the given test part, else random ones; last: the last texts of each class; bydate: the split of 20 Newsgroups.
    #[arg(long, value_name = "HOW", value_parser = setting::<Split>())]
    pub split: Option<Split>,
    /// What to remove from mails and posts [default: all three from 20newsgroups, nothing elsewhere]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = PossibleValuesParser::new(STRIP))]
    pub strip: Vec<String>,
}

/// What can be removed from posts.
const STRIP: [&str; 4] = ["headers", "footers", "quotes", "none"];

impl DataArgs {
    /// The settings of the corpus alone.
    pub fn corpus(&self) -> Result<CorpusConfig> {
        let resolved = resolve_with(&Sources::default(), |config| {
            self.apply(&mut config.corpus);
            Ok(())
        });
        Ok(resolved.map_err(|error| Usage(error.to_string()))?.corpus)
    }

    /// Changes the settings for which a flag was given.
    pub fn apply(&self, corpus: &mut CorpusConfig) {
        if let Some((first, more)) = self.data.split_first() {
            corpus.data.clone_from(first);
            corpus.more_data = more.to_vec();
        }
        replace(&mut corpus.validation_data, &self.validation);
        replace(&mut corpus.test, &self.test);
        replace_list(&mut corpus.text_column, &self.text_column);
        replace(&mut corpus.label_column, &self.label_column);
        replace(&mut corpus.group_column, &self.group_column);
        replace(&mut corpus.weight_column, &self.weight_column);
        replace_list(&mut corpus.labels, &self.labels);
        replace(&mut corpus.labels_checked, &self.labels_checked);
        replace(&mut corpus.header, &self.header);
        replace(&mut corpus.delimiter, &self.delimiter);
        replace(&mut corpus.encoding, &self.encoding);
        replace(&mut corpus.split, &self.split);
        replace_list(&mut corpus.strip, &self.strip);
    }
}

/// The flags that ask for these texts, as they are typed; nothing for the built-in sample.
pub fn typed(corpus: &CorpusConfig) -> Result<String> {
    let (wanted, default) = (serde_json::to_value(corpus)?, serde_json::to_value(CorpusConfig::default())?);
    let mut flags = Vec::new();
    for (key, value) in wanted.as_object().into_iter().flatten().filter(|&(key, value)| default[key] != *value) {
        let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        for value in values {
            let text = value.as_str().map_or(value.to_string(), str::to_owned);
            flags.push(match flag_of(key) {
                Some(flag) => format!("{flag} {}", shell(Path::new(&text))),
                None => format!("--set {}", shell(Path::new(&format!("corpus.{key}={text}")))),
            });
        }
    }
    Ok(flags.join(" "))
}

/// The flag of a key of the corpus' settings.
fn flag_of(key: &str) -> Option<String> {
    let name = match key {
        "more_data" => "data",
        "validation_data" => "validation",
        "validation" => return None, // how validation texts are picked
        key => key,
    };
    let flag = name.replace('_', "-");
    let command = DataArgs::augment_args(clap::Command::new("flags"));
    command.get_arguments().any(|argument| argument.get_long() == Some(&flag)).then(|| format!("--{flag}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn typed_flags_repeat_what_was_asked_for() {
        let corpus = CorpusConfig {
            data: "new posts.csv".to_owned(),
            more_data: vec!["more.csv".to_owned()],
            test: "test.csv".to_owned(),
            text_column: vec!["title".to_owned(), "body".to_owned()],
            test_fraction: 0.5,
            ..CorpusConfig::default()
        };
        assert_eq!(
            typed(&corpus).unwrap(),
            "--data 'new posts.csv' --data more.csv --test test.csv --set 'corpus.test_fraction=0.5' --text-column title --text-column body"
        );
        assert_eq!(typed(&CorpusConfig::default()).unwrap(), "");
    }
}
