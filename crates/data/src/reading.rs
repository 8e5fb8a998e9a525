//! What reading gives: rows, all rows of one place, the parts of a corpus.

use crate::columns::Layout;
use crate::document::Labelled;
use crate::encodings::Encodings;
use crate::input_format::InputFormat;
use ninefold_core::error::{Error, Location, Result};

/// One text as a reader finds it; the label is empty where there is none.
#[derive(Debug, PartialEq)]
pub(crate) struct Row {
    pub text: String,
    pub label: String,
    /// The author, thread or other group; empty where none was asked for.
    pub group: String,
    /// How much the text counts; 1 where no column of weights was asked for.
    pub weight: f64,
    pub place: Place,
}

/// Where in a file or folder a row is.
#[derive(Debug, PartialEq)]
pub(crate) enum Place {
    /// A line, counted from 1.
    Line(usize),
    /// A file below the folder, with `/` between the names.
    File(String),
}

impl Place {
    /// `reviews.csv:17` for a line of the file `name`, else the file itself.
    pub fn within(self, name: &str) -> String {
        match self {
            Place::Line(line) => format!("{name}:{line}"),
            Place::File(file) => file,
        }
    }
}

/// A weight as a column or a key holds it.
///
/// # Errors
/// [`Error::Format`] with the place where it is no number from 0 up.
pub(crate) fn weight(written: &str, column: &str, place: impl Into<Location>) -> Result<f64> {
    let number = written.trim().parse::<f64>().ok().filter(|weight| *weight >= 0.0 && weight.is_finite());
    let expected = || format!("a weight, a number from 0 up, in the column {column:?}");
    number.ok_or_else(|| Error::format(place, expected(), format!("{written:?}")))
}

/// What was read from one file or folder.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub documents: Vec<Labelled>,
    /// Rows without a label; they are not among the documents.
    pub unlabelled: usize,
    pub encodings: Encodings,
    pub notices: Vec<String>,
    /// How files were read, for the protocol: `reviews.csv: text from "body", label from "topic"`.
    pub decided: Vec<String>,
    /// The columns of a table.
    pub layout: Option<Layout>,
    /// What a saved model must know of this.
    pub format: InputFormat,
}

impl Reading {
    /// Adds the texts of another file of the same part.
    pub fn append(&mut self, mut other: Reading) {
        if self.documents.is_empty() {
            self.format = std::mem::take(&mut other.format);
        }
        self.documents.append(&mut other.documents);
        self.unlabelled += other.unlabelled;
        self.encodings.merge(other.encodings);
        self.notices.append(&mut other.notices);
        self.decided.append(&mut other.decided);
        self.layout = self.layout.take().or(other.layout);
    }
}

/// What was read, with the validation and test parts if the data have them.
#[derive(Debug)]
pub(crate) struct Parts {
    pub train: Reading,
    /// `None` when validation is cut from train.
    pub validation: Option<Reading>,
    pub test: Option<Reading>,
    /// What the given split is called: "given", "bydate".
    pub split: &'static str,
}

impl Parts {
    pub fn given(train: Reading, test: Option<Reading>) -> Parts {
        Parts { train, validation: None, test, split: "given" }
    }

    /// Every part that was read.
    pub fn all_mut(&mut self) -> impl Iterator<Item = &mut Reading> {
        [Some(&mut self.train), self.validation.as_mut(), self.test.as_mut()].into_iter().flatten()
    }
}
