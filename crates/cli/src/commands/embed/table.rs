//! What every subcommand needs of word vectors: reading and writing them, finding words, rounding figures.

use std::path::Path;

use anyhow::Result;
use clap::Args;
use ninefold::vectors::WordVectors;
use ninefold::vectors::formats::{self, FORMATS, Format, ReadOptions};
use ninefold::vectors::pretrained::{self, PretrainedSources};
use ninefold::{Error, Folders};

use crate::flags::values::{Choice, choice};
use crate::output::Output;
use crate::progress::Bars;

/// How a file of word vectors is read.
#[derive(Clone, Copy, Debug, Args)]
pub struct ReadingArgs {
    /// Skip and count the lines of a text file that are not a word with its numbers, instead of refusing the file
    #[arg(long)]
    pub skip_bad_lines: bool,
}

/// The vectors of a file or a release.
pub fn load(vectors: &str, reading: ReadingArgs, output: &Output) -> Result<WordVectors> {
    let options = ReadOptions { skip_bad_lines: reading.skip_bad_lines };
    Ok(pretrained::load_with(vectors, options, &PretrainedSources::new(&Folders::from_env()), &Bars::new(output))?)
}

/// A format that can be written.
pub type VectorFormat = &'static Format;

/// A parser of the formats that can be written.
pub fn writable_format() -> Choice<VectorFormat> {
    let names = FORMATS.iter().map(|format| format.name).filter(|name| Format::named(name).is_ok());
    choice(names, |name| Format::named(name).ok())
}

/// The format to write: as asked for, else by the ending of the file name.
pub fn format(to: Option<VectorFormat>, path: &Path, keeps_ngrams: bool) -> Result<VectorFormat> {
    Ok(match to {
        Some(format) => format,
        None => Format::for_path(path, keeps_ngrams)?,
    })
}

/// Writes vectors to a file.
pub fn save(vectors: &WordVectors, path: &Path, format: &Format, output: &Output) -> Result<()> {
    Ok(formats::save(vectors, path, format, &Bars::new(output))?)
}

/// The row of a word; if it has none, the error names a word that differs only in case.
pub fn row(vectors: &WordVectors, word: &str) -> Result<usize> {
    vectors.id(word).ok_or_else(|| unknown(vectors, word).into())
}

/// The error of a word without a vector.
pub fn unknown(vectors: &WordVectors, word: &str) -> Error {
    let lower = word.to_lowercase();
    let other = vectors.words().iter().find(|known| known.to_lowercase() == lower);
    let hint = other.map_or(String::new(), |other| format!(" (there is {other:?})"));
    Error::data(format!("{word:?} has no vector among the {} words{hint}", vectors.len()))
}

/// A similarity to six digits, as JSON has it.
pub fn rounded(similarity: f32) -> f64 {
    (f64::from(similarity) * 1e6).round() / 1e6
}
