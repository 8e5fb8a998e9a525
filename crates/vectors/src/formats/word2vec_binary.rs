//! word2vec binary: a line `count dimension`, then for each word its bytes, a space and `dimension` little-endian f32.
//!
//! Mikolov's C tool ends each vector with a newline, gensim does not; both are read, gensim's is written (the C tool's
//! programs skip the newline where it is and do not miss it where it is not). The C tool cuts words after 100 bytes, if
//! need be in the middle of a letter: such bytes are replaced.

use std::io::{BufRead, ErrorKind, Read};
use std::path::Path;

use super::source::{Head, Source};
use super::text::{self, Header};
use super::{Format, text_out};
use crate::WordVectors;
use ninefold_core::error::{Error, Result};
use ninefold_core::files;
use ninefold_core::progress::Progress;

/// word2vec binary.
pub const FORMAT: Format = Format {
    name: "word2vec-binary",
    about: "word2vec binary: a line `count dimension`, then words and little-endian f32",
    extension: "bin",
    recognises,
    read,
    write: Some(write),
};

/// No word is longer: what goes on beyond it without a space is not a word.
const LONGEST_WORD: u64 = 1 << 16;
/// Most numbers that are set aside before any was read, since a header can lie.
const AT_ONCE: usize = 1 << 26;

/// A header, and after it bytes that no text has, or that fill the file exactly as vectors do; never where the first line
/// is a word with its numbers.
fn recognises(head: &Head) -> bool {
    let Some(header) = Header::of(head.bytes) else { return false };
    let body = &head.bytes[header.length..];
    let line = body.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let numbers = line.splitn(2, |&byte| byte == b' ').nth(1).unwrap_or_default();
    let control = |&byte: &u8| byte < b' ' && !matches!(byte, b'\n' | b'\r' | b'\t');
    let no_text = || !numbers.is_ascii() || body.iter().any(control);
    text::numbers_at_end(line) != header.dim && (no_text() || head.whole && fills(body, header))
}

/// True when `body` is made of the header's words, each with a space and its numbers, and ends with the last.
fn fills(mut body: &[u8], header: Header) -> bool {
    for _ in 0..header.words {
        let Some(space) = memchr::memchr(b' ', body) else { return false };
        let Some(rest) = body[space + 1..].get(header.dim.saturating_mul(4)..) else { return false };
        body = rest;
    }
    body.iter().all(u8::is_ascii_whitespace)
}

fn read(source: Source, progress: &dyn Progress) -> Result<WordVectors> {
    let place = source.place().to_owned();
    let header = Header::of(source.head().bytes).filter(|header| header.words > 0 && header.dim > 0);
    let Some(Header { words: num_words, dim, length }) = header else {
        return Err(Error::format(format!("{place}:1"), "a count and a dimension of at least 1", "0"));
    };
    let whole = source.is_mapped().then_some(source.total());
    // A vector has at least its numbers and the space before them.
    let smallest = (num_words as u64).checked_mul(4 * dim as u64 + 1).and_then(|size| size.checked_add(length as u64));
    if dim > AT_ONCE || whole.is_some_and(|size| smallest.is_none_or(|smallest| smallest > size)) {
        let found =
            whole.map_or("an impossible header".to_owned(), |size| format!("{size} bytes (was the file cut short?)"));
        let expected = format!("{num_words} words of {dim} dimensions, as its first line says");
        return Err(Error::format(place, expected, found));
    }
    let mut words = Vec::new();
    let mut matrix: Vec<f32> = Vec::with_capacity(num_words.saturating_mul(dim).min(AT_ONCE));
    let mut reader = source.into_reader();
    reader.bytes().read_exact(&mut vec![0; length]).map_err(|error| reader.broken(error))?;
    let (mut broken, mut position) = (0, length as u64);
    let mut bytes = Vec::new();
    for number in 1..=num_words {
        bytes.clear();
        reader.bytes().take(LONGEST_WORD).read_until(b' ', &mut bytes).map_err(|error| reader.broken(error))?;
        position += bytes.len() as u64 + 4 * dim as u64;
        let Some(word) = bytes.strip_suffix(b" ") else {
            let found = if bytes.is_empty() { "the file's end".to_owned() } else { text::quoted(&bytes) };
            return Err(Error::format(format!("{place}, word {number} of {num_words}"), "a word and a space", found));
        };
        let word = &word[word.iter().take_while(|&&byte| byte == b'\n').count()..];
        let start = matrix.len();
        matrix.resize(start + dim, 0.0);
        let row = &mut matrix[start..];
        let place = || format!("{place}, vector of {} (word {number} of {num_words})", text::quoted(word));
        match reader.bytes().read_exact(bytemuck::cast_slice_mut(row)) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                return Err(Error::format(place(), format!("{dim} numbers of 4 bytes"), "the file's end"));
            }
            read => read.map_err(|error| reader.broken(error))?,
        }
        row.iter_mut().for_each(|value| *value = f32::from_bits(u32::from_le(value.to_bits())));
        if let Some(value) = row.iter().find(|value| !value.is_finite()) {
            return Err(Error::format(place(), "finite numbers", value.to_string()));
        }
        let text = String::from_utf8_lossy(word);
        broken += usize::from(matches!(text, std::borrow::Cow::Owned(_)));
        words.push(text.into_owned());
        if number % 4096 == 0 {
            reader.report(position, progress);
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
        }
    }
    let mut rest = Vec::new();
    reader.bytes().take(64).read_to_end(&mut rest).map_err(|error| reader.broken(error))?;
    if rest.iter().any(|byte| !byte.is_ascii_whitespace()) {
        let expected = format!("the file's end after {num_words} words of {dim} dimensions, as its first line says");
        return Err(Error::format(place, expected, format!("more bytes: {}", text::quoted(&rest))));
    }
    text::broken_words(broken, progress);
    WordVectors::new(words, dim, matrix)
}

/// Writes as gensim does: nothing between the vectors.
fn write(vectors: &WordVectors, path: &Path) -> Result<()> {
    text_out::writable(vectors)?;
    files::write_atomically(path, |out| {
        use std::io::Write;
        writeln!(out, "{} {}", vectors.len(), vectors.dim())?;
        for (row, word) in vectors.words().iter().enumerate() {
            write!(out, "{word} ")?;
            for value in vectors.row(row) {
                out.write_all(&value.to_le_bytes())?;
            }
        }
        Ok(())
    })
}
