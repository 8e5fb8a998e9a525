//! What the names of files and folders tell, and what lies in a folder.

use std::fs;
use std::path::{Path, PathBuf};

use ninefold_core::error::{Error, Result};

/// The last part of a path.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_else(|| path.display().to_string())
}

/// The extension in lower case, a `.gz` or `.zst` behind it left out; empty where there is none.
pub(crate) fn extension(name: &str) -> String {
    let name = name.to_lowercase();
    let unpacked = without_packing(&name);
    unpacked.rsplit_once('.').map(|(_, extension)| extension.to_string()).unwrap_or_default()
}

/// The name without `.gz` or `.zst`.
pub(crate) fn without_packing(name: &str) -> &str {
    name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(name)
}

/// `file` below `folder`, with `/` between the names.
pub(crate) fn below(folder: &Path, file: &Path) -> String {
    file.strip_prefix(folder).unwrap_or(file).to_string_lossy().replace('\\', "/")
}

/// The entries of a folder whose names do not begin with a dot, sorted by name.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let fail = || Error::io("read the folder", folder);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(fail())? {
        let entry = entry.map_err(fail())?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
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
