//! Files from the network: whole and resumable, or piece by piece through HTTP ranges.

use std::path::Path;

use crate::error::Result;
use crate::progress::Progress;

/// Fetches `url` into `path`. An interrupted download leaves `path` + ".part", and the next call goes on from there.
///
/// # Errors
/// [`Error::Download`](crate::Error::Download) when the server cannot be reached or misbehaves.
pub fn fetch(url: &str, path: &Path, progress: &dyn Progress) -> Result<()> {
    let _ = (url, path, progress);
    todo!()
}

/// Where ninefold keeps data sets and pretrained vectors: `NINEFOLD_DATA_DIR`, else the platform's cache folder.
pub fn data_dir() -> std::path::PathBuf {
    match std::env::var_os("NINEFOLD_DATA_DIR").filter(|dir| !dir.is_empty()) {
        Some(dir) => dir.into(),
        None => directories::ProjectDirs::from("", "", "ninefold")
            .map_or_else(|| std::env::temp_dir().join("ninefold"), |dirs| dirs.cache_dir().to_path_buf()),
    }
}
