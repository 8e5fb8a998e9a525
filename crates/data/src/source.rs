//! From what the user names to labelled texts: which format it is, and whether it comes with a test part.
//!
//! Takes `data`, `more_data`, `validation_data` and `test` of the config -> gives [`Parts`], whose labels are still names.

use std::fs;
use std::path::{Path, PathBuf};

use crate::collect;
use crate::columns::{Layout, Request};
use crate::config::CorpusConfig;
use crate::input::{self, Input};
use crate::named;
use crate::names;
use crate::parts;
use crate::reading::{Parts, Reading};
use crate::size;
use ninefold_core::error::{Error, Result};
use ninefold_core::files;
use ninefold_core::folders::Folders;
use ninefold_core::phrasing::nearest;
use ninefold_core::progress::Progress;

/// Reads what the config names.
///
/// # Errors
/// [`Error::Io`] and [`Error::Format`] with the place; see the readers.
pub(crate) fn read(config: &CorpusConfig, folders: &Folders, progress: &dyn Progress) -> Result<Parts> {
    let mut parts = match config.named() {
        Some(corpus) => (corpus.read)(config, folders, progress)?,
        None => read_paths(config, progress)?,
    };
    let like = parts.train.layout.take();
    if !config.validation_data.is_empty() {
        if parts.validation.is_some() {
            parts.train.notices.push(superseded("validation", &config.data, "validation_data"));
        }
        parts.validation = Some(read_one(Path::new(&config.validation_data), "", config, like.as_ref(), progress)?);
    }
    if !config.test.is_empty() {
        if parts.test.is_some() {
            parts.train.notices.push(superseded("test", &config.data, "test"));
        }
        let test = read_path(Path::new(&config.test), &unweighted(config), like.as_ref(), progress)?;
        parts.test = Some(test.test.unwrap_or(test.train));
        parts.split = "given";
    }
    parts.train.layout = like;
    Ok(parts)
}

fn superseded(part: &str, data: &str, key: &str) -> String {
    format!("the {part} part of {data} is not read, since {key} names another")
}

/// The texts of `data` and `more_data` together.
fn read_paths(config: &CorpusConfig, progress: &dyn Progress) -> Result<Parts> {
    let mut paths = expand(&config.data)?;
    for more in &config.more_data {
        paths.extend(expand(more)?);
    }
    size::check(&paths)?;
    if let [only] = paths.as_slice() {
        let mut parts = read_path(only, config, None, progress)?;
        if named::find(&config.data).is_some() {
            parts.train.notices.push(format!(
                "{0}: the folder or file of this name is read, not the corpus that ninefold knows by the name {0:?}",
                config.data
            ));
        }
        return Ok(parts);
    }
    let mut all = Reading::default();
    for path in &paths {
        let reading = read_one(path, "", config, all.layout.as_ref(), progress)?;
        all.append(reading);
    }
    Ok(Parts::given(all, None))
}

/// The paths that a pattern with `*`, `?` or `[...]` matches, sorted; any other path itself, and one of a file that has such a name.
fn expand(data: &str) -> Result<Vec<PathBuf>> {
    let path = Path::new(data);
    if path.exists() || !data.contains(['*', '?', '[']) {
        return Ok(vec![path.to_path_buf()]);
    }
    let pattern = glob::glob(data).map_err(|error| Error::invalid_value("data", "a path or a pattern", error))?;
    let paths: Vec<PathBuf> = pattern.flatten().filter(|path| !files::is_clutter(&names::file_name(path))).collect();
    if paths.is_empty() {
        return Err(Error::format(data, "files that the pattern matches", "none"));
    }
    Ok(paths)
}

/// `like` is the layout of the training file when another part is read.
fn read_one(
    path: &Path,
    prefix: &str,
    config: &CorpusConfig,
    like: Option<&Layout>,
    progress: &dyn Progress,
) -> Result<Reading> {
    if !input::is_stdin(path)
        && ninefold_packing::split_member(path).is_none()
        && let Err(error) = fs::metadata(path)
    {
        return Err(missing(path, error));
    }
    let input = Input::open(path, config.charset()?, progress)?;
    collect::labelled(input, prefix, &Request { like, ..Request::new(config, true)? })
}

/// How test texts are read: scores do not depend on weights.
fn unweighted(config: &CorpusConfig) -> CorpusConfig {
    CorpusConfig { weight_column: String::new(), ..config.clone() }
}

/// A file, or a folder with or without parts in it.
fn read_path(path: &Path, config: &CorpusConfig, like: Option<&Layout>, progress: &dyn Progress) -> Result<Parts> {
    if !path.is_dir() {
        return Ok(Parts::given(read_one(path, "", config, like, progress)?, None));
    }
    let contents = parts::contents(path)?;
    let mut parts = match contents.parts {
        Some(names) => {
            let train = read_one(&path.join(names.train), "train/", config, like, progress)?;
            let read_other = |name: String, prefix: &str, config: &CorpusConfig| {
                read_one(&path.join(name), prefix, config, train.layout.as_ref(), progress)
            };
            let validation = names.validation.map(|name| read_other(name, "validation/", config)).transpose()?;
            let test = read_other(names.test, "test/", &unweighted(config))?;
            Parts { validation, ..Parts::given(train, Some(test)) }
        }
        None => Parts::given(read_one(path, "", config, None, progress)?, None),
    };
    parts.train.notices.extend(parts::notice(&contents.ignored));
    Ok(parts)
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
