//! Labelled texts: reads them from whatever people keep them in, and splits them.
//!
//! Takes a path, a known name or texts in memory -> gives a [`Corpus`] of train, validation and test documents with its
//! [`Protocol`].
//!
//! *Invariant:* every result carries its [`Protocol`]; validation is cut from train; nothing is ever chosen on test.
//!
//! ```text
//! named/<corpus> --------------------------------+
//! parts ---> input ---> readers/<format> ---> collect    files -> rows of text and label name
//!              (decode: bytes -> text;  columns, guess: which one is the text)
//!                                                |
//!                       memory ------------> corpus      strip;  labels: names -> numbers;  split: three parts
//! ```
//! [`texts`] and [`stream`] read texts without labels by the same readers.

mod census;
mod check;
pub mod checked;
mod collect;
mod columns;
mod config;
mod content;
mod corpus;
mod decode;
mod document;
mod encodings;
mod folds;
mod guess;
mod input;
mod input_format;
mod labels;
mod load;
mod memory;
mod named;
mod names;
mod natural;
mod parts;
mod protocol;
mod readers;
mod reading;
mod size;
mod source;
mod split;
pub mod stream;
mod strip;
pub mod texts;

pub use config::{CorpusConfig, Header};
pub use corpus::Corpus;
pub use document::Document;
pub use folds::{Folds, check_folds};
pub use input_format::InputFormat;
pub use labels::class_number;
pub use load::{load, load_to_evaluate};
pub use memory::Example;
pub use named::sample;
pub use protocol::{PartCounts, Protocol, TestSplit};
pub use split::{Pick, Split};
pub use strip::Strip;
