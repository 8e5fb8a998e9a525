//! CSV and TSV.
//!
//! Takes the text of a file -> gives its rows with the line on which each begins. The delimiter is the setting's, else what Excel's
//! first line `sep=;` says, else the one that cuts most rows of the file into equally many cells. Quoted cells may hold newlines; in
//! TSV, quotes are plain characters when every line has the same number of tabs anyway. A quote inside a quoted cell is doubled
//! (RFC 4180), or has a backslash before it in all of the file.

use std::io::{self, BufRead, Read};

use csv::{ByteRecord, StringRecord};
use rustc_hash::FxHashMap;

use super::reader::{Confidence, Findings, Reader};
use crate::columns::{self, Layout, Request};
use crate::content::{Pass, read_error};
use crate::guess::Profile;
use crate::input::{Head, Input};
use crate::input_format::InputFormat;
use crate::reading::{self, Place, Row};
use ninefold_core::error::{Error, Location, Result};
use ninefold_core::phrasing::counted;

/// Rows that are looked at to find header and columns.
const LOOKED_AT: usize = 1000;

/// Rows by which the format is recognised.
const RECOGNISED_BY: usize = 50;

/// Tables.
pub(super) const READER: Reader = Reader {
    about: ".csv, .tsv",
    extensions: &["csv", "tsv", "tab"],
    has_labels: true,
    reads_folders: false,
    recognises: |head| {
        let lines: Vec<&str> = head.lines().take(RECOGNISED_BY).collect();
        if !lines.first().is_some_and(|line| line.contains('\t')) {
            Confidence::No
        } else if Dialect::of(&lines.join("\n"), b'\t').fits(&lines.join("\n")) {
            Confidence::Possible
        } else {
            Confidence::Weak
        }
    },
    read: |input, request, give| {
        let usual_delimiter = if input.head().extension == "csv" { b',' } else { b'\t' };
        input.prepare_passes()?;
        let table = Table::of(input, usual_delimiter, request.delimiter)?;
        let (layout, repeated_headers) = table.read(request, give)?;
        let columns = Some(table.describe(&layout));
        let mut notices = layout.duplicate_notices();
        if repeated_headers > 0 {
            let lines = counted(repeated_headers, "line");
            notices.push(format!("{lines} that repeat the header left out"));
        }
        if table.has_escaped_quotes {
            notices.push("a backslash before a quote is read as an escape".to_string());
        }
        Ok(Findings { columns, format: InputFormat::of_table(&layout), layout: Some(layout), notices })
    },
};

/// Whether one of the delimiters of tables cuts all of the first rows into equally many cells.
pub(super) fn looks_like_a_table(head: &Head) -> bool {
    let rows: Vec<&str> = head.lines().take(RECOGNISED_BY).collect();
    let rows = rows.join("\n");
    [b',', b';', b'|'].into_iter().any(|delimiter| Dialect::of(&rows, delimiter).fits(&rows))
}

/// A delimiter as it is shown and as the setting takes it.
fn shown(delimiter: u8) -> String {
    if delimiter == b'\t' { "tab".to_string() } else { format!("{:?}", char::from(delimiter).to_string()) }
}

/// A file, and how it is cut into cells. All of it decides that; it is read in passes and never held.
struct Table<'a> {
    input: &'a Input<'a>,
    place: String,
    /// Where the rows begin: behind Excel's `sep=;`.
    start: usize,
    dialect: Dialect,
    /// Whether `\"` is a quote in a quoted cell. Such quotes are doubled, which does not move a byte.
    has_escaped_quotes: bool,
}

