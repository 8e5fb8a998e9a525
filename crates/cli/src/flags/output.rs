//! How results and messages are printed: `--quiet`, `--color`, `--format` and `--sort`.

use anyhow::Result;
use clap::{Args, ValueEnum};
use ninefold::records::Leaderboard;
use ninefold::report::{Column, leaderboard_csv, leaderboard_latex, leaderboard_markdown, leaderboard_table};

use super::values::{Choice, choice};
use crate::output::Output;

/// Flags of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Print errors only: no messages and no progress on stderr
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set or TERM is dumb
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a reader
    Text,
    /// For another program
    Json,
}

/// `--format text|json`, and `--json`.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct FormatArgs {
    /// How the result is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
    /// Short for --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}

impl FormatArgs {
    /// True if JSON is printed.
    pub fn is_json(&self) -> bool {
        self.json || self.format == Format::Json
    }
}

/// How a leaderboard is printed; rows and figures are the same in all formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LeaderboardFormat {
    /// For a terminal
    Table,
    /// For a README
    Markdown,
    /// For other programs, fractions in [0, 1]
    Csv,
    /// For a paper
    Latex,
    /// Everything that leaderboard.json holds
    Json,
}

/// The column of that name.
fn columns() -> Choice<Column> {
    choice(Column::ALL.map(Column::name), |name| name.parse().ok())
}

/// How a leaderboard is printed and sorted.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct LeaderboardArgs {
    /// How the leaderboard is printed
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: LeaderboardFormat,
    /// Short for --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// The column that sorts the rows [default: accuracy; f1_macro if the classes are uneven]
    #[arg(long, value_name = "COLUMN", value_parser = columns(), conflicts_with = "json")]
    pub sort: Option<Column>,
}

impl LeaderboardArgs {
    /// The format that was asked for.
    pub fn format(&self) -> LeaderboardFormat {
        if self.json { LeaderboardFormat::Json } else { self.format }
    }

    /// Refuses flags that exclude each other, before long work.
    pub fn check(&self) -> Result<()> {
        if self.sort.is_some() && self.format() == LeaderboardFormat::Json {
            return Err(crate::usage::Usage::no_effect("--sort", "JSON holds the rows in their own order").into());
        }
        Ok(())
    }

    /// Prints the leaderboard.
    pub fn print(&self, leaderboard: &Leaderboard, insights: &[String], output: &Output) -> Result<()> {
        let sort = self.sort.unwrap_or(Column::of_score(leaderboard.main_score));
        output.print(&match self.format() {
            LeaderboardFormat::Table => leaderboard_table(leaderboard, sort, insights, &output.view()),
            LeaderboardFormat::Markdown => leaderboard_markdown(leaderboard, sort, insights),
            LeaderboardFormat::Csv => leaderboard_csv(leaderboard, sort),
            LeaderboardFormat::Latex => leaderboard_latex(leaderboard, sort),
            LeaderboardFormat::Json => return output.print_json(leaderboard),
        })
    }
}
