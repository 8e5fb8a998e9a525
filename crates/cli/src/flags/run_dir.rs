//! `--run-dir`: the folder of a comparison, a search or an ablation, in which interrupted work is resumed.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use ninefold::lab::{Config, default_folder};

use crate::stop;
use crate::terminal::command_for;

/// The folder of records.
#[derive(Clone, Debug, Default, Args)]
pub struct RunDirArgs {
    /// The folder to write [default: a new folder in ninefold-runs]
    ///
    /// If the folder holds interrupted work with the same settings, the work is resumed.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Run")]
    pub run_dir: Option<PathBuf>,
}

impl RunDirArgs {
    /// The folder that was given, else a new folder in `ninefold-runs` whose name starts with `prefix`. From now on an interruption
    /// names the command that resumes the work there.
    pub fn folder(&self, prefix: &str, config: &Config) -> PathBuf {
        let folder = self.run_dir.clone().unwrap_or_else(|| default_folder(prefix, config));
        stop::on_interrupt(format!("to resume, type: {}", command_for(&folder)));
        folder
    }
}