impl<'a> Table<'a> {
    /// Finds the dialect. `usual` is the delimiter of such files, `wanted` that of the settings.
    fn of(input: &'a Input<'a>, usual: u8, wanted: Option<u8>) -> Result<Table<'a>> {
        let (start, named) = match excel_delimiter(&input.head().text) {
            Some((start, delimiter)) => (start, Some(delimiter)),
            None => (0, None),
        };
        let dialect = Dialect { delimiter: usual, quoting: true };
        let mut table = Table { input, place: input.place(), start, dialect, has_escaped_quotes: false };
        let delimiter = match wanted.or(named) {
            Some(delimiter) => delimiter,
            None => table.delimiter(usual)?,
        };
        table.dialect = table.dialect_of(delimiter)?;
        table.has_escaped_quotes = table.dialect.quoting && table.finds_escaped_quotes()?;
        Ok(table)
    }

    /// The rows from the beginning, before escaped quotes are doubled.
    fn pass(&self, pass: Pass) -> Result<Box<dyn BufRead + 'a>> {
        let mut text = self.input.pass(pass)?;
        io::copy(&mut text.by_ref().take(self.start as u64), &mut io::sink()).map_err(|error| self.damaged(error))?;
        Ok(text)
    }

    /// The rows from the beginning, as the csv reader takes them.
    fn rows(&self, pass: Pass) -> Result<Box<dyn Read + 'a>> {
        let text = self.pass(pass)?;
        Ok(match self.has_escaped_quotes {
            true => Box::new(DoubledQuotes::new(text, self.dialect.delimiter)),
            false => Box::new(text),
        })
    }

    fn damaged(&self, error: io::Error) -> Error {
        read_error(&self.place, error)
    }

    /// The delimiter of a file that does not name one: of those that the first row has, the one that cuts most rows into equally many
    /// cells. Of several that do so equally well, one that is not the punctuation of sentences, then one that gives known names of
    /// columns, then one that gives a column like labels, then the usual one of such files.
    fn delimiter(&self, usual: u8) -> Result<u8> {
        let mut text = self.pass(Pass::Look)?;
        let mut first_line = Vec::new();
        while is_blank_line(&first_line) {
            first_line.clear();
            if text.read_until(b'\n', &mut first_line).map_err(|error| self.damaged(error))? == 0 {
                break;
            }
        }
        let others = [b',', b';', b'\t', b'|'].into_iter().filter(|&delimiter| delimiter != usual);
        let candidates = std::iter::once(usual).chain(others);
        let candidates: Vec<u8> = candidates.filter(|delimiter| first_line.contains(delimiter)).collect();
        match candidates.as_slice() {
            [] => return Ok(usual),
            [only] => return Ok(*only),
            _ => {}
        }
        let mut best: Option<(Merit, u8)> = None;
        for delimiter in candidates {
            let merit = self.merit(self.dialect_of(delimiter)?)?;
            if best.is_none_or(|(best, _)| merit > best) {
                best = Some((merit, delimiter)); // the first of equals stays
            }
        }
        Ok(best.map_or(usual, |(_, delimiter)| delimiter))
    }

    fn dialect_of(&self, delimiter: u8) -> Result<Dialect> {
        let mut tabs = TabCount::default();
        if delimiter == b'\t' {
            let (mut text, mut line) = (self.pass(Pass::Look)?, Vec::new());
            while text.read_until(b'\n', &mut line).map_err(|error| self.damaged(error))? > 0 {
                tabs.add(&line);
                line.clear();
            }
        }
        Ok(tabs.dialect(delimiter))
    }

    /// How well a dialect cuts all of the table: rows as wide as the first per thousand, whether most cells begin without a blank, known
    /// names in the first row, whether a column is like labels.
    fn merit(&self, dialect: Dialect) -> Result<Merit> {
        let mut reader = dialect.reader(self.pass(Pass::Look)?);
        let mut record = ByteRecord::new();
        let mut widths: FxHashMap<usize, usize> = FxHashMap::default();
        let (mut first_width, mut cells, mut begin_with_blank) = (0, 0, 0);
        while reader.read_byte_record(&mut record).unwrap_or(false) {
            if record.len() == 1 && record[0].trim_ascii().is_empty() {
                continue;
            }
            if first_width == 0 {
                first_width = record.len();
            }
            *widths.entry(record.len()).or_default() += 1;
            cells += record.len() - 1;
            begin_with_blank += record.iter().skip(1).filter(|cell| cell.starts_with(b" ")).count();
        }
        let rows: usize = widths.values().sum();
        let as_first = if first_width > 1 { widths[&first_width] } else { 0 };
        let first_rows = dialect.first_rows(self.pass(Pass::Look)?, LOOKED_AT);
        let alike: Vec<Vec<String>> = first_rows.into_iter().filter(|row| row.len() == first_width).collect();
        let names = alike.first().map_or(0, |first| first.iter().filter(|cell| columns::is_known_name(cell)).count());
        let is_like_labels = |column: usize| Profile::of(&alike, column).is_like_labels();
        let has_labels = !alike.is_empty() && (0..first_width).any(is_like_labels);
        Ok((1000 * as_first / rows.max(1), 2 * begin_with_blank <= cells, names, has_labels))
    }

    /// Whether a quoted cell has a quote that can only be an escaped one.
    fn finds_escaped_quotes(&self) -> Result<bool> {
        if !self.has_quotes_behind_backslashes()? {
            return Ok(false);
        }
        let mut text = self.pass(Pass::Look)?;
        let mut quotes = Quotes::new(self.dialect.delimiter);
        let mut last = None;
        loop {
            let block = text.fill_buf().map_err(|error| self.damaged(error))?;
            let Some(&end) = block.last() else { break };
            for &byte in block {
                if let Some(last) = last.replace(byte) {
                    quotes.step(last, byte);
                }
            }
            last = Some(end);
            let count = block.len();
            text.consume(count);
        }
        last.map(|last| quotes.step(last, b'\n'));
        Ok(quotes.is_certain)
    }

    fn has_quotes_behind_backslashes(&self) -> Result<bool> {
        let finder = memchr::memmem::Finder::new(b"\\\"");
        let (mut text, mut ends_in_backslash) = (self.pass(Pass::Look)?, false);
        loop {
            let block = text.fill_buf().map_err(|error| self.damaged(error))?;
            let Some(&last) = block.last() else { return Ok(false) };
            if (ends_in_backslash && block[0] == b'"') || finder.find(block).is_some() {
                return Ok(true);
            }
            ends_in_backslash = last == b'\\';
            let count = block.len();
            text.consume(count);
        }
    }

    /// `text from "body" (the first line is a header, delimiter ",")`.
    fn describe(&self, layout: &Layout) -> String {
        let header = if layout.header.is_some() { "the first line is a header" } else { "no header" };
        format!("{} ({header}, delimiter {})", layout.describe(), shown(self.dialect.delimiter))
    }

    /// Hands out the rows; gives the layout and the number of lines that repeat the header.
    ///
    /// # Errors
    /// [`Error::Format`] with the line: cells missing or in excess, a quote that is never closed, no such column.
    fn read(&self, request: &Request, give: &mut dyn FnMut(Row) -> Result<()>) -> Result<(Layout, usize)> {
        let place = self.place.as_str();
        let first = self.dialect.first_rows(self.rows(Pass::Look)?, LOOKED_AT);
        let Some(width) = first.first().map(Vec::len) else {
            return Err(Error::format(place, "rows of text and label", "an empty file"));
        };
        // A row of another width is reported with its line below; here it must only not disturb.
        let first: Vec<Vec<String>> = first.into_iter().filter(|row| row.len() == width).collect();
        let layout = match request.like.and_then(|training| columns::as_in_training(training, &first)) {
            Some(layout) => Ok(layout),
            None => columns::of_table(&first, request, place),
        };
        let layout = layout.or_else(|error| Err(self.first_ragged_row(width)?.unwrap_or(error)))?;
        let names = layout.header.as_deref().unwrap_or_default();
        let column = |wanted| Request::column(wanted, names, width, place);
        let (group, weight) = (column(request.group)?, column(request.weight)?);
        request.tell_columns(&self.describe(&layout));

        let (mut header_is_next, mut repeated_headers) = (layout.header.is_some(), 0);
        self.each_row(Pass::Give, |row| {
            let record = row.record;
            if is_blank(record, width) {
                return Ok(());
            }
            if record.len() != width {
                if row.ends_the_file {
                    self.check_closed(&row)?;
                }
                return Err(self.ragged(width, record.len(), row.line));
            }
            if std::mem::take(&mut header_is_next) {
                return Ok(());
            }
            if layout.is_header(record) {
                repeated_headers += 1;
                return Ok(());
            }
            let cell = |column: usize| self.dialect.cell(&record[column]);
            let text = match layout.text.as_slice() {
                [only] => cell(*only),
                several => several.iter().map(|&column| cell(column)).collect::<Vec<_>>().join("\n"),
            };
            let (label, group) = (layout.label.map(cell), group.map(cell));
            let (label, group) = (label.unwrap_or_default(), group.unwrap_or_default());
            let weight = match weight {
                Some(column) => reading::weight(&cell(column), request.weight, Location::line(place, row.line))?,
                None => 1.0,
            };
            give(Row { text, label, group, weight, place: Place::Line(row.line) })
        })?;
        Ok((layout, repeated_headers))
    }

    /// Hands out the rows as they are in the file. Blocks of it are in memory, each of which begins with a row.
    ///
    /// # Errors
    /// Those of `take`, and of a read that fails; [`Error::Format`] with the line of a quote that is never closed.
    fn each_row(&self, pass: Pass, mut take: impl FnMut(FileRow) -> Result<()>) -> Result<()> {
        let mut text = self.rows(pass)?;
        let (mut block, mut is_first, mut first_line) = (Vec::new(), true, if self.start > 0 { 2 } else { 1 });
        loop {
            let wanted = BLOCK.max(block.len()); // a row that is longer than a block
            let read =
                text.by_ref().take(wanted as u64).read_to_end(&mut block).map_err(|error| self.damaged(error))?;
            let is_last = read < wanted;
            // The csv reader would take a byte order mark before a row for that of a file; behind an empty line it does not.
            let before: &[u8] = if is_first { b"" } else { b"\n" };
            let mut reader = self.dialect.reader(before.chain(block.as_slice()));
            let mut lines = LineCounter { bytes: &block, at: 0, line: first_line };
            let start_of = |record: &ByteRecord| {
                record.position().map_or(0, |position| (position.byte() as usize).saturating_sub(before.len()))
            };
            // A row is whole for certain when another one follows.
            let (mut record, mut whole, mut has_row) = (ByteRecord::new(), ByteRecord::new(), false);
            while reader.read_byte_record(&mut record).map_err(|error| self.damaged(error.into()))? {
                if std::mem::replace(&mut has_row, true) {
                    let line = lines.line_at(start_of(&whole));
                    let row = self.checked(whole)?;
                    take(FileRow { record: &row, line, rest: None, ends_the_file: false })?;
                    whole = row.into_byte_record();
                }
                std::mem::swap(&mut record, &mut whole);
            }
            let start = if has_row { start_of(&whole) } else { 0 };
            if is_last {
                if !has_row {
                    return Ok(());
                }
                let ends_the_file = (reader.position().byte() as usize).saturating_sub(before.len()) >= block.len();
                let line = lines.line_at(start);
                let record = self.checked(whole)?;
                let row = FileRow { record: &record, line, rest: Some(&block[start..]), ends_the_file };
                take(row)?;
                return self.check_closed(&row);
            }
            first_line += block[..start].iter().filter(|&&byte| byte == b'\n').count();
            is_first &= start == 0;
            block.drain(..start);
        }
    }

    /// A row whose cells are text for certain.
    fn checked(&self, row: ByteRecord) -> Result<StringRecord> {
        StringRecord::from_byte_record(row).map_err(|error| Error::parse(self.place.as_str(), "a table")(error))
    }

    /// A quote that is never closed makes one row of everything behind it.
    fn check_closed(&self, row: &FileRow) -> Result<()> {
        let rest = row.rest.unwrap_or_default().trim_ascii();
        let quotes = rest.iter().filter(|&&byte| byte == b'"').count();
        if !self.dialect.quoting || quotes % 2 == 0 || !rest.contains(&b'\n') {
            return Ok(());
        }
        let place = Location::line(&self.place, row.line);
        Err(Error::format(place, "a closing quote", "none up to the end of the file"))
    }

    fn ragged(&self, width: usize, found: usize, line: usize) -> Error {
        let delimiter = shown(self.dialect.delimiter);
        let expected = format!("{} (cells that hold {delimiter} need quotes)", counted(width, "cell"));
        Error::format(Location::line(&self.place, line), expected, found.to_string())
    }

    /// The error of the first row of another width, if there is one.
    fn first_ragged_row(&self, width: usize) -> Result<Option<Error>> {
        let mut first = None;
        let outcome = self.each_row(Pass::Look, |row| {
            if row.record.len() != width && !is_blank(row.record, width) {
                first = Some(self.ragged(width, row.record.len(), row.line));
                return Err(Error::Interrupted); // one is enough
            }
            Ok(())
        });
        match first {
            Some(error) => Ok(Some(error)),
            None => outcome.map(|()| None),
        }
    }
}

