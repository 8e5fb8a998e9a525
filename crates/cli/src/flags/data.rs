//! Which texts: `--data`, `--test`, and how they are read.

use anyhow::Result;
use clap::Args;
use ninefold::data::CorpusConfig;

use super::settings::Settings;

/// Which texts, and how they are read.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Data")]
pub struct DataArgs {
    /// "sample", "20newsgroups", or a folder, CSV, TSV, JSONL or fastText file of labelled texts, also packed; "-" reads
    /// standard input; may be repeated, or be a pattern in quotes
    #[arg(long, value_name = "NAME|PATH")]
    pub data: Vec<String>,
    /// A separate validation file
    #[arg(long, value_name = "PATH")]
    pub validation: Option<String>,
    /// A separate test file or folder
    #[arg(long, value_name = "PATH")]
    pub test: Option<String>,
    /// Where the text is: a column's name or number; several (repeated, or separated by commas) are joined
    #[arg(long, value_name = "COLUMN")]
    pub text_column: Vec<String>,
    /// Where the label is: a column's name or number
    #[arg(long, value_name = "COLUMN")]
    pub label_column: Option<String>,
    /// The column of authors, threads or other groups, which no split divides
    #[arg(long, value_name = "COLUMN")]
    pub group_column: Option<String>,
    /// Whether a table's first line names the columns: auto, yes, no
    #[arg(long, value_name = "WHETHER")]
    pub header: Option<String>,
    /// What separates the cells of a table: auto, comma, semicolon, tab, pipe, or one character
    #[arg(long, value_name = "CHARACTER")]
    pub delimiter: Option<String>,
    /// The encoding of the texts, where guessing fails: utf-8, latin1, cp949, ...
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// How the test part comes about: auto, given, random, last (of each class), bydate
    #[arg(long, value_name = "HOW")]
    pub split: Option<String>,
    /// What to remove from posts: headers, footers, quotes; or none
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub strip: Vec<String>,
}

impl DataArgs {
    /// The corpus settings alone.
    pub fn corpus(&self) -> Result<CorpusConfig> {
        let mut settings = Settings::default();
        self.add_to(&mut settings);
        Ok(settings.resolve(None, None)?.corpus)
    }

    /// Adds these flags to the settings.
    pub fn add_to(&self, settings: &mut Settings) {
        settings.text("corpus.data", &self.data.first().cloned());
        settings.list("corpus.more_data", self.data.get(1..).unwrap_or_default());
        settings.text("corpus.validation_data", &self.validation);
        settings.text("corpus.test", &self.test);
        settings.list("corpus.text_column", &self.text_column);
        settings.text("corpus.label_column", &self.label_column);
        settings.text("corpus.group_column", &self.group_column);
        settings.text("corpus.header", &self.header);
        settings.text("corpus.delimiter", &self.delimiter);
        settings.text("corpus.encoding", &self.encoding);
        settings.text("corpus.split", &self.split);
        settings.list("corpus.strip", &self.strip);
    }
}
