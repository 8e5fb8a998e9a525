//! What reading gives: rows, all rows of one place, the parts of a corpus.

use crate::columns::Layout;
use crate::document::Labelled;
use crate::encodings::Encodings;
use crate::input_format::InputFormat;

/// One text as a reader finds it; the label is empty where there is none.
#[derive(Debug, PartialEq)]
pub(crate) struct Row {
    pub text: String,
    pub label: String,
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

/// What was read from one file or folder.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub documents: Vec<Labelled>,
    /// Rows without a label; they are not among the documents.
    pub unlabelled: usize,
    pub encodings: Encodings,
    pub notices: Vec<String>,
    /// The columns of a table.
    pub layout: Option<Layout>,
    /// What a saved model must know of this.
    pub format: InputFormat,
}

/// What was read, with the test part if the data have one.
#[derive(Debug)]
pub(crate) struct Parts {
    pub train: Reading,
    pub test: Option<Reading>,
    /// What the given split is called: "given", "bydate".
    pub split: &'static str,
}

impl Parts {
    pub fn given(train: Reading, test: Option<Reading>) -> Parts {
        Parts { train, test, split: "given" }
    }
}