/// Bytes of a table that are cut into rows together, at least.
const BLOCK: usize = 1 << 20;

/// A row of a file.
#[derive(Clone, Copy)]
struct FileRow<'a> {
    record: &'a StringRecord,
    /// The line on which it begins.
    line: usize,
    /// Of the last row of the file: all that is left from where it begins.
    rest: Option<&'a [u8]>,
    /// Whether nothing follows, not even the end of a line.
    ends_the_file: bool,
}

/// An empty line in a table of several columns.
fn is_blank(record: &StringRecord, width: usize) -> bool {
    record.len() == 1 && record[0].trim().is_empty() && width > 1
}

fn is_blank_line(line: &[u8]) -> bool {
    std::str::from_utf8(line).is_ok_and(|line| line.trim().is_empty())
}

/// What Excel's first line `sep=;` names, and where the next line begins.
fn excel_delimiter(text: &str) -> Option<(usize, u8)> {
    let end = text.find('\n')?;
    let named = text[..end].trim_end().trim_matches('"').strip_prefix("sep=")?;
    let delimiter = if named.is_empty() && text[..end].contains("sep=\t") { "\t" } else { named };
    match delimiter.as_bytes() {
        [delimiter] if delimiter.is_ascii() => Some((end + 1, *delimiter)),
        _ => None,
    }
}

