//! The part that all text formats share: lines of a word and its numbers, parsed in parallel.
//!
//! Windows of whole lines -> words and rows. A line's numbers are its last `dim` fields. Any ASCII white space separates fields:
//! single spaces, tabs, aligned columns. What stands before the numbers is the word, which may hold spaces and end in a number
//! ("windows 95"); words of glove.840B hold no-break spaces, which separate nothing.

use rayon::prelude::*;

use super::ReadOptions;
use super::numbers::{self, is_separator};
use super::source::Source;
use crate::WordVectors;
use ninefold_core::error::{Error, Location, Result};
use ninefold_core::progress::Progress;

/// Lines are handed to threads in blocks of about this many bytes.
const BLOCK: usize = 1 << 20;

/// Reads lines of a word and `dim` numbers; `header` says how many lines there must be after it.
///
/// # Errors
/// [`Error::Format`] with the line that is no word with its numbers, unless such lines are skipped; [`Error::Interrupted`].
pub fn read(
    source: Source,
    dim: usize,
    header: Option<Header>,
    options: ReadOptions,
    progress: &dyn Progress,
) -> Result<WordVectors> {
    let place = source.place().to_owned();
    let mut table = Table::new(&place, dim, usize::from(header.is_some()), options);
    source.each_window(progress, |window| table.parse(window))?;
    let (found, skipped) = (table.words.len(), table.skipped.len());
    if let Some(Header { words: promised, .. }) = header.filter(|header| header.words != found + skipped) {
        let end = if found < promised { " (was the file cut short?)" } else { "" };
        let (expected, found) = (format!("{promised} words, as its first line says"), format!("{found}{end}"));
        if !options.skip_bad_lines {
            return Err(Error::format(place, expected, found));
        }
        progress.notice(&format!("{place}: expected {expected}, found {found}"));
    }
    if found == 0 {
        return Err(Error::format(place, "word vectors", "no line with a word and its numbers"));
    }
    table.notices(progress);
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
    let fields: Vec<&[u8]> = fields(line).collect();
    fields.iter().skip(1).rev().take_while(|field| numbers::read(field, 0).is_some()).count()
}

/// What separates a word and two or more numbers where white space does not, and what to do about it.
pub fn other_separator(line: &[u8]) -> Option<String> {
    let line = std::str::from_utf8(line).ok()?;
    let is_number = |field: &str| {
        let field = field.trim().as_bytes();
        numbers::read(field, 0).is_some_and(|(_, end)| end == field.len())
    };
    for separator in [',', ';', '|'] {
        let mut fields = line.split(separator);
        fields.next();
        if fields.clone().count() > 1 && fields.all(is_number) {
            return Some(format!("fields separated by {separator:?} (replace each with a space)"));
        }
    }
    let mut fields = line.split_ascii_whitespace().skip(1);
    let is_decimal_comma = |field: &str| field.contains(',') && is_number(&field.replace(',', "."));
    let has_two = fields.clone().count() > 1;
    (has_two && fields.all(is_decimal_comma)).then(|| "decimal commas (replace each with a point)".to_owned())
}

/// What is wrong with a line.
#[derive(Debug)]
struct BadLine {
    number: usize,
    expected: String,
    found: String,
}

struct Table<'a> {
    place: &'a str,
    dim: usize,
    skip_bad_lines: bool,
    header_lines: usize, // still to come
    lines: usize,        // so far, those of the header included
    empty_lines: usize,  // at the end of those, which only the file's end may follow
    words: Vec<String>,
    matrix: Vec<f32>, // [num_words, dim]
    odd: OddWords,
    skipped: Vec<BadLine>,
}

/// Words that a reader should know of.
#[derive(Default)]
struct OddWords {
    spaced: Vec<String>,
    numbered: Vec<(usize, String)>, // line, and a word whose last field is a number
    broken: usize,                  // not UTF-8
}

