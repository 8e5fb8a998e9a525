//! Files that may be packed: gzip and Zstandard, told by their first bytes.

use std::fs::File;
use std::io::{BufRead, BufReader, Error as IoError, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;

use crate::names;
use ninefold_core::error::{Error, Result};

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTANDARD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// The bytes of a file, unpacked where they are packed; `taken` counts those read from the disk.
///
/// # Errors
/// [`Error::Io`] when it cannot be read, or is not packed although its name ends in `.gz`; [`Error::Format`] for a broken
/// Zstandard file.
pub(crate) fn open(path: &Path, taken: Arc<AtomicU64>) -> Result<BufReader<Box<dyn Read>>> {
    let file = File::open(path).map_err(Error::io("read", path))?;
    let mut counted = BufReader::with_capacity(1 << 18, Counted { file, taken });
    let head = counted.fill_buf().map_err(Error::io("read", path))?;
    let bytes: Box<dyn Read> = if head.starts_with(GZIP) {
        Box::new(MultiGzDecoder::new(counted))
    } else if head.starts_with(ZSTANDARD) {
        let expected = "an intact Zstandard file";
        let unpacked = StreamingDecoder::new(counted);
        Box::new(unpacked.map_err(|error| Error::format(path, expected, error.to_string()))?)
    } else if names::file_name(path).to_lowercase().ends_with(".gz") {
        return Err(Error::io("unpack", path)(IoError::new(ErrorKind::InvalidData, "not a gzip file")));
    } else {
        Box::new(counted)
    };
    Ok(BufReader::with_capacity(1 << 18, bytes))
}

/// The error of a read from what [`open`] gave.
pub(crate) fn broken(path: &Path, error: IoError) -> Error {
    use ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    match error.kind() {
        InvalidData | InvalidInput | Other | UnexpectedEof => {
            Error::format(path, "an intact file", format!("{error} (was it cut short?)"))
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
