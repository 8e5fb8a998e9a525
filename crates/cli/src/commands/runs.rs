//! `ninefold runs`: lists, shows and compares what earlier runs left.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use ninefold::lab::RunFolder;
use ninefold::records::{Difference, Leaderboard, RowKind, RunRecords};
use ninefold::report::{Column, diff, insights_of, plain_table};
use serde_json::json;

use crate::flags::output::{Format, column};
use crate::output::Output;

/// `ninefold runs`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold runs list
  ninefold runs show ninefold-runs/RUN --sort f1_macro
  ninefold runs diff ninefold-runs/A ninefold-runs/B")]
pub struct RunsArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: RunsCommand,
}

/// The commands about earlier runs.
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// List the runs in a folder
    List {
        /// The folder of run folders
        #[arg(value_name = "DIR", default_value = "ninefold-runs")]
        folder: PathBuf,
    },
    /// Print the leaderboard of a run
    Show {
        /// The run folder
        #[arg(value_name = "RUN")]
        run: PathBuf,
        /// The column that rows are sorted by [default: accuracy; f1_macro where classes are uneven]
        #[arg(long, value_name = "COLUMN")]
        sort: Option<String>,
        /// How the leaderboard is printed
        #[arg(long, value_name = "HOW", default_value = "table")]
        format: Format,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print two runs side by side, with the change of each pair
    Diff {
        /// The run folder to compare with
        #[arg(value_name = "A")]
        a: PathBuf,
        /// The run folder that is compared
        #[arg(value_name = "B")]
        b: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub fn run(args: &RunsArgs, output: &Output) -> Result<()> {
    match &args.command {
        RunsCommand::List { folder } => output.print(&list(folder)?),
        RunsCommand::Show { run, sort, format, json } => {
            let folder = RunFolder::open(run)?;
            let leaderboard = leaderboard(&folder)?;
            if *json {
                return output.print_json(&leaderboard);
            }
            let sort = column(sort.as_deref())?.unwrap_or(Column::of_score(leaderboard.main_score));
            output.print(&format.write(
                &leaderboard,
                sort,
                &insights_of(folder.records(), &leaderboard)?,
                &output.view(),
            ))
        }
        RunsCommand::Diff { a, b, json } => compare(a, b, *json, output),
    }
}

/// A row per run: folder, data, pairs finished, the best one.
fn list(path: &Path) -> Result<String> {
    let entries = fs::read_dir(path).with_context(|| format!("{}: cannot list the runs", path.display()))?;
    let mut folders = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    folders.sort();
    let records =
        folders.into_iter().map(RunRecords::at).filter(|records| !records.is_search() && !records.is_ladder());
    let runs: Vec<RunFolder> = records.filter_map(|records| RunFolder::open(records.path()).ok()).collect();
    if runs.is_empty() {
        return Ok(format!("{}: no runs\n", path.display()));
    }
    Ok(plain_table(&["run", "data", "pairs", "best pair", "accuracy"], 2, runs.iter().map(line)))
}

/// A run as a row of cells; one that cannot be read says why.
fn line(folder: &RunFolder) -> Vec<String> {
    let path = folder.path().display().to_string();
    let config = match folder.config() {
        Ok(config) => config,
        Err(error) => return vec![path, error.to_string()],
    };
    let leaderboard = folder.leaderboard().unwrap_or_default();
    let trained = leaderboard.rows.iter().filter(|row| row.kind == RowKind::Pair).count();
    let pairs = format!("{trained} of {}", config.trainings());
    let leaderboard = leaderboard.merged();
    let best = leaderboard.best().and_then(|row| Some((row.pair(), row.accuracy()?)));
    let (pair, accuracy) =
        best.map_or(("-".to_string(), "-".to_string()), |(pair, share)| (pair, format!("{:.2} %", 100.0 * share)));
    vec![path, config.corpus.data, pairs, pair, accuracy]
}

fn compare(a: &Path, b: &Path, as_json: bool, output: &Output) -> Result<()> {
    let folders = (RunFolder::open(a)?, RunFolder::open(b)?);
    let diff = diff(&leaderboard(&folders.0)?, &leaderboard(&folders.1)?);
    let settings = folders.0.config()?.differences(&folders.1.config()?)?;
    if as_json {
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
