//! CSV and TSV.
//!
//! Takes the text of a file -> gives its rows with the line on which each begins. The delimiter is the setting's, else what Excel's
//! first line `sep=;` says, else the one that cuts most rows of the file into equally many cells. Quoted cells may hold newlines; in
//! TSV, quotes are plain characters when every line has the same number of tabs anyway. A quote inside a quoted cell is doubled
//! (RFC 4180), or has a backslash before it in all of the file.

use std::borrow::Cow;

use csv::{ByteRecord, StringRecord};
use rustc_hash::FxHashMap;

use super::reader::{Confidence, Findings, Reader};
use crate::columns::{self, Layout, Request};
use crate::guess::Profile;
use crate::input::Head;
use crate::input_format::InputFormat;
use crate::reading::{Place, Row};
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
        let place = input.place();
        let table = Table::of(input.text()?, usual_delimiter, request.delimiter);
        let (layout, repeated_headers) = table.read(request, &place, give)?;
        let header = if layout.header.is_some() { "the first line is a header" } else { "no header" };
        let delimiter = shown(table.dialect.delimiter);
        let columns = Some(format!("{} ({header}, delimiter {delimiter})", layout.describe()));
        let mut notices = layout.duplicate_notices();
        if repeated_headers > 0 {
            let lines = counted(repeated_headers, "line");
            notices.push(format!("{lines} that repeat the header left out"));
        }
        if matches!(table.text, Cow::Owned(_)) {
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

/// The text of a file, and how it is cut into cells.
struct Table<'a> {
    /// With escaped quotes doubled, which does not move a byte.
    text: Cow<'a, str>,
    /// Where the rows begin: behind Excel's `sep=;`.
    start: usize,
    dialect: Dialect,
}

