//! The file formats of word vectors: identified by content, read, written.
//!
//! A file -> its [`Format`] -> [`WordVectors`], and back. One file of this folder per format, and one line in [`FORMATS`]:
//! that is all a further format needs. Any of them may be in a gzip or a zip.

pub mod source;

mod fasttext;
mod glove;
mod model2vec;
mod numbers;
mod refused;
mod safetensors;
mod text;
mod text_out;
mod word2vec_binary;
mod word2vec_text;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::WordVectors;
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;
use source::{Head, Source};

/// One file format of word vectors.
pub struct Format {
    /// What users call it: `--format glove`.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// The usual end of the file name, without a dot.
    pub extension: &'static str,
    /// Decides by the first bytes; the first format of [`FORMATS`] that says yes reads the file.
    recognises: fn(&Head) -> bool,
    /// Whether it has a word a line, so that bad lines can be skipped.
    is_text: bool,
    read: fn(Source, ReadOptions, &dyn Progress) -> Result<WordVectors>,
    write: Option<fn(&WordVectors, &Path) -> Result<()>>,
}

/// The longest vectors that binary formats are read with, as fastText's own limit: a header beyond it is damaged.
const MOST_DIMENSIONS: usize = 100_000;

/// How a file is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// Lines of a text that are no word with its numbers are skipped and counted in a notice; without it they are errors.
    pub skip_bad_lines: bool,
}

/// Every format, in the order in which files are compared with them: magic numbers first, text last.
pub static FORMATS: [Format; 10] = [
    safetensors::FORMAT,
    fasttext::FORMAT,
    fasttext::OLD,
    refused::FINALFUSION,
    refused::PICKLE,
    refused::NUMPY,
    refused::UTF_16,
    word2vec_binary::FORMAT,
    word2vec_text::FORMAT,
    glove::FORMAT,
];

impl std::fmt::Debug for Format {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Format({})", self.name)
    }
}

impl Format {
    /// The format of that name.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the names that can be written.
    pub fn named(name: &str) -> Result<&'static Format> {
        let writable = || FORMATS.iter().filter(|format| format.write.is_some());
        writable().find(|format| format.name == name).ok_or_else(|| {
            let names: Vec<&str> = writable().map(|format| format.name).collect();
            Error::invalid_value("format", names.join(", "), name)
        })
    }

    /// The format of a file.
    ///
    /// # Errors
    /// [`Error::Format`] when its content is none of them.
    pub fn of(source: &Source) -> Result<&'static Format> {
        let head = source.head();
        FORMATS.iter().find(|format| (format.recognises)(&head)).ok_or_else(|| {
            let expected =
                "word vectors: safetensors, fastText .bin or .ftz, word2vec text or binary, GloVe text (a word and its numbers a line)";
            let line = head.bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
            let begins = || format!("a file that begins with {}", text::quoted(line));
            let found = text::other_separator(line).unwrap_or_else(begins);
            Error::format(source.place(), expected, found)
        })
    }

    /// The format that a file's name asks for: by its end, before `.gz`. A `.bin` is a fastText model where
    /// there are n-grams to keep, else word2vec's.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] when the name ends in none that is written.
    pub fn for_path(path: &Path, keeps_ngrams: bool) -> Result<&'static Format> {
        let name = path.to_string_lossy().to_ascii_lowercase();
        let end = name.strip_suffix(".gz").unwrap_or(&name).rsplit('.').next().unwrap_or_default();
        let packed = name.ends_with(".gz");
        let format = match end {
            "vec" => "word2vec-text",
            "txt" => "glove",
            "bin" if packed => {
                return Err(Error::invalid_value("to", "a text format, the only ones that are gzipped", "bin.gz"));
            }
            "bin" if keeps_ngrams => "fasttext",
            "bin" => "word2vec-binary",
            "safetensors" if !packed => "safetensors",
            other => {
                let expected =
                    "a file name that ends in .safetensors, .bin, .vec or .txt (the last two also with .gz), or --to";
                return Err(Error::invalid_value("output", expected, format!(".{other}")));
            }
        };
        Format::named(format)
    }

    /// True when ninefold can write it.
    pub fn is_writable(&self) -> bool {
        self.write.is_some()
    }
}

/// Reads word vectors from a file of any known format, also gzipped or in a zip (`vectors.zip:member` where it holds
/// several files), or from a folder of model2vec. What is odd but harmless becomes a notice.
///
/// # Errors
/// [`Error::Io`] when the file cannot be read, [`Error::Format`] with the place when its content is unknown or damaged,
/// [`Error::Interrupted`].
pub fn load(path: &Path, progress: &dyn Progress) -> Result<WordVectors> {
    load_with(path, ReadOptions::default(), progress)
}

