//! CSV and TSV.
//!
//! Takes the text of a file -> gives its rows with the line on which each begins. The delimiter is the one that cuts the
//! first rows into equally many cells, the extension's own first; quoted cells may hold newlines; in TSV, quotes are plain
//! characters when every line has the same number of tabs anyway.

use csv::StringRecord;

use super::reader::{Confidence, Findings, Reader};
use crate::columns::{self, Layout, Request};
use crate::reading::{Place, Row};
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::counted;

/// Rows that are looked at to find delimiter, header and columns.
const LOOKED_AT: usize = 1000;

/// Rows by which delimiters are tried.
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
        let layout = read(input.text()?, usual_delimiter, request, &place, give)?;
        let header = if layout.header.is_some() { "the first line is a header" } else { "no header" };
        let columns = Some(format!("{} ({header})", layout.describe()));
        Ok(Findings { columns, layout: Some(layout) })
    },
};

/// Encoding, delimiter and quotes depend on all of the file, which is why it is not streamed.
///
/// # Errors
/// [`Error::Format`] with the line: cells missing or in excess, a quote that is never closed, no such column.
fn read(
    text: &str,
    usual_delimiter: u8,
    request: &Request,
    place: &str,
    give: &mut dyn FnMut(Row) -> Result<()>,
) -> Result<Layout> {
    let dialect = Dialect::sniff(text, usual_delimiter);
    let first = dialect.first_rows(text, LOOKED_AT);
    let Some(width) = first.first().map(Vec::len) else {
        return Err(Error::format(place, "rows of text and label", "an empty file"));
    };
    // A row of another width is reported with its line below; here it must only not disturb.
    let first: Vec<Vec<String>> = first.into_iter().filter(|row| row.len() == width).collect();
    let layout = match request.like.and_then(|training| columns::as_in_training(training, &first)) {
        Some(layout) => layout,
        None => columns::of_table(&first, request, place)?,
    };

    // A quote that is never closed makes one row of everything behind it.
    let check_closed = |start: usize, line: usize| {
        let rest = text.as_bytes()[start..].trim_ascii();
        let quotes = rest.iter().filter(|&&byte| byte == b'"').count();
        if !dialect.quoting || quotes % 2 == 0 || !rest.contains(&b'\n') {
            return Ok(());
        }
        Err(Error::format(format!("{place}:{line}"), "a closing quote", "none up to the end of the file"))
    };
    let mut reader = dialect.reader(text);
    let mut record = StringRecord::new();
    let mut lines = LineCounter::new(text);
    let mut header_is_next = layout.header.is_some();
    let mut start = 0;
    while reader.read_record(&mut record).map_err(|error| Error::format(place, "a table", error.to_string()))? {
        start = record.position().map_or(0, |position| position.byte() as usize);
        let line = lines.line_at(start);
        if record.len() == 1 && record[0].trim().is_empty() && width > 1 {
            continue;
        }
        if record.len() != width {
            if reader.position().byte() as usize >= text.len() {
                check_closed(start, line)?;
            }
            let expected =
                format!("{} (cells that hold {:?} need quotes)", counted(width, "cell"), dialect.delimiter as char);
            return Err(Error::format(format!("{place}:{line}"), expected, record.len().to_string()));
        }
        if std::mem::take(&mut header_is_next) {
            continue;
        }
        let cell = |column: usize| dialect.cell(&record[column]);
        let text = match layout.text.as_slice() {
            [only] => cell(*only),
            several => several.iter().map(|&column| cell(column)).collect::<Vec<_>>().join("\n"),
        };
        give(Row { text, label: layout.label.map(cell).unwrap_or_default(), place: Place::Line(line) })?;
    }
    check_closed(start, lines.line_at(start))?;
    Ok(layout)
}

/// How cells are separated and quoted.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Dialect {
    delimiter: u8,
    quoting: bool,
}

impl Dialect {
    fn sniff(text: &str, usual: u8) -> Dialect {
        let mut candidates = vec![usual];
        candidates.extend([b',', b';', b'\t', b'|'].into_iter().filter(|&delimiter| delimiter != usual));
        let mut dialects = candidates.into_iter().map(|delimiter| Dialect::of(text, delimiter));
        dialects.find(|dialect| dialect.fits(text)).unwrap_or(Dialect::of(text, usual))
    }

    /// True when it cuts the first rows into equally many cells, more than one.
    fn fits(&self, text: &str) -> bool {
        let rows = self.first_rows(text, RECOGNISED_BY);
        rows.first().is_some_and(|first| first.len() > 1 && rows.iter().all(|row| row.len() == first.len()))
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
            let (mut rows, request) = (Vec::new(), Request { like, ..Request::new(&config, true) });
            let mut take = |row| {
                rows.push(row);
                Ok(())
            };
            let layout = read(text, b',', &request, "x.csv", &mut take).unwrap();
            (rows, layout)
        };
        let (_, layout) = read("kind,id,what\na,1,one two\n", None);
        let (rows, _) = read("b,2,three four\n", Some(&layout));
        assert_eq!(rows, [Row { text: "three four".into(), label: "b".into(), place: Place::Line(1) }]);
        for headed in ["kind,id,what\nb,2,five\n", "What,Kind\nfive,b\n"] {
            let (rows, _) = read(headed, Some(&layout));
            assert_eq!(rows, [Row { text: "five".into(), label: "b".into(), place: Place::Line(2) }]);
        }
    }
}
