//! A folder of class folders, with or without train and test above them.
//!
//! Takes a folder -> gives one text per file, labelled by the folder that it lies in, in the order of the sorted paths.

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::decode::{self, Charset};
use super::format::{Part, file_name, is_data_file, part_of};
use super::source::{Labelled, Reading, entries};
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;

/// How a folder is laid out.
#[derive(Debug, PartialEq)]
pub(super) enum Contents {
    /// A folder per class.
    Classes { ignored: Vec<String> },
    /// Folders for train and test with a folder per class in each.
    PartFolders { train: String, test: String, ignored: Vec<String> },
    /// A file for train and one for test.
    PartFiles { train: String, test: String, ignored: Vec<String> },
}

/// Looks at what lies directly in a folder.
///
/// # Errors
/// [`Error::Format`] that says what was found when it is no layout that is known.
pub(super) fn contents(folder: &Path) -> Result<Contents> {
    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) = entries(folder)?.into_iter().partition(|path| path.is_dir());
    let names = |paths: &[PathBuf]| paths.iter().map(|path| file_name(path)).collect::<Vec<String>>();
    let place = folder.display();

    // A folder named "train" that holds files is a class about trains.
    let part_folders: Vec<PathBuf> = folders.iter().filter(|path| holds_folders(path)).cloned().collect();
    let part_files: Vec<PathBuf> = files.iter().filter(|path| is_data_file(&file_name(path))).cloned().collect();
    let pairs = [pair(&names(&part_folders), &place)?, pair(&names(&part_files), &place)?];
    let ignored = |used: &[&String]| -> Vec<String> {
        let slashed = names(&folders).into_iter().map(|name| (format!("{name}/"), name));
        let plain = names(&files).into_iter().map(|name| (name.clone(), name));
        slashed.chain(plain).filter(|(_, name)| !used.contains(&name)).map(|(shown, _)| shown).collect()
    };
    match pairs {
        [Some((train, test)), _] => {
            let ignored = ignored(&[&train, &test]);
            Ok(Contents::PartFolders { train, test, ignored })
        }
        [None, Some((train, test))] => {
            let ignored = ignored(&[&train, &test]);
            Ok(Contents::PartFiles { train, test, ignored })
        }
        [None, None] if !folders.is_empty() => {
            if let Some(train) = part_folders.iter().find(|path| part_of(&file_name(path)) == Some(Part::Train)) {
                let expected = "a test folder beside the train folder";
                let found = format!("none: to split it at random, name {} itself", train.display());
                return Err(Error::format(place, expected, found));
            }
            Ok(Contents::Classes { ignored: names(&files) })
        }
        [None, None] => {
            let expected = "a folder per class, train and test folders, or train and test files";
            let found = match (part_files.first(), files.len()) {
                (_, 0) => "an empty folder".to_string(),
                (Some(file), _) => format!("files only: to read one of them, name it: {}", file.display()),
                (None, _) => format!("files only: {}", ninefold_core::phrasing::listed(&names(&files))),
            };
            Err(Error::format(place, expected, found))
        }
    }
}

fn holds_folders(folder: &Path) -> bool {
    entries(folder).is_ok_and(|entries| entries.iter().any(|path| path.is_dir()))
}

/// The one name for train and the one for test; a plain `train.csv` goes before `train_old.csv`.
fn pair(names: &[String], place: &dyn std::fmt::Display) -> Result<Option<(String, String)>> {
    let one = |part: Part| -> Result<Option<String>> {
        let of_part: Vec<&String> = names.iter().filter(|name| part_of(name) == Some(part)).collect();
        let is_plain = |name: &&&String| !name.contains(['-', '_']);
        let plain: Vec<&String> = of_part.iter().filter(is_plain).copied().collect();
        match (of_part.as_slice(), plain.as_slice()) {
            ([], _) => Ok(None),
            ([only], _) | (_, [only]) => Ok(Some(only.to_string())),
            _ => {
                let what = format!("one file or folder for the {part:?} part").to_lowercase();
                let found =
                    format!("{} (name the right ones with data and test)", ninefold_core::phrasing::listed(&of_part));
                Err(Error::format(place.to_string(), what, found))
            }
        }
    };
    Ok(one(Part::Train)?.zip(one(Part::Test)?))
}

/// Reads every file below every class folder. `prefix` goes before the sources.
///
/// # Errors
/// [`Error::Format`] for a folder without texts and for a file that is no text, [`Error::Io`] for one that cannot be read.
pub(super) fn read_classes(folder: &Path, prefix: &str, charset: Charset, progress: &dyn Progress) -> Result<Reading> {
    let mut files: Vec<(PathBuf, String)> = Vec::new(); // path, label
    for class in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        let label = file_name(&class);
        files.extend(files_below(&class)?.into_iter().map(|path| (path, label.clone())));
    }
    if files.is_empty() {
        return Err(Error::format(folder.display(), "a folder per class with a file per text", "no texts"));
    }
    progress.begin(&format!("reading {}", file_name(folder)), "texts", Some(files.len() as u64));
    let read = |(path, label): (PathBuf, String)| {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let bytes = fs::read(&path).map_err(Error::io("read", &path))?;
        let decoded = decode::decode(bytes, charset, &path.display().to_string())?;
        let source = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        progress.advance(1);
        Ok((Labelled { text: decoded.text, label, source: format!("{prefix}{source}") }, decoded.outcome))
    };
    let results: Vec<Result<_>> = files.into_par_iter().with_min_len(16).map(read).collect();
    progress.end();
    let mut reading = Reading::default();
    for result in results {
        let (document, outcome) = result?;
        reading.encodings.add(&outcome, &document.source);
        reading.documents.push(document);
    }
    Ok(reading)
}

/// All files below a folder, sorted; links to folders are not followed, since they may lead in circles.
pub(super) fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
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
