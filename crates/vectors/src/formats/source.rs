//! Where vectors are read from: a file mapped into memory, or what comes out of gzip or of a zip's member.
//!
//! A path -> [`Source`], whose first bytes tell the format, and which then gives all bytes: as one slice, as windows of whole
//! lines, or as a stream.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;
use memmap2::Mmap;

use super::archive;
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;

/// How much of a file is looked at to tell its format: a line of 8,000 numbers fits.
const HEAD: usize = 1 << 17;
/// Streams are parsed in windows of this size, the next one being read meanwhile.
const WINDOW: usize = 1 << 25;
/// A line longer than this belongs to no vectors file.
const LONGEST_LINE: usize = 1 << 28;

/// The bytes of one vectors file.
pub struct Source {
    place: String,
    content: Content,
    /// Bytes taken from the disk so far and in all, which is what progress counts.
    taken: Arc<AtomicU64>,
    total: u64,
}

enum Content {
    Mapped(Mmap),
    Stream { head: Vec<u8>, rest: Box<dyn Read + Send> },
}

/// The beginning of a file, from which its format is told.
pub struct Head<'a> {
    /// Its first bytes.
    pub bytes: &'a [u8],
    /// True when those are all.
    pub whole: bool,
}

impl Source {
    /// Opens a vectors file: plain, gzipped, the only file of a zip, or `archive.zip:member`.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read, [`Error::Format`] when it is empty or no intact archive.
    pub fn open(path: &Path) -> Result<Source> {
        if let Some((archive, member)) = split_member(path) {
            return Source::in_zip(&archive, Some(&member));
        }
        let file = File::open(path).map_err(Error::io("read", path))?;
        let total = file.metadata().map_err(Error::io("read", path))?.len();
        let place = path.display().to_string();
        if path.is_dir() {
            return Err(Error::format(place, "a file of word vectors", "a folder"));
        }
        if total == 0 {
            return Err(Error::format(place, "word vectors", "an empty file"));
        }
        let map = map(&file).map_err(Error::io("read", path))?;
        if map.starts_with(&[0x1f, 0x8b]) {
            let taken = Arc::default();
            let file = Counted { inner: file, taken: Arc::clone(&taken) };
            let unpacked = MultiGzDecoder::new(BufReader::with_capacity(1 << 18, file));
            return Source::stream(place, Box::new(unpacked), taken, total);
        }
        if map.starts_with(b"PK\x03\x04") {
            return Source::in_zip(path, None);
        }
        Ok(Source { place, content: Content::Mapped(map), taken: Arc::default(), total })
    }

    /// A member of a zip on the disk, its only file without a name; its checksum is verified on the way.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn in_zip(path: &Path, member: Option<&str>) -> Result<Source> {
        let file = File::open(path).map_err(Error::io("read", path))?;
        let member = archive::find(&path.display().to_string(), BufReader::new(&file), member)?;
        let bytes = member.open(file).map_err(Error::io("read", path))?;
        Source::of_member(format!("{}:{}", path.display(), member.name), member, bytes)
    }

    /// What `packed` gives, the bytes of `member` as the archive holds them.
    pub fn of_member(place: String, member: archive::Member, packed: impl Read + Send + 'static) -> Result<Source> {
        let taken = Arc::default();
        let total = member.packed_size;
        let packed = BufReader::with_capacity(1 << 18, Counted { inner: packed, taken: Arc::clone(&taken) });
        Source::stream(place, Box::new(member.unpack(packed)), taken, total)
    }

    fn stream(place: String, mut rest: Box<dyn Read + Send>, taken: Arc<AtomicU64>, total: u64) -> Result<Source> {
        let mut head = Vec::new();
        rest.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(|error| broken(&place, error))?;
        if head.is_empty() {
            return Err(Error::format(place, "word vectors", "an empty file"));
        }
        Ok(Source { place, content: Content::Stream { head, rest }, taken, total })
    }

    /// The path, and the member where it is a zip's: what errors begin with.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Size on the disk in bytes.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The first bytes.
    pub fn head(&self) -> Head<'_> {
        match &self.content {
            Content::Mapped(map) => Head { bytes: &map[..map.len().min(HEAD)], whole: map.len() <= HEAD },
            Content::Stream { head, .. } => Head { bytes: head, whole: head.len() < HEAD },
        }
    }

    /// All bytes at once.
    pub fn into_bytes(self) -> Result<Box<dyn AsRef<[u8]>>> {
        match self.content {
            Content::Mapped(map) => Ok(Box::new(map)),
            Content::Stream { head: mut bytes, mut rest } => {
                rest.read_to_end(&mut bytes).map_err(|error| broken(&self.place, error))?;
                Ok(Box::new(bytes))
            }
        }
    }

    /// All bytes one after another; `progress` hears of them through [`Reader::report`].
    pub fn into_reader(self) -> Reader {
        let bytes: Box<dyn BufRead + Send> = match self.content {
            Content::Mapped(map) => Box::new(io::Cursor::new(map)),
            Content::Stream { head, rest } => {
                Box::new(BufReader::with_capacity(1 << 18, io::Cursor::new(head).chain(rest)))
            }
        };
        Reader { bytes, place: self.place, taken: self.taken, told: 0 }
    }

    /// Calls `parse` with pieces of whole lines, in order: one piece when the file is mapped, else windows of bounded size,
    /// of which the next is unpacked while one is parsed.
    ///
    /// # Errors
    /// Those of `parse`, of reading, and [`Error::Interrupted`].
    pub fn each_window(self, progress: &dyn Progress, mut parse: impl FnMut(&[u8]) -> Result<()> + Send) -> Result<()> {
        let (head, mut rest) = match self.content {
            Content::Mapped(map) => return parse(&map), // the parser reports its own progress
            Content::Stream { head, rest } => (head, rest),
        };
        let mut told = 0;
        let mut window = fill(&self.place, head, &mut rest)?;
        while !window.lines.is_empty() {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let (parsed, next) = rayon::join(|| parse(&window.lines), || fill(&self.place, window.tail, &mut rest));
            parsed?;
            window = next?;
            let taken = self.taken.load(Ordering::Relaxed);
            progress.advance(taken - told);
            told = taken;
        }
        Ok(())
    }

    /// True when [`each_window`](Self::each_window) leaves progress to the parser.
    pub fn is_mapped(&self) -> bool {
        matches!(self.content, Content::Mapped(_))
    }
}

