//! Texts without labels, for a model to label.
//!
//! Takes lines of a stream, a file or a folder -> gives texts with their sources, one by one. Files are recognised as everywhere:
//! tables and JSON lines give the text column of every row, fastText's lines lose their labels, of anything else every line is a text.
//! A folder gives a text per file. Columns and encoding are those that the model was trained on, unless the settings name others.
//!
//! A file is never in memory: what all of it decides (its encoding, the delimiter and the quotes of a table) is found out in passes that
//! keep nothing. Only what cannot be read twice (a pipe), or not in parts (a JSON array), is read as a whole.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::columns::{Layout, Request};
use crate::config::CorpusConfig;
use crate::decode::{self, Charset};
use crate::input::{self, Input};
use crate::input_format::InputFormat;
use crate::names::files_below;
use crate::readers;
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Silent;

/// One text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The text, decoded.
    pub text: String,
    /// Where it came from: `mail.csv:17`, `posts/60150`.
    pub source: String,
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

/// Takes texts as they are read. A function that takes a [`Text`] is one.
pub trait TakeTexts {
    /// The next text.
    ///
    /// # Errors
    /// Any; reading ends with it.
    fn take(&mut self, text: Text) -> Result<()>;

    /// Where the texts are found in a table or in JSON objects: `text from "body"`. Before the first text.
    fn found_columns(&mut self, columns: &str) {
        let _ = columns;
    }

    /// So many bytes more were read (of a packed file: packed ones).
    fn advance(&mut self, bytes: u64) {
        let _ = bytes;
    }

    /// The next text may have to be waited for: somebody types it, or a pipe is empty at the moment.
    ///
    /// # Errors
    /// As [`take`](TakeTexts::take).
    fn pause(&mut self) -> Result<()> {
        Ok(())
    }
}

impl<F: FnMut(Text) -> Result<()>> TakeTexts for F {
    fn take(&mut self, text: Text) -> Result<()> {
        self(text)
    }
}

/// The texts of one file, folder or stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// In the order of the file.
    pub texts: Vec<Text>,
    /// Where they were found in a table or in JSON objects: `text from "body"`.
    pub columns: Option<String>,
}

/// The format of a file, where its name and content do not decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFormat {
    /// Comma-separated values.
    Csv,
    /// Tab-separated values.
    Tsv,
    /// A JSON object a line.
    Jsonl,
    /// fastText's lines; the words `__label__...` are not part of the text.
    Fasttext,
    /// A text a line, whatever it holds.
    Lines,
}

impl TextFormat {
    fn extension(self) -> &'static str {
        match self {
            TextFormat::Csv => "csv",
            TextFormat::Tsv => "tsv",
            TextFormat::Jsonl => "jsonl",
            TextFormat::Fasttext => "fasttext",
            TextFormat::Lines => "lines",
        }
    }
}

/// Reads texts for a model.
#[derive(Clone, Debug, Default)]
pub struct TextReader {
    config: CorpusConfig,
    /// Whether the text columns are those of the training files.
    of_model: bool,
    /// Whether the delimiter is that of the training files: it says nothing of files that are no tables.
    delimiter_of_model: bool,
    layout: Option<Layout>,
    format: Option<TextFormat>,
}

impl TextReader {
    /// For a model whose training files were read as `trained` says. What `config` says of columns, header and encoding goes before
    /// that; `format` goes before what a file's name and content say.
    ///
    /// # Examples
    /// ```
    /// use ninefold_data::texts::TextReader;
    /// use ninefold_data::{CorpusConfig, InputFormat};
    ///
    /// let trained = InputFormat { text_column: vec!["body".into()], ..InputFormat::default() };
    /// let reader = TextReader::new(CorpusConfig::default(), &trained, None);
    /// let table = "title,body\nnews,it rains\nsport,they won\n";
    /// let texts = reader.read_stream(table.as_bytes(), "new.csv")?.texts;
    /// assert_eq!((texts[0].text.as_str(), texts[1].source.as_str()), ("it rains", "new.csv:3"));
    /// # Ok::<(), ninefold_core::Error>(())
    /// ```
    pub fn new(config: CorpusConfig, trained: &InputFormat, format: Option<TextFormat>) -> TextReader {
        let of_model = config.text_column.is_empty() && !trained.text_column.is_empty();
        let delimiter_of_model = config.delimiter == CorpusConfig::default().delimiter;
        let layout = trained.layout().filter(|_| of_model);
        TextReader { config: trained.complete(config), of_model, delimiter_of_model, layout, format }
    }

