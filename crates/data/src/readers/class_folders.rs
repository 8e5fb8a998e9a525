//! A folder of class folders with a file per text.
//!
//! Takes a folder -> gives a text per file, labelled by the folder that it lies in, in the order of the sorted paths. Where no
//! labels are wanted, every file below the folder is a text, and no more than one is in memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::reader::{Confidence, Findings, Reader};
use crate::columns::Request;
use crate::decode;
use crate::input::{Input, read_file};
use crate::names::{below, entries, file_name, files_below};
use crate::reading::{Place, Row};
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::counted;

/// The folder in which the IMDB reviews (Maas et al., 2011) keep their unlabelled texts.
const UNLABELLED: &str = "unsup";

/// Every folder.
pub(super) const READER: Reader = Reader {
    about: "a folder per class",
    extensions: &[],
    has_labels: true,
    reads_folders: true,
    recognises: |_| Confidence::Possible,
    read,
};

/// # Errors
/// [`Error::Format`] for a folder without texts and for a file that is no text, [`Error::Io`] for one that cannot be read.
fn read(input: &mut Input, request: &Request, give: &mut dyn FnMut(Row) -> Result<()>) -> Result<Findings> {
    let (folder, charset, progress) = (input.path.clone(), input.charset, input.progress);
    if !request.labelled {
        return read_unlabelled(input, give);
    }
    let mut notices = Vec::new();
    let files = files_of_classes(&folder, &mut notices)?;
    progress.begin(&format!("reading {}", file_name(&folder)), "texts", Some(files.len() as u64));
    let read = |(path, label): (PathBuf, String)| {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let bytes = read_file(&path, Arc::default())?;
        let decoded = decode::decode(bytes, charset, &path.display().to_string())?;
        progress.advance(1);
        Ok((decoded.outcome, decoded.text, label, below(&folder, &path)))
    };
    let texts: Vec<Result<_>> = files.into_par_iter().with_min_len(16).map(read).collect();
    progress.end();
    for text in texts {
        let (outcome, text, label, file) = text?;
        input.encodings.add(&outcome, &file);
        give(Row { text, label, group: String::new(), weight: 1.0, place: Place::File(file) })?;
    }
    Ok(Findings { notices, ..Findings::default() })
}

/// One file after the other, on this thread.
fn read_unlabelled(input: &mut Input, give: &mut dyn FnMut(Row) -> Result<()>) -> Result<Findings> {
    for path in files_below(&input.path)? {
        let bytes = read_file(&path, Arc::clone(&input.taken))?;
        let decoded = decode::decode(bytes, input.charset, &path.display().to_string())?;
        let file = below(&input.path, &path);
        input.encodings.add(&decoded.outcome, &file);
        give(Row {
            text: decoded.text,
            label: String::new(),
            group: String::new(),
            weight: 1.0,
            place: Place::File(file),
        })?;
    }
    Ok(Findings::default())
}

/// Every file below a class folder, with the name of the class. A folder of unlabelled texts beside the classes is left out.
fn files_of_classes(folder: &Path, notices: &mut Vec<String>) -> Result<Vec<(PathBuf, String)>> {
    let mut files = Vec::new();
    let classes: Vec<PathBuf> = entries(folder)?.into_iter().filter(|path| path.is_dir()).collect();
    for class in &classes {
        let label = file_name(class);
        if label == UNLABELLED && classes.len() > 2 {
            let count = counted(files_below(class)?.len(), "text");
            notices.push(format!("{label}/ is not a class: {count} without a label left out"));
            continue;
        }
        files.extend(files_below(class)?.into_iter().map(|path| (path, label.clone())));
    }
    if files.is_empty() {
        return Err(Error::format(folder, "a folder per class with a file per text", "no texts"));
    }
    Ok(files)
}
