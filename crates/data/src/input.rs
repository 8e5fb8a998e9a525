//! A file or folder, opened for a reader.
//!
//! A path -> an [`Input`]: its beginning, to recognise the format by ([`Input::head`]), then its content as one text or line by
//! line. A file is decoded as a whole ([`Input::open`]); read several times, which gives the same text and holds none of it
//! ([`Input::in_passes`]); or decoded line by line as it comes ([`Input::stream`]).

use std::borrow::Cow;
use std::io::{BufRead, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::content::{Content, Pass, read_error};
use crate::decode::{self, Charset};
use crate::encodings::Encodings;
use crate::names;
use ninefold_core::error::{Error, Location, Result};
use ninefold_core::machine;
use ninefold_core::progress::Progress;
use ninefold_packing::{self as packing, Counted, Packing};

/// Bytes by which a format is recognised.
const HEAD: usize = 1 << 20;
/// Bytes after which it is asked whether memory lasts.
const STEP: u64 = 1 << 26;
/// A line that is longer than this in bytes is no line of texts.
const LONGEST_LINE: u64 = 1 << 28;
/// Bytes after which a text that is streamed is cut.
pub(crate) const LONGEST: usize = 1 << 20;

/// An opened file or folder.
pub(crate) struct Input<'a> {
    pub path: PathBuf,
    pub charset: Charset,
    pub progress: &'a dyn Progress,
    /// How the bytes were decoded that were read as a whole.
    pub encodings: Encodings,
    /// How the file is packed.
    pub packing: Option<Packing>,
    /// Counts the bytes that are read from the disk to be handed out.
    pub taken: Arc<AtomicU64>,
    /// The name by which the format is recognised; empty for a folder and for standard input.
    name: String,
    body: Body,
}

enum Body {
    Folder,
    /// Decoded.
    Held(String),
    /// Read anew for each pass.
    InPasses {
        content: Content,
        head: String,
        is_whole: bool,
    },
    Stream {
        head: Vec<u8>,
        rest: Box<dyn BufRead>,
    },
}

/// The beginning of an input.
#[derive(Debug)]
pub(crate) struct Head<'a> {
    /// Of the file name, in lower case and without that of a packing; empty for a folder.
    pub extension: String,
    pub is_folder: bool,
    /// The first mebibyte as far as it is UTF-8; ASCII is right in any encoding that files are streamed in.
    pub text: Cow<'a, str>,
    /// Whether that is all.
    pub is_whole: bool,
}

impl Head<'_> {
    /// The lines that are not empty, without one that is cut off.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        let end = if self.is_whole { None } else { self.text.rfind('\n') };
        self.text[..end.unwrap_or(self.text.len())].lines().filter(|line| !line.trim().is_empty())
    }
}

