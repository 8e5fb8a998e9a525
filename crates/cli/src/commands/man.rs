//! `ninefold man`: a manual page for each command.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueHint};
use ninefold::Error;

use crate::output::Output;

/// Write the manual pages, one per command, into a folder
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold man ~/.local/share/man/man1
  ninefold man man && man man/ninefold-compare.1")]
pub struct ManArgs {
    /// The folder to write
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
}

/// Runs the command.
pub fn run(args: &ManArgs, output: &Output) -> Result<()> {
    let folder = &args.folder;
    std::fs::create_dir_all(folder).map_err(Error::io("create the folder", folder))?;
    clap_mangen::generate_to(crate::command(), folder).map_err(Error::io("write the manual pages into", folder))?;
    output.say(&format!("{}: manual pages; try: man {0}/ninefold.1", folder.display()));
    Ok(())
}
