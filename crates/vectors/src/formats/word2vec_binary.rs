//! word2vec binary: a line `count dimension`, then for each word its bytes, a space and `dimension` little-endian f32.
//!
//! Mikolov's C tool ends each vector with a newline, gensim does not; both are read, gensim's is written (the C tool's
//! programs skip the newline where it is and do not miss it where it is not). The C tool cuts words after 100 bytes, if
//! need be in the middle of a letter: such bytes are replaced.

use std::path::Path;

use super::source::{Head, Source};
use super::text::{self, Header};
use super::{Format, MOST_DIMENSIONS, ReadOptions, text_out};
use crate::WordVectors;
use ninefold_core::error::{Error, Location, Result};
use ninefold_core::files;
use ninefold_core::progress::Progress;

/// word2vec binary.
pub const FORMAT: Format = Format {
    name: "word2vec-binary",
    about: "word2vec binary: a line `count dimension`, then words and little-endian f32",
    extension: "bin",
    recognises,
    is_text: false,
    read,
    write: Some(write),
};

/// No word is longer.
const LONGEST_WORD: u64 = 1 << 16;

/// A header, and after it bytes that no text has, or that fill the file exactly as vectors do; never where the first line
/// is a word with its numbers.
fn recognises(head: &Head) -> bool {
    let Some(header) = Header::of(head.bytes) else { return false };
    let body = &head.bytes[header.length..];
    let line = body.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let numbers = line.splitn(2, |&byte| byte == b' ').nth(1).unwrap_or_default();
    let control = |&byte: &u8| byte < b' ' && !matches!(byte, b'\n' | b'\r' | b'\t');
    let no_text = || !numbers.is_ascii() || body.iter().any(control);
    let is_line_of_text = text::numbers_at_end(line) >= header.dim || text::other_separator(line).is_some();
    !is_line_of_text && (no_text() || head.whole && fills(body, header))
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

fn read(source: Source, _: ReadOptions, progress: &dyn Progress) -> Result<WordVectors> {
    let place = source.place().to_owned();
    let header = Header::of(source.head().bytes).filter(|header| header.words > 0 && header.dim > 0);
    let Some(header) = header else {
        return Err(Error::format(Location::line(place, 1), "a count and a dimension of at least 1", "0"));
    };
    check_size(header, &source)?;
    let Header { words: num_words, dim, length } = header;
    let mut reader = source.into_reader();
    reader.skip(length as u64)?;
    let (mut words, mut matrix, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
    let mut broken = 0;
    for number in 1..=num_words {
        reader.until(b' ', LONGEST_WORD, &mut bytes)?;
        let Some(word) = bytes.strip_suffix(b" ") else {
            let found = if bytes.is_empty() { "the file's end".to_owned() } else { text::quoted(&bytes) };
            let location = Location::from(&place).entry(format!("word {number} of {num_words}"));
            return Err(Error::format(location, "a word and a space", found));
        };
        let word = &word[word.iter().take_while(|&&byte| byte == b'\n').count()..];
        let location = || {
            let entry = format!("vector of {} (word {number} of {num_words})", text::quoted(word));
            Location::from(&place).entry(entry)
        };
        let start = matrix.len();
        if !reader.numbers::<f32>(dim as u64, &mut matrix)? {
            return Err(Error::format(location(), format!("{dim} numbers of 4 bytes"), "the file's end"));
        }
        if let Some(value) = matrix[start..].iter().find(|value| !value.is_finite()) {
            return Err(Error::format(location(), "finite numbers", value.to_string()));
        }
        let text = String::from_utf8_lossy(word);
        broken += usize::from(matches!(text, std::borrow::Cow::Owned(_)));
        words.push(text.into_owned());
        if number % 4096 == 0 {
            reader.report(progress);
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
        }
    }
    let (more, rest) = reader.finish(|byte| !byte.is_ascii_whitespace())?;
    if more > 0 {
        let expected = format!("the file's end after {num_words} words of {dim} dimensions, as its first line says");
        return Err(Error::format(place, expected, format!("more bytes: {}", text::quoted(&rest))));
    }
    text::broken_words(broken, progress);
    WordVectors::new(words, dim, matrix)
}

/// Refuses a header that promises more than the file can hold.
fn check_size(Header { words, dim, length }: Header, source: &Source) -> Result<()> {
    // A vector has at least its numbers and the space before them.
    let smallest = (words as u64)
        .checked_mul((dim as u64).saturating_mul(4).saturating_add(1))
        .and_then(|size| size.checked_add(length as u64));
    let found = match (smallest, source.size()) {
        (Some(smallest), Some(size)) if smallest > size => format!("{size} bytes (was the file cut short?)"),
        (Some(_), _) if dim <= MOST_DIMENSIONS => return Ok(()),
        _ => format!("an impossible header (at most {MOST_DIMENSIONS} dimensions are read)"),
    };
    Err(Error::format(source.place(), format!("{words} words of {dim} dimensions, as its first line says"), found))
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