/// How well a delimiter cuts a table; compared from the first field to the last.
type Merit = (usize, bool, usize, bool);

/// Follows the quotes of a table, byte by byte. A quote inside a quoted cell is escaped where an odd number of backslashes is before it.
struct Quotes {
    delimiter: u8,
    is_quoted: bool,
    cell_begins: bool,
    /// The second of two quotes is next.
    is_doubled: bool,
    /// Backslashes just before this byte.
    backslashes: usize,
    /// Whether there was a quote that can only be an escaped one: behind a backslash, and before something that is neither a delimiter,
    /// nor a quote, nor the end of a line.
    is_certain: bool,
}

impl Quotes {
    fn new(delimiter: u8) -> Quotes {
        Quotes { delimiter, is_quoted: false, cell_begins: true, is_doubled: false, backslashes: 0, is_certain: false }
    }

    /// Takes a byte and the one behind it (a newline at the end of the file). True when the byte is an escaped quote.
    fn step(&mut self, byte: u8, next: u8) -> bool {
        let is_escaped = self.backslashes % 2 == 1;
        self.backslashes = if byte == b'\\' { self.backslashes + 1 } else { 0 };
        if std::mem::take(&mut self.is_doubled) {
            return false;
        }
        let is_quote = byte == b'"';
        let is_escape = self.is_quoted && is_quote && is_escaped;
        if is_escape {
            self.is_certain |= next != self.delimiter && !matches!(next, b'"' | b'\n' | b'\r');
        } else if self.is_quoted && is_quote && next == b'"' {
            self.is_doubled = true;
        } else if is_quote && (self.is_quoted || self.cell_begins) {
            self.is_quoted = !self.is_quoted;
        }
        self.cell_begins = !self.is_quoted && (byte == self.delimiter || byte == b'\n');
        is_escape
    }
}

