//! How results and messages are printed: `--quiet`, `--color`, and the leaderboard's `--format` and `--sort`.

use anyhow::Result;
use clap::{Args, ValueEnum};
use ninefold::records::Leaderboard;
use ninefold::report::{Column, View, leaderboard_csv, leaderboard_latex, leaderboard_markdown, leaderboard_table};

use crate::usage::Usage;

/// Flags of every command.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// No messages and no progress on stderr, only errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Colours: auto (on a terminal, unless NO_COLOR is set), always, never
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub color: ColorChoice,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How a leaderboard is printed; rows and figures are the same in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a terminal.
    Table,
    /// For a README.
    Markdown,
    /// For other programs, shares in [0, 1].
    Csv,
    /// For a paper.
    Latex,
}

impl Format {
    /// The leaderboard in this form.
    pub fn write(self, leaderboard: &Leaderboard, sort: Column, insights: &[String], view: &View) -> String {
        match self {
            Format::Table => leaderboard_table(leaderboard, sort, insights, view),
            Format::Markdown => leaderboard_markdown(leaderboard, sort, insights),
            Format::Csv => leaderboard_csv(leaderboard, sort),
            Format::Latex => leaderboard_latex(leaderboard, sort),
        }
    }
}

/// The column of that name, if one was given.
pub fn column(name: Option<&str>) -> Result<Option<Column>> {
    name.map(|name| name.parse().map_err(|error: ninefold::Error| Usage(error.to_string()).into())).transpose()
}
