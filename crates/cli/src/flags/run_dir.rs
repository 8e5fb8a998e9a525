//! `--run-dir`: the folder of a comparison, a search or an ablation, and how its work is resumed.

use std::path::{Path, PathBuf};

use ninefold::Error;
use ninefold::lab::{Config, default_folder};

use crate::terminal::again;

/// The folder that was given; without one a new folder below `ninefold-runs`, whose name starts with `prefix`.
pub fn folder(given: Option<&Path>, prefix: &str, config: &Config) -> PathBuf {
    given.map_or_else(|| default_folder(prefix, config), Path::to_path_buf)
}

/// The error of work in this folder; an interruption names the command that resumes it.
pub fn resumable(error: Error, folder: &Path) -> anyhow::Error {
    match error {
        Error::Interrupted => anyhow::anyhow!("interrupted; to go on: {}", again(folder)),
        error => error.into(),
    }
}