/// The text of a table with every `\"` inside a quoted cell written as `""`.
struct DoubledQuotes<R> {
    text: R,
    quotes: Quotes,
    /// The last byte that `quotes` has seen: a backslash becomes a quote when one follows that it escapes.
    seen: Option<u8>,
    /// The byte behind it.
    next: Option<u8>,
}

impl<R: BufRead> DoubledQuotes<R> {
    fn new(text: R, delimiter: u8) -> DoubledQuotes<R> {
        DoubledQuotes { text, quotes: Quotes::new(delimiter), seen: None, next: None }
    }

    /// Goes one byte on; gives the byte that is certain now.
    fn shift(&mut self, incoming: Option<u8>) -> Option<u8> {
        let next = std::mem::replace(&mut self.next, incoming);
        let is_escape = next.is_some_and(|byte| self.quotes.step(byte, incoming.unwrap_or(b'\n')));
        let certain = std::mem::replace(&mut self.seen, next);
        if is_escape { certain.map(|_| b'"') } else { certain }
    }
}

impl<R: BufRead> Read for DoubledQuotes<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut written = 0;
        while written == 0 && !out.is_empty() {
            let block = self.text.fill_buf()?;
            let count = block.len().min(out.len());
            if count == 0 {
                // Two bytes are left at most.
                let Some(last) = self.shift(None).or_else(|| self.shift(None)) else { return Ok(0) };
                out[0] = last;
                return Ok(1);
            }
            let bytes = block[..count].to_vec();
            self.text.consume(count);
            for byte in bytes {
                if let Some(certain) = self.shift(Some(byte)) {
                    out[written] = certain;
                    written += 1;
                }
            }
        }
        Ok(written)
    }
}

