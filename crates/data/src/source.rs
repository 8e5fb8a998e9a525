//! From what the user names to labelled texts: which format it is, and whether it comes with a test part.
//!
//! Takes `data` (and `test`) of the config -> gives [`Parts`], whose labels are still names.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::columns::{Layout, Request};
use super::config::CorpusConfig;
use super::decode;
use super::encodings::Encodings;
use super::format::{Format, Part, file_name, part_of};
use super::{folder, jsonl, labelled_lines, newsgroups, sample, table};
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::{counted, listed, nearest};
use ninefold_core::progress::Progress;

/// A text of a table or a file of lines; the label is empty where there is none.
#[derive(Debug, PartialEq)]
pub(super) struct Row {
    pub line: usize,
    pub text: String,
    pub label: String,
}

/// A text with the name of its class.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Labelled {
    pub text: String,
    pub label: String,
    pub source: String,
}

/// What was read from one place.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub documents: Vec<Labelled>,
    /// Rows without a label; they are not among the documents.
    pub unlabelled: usize,
    pub encodings: Encodings,
    pub notices: Vec<String>,
    /// The columns of a table.
    pub layout: Option<Layout>,
}

/// What was read, with the test part if the data have one.
#[derive(Debug)]
pub(super) struct Parts {
    pub train: Reading,
    pub test: Option<Reading>,
    /// What the given split is called: "given", "bydate".
    pub split: &'static str,
}

impl Parts {
    pub fn given(train: Reading, test: Option<Reading>) -> Parts {
        Parts { train, test, split: "given" }
    }
}