impl<'a> Input<'a> {
    /// A folder, until content is put into it.
    fn new(path: &Path, charset: Charset, progress: &'a dyn Progress) -> Input<'a> {
        let (path, encodings, name) = (path.to_path_buf(), Encodings::default(), String::new());
        Input { path, charset, progress, encodings, packing: None, taken: Arc::default(), name, body: Body::Folder }
    }

    /// A folder, or a file that is read and decoded as a whole; `-` is standard input.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Format`] with the path.
    pub fn open(path: &Path, charset: Charset, progress: &'a dyn Progress) -> Result<Input<'a>> {
        let mut input = Input::new(path, charset, progress);
        if !path.is_dir() {
            let bytes = input.begin(Arc::default())?;
            input.hold(bytes)?;
        }
        Ok(input)
    }

    /// A folder, or a file of which no more than a little is in memory: it is read once to find out how it is decoded, and once more for
    /// each [`Pass`]. What cannot be read twice is held as by [`Input::open`], and so is a small file. `taken` counts the bytes that are
    /// read from the disk to be handed out.
    ///
    /// # Errors
    /// As [`Input::open`].
    pub fn in_passes(
        path: &Path,
        charset: Charset,
        progress: &'a dyn Progress,
        taken: Arc<AtomicU64>,
    ) -> Result<Input<'a>> {
        let mut input = Input { taken: Arc::clone(&taken), ..Input::new(path, charset, progress) };
        if path.is_dir() {
            return Ok(input);
        }
        let is_pipe = std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
        if is_pipe || is_stdin(path) {
            let bytes = input.begin(taken)?;
            input.hold(bytes)?;
            return Ok(input);
        }
        let mut bytes = input.begin(Arc::clone(&taken))?;
        let head = input.head_of(&mut bytes)?;
        if head.len() < HEAD {
            input.hold(head.as_slice())?;
            return Ok(input);
        }
        drop(bytes);
        taken.store(0, Ordering::Relaxed); // it is read again
        decode::refuse_binary(&head, charset, &input.place())?;
        let Some(content) = Content::survey(path, &head, charset, taken)? else {
            let bytes = input.begin(Arc::default())?;
            input.hold(bytes)?;
            return Ok(input);
        };
        let mut text = content.text(Pass::Look)?;
        let mut start = input.head_of(&mut text)?;
        let is_whole = text.fill_buf().map_err(|error| input.damaged(error))?.is_empty();
        start.truncate(start.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len()));
        input.body = Body::InPasses { content, head: String::from_utf8_lossy(&start).into_owned(), is_whole };
        Ok(input)
    }

