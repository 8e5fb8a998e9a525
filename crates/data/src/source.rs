//! From what the user names to labelled texts: which format it is, and whether it comes with a test part.
//!
//! Takes `data` (and `test`) of the config -> gives [`Parts`], whose labels are still names.

use std::fs;
use std::path::Path;

use crate::collect;
use crate::columns::{Layout, Request};
use crate::config::CorpusConfig;
use crate::input::Input;
use crate::named;
use crate::parts;
use crate::reading::{Parts, Reading};
use ninefold_core::error::{Error, Result};
use ninefold_core::folders::Folders;
use ninefold_core::phrasing::nearest;
use ninefold_core::progress::Progress;

/// Reads what the config names.
///
/// # Errors
/// [`Error::Io`] and [`Error::Format`] with the place; see the readers.
pub(crate) fn read(config: &CorpusConfig, folders: &Folders, progress: &dyn Progress) -> Result<Parts> {
    let mut parts = match named::find(&config.data) {
        Some(corpus) => (corpus.read)(config, folders, progress)?,
        None => read_path(Path::new(&config.data), config, None, progress)?,
    };
    if !config.test.is_empty() {
        if parts.test.take().is_some() {
            parts.train.notices.push(format!("the test part of {} is not read, since test names another", config.data));
        }
        let test = read_path(Path::new(&config.test), config, parts.train.layout.as_ref(), progress)?;
        parts = Parts::given(parts.train, Some(test.test.unwrap_or(test.train)));
    }
    Ok(parts)
}

/// `like` is the layout of the training file when a test file is read.
fn read_path(path: &Path, config: &CorpusConfig, like: Option<&Layout>, progress: &dyn Progress) -> Result<Parts> {
    let read_one = |path: &Path, prefix: &str, like: Option<&Layout>| -> Result<Reading> {
        let input = Input::open(path, config.charset()?, progress)?;
        collect::labelled(input, prefix, &Request { like, ..Request::new(config, true)? })
    };
    let metadata = fs::metadata(path).map_err(|error| missing(path, error))?;
    if !metadata.is_dir() {
        return Ok(Parts::given(read_one(path, "", like)?, None));
    }
    let contents = parts::contents(path)?;
    let (mut train, test) = match contents.parts {
        Some((train, test)) => {
            let train = read_one(&path.join(train), "train/", like)?;
            let test = read_one(&path.join(test), "test/", train.layout.as_ref())?;
            (train, Some(test))
        }
        None => (read_one(path, "", None)?, None),
    };
    train.notices.extend(parts::notice(&contents.ignored));
    Ok(Parts::given(train, test))
}

/// A path that is not there, with the likeliest neighbour.
fn missing(path: &Path, error: std::io::Error) -> Error {
    let siblings: Vec<String> = path
        .parent()
        .map(|parent| if parent.as_os_str().is_empty() { Path::new(".") } else { parent })
        .and_then(|parent| fs::read_dir(parent).ok())
        .map(|entries| entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
        .unwrap_or_default();
    let mut names: Vec<String> = named::NAMED.iter().map(|corpus| corpus.name.to_string()).collect();
    names.extend(siblings);
    names.sort();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match nearest(&name, &names) {
        Some(hint) if error.kind() == std::io::ErrorKind::NotFound => {
            let place = path.display();
            let expected = format!("a file or folder, or {}", named::quoted_names(", or "));
            Error::format(place, expected, format!("nothing (did you mean {hint:?}?)"))
        }
        _ => Error::io("read", path)(error),
    }
}
