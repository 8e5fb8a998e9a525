//! The writing half of the text formats: a word and its numbers a line, as gensim writes them.

use std::io::{self, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use rayon::prelude::*;

use super::numbers::{self, is_separator};
use crate::WordVectors;
use ninefold_core::error::{Error, Result};
use ninefold_core::files;

/// Rows that one thread turns into one chunk of text.
const ROWS: usize = 512;
/// Chunks of text that are in memory at once.
const CHUNKS: usize = 64;

/// Writes vectors as text, with a header line or not; gzipped when the path ends in `.gz`.
///
/// # Errors
/// [`Error::Data`] when such a file cannot represent a word, [`Error::Io`] when it cannot be written.
pub fn write(vectors: &WordVectors, path: &Path, header: bool) -> Result<()> {
    writable(vectors)?;
    files::write_atomically(path, |out| {
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz")) {
            let mut packed = GzEncoder::new(out, Compression::default());
            write_lines(vectors, header, &mut packed)?;
            packed.finish().map(|_| ())
        } else {
            write_lines(vectors, header, out)
        }
    })
}

/// Refuses words that would read back as something else.
pub fn writable(vectors: &WordVectors) -> Result<()> {
    match vectors
        .words()
        .iter()
        .position(|word| word.is_empty() || word.bytes().any(|byte| byte == b'\n' || is_separator(&byte)))
    {
        None => Ok(()),
        Some(row) => {
            let word = &vectors.words()[row];
            let what =
                format!("word {} is {word:?}, and this format ends a word at white space: write safetensors", row + 1);
            Err(Error::data(what))
        }
    }
}

fn write_lines(vectors: &WordVectors, header: bool, out: &mut impl Write) -> io::Result<()> {
    if header {
        writeln!(out, "{} {}", vectors.len(), vectors.dim())?;
    }
    let starts: Vec<usize> = (0..vectors.len()).step_by(ROWS).collect();
    for some in starts.chunks(CHUNKS) {
        let chunks: Vec<Vec<u8>> = some
            .par_iter()
            .map(|&start| {
                let mut text = Vec::new();
                for row in start..vectors.len().min(start + ROWS) {
                    text.extend_from_slice(vectors.words()[row].as_bytes());
                    for &value in vectors.row(row) {
                        text.push(b' ');
                        numbers::write(&mut text, value)?;
                    }
                    text.push(b'\n');
                }
                Ok(text)
            })
            .collect::<io::Result<_>>()?;
        for chunk in chunks {
            out.write_all(&chunk)?;
        }
    }
    Ok(())
}