/// Whether every line that is not empty has equally many tabs.
#[derive(Default)]
struct TabCount {
    first: Option<usize>,
    differs: bool,
}

impl TabCount {
    fn of<'a>(lines: impl Iterator<Item = &'a str>) -> TabCount {
        let mut tabs = TabCount::default();
        lines.for_each(|line| tabs.add(line.as_bytes()));
        tabs
    }

    fn add(&mut self, line: &[u8]) {
        if is_blank_line(line) {
            return;
        }
        let count = line.iter().filter(|&&byte| byte == b'\t').count();
        self.differs |= *self.first.get_or_insert(count) != count;
    }

    /// Quotes mean nothing where tabs alone give every row equally many cells.
    fn dialect(&self, delimiter: u8) -> Dialect {
        let quoting = delimiter != b'\t' || self.first.unwrap_or(0) == 0 || self.differs;
        Dialect { delimiter, quoting }
    }
}

/// How cells are separated and quoted.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Dialect {
    delimiter: u8,
    quoting: bool,
}

impl Dialect {
    /// True when it cuts the first rows into equally many cells, more than one.
    fn fits(&self, text: &str) -> bool {
        let rows = self.first_rows(text.as_bytes(), RECOGNISED_BY);
        rows.first().is_some_and(|first| first.len() > 1 && rows.iter().all(|row| row.len() == first.len()))
    }

    fn of(text: &str, delimiter: u8) -> Dialect {
        TabCount::of(text.lines()).dialect(delimiter)
    }

    fn reader<R: Read>(&self, text: R) -> csv::Reader<R> {
        csv::ReaderBuilder::new()
            .delimiter(self.delimiter)
            .quoting(self.quoting)
            .has_headers(false)
            .flexible(true)
            .from_reader(text)
    }

    /// The first rows, for looking at.
    fn first_rows(&self, text: impl Read, count: usize) -> Vec<Vec<String>> {
        let mut reader = self.reader(text);
        let records = reader.records().take(count).map_while(std::result::Result::ok);
        let cells = |record: StringRecord| record.iter().map(|cell| self.cell(cell)).collect::<Vec<_>>();
        records.map(cells).filter(|row| row.len() > 1 || !row[0].trim().is_empty()).collect()
    }

