//! word2vec text, which is also fastText's `.vec`: a header line `count dimension`, then `word v1 .. vD` a line.
//!
//! Written as gensim writes it. Source: Mikolov's word2vec tool (2013); fastText adds a space at the end of each line.

use std::path::Path;

use super::source::Source;
use super::text::{self, Header};
use super::{Format, ReadOptions, text_out};
use crate::WordVectors;
use ninefold_core::error::{Error, Location, Result};
use ninefold_core::progress::Progress;

/// word2vec text.
pub const FORMAT: Format = Format {
    name: "word2vec-text",
    about: "word2vec text and fastText .vec: a line `count dimension`, then a word and its numbers a line",
    extension: "vec",
    recognises: |head| Header::of(head.bytes).is_some(), // binary comes before it
    is_text: true,
    read,
    write: Some(write),
};

fn read(source: Source, options: ReadOptions, progress: &dyn Progress) -> Result<WordVectors> {
    let header = Header::of(source.head().bytes);
    match header {
        Some(header) if header.dim > 0 => text::read(source, header.dim, Some(header), options, progress),
        _ => Err(Error::format(Location::line(source.place(), 1), "a dimension of at least 1", "0")),
    }
}

fn write(vectors: &WordVectors, path: &Path) -> Result<()> {
    text_out::write(vectors, path, true)
}
