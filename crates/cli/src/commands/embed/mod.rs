//! `ninefold embed`: word vectors made, looked at, judged, converted. One file per verb: its flags, then what it does.

mod analogy;
mod convert;
mod eval;
mod export;
mod info;
mod map;
mod nearest;
mod table;
mod train;

use anyhow::Result;
use clap::{Args, Subcommand};
use ninefold::threads;

use crate::output::Output;

/// `ninefold embed`.
#[derive(Debug, Args)]
#[command(after_help = "\
VECTORS is a file (word2vec text or binary, GloVe, fastText .vec, .bin or .ftz, safetensors; also .gz, .zst, .bz2, .zip,
ARCHIVE.zip:MEMBER),
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

/// Runs the verb: a training on the threads that it is told, anything else on all.
pub fn run(args: &EmbedArgs, output: &Output) -> Result<()> {
    let on_all = |verb: &(dyn Fn() -> Result<()> + Sync)| threads::within(0, verb);
    match &args.command {
        EmbedCommand::Train(args) => train::run(args, output),
        EmbedCommand::Convert(args) => on_all(&|| convert::run(args, output)),
        EmbedCommand::Info(args) => on_all(&|| info::run(args, output)),
        EmbedCommand::Nearest(args) => on_all(&|| nearest::run(args, output)),
        EmbedCommand::Analogy(args) => on_all(&|| analogy::run(args, output)),
        EmbedCommand::Eval(args) => on_all(&|| eval::run(args, output)),
        EmbedCommand::Export(args) => on_all(&|| export::run(args, output)),
        EmbedCommand::Map(args) => on_all(&|| map::run(args, output)),
    }
}