/// As [`load`], read as `options` say.
///
/// ```
/// use ninefold_core::progress::Silent;
/// use ninefold_vectors::formats::{ReadOptions, load_with};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("vectors.txt");
/// std::fs::write(&path, "cat 1 2\nbroken line\ndog 3 4\n")?;
/// let vectors = load_with(&path, ReadOptions { skip_bad_lines: true }, &Silent)?;
/// assert_eq!(vectors.words(), ["cat", "dog"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`load`]; [`Error::NotApplicable`] for lines to skip in a format without lines.
pub fn load_with(path: &Path, options: ReadOptions, progress: &dyn Progress) -> Result<WordVectors> {
    if let Some(folder) = model2vec::folder_of(path) {
        options.apply_to("a folder of model2vec", false)?;
        return model2vec::read(folder);
    }
    load_from(Source::open(path)?, options, progress)
}

/// As [`load_with`], from wherever the bytes come.
///
/// # Errors
/// As [`load_with`].
pub fn load_from(source: Source, options: ReadOptions, progress: &dyn Progress) -> Result<WordVectors> {
    let format = Format::of(&source)?;
    options.apply_to(format.name, format.is_text)?;
    let (place, total) = (source.place().to_owned(), source.total());
    progress.begin(&format!("read {place}"), "bytes", Some(total));
    let counted = Counted { progress, done: AtomicU64::new(0) };
    let vectors = (format.read)(source, options, &counted).map_err(|error| match error {
        Error::Data { what } => Error::format(&place, "word vectors", what),
        error => error,
    })?;
    progress.advance(total.saturating_sub(counted.done.into_inner())); // headers, empty lines, an archive's last bytes
    progress.end();
    if vectors.duplicates() > 0 {
        progress.notice(&format!("{} words occur again: their first vectors count", vectors.duplicates()));
    }
    Ok(vectors)
}

impl ReadOptions {
    /// Refuses what has no effect on a format.
    pub(crate) fn apply_to(self, format: &str, is_text: bool) -> Result<()> {
        if !self.skip_bad_lines || is_text {
            return Ok(());
        }
        let applies_to = format!("vectors as text (GloVe, word2vec text), and this is {format}");
        Err(Error::not_applicable("skip_bad_lines", applies_to))
    }
}

/// Passes on what a reader says, and counts its bytes.
struct Counted<'a> {
    progress: &'a dyn Progress,
    done: AtomicU64,
}

impl Progress for Counted<'_> {
    fn advance(&self, amount: u64) {
        self.done.fetch_add(amount, Ordering::Relaxed);
        self.progress.advance(amount);
    }

    fn notice(&self, text: &str) {
        self.progress.notice(text);
    }

    fn is_cancelled(&self) -> bool {
        self.progress.is_cancelled()
    }
}

/// Writes word vectors in a format; text is gzipped when the path ends in `.gz`.
///
/// # Errors
/// [`Error::InvalidValue`] when the format is read only, [`Error::Data`] when the format cannot represent a word, [`Error::Io`].
pub fn save(vectors: &WordVectors, path: &Path, format: &Format, progress: &dyn Progress) -> Result<()> {
    let Some(write) = format.write else {
        return Err(Error::invalid_value("format", "a format that ninefold writes", format.name));
    };
    let keeps_ngrams = [safetensors::FORMAT.name, fasttext::FORMAT.name].contains(&format.name);
    if vectors.wordpieces().is_some() || vectors.subwords().is_some() && !keeps_ngrams {
        progress.notice(&format!("{} holds words only: words outside the file will have no vector", format.name));
    }
    write(vectors, path)
}

/// Writes ninefold's own form, which loads fastest and keeps n-grams: what trained vectors are cached as. `note` is a text of
/// the caller's that [`load_cache`] gives back. One checksum covers the note and the vectors.
///
/// # Errors
/// [`Error::Io`] when it cannot be written.
pub fn save_cache(vectors: &WordVectors, note: &str, path: &Path) -> Result<()> {
    safetensors::write(vectors, Some(note), path)
}

/// Reads what [`save_cache`] wrote: the vectors and the note.
///
/// ```
/// use ninefold_core::progress::Silent;
/// use ninefold_vectors::{WordVectors, formats};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("cache.safetensors");
/// let vectors = WordVectors::new(vec!["cat".into()], 2, vec![1.0, 2.0])?;
/// formats::save_cache(&vectors, "seed 42", &path)?;
/// let (cached, note) = formats::load_cache(&path, &Silent)?;
/// assert_eq!((cached.matrix(), note.as_str()), (vectors.matrix(), "seed 42"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Format`] when anything in the file was altered, [`Error::Io`], [`Error::Interrupted`].
pub fn load_cache(path: &Path, progress: &dyn Progress) -> Result<(WordVectors, String)> {
    let source = Source::open(path)?;
    progress.begin(&format!("read {}", source.place()), "bytes", Some(source.total()));
    let loaded = safetensors::read_with_note(source, progress)?;
    progress.end();
    Ok(loaded)
}
