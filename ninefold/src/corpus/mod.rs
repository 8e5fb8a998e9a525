//! Labelled texts: reads them from whatever people keep them in, and splits them.
//!
//! Takes a path or a known name -> gives a [`Corpus`] of train, validation and test documents with its [`Protocol`].

pub mod sample;

use serde::{Deserialize, Serialize};

/// One labelled text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The text, decoded, as the file had it.
    pub text: String,
    /// Index into [`Corpus::labels`].
    pub label: u32,
    /// Where it came from, relative to the corpus: `train/sci.space/60150`, `reviews.csv:17`.
    pub source: String,
}

/// Documents in three parts, with the names of their classes and the protocol that every result must carry.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// Class names, sorted; a document's `label` points in here.
    pub labels: Vec<String>,
    /// What is learned from.
    pub train: Vec<Document>,
    /// Cut from train; every choice of epoch or model is made here.
    pub validation: Vec<Document>,
    /// Looked at once, at the end.
    pub test: Vec<Document>,
    /// How the parts came about.
    pub protocol: Protocol,
    /// Sentences about what was noticed while reading (encodings, label spellings, empty texts).
    pub notices: Vec<String>,
}

/// How a corpus was read and split: without it a score means nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Protocol {
    /// The name or path that was given.
    pub data: String,
    /// "bydate", "given", "random 80/20, seed 0".
    pub split: String,
    /// "10 % of train, stratified, seed 0".
    pub validation: String,
    /// What was removed from each text: "headers", "footers", "quotes".
    pub strip: Vec<String>,
    /// Encodings met, commonest first: "utf-8", "windows-1252".
    pub encodings: Vec<String>,
    /// Number of classes.
    pub num_classes: usize,
    /// Texts in each part.
    pub texts: PartCounts,
    /// Texts with nothing but white space in each part.
    pub empty_texts: PartCounts,
}

/// One count per part of a corpus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartCounts {
    /// In the training part.
    pub train: usize,
    /// In the validation part.
    pub validation: usize,
    /// In the test part.
    pub test: usize,
}
