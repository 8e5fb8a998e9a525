//! What the names of files and folders tell, and what lies in a folder.

use std::fs;
use std::path::{Path, PathBuf};

use ninefold_core::error::{Error, Result};
use ninefold_core::files;

/// The last part of a path.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_else(|| path.display().to_string())
}

/// The extension in lower case without that of a packing (`.gz`); empty where there is none.
pub(crate) fn extension(name: &str) -> String {
    let name = name.to_lowercase();
    let unpacked = ninefold_packing::without_extension(&name);
    unpacked.rsplit_once('.').map(|(_, extension)| extension.to_string()).unwrap_or_default()
}

/// `file` below `folder`, with `/` between the names.
pub(crate) fn below(folder: &Path, file: &Path) -> String {
    file.strip_prefix(folder).unwrap_or(file).to_string_lossy().replace('\\', "/")
}

/// The entries of a folder, sorted by name, without what the system puts there (hidden files, `Thumbs.db`).
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let fail = || Error::io("read the folder", folder);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(fail())? {
        let entry = entry.map_err(fail())?;
        if !files::is_clutter(&entry.file_name().to_string_lossy()) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

/// All files below a folder, sorted; links to folders are not followed, since they may lead in circles.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in entries(folder)? {
        if path.is_file() {
            files.push(path);
        } else if path.is_dir() && !path.is_symlink() {
            files.extend(files_below(&path)?);
        }
    }
    Ok(files)
}
