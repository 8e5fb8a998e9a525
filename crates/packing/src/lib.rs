//! Packed files, read to their end and checked: gzip, Zstandard, bzip2 and zip.
//!
//! A path -> [`Unpacked`], whose `bytes` are the content whether the file is packed or not. The packing is recognised by its first
//! bytes, not by the name of the file.
//!
//! *Invariant:* damage is an error, never a shorter or different content. All members and frames are read, every checksum and length
//! that the file carries is compared, and bytes after the last member are refused.
//!
//! ```
//! use std::io::Read;
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("reviews.csv");
//! std::fs::write(&path, "text,label\n")?;
//! let mut unpacked = ninefold_packing::open(&path, Default::default())?;
//! let mut text = String::new();
//! unpacked.bytes.read_to_string(&mut text)?;
//! assert_eq!((unpacked.packing, text.as_str()), (None, "text,label\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod archive;
mod counted;
mod kinds;
mod members;
mod zstandard;

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bzip2::bufread::BzDecoder;
use flate2::bufread::GzDecoder;

pub use counted::Counted;
pub use kinds::{BinaryKind, kind_of};
use members::Members;
use ninefold_core::error::{Error, Result};
use zstandard::Frame;

/// Size of the buffers between disk, unpacker and reader, in bytes.
const BUFFER: usize = 1 << 18;

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// RFC 1952, one member or several.
    Gzip,
    /// RFC 8878, one frame or several.
    Zstandard,
    /// One stream or several.
    Bzip2,
    /// A zip archive, of which one member is read.
    Zip,
}

impl Packing {
    const ALL: [Packing; 4] = [Packing::Gzip, Packing::Zstandard, Packing::Bzip2, Packing::Zip];

    /// The packing of a file that begins with `head` (4 bytes suffice); `None` for a plain file.
    ///
    /// ```
    /// use ninefold_packing::Packing;
    ///
    /// assert_eq!(Packing::of(&[0x1f, 0x8b, 8, 0]), Some(Packing::Gzip));
    /// assert_eq!(Packing::of(b"text,label\n"), None);
    /// ```
    pub fn of(head: &[u8]) -> Option<Packing> {
        Packing::ALL.into_iter().find(|packing| match packing {
            Packing::Gzip => head.starts_with(&[0x1f, 0x8b]),
            Packing::Zstandard => head.len() >= 4 && zstandard::is_magic([head[0], head[1], head[2], head[3]]),
            // "BZh", the block size, then the magic number of a block or of the end of the stream.
            Packing::Bzip2 => {
                head.starts_with(b"BZh")
                    && head.get(3).is_some_and(|level| (b'1'..=b'9').contains(level))
                    && head.get(4).is_none_or(|&byte| byte == 0x31 || byte == 0x17)
            }
            Packing::Zip => head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06"),
        })
    }

    /// What people call it, with its article.
    pub fn name(self) -> &'static str {
        match self {
            Packing::Gzip => "a gzip file",
            Packing::Zstandard => "a Zstandard file",
            Packing::Bzip2 => "a bzip2 file",
            Packing::Zip => "a zip archive",
        }
    }

    /// The usual end of the file name, with its dot.
    pub fn extension(self) -> &'static str {
        match self {
            Packing::Gzip => ".gz",
            Packing::Zstandard => ".zst",
            Packing::Bzip2 => ".bz2",
            Packing::Zip => ".zip",
        }
    }

    /// The packing that a file name announces, in any case of letters.
    pub fn of_name(name: &str) -> Option<Packing> {
        let name = name.to_ascii_lowercase();
        Packing::ALL.into_iter().find(|packing| name.ends_with(packing.extension()))
    }
}

/// A file name without the extension of its packing.
///
/// ```
/// assert_eq!(ninefold_packing::without_extension("reviews.csv.GZ"), "reviews.csv");
/// assert_eq!(ninefold_packing::without_extension("reviews.csv"), "reviews.csv");
/// ```
pub fn without_extension(name: &str) -> &str {
    Packing::of_name(name).map_or(name, |packing| &name[..name.len() - packing.extension().len()])
}

/// The content of a file.
pub struct Unpacked {
    /// The content, unpacked.
    pub bytes: Box<dyn BufRead + Send>,
    /// How the file is packed; `None` for a plain one.
    pub packing: Option<Packing>,
    /// The name by which the content's format can be recognised: the file's without the extension of its packing, or the member's in a zip.
    pub name: String,
}

