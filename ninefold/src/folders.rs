//! Where ninefold keeps what is not part of a run: data sets that were fetched, word vectors that were trained.

use std::path::PathBuf;

/// Data sets and pretrained vectors: `NINEFOLD_DATA_DIR`, else the platform's cache folder. It may be shared and read-only
/// where everything wanted lies in it.
pub fn data_dir() -> PathBuf {
    named("NINEFOLD_DATA_DIR").unwrap_or_else(platform)
}

/// What can be made again, such as trained word vectors: `NINEFOLD_CACHE_DIR`, else the platform's cache folder.
pub fn cache_dir() -> PathBuf {
    named("NINEFOLD_CACHE_DIR").unwrap_or_else(platform)
}

fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

fn platform() -> PathBuf {
    let folders = directories::ProjectDirs::from("", "", "ninefold");
    folders.map_or_else(|| std::env::temp_dir().join("ninefold"), |folders| folders.cache_dir().to_path_buf())
}
