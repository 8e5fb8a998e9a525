//! One member of a zip archive: found in the archive's directory, unpacked, and compared with its checksum.
//!
//! Anything that can seek (a file, a range reader over HTTP) -> [`Member`]: where its bytes lie. Those bytes -> the unpacked
//! file; its last read fails when the length or the CRC-32 is not what the directory says.

use std::fs::File;
use std::io::{self, BufRead, Read, Seek, SeekFrom};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use crate::kinds;
use ninefold_core::error::{Error, Result};
use ninefold_core::files;
use ninefold_core::phrasing::listed;

/// Where a member lies in its archive, and what it must unpack to.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Its name in the archive.
    pub name: String,
    /// Offset of its packed bytes.
    pub start: u64,
    /// Number of its packed bytes.
    pub packed_size: u64,
    /// Number of bytes that they unpack to.
    pub size: u64,
    /// CRC-32 of those.
    pub crc32: u32,
    deflated: bool,
}

/// Finds `name` in an archive; without a name, its only file. What macOS and Windows add (`__MACOSX/`, `.DS_Store`, `Thumbs.db`) does not
/// count.
///
/// # Errors
/// [`Error::Format`] when this is no intact zip, it has no such member (the others are listed), it is an office document, or the member is
/// encrypted or packed in a way other than deflate.
pub fn find(place: &str, archive: impl Read + Seek, name: Option<&str>) -> Result<Member> {
    let broken = |error: zip::result::ZipError| match error {
        zip::result::ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            Error::io("read", place)(error)
        }
        error => Error::format(place, "an intact zip archive", format!("{error} (was it cut short?)")),
    };
    let mut archive = ZipArchive::new(archive).map_err(broken)?;
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let file = archive.by_index_data(index).map_err(broken)?; // the directory's entry: the member itself is not touched
        if file.is_file() {
            files.push((index, file.name().map_err(broken)?.into_owned()));
        }
    }
    let found = match name {
        Some(name) => files.iter().find(|(_, file)| file == name || file.ends_with(&format!("/{name}"))),
        None => {
            if let Some(kind) = kinds::kind_of_zip(files.iter().map(|(_, name)| name.as_str())) {
                return Err(Error::format(place, "a zip of one file", format!("{}: {}", kind.name, kind.advice)));
            }
            files.retain(|(_, name)| !is_clutter(name));
            files.first().filter(|_| files.len() == 1)
        }
    };
    let Some((index, _)) = found else {
        let expected = name.map_or("a zip of one file".to_owned(), |name| format!("a member {name}"));
        let names: Vec<&str> = files.iter().map(|(_, name)| name.as_str()).collect();
        let found = match names.first() {
            None => "an empty archive".to_owned(),
            Some(first) => format!("{} (name one, e.g. {place}:{first}, or unpack the archive)", listed(&names)),
        };
        return Err(Error::format(place, expected, found));
    };
    let file = archive.by_index_raw(*index).map_err(broken)?;
    let deflated = match file.compression() {
        CompressionMethod::Deflated => true,
        CompressionMethod::Stored => false,
        other => return Err(Error::format(place, "a member that is stored or deflated", other.to_string())),
    };
    if file.encrypted() {
        return Err(Error::format(place, "a member that is not encrypted", "an encrypted one"));
    }
    let Some(start) = file.data_start() else {
        return Err(Error::format(place, "an intact zip archive", "a member without a beginning"));
    };
    let name = file.name().map_err(broken)?.into_owned();
    let (packed_size, size, crc32) = (file.compressed_size(), file.size(), file.crc32());
    Ok(Member { name, start, packed_size, size, crc32, deflated })
}

/// True for files that the system adds to archives and folders, not their owner.
fn is_clutter(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    name.starts_with("__MACOSX/") || files::is_clutter(file)
}

impl Member {
    /// The packed bytes in the archive itself.
    pub fn open(&self, mut archive: File) -> io::Result<impl Read + Send + use<>> {
        archive.seek(SeekFrom::Start(self.start))?;
        Ok(archive.take(self.packed_size))
    }

    /// Unpacks the member from its packed bytes.
    pub fn unpack<R: BufRead>(&self, packed: R) -> Unpacked<R> {
        let packed = if self.deflated { Packed::Deflated(DeflateDecoder::new(packed)) } else { Packed::Stored(packed) };
        Unpacked { packed, crc: Crc::new(), read: 0, size: self.size, crc32: self.crc32 }
    }
}

/// An unpacked member, whose last read fails when it is not what the directory says.
pub struct Unpacked<R> {
    packed: Packed<R>,
    crc: Crc,
    read: u64,
    size: u64,
    crc32: u32,
}

enum Packed<R> {
    Stored(R),
    Deflated(DeflateDecoder<R>),
}

impl<R: BufRead> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.packed {
            Packed::Stored(bytes) => bytes.read(buffer)?,
            Packed::Deflated(bytes) => bytes.read(buffer)?,
        };
        self.crc.update(&buffer[..read]);
        self.read += read as u64;
        let wrong = |what: String| Err(io::Error::new(io::ErrorKind::InvalidData, what));
        let at_end = read == 0 && !buffer.is_empty();
        if self.read > self.size || at_end && self.read < self.size {
            return wrong(format!("a member of {} bytes where {} were packed", self.read, self.size));
        }
        if at_end && self.crc.sum() != self.crc32 {
            return wrong(format!("a member with CRC {:08x} where {:08x} was packed", self.crc.sum(), self.crc32));
        }
        Ok(read)
    }
}
