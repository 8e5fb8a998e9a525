//! CRC-32 (IEEE 802.3), which detects that a file was altered by accident.
//!
//! Bytes, updated with or written to a [`Crc32`] -> a number. Eight hexadecimal digits of it are stored in the file.

use std::io::{self, Write};

/// The checksum of the bytes so far.
///
/// ```
/// use ninefold_core::checksum::Crc32;
///
/// let mut checksum = Crc32::default();
/// checksum.update(b"123456789");
/// assert_eq!(checksum.value(), 0xcbf4_3926);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Crc32(crc32fast::Hasher);

impl Crc32 {
    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksum of all bytes so far.
    pub fn value(&self) -> u32 {
        self.0.clone().finalize()
    }
}

/// Writing adds the bytes.
impl Write for Crc32 {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