/// A stream that counts what it takes from the disk.
pub struct Reader {
    bytes: Box<dyn BufRead + Send>,
    place: String,
    taken: Arc<AtomicU64>,
    told: u64,
}

impl Reader {
    /// The bytes.
    pub fn bytes(&mut self) -> &mut dyn BufRead {
        &mut self.bytes
    }

    /// Tells `progress` what was read since the last call: `read` bytes in all, unless a packed file counts for itself.
    pub fn report(&mut self, read: u64, progress: &dyn Progress) {
        let packed = self.taken.load(Ordering::Relaxed);
        let taken = if packed > 0 { packed } else { read };
        progress.advance(taken.saturating_sub(self.told));
        self.told = taken;
    }

    /// The error of a failed read.
    pub fn broken(&self, error: io::Error) -> Error {
        broken(&self.place, error)
    }
}

struct Window {
    lines: Vec<u8>, // ends with a line's end, or with the file
    tail: Vec<u8>,  // the beginning of the next line
}

/// The next window: `begun` and as many bytes as make it full, cut after the last whole line.
fn fill(place: &str, mut begun: Vec<u8>, rest: &mut (dyn Read + Send)) -> Result<Window> {
    loop {
        let wanted = WINDOW.saturating_sub(begun.len()).max(WINDOW / 2) as u64;
        let read = rest.take(wanted).read_to_end(&mut begun).map_err(|error| broken(place, error))? as u64;
        if read < wanted {
            return Ok(Window { lines: begun, tail: Vec::new() });
        }
        if let Some(end) = memchr::memrchr(b'\n', &begun) {
            let tail = begun.split_off(end + 1);
            return Ok(Window { lines: begun, tail });
        }
        if begun.len() > LONGEST_LINE {
            return Err(Error::format(place, "lines of a word and its numbers", "a line without an end"));
        }
    }
}

/// Damage that the unpackers find is the file's fault, everything else the system's.
fn broken(place: &str, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            Error::format(place, "an intact archive", error.to_string())
        }
        io::ErrorKind::UnexpectedEof => {
            Error::format(place, "a whole file", "an end in the middle (was it cut short?)")
        }
        _ => Error::io("read", place)(error),
    }
}

/// `vectors.zip:member.txt` -> the archive and the member, unless a file has that very name.
fn split_member(path: &Path) -> Option<(std::path::PathBuf, String)> {
    let text = path.to_str().filter(|_| !path.exists())?;
    let at = text.to_ascii_lowercase().find(".zip:")?;
    let (archive, member) = (&text[..at + 4], &text[at + 5..]);
    (!member.is_empty()).then(|| (archive.into(), member.to_owned()))
}

fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: a map is sound as long as nobody shortens or rewrites the file meanwhile. Vector files are written once and
    // renamed into place (ninefold's own always are), and a map lives only while one file is being loaded.
    #[allow(unsafe_code)]
    unsafe {
        Mmap::map(file)
    }
}

struct Counted<R> {
    inner: R,
    taken: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.taken.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
