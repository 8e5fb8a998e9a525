//! What every verb needs of a table of word vectors: reading and writing it, its rows, its figures.

use std::path::Path;

use anyhow::Result;
use clap::Args;
use ninefold::vectors::WordVectors;
use ninefold::vectors::formats::{self, Format, ReadOptions};
use ninefold::vectors::pretrained::{self, PretrainedSources};
use ninefold::{Error, Folders};

use crate::output::Output;
use crate::progress::Bars;

/// How a file of vectors is read.
#[derive(Clone, Copy, Debug, Args)]
pub struct ReadingArgs {
    /// Skip and count lines of a text file that are no word with its numbers, instead of refusing the file
    #[arg(long)]
    pub skip_bad_lines: bool,
}

/// The vectors that the user names.
pub fn load(vectors: &str, reading: ReadingArgs, output: &Output) -> Result<WordVectors> {
    let options = ReadOptions { skip_bad_lines: reading.skip_bad_lines };
    Ok(pretrained::load_with(vectors, options, &PretrainedSources::new(&Folders::from_env()), &Bars::new(output))?)
}

/// The format to write: as asked for, else by the end of the file's name.
pub fn format(to: Option<&str>, path: &Path, keeps_ngrams: bool) -> Result<&'static Format> {
    Ok(match to {
        Some(name) => Format::named(name)?,
        None => Format::for_path(path, keeps_ngrams)?,
    })
}

pub fn save(vectors: &WordVectors, path: &Path, format: &Format, output: &Output) -> Result<()> {
    Ok(formats::save(vectors, path, format, &Bars::new(output))?)
}

/// The row of a word that must be in the table; where only another spelling is, it is named.
pub fn row(vectors: &WordVectors, word: &str) -> Result<usize> {
    vectors.id(word).ok_or_else(|| unknown(vectors, word).into())
}

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
