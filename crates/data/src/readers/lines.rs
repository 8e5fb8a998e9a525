//! Plain text: a text per line, without labels.

use super::reader::{Confidence, Findings, Reader};
use crate::columns::Request;
use crate::input::Input;
use crate::reading::{Place, Row};
use ninefold_core::error::Result;

/// Any file of text.
pub(super) const READER: Reader = Reader {
    about: "a text per line",
    extensions: &["lines"],
    has_labels: false,
    reads_folders: false,
    recognises: |_| Confidence::Possible,
    read,
};

fn read(input: &mut Input, _: &Request, give: &mut dyn FnMut(Row) -> Result<()>) -> Result<Findings> {
    input.text_lines(|line, text| {
        give(Row {
            text: text.to_string(),
            label: String::new(),
            group: String::new(),
            weight: 1.0,
            place: Place::Line(line),
        })
    })?;
    Ok(Findings::default())
}
