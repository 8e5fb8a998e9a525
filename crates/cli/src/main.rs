//! The program `ninefold`: what was typed -> the library's work -> results on stdout, everything else on stderr.
//!
//! Exit codes: 0 done, 1 failed or interrupted, 2 wrong usage (a flag, a setting or a config file).

mod args;
mod commands;
mod embed;
mod options;
mod output;
mod progress;
mod stop;

use std::io::{self, ErrorKind};
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use output::Output;

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
        Command::Embed(args) => embed::run(args, &output),
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

/// A setting that has no meaning is wrong usage, wherever it is found.
fn is_usage(error: &anyhow::Error) -> bool {
    error.is::<options::Usage>() || matches!(error.downcast_ref(), Some(ninefold::Error::Config { .. }))
}
