//! The part that all text formats share: lines of a word and its numbers, parsed in parallel.
//!
//! Bytes of whole lines -> words and rows. A line's numbers are its last `dim` fields, counted from the right and parted by
//! single spaces (0x20 only): words of glove.840B hold spaces and no-break spaces. Spaces before the line's end, which
//! fastText writes, and a carriage return are passed over.

use rayon::prelude::*;

use super::numbers;
use super::source::Source;
use crate::WordVectors;
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;

/// Lines are handed to threads in blocks of about this many bytes.
const BLOCK: usize = 1 << 20;

/// Reads lines of a word and `dim` numbers; `header` says how many lines there must be after it.
pub fn read(source: Source, dim: usize, header: Option<Header>, progress: &dyn Progress) -> Result<WordVectors> {
    let place = source.place().to_owned();
    let mut table = Table { dim, skip: usize::from(header.is_some()), ..Table::default() };
    let reports = source.is_mapped();
    source.each_window(progress, |window| table.parse(&place, window, reports.then_some(progress)))?;
    let found = table.words.len();
    if let Some(Header { words: promised, .. }) = header.filter(|header| header.words != found) {
        let end = if found < promised { " (was the file cut short?)" } else { "" };
        return Err(Error::format(place, format!("{promised} words, as its first line says"), format!("{found}{end}")));
    }
    if found == 0 {
        return Err(Error::format(place, "word vectors", "no line with a word"));
    }
    notices(&table, progress);
    WordVectors::new(table.words, dim, table.matrix)
}

/// The first line of word2vec's formats: `count dimension`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Header {
    /// Number of words.
    pub words: usize,
    /// Length of every vector.
    pub dim: usize,
    /// Bytes of the line, its end included.
    pub length: usize,
}

impl Header {
    /// The header that `bytes` begin with, if they do. Its numbers may lie.
    pub fn of(bytes: &[u8]) -> Option<Header> {
        let end = memchr::memchr(b'\n', &bytes[..bytes.len().min(64)])?;
        let line = std::str::from_utf8(&bytes[..end]).ok()?;
        let mut fields = line.split_ascii_whitespace();
        let (words, dim) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        fields.next().is_none().then_some(Header { words, dim, length: end + 1 })
    }
}

/// How many fields at the end of a line are numbers; the first field is the word, whatever it looks like.
pub fn numbers_at_end(line: &[u8]) -> usize {
    let line = trim_end(line);
    let fields = memchr::memchr_iter(b' ', line).count();
    line.rsplit(|&byte| byte == b' ').take(fields).take_while(|field| numbers::read(field, 0).is_some()).count()
}

#[derive(Default)]
struct Table {
    dim: usize,
    skip: usize, // lines of the header that are still to come
    words: Vec<String>,
    matrix: Vec<f32>, // [num_words, dim]
    spaced: Vec<String>,
    broken: usize,
    lines: usize,
}

impl Table {
    /// Adds the lines of `window`; tells `progress` of its bytes, where given.
    fn parse(&mut self, place: &str, mut window: &[u8], progress: Option<&dyn Progress>) -> Result<()> {
        if self.skip > 0 {
            let end = memchr::memchr(b'\n', window).map_or(window.len(), |end| end + 1);
            window = &window[end..];
            self.skip -= 1;
            self.lines += 1;
        }
        let blocks = blocks(without_empty_lines_at_end(window));
        let counts: Vec<usize> = blocks.par_iter().map(|block| lines(block).count()).collect();
        let (dim, begun) = (self.dim, self.matrix.len());
        let rows: usize = counts.iter().sum();
        // A number takes two bytes with its space. Where the lines cannot hold them all, the header lies, and memory for
        // them must not even be asked for.
        if rows.saturating_mul(dim).saturating_mul(2) > window.len() {
            let short = |(_, line): &(usize, &[u8])| trim_end(line).len() < dim.saturating_mul(2);
            if let Some((number, line)) = (self.lines + 1..).zip(lines(window)).find(short) {
                let (expected, found) = wrong_count(trim_end(line), dim);
                return Err(Error::format(format!("{place}:{number}"), expected, found));
            }
        }
        if begun == 0 {
            self.matrix = vec![0.0; rows * dim]; // untouched zero pages: filled first by the thread that parses
        } else {
            self.matrix.resize(begun + rows * dim, 0.0);
        }
        let mut work = Vec::with_capacity(blocks.len());
        let mut rest = &mut self.matrix[begun..];
        for (block, count) in blocks.into_iter().zip(counts) {
            let (rows, others) = rest.split_at_mut(count * dim);
            rest = others;
            work.push((block, self.lines + 1, rows));
            self.lines += count;
        }
        let parsed: Vec<Result<Block>> = work
            .into_par_iter()
            .map(|(block, line, rows)| {
                if progress.is_some_and(Progress::is_cancelled) {
                    return Err(Error::Interrupted);
                }
                let parsed = parse_block(place, block, line, dim, rows);
                progress.inspect(|progress| progress.advance(block.len() as u64));
                parsed
            })
            .collect();
        for block in parsed {
            let block = block?;
            self.words.extend(block.words);
            self.spaced.extend(block.spaced);
            self.broken += block.broken;
        }
        Ok(())
    }
}

