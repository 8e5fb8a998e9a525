//! `ninefold runs`: lists, shows and compares earlier runs.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Subcommand, ValueHint};
use ninefold::lab::RunFolder;
use ninefold::records::{Difference, Leaderboard, RowKind, RunRecords};
use ninefold::report::{diff, insights_of, plain_table};
use serde::Serialize;
use serde_json::json;

use crate::flags::output::{FormatArgs, LeaderboardArgs};
use crate::output::Output;

/// List, show and compare earlier runs
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold runs list
  ninefold runs show ninefold-runs/RUN --sort f1_macro
  ninefold runs diff ninefold-runs/A ninefold-runs/B")]
pub struct RunsArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: RunsCommand,
}

/// The commands about earlier runs.
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// List the runs in a folder
    #[command(after_help = "Examples:\n  ninefold runs list\n  ninefold runs list other-runs/ --json")]
    List {
        /// The folder of run folders
        #[arg(value_name = "DIR", default_value = "ninefold-runs", value_hint = ValueHint::DirPath)]
        folder: PathBuf,
        /// How the list is printed.
        #[command(flatten)]
        format: FormatArgs,
    },
    /// Print the leaderboard of a run
    #[command(
        after_help = "Examples:\n  ninefold runs show RUN --sort f1_macro\n  ninefold runs show RUN --format latex"
    )]
    Show {
        /// The run folder
        #[arg(value_name = "RUN", value_hint = ValueHint::DirPath)]
        run: PathBuf,
        /// How the leaderboard is printed.
        #[command(flatten)]
        leaderboard: LeaderboardArgs,
    },
    /// Print two runs side by side, with the change of each pair
    #[command(after_help = "Examples:\n  ninefold runs diff ninefold-runs/A ninefold-runs/B")]
    Diff {
        /// The run folder to compare with
        #[arg(value_name = "A", value_hint = ValueHint::DirPath)]
        a: PathBuf,
        /// The run folder that is compared
        #[arg(value_name = "B", value_hint = ValueHint::DirPath)]
        b: PathBuf,
        /// How the difference is printed.
        #[command(flatten)]
        format: FormatArgs,
    },
}

/// Runs the command.
pub fn run(args: &RunsArgs, output: &Output) -> Result<()> {
    match &args.command {
        RunsCommand::List { folder, format } => list(folder, format, output),
        RunsCommand::Show { run, leaderboard } => show(run, leaderboard, output),
        RunsCommand::Diff { a, b, format } => compare(a, b, format, output),
    }
}

fn show(run: &Path, args: &LeaderboardArgs, output: &Output) -> Result<()> {
    args.check()?;
    let folder = RunFolder::open(run)?;
    let leaderboard = leaderboard(&folder)?;
    args.print(&leaderboard, &insights_of(folder.records(), &leaderboard)?, output)
}

/// A run in a list.
#[derive(Serialize)]
struct Line {
    run: PathBuf,
    /// Why the run cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    data: String,
    trained: usize,
    trainings: usize,
    best: Option<String>,
    accuracy: Option<f64>,
}

fn list(path: &Path, format: &FormatArgs, output: &Output) -> Result<()> {
    let entries = fs::read_dir(path).with_context(|| format!("{}: cannot list the runs", path.display()))?;
    let mut folders = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    folders.sort();
    let records =
        folders.into_iter().map(RunRecords::at).filter(|records| !records.is_search() && !records.is_ladder());
    let runs = records.filter_map(|records| RunFolder::open(records.path()).ok());
    let lines: Vec<Line> = runs.map(|run| line(&run)).collect();
    if format.is_json() {
        return output.print_json(&lines);
    }
    if lines.is_empty() {
        return output.print(&format!("{}: no runs\n", path.display()));
    }
    output.print(&plain_table(&["run", "data", "pairs", "best pair", "accuracy"], 2, lines.iter().map(cells)))
}

fn line(folder: &RunFolder) -> Line {
    let unread = |error: Option<String>| Line {
        run: folder.path().to_path_buf(),
        error,
        data: String::new(),
        trained: 0,
        trainings: 0,
        best: None,
        accuracy: None,
    };
    let config = match folder.config() {
        Ok(config) => config,
        Err(error) => return unread(Some(error.to_string())),
    };
    let leaderboard = folder.leaderboard().unwrap_or_default();
    let trained = leaderboard.rows.iter().filter(|row| row.kind == RowKind::Pair).count();
    let leaderboard = leaderboard.merged();
    let best = leaderboard.best();
    Line {
        trained,
        trainings: config.trainings(),
        best: best.map(|row| row.pair()),
        accuracy: best.and_then(|row| row.accuracy()),
        data: config.corpus.data,
        ..unread(None)
    }
}

fn cells(line: &Line) -> Vec<String> {
    let run = line.run.display().to_string();
    if let Some(error) = &line.error {
        return vec![run, error.clone()];
    }
    let accuracy = line.accuracy.map_or("-".to_string(), |accuracy| format!("{:.2} %", 100.0 * accuracy));
    let pairs = format!("{} of {}", line.trained, line.trainings);
    vec![run, line.data.clone(), pairs, line.best.clone().unwrap_or("-".to_string()), accuracy]
}

fn compare(a: &Path, b: &Path, format: &FormatArgs, output: &Output) -> Result<()> {
    let folders = (RunFolder::open(a)?, RunFolder::open(b)?);
    let diff = diff(&leaderboard(&folders.0)?, &leaderboard(&folders.1)?);
    let settings = folders.0.config()?.differences(&folders.1.config()?)?;
    if format.is_json() {
        return output.print_json(&json!({ "settings": settings, "diff": diff }));
    }
    let mut text = diff.to_table(&a.display().to_string(), &b.display().to_string(), &output.view());
    if !settings.is_empty() {
        text += "\nSettings that differ:\n";
        for Difference { key, a, b } in &settings {
            writeln!(text, "  {key}: A {a}; B {b}")?;
        }
    }
    output.print(&text)
}

fn leaderboard(folder: &RunFolder) -> Result<Leaderboard> {
    folder.leaderboard().with_context(|| format!("{}: no pair is finished", folder.path().display()))
}