    /// Where quotes are plain characters to the reader, a cell that is quoted as a whole still means what is inside.
    fn cell(&self, cell: &str) -> String {
        let inside = cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"'));
        match inside.filter(|inside| !self.quoting && !inside.replace("\"\"", "").contains('"')) {
            Some(inside) => inside.replace("\"\"", "\""),
            None => cell.to_string(),
        }
    }
}

/// Byte offsets, in rising order -> line numbers from 1. (The csv reader's own count is one behind after blank lines and
/// in files with Windows line ends.)
struct LineCounter<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
}

impl LineCounter<'_> {
    fn line_at(&mut self, offset: usize) -> usize {
        let is_newline = |byte: &&u8| matches!(byte, b'\n' | b'\r');
        let offset = offset + self.bytes[offset..].iter().take_while(is_newline).count();
        if offset > self.at {
            self.line += self.bytes[self.at..offset].iter().filter(|&&byte| byte == b'\n').count();
            self.at = offset;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::reader::tests::rows;
    use super::*;
    use crate::config::CorpusConfig;
    use crate::decode::Charset;
    use ninefold_core::progress::Silent;

    fn table(text: &str, delimiter: u8) -> Result<Vec<(usize, String, String)>> {
        rows(&READER, if delimiter == b',' { "x.csv" } else { "x.tsv" }, text)
    }

    fn input_of(text: &str) -> Input<'static> {
        Input::of_reader("x.csv", text.as_bytes(), Charset::Detect, &Silent).unwrap()
    }

    fn row(line: usize, label: &str, text: &str) -> (usize, String, String) {
        (line, label.into(), text.into())
    }

    #[test]
    fn quoted_cells_hold_delimiters_quotes_and_newlines() {
        let text = "label,text\na,\"one, \"\"two\"\"\nthree\"\n\nb,four\n";
        let expected = [row(2, "a", "one, \"two\"\nthree"), row(5, "b", "four")];
        assert_eq!(table(text, b',').unwrap(), expected);
        assert_eq!(table(&text.replace('\n', "\r\n"), b',').unwrap()[1], expected[1]);
    }

    #[test]
    fn the_delimiter_is_found() {
        for delimiter in [",", ";", "\t", "|"] {
            let text = ["label", "text\na", "one two\nb", "three four\n"].join(delimiter);
            assert_eq!(table(&text, b',').unwrap(), [row(2, "a", "one two"), row(3, "b", "three four")], "{delimiter}");
        }
    }

    #[test]
    fn the_delimiter_is_decided_over_the_whole_file() {
        let rows: String = (0..12).map(|n| format!("well, text number {n};{}\n", ["a", "b"][n % 2])).collect();
        let read = table(&format!("text, message;label\n{rows}"), b',').unwrap();
        assert_eq!((read.len(), &read[0]), (12, &row(2, "a", "well, text number 0")));
        let ragged = table("text;label\none two;a\nthree four;b\nbroken; row; here\nfive;a\n", b',').unwrap_err();
        assert_eq!(ragged.to_string(), "x.csv:4: expected 2 cells (cells that hold \";\" need quotes), found 3");
    }

    #[test]
    fn the_line_of_excel_names_the_delimiter() {
        let text = "sep=;\ntext;label\none, two;a\nthree, four;b\n";
        let expected = [row(3, "a", "one, two"), row(4, "b", "three, four")];
        assert_eq!(table(text, b',').unwrap(), expected);
        assert_eq!(table(&text.replace('\n', "\r\n"), b',').unwrap(), expected);
        assert_eq!(table(&text.replace(';', "^"), b',').unwrap(), expected);
    }

    #[test]
    fn a_wanted_delimiter_overrules_the_guess() {
        let config = CorpusConfig { delimiter: "^".into(), ..Default::default() };
        let mut rows = Vec::new();
        let mut take = |row: Row| {
            rows.push((row.label, row.text));
            Ok(())
        };
        let request = Request::new(&config, true).unwrap();
        let input = input_of("text^label\na, b^x\nc, d^y\n");
        Table::of(&input, b',', request.delimiter).unwrap().read(&request, &mut take).unwrap();
        assert_eq!(rows, [("x".to_string(), "a, b".to_string()), ("y".to_string(), "c, d".to_string())]);
    }

    #[test]
    fn a_quote_behind_a_backslash_is_a_quote() {
        let text = "label,text\na,\"he said \\\"hi\\\", twice\"\nb,\"and \\\"that\\\"\"\na,plain\n";
        let expected = [row(2, "a", "he said \"hi\", twice"), row(3, "b", "and \"that\""), row(4, "a", "plain")];
        assert_eq!(table(text, b',').unwrap(), expected);
        let path = "label,text\na,\"C:\\\"\nb,\"D:\\\"\n"; // a backslash at the end of a cell is no escape
        assert_eq!(table(path, b',').unwrap(), [row(2, "a", "C:\\"), row(3, "b", "D:\\")]);
    }

    #[test]
    fn a_header_that_comes_again_is_no_text() {
        let text = "label,text\na,one\nb,two\nlabel,text\na,three\n\u{feff}label,text\nb,four\n";
        let expected = [row(2, "a", "one"), row(3, "b", "two"), row(5, "a", "three"), row(7, "b", "four")];
        assert_eq!(table(text, b',').unwrap(), expected);
    }

    #[test]
    fn stray_quotes_in_tsv_are_plain_characters() {
        let text = "label\ttext\nham\t\"Hello\" she said\nspam\t\"win \nham\t\"\"\"whole\"\" cell\"\n";
        let expected = [row(2, "ham", "\"Hello\" she said"), row(3, "spam", "\"win "), row(4, "ham", "\"whole\" cell")];
        assert_eq!(table(text, b'\t').unwrap(), expected);
        let quoted = "label\ttext\na\t\"one\ttwo\"\nb\tthree\n";
        assert_eq!(table(quoted, b'\t').unwrap(), [row(2, "a", "one\ttwo"), row(3, "b", "three")]);
    }

    #[test]
    fn a_row_of_another_width_is_named_by_its_line() {
        let error = table("label,text\na,\"x\ny\"\r\nb,z\nc,d,e\n", b',').unwrap_err().to_string();
        let stray = table("label,text\na,b,c\nb,a 5\" disk\na,d\n", b',').unwrap_err().to_string();
        assert!(stray.starts_with("x.csv:2: expected 2 cells"), "{stray}");
        assert!(error.starts_with("x.csv:5: expected 2 cells") && error.ends_with("found 3"), "{error}");
    }

    #[test]
    fn a_quote_that_is_never_closed_is_named_by_its_line() {
        let error = table("label,text\na,one\nb,\"two\na,three\nb,four\n", b',').unwrap_err().to_string();
        assert_eq!(error, "x.csv:3: expected a closing quote, found none up to the end of the file");
    }

    #[test]
    fn a_test_file_without_a_header_has_the_columns_of_its_training_file() {
        let config =
            CorpusConfig { text_column: vec!["what".into()], label_column: "kind".into(), ..Default::default() };
        let read = |text: &str, like: Option<&Layout>| {
            let (mut rows, request) = (Vec::new(), Request { like, ..Request::new(&config, true).unwrap() });
            let mut take = |row| {
                rows.push(row);
                Ok(())
            };
            let input = input_of(text);
            let (layout, _) = Table::of(&input, b',', None).unwrap().read(&request, &mut take).unwrap();
            (rows, layout)
        };
        let (_, layout) = read("kind,id,what\na,1,one two\n", None);
        let (rows, _) = read("b,2,three four\n", Some(&layout));
        assert_eq!(
            rows,
            [Row {
                text: "three four".into(),
                label: "b".into(),
                group: String::new(),
                weight: 1.0,
                place: Place::Line(1)
            }]
        );
        for headed in ["kind,id,what\nb,2,five\n", "What,Kind\nfive,b\n"] {
            let (rows, _) = read(headed, Some(&layout));
            assert_eq!(
                rows,
                [Row {
                    text: "five".into(),
                    label: "b".into(),
                    group: String::new(),
                    weight: 1.0,
                    place: Place::Line(2)
                }]
            );
        }
    }
}