impl Table<'_> {
    fn new(place: &str, dim: usize, header_lines: usize, options: ReadOptions) -> Table<'_> {
        Table {
            place,
            dim,
            skip_bad_lines: options.skip_bad_lines,
            header_lines,
            lines: 0,
            empty_lines: 0,
            words: Vec::new(),
            matrix: Vec::new(),
            odd: OddWords::default(),
            skipped: Vec::new(),
        }
    }

    /// Adds the lines of `window`.
    fn parse(&mut self, mut window: &[u8]) -> Result<()> {
        if self.header_lines > 0 {
            let end = memchr::memchr(b'\n', window).map_or(window.len(), |end| end + 1);
            window = &window[end..];
            self.header_lines -= 1;
            self.lines += 1;
        }
        let content = without_empty_lines_at_end(window);
        if !content.is_empty() && self.empty_lines > 0 {
            let first = self.lines - self.empty_lines + 1;
            self.refuse((first..=self.lines).map(|number| BadLine::new(number, b"", self.dim)).collect())?;
            self.empty_lines = 0;
        }
        let blocks = blocks(content);
        // Only lines that are long enough for `dim` numbers get memory for them, whatever a header says.
        let may_be_whole = |line: &&[u8]| line.len() >= self.dim.saturating_mul(2);
        let count = |block: &&[u8]| (lines(block).count(), lines(block).filter(may_be_whole).count());
        let counts: Vec<(usize, usize)> = blocks.par_iter().map(count).collect();
        let (dim, begun) = (self.dim, self.matrix.len());
        let rows: usize = counts.iter().map(|(_, rows)| rows).sum();
        if begun == 0 {
            self.matrix = vec![0.0; rows * dim]; // untouched zero pages: filled first by the thread that parses
        } else {
            self.matrix.resize(begun + rows * dim, 0.0);
        }
        let mut work = Vec::with_capacity(blocks.len());
        let mut rest = &mut self.matrix[begun..];
        for (block, (lines, rows)) in blocks.into_iter().zip(counts) {
            let (matrix, others) = rest.split_at_mut(rows * dim);
            rest = others;
            work.push((block, self.lines + 1, matrix));
            self.lines += lines;
        }
        let parse =
            |(block, line, rows): (&[u8], usize, &mut [f32])| (rows.len(), Block::parse(block, line, dim, rows));
        let parsed: Vec<(usize, Block)> = work.into_par_iter().map(parse).collect();
        self.add(begun, parsed)?;
        let empty = lines(&window[content.len()..]).count() - usize::from(!content.is_empty());
        self.empty_lines += empty;
        self.lines += empty;
        Ok(())
    }

    /// Takes the words of blocks, and closes the gaps that bad lines have left in the matrix from `begun` on.
    fn add(&mut self, begun: usize, blocks: Vec<(usize, Block)>) -> Result<()> {
        let (mut from, mut to) = (begun, begun);
        for (reserved, block) in blocks {
            self.refuse(block.bad)?;
            let filled = block.words.len() * self.dim;
            if from != to {
                self.matrix.copy_within(from..from + filled, to);
            }
            (from, to) = (from + reserved, to + filled);
            self.words.extend(block.words);
            self.odd.spaced.extend(block.odd.spaced);
            self.odd.numbered.extend(block.odd.numbered);
            self.odd.broken += block.odd.broken;
        }
        self.matrix.truncate(to);
        Ok(())
    }

    /// Bad lines are an error, or skipped and counted.
    fn refuse(&mut self, bad: Vec<BadLine>) -> Result<()> {
        if let Some(BadLine { number, expected, found }) = bad.first().filter(|_| !self.skip_bad_lines) {
            return Err(Error::format(Location::line(self.place, *number), expected, found));
        }
        self.skipped.extend(bad);
        Ok(())
    }

    fn notices(&self, progress: &dyn Progress) {
        if let Some(BadLine { number, expected, found }) = self.skipped.first() {
            let (count, place) = (self.skipped.len(), Location::line(self.place, *number));
            let lines = if count == 1 { "1 line was" } else { &format!("{count} lines were") };
            progress.notice(&format!("{lines} skipped, the first of them {place}: expected {expected}, found {found}"));
        }
        if let Some(word) = self.odd.spaced.first() {
            let count = self.odd.spaced.len();
            progress.notice(&format!("{count} words contain spaces, {word:?} for one"));
        }
        if let Some((line, word)) = self.odd.numbered.first() {
            let (count, dim) = (self.odd.numbered.len(), self.dim);
            progress.notice(&format!(
                "{count} lines have more than {dim} numbers, the first of them line {line}: read as the word {word:?}"
            ));
        }
        broken_words(self.odd.broken, progress);
    }
}

#[derive(Default)]
struct Block {
    words: Vec<String>,
    odd: OddWords,
    bad: Vec<BadLine>,
}

impl Block {
    /// Parses lines from number `first` on; their numbers fill `rows` from the front.
    fn parse(block: &[u8], first: usize, dim: usize, rows: &mut [f32]) -> Block {
        let mut parsed = Block { words: Vec::with_capacity(rows.len() / dim), ..Block::default() };
        for (number, line) in (first..).zip(lines(block)) {
            let start = parsed.words.len() * dim;
            let row = rows.get_mut(start..).and_then(|rows| rows.get_mut(..dim));
            match row.ok_or_else(|| BadLine::new(number, line, dim)).and_then(|row| parse_line(number, line, row)) {
                Ok(word) => parsed.push(number, word),
                Err(bad) => parsed.bad.push(bad),
            }
        }
        parsed
    }

