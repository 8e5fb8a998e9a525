//! Texts without labels that need not fit into memory: plain files, folders of them, gzip and Zstandard.
//!
//! Paths -> batches of texts, in the same order each time they are asked for, so that a vocabulary can be counted in a first
//! pass and texts numbered in a second. In a file every line is a text; in a folder every file is one. A text that goes on
//! and on is cut between words after a mebibyte.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;

use super::decode::{self, Charset};
use super::folder;
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;

/// Bytes after which a text is cut.
const LONGEST: usize = 1 << 20;
/// Bytes of texts that are given out together.
const BATCH: usize = 1 << 24;

/// Where texts are.
#[derive(Clone, Debug)]
pub struct TextFiles {
    files: Vec<TextFile>,
    bytes: u64,
}

#[derive(Clone, Debug)]
struct TextFile {
    path: PathBuf,
    whole: bool, // one text, not one a line
}

impl TextFiles {
    /// Looks the paths up: files as they are, of folders all files below them in the order of their paths.
    ///
    /// # Errors
    /// [`Error::Io`] when one is not there, [`Error::Data`] when there is no file in all.
    pub fn find(paths: &[PathBuf]) -> Result<TextFiles> {
        let mut files = Vec::new();
        for path in paths {
            if path.is_dir() {
                files.extend(folder::files_below(path)?.into_iter().map(|path| TextFile { path, whole: true }));
            } else {
                files.push(TextFile { path: path.clone(), whole: false });
            }
        }
        let size =
            |file: &TextFile| std::fs::metadata(&file.path).map_err(Error::io("read", &file.path)).map(|it| it.len());
        let bytes = files.iter().map(size).sum::<Result<u64>>()?;
        if files.is_empty() {
            let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
            return Err(Error::data(format!("{}: no file with texts", names.join(", "))));
        }
        Ok(TextFiles { files, bytes })
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
        for file in &self.files {
            let taken = Arc::new(AtomicU64::new(0));
            let mut reader = open(&file.path, Arc::clone(&taken))?;
            let (place, mut told) = (file.path.display().to_string(), 0);
            let mut rest = Vec::new();
            while let Some(text) =
                next(&mut reader, &mut rest, file.whole).map_err(|error| broken(&file.path, error))?
            {
                size += text.len();
                batch.push(decode::decode(text, Charset::Detect, &place)?.text);
                if size >= BATCH {
                    take(&batch)?;
                    (batch, size) = (Vec::new(), 0);
                    if progress.is_cancelled() {
                        return Err(Error::Interrupted);
                    }
                    let now = taken.load(Ordering::Relaxed);
                    progress.advance(now - told);
                    told = now;
                }
            }
            progress.advance(taken.load(Ordering::Relaxed) - told);
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
        }
        if !batch.is_empty() {
            take(&batch)?;
        }
        progress.end();
        Ok(())
    }
}

/// The next text: a line or what is left of the file, cut where it is too long. `rest` is what was cut off last time.
fn next(reader: &mut impl BufRead, rest: &mut Vec<u8>, whole: bool) -> std::io::Result<Option<Vec<u8>>> {
    let mut text = std::mem::take(rest);
    let wanted = LONGEST.saturating_sub(text.len()) as u64;
    if whole {
        reader.by_ref().take(wanted).read_to_end(&mut text)?;
    } else {
        reader.by_ref().take(wanted).read_until(b'\n', &mut text)?;
    }
    if text.len() >= LONGEST && !text.ends_with(b"\n") {
        // Between words; in a text without spaces, between characters.
        let space = text.iter().rposition(u8::is_ascii_whitespace).map(|at| at + 1);
        let character = || text.iter().rposition(|byte| byte & 0xc0 != 0x80).filter(|&at| at > 0);
        *rest = text.split_off(space.or_else(character).unwrap_or(text.len()));
    }
    while text.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        text.pop();
    }
    let is_end = text.is_empty() && rest.is_empty() && reader.fill_buf()?.is_empty();
    Ok((!is_end).then_some(text))
}

/// The bytes of a file, unpacked where they are packed; `taken` counts those read from the disk.
fn open(path: &Path, taken: Arc<AtomicU64>) -> Result<BufReader<Box<dyn Read>>> {
    let file = File::open(path).map_err(Error::io("read", path))?;
    let mut counted = BufReader::with_capacity(1 << 18, Counted { file, taken });
    let head = counted.fill_buf().map_err(Error::io("read", path))?;
    let bytes: Box<dyn Read> = if head.starts_with(&[0x1f, 0x8b]) {
        Box::new(MultiGzDecoder::new(counted))
    } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let expected = "an intact Zstandard file";
        let unpacked = StreamingDecoder::new(counted);
        Box::new(unpacked.map_err(|error| Error::format(path.display(), expected, error.to_string()))?)
    } else {
        Box::new(counted)
    };
    Ok(BufReader::with_capacity(1 << 18, bytes))
}

fn broken(path: &Path, error: std::io::Error) -> Error {
    use std::io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    match error.kind() {
        InvalidData | InvalidInput | Other | UnexpectedEof => {
            Error::format(path.display(), "an intact file", format!("{error} (was it cut short?)"))
        }
        _ => Error::io("read", path)(error),
    }
}

struct Counted {
    file: File,
    taken: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.taken.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write;

    use super::*;
    use ninefold_core::progress::Silent;

    fn texts(paths: &[PathBuf]) -> Result<Vec<String>> {
        let mut all = Vec::new();
        TextFiles::find(paths)?.each_batch("read", &Silent, |batch| {
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
