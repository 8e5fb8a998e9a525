//! Texts without labels that need not fit into memory: plain files, folders of them, gzip and Zstandard.
//!
//! Paths -> batches of texts, in the same order each time they are asked for, so that a vocabulary can be counted in a first
//! pass and texts numbered in a second. Files are recognised as everywhere: in plain text every line is a text, in JSON lines and
//! fastText's lines the text of every line, in a table (which is held in memory while it is read) that of every row. In a folder
//! every file is a text. A text that goes on and on is cut between words after a mebibyte.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::columns::Request;
use crate::config::CorpusConfig;
use crate::encodings::Encodings;
use crate::input::Input;
use crate::names::files_below;
use crate::readers;
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;

/// Bytes of texts that are given out together.
const BATCH: usize = 1 << 24;

/// Where texts are.
#[derive(Clone, Debug)]
pub struct TextFiles {
    files: Vec<TextFile>,
    config: CorpusConfig,
    bytes: u64,
    /// Whether what was noticed in the files has been said, which is once however often they are read.
    is_noticed: Arc<AtomicBool>,
}

#[derive(Clone, Debug)]
struct TextFile {
    path: PathBuf,
    whole: bool, // one text, not one a line
}

impl TextFiles {
    /// Looks the paths up: files as they are, of folders all files below them in the order of their paths. Columns, header and
    /// encoding are those that `config` says.
    ///
    /// # Errors
    /// [`Error::Io`] when one is not there, [`Error::Data`] when there is no file in all or one is a pipe,
    /// [`Error::InvalidValue`] for an encoding that does not exist.
    pub fn find(paths: &[PathBuf], config: &CorpusConfig) -> Result<TextFiles> {
        config.charset()?;
        let mut files = Vec::new();
        for path in paths {
            if path.is_dir() {
                files.extend(files_below(path)?.into_iter().map(|path| TextFile { path, whole: true }));
            } else {
                files.push(TextFile { path: path.clone(), whole: false });
            }
        }
        let size = |file: &TextFile| {
            let metadata = std::fs::metadata(&file.path).map_err(Error::io("read", &file.path))?;
            if !metadata.is_file() {
                let path = file.path.display();
                return Err(Error::data(format!("{path}: a pipe cannot be read twice: write it to a file first")));
            }
            Ok(metadata.len())
        };
        let bytes = files.iter().map(size).sum::<Result<u64>>()?;
        if files.is_empty() {
            let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
            return Err(Error::data(format!("{}: no file with texts", names.join(", "))));
        }
        Ok(TextFiles { files, config: config.clone(), bytes, is_noticed: Arc::default() })
    }

    /// Number of files.
    pub fn num_files(&self) -> usize {
        self.files.len()
    }

    /// Calls `take` with batches of about 16 MiB of texts, in order; `task` is what progress calls it.
    ///
    /// # Errors
    /// Those of `take`; [`Error::Io`] and [`Error::Format`] with the file; [`Error::Interrupted`].
    pub fn each_batch(
        &self,
        task: &str,
        progress: &dyn Progress,
        mut take: impl FnMut(&[String]) -> Result<()>,
    ) -> Result<()> {
        progress.begin(task, "bytes", Some(self.bytes));
        let (mut batch, mut size) = (Vec::new(), 0);
        let mut encodings = Encodings::default();
        for file in &self.files {
            let (taken, mut told) = (Arc::new(AtomicU64::new(0)), 0);
            let mut input = Input::stream(&file.path, self.config.charset()?, progress, Arc::clone(&taken))?;
            let mut told_of = || {
                let now = taken.load(Ordering::Relaxed);
                progress.advance(now - std::mem::replace(&mut told, now));
                if progress.is_cancelled() { Err(Error::Interrupted) } else { Ok(()) }
            };
            let mut give = |text: String| {
                size += text.len();
                batch.push(text);
                if size < BATCH {
                    return Ok(());
                }
                take(&batch)?;
                (batch, size) = (Vec::new(), 0);
                told_of()
            };
            if file.whole {
                input.parts(|part| give(part.to_string()))?;
            } else {
                let request = Request::new(&self.config, false)?;
                readers::read_texts(&mut input, &request, &mut |row| give(row.text))?;
            }
            told_of()?;
            encodings.merge(input.encodings);
        }
        if !batch.is_empty() {
            take(&batch)?;
        }
        progress.end();
        if !self.is_noticed.swap(true, Ordering::Relaxed) {
            encodings.nul_notice().iter().for_each(|notice| progress.notice(notice));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write;

    use super::*;
    use crate::input::LONGEST;
    use ninefold_core::progress::Silent;

    fn texts(paths: &[PathBuf]) -> Result<Vec<String>> {
        let mut all = Vec::new();
        TextFiles::find(paths, &CorpusConfig::default())?.each_batch("read", &Silent, |batch| {
            all.extend_from_slice(batch);
            Ok(())
        })?;
        Ok(all)
    }

    #[test]
    fn lines_of_files_and_files_of_folders_are_texts() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("a.txt"), "one two\r\n\nthree").unwrap();
        std::fs::create_dir(path("many")).unwrap();
        std::fs::write(path("many/2.txt"), "five\nsix\n").unwrap();
        std::fs::write(path("many/1.txt"), "caf\u{e9}".chars().map(|c| c as u8).collect::<Vec<u8>>()).unwrap();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"seven\neight\n").unwrap();
        std::fs::write(path("b.gz"), gzip.finish().unwrap()).unwrap();
        let zstd = ruzstd::encoding::compress_to_vec(&b"nine\n"[..], ruzstd::encoding::CompressionLevel::Fastest);
        std::fs::write(path("c.zst"), &zstd).unwrap();
        let all = ["a.txt", "many", "b.gz", "c.zst"].map(path);
        let expected = ["one two", "", "three", "café", "five\nsix", "seven", "eight", "nine"];
        assert_eq!(texts(&all).unwrap(), expected);

