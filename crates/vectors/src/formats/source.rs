//! Where vectors are read from: a file, packed or not, or a zip's member.
//!
//! A path -> [`Source`], whose first bytes identify the format, and which then gives all bytes: as windows of whole lines, or
//! as a stream. Files are read and never mapped into memory, because a map of a file that another program shortens ends the
//! process with SIGBUS. Memory grows with the bytes that were read, never with what a header promises.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytemuck::{AnyBitPattern, NoUninit};

use ninefold_core::checksum::Crc32;
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;
use ninefold_packing::{Counted, Packing, archive, damaged, split_member, unpack};

/// Bytes of a file that its format is identified by: a line of 8,000 numbers fits.
const HEAD: usize = 1 << 17;
/// Text is parsed in windows of this size; the next one is read meanwhile.
const WINDOW: usize = 1 << 25;
/// A line longer than this belongs to no vectors file.
const LONGEST_LINE: usize = 1 << 26;
/// Numbers that are read at once, so that memory grows with what the file has.
const NUMBERS: usize = 1 << 18;
/// U+FEFF in UTF-8, which Windows programs write at the beginning of a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The bytes of one vectors file.
pub struct Source {
    place: String,
    head: Vec<u8>,
    rest: Box<dyn Read + Send>,
    /// Number of all bytes, where it is known before they are read: neither of a packed file nor of a pipe.
    size: Option<u64>,
    /// Bytes taken from the disk so far and in all, which is what progress counts.
    taken: Arc<AtomicU64>,
    total: u64,
}

/// The beginning of a file, which identifies its format.
pub struct Head<'a> {
    /// Its first bytes, after a byte order mark.
    pub bytes: &'a [u8],
    /// True when those are all.
    pub whole: bool,
}

impl Source {
    /// Opens a vectors file: plain, packed with gzip, Zstandard or bzip2, the only file of a zip, or `archive.zip:member`.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read, [`Error::Format`] when it is empty or no intact archive.
    pub fn open(path: &Path) -> Result<Source> {
        if let Some((archive, member)) = split_member(path) {
            return Source::in_zip(&archive, Some(&member));
        }
        let place = path.display().to_string();
        if path.is_dir() {
            return Err(Error::format(place, "a file of word vectors", "a folder"));
        }
        let file = File::open(path).map_err(Error::io("read", path))?;
        let metadata = file.metadata().map_err(Error::io("read", path))?;
        let total = metadata.len();
        let taken = Arc::default();
        let mut file = BufReader::with_capacity(1 << 18, Counted::new(file, Arc::clone(&taken)));
        let packing = Packing::of(file.fill_buf().map_err(Error::io("read", path))?);
        if packing == Some(Packing::Zip) {
            return Source::in_zip(path, None);
        }
        let size = (metadata.is_file() && packing.is_none()).then_some(total); // a pipe has no size
        Source::new(place, unpack(file, packing), size, taken, total)
    }

    /// Bytes in memory, packed or not (but no zip); `place` is the name that errors begin with.
    ///
    /// # Errors
    /// [`Error::Format`] when they are empty or damaged.
    pub fn of_bytes(place: &str, bytes: Vec<u8>) -> Result<Source> {
        let (total, packing) = (bytes.len() as u64, Packing::of(&bytes));
        let taken = Arc::default();
        let bytes = BufReader::new(Counted::new(io::Cursor::new(bytes), Arc::clone(&taken)));
        let size = packing.is_none().then_some(total);
        Source::new(place.to_owned(), unpack(bytes, packing), size, taken, total)
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
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn of_member(place: String, member: archive::Member, packed: impl Read + Send + 'static) -> Result<Source> {
        let taken = Arc::default();
        let (total, size) = (member.packed_size, member.size);
        let packed = BufReader::with_capacity(1 << 18, Counted::new(packed, Arc::clone(&taken)));
        Source::new(place, Box::new(member.unpack(packed)), Some(size), taken, total)
    }

    fn new(
        place: String,
        mut rest: Box<dyn Read + Send>,
        mut size: Option<u64>,
        taken: Arc<AtomicU64>,
        total: u64,
    ) -> Result<Source> {
        let mut head = Vec::new();
        rest.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(|error| damaged(&place, error))?;
        if head.is_empty() {
            return Err(Error::format(place, "word vectors", "an empty file"));
        }
        // A zero byte after the mark: numbers of a binary format, no text.
        if head.starts_with(BYTE_ORDER_MARK) && head.get(BYTE_ORDER_MARK.len()) != Some(&0) {
            head.drain(..BYTE_ORDER_MARK.len());
            size = size.map(|size| size.saturating_sub(BYTE_ORDER_MARK.len() as u64));
        }
        Ok(Source { place, head, rest, size, taken, total })
    }

    /// The path, and the member where it is a zip's: what errors begin with.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Size on the disk in bytes.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Number of bytes that will be read, where it is known: a packed file does not say.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// The first bytes.
    pub fn head(&self) -> Head<'_> {
        Head { bytes: &self.head, whole: self.head.len() < HEAD - BYTE_ORDER_MARK.len() }
    }

