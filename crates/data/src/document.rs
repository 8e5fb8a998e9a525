//! One text with its label, as a number and as a name.

use smol_str::SmolStr;

/// One labelled text.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The text, decoded, as the file had it. Copies of the document share it.
    pub text: SmolStr,
    /// Index into [`Corpus::labels`](crate::Corpus::labels).
    pub label: u32,
    /// Where it came from, relative to the corpus: `train/sci.space/60150`, `reviews.csv:17`.
    pub source: SmolStr,
    /// The author, thread or other group that no split divides; empty where none was asked for.
    pub group: String,
    /// How much the text counts in training, beside its class: 1 where nothing was said. Scores do not depend on it.
    pub weight: f64,
}

impl AsRef<str> for Document {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

/// A text with the name of its class.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Labelled {
    pub text: String,
    pub label: String,
    pub source: String,
    pub group: String,
    pub weight: f64,
}