        std::fs::write(path("cut.zst"), &zstd[..zstd.len() - 3]).unwrap();
        assert!(texts(&[path("cut.zst")]).unwrap_err().to_string().contains("cut.zst"));
        assert!(texts(&[path("none")]).unwrap_err().to_string().contains("none: cannot read"));
        std::fs::create_dir(path("empty")).unwrap();
        assert!(texts(&[path("empty")]).unwrap_err().to_string().contains("empty: no file with texts"));
    }

    #[test]
    fn files_are_recognised_by_the_same_readers_as_labelled_ones() {
        let folder = tempfile::tempdir().unwrap();
        let texts_of = |name: &str, content: &[u8], config: &CorpusConfig| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            let mut all = Vec::new();
            TextFiles::find(&[path], config)?.each_batch("read", &Silent, |batch| {
                all.extend_from_slice(batch);
                Ok(())
            })?;
            Result::Ok(all)
        };
        let config = CorpusConfig::default();
        for (name, content) in [
            ("a.txt", "label\ttext\nx\tone two\ny\tthree\n"),
            ("a.csv", "text,label\none two,x\nthree,y\n"),
            ("a", "{\"text\": \"one two\", \"n\": 1}\n\n{\"text\": \"three\", \"n\": 2}\n"),
            ("b.txt", "__label__x one two\nthree __label__y\n"),
            ("c.txt", "one two\nthree\n"),
        ] {
            assert_eq!(texts_of(name, content.as_bytes(), &config).unwrap(), ["one two", "three"], "{name}");
        }
        let second = CorpusConfig { text_column: vec!["2".into()], ..CorpusConfig::default() };
        assert_eq!(texts_of("a.tsv", b"7\tone\n8\ttwo\n", &second).unwrap(), ["one", "two"]);
        let long = format!("{{\"text\": \"{}\"}}\n", "word ".repeat(LONGEST / 4));
        assert_eq!(texts_of("a.jsonl", long.as_bytes(), &config).unwrap().len(), 1, "no line of JSON is cut");
        let broken = texts_of("a.jsonl", b"{\"text\": \"one\"}\n{\n", &config).unwrap_err().to_string();
        assert!(broken.contains("a.jsonl:2: expected a JSON object"), "{broken}");
    }

    #[test]
    fn files_are_decoded_as_the_config_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let of = |content: &[u8], encoding: &str| {
            std::fs::write(&path, content).unwrap();
            let config = CorpusConfig { encoding: encoding.into(), ..CorpusConfig::default() };
            let mut all = Vec::new();
            TextFiles::find(std::slice::from_ref(&path), &config)?.each_batch("read", &Silent, |batch| {
                all.extend_from_slice(batch);
                Ok(())
            })?;
            Result::Ok(all)
        };
        let russian = encoding_rs::WINDOWS_1251.encode("да\nочень").0;
        assert_eq!(of(&russian, "windows-1251").unwrap(), ["да", "очень"]);
        let wide: Vec<u8> = "да\nочень\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(of(&wide, "utf-16le").unwrap(), ["да", "очень"]);
        assert_eq!(of(&[b"\xff\xfe".as_slice(), &wide].concat(), "auto").unwrap(), ["да", "очень"]);
        assert!(of(b"x", "klingon").unwrap_err().to_string().starts_with("encoding: expected"));
    }

    #[test]
    fn an_endless_line_is_cut_between_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("endless.txt");
        let line = "some words that never end ".repeat(100_000);
        std::fs::write(&path, &line).unwrap();
        let pieces = texts(std::slice::from_ref(&path)).unwrap();
        assert!(pieces.len() > 2 && pieces.iter().all(|piece| piece.len() <= LONGEST));
        assert_eq!(pieces.concat(), line);
        std::fs::write(&path, "é".repeat(LONGEST)).unwrap();
        assert_eq!(texts(&[path]).unwrap().concat(), "é".repeat(LONGEST), "no character is cut in two");
    }
}
