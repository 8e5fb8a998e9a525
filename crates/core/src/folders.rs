//! Where ninefold keeps what is not part of a run: data sets that were fetched, word vectors that were trained.

use std::path::PathBuf;
use std::sync::OnceLock;

static CACHE: OnceLock<PathBuf> = OnceLock::new();

/// Keeps everything of [`cache_dir`] in this folder from now on, whatever the environment says: for programs that use the
/// library. The first call in a process counts; false when it was not this one.
pub fn keep_cache_in(folder: PathBuf) -> bool {
    CACHE.set(folder).is_ok()
}

/// Data sets and pretrained vectors: `NINEFOLD_DATA_DIR`, else the platform's cache folder. It may be shared and read-only
/// where everything wanted lies in it.
pub fn data_dir() -> PathBuf {
    named("NINEFOLD_DATA_DIR").unwrap_or_else(platform)
}

/// What can be made again, such as trained word vectors: what [`keep_cache_in`] says, else `NINEFOLD_CACHE_DIR`, else the platform's cache folder.
pub fn cache_dir() -> PathBuf {
    CACHE.get().cloned().or_else(|| named("NINEFOLD_CACHE_DIR")).unwrap_or_else(platform)
}

fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

fn platform() -> PathBuf {
    let folders = directories::ProjectDirs::from("", "", "ninefold");
    folders.map_or_else(|| std::env::temp_dir().join("ninefold"), |folders| folders.cache_dir().to_path_buf())
}