#[derive(Default)]
struct Block {
    words: Vec<String>,
    spaced: Vec<String>, // words with a space in them
    broken: usize,       // words that are not UTF-8
}

fn parse_block(place: &str, block: &[u8], first: usize, dim: usize, rows: &mut [f32]) -> Result<Block> {
    let mut parsed = Block { words: Vec::with_capacity(rows.len() / dim), ..Block::default() };
    for (number, (line, row)) in (first..).zip(lines(block).zip(rows.chunks_exact_mut(dim))) {
        let word = parse_line(line, row).map_err(|(expected, found)| {
            let place = format!("{place}:{number}");
            Error::format(place, expected, found)
        })?;
        let text = String::from_utf8_lossy(word);
        parsed.broken += usize::from(matches!(text, std::borrow::Cow::Owned(_)));
        let text = text.into_owned();
        if word.contains(&b' ') {
            parsed.spaced.push(text.clone());
        }
        parsed.words.push(text);
    }
    Ok(parsed)
}

/// Fills `row` from a line and gives its word; else what was expected and found.
fn parse_line<'a>(line: &'a [u8], row: &mut [f32]) -> std::result::Result<&'a [u8], (String, String)> {
    let line = trim_end(line);
    let first = memchr::memchr(b' ', line).unwrap_or(line.len());
    if fill_row(line, first, row) {
        return Ok(&line[..first]);
    }
    let Some(start) = memchr::memrchr_iter(b' ', line).nth(row.len() - 1) else {
        return Err(wrong_count(line, row.len()));
    };
    let word = &line[..start];
    // No pretrained word ends in a number: a line with a number too many is damage.
    let last = word.rsplit(|&byte| byte == b' ').next().unwrap_or(word);
    if start != first && numbers::read(last, 0).is_some() {
        return Err(wrong_count(line, row.len()));
    }
    if start != first && fill_row(line, start, row) {
        return Ok(word);
    }
    let culprit = line[start + 1..].split(|&byte| byte == b' ').enumerate().find_map(|(position, field)| {
        let finite = numbers::read(field, 0).is_some_and(|(value, _)| value.is_finite());
        (!finite).then(|| format!("{} as number {} of {}", quoted(field), position + 1, quoted(word)))
    });
    Err(("a finite number".to_owned(), culprit.unwrap_or_default()))
}

/// What to say of a line with too few or too many numbers.
fn wrong_count(line: &[u8], dim: usize) -> (String, String) {
    let word = line.split(|&byte| byte == b' ').next().unwrap_or_default();
    let found = match numbers_at_end(line) {
        _ if line.is_empty() => "an empty line".to_owned(),
        0 => quoted(line),
        count => format!("{count} numbers after {}", quoted(word)),
    };
    (format!("a word and {dim} numbers"), found)
}

/// Reads `row.len()` numbers, each after a space, from `at` to the line's end; false when they are not there or not finite.
#[inline]
fn fill_row(line: &[u8], mut at: usize, row: &mut [f32]) -> bool {
    for value in row {
        if line.get(at) != Some(&b' ') {
            return false;
        }
        let Some((read, end)) = numbers::read(line, at + 1) else { return false };
        if !read.is_finite() {
            return false;
        }
        (*value, at) = (read, end);
    }
    at == line.len()
}

fn trim_end(line: &[u8]) -> &[u8] {
    let kept = line.iter().rposition(|byte| !matches!(byte, b' ' | b'\r')).map_or(0, |last| last + 1);
    &line[..kept]
}

/// Wordpieces of whole lines.
fn blocks(text: &[u8]) -> Vec<&[u8]> {
    let mut blocks = Vec::with_capacity(text.len() / BLOCK + 1);
    let mut rest = text;
    while !rest.is_empty() {
        let from = rest.len().min(BLOCK);
        let end = memchr::memchr(b'\n', &rest[from..]).map_or(rest.len(), |end| from + end + 1);
        let (block, others) = rest.split_at(end);
        blocks.push(block);
        rest = others;
    }
    blocks
}

fn lines(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    let last = block.strip_suffix(b"\n").unwrap_or(block);
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', last).chain([last.len()]);
    ends.map(move |end| &last[std::mem::replace(&mut start, end + 1)..end])
}

fn without_empty_lines_at_end(text: &[u8]) -> &[u8] {
    let kept = text.iter().rposition(|byte| !matches!(byte, b' ' | b'\r' | b'\n')).map_or(0, |last| last + 1);
    &text[..kept]
}

/// Text for a message: shortened, and legible whatever the bytes are.
pub fn quoted(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}

fn notices(table: &Table, progress: &dyn Progress) {
    if let Some(word) = table.spaced.first() {
        let count = table.spaced.len();
        progress.notice(&format!("{count} words contain spaces, {word:?} for one"));
    }
    broken_words(table.broken, progress);
}

/// Says how many words were not UTF-8.
pub fn broken_words(count: usize, progress: &dyn Progress) {
    if count > 0 {
        progress.notice(&format!("{count} words are not valid UTF-8: their broken bytes were replaced by U+FFFD"));
    }
}