    /// All bytes one after another; `progress` hears of them through [`Reader::report`].
    pub fn into_reader(self) -> Reader {
        let bytes = Box::new(BufReader::with_capacity(1 << 18, io::Cursor::new(self.head).chain(self.rest)));
        Reader { crc: None, bytes, place: self.place, size: self.size, position: 0, taken: self.taken, told: 0 }
    }

    /// Calls `parse` with windows of whole lines, in order; the next one is read while one is parsed.
    ///
    /// # Errors
    /// Those of `parse`, of reading, and [`Error::Interrupted`].
    pub fn each_window(self, progress: &dyn Progress, mut parse: impl FnMut(&[u8]) -> Result<()> + Send) -> Result<()> {
        let Source { place, head, mut rest, size, taken, .. } = self;
        let mut told = 0;
        let mut window = fill(&place, head, &mut rest, size)?;
        while !window.lines.is_empty() {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let (parsed, next) = rayon::join(|| parse(&window.lines), || fill(&place, window.tail, &mut rest, size));
            parsed?;
            window = next?;
            let now = taken.load(Ordering::Relaxed);
            progress.advance(now - std::mem::replace(&mut told, now));
        }
        Ok(())
    }
}

/// A stream that knows where it is and counts what it takes from the disk.
pub struct Reader {
    crc: Option<Crc32>,
    bytes: Box<dyn BufRead + Send>,
    place: String,
    size: Option<u64>,
    position: u64,
    taken: Arc<AtomicU64>,
    told: u64,
}

impl Reader {
    /// What errors begin with.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Bytes that are left, where the size of the whole is known.
    pub fn left(&self) -> Option<u64> {
        self.size.map(|size| size.saturating_sub(self.position))
    }

