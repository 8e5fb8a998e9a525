//! `ninefold cell`: a comparison as units of work for a scheduler: listed, run apart, and put together.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Subcommand, ValueHint};
use ninefold::error::Location;
use ninefold::lab::{Cell, CellPlaces, Session, finish_cells, list_cells, run_cell};
use ninefold::phrasing::counted;
use ninefold::records::RunRecords;
use ninefold::report::{insights_of, write_run_page, write_tables};
use ninefold::{Error, Folders, data};

use crate::flags::config::{ComparisonArgs, ConfigArgs};
use crate::flags::output::LeaderboardArgs;
use crate::flags::threads::ThreadsArgs;
use crate::flags::values::count;
use crate::output::Output;
use crate::progress::Bars;
use crate::stop;
use crate::terminal::{command_for, this_command};
use crate::usage::Usage;

/// Divide a comparison into units of work for Slurm, make, xargs, Kubernetes or any other scheduler
///
/// A cell makes the word vectors of one embedding, or trains one row: a network with one seed, or a baseline. Cells may run on any
/// machines, in any order and as often as needed; vectors come first. `finish` puts the rows together and gives what `compare` gives,
/// to the same bits if all machines use the same instruction set.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold cell list --data posts/ --seeds 3 > cells.jsonl
  ninefold cell run cells.jsonl --number 1 -o cells/1
  ninefold cell run cells.jsonl --number 7 --vectors cells -o cells/7
  ninefold cell finish cells.jsonl cells --run-dir runs/posts")]
pub struct CellArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: CellCommand,
}

/// The commands about cells.
#[derive(Debug, Subcommand)]
pub enum CellCommand {
    List(Box<ListArgs>),
    Run(RunArgs),
    Finish(FinishArgs),
}

/// Print the cells of a comparison, one JSON object a line
///
/// Reads the texts for their checksum. Cells of word vectors come first; their `part` begins with "vectors/".
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold cell list --data posts/ --seeds 3 > cells.jsonl
  NINEFOLD_SIMD=avx2 ninefold cell list --data posts/ > cells.jsonl    (for processors with and without AVX-512)")]
pub struct ListArgs {
    /// The settings.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The settings of comparisons.
    #[command(flatten)]
    pub comparison: ComparisonArgs,
    /// Number of threads with which each cell works
    #[arg(long, value_name = "N", value_parser = count, default_value = "1", help_heading = "Run")]
    pub threads: usize,
}

/// Where the texts of a cell are.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Data")]
pub struct PlacesArgs {
    /// Where the texts are on this machine [default: where `cell list` read them]
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub data: Vec<String>,
    /// Where the validation file is on this machine
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub validation: Option<String>,
    /// Where the test file or folder is on this machine
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub test: Option<String>,
}

/// Do the work of one cell in a folder of its own
///
/// A cell that was interrupted is resumed by the same command; a finished one is not repeated. The texts must be those that `cell list`
/// read: they are known by their checksum.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold cell run cells.jsonl --number 1 -o cells/1
  ninefold cell run cells.jsonl --number 7 --vectors cells/1 -o cells/7
  sed -n 7p cells.jsonl | ninefold cell run - -o cells/7")]
pub struct RunArgs {
    /// The file that `cell list` wrote; - reads standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Which cell of the file, counted from 1; not needed if there is only one
    #[arg(long, value_name = "N", value_parser = count)]
    pub number: Option<usize>,
    /// Folders of the finished cells of vectors, or a folder with such folders [default: the cell trains the vectors it needs]
    #[arg(long, value_name = "DIR", num_args = 1.., value_hint = ValueHint::DirPath)]
    pub vectors: Vec<PathBuf>,
    /// Where the texts are.
    #[command(flatten)]
    pub places: PlacesArgs,
    /// The folder of this cell alone
    #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub output: PathBuf,
}

