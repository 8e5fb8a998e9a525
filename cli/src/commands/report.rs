//! `ninefold report`: run folders -> one page.

use std::io::Write;

use anyhow::Result;
use ninefold::experiment::{RunFolder, read_results, report};
use ninefold::files::write_atomically;
use ninefold::report::page::search_page;

use crate::args::ReportArgs;
use crate::options::Usage;
use crate::output::Output;

/// Runs the command.
pub fn run(args: &ReportArgs, output: &Output) -> Result<()> {
    let folders = args.runs.iter().map(|run| RunFolder::open(run)).collect::<ninefold::Result<Vec<_>>>()?;
    let mut searches = Vec::new();
    for folder in &folders {
        searches.extend(read_results(folder.path())?);
    }
    let (page, name) = match searches.as_slice() {
        [] => (report(&folders)?, "report.html"),
        [search] if folders.len() == 1 => (search_page(search, &folders[0].config_text())?, "search.html"),
        _ => return Err(Usage("a search has a page of its own: give its folder alone".to_string()).into()),
    };
    let beside = || folders.last().map(|folder| folder.path().join(name)).unwrap_or_default();
    let path = args.output.clone().unwrap_or_else(beside);
    write_atomically(&path, |out| out.write_all(page.as_bytes()))?;
    output.print(&format!("{}\n", path.display()))
}
