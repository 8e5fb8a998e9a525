//! Whether files fit into memory, known before the first of them is read.

use std::fs;
use std::path::{Path, PathBuf};

use ninefold_core::error::{Error, Result};
use ninefold_core::machine::available_memory;
use ninefold_core::phrasing::gigabytes;

/// Bytes of memory for a byte of texts: the bytes as they are read, the texts, and their tokens' ids.
const MEMORY: u64 = 3;

/// Refuses files that are too large for the memory of this machine. Packed files count as they are.
///
/// # Errors
/// [`Error::Data`] with both sizes.
pub(crate) fn check(paths: &[PathBuf]) -> Result<()> {
    check_within(paths, available_memory())
}

fn check_within(paths: &[PathBuf], available: Option<u64>) -> Result<()> {
    let size: u64 = paths.iter().map(|path| bytes(path)).sum();
    match available.filter(|&available| MEMORY.saturating_mul(size) > available) {
        None => Ok(()),
        Some(available) => {
            let named: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
            Err(Error::data(format!(
                "{}: {} of texts need at least {} of memory, and {} are available: take a part of them",
                named.join(", "),
                gigabytes(size),
                gigabytes(MEMORY.saturating_mul(size)),
                gigabytes(available)
            )))
        }
    }
}

/// Of a file, or of all files in a folder; what cannot be seen counts nothing, and fails when it is read.
fn bytes(path: &Path) -> u64 {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            let entries = fs::read_dir(path).into_iter().flatten().flatten();
            entries.map(|entry| bytes(&entry.path())).sum()
        }
        Ok(found) => found.len(),
        Err(_) => 0,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn files_larger_than_memory_are_refused_with_both_sizes() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/1.txt"), vec![b'a'; 4_000]).unwrap();
        fs::write(folder.path().join("2.txt"), vec![b'b'; 6_000]).unwrap();
        let paths = [folder.path().to_path_buf()];
        assert!(check_within(&paths, Some(30_000)).is_ok());
        assert!(check_within(&paths, None).is_ok());
        let error = check_within(&paths, Some(29_999)).unwrap_err().to_string();
        assert!(error.ends_with(
            "0.0 GB of texts need at least 0.0 GB of memory, and 0.0 GB are available: take a part of them"
        ));
    }
}
