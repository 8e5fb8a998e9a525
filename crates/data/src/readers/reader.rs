//! What a format has to say about itself.

use crate::columns::{Layout, Request};
use crate::input::{Head, Input};
use crate::input_format::InputFormat;
use crate::reading::Row;
use ninefold_core::error::Result;

/// One way to keep texts in a file or folder.
pub(crate) struct Reader {
    /// What it is to users, in a few words for messages.
    pub about: &'static str,
    /// The ends of file names that stand for it, without a dot.
    pub extensions: &'static [&'static str],
    /// Whether its rows may have labels.
    pub has_labels: bool,
    /// Whether it reads folders in place of files.
    pub reads_folders: bool,
    /// How likely a file of another name is to be in this format, by its beginning.
    pub recognises: fn(&Head) -> Confidence,
    /// Hands out the rows in order.
    ///
    /// # Errors
    /// [`Error::Format`](ninefold_core::Error::Format) with the line, and those of the function that takes the rows.
    pub read: Read,
}

/// The type of [`Reader::read`].
pub(crate) type Read = fn(&mut Input, &Request, &mut dyn FnMut(Row) -> Result<()>) -> Result<Findings>;

/// How sure a format is of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Confidence {
    /// It is something else.
    No,
    /// A trace: only where nothing else fits.
    Weak,
    /// It can be read so, as other files can.
    Possible,
    /// The content has the mark of the format.
    Likely,
    /// The name says so.
    Certain,
}

/// What a reader found out beside the rows.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Where text and label are, for a notice: `text from "body", label from "topic"`.
    pub columns: Option<String>,
    /// The columns of a table.
    pub layout: Option<Layout>,
    /// Sentences about what was noticed, without the name of the file.
    pub notices: Vec<String>,
    /// What a saved model must know to read as this reader did.
    pub format: InputFormat,
}

impl Reader {
    /// True when files of this extension are in the format.
    pub fn is_named_by(&self, extension: &str) -> bool {
        self.extensions.contains(&extension)
    }

    /// How sure the format is of a file or folder.
    pub fn confidence(&self, head: &Head) -> Confidence {
        if self.reads_folders != head.is_folder {
            Confidence::No
        } else if self.is_named_by(&head.extension) {
            Confidence::Certain
        } else {
            (self.recognises)(head)
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::CorpusConfig;
    use crate::decode::Charset;
    use crate::reading::Place;
    use ninefold_core::progress::Silent;

    /// Line, label and text of every row of a file; errors name the file alone.
    pub(crate) fn rows(reader: &Reader, name: &str, content: &str) -> Result<Vec<(usize, String, String)>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let mut input = Input::open(&path, Charset::Detect, &Silent).unwrap();
        input.path = name.into();
        let (config, mut rows) = (CorpusConfig::default(), Vec::new());
        (reader.read)(&mut input, &Request::new(&config, true)?, &mut |row| {
            let Place::Line(line) = row.place else { panic!("expected a line, found {:?}", row.place) };
            rows.push((line, row.label, row.text));
            Ok(())
        })?;
        Ok(rows)
    }
}
