//! The program `ninefold`: command-line arguments -> calls of the library -> results on stdout, everything else on stderr.
//!
//! Exit codes: 0 success, 1 failure, 2 wrong usage (a flag, a setting or a config file); a process that a signal interrupts ends by
//! that signal. [`command`] is the whole command line, from which completions, man pages and `docs/reference/cli.md` are generated.

mod commands;
mod flags;
mod output;
mod progress;
mod renamed;
mod stop;
mod terminal;
mod usage;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use flags::output::Global;
use ninefold::kernels::simd::InstructionSet;
use output::{Output, is_closed_pipe};
use usage::is_usage;

/// Compare word embeddings, neural networks and linear baselines on labelled texts
///
/// Trains Word2Vec, FastText and GloVe vectors with RNN, LSTM and GRU classifiers on your texts, and convolutional networks and pooled
/// word vectors if asked. Prints one leaderboard and saves every trained model.
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
  ninefold diagnose --data reviews.csv          is the limit the model's or the data's?
  ninefold predict ninefold-runs/RUN/best mail.txt
  ninefold runs diff ninefold-runs/A ninefold-runs/B
  ninefold embed nearest 6B.100d frog

`-h` prints a summary of a command's flags, `--help` the whole description. Results go to stdout, messages and progress to
stderr. Exit codes: 0 success, 1 failure, 2 wrong usage.";

const SUCCESS: u8 = 0;
const FAILURE: u8 = 1;
const WRONG_USAGE: u8 = 2;

/// The commands; the doc comments of their arguments are what `--help` prints.
#[derive(Debug, Subcommand)]
enum Command {
    Compare(commands::compare::CompareArgs),
    Search(commands::search::SearchArgs),
    #[command(alias = "ladder")]
    Ablation(commands::ablation::AblationArgs),
    Cell(commands::cell::CellArgs),
    Diagnose(commands::diagnose::DiagnoseArgs),
    Predict(commands::predict::PredictArgs),
    Evaluate(commands::evaluate::EvaluateArgs),
    Ensemble(commands::ensemble::EnsembleArgs),
    Distill(commands::distill::DistillArgs),
    Runs(commands::runs::RunsArgs),
    Report(commands::report::ReportArgs),
    Config(commands::config::PrintConfigArgs),
    Sample(commands::sample::SampleArgs),
    Embed(commands::embed::EmbedArgs),
    Bench(commands::bench::BenchArgs),
    Cache(commands::cache::CacheArgs),
    Completions(commands::completions::CompletionsArgs),
    Man(commands::man::ManArgs),
}

/// The whole command line.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    ExitCode::from(run_with(std::env::args_os()))
}

/// Runs the program with these arguments, the first of which is its name, and gives the exit code. Wrong usage, `--help` and
/// `--version` end the process, and so does a signal.
pub fn run_with(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let matches = command().get_matches_from(&arguments);
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let output = Output::new(&cli.global);
    notify_of_old_names(&matches, &arguments, &output);
    if let Err(error) = stop::listen() {
        output.warn(&format!("signals such as Ctrl-C end the program at once: cannot listen for them: {error}"));
    }
    let done = InstructionSet::requested().map_err(Into::into).and_then(|_| run(&cli.command, &output));
    match done {
        Ok(()) => SUCCESS,
        Err(error) if is_closed_pipe(&error) => SUCCESS,
        Err(error) if is_interrupted(&error) => stop::end_process(&output),
        Err(error) => {
            output.error(&error);
            if is_usage(&error) { WRONG_USAGE } else { FAILURE }
        }
    }
}

fn run(command: &Command, output: &Output) -> anyhow::Result<()> {
    match command {
        Command::Compare(args) => commands::compare::run(args, output),
        Command::Search(args) => commands::search::run(args, output),
        Command::Ablation(args) => commands::ablation::run(args, output),
        Command::Cell(args) => commands::cell::run(args, output),
        Command::Diagnose(args) => commands::diagnose::run(args, output),
        Command::Predict(args) => commands::predict::run(args, output),
        Command::Evaluate(args) => commands::evaluate::run(args, output),
        Command::Ensemble(args) => commands::ensemble::run(args, output),
        Command::Distill(args) => commands::distill::run(args, output),
        Command::Runs(args) => commands::runs::run(args, output),
        Command::Report(args) => commands::report::run(args, output),
        Command::Config(args) => commands::config::run(args, output),
        Command::Sample(args) => commands::sample::run(args, output),
        Command::Embed(args) => commands::embed::run(args, output),
        Command::Bench(args) => commands::bench::run(args, output),
        Command::Cache(args) => commands::cache::run(args, output),
        Command::Completions(args) => commands::completions::run(args, output),
        Command::Man(args) => commands::man::run(args, output),
    }
}

fn notify_of_old_names(matches: &ArgMatches, arguments: &[OsString], output: &Output) {
    let words: Vec<String> = arguments.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    for notice in renamed::notices(matches.subcommand_name().unwrap_or_default(), &words) {
        output.say(&notice);
    }
}

fn is_interrupted(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(ninefold::Error::Interrupted))
}
