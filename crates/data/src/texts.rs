//! Texts without labels, for a model to label.
//!
//! Takes lines of a stream, a file or a folder -> gives texts with their sources. Files are recognised as everywhere: tables and
//! JSON lines give the text column of every row, fastText's lines lose their labels, of anything else every line is a text. A
//! folder gives a text per file. Columns and encoding are those that the model was trained on, unless the settings name others.

use std::io::{BufRead, Read};
use std::path::Path;

use crate::columns::{Layout, Request};
use crate::config::CorpusConfig;
use crate::decode::{self, Charset};
use crate::input::{self, Input};
use crate::input_format::InputFormat;
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

    /// Reads the texts of a file or folder.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Format`] with the place.
    pub fn read(&self, path: &Path) -> Result<Texts> {
        self.read_input(Input::open(path, self.config.charset()?, &Silent)?)
    }

    /// Reads the texts of a stream as those of a file called `name`.
    ///
    /// # Errors
    /// As [`read`](TextReader::read).
    pub fn read_stream(&self, stream: impl Read, name: &str) -> Result<Texts> {
        self.read_input(Input::of_reader(name, stream, self.config.charset()?, &Silent)?)
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

    fn read_input(&self, input: Input) -> Result<Texts> {
        let mut input = input.with_extension(self.format.map(TextFormat::extension));
        let name = input.file_name();
        let mut request =
            Request { like: self.layout.as_ref(), of_model: self.of_model, ..Request::new(&self.config, false)? };
        if self.delimiter_of_model && !readers::is_table_name(&input.head().extension) {
            request.delimiter = None;
        }
        let mut texts = Vec::new();
        let found = readers::read_texts(&mut input, &request, &mut |row| {
            texts.push(Text { text: row.text, source: row.place.within(&name) });
            Ok(())
        })?;
        Ok(Texts { texts, columns: found.columns })
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
        let charset = self.config.charset()?;
        if !charset.has_ascii_lines(b"") {
            let expected = "an encoding whose lines can be read one by one (others are read from a file, not a stream)";
            return Err(Error::invalid_value("encoding", expected, format!("{:?}", self.config.encoding)));
        }
        Ok(lines(reader, name.to_owned(), charset))
    }
}

/// All of an input as one text.
fn whole(mut input: Input) -> Result<Text> {
    Ok(Text { source: input.file_name(), text: input.text()?.to_string() })
}

fn lines<R: BufRead>(mut reader: R, name: String, charset: Charset) -> impl Iterator<Item = Result<Text>> + use<R> {
    let mut number = 0;
    let mut is_broken = false;
    std::iter::from_fn(move || {
        if is_broken {
            return None;
        }
        number += 1;
        let source = format!("{name}:{number}");
        match input::next_line(&mut reader) {
            Ok(line) => line.map(|line| {
                decode::decode_part(line, charset, &source, 1).map(|decoded| Text { text: decoded.text, source })
            }),
            Err(error) => {
                is_broken = true;
                Some(Err(ninefold_packing::damaged(&source, error)))
            }
        }
    })
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
}