    /// Reads the texts of a file or folder, all of them into memory.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Format`] with the place.
    pub fn read(&self, path: &Path) -> Result<Texts> {
        let mut texts = Texts::default();
        self.each(path, &mut texts)?;
        Ok(texts)
    }

    /// Reads the texts of a file or folder one by one; no more than about two mebibytes of a file are in memory, and one file of a folder.
    ///
    /// # Errors
    /// As [`read`](TextReader::read), and those of `take`. The texts before the error were handed out.
    ///
    /// # Examples
    /// ```
    /// use ninefold_data::texts::{Text, TextReader};
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("mail.txt");
    /// std::fs::write(&path, "one\ntwo\n")?;
    /// let mut texts = Vec::new();
    /// TextReader::default().each(&path, &mut |text: Text| {
    ///     texts.push(text.text);
    ///     Ok(())
    /// })?;
    /// assert_eq!(texts, ["one", "two"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn each(&self, path: &Path, take: &mut dyn TakeTexts) -> Result<()> {
        let taken = Arc::default();
        let input = Input::in_passes(path, self.config.charset()?, &Silent, Arc::clone(&taken))?;
        self.each_of_input(input, &taken, take)
    }

    /// Reads the texts of a stream as those of a file called `name`.
    ///
    /// # Errors
    /// As [`read`](TextReader::read).
    pub fn read_stream(&self, stream: impl Read, name: &str) -> Result<Texts> {
        let mut texts = Texts::default();
        self.each_of_stream(stream, name, &mut texts)?;
        Ok(texts)
    }

    /// The same, one by one. The stream itself is read into memory first: all of it decides its encoding and the delimiter of a table.
    ///
    /// # Errors
    /// As [`each`](TextReader::each).
    pub fn each_of_stream(&self, stream: impl Read, name: &str, take: &mut dyn TakeTexts) -> Result<()> {
        self.each_of_input(Input::of_reader(name, stream, self.config.charset()?, &Silent)?, &Arc::default(), take)
    }

    /// Reads a whole file as one text.
    ///
    /// # Errors
    /// As [`read`](TextReader::read).
    pub fn read_whole(&self, path: &Path) -> Result<Text> {
        whole(Input::open(path, self.config.charset()?, &Silent)?)
    }

    /// Reads a whole stream as one text.
    ///
    /// # Errors
    /// As [`read`](TextReader::read).
    pub fn read_whole_stream(&self, stream: impl Read, name: &str) -> Result<Text> {
        whole(Input::of_reader(name, stream, self.config.charset()?, &Silent)?)
    }

    fn each_of_input(&self, input: Input, taken: &AtomicU64, take: &mut dyn TakeTexts) -> Result<()> {
        let mut input = input.with_extension(self.format.map(TextFormat::extension));
        let name = input.file_name();
        let take = RefCell::new(take);
        let on_columns = |columns: &str| take.borrow_mut().found_columns(columns);
        let mut request = Request {
            like: self.layout.as_ref(),
            of_model: self.of_model,
            on_columns: Some(&on_columns),
            ..Request::new(&self.config, false)?
        };
        if self.delimiter_of_model && !readers::is_table_name(&input.head().extension) {
            request.delimiter = None;
        }
        let mut told = 0;
        let mut advance = |take: &mut dyn TakeTexts| {
            let now = taken.load(Ordering::Relaxed);
            if now > told {
                take.advance(now - told);
                told = now;
            }
        };
        readers::read_texts(&mut input, &request, &mut |row| {
            let mut take = take.borrow_mut();
            advance(&mut **take);
            take.take(Text { text: row.text, source: row.place.within(&name) })
        })?;
        advance(&mut **take.borrow_mut());
        Ok(())
    }

    /// The lines of a stream as they come, so that somebody can type; empty lines are texts too. `name` stands in the sources. A
    /// line without an end becomes an error after 256 MiB, and ends the iteration.
    ///
    /// ```
    /// use ninefold_data::texts::TextReader;
    ///
    /// let texts: Result<Vec<_>, _> = TextReader::default().lines("one\ntwo\n".as_bytes(), "stdin")?.collect();
    /// let texts = texts?;
    /// assert_eq!((texts[1].text.as_str(), texts[1].source.as_str()), ("two", "stdin:2"));
    /// # Ok::<(), ninefold_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidValue`] for an encoding without a name, or one whose lines do not end with the byte of a line break.
    pub fn lines<R: BufRead>(&self, reader: R, name: &str) -> Result<impl Iterator<Item = Result<Text>> + use<R>> {
        Ok(Lines::new(reader, name, self.line_charset()?))
    }

    /// The same, handed out one by one, with a [`pause`](TakeTexts::pause) where the stream has no more whole line at hand.
    ///
    /// # Errors
    /// As [`lines`](TextReader::lines), and those of `take`.
    pub fn each_line(&self, stream: impl Read, name: &str, take: &mut dyn TakeTexts) -> Result<()> {
        let stream = BufReader::with_capacity(LINES_AT_HAND, stream);
        let mut lines = Lines::new(stream, name, self.line_charset()?);
        while let Some(text) = lines.next() {
            take.take(text?)?;
            if memchr::memchr(b'\n', lines.reader.buffer()).is_none() {
                take.pause()?;
            }
        }
        Ok(())
    }

    /// The encoding of lines that are decoded one by one.
    fn line_charset(&self) -> Result<Charset> {
        let charset = self.config.charset()?;
        if !charset.has_ascii_lines(b"") {
            let expected = "an encoding whose lines can be read one by one (others are read from a file, not a stream)";
            return Err(Error::invalid_value("encoding", expected, format!("{:?}", self.config.encoding)));
        }
        Ok(charset)
    }
}

