//! `ninefold cache`: the word vectors that comparisons have trained and cached.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, Subcommand};
use ninefold::report::plain_table;
use ninefold::{Error, Folders};
use serde::Serialize;

use crate::flags::output::FormatArgs;
use crate::output::Output;

/// List or delete cached word vectors
///
/// Comparisons, searches and ablations train word vectors once per set of texts and settings and cache them in NINEFOLD_CACHE_DIR.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold cache list
  ninefold cache clear")]
pub struct CacheArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: CacheCommand,
}

/// The commands about the cache.
#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// List cached word vectors and their sizes
    #[command(after_help = "Examples:\n  ninefold cache list\n  ninefold cache list --json")]
    List {
        /// How the list is printed.
        #[command(flatten)]
        format: FormatArgs,
    },
    /// Delete cached word vectors; downloads and the counts of test evaluations stay
    #[command(after_help = "Examples:\n  ninefold cache clear")]
    Clear,
}

/// A cached file.
#[derive(Debug, Serialize)]
struct Entry {
    path: PathBuf,
    bytes: u64,
}

/// Runs the command.
pub fn run(args: &CacheArgs, output: &Output) -> Result<()> {
    let folder = Folders::from_env().cache.unwrap_or_default().join("vectors");
    let entries = entries(&folder)?;
    match &args.command {
        CacheCommand::List { format } if format.is_json() => output.print_json(&entries),
        CacheCommand::List { .. } => output.print(&table(&folder, &entries)),
        CacheCommand::Clear => {
            for Entry { path, .. } in &entries {
                fs::remove_file(path).map_err(Error::io("delete", path))?;
            }
            output.say(&format!("{}: deleted {}", folder.display(), summary(&entries)));
            Ok(())
        }
    }
}

/// The files of a folder by name; none if it does not exist.
fn entries(folder: &Path) -> Result<Vec<Entry>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let list = || Error::io("list", folder);
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(list())? {
        let entry = entry.map_err(list())?;
        let metadata = entry.metadata().map_err(list())?;
        if metadata.is_file() {
            entries.push(Entry { path: entry.path(), bytes: metadata.len() });
        }
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(entries)
}

fn table(folder: &Path, entries: &[Entry]) -> String {
    if entries.is_empty() {
        return format!("{}: nothing cached\n", folder.display());
    }
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let row = |entry: &Entry| vec![name(&entry.path), megabytes(entry.bytes)];
    format!("{}{}: {}\n", plain_table(&["file", "MB"], 1, entries.iter().map(row)), folder.display(), summary(entries))
}

fn summary(entries: &[Entry]) -> String {
    let bytes = entries.iter().map(|entry| entry.bytes).sum();
    format!("{} files, {} MB", entries.len(), megabytes(bytes))
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}
