//! SHA-256 of bytes and files, as 64 lower-case digits.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use ninefold_core::error::{Error, Result};

/// The checksum of some bytes.
///
/// # Examples
/// ```
/// let checksum = ninefold_models::bundle::sha256(b"abc");
/// assert!(checksum.starts_with("ba7816bf"));
/// ```
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The checksum of a file.
pub(super) fn of_file(path: &Path) -> Result<String> {
    Ok(sha256(&fs::read(path).map_err(Error::io("read", path))?))
}

/// A file whose checksum must be the one that is known.
pub(crate) fn read_checked(path: &Path, expected: Option<&String>) -> Result<Vec<u8>> {
    let bytes = fs::read(path).map_err(Error::io("read", path))?;
    let found = sha256(&bytes);
    match expected {
        Some(expected) if *expected == found => Ok(bytes),
        expected => {
            let expected = expected.cloned().unwrap_or_else(|| "one in config.json".to_string());
            Err(Error::Checksum { path: path.to_path_buf(), expected, found })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_of_abc_is_the_published_one() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
