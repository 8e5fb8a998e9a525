//! The program `ninefold`: what was typed -> the library's work -> results on stdout, everything else on stderr.
//!
//! Exit codes: 0 done, 1 failed or interrupted, 2 wrong usage (a flag, a setting or a config file).

mod commands;
mod flags;
mod output;
mod progress;
mod stop;
mod terminal;
mod usage;

use std::io::{self, ErrorKind};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use flags::config::ConfigArgs;
use flags::output::Global;
use output::Output;
use usage::is_usage;

/// Which word embedding and which network for your labelled texts?
///
/// Trains word2vec, fastText and GloVe vectors with RNN, LSTM and GRU classifiers on your texts (convolutions and pooled vectors, too,
/// if asked), prints one leaderboard, and keeps every trained model.
#[derive(Debug, Parser)]
#[command(name = "ninefold", version, propagate_version = true, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    global: Global,
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  ninefold compare                              nine pairs on the built-in sample corpus
  ninefold compare --data reviews.csv           the same on your own texts
  ninefold predict ninefold-runs/RUN/best mail.txt
  ninefold runs diff ninefold-runs/A ninefold-runs/B
  ninefold embed nearest 6B.100d frog

Results go to stdout, messages and progress to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage.";

/// The commands.
#[derive(Debug, Subcommand)]
enum Command {
    /// Train and compare embeddings and networks
    Compare(commands::compare::CompareArgs),
    /// Search for settings: random ones, the better trained further
    Search(commands::search::SearchArgs),
    /// What each difference between two sets of settings is worth on your texts
    Ladder(commands::ladder::LadderArgs),
    /// Label texts with a trained model
    Predict(commands::predict::PredictArgs),
    /// Score a trained model on labelled texts
    Evaluate(commands::evaluate::EvaluateArgs),
    /// Let trained models answer together
    Ensemble(commands::ensemble::EnsembleArgs),
    /// Let a trained model, or several together, teach a small network
    Distill(commands::distill::DistillArgs),
    /// List, show and compare earlier runs
    Runs(commands::runs::RunsArgs),
    /// Make the page of a run again, or of several together
    Report(commands::report::ReportArgs),
    /// Print the settings that flags and files add up to, with a comment per key
    Config(ConfigArgs),
    /// Write out the built-in sample corpus
    Sample(commands::sample::SampleArgs),
    /// Train, convert, search and judge word vectors
    Embed(commands::embed::EmbedArgs),
    /// Measure how fast this machine trains and predicts
    Bench(commands::bench::BenchArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(&cli.global);
    if let Err(error) = stop::listen() {
        output.warn(&format!("Ctrl-C will not be handled: {error}"));
    }
    let done = match &cli.command {
        Command::Compare(args) => commands::compare::run(args, &output),
        Command::Search(args) => commands::search::run(args, &output),
        Command::Ladder(args) => commands::ladder::run(args, &output),
        Command::Predict(args) => commands::predict::run(args, &output),
        Command::Evaluate(args) => commands::evaluate::run(args, &output),
        Command::Ensemble(args) => commands::ensemble::run(args, &output),
        Command::Distill(args) => commands::distill::run(args, &output),
        Command::Runs(args) => commands::runs::run(args, &output),
        Command::Report(args) => commands::report::run(args, &output),
        Command::Config(args) => commands::config::run(args, &output),
        Command::Sample(args) => commands::sample::run(args, &output),
        Command::Embed(args) => commands::embed::run(args, &output),
        Command::Bench(args) => commands::bench::run(args, &output),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output.error(&error);
            ExitCode::from(if is_usage(&error) { 2 } else { 1 })
        }
    }
}

/// Whoever read stdout has had enough (`ninefold ... | head`): no error.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
