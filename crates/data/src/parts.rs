//! A folder as its user left it: with train and test parts in it, or not.
//!
//! Takes a folder -> gives the names of its parts, which may be folders or files, and of whatever is not read.

use std::path::{Path, PathBuf};

use crate::names::{entries, file_name};
use crate::readers::is_data_file;
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::listed;

/// How a folder is laid out.
#[derive(Debug, PartialEq)]
pub(crate) struct Contents {
    /// The folders or files of the parts; `None` for a folder per class.
    pub parts: Option<PartNames>,
    /// What is not read.
    pub ignored: Vec<String>,
}

/// The names of the folders or files of the parts.
#[derive(Debug, PartialEq)]
pub(crate) struct PartNames {
    pub train: String,
    pub validation: Option<String>,
    pub test: String,
}

/// Looks at what lies directly in a folder.
///
/// # Errors
/// [`Error::Format`] that says what was found when it is no layout that is known.
pub(crate) fn contents(folder: &Path) -> Result<Contents> {
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
        [Some(parts), _] | [None, Some(parts)] => {
            let used: Vec<&String> = [&parts.train, &parts.test].into_iter().chain(&parts.validation).collect();
            let ignored = ignored(&used);
            Ok(Contents { parts: Some(parts), ignored })
        }
        [None, None] if !folders.is_empty() => {
            if let Some(train) = part_folders.iter().find(|path| part_of(&file_name(path)) == Some(Part::Train)) {
                let expected = "a test folder beside the train folder";
                let found = format!("none: to split it at random, name {} itself", train.display());
                return Err(Error::format(place, expected, found));
            }
            Ok(Contents { parts: None, ignored: names(&files) })
        }
        [None, None] => {
            let expected = "a folder per class, train and test folders, or train and test files";
            let found = match (part_files.first(), files.len()) {
                (_, 0) => "an empty folder".to_string(),
                (Some(file), _) => format!("files only: to read one of them, name it: {}", file.display()),
                (None, _) => format!("files only: {}", listed(&names(&files))),
            };
            Err(Error::format(place, expected, found))
        }
    }
}

fn holds_folders(folder: &Path) -> bool {
    entries(folder).is_ok_and(|entries| entries.iter().any(|path| path.is_dir()))
}

/// The one name for each part; a plain `train.csv` goes before `train_old.csv`.
fn pair(names: &[String], place: &dyn std::fmt::Display) -> Result<Option<PartNames>> {
    let one = |part: Part| -> Result<Option<String>> {
        let of_part: Vec<&String> = names.iter().filter(|name| part_of(name) == Some(part)).collect();
        let is_plain = |name: &&&String| !name.contains(['-', '_']);
        let plain: Vec<&String> = of_part.iter().filter(is_plain).copied().collect();
        match (of_part.as_slice(), plain.as_slice()) {
            ([], _) => Ok(None),
            ([only], _) | (_, [only]) => Ok(Some(only.to_string())),
            _ => {
                let what = format!("one file or folder for the {part:?} part").to_lowercase();
                let found = format!("{} (name the right ones with data and test)", listed(&of_part));
                Err(Error::format(place.to_string(), what, found))
            }
        }
    };
    let Some((train, test)) = one(Part::Train)?.zip(one(Part::Test)?) else { return Ok(None) };
    Ok(Some(PartNames { train, validation: one(Part::Validation)?, test }))
}

/// A sentence about what is not read.
pub(crate) fn notice(ignored: &[String]) -> Option<String> {
    (!ignored.is_empty()).then(|| format!("not read: {}", listed(ignored)))
}

/// The three roles that a file or folder can have by its name.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    Train,
    Validation,
    Test,
}

/// The role that a name gives: `train`, `train_small.csv`, `20news-bydate-test`, `dev.tsv`.
fn part_of(name: &str) -> Option<Part> {
    let name = name.to_lowercase();
    let stem = match ninefold_packing::without_extension(&name).rsplit_once('.') {
        Some((stem, _)) if is_data_file(&name) => stem,
        _ => &name,
    };
    let is = |word: &str| match word {
        "train" | "training" => Some(Part::Train),
        "test" | "testing" => Some(Part::Test),
        "validation" | "valid" | "val" | "dev" => Some(Part::Validation),
        _ => None,
    };
    let separators = ['-', '_', '.'];
    let first_and_last = [stem.split(separators).next(), stem.rsplit(separators).next()];
    first_and_last.into_iter().flatten().find_map(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_parts() {
        for name in
            ["train", "Train", "train.csv", "train_12000.csv", "20news-bydate-train", "my_train.tsv", "train.csv.gz"]
        {
            assert_eq!(part_of(name), Some(Part::Train), "{name}");
        }
        for name in ["test", "test.txt", "20news-bydate-test", "reviews.test", "my_test.jsonl.zst"] {
            assert_eq!(part_of(name), Some(Part::Test), "{name}");
        }
        assert_eq!(part_of("dev.jsonl"), Some(Part::Validation));
        for name in ["trains", "rec.autos", "contest", "a.b.c", "", "csv"] {
            assert_eq!(part_of(name), None, "{name}");
        }
    }
}