impl<'a> Table<'a> {
    /// Finds the dialect. `usual` is the delimiter of such files, `wanted` that of the settings.
    fn of(text: &'a str, usual: u8, wanted: Option<u8>) -> Table<'a> {
        let (start, named) = match excel_delimiter(text) {
            Some((start, delimiter)) => (start, Some(delimiter)),
            None => (0, None),
        };
        let rows = &text[start..];
        let delimiter = wanted.or(named).unwrap_or_else(|| delimiter_of(rows, usual));
        let dialect = Dialect::of(rows, delimiter);
        let doubled = dialect.quoting.then(|| with_doubled_quotes(text, start, delimiter)).flatten();
        Table { text: doubled.map_or(Cow::Borrowed(text), Cow::Owned), start, dialect }
    }

    /// Hands out the rows; gives the layout and the number of lines that repeat the header. The delimiter and quotes depend on all of
    /// the file, which is why it is not streamed.
    ///
    /// # Errors
    /// [`Error::Format`] with the line: cells missing or in excess, a quote that is never closed, no such column.
    fn read(&self, request: &Request, place: &str, give: &mut dyn FnMut(Row) -> Result<()>) -> Result<(Layout, usize)> {
        let (text, dialect) = (&self.text[self.start..], self.dialect);
        let first = dialect.first_rows(text, LOOKED_AT);
        let Some(width) = first.first().map(Vec::len) else {
            return Err(Error::format(place, "rows of text and label", "an empty file"));
        };
        // A row of another width is reported with its line below; here it must only not disturb.
        let first: Vec<Vec<String>> = first.into_iter().filter(|row| row.len() == width).collect();
        let layout = match request.like.and_then(|training| columns::as_in_training(training, &first)) {
            Some(layout) => Ok(layout),
            None => columns::of_table(&first, request, place),
        };
        let layout = layout.or_else(|error| Err(self.first_ragged_row(width, place)?.unwrap_or(error)))?;

        let group = request.group_column(layout.header.as_deref().unwrap_or_default(), width, place)?;

        let mut reader = dialect.reader(text);
        let mut record = StringRecord::new();
        let mut lines = LineCounter::new(&self.text);
        let (mut header_is_next, mut repeated_headers) = (layout.header.is_some(), 0);
        let mut start = self.start;
        while reader.read_record(&mut record).map_err(Error::parse(place, "a table"))? {
            start = self.start + record.position().map_or(0, |position| position.byte() as usize);
            let line = lines.line_at(start);
            if is_blank(&record, width) {
                continue;
            }
            if record.len() != width {
                if self.start + reader.position().byte() as usize >= self.text.len() {
                    self.check_closed(start, line, place)?;
                }
                return Err(self.ragged(width, record.len(), line, place));
            }
            if std::mem::take(&mut header_is_next) {
                continue;
            }
            if layout.is_header(&record) {
                repeated_headers += 1;
                continue;
            }
            let cell = |column: usize| dialect.cell(&record[column]);
            let text = match layout.text.as_slice() {
                [only] => cell(*only),
                several => several.iter().map(|&column| cell(column)).collect::<Vec<_>>().join("\n"),
            };
            let (label, group) = (layout.label.map(cell), group.map(cell));
            let (label, group) = (label.unwrap_or_default(), group.unwrap_or_default());
            give(Row { text, label, group, place: Place::Line(line) })?;
        }
        self.check_closed(start, lines.line_at(start), place)?;
        Ok((layout, repeated_headers))
    }

    /// A quote that is never closed makes one row of everything behind it.
    fn check_closed(&self, start: usize, line: usize, place: &str) -> Result<()> {
        let rest = self.text.as_bytes()[start..].trim_ascii();
        let quotes = rest.iter().filter(|&&byte| byte == b'"').count();
        if !self.dialect.quoting || quotes % 2 == 0 || !rest.contains(&b'\n') {
            return Ok(());
        }
        Err(Error::format(Location::line(place, line), "a closing quote", "none up to the end of the file"))
    }

    fn ragged(&self, width: usize, found: usize, line: usize, place: &str) -> Error {
        let delimiter = shown(self.dialect.delimiter);
        let expected = format!("{} (cells that hold {delimiter} need quotes)", counted(width, "cell"));
        Error::format(Location::line(place, line), expected, found.to_string())
    }

    /// The error of the first row of another width, if there is one.
    fn first_ragged_row(&self, width: usize, place: &str) -> Result<Option<Error>> {
        let mut reader = self.dialect.reader(&self.text[self.start..]);
        let (mut record, mut lines) = (StringRecord::new(), LineCounter::new(&self.text));
        while reader.read_record(&mut record).map_err(Error::parse(place, "a table"))? {
            if record.len() != width && !is_blank(&record, width) {
                let start = self.start + record.position().map_or(0, |position| position.byte() as usize);
                return Ok(Some(self.ragged(width, record.len(), lines.line_at(start), place)));
            }
        }
        Ok(None)
    }
}

/// An empty line in a table of several columns.
fn is_blank(record: &StringRecord, width: usize) -> bool {
    record.len() == 1 && record[0].trim().is_empty() && width > 1
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

/// The delimiter of a file that does not name one: of those that the first row has, the one that cuts most rows into equally many
/// cells. Of several that do so equally well, one that is not the punctuation of sentences, then one that gives known names of
/// columns, then one that gives a column like labels, then the usual one of such files.
fn delimiter_of(text: &str, usual: u8) -> u8 {
    let first_line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let others = [b',', b';', b'\t', b'|'].into_iter().filter(|&delimiter| delimiter != usual);
    let candidates = std::iter::once(usual).chain(others);
    let candidates: Vec<u8> = candidates.filter(|delimiter| first_line.as_bytes().contains(delimiter)).collect();
    match candidates.as_slice() {
        [] => usual,
        [only] => *only,
        // The last of equals is the maximum.
        _ => candidates
            .into_iter()
            .rev()
            .max_by_key(|&delimiter| Dialect::of(text, delimiter).merit(text))
            .unwrap_or(usual),
    }
}

/// How well a delimiter cuts a table; compared from the first field to the last.
type Merit = (usize, bool, usize, bool);

/// The text with every `\"` inside a quoted cell written as `""`, where a quoted cell of the file has a quote that can only be an
/// escaped one: behind a backslash, and before something that is neither a delimiter, nor a quote, nor the end of a line.
fn with_doubled_quotes(text: &str, start: usize, delimiter: u8) -> Option<String> {
    let bytes = text.as_bytes();
    let is_escaped = |at: usize| bytes[..at].iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1;
    let (mut is_quoted, mut cell_begins, mut is_certain) = (false, true, false);
    let mut escapes = Vec::new();
    let mut at = start;
    while at < bytes.len() {
        let (byte, next) = (bytes[at], bytes.get(at + 1).copied().unwrap_or(b'\n'));
        if is_quoted && byte == b'"' && is_escaped(at) {
            is_certain |= next != delimiter && !matches!(next, b'"' | b'\n' | b'\r');
            escapes.push(at - 1);
        } else if is_quoted && byte == b'"' && next == b'"' {
            at += 1;
        } else if byte == b'"' && (is_quoted || cell_begins) {
            is_quoted = !is_quoted;
        }
        cell_begins = !is_quoted && (byte == delimiter || byte == b'\n');
        at += 1;
    }
    is_certain.then(|| {
        let mut doubled = bytes.to_vec();
        escapes.into_iter().for_each(|at| doubled[at] = b'"');
        String::from_utf8(doubled).ok()
    })?
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
        let rows = self.first_rows(text, RECOGNISED_BY);
        rows.first().is_some_and(|first| first.len() > 1 && rows.iter().all(|row| row.len() == first.len()))
    }

    /// How well it cuts all of `text`: rows as wide as the first per thousand, whether most cells begin without a blank, known names
    /// in the first row, whether a column is like labels.
    fn merit(&self, text: &str) -> Merit {
        let mut reader = self.reader(text);
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
        let first_rows = self.first_rows(text, LOOKED_AT);
        let alike: Vec<Vec<String>> = first_rows.into_iter().filter(|row| row.len() == first_width).collect();
        let names = alike.first().map_or(0, |first| first.iter().filter(|cell| columns::is_known_name(cell)).count());
        let is_like_labels = |column: usize| Profile::of(&alike, column).is_like_labels();
        let has_labels = !alike.is_empty() && (0..first_width).any(is_like_labels);
        (1000 * as_first / rows.max(1), 2 * begin_with_blank <= cells, names, has_labels)
    }

    fn of(text: &str, delimiter: u8) -> Dialect {
        let tabs = |line: &str| line.bytes().filter(|&byte| byte == b'\t').count();
        let mut lines = text.lines().filter(|line| !line.trim().is_empty()).map(tabs);
        let first = lines.next().unwrap_or(0);
        let quoting = delimiter != b'\t' || first == 0 || lines.any(|tabs| tabs != first);
        Dialect { delimiter, quoting }
    }

    fn reader<'a>(&self, text: &'a str) -> csv::Reader<&'a [u8]> {
        csv::ReaderBuilder::new()
            .delimiter(self.delimiter)
            .quoting(self.quoting)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes())
    }

    /// The first rows, for looking at.
    fn first_rows(&self, text: &str, count: usize) -> Vec<Vec<String>> {
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
    fn new(text: &str) -> LineCounter<'_> {
        LineCounter { bytes: text.as_bytes(), at: 0, line: 1 }
    }

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

    fn table(text: &str, delimiter: u8) -> Result<Vec<(usize, String, String)>> {
        rows(&READER, if delimiter == b',' { "x.csv" } else { "x.tsv" }, text)
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
        let table = Table::of("text^label\na, b^x\nc, d^y\n", b',', request.delimiter);
        table.read(&request, "x.csv", &mut take).unwrap();
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
            let (layout, _) = Table::of(text, b',', None).read(&request, "x.csv", &mut take).unwrap();
            (rows, layout)
        };
        let (_, layout) = read("kind,id,what\na,1,one two\n", None);
        let (rows, _) = read("b,2,three four\n", Some(&layout));
        assert_eq!(
            rows,
            [Row { text: "three four".into(), label: "b".into(), group: String::new(), place: Place::Line(1) }]
        );
        for headed in ["kind,id,what\nb,2,five\n", "What,Kind\nfive,b\n"] {
            let (rows, _) = read(headed, Some(&layout));
            assert_eq!(
                rows,
                [Row { text: "five".into(), label: "b".into(), group: String::new(), place: Place::Line(2) }]
            );
        }
    }
}
