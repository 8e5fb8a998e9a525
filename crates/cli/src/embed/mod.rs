//! `ninefold embed`: word vectors made, looked at, judged, converted. One file per verb: its flags, then what it does.

mod analogy;
mod convert;
mod eval;
mod export;
mod info;
mod map;
mod nearest;
mod train;

use std::path::Path;

use anyhow::Result;
use clap::{Args, Subcommand};
use ninefold::Error;
use ninefold::vectors::WordVectors;
use ninefold::vectors::formats::{self, Format};
use ninefold::vectors::pretrained::{self, Places};

use crate::output::Output;
use crate::progress::Bars;

/// `ninefold embed`.
#[derive(Debug, Args)]
#[command(after_help = "\
VECTORS is a file (word2vec text or binary, GloVe, fastText .vec, .bin or .ftz, safetensors; also .gz, .zip, ARCHIVE.zip:MEMBER),
a folder of model2vec, or the name of a GloVe release such as 6B.100d, which is fetched once.

Examples:
  ninefold embed train word2vec books/ -o books.safetensors
  ninefold embed nearest books.safetensors whale
  ninefold embed convert cc.en.300.bin cc.en.300.safetensors")]
pub struct EmbedArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: EmbedCommand,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum EmbedCommand {
    /// Train word vectors on texts
    Train(Box<train::TrainArgs>),
    /// Write vectors in another format
    Convert(convert::ConvertArgs),
    /// Say what a file of vectors holds
    Info(info::InfoArgs),
    /// List the words most like a word
    Nearest(nearest::NearestArgs),
    /// Find the word that is to C as B is to A
    Analogy(analogy::AnalogyArgs),
    /// Score vectors on similarity and analogy sets
    Eval(eval::EvalArgs),
    /// Write the vectors of a vocabulary only
    Export(export::ExportArgs),
    /// Draw a map of the frequent words as a web page
    Map(map::MapArgs),
}

/// Runs the verb.
pub fn run(args: &EmbedArgs, output: &Output) -> Result<()> {
    match &args.command {
        EmbedCommand::Train(args) => train::run(args, output),
        EmbedCommand::Convert(args) => convert::run(args, output),
        EmbedCommand::Info(args) => info::run(args, output),
        EmbedCommand::Nearest(args) => nearest::run(args, output),
        EmbedCommand::Analogy(args) => analogy::run(args, output),
        EmbedCommand::Eval(args) => eval::run(args, output),
        EmbedCommand::Export(args) => export::run(args, output),
        EmbedCommand::Map(args) => map::run(args, output),
    }
}

/// The vectors that the user names.
fn load(vectors: &str, output: &Output) -> Result<WordVectors> {
    Ok(pretrained::load(vectors, &Places::default(), &Bars::new(output))?)
}

/// The format to write: as asked for, else by the end of the file's name.
fn format(to: Option<&str>, path: &Path, keeps_ngrams: bool) -> Result<&'static Format> {
    Ok(match to {
        Some(name) => Format::named(name)?,
        None => Format::for_path(path, keeps_ngrams)?,
    })
}

fn save(vectors: &WordVectors, path: &Path, format: &Format, output: &Output) -> Result<()> {
    Ok(formats::save(vectors, path, format, &Bars::new(output))?)
}

/// The row of a word that must be in the table; where only another spelling is, it is named.
fn row(vectors: &WordVectors, word: &str) -> Result<usize> {
    vectors.id(word).ok_or_else(|| unknown(vectors, word).into())
}

fn unknown(vectors: &WordVectors, word: &str) -> Error {
    let lower = word.to_lowercase();
    let other = vectors.words().iter().find(|known| known.to_lowercase() == lower);
    let hint = other.map_or(String::new(), |other| format!(" (there is {other:?})"));
    Error::data(format!("{word:?} has no vector among the {} words{hint}", vectors.len()))
}

/// A similarity to six digits, as JSON has it.
fn rounded(similarity: f32) -> f64 {
    (f64::from(similarity) * 1e6).round() / 1e6
}