    /// A file that is read as it is asked for, as far as its encoding and format allow; `taken` counts the bytes read from
    /// the disk.
    ///
    /// # Errors
    /// As [`Input::open`].
    pub fn stream(
        path: &Path,
        charset: Charset,
        progress: &'a dyn Progress,
        taken: Arc<AtomicU64>,
    ) -> Result<Input<'a>> {
        let mut input = Input::new(path, charset, progress);
        let mut rest = input.begin(taken)?;
        let head = input.head_of(&mut rest)?;
        decode::refuse_binary(&head, charset, &input.place())?;
        let has_ascii_lines = charset.has_ascii_lines(&head);
        input.body = Body::Stream { head, rest: Box::new(rest) };
        if !has_ascii_lines {
            input.text()?;
        }
        Ok(input)
    }

    /// The unpacked bytes of the file, which is no binary file of a known kind.
    fn begin(&mut self, taken: Arc<AtomicU64>) -> Result<Box<dyn BufRead + Send>> {
        let mut unpacked = if is_stdin(&self.path) {
            packing::open_stream(Counted::new(std::io::stdin(), taken), STDIN)?
        } else {
            packing::open(&self.path, taken)?
        };
        let head = unpacked.bytes.fill_buf().map_err(|error| self.damaged(error))?;
        refuse_known_kind(head, &self.place())?;
        (self.packing, self.name) = (unpacked.packing, unpacked.name);
        Ok(unpacked.bytes)
    }

    /// What a reader gives, read and decoded as a whole. `name` stands for a path.
    ///
    /// # Errors
    /// As [`Input::open`].
    pub fn of_reader(name: &str, reader: impl Read, charset: Charset, progress: &'a dyn Progress) -> Result<Input<'a>> {
        let mut input = Input { name: name.to_owned(), ..Input::new(Path::new(name), charset, progress) };
        input.hold(reader)?;
        Ok(input)
    }

    /// The same, recognised by this extension and not by its name.
    pub fn with_extension(mut self, extension: Option<&str>) -> Input<'a> {
        if let Some(extension) = extension {
            self.name = format!("input.{extension}");
        }
        self
    }

    /// The first bytes, at most [`HEAD`].
    fn head_of(&self, bytes: &mut impl Read) -> Result<Vec<u8>> {
        let mut head = Vec::new();
        bytes.take(HEAD as u64).read_to_end(&mut head).map_err(|error| self.damaged(error))?;
        Ok(head)
    }

    fn damaged(&self, error: std::io::Error) -> Error {
        packing::damaged(&self.place(), error)
    }

    /// Where it is, for errors.
    pub fn place(&self) -> String {
        if is_stdin(&self.path) { STDIN.to_string() } else { self.path.display().to_string() }
    }

    /// What the sources of its texts begin with: the file name, or "stdin".
    pub fn file_name(&self) -> String {
        if is_stdin(&self.path) { "stdin".to_string() } else { names::file_name(&self.path) }
    }

    /// Its beginning.
    pub fn head(&self) -> Head<'_> {
        let (text, is_whole) = match &self.body {
            Body::Folder => (Cow::Borrowed(""), true),
            Body::Held(text) => {
                let end = (0..=HEAD.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
                (Cow::Borrowed(&text[..end]), end == text.len())
            }
            Body::InPasses { head, is_whole, .. } => (Cow::Borrowed(head.as_str()), *is_whole),
            Body::Stream { head, .. } => {
                let unmarked = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
                (String::from_utf8_lossy(unmarked), head.len() < HEAD)
            }
        };
        let is_folder = matches!(self.body, Body::Folder);
        let extension = if is_folder { String::new() } else { names::extension(&self.name) };
        Head { extension, is_folder, text, is_whole }
    }

    /// The whole content, decoded.
    ///
    /// # Errors
    /// [`Error::Format`] with the line for bytes that are no text, [`Error::Io`].
    pub fn text(&mut self) -> Result<&str> {
        if let Body::Stream { head, rest } = &mut self.body {
            let all = Cursor::new(std::mem::take(head)).chain(std::mem::replace(rest, Box::new(std::io::empty())));
            self.hold(all)?;
        }
        if let Body::InPasses { content, .. } = &self.body {
            let all = content.text(Pass::Give)?;
            self.body = Body::Held(into_text(read_bounded(all, &self.place())?, &self.place())?);
        }
        match &self.body {
            Body::Held(text) => Ok(text),
            _ => Err(Error::format(self.place(), "a file", "a folder")),
        }
    }

    /// Makes [`Input::pass`] possible: reads into memory what can be read only once.
    ///
    /// # Errors
    /// As [`Input::text`].
    pub fn prepare_passes(&mut self) -> Result<()> {
        if let Body::Stream { .. } = self.body {
            self.text()?;
        }
        Ok(())
    }

    /// The whole content from its beginning, decoded, of a file after [`Input::prepare_passes`].
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Format`] when the file cannot be opened.
    pub fn pass(&self, pass: Pass) -> Result<Box<dyn BufRead + '_>> {
        match &self.body {
            Body::Held(text) => Ok(Box::new(text.as_bytes())),
            Body::InPasses { content, .. } => Ok(content.text(pass)?),
            Body::Folder | Body::Stream { .. } => Err(Error::format(self.place(), "a file", "a folder or a stream")),
        }
    }

    /// Hands out the lines with their numbers from 1, without their ends.
    ///
    /// # Errors
    /// Those of `give`, and as [`Input::text`]; [`Error::Format`] for a line of a streamed file that is longer than [`LONGEST_LINE`].
    pub fn lines(&mut self, give: impl FnMut(usize, &str) -> Result<()>) -> Result<()> {
        self.lines_up_to(LONGEST_LINE, give)
    }

    /// As [`Input::lines`], for lines that are texts: when the file is streamed, a line that is longer than [`LONGEST`] is cut
    /// between words.
    ///
    /// # Errors
    /// As [`Input::lines`].
    pub fn text_lines(&mut self, give: impl FnMut(usize, &str) -> Result<()>) -> Result<()> {
        self.lines_up_to(LONGEST as u64, give)
    }

    fn lines_up_to(&mut self, longest: u64, mut give: impl FnMut(usize, &str) -> Result<()>) -> Result<()> {
        if let Body::InPasses { content, .. } = &self.body {
            return each_line(content.text(Pass::Give)?, &self.place(), give);
        }
        if !matches!(self.body, Body::Stream { .. }) {
            return self.text()?.lines().enumerate().try_for_each(|(index, line)| give(index + 1, line));
        }
        let mut number = 0;
        self.chunks(Some(b'\n'), longest, |line| {
            number += 1;
            give(number, line)
        })
    }

    /// Hands out the content of a streamed file in pieces of at most [`LONGEST`] bytes, cut between words.
    ///
    /// # Errors
    /// Those of `give`, and as [`Input::text`].
    pub fn parts(&mut self, mut give: impl FnMut(&str) -> Result<()>) -> Result<()> {
        match &self.body {
            Body::Stream { .. } => self.chunks(None, LONGEST as u64, give),
            _ => give(self.text()?),
        }
    }

    fn chunks(&mut self, end: Option<u8>, longest: u64, mut give: impl FnMut(&str) -> Result<()>) -> Result<()> {
        let place = self.place();
        let Body::Stream { head, rest } = &mut self.body else { return Ok(()) };
        let mut reader = Cursor::new(std::mem::take(head)).chain(rest);
        let mut left = Vec::new();
        let mut next = || next_piece(&mut reader, &mut left, end, longest);
        let mut line = 1;
        while let Some(piece) = next().map_err(|error| packing::damaged(&place, error))? {
            let newlines = piece.iter().filter(|&&byte| byte == b'\n').count();
            let decoded = decode::decode_part(piece, self.charset, &place, line)?;
            self.encodings.add_nuls(decoded.outcome.nuls, || format!("{place}:{line}"));
            line += newlines + usize::from(end.is_some());
            give(&decoded.text)?;
        }
        Ok(())
    }

    /// Reads and decodes everything.
    fn hold(&mut self, reader: impl Read) -> Result<()> {
        let place = self.place();
        let bytes = read_bounded(reader, &place)?;
        let decoded = decode::decode(bytes, self.charset, &place)?;
        self.encodings.add(&decoded.outcome, &place);
        self.body = Body::Held(decoded.text);
        Ok(())
    }
}

/// Hands out lines with their numbers from 1, without their ends, as `str::lines` gives them.
fn each_line(mut text: impl BufRead, place: &str, mut give: impl FnMut(usize, &str) -> Result<()>) -> Result<()> {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if text.read_until(b'\n', &mut line).map_err(|error| read_error(place, error))? == 0 {
            break;
        }
        if line.pop_if(|byte| *byte == b'\n').is_some() {
            line.pop_if(|byte| *byte == b'\r');
        }
        let changed = |error| Error::parse(Location::line(place, number), CHANGED)(error);
        give(number, std::str::from_utf8(&line).map_err(changed)?)?;
    }
    Ok(())
}

/// What a file should be that is not as the pass before has found it.
const CHANGED: &str = "a file that does not change while it is read";

fn into_text(bytes: Vec<u8>, place: &str) -> Result<String> {
    String::from_utf8(bytes).map_err(Error::parse(place, CHANGED))
}

/// The unpacked bytes of one file of a folder; `taken` counts those from the disk.
///
/// # Errors
/// [`Error::Io`] and [`Error::Format`] with the path: the file is damaged or binary.
pub(crate) fn read_file(path: &Path, taken: Arc<AtomicU64>) -> Result<Vec<u8>> {
    let place = path.display().to_string();
    let mut unpacked = packing::open(path, taken)?;
    refuse_known_kind(unpacked.bytes.fill_buf().map_err(|error| packing::damaged(&place, error))?, &place)?;
    read_bounded(unpacked.bytes, &place)
}

/// True for `-`, which stands for standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// What errors call standard input.
const STDIN: &str = "standard input";

fn refuse_known_kind(head: &[u8], place: &str) -> Result<()> {
    match packing::kind_of(head) {
        Some(kind) => Err(Error::format(place, "text", format!("{}: {}", kind.name, kind.advice))),
        None => Ok(()),
    }
}

/// The next line of a stream without its end; `None` at the end of the stream.
///
/// # Errors
/// An error of kind `InvalidData` when the line is longer than [`LONGEST_LINE`].
pub(crate) fn next_line(reader: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    match line.len() as u64 {
        0 => Ok(None),
        LONGEST_LINE if !line.ends_with(b"\n") => Err(too_long()),
        _ => {
            if line.ends_with(b"\n") {
                line.pop();
            }
            if line.ends_with(b"\r") {
                line.pop();
            }
            Ok(Some(line))
        }
    }
}

fn too_long() -> std::io::Error {
    let what = format!("a line without an end after {} MiB", LONGEST_LINE >> 20);
    std::io::Error::new(std::io::ErrorKind::InvalidData, what)
}

fn trim_line_end(text: &mut Vec<u8>) {
    while text.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        text.pop();
    }
}

/// Everything, as long as memory lasts: a small packed file can unpack to more than the machine holds.
fn read_bounded(reader: impl Read, place: &str) -> Result<Vec<u8>> {
    read_within(reader, place, STEP, machine::available_memory)
}

/// Everything, as long as `available` says that there is memory; it is asked after every `step` bytes.
fn read_within(mut reader: impl Read, place: &str, step: u64, available: impl Fn() -> Option<u64>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let read =
            reader.by_ref().take(step).read_to_end(&mut bytes).map_err(|error| packing::damaged(place, error))?;
        if (read as u64) < step {
            return Ok(bytes);
        }
        // The text is held once more while it is decoded and cut into documents.
        if available().is_some_and(|available| available < 2 * bytes.len() as u64) {
            let expected = "content that fits into memory";
            let found =
                format!("more than {} MiB (split the file, or use a machine with more memory)", bytes.len() >> 20);
            return Err(Error::format(place, expected, found));
        }
    }
}

/// The next line (up to `end`) or what is left of the file, cut where it is too long. `rest` is what was cut off last time.
fn next_piece(
    reader: &mut impl BufRead,
    rest: &mut Vec<u8>,
    end: Option<u8>,
    longest: u64,
) -> std::io::Result<Option<Vec<u8>>> {
    let mut text = std::mem::take(rest);
    let wanted = longest.saturating_sub(text.len() as u64);
    match end {
        Some(end) => reader.by_ref().take(wanted).read_until(end, &mut text)?,
        None => reader.by_ref().take(wanted).read_to_end(&mut text)?,
    };
    if text.len() as u64 >= longest && !text.ends_with(b"\n") {
        if longest == LONGEST_LINE {
            return Err(too_long());
        }
        // Between words; in a text without spaces, between characters.
        let space = text.iter().rposition(u8::is_ascii_whitespace).map(|at| at + 1);
        let character = || text.iter().rposition(|byte| byte & 0xc0 != 0x80).filter(|&at| at > 0);
        *rest = text.split_off(space.or_else(character).unwrap_or(text.len()));
    }
    trim_line_end(&mut text);
    let is_end = text.is_empty() && rest.is_empty() && reader.fill_buf()?.is_empty();
    Ok((!is_end).then_some(text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Write;

    #[test]
    fn packed_file_that_unpacks_to_more_than_memory_is_refused() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(&vec![b' '; 8 << 20]).unwrap();
        let packed = packed.finish().unwrap();
        assert!(packed.len() < 1 << 16);
        let read = |memory: u64| {
            let unpacked = packing::unpack(Cursor::new(packed.clone()), Some(Packing::Gzip));
            read_within(unpacked, "bomb.gz", 1 << 20, || Some(memory))
        };
        assert_eq!(read(64 << 20).unwrap().len(), 8 << 20);
        let error = read(5 << 20).unwrap_err().to_string();
        assert!(error.starts_with("bomb.gz: expected content that fits into memory, found more than 3 MiB"), "{error}");
    }
}
