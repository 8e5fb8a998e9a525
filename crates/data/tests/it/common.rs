//! What the tests of reading share: a folder of small files, and a corpus of it.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use ninefold_core::progress::Silent;
use ninefold_core::{Folders, Result};
use ninefold_data::{Corpus, CorpusConfig};
use tempfile::TempDir;

/// A folder with these files in it.
pub fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    dir
}

/// The default settings for a file or folder.
pub fn config(path: &Path) -> CorpusConfig {
    CorpusConfig { data: path.display().to_string(), ..CorpusConfig::default() }
}

/// The corpus of these settings, without a folder of named data.
pub fn load(config: &CorpusConfig) -> Result<Corpus> {
    ninefold_data::load(config, &Folders::default(), &Silent)
}