    fn push(&mut self, line: usize, word: &[u8]) {
        let text = String::from_utf8_lossy(word);
        self.odd.broken += usize::from(matches!(text, std::borrow::Cow::Owned(_)));
        let text = text.into_owned();
        if word.iter().any(is_separator) {
            let last = fields(word).last().unwrap_or_default();
            if numbers::read(last, 0).is_some() {
                self.odd.numbered.push((line, text.clone()));
            } else {
                self.odd.spaced.push(text.clone());
            }
        }
        self.words.push(text);
    }
}

/// Fills `row` from a line and gives its word.
fn parse_line<'a>(number: usize, line: &'a [u8], row: &mut [f32]) -> std::result::Result<&'a [u8], BadLine> {
    let line = trim_end(line);
    let start = line.iter().position(|byte| !is_separator(byte)).unwrap_or(line.len());
    let end = line[start..].iter().position(is_separator).map_or(line.len(), |length| start + length);
    if fill_row(line, end, row) {
        return Ok(&line[start..end]);
    }
    let Some(first) = first_of_last(line, row.len()) else {
        return Err(BadLine::new(number, line, row.len()));
    };
    let word = trim_end(&line[start.min(first)..first]);
    if fill_row(line, word_end(line, first), row) && !holds_a_row(word, row.len()) {
        return Ok(word);
    }
    let culprit = fields(&line[first..]).enumerate().find_map(|(position, field)| {
        let finite = numbers::read(field, 0).is_some_and(|(value, _)| value.is_finite());
        (!finite).then(|| format!("{} as number {} of {}", quoted(field), position + 1, quoted(word)))
    });
    Err(match culprit {
        Some(found) if other_separator(line).is_none() => {
            BadLine { number, expected: "a finite number".to_owned(), found }
        }
        _ => BadLine::new(number, line, row.len()),
    })
}

/// Where the last `count` fields of a line begin; `None` where it has fewer, or those are all and nothing, not even an empty
/// word, stands before them.
fn first_of_last(line: &[u8], count: usize) -> Option<usize> {
    let mut at = line.len();
    for _ in 0..count {
        at -= line[..at].iter().rev().take_while(|byte| is_separator(byte)).count();
        let length = line[..at].iter().rev().take_while(|byte| !is_separator(byte)).count();
        if length == 0 {
            return None;
        }
        at -= length;
    }
    (at > 0).then_some(at)
}

/// Where the separators before `first` begin.
fn word_end(line: &[u8], first: usize) -> usize {
    first - line[..first].iter().rev().take_while(|byte| is_separator(byte)).count()
}

/// True where a word has a row of its own: a line's end was lost between two lines.
fn holds_a_row(word: &[u8], dim: usize) -> bool {
    let mut run = 0;
    fields(word).skip(1).any(|field| {
        run = if numbers::read(field, 0).is_some() { run + 1 } else { 0 };
        run == dim
    })
}

impl BadLine {
    /// A line with too few or too many numbers.
    fn new(number: usize, line: &[u8], dim: usize) -> BadLine {
        let line = trim_end(line);
        let word = fields(line).next().unwrap_or_default();
        let found = match numbers_at_end(line) {
            _ if word.is_empty() => "an empty line".to_owned(),
            0 => other_separator(line).unwrap_or_else(|| quoted(line)),
            count => format!("{count} numbers after {}", quoted(word)),
        };
        BadLine { number, expected: format!("a word and {dim} numbers"), found }
    }
}

/// Reads `row.len()` numbers, each after separators, from `at` to the line's end; false when they are not there or not finite.
#[inline]
fn fill_row(line: &[u8], mut at: usize, row: &mut [f32]) -> bool {
    for value in row {
        let begun = at;
        while line.get(at).is_some_and(is_separator) {
            at += 1;
        }
        if at == begun {
            return false;
        }
        let Some((read, end)) = numbers::read(line, at) else { return false };
        if !read.is_finite() {
            return false;
        }
        (*value, at) = (read, end);
    }
    at == line.len()
}

fn fields(line: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    line.split(is_separator).filter(|field| !field.is_empty())
}

fn trim_end(line: &[u8]) -> &[u8] {
    let kept = line.iter().rposition(|byte| !is_separator(byte)).map_or(0, |last| last + 1);
    &line[..kept]
}

/// Text cut after whole lines.
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
    let kept = text.iter().rposition(|byte| !is_separator(byte) && *byte != b'\n').map_or(0, |last| last + 1);
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

/// Says how many words were not UTF-8.
pub fn broken_words(count: usize, progress: &dyn Progress) {
    if count > 0 {
        progress.notice(&format!("{count} words are not valid UTF-8: their broken bytes were replaced by U+FFFD"));
    }
}