/// Reads what the config names.
///
/// # Errors
/// [`Error::Io`] and [`Error::Format`] with the place; see the readers.
pub(super) fn read(config: &CorpusConfig, progress: &dyn Progress) -> Result<Parts> {
    let mut parts = if config.is_sample() {
        of_sample(config)?
    } else if config.is_newsgroups() {
        newsgroups::read(progress)?
    } else {
        read_path(Path::new(&config.data), config, None, progress)?
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

fn of_sample(config: &CorpusConfig) -> Result<Parts> {
    let sample = sample::generate(&config.sample)?;
    let named = |documents: Vec<super::Document>| Reading {
        documents: documents
            .into_iter()
            .map(|document| Labelled {
                text: document.text,
                label: sample.labels[document.label as usize].clone(),
                source: document.source,
            })
            .collect(),
        ..Reading::default()
    };
    Ok(Parts::given(named(sample.train), Some(named(sample.test))))
}

/// `like` is the layout of the training file when a test file is read.
fn read_path(path: &Path, config: &CorpusConfig, like: Option<&Layout>, progress: &dyn Progress) -> Result<Parts> {
    let metadata = fs::metadata(path).map_err(|error| missing(path, error))?;
    if !metadata.is_dir() {
        return Ok(Parts::given(read_file(path, config, like)?, None));
    }
    let read_classes =
        |name: &str, prefix: &str| folder::read_classes(&path.join(name), prefix, config.charset()?, progress);
    let (mut train, test, ignored) = match folder::contents(path)? {
        folder::Contents::Classes { ignored } => (read_classes("", "")?, None, ignored),
        folder::Contents::PartFolders { train, test, ignored } => {
            (read_classes(&train, "train/")?, Some(read_classes(&test, "test/")?), ignored)
        }
        folder::Contents::PartFiles { train, test, ignored } => {
            let train = read_file(&path.join(train), config, like)?;
            let test = read_file(&path.join(test), config, train.layout.as_ref())?;
            (train, Some(test), ignored)
        }
    };
    note_ignored(&mut train, &ignored);
    Ok(Parts::given(train, test))
}

fn note_ignored(reading: &mut Reading, ignored: &[String]) {
    if ignored.is_empty() {
        return;
    }
    let reason = if ignored.iter().any(|name| part_of(name) == Some(Part::Validation)) {
        " (the validation part is always cut from train)"
    } else {
        ""
    };
    reading.notices.push(format!("not read: {}{reason}", listed(ignored)));
}

/// A path that is not there, with the likeliest neighbour.
fn missing(path: &Path, error: std::io::Error) -> Error {
    let siblings: Vec<String> = path
        .parent()
        .map(|parent| if parent.as_os_str().is_empty() { Path::new(".") } else { parent })
        .and_then(|parent| fs::read_dir(parent).ok())
        .map(|entries| entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
        .unwrap_or_default();
    let mut names: Vec<String> = ["sample", "20newsgroups"].map(String::from).into();
    names.extend(siblings);
    names.sort();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match nearest(&name, &names) {
        Some(hint) if error.kind() == std::io::ErrorKind::NotFound => {
            let place = path.display();
            Error::format(
                place,
                "a file or folder, or \"sample\", or \"20newsgroups\"",
                format!("nothing (did you mean {hint:?}?)"),
            )
        }
        _ => Error::io("read", path)(error),
    }
}

/// One file of labelled texts.
fn read_file(path: &Path, config: &CorpusConfig, like: Option<&Layout>) -> Result<Reading> {
    let (text, encodings) = read_text(path, config)?;
    let place = path.display().to_string();
    let name = file_name(path);
    let request = Request::new(config, true);
    let mut reading = Reading { encodings, ..Reading::default() };
    let rows = match Format::of(path, &text) {
        Some(Format::Table(delimiter)) => {
            let (rows, layout) = table::read(&text, delimiter, &request, like, &place)?;
            let header = if layout.header.is_some() { "the first line is a header" } else { "no header" };
            reading.notices.push(format!("{name}: {} ({header})", layout.describe()));
            reading.layout = Some(layout);
            rows
        }
        Some(Format::JsonLines) => {
            let (rows, keys) = jsonl::read(&text, &request, &place)?;
            reading.notices.push(format!("{name}: {keys}"));
            rows
        }
        Some(Format::LabelledLines) => labelled_lines::read(&text, &place)?,
        None => {
            let expected = "labelled texts: .csv, .tsv, .jsonl, or lines that begin with __label__";
            let first = text.lines().find(|line| !line.trim().is_empty()).map(|line| line.chars().take(40).collect());
            let found = first.map_or("an empty file".to_string(), |first: String| format!("{first:?}"));
            return Err(Error::format(place, expected, found));
        }
    };
    let mut first_unlabelled = None;
    for row in rows {
        if row.label.trim().is_empty() {
            reading.unlabelled += 1;
            first_unlabelled.get_or_insert(row.line);
        } else {
            let source = format!("{name}:{}", row.line);
            reading.documents.push(Labelled { text: row.text, label: row.label, source });
        }
    }
    if reading.documents.is_empty() {
        return Err(Error::format(place, "texts with labels", "not one"));
    }
    if let Some(line) = first_unlabelled {
        let count = counted(reading.unlabelled, "row");
        reading.notices.push(format!("{name}: {count} without a label left out, the first in line {line}"));
    }
    Ok(reading)
}

/// A file's text, unpacked if its name ends in `.gz`.
pub(super) fn read_text(path: &Path, config: &CorpusConfig) -> Result<(String, Encodings)> {
    let place = path.display().to_string();
    let decoded = decode::decode(read_bytes(path)?, config.charset()?, &place)?;
    let mut encodings = Encodings::default();
    encodings.add(&decoded.outcome, &place);
    Ok((decoded.text, encodings))
}

fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    let bytes = fs::read(path).map_err(Error::io("read", path))?;
    if !file_name(path).to_lowercase().ends_with(".gz") {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes.as_slice())
        .read_to_end(&mut unpacked)
        .map_err(Error::io("unpack", path))?;
    Ok(unpacked)
}

/// The entries of a folder whose names do not begin with a dot, sorted by name.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
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
