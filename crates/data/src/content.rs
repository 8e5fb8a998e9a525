//! The text of a file that is read more than once and never held: a first pass decides how it is decoded.
//!
//! A path -> [`Content`] -> its text from the beginning, as often as it is asked for, the same that [`decode`](crate::decode) makes of
//! all bytes at once.

use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use encoding_rs::{CoderResult, Decoder, DecoderResult, EUC_KR, Encoding, UTF_8, WINDOWS_1252};

use crate::census::{Census, Guess};
use crate::decode::Charset;
use ninefold_core::error::{Error, Result};
use ninefold_packing as packing;

/// Bytes that are decoded together.
const BLOCK: usize = 1 << 18;

/// What a file is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// To decide something. Its bytes are not counted as progress.
    Look,
    /// To hand out what is in it.
    Give,
}

/// A file whose text can be read again and again.
#[derive(Debug)]
pub(crate) struct Content {
    path: PathBuf,
    decoding: Decoding,
    /// Counts the bytes from the disk of the pass that hands out.
    taken: Arc<AtomicU64>,
}

/// How all bytes of a file become text.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Decoding {
    /// It is UTF-8 without NUL characters, perhaps with a mark at the beginning.
    AsItIs,
    Latin1,
    /// Broken sequences become U+FFFD.
    Lossy(&'static Encoding),
    /// There are no broken sequences.
    Strict(&'static Encoding),
}

impl Content {
    /// Reads the file to its end and keeps nothing. `None` for a file with bytes that are not text of the encoding that is asked for:
    /// decoding it as a whole says where they are.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Format`] when it cannot be read or unpacked.
    pub fn survey(path: &Path, head: &[u8], charset: Charset, taken: Arc<AtomicU64>) -> Result<Option<Content>> {
        let content = |decoding| Content { path: path.to_path_buf(), decoding, taken };
        let bytes = || packing::open(path, Arc::default()).map(|unpacked| unpacked.bytes);
        let damaged = |error| read_error(&path.display().to_string(), error);
        let marked = Encoding::for_bom(head).map(|(encoding, _)| encoding);
        let named = match charset {
            Charset::Latin1 => return Ok(Some(content(Decoding::Latin1))),
            Charset::Named(encoding) => Some(encoding),
            Charset::Detect => marked,
        };
        if named.is_none_or(|encoding| encoding == UTF_8) {
            let (mut is_utf8, mut has_nuls) = (true, false);
            each_block_of_lines(bytes()?, |lines| {
                has_nuls |= lines.contains(&0);
                is_utf8 = std::str::from_utf8(lines).is_ok();
                is_utf8
            })
            .map_err(damaged)?;
            match (is_utf8, named) {
                (true, _) if !has_nuls => return Ok(Some(content(Decoding::AsItIs))),
                (true, _) => return Ok(Some(content(Decoding::Strict(UTF_8)))),
                (false, Some(_)) => return Ok(None),
                (false, None) => {}
            }
        }
        if let Some(encoding) = named {
            let mut text = Transcoder::new(bytes()?, Decoding::Strict(encoding));
            return match io::copy(&mut text, &mut io::sink()) {
                Ok(_) => Ok(Some(content(Decoding::Strict(encoding)))),
                Err(error) if NotOfTheEncoding::is_in(&error) => Ok(None),
                Err(error) => Err(damaged(error)),
            };
        }
        let mut census = Census::new();
        each_block_of_lines(bytes()?, |lines| {
            census.add(lines);
            true
        })
        .map_err(damaged)?;
        Ok(Some(content(Decoding::Lossy(match census.guess() {
            Guess::NearlyUtf8 { .. } => UTF_8,
            Guess::Korean => EUC_KR,
            Guess::Windows1252 { .. } => WINDOWS_1252,
        }))))
    }

    /// The text from the beginning.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Format`] when the file cannot be opened.
    pub fn text(&self, pass: Pass) -> Result<Box<dyn BufRead + Send>> {
        let taken = if pass == Pass::Give { Arc::clone(&self.taken) } else { Arc::default() };
        let mut bytes = packing::open(&self.path, taken)?.bytes;
        if self.decoding != Decoding::AsItIs {
            return Ok(Box::new(Transcoder::new(bytes, self.decoding)));
        }
        let head = bytes.fill_buf().map_err(|error| read_error(&self.path.display().to_string(), error))?;
        let mark = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        bytes.consume(mark);
        Ok(bytes)
    }
}

/// The error of a failed read.
pub(crate) fn read_error(place: &str, error: io::Error) -> Error {
    packing::damaged(place, error)
}

/// Hands out blocks of whole lines until `take` says no.
fn each_block_of_lines(mut bytes: impl Read, mut take: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
    let mut block = Vec::with_capacity(2 * BLOCK);
    loop {
        let read = bytes.by_ref().take(BLOCK as u64).read_to_end(&mut block)?;
        if read == 0 {
            if !block.is_empty() {
                take(&block);
            }
            return Ok(());
        }
        let Some(end) = memchr::memrchr(b'\n', &block).map(|at| at + 1) else { continue };
        if !take(&block[..end]) {
            return Ok(());
        }
        block.drain(..end);
    }
}

/// Bytes that the decoder of a named encoding refuses.
#[derive(Debug)]
struct NotOfTheEncoding(&'static Encoding);

impl NotOfTheEncoding {
    fn is_in(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.is::<NotOfTheEncoding>())
    }
}

impl std::fmt::Display for NotOfTheEncoding {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "bytes that are not {} text", self.0.name())
    }
}