    /// Fills `buffer`; false where the file ends before.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Format`] for a damaged archive.
    pub fn fill(&mut self, buffer: &mut [u8]) -> Result<bool> {
        let mut done = 0;
        while done < buffer.len() {
            match self.bytes.read(&mut buffer[done..]) {
                Ok(0) => return Ok(false),
                Ok(read) => {
                    if let Some(crc) = &mut self.crc {
                        crc.update(&buffer[done..done + read]);
                    }
                    done += read;
                    self.position += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(damaged(&self.place, error)),
            }
        }
        Ok(true)
    }

    /// Appends `count` little-endian numbers to `numbers`; false where the file ends before. Memory grows as they come.
    ///
    /// # Errors
    /// As [`fill`](Reader::fill).
    pub fn numbers<T: AnyBitPattern + NoUninit>(&mut self, count: u64, numbers: &mut Vec<T>) -> Result<bool> {
        let mut left = count;
        if self.left().is_some_and(|bytes| count.saturating_mul(size_of::<T>() as u64) <= bytes) {
            numbers.reserve_exact(count as usize); // the file has them
        }
        while left > 0 {
            let some = left.min(NUMBERS as u64) as usize;
            let start = numbers.len();
            numbers.resize(start + some, T::zeroed());
            let bytes = bytemuck::cast_slice_mut(&mut numbers[start..]);
            if !self.fill(bytes)? {
                return Ok(false);
            }
            if cfg!(target_endian = "big") {
                bytes.chunks_exact_mut(size_of::<T>()).for_each(<[u8]>::reverse);
            }
            left -= some as u64;
        }
        Ok(true)
    }

    /// Passes over `count` bytes; false where the file ends before.
    ///
    /// # Errors
    /// As [`fill`](Reader::fill).
    pub fn skip(&mut self, count: u64) -> Result<bool> {
        let mut buffer = [0; 1 << 12];
        let mut left = count;
        while left > 0 {
            let some = left.min(buffer.len() as u64);
            if !self.fill(&mut buffer[..some as usize])? {
                return Ok(false);
            }
            left -= some;
        }
        Ok(true)
    }

    /// From here on, what [`fill`](Reader::fill), [`numbers`](Reader::numbers) and [`skip`](Reader::skip) read is added to the
    /// checksum of `before`.
    pub fn begin_checksum(&mut self, before: &[u8]) {
        let mut crc = Crc32::default();
        crc.update(before);
        self.crc = Some(crc);
    }

    /// The CRC-32 since [`begin_checksum`](Reader::begin_checksum).
    pub fn checksum(&self) -> Option<u32> {
        self.crc.as_ref().map(Crc32::value)
    }

    /// Bytes taken from the disk so far.
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Bytes up to `end`, which is among them, into `bytes`; at most `most`. At the end of the file `end` is missing.
    ///
    /// # Errors
    /// As [`fill`](Reader::fill).
    pub fn until(&mut self, end: u8, most: u64, bytes: &mut Vec<u8>) -> Result<()> {
        bytes.clear();
        let read = self.bytes.by_ref().take(most).read_until(end, bytes);
        self.position += read.map_err(|error| damaged(&self.place, error))? as u64;
        Ok(())
    }

    /// Reads on to the end, so that a checksum there is verified; gives the number of bytes that `is_content`, and the first
    /// of them.
    ///
    /// # Errors
    /// As [`fill`](Reader::fill).
    pub fn finish(&mut self, is_content: fn(&u8) -> bool) -> Result<(u64, Vec<u8>)> {
        let (mut count, mut first) = (0, Vec::new());
        loop {
            let bytes = self.bytes.fill_buf().map_err(|error| damaged(&self.place, error))?;
            let length = bytes.len();
            if length == 0 {
                return Ok((count, first));
            }
            let content = bytes.iter().position(is_content);
            count += bytes.iter().filter(|byte| is_content(byte)).count() as u64;
            if let Some(start) = content.filter(|_| first.is_empty()) {
                first = bytes[start..length.min(start + 64)].to_vec();
            }
            self.bytes.consume(length);
            self.position += length as u64;
        }
    }

    /// Tells `progress` what was taken from the disk since the last call.
    pub fn report(&mut self, progress: &dyn Progress) {
        let taken = self.taken();
        progress.advance(taken - std::mem::replace(&mut self.told, taken));
    }
}

struct Window {
    lines: Vec<u8>, // ends with a line's end, or with the file
    tail: Vec<u8>,  // the beginning of the next line
}

/// The next window: `begun` and as many bytes as make it full, cut after the last whole line. `size` is that of the file,
/// where it is known.
fn fill(place: &str, mut begun: Vec<u8>, rest: &mut (dyn Read + Send), size: Option<u64>) -> Result<Window> {
    loop {
        let wanted = WINDOW.saturating_sub(begun.len()).max(WINDOW / 2) as u64;
        begun.reserve(size.map_or(0, |size| wanted.min(size) as usize));
        let read = rest.take(wanted).read_to_end(&mut begun).map_err(|error| damaged(place, error))? as u64;
        if read < wanted {
            return Ok(Window { lines: begun, tail: Vec::new() });
        }
        if let Some(end) = memchr::memrchr(b'\n', &begun) {
            let tail = begun.split_off(end + 1);
            return Ok(Window { lines: begun, tail });
        }
        if begun.len() > LONGEST_LINE {
            let found = format!("a line of more than {} MB", LONGEST_LINE >> 20);
            return Err(Error::format(place, "lines of a word and its numbers", found));
        }
    }
}
