//! `ninefold report`: run folders -> one page.

use std::io::Write;

use anyhow::Result;
use ninefold::experiment::{RunFolder, report};
use ninefold::files::write_atomically;

use crate::args::ReportArgs;
use crate::output::Output;

/// Runs the command.
pub fn run(args: &ReportArgs, output: &Output) -> Result<()> {
    let folders = args.runs.iter().map(|run| RunFolder::open(run)).collect::<ninefold::Result<Vec<_>>>()?;
    let page = report(&folders)?;
    let beside = || folders.last().map(|folder| folder.path().join("report.html")).unwrap_or_default();
    let path = args.output.clone().unwrap_or_else(beside);
    write_atomically(&path, |out| out.write_all(page.as_bytes()))?;
    output.print(&format!("{}\n", path.display()))
}