impl TakeTexts for Texts {
    fn take(&mut self, text: Text) -> Result<()> {
        self.texts.push(text);
        Ok(())
    }

    fn found_columns(&mut self, columns: &str) {
        self.columns = Some(columns.to_owned());
    }
}

/// Bytes of a stream of lines that are read together where they are there.
const LINES_AT_HAND: usize = 1 << 17;

/// Bytes of a file, or of all files below a folder; `None` for a pipe, a member of an archive, and a missing file.
pub fn size_of(path: &Path) -> Option<u64> {
    let of_file = |path: &Path| fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|metadata| metadata.len());
    if path.is_dir() { files_below(path).ok()?.iter().map(|path| of_file(path)).sum() } else { of_file(path) }
}

/// All of an input as one text.
fn whole(mut input: Input) -> Result<Text> {
    Ok(Text { source: input.file_name(), text: input.text()?.to_string() })
}

/// The lines of a stream.
struct Lines<R> {
    reader: R,
    name: String,
    charset: Charset,
    number: usize,
    is_broken: bool,
}

impl<R: BufRead> Lines<R> {
    fn new(reader: R, name: &str, charset: Charset) -> Lines<R> {
        Lines { reader, name: name.to_owned(), charset, number: 0, is_broken: false }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<Text>;

    fn next(&mut self) -> Option<Result<Text>> {
        if self.is_broken {
            return None;
        }
        self.number += 1;
        let source = format!("{}:{}", self.name, self.number);
        match input::next_line(&mut self.reader) {
            Ok(line) => line.map(|line| {
                decode::decode_part(line, self.charset, &source, 1).map(|decoded| Text { text: decoded.text, source })
            }),
            Err(error) => {
                self.is_broken = true;
                Some(Err(ninefold_packing::damaged(&source, error)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn texts_of(name: &str, content: &[u8], config: &CorpusConfig) -> Result<Vec<(String, String)>> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(name), content).unwrap();
        let reader = TextReader::new(config.clone(), &InputFormat::default(), None);
        let texts = reader.read(&dir.path().join(name))?.texts;
        Ok(texts.into_iter().map(|text| (text.source, text.text)).collect())
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(source, text)| (source.to_string(), text.to_string())).collect()
    }

    #[test]
    fn every_line_of_a_stream_is_a_text() {
        let texts: Vec<Text> =
            TextReader::default().lines(&b"one\r\n\ncaf\xe9\nlast"[..], "stdin").unwrap().map(Result::unwrap).collect();
        let texts: Vec<_> = texts.iter().map(|text| (text.source.as_str(), text.text.as_str())).collect();
        assert_eq!(texts, [("stdin:1", "one"), ("stdin:2", ""), ("stdin:3", "café"), ("stdin:4", "last")]);
    }

    #[test]
    fn tables_and_json_give_their_text_column() {
        let config = CorpusConfig::default();
        let csv = texts_of("a.csv", b"id,text,label\n1,\"a, b\",x\n2,,y\n", &config).unwrap();
        assert_eq!(csv, pairs(&[("a.csv:2", "a, b"), ("a.csv:3", "")]));
        let one_column = texts_of("a.csv", b"hello there\nand again\n", &config).unwrap();
        assert_eq!(one_column, pairs(&[("a.csv:1", "hello there"), ("a.csv:2", "and again")]));
        let json = texts_of("a.jsonl", b"{\"body\": \"x\", \"title\": \"t\"}\n", &config).unwrap();
        assert_eq!(json, pairs(&[("a.jsonl:1", "t\nx")]));
        let second = CorpusConfig { text_column: vec!["2".into()], ..CorpusConfig::default() };
        assert_eq!(
            texts_of("a.tsv", b"7\tone\n8\ttwo\n", &second).unwrap(),
            pairs(&[("a.tsv:1", "one"), ("a.tsv:2", "two")])
        );
        let error = texts_of("a.csv", b"id,words,n\n1,a,2\n", &config).unwrap_err().to_string();
        assert!(error.contains("text_column"), "{error}");
    }

    #[test]
    fn tables_and_labelled_lines_are_recognised_by_content() {
        let config = CorpusConfig::default();
        let table = b"text\tlabel\na film\tpos\nanother film\tneg\n";
        assert_eq!(
            texts_of("a.txt", table, &config).unwrap(),
            pairs(&[("a.txt:2", "a film"), ("a.txt:3", "another film")])
        );
        let second = CorpusConfig { text_column: vec!["2".into()], ..CorpusConfig::default() };
        let numbered = |name| texts_of(name, b"7\tone\n8\ttwo\n", &second).unwrap();
        assert_eq!(numbered("a.txt").len(), 2);
        for ((_, txt), (_, tsv)) in numbered("a.txt").into_iter().zip(numbered("a.tsv")) {
            assert_eq!(txt, tsv);
        }
        let lines = b"__label__pos __label__new a film\nanother film __label__neg\nno label\n";
        let expected = [("a.txt:1", "a film"), ("a.txt:2", "another film"), ("a.txt:3", "no label")];
        assert_eq!(texts_of("a.txt", lines, &config).unwrap(), pairs(&expected));
    }

    #[test]
    fn other_files_give_lines_and_folders_give_files() {
        let config = CorpusConfig::default();
        assert_eq!(
            texts_of("a.txt", b"one\ttwo\nthree\n", &config).unwrap(),
            pairs(&[("a.txt:1", "one\ttwo"), ("a.txt:2", "three")])
        );
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("sub")).unwrap();
        std::fs::write(dir.path().join("sub/2"), "two\nlines").unwrap();
        std::fs::write(dir.path().join("1"), "one").unwrap();
        let texts = TextReader::default().read(dir.path()).unwrap().texts;
        let texts: Vec<_> = texts.iter().map(|text| (text.source.as_str(), text.text.as_str())).collect();
        assert_eq!(texts, [("1", "one"), ("sub/2", "two\nlines")]);
    }

    /// A reader for a model that was trained on the table `training`.
    fn trained_on(training: &str, config: &CorpusConfig) -> TextReader {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("train.csv");
        std::fs::write(&path, training).unwrap();
        let config = CorpusConfig { data: path.display().to_string(), ..config.clone() };
        let corpus = crate::load(&config, &ninefold_core::Folders::default(), &Silent).unwrap();
        TextReader::new(CorpusConfig::default(), &corpus.input, None)
    }

    #[test]
    fn columns_of_training_are_read_again() {
        let rows: String = (0..20).map(|n| format!("{n},title {n},body {n},{}\n", ["a", "b"][n % 2])).collect();
        let body = CorpusConfig { text_column: vec!["body".into()], ..CorpusConfig::default() };
        let reader = trained_on(&format!("id,title,body,topic\n{rows}"), &body);
        let first = |table: &str, name: &str| {
            reader.read_stream(table.as_bytes(), name).map(|texts| texts.texts[0].text.clone())
        };
        assert_eq!(first("id,title,body,topic\n7,t,words,a\n", "x.csv").unwrap(), "words");
        assert_eq!(first("body,title\nwords,t\n", "x.csv").unwrap(), "words", "another order");
        assert_eq!(first("7,t,words,a\n", "x.csv").unwrap(), "words", "no header, the same columns");
        assert_eq!(first("words alone\n", "x.csv").unwrap(), "words alone", "a single column");
        assert_eq!(first("body\nwords\n", "x.csv").unwrap(), "words", "a single column with its name");
        assert_eq!(first("{\"title\": \"t\", \"body\": \"words\"}\n", "x.jsonl").unwrap(), "words");
        assert_eq!(first("plain words\n", "x.txt").unwrap(), "plain words");
        let error = first("title,text\nt,words\n", "x.csv").unwrap_err().to_string();
        assert!(error.contains("body") && error.contains("title"), "{error}");
    }

    #[test]
    fn format_that_is_given_goes_before_the_content() {
        let reader = |format| TextReader::new(CorpusConfig::default(), &InputFormat::default(), Some(format));
        let texts = |format, content: &str| {
            let texts = reader(format).read_stream(content.as_bytes(), "stdin").unwrap().texts;
            texts.into_iter().map(|text| text.text).collect::<Vec<_>>()
        };
        let table = "text\tlabel\ngood\tx\nbad\ty\n";
        assert_eq!(texts(TextFormat::Lines, table).len(), 3);
        assert_eq!(texts(TextFormat::Tsv, table), ["good", "bad"]);
        assert_eq!(texts(TextFormat::Fasttext, "__label__x good\n"), ["good"]);
        assert_eq!(texts(TextFormat::Lines, "__label__x good\n"), ["__label__x good"]);
        assert_eq!(texts(TextFormat::Jsonl, "{\"text\": \"good\"}\n"), ["good"]);
    }

    /// What a reader hands out.
    #[derive(Debug, Default, PartialEq)]
    struct Heard {
        texts: Vec<Text>,
        columns: Vec<String>,
        bytes: u64,
        pauses: usize,
    }

    impl TakeTexts for Heard {
        fn take(&mut self, text: Text) -> Result<()> {
            self.texts.push(text);
            Ok(())
        }

        fn found_columns(&mut self, columns: &str) {
            assert!(self.texts.is_empty(), "before the first text");
            self.columns.push(columns.to_owned());
        }

        fn advance(&mut self, bytes: u64) {
            self.bytes += bytes;
        }

        fn pause(&mut self) -> Result<()> {
            self.pauses += 1;
            Ok(())
        }
    }

    #[test]
    fn large_file_is_read_in_passes_as_if_it_were_held() {
        let many = |row: &dyn Fn(usize) -> String| (0..40_000).map(row).collect::<String>();
        let quoted = many(&|n| format!("{n},\"a \"\"fine\"\" film,\nnumber {n}\",{}\r\n", n % 3));
        let escaped = many(&|n| format!("{},\"he said \\\"hi\\\", {n} times\"\n", n % 3));
        let tabs = many(&|n| format!("{}\t\"stray {n} words and more words in it\n\n", n % 3));
        let semicolons = many(&|n| format!("well, text number {n}, and so on;{}\n", n % 3));
        let marked = many(&|n| format!("\u{feff}text {n} of a file that was put together of others,{}\n", n % 2));
        let files: Vec<(&str, Vec<u8>)> = vec![
            ("a.csv", format!("id,text,label\n{quoted}").into_bytes()),
            ("a.csv", format!("sep=,\r\nid,text,label\r\n{quoted}").into_bytes()),
            ("a.csv", format!("label,text\n{escaped}").into_bytes()),
            ("a.csv", semicolons.into_bytes()),
            ("a.csv", format!("text,label\n{marked}").into_bytes()),
            ("a.csv", format!("id,text,label\n{quoted}7,\"never closed\n{quoted}").into_bytes()),
            ("a.csv", format!("id,text,label\n{quoted}7,ragged\n").into_bytes()),
            ("a.tsv", format!("label\ttext\n{tabs}").into_bytes()),
            ("a.txt", many(&|n| format!("line {n} is a line with words in it\r\n\n")).into_bytes()),
            ("a.txt", many(&|n| format!("__label__{} line {n} is a line with words\n", n % 3)).into_bytes()),
            ("a.jsonl", many(&|n| format!("{{\"text\": \"line {n} is a line with words\"}}\n")).into_bytes()),
            (
                "a.json",
                format!("[{}{{\"text\": \"last\"}}]", many(&|n| format!("{{\"text\": \"line {n} of words\"}},\n")))
                    .into_bytes(),
            ),
            (
                "a.txt",
                encoding_rs::WINDOWS_1252.encode(&many(&|n| format!("Straße {n} und weiter bis zum Ende\n"))).0.into(),
            ),
            (
                "a.csv",
                encoding_rs::EUC_KR
                    .encode(&format!("text,label\n{}", many(&|n| format!("이 영화는 정말 재미있었고 {n},x\n"))))
                    .0
                    .into(),
            ),
        ];
        for (number, (name, content)) in files.into_iter().enumerate() {
            assert!(content.len() > 1 << 20, "file {number}: {}", content.len());
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(name);
            std::fs::write(&path, &content).unwrap();
            let (mut streamed, mut held) = (Heard::default(), Heard::default());
            let reader = TextReader::default();
            let outcome = reader.each(&path, &mut streamed).map_err(|error| error.to_string());
            let expected = reader.each_of_stream(content.as_slice(), name, &mut held);
            let place = path.display().to_string();
            assert_eq!(
                outcome.map_err(|error| error.replace(&place, name)),
                expected.map_err(|error| error.to_string())
            );
            assert_eq!(streamed.columns, held.columns, "file {number}");
            assert!(streamed.texts == held.texts && streamed.texts.len() > 30_000, "file {number}");
            assert!(streamed.bytes > 0 && streamed.bytes <= content.len() as u64, "file {number}");
        }
    }

    #[test]
    fn encoding_is_decided_by_all_of_a_large_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let german = encoding_rs::WINDOWS_1252.encode("Straße\n").0.into_owned();
        std::fs::write(&path, [b"plain words\n".repeat(200_000), german].concat()).unwrap();
        assert_eq!(TextReader::default().read(&path).unwrap().texts.last().unwrap().text, "Straße");
        let config = CorpusConfig { encoding: "utf-8".into(), ..CorpusConfig::default() };
        let error = TextReader::new(config, &InputFormat::default(), None).read(&path).unwrap_err().to_string();
        assert!(error.contains("a.txt:200001: expected utf-8 text, found byte 0xdf"), "{error}");
    }

    #[test]
    fn stream_of_lines_pauses_where_no_more_is_at_hand() {
        let mut heard = Heard::default();
        let typed = b"one\n".chain(&b"two\nthree\nfo"[..]).chain(&b"ur\n"[..]);
        TextReader::default().each_line(typed, "stdin", &mut heard).unwrap();
        let texts: Vec<&str> = heard.texts.iter().map(|text| text.text.as_str()).collect();
        assert_eq!(texts, ["one", "two", "three", "four"]);
        assert_eq!(heard.pauses, 3, "behind one, three and four");
    }
}