/// Opens a file that may be packed; of a zip its only file, or the one named after a colon (`reviews.zip:train.csv`). `taken` counts the
/// bytes that are read from the disk.
///
/// # Errors
/// [`Error::Io`] when the file cannot be read; [`Error::Format`] when its name announces a packing that the content does not have, or the
/// archive is damaged or has no such member. Damage that is found later is an error of the read, see [`damaged`].
pub fn open(path: &Path, taken: Arc<AtomicU64>) -> Result<Unpacked> {
    if let Some((archive, member)) = split_member(path) {
        return open_member(&archive, Some(&member), taken);
    }
    let file = File::open(path).map_err(Error::io("read", path))?;
    let mut reader = BufReader::with_capacity(BUFFER, Counted::new(file, Arc::clone(&taken)));
    let packing = Packing::of(reader.fill_buf().map_err(Error::io("read", path))?);
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    match (packing, Packing::of_name(&name)) {
        (Some(Packing::Zip), _) => open_member(path, None, taken),
        (None, Some(announced)) => {
            let found = format!("other content (if it is not packed, rename it to {:?})", without_extension(&name));
            Err(Error::format(path, announced.name(), found))
        }
        _ => Ok(Unpacked { bytes: unpack(reader, packing), packing, name: without_extension(&name).to_owned() }),
    }
}

/// The content of a stream that cannot be sought, such as standard input: unpacked where it is gzip, Zstandard or bzip2.
///
/// # Errors
/// [`Error::Io`] when it cannot be read, [`Error::Format`] for a zip, whose directory is at its end.
pub fn open_stream(stream: impl Read + Send + 'static, place: &str) -> Result<Unpacked> {
    let mut reader = BufReader::with_capacity(BUFFER, stream);
    let packing = Packing::of(reader.fill_buf().map_err(Error::io("read", place))?);
    if packing == Some(Packing::Zip) {
        let expected = "a stream that can be read from front to back";
        return Err(Error::format(place, expected, "a zip archive (write it to a file first)"));
    }
    Ok(Unpacked { bytes: unpack(reader, packing), packing, name: String::new() })
}

/// What `reader` gives, unpacked; a zip and a plain stream are passed through.
pub fn unpack(reader: impl BufRead + Send + 'static, packing: Option<Packing>) -> Box<dyn BufRead + Send> {
    match packing {
        None | Some(Packing::Zip) => Box::new(reader),
        Some(Packing::Gzip) => buffered(Members::<_, GzDecoder<_>>::new(reader)),
        Some(Packing::Bzip2) => buffered(Members::<_, BzDecoder<_>>::new(reader)),
        Some(Packing::Zstandard) => buffered(Members::<_, Frame<_>>::new(reader)),
    }
}

fn buffered(bytes: impl Read + Send + 'static) -> Box<dyn BufRead + Send> {
    Box::new(BufReader::with_capacity(BUFFER, bytes))
}

fn open_member(path: &Path, member: Option<&str>, taken: Arc<AtomicU64>) -> Result<Unpacked> {
    let file = File::open(path).map_err(Error::io("read", path))?;
    let member = archive::find(&path.display().to_string(), BufReader::new(&file), member)?;
    let packed = member.open(file).map_err(Error::io("read", path))?;
    let unpacked = member.unpack(BufReader::with_capacity(BUFFER, Counted::new(packed, taken)));
    let name = member.name.rsplit('/').next().unwrap_or_default().to_owned();
    Ok(Unpacked { bytes: buffered(unpacked), packing: Some(Packing::Zip), name })
}

/// `reviews.zip:train.csv` -> the archive and the member, unless a file has that very name.
pub fn split_member(path: &Path) -> Option<(PathBuf, String)> {
    let text = path.to_str().filter(|_| !path.exists())?;
    let at = text.to_ascii_lowercase().find(".zip:")?;
    let (archive, member) = (&text[..at + 4], &text[at + 5..]);
    (!member.is_empty()).then(|| (archive.into(), member.to_owned()))
}

/// The error of a failed read from an opened file: damage is the file's fault, everything else the system's.
pub fn damaged(place: &str, error: io::Error) -> Error {
    use ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    match error.kind() {
        UnexpectedEof => Error::format(place, "a complete file", "an early end (was it cut short?)"),
        InvalidData | InvalidInput | Other => Error::parse(place, "an intact file")(error),
        _ => Error::io("read", place)(error),
    }
}
