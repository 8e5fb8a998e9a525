//! Texts without labels, for a model to label.
//!
//! Takes lines of a stream, a file or a folder -> gives texts with their sources. Files are recognised as everywhere: tables and
//! JSON lines give the text column of every row, fastText's lines lose their labels, of anything else every line is a text. A
//! folder gives a text per file.

use std::io::BufRead;
use std::path::Path;

use crate::columns::Request;
use crate::config::CorpusConfig;
use crate::decode::{self, Charset};
use crate::input::{self, Input};
use crate::names::file_name;
use crate::readers;
use ninefold_core::error::Result;
use ninefold_core::progress::Silent;

/// One text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The text, decoded.
    pub text: String,
    /// Where it came from: `mail.csv:17`, `posts/60150`.
    pub source: String,
}

/// Reads the texts of a file or folder, with the columns, header and encoding that `config` says.
///
/// # Errors
/// [`Error::Io`] and [`Error::Format`] with the place.
pub fn read_texts(path: &Path, config: &CorpusConfig) -> Result<Vec<Text>> {
    let mut input = Input::open(path, config.charset()?, &Silent)?;
    let name = file_name(path);
    let mut texts = Vec::new();
    readers::read_texts(&mut input, &Request::new(config, false)?, &mut |row| {
        texts.push(Text { text: row.text, source: row.place.within(&name) });
        Ok(())
    })?;
    Ok(texts)
}

/// Reads a whole file as one text.
///
/// # Errors
/// [`Error::Io`] and [`Error::Format`] with the place.
pub fn read_whole(path: &Path, config: &CorpusConfig) -> Result<Text> {
    let mut input = Input::open(path, config.charset()?, &Silent)?;
    Ok(Text { text: input.text()?.to_string(), source: file_name(path) })
}

/// The lines of a stream as they come, so that somebody can type; empty lines are texts too. `name` stands in the sources. A line
/// without an end becomes an error after 256 MiB, and ends the iteration.
///
/// ```
/// use ninefold_data::texts::lines;
///
/// let texts: Result<Vec<_>, _> = lines("one\ntwo\n".as_bytes(), "stdin").collect();
/// let texts = texts?;
/// assert_eq!((texts[1].text.as_str(), texts[1].source.as_str()), ("two", "stdin:2"));
/// # Ok::<(), ninefold_core::Error>(())
/// ```
pub fn lines<R: BufRead>(mut reader: R, name: &str) -> impl Iterator<Item = Result<Text>> {
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
                decode::decode_part(line, Charset::Detect, &source, 1)
                    .map(|decoded| Text { text: decoded.text, source })
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
        let texts = read_texts(&dir.path().join(name), config)?;
        Ok(texts.into_iter().map(|text| (text.source, text.text)).collect())
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(source, text)| (source.to_string(), text.to_string())).collect()
    }

    #[test]
    fn every_line_of_a_stream_is_a_text() {
        let texts: Vec<Text> = lines(&b"one\r\n\ncaf\xe9\nlast"[..], "stdin").map(Result::unwrap).collect();
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
        let texts = read_texts(dir.path(), &config).unwrap();
        let texts: Vec<_> = texts.iter().map(|text| (text.source.as_str(), text.text.as_str())).collect();
        assert_eq!(texts, [("1", "one"), ("sub/2", "two\nlines")]);
    }
}
