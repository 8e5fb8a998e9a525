//! `ninefold embed`: word vectors trained, inspected, evaluated and converted. One file per subcommand.

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

/// Train, convert, search and evaluate word vectors
///
/// VECTORS is a file (word2vec text or binary, GloVe, fastText .vec, .bin or .ftz, safetensors; also .gz, .zst, .bz2, .zip,
/// ARCHIVE.zip:MEMBER), a model2vec folder, or the name of a GloVe release such as 6B.100d, which is downloaded once.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold embed train word2vec books/ -o books.safetensors
  ninefold embed nearest books.safetensors whale
  ninefold embed convert cc.en.300.bin cc.en.300.safetensors")]
pub struct EmbedArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: EmbedCommand,
}

/// The subcommands; the doc comments of their arguments are what `--help` prints.
#[derive(Debug, Subcommand)]
pub enum EmbedCommand {
    Train(Box<train::TrainArgs>),
    Convert(convert::ConvertArgs),
    Info(info::InfoArgs),
    Nearest(nearest::NearestArgs),
    Analogy(analogy::AnalogyArgs),
    Eval(eval::EvalArgs),
    Export(export::ExportArgs),
    Map(map::MapArgs),
}

/// Runs the subcommand: a training on the number of threads that was asked for, anything else on all.
pub fn run(args: &EmbedArgs, output: &Output) -> Result<()> {
    let on_all = |work: &(dyn Fn() -> Result<()> + Sync)| threads::within(0, work);
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