/// Put the rows of finished cells together and print the leaderboard
///
/// Makes ensembles, statistics, the best model and the diagnosis. Trains no row: cells that are missing are named.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold cell finish cells.jsonl cells --run-dir runs/posts
  ninefold cell finish cells.jsonl cells/* --run-dir runs/posts")]
pub struct FinishArgs {
    /// The file that `cell list` wrote
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Folders of finished cells, or a folder with such folders
    #[arg(value_name = "DIR", required = true, value_hint = ValueHint::DirPath)]
    pub cells: Vec<PathBuf>,
    /// Where the texts are.
    #[command(flatten)]
    pub places: PlacesArgs,
    /// The run folder of the whole comparison
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Run")]
    pub run_dir: PathBuf,
    /// The number of threads.
    #[command(flatten)]
    pub threads: ThreadsArgs,
    /// How the leaderboard is printed.
    #[command(flatten)]
    pub leaderboard: LeaderboardArgs,
}

/// Runs the command.
pub fn run(args: &CellArgs, output: &Output) -> Result<()> {
    match &args.command {
        CellCommand::List(args) => list(args, output),
        CellCommand::Run(args) => work(args, output),
        CellCommand::Finish(args) => finish(args, output),
    }
}

fn list(args: &ListArgs, output: &Output) -> Result<()> {
    let config = args.config.resolve(|config| args.comparison.apply(config))?;
    let bars = Bars::new(output);
    let corpus = data::load(&config.corpus, &Folders::from_env(), &bars)?;
    let cells = list_cells(&config, &corpus, args.threads)?;
    let lines = cells.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
    output.print(&lines.into_iter().map(|line| line + "\n").collect::<String>())?;
    let vectors = cells.iter().filter(|cell| cell.is_vectors()).count();
    output.say(&format!("{}, the first {vectors} of vectors", counted(cells.len(), "cell")));
    Ok(())
}

fn work(args: &RunArgs, output: &Output) -> Result<()> {
    stop::on_interrupt(format!("to resume, type: {}", this_command()));
    let cell = the_cell(read(&args.file)?, args)?;
    let (folders, bars) = (Folders::from_env(), Bars::new(output));
    let session = Session { progress: &bars, ..Session::new(&folders) };
    let corpus = cell.load(&args.places.places(), &session)?;
    let result = run_cell(&cell, corpus, &args.vectors, &args.output, &session)?;
    let found = result.error.unwrap_or_else(|| format!("finished in {:.1} s", result.milliseconds as f64 / 1e3));
    output.print(&format!("{cell}: {found}\n"))
}

fn finish(args: &FinishArgs, output: &Output) -> Result<()> {
    args.leaderboard.check()?;
    stop::on_interrupt(format!("to resume, type: {}", command_for(&args.run_dir)));
    let cells = read(&args.file)?;
    let first = cells.first().ok_or_else(|| none_in(&args.file))?;
    let (folders, bars) = (Folders::from_env(), Bars::new(output));
    let session = Session { folders: &folders, threads: args.threads.count(), progress: &bars };
    let corpus = first.load(&args.places.places(), &session)?;
    let records = RunRecords::at(&args.run_dir);
    let mut save_tables = |board: &_| write_tables(&records, board);
    let board = finish_cells(&cells, corpus, &args.cells, &args.run_dir, &session, &mut save_tables)?;
    write_run_page(&records, first.config()?.trainings())?;
    args.leaderboard.print(&board, &insights_of(&records, &board)?, output)
}

impl PlacesArgs {
    fn places(&self) -> CellPlaces {
        CellPlaces { data: self.data.clone(), validation: self.validation.clone(), test: self.test.clone() }
    }
}

/// The cells of a file, one a line.
fn read(file: &Path) -> Result<Vec<Cell>> {
    let text = if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
        text
    } else {
        fs::read_to_string(file).map_err(Error::io("read the cells", file))?
    };
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let cell = |(number, line): (usize, &str)| {
        let expected = "a cell as `ninefold cell list` prints it";
        Ok(serde_json::from_str(line).map_err(Error::parse(Location::line(file, number), expected))?)
    };
    lines.map(cell).collect()
}

fn none_in(file: &Path) -> Error {
    Error::format(file, "cells as `ninefold cell list` prints them", "none")
}

/// The cell that `--number` chooses.
fn the_cell(cells: Vec<Cell>, args: &RunArgs) -> Result<Cell> {
    let found = cells.len();
    let number = match (args.number, found) {
        (_, 0) => return Err(none_in(&args.file).into()),
        (None, 1) => 1,
        (None, _) => {
            let file = args.file.display();
            return Err(Usage(format!("{file} has {found} cells: choose one with --number, 1 to {found}")).into());
        }
        (Some(number), _) => number,
    };
    let refusal = || Usage(format!("--number: expected 1 to {found}, found {number}"));
    cells.into_iter().nth(number.saturating_sub(1)).ok_or_else(|| refusal().into())
}