impl std::error::Error for NotOfTheEncoding {}

/// Bytes -> UTF-8 with spaces in place of NUL characters.
struct Transcoder<R> {
    bytes: R,
    /// `None` when everything is decoded.
    step: Option<Step>,
    /// What is decoded; `start..end` of it is not taken yet.
    text: Vec<u8>,
    start: usize,
    end: usize,
}

/// How a block is decoded.
enum Step {
    Latin1,
    Lossy(Decoder),
    Strict(Decoder),
}

impl<R: BufRead> Transcoder<R> {
    fn new(bytes: R, decoding: Decoding) -> Transcoder<R> {
        let step = match decoding {
            Decoding::Latin1 => Step::Latin1,
            Decoding::Lossy(encoding) => Step::Lossy(encoding.new_decoder_without_bom_handling()),
            Decoding::AsItIs => Step::Strict(UTF_8.new_decoder_with_bom_removal()),
            Decoding::Strict(encoding) => Step::Strict(encoding.new_decoder_with_bom_removal()),
        };
        Transcoder { bytes, step: Some(step), text: vec![0; BLOCK], start: 0, end: 0 }
    }

    /// Decodes until there is some text, or the end is reached.
    fn refill(&mut self) -> io::Result<()> {
        (self.start, self.end) = (0, 0);
        while let (Some(step), 0) = (&mut self.step, self.end) {
            let bytes = self.bytes.fill_buf()?;
            let is_last = bytes.is_empty();
            let (read, is_done);
            (is_done, read, self.end) = match step {
                Step::Latin1 => {
                    let count = bytes.len().min(self.text.len() / 2);
                    (true, count, encoding_rs::mem::convert_latin1_to_utf8(&bytes[..count], &mut self.text))
                }
                Step::Lossy(decoder) => {
                    let (result, read, written, _) = decoder.decode_to_utf8(bytes, &mut self.text, is_last);
                    (result == CoderResult::InputEmpty, read, written)
                }
                Step::Strict(decoder) => {
                    let (result, read, written) =
                        decoder.decode_to_utf8_without_replacement(bytes, &mut self.text, is_last);
                    if matches!(result, DecoderResult::Malformed(..)) {
                        let refused = NotOfTheEncoding(decoder.encoding());
                        return Err(io::Error::new(io::ErrorKind::InvalidData, refused));
                    }
                    (result == DecoderResult::InputEmpty, read, written)
                }
            };
            self.bytes.consume(read);
            if is_last && is_done {
                self.step = None;
            }
        }
        self.text[..self.end].iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = b' ');
        Ok(())
    }
}

impl<R: BufRead> BufRead for Transcoder<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.refill()?;
        }
        Ok(&self.text[self.start..self.end])
    }

    fn consume(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
    }
}

impl<R: BufRead> Read for Transcoder<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let text = self.fill_buf()?;
        let count = text.len().min(out.len());
        out[..count].copy_from_slice(&text[..count]);
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::decode::decode;

    /// The text of a file in passes, and decoded as a whole.
    fn both(bytes: &[u8], charset: Charset) -> (Option<String>, Option<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, bytes).unwrap();
        let content = Content::survey(&path, bytes, charset, Arc::default()).unwrap();
        let streamed = content.map(|content| {
            let mut text = String::new();
            content.text(Pass::Give).unwrap().read_to_string(&mut text).unwrap();
            text
        });
        (streamed, decode(bytes.to_vec(), charset, "x").ok().map(|decoded| decoded.text))
    }

    #[test]
    fn text_in_passes_is_that_of_the_whole_file() {
        let long = |text: &str| text.repeat(2 * BLOCK / text.len() + 1);
        let sample = long("naïve Straße 이 영화는, 재미있었고\r\nзавтра\n");
        let korean = EUC_KR.encode(&long("이 영화는 정말 재미있었고\n배우들의 연기도 훌륭했습니다.\n")).0.into_owned();
        let german = WINDOWS_1252.encode(&long("Die Straße war naß,\nschöner Frühnebel…\n")).0.into_owned();
        let wide: Vec<u8> = sample.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let utf16 = Encoding::for_label(b"utf-16le").unwrap();
        let cases: Vec<(Vec<u8>, Charset)> = vec![
            (sample.clone().into_bytes(), Charset::Detect),
            ([b"\xef\xbb\xbf", sample.as_bytes()].concat(), Charset::Detect),
            ([sample.as_bytes(), b"a\0b\n"].concat(), Charset::Detect),
            ([sample.as_bytes(), b"broken \xe9t\xe9\n", sample.as_bytes(), b"\xe9"].concat(), Charset::Detect),
            (korean.clone(), Charset::Detect),
            (korean, Charset::Named(EUC_KR)),
            (german.clone(), Charset::Detect),
            (german.clone(), Charset::Latin1),
            (german, Charset::Named(UTF_8)),
            ([b"\xff\xfe".as_slice(), &wide].concat(), Charset::Detect),
            (wide, Charset::Named(utf16)),
            (b"\xb0\xa1\n\xff".to_vec(), Charset::Named(EUC_KR)),
            (b"no end of line".to_vec(), Charset::Detect),
            (Vec::new(), Charset::Detect),
        ];
        for (number, (bytes, charset)) in cases.into_iter().enumerate() {
            let (streamed, whole) = both(&bytes, charset);
            assert!(streamed == whole, "case {number}");
        }
    }
}
