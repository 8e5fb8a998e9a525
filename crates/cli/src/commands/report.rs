//! `ninefold report`: run folders -> one page.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use ninefold::files::write_atomically;
use ninefold::lab::RunFolder;
use ninefold::records::RunRecords;
use ninefold::report::html::{RunReport, ladder_page, page, search_page};

use crate::output::Output;
use crate::usage::Usage;

/// `ninefold report`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold report ninefold-runs/A                        writes ninefold-runs/A/report.html
  ninefold report ninefold-runs/A ninefold-runs/B -o both.html")]
pub struct ReportArgs {
    /// Run folders, finished or not; or the folder of a search
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<PathBuf>,
    /// The file to write [default: report.html in the last run's folder]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &ReportArgs, output: &Output) -> Result<()> {
    let folders = args.runs.iter().map(|run| RunFolder::open(run)).collect::<ninefold::Result<Vec<_>>>()?;
    let alone = match folders.as_slice() {
        [folder] => page_of_its_own(folder.records())?,
        several => {
            match several.iter().map(|folder| page_of_its_own(folder.records())).find(|page| !matches!(page, Ok(None)))
            {
                None => None,
                Some(Err(error)) => return Err(error),
                Some(Ok(_)) => {
                    let what = "a search or a ladder has a page of its own: give its folder alone";
                    return Err(Usage(what.to_string()).into());
                }
            }
        }
    };
    let (page, name) = match alone {
        Some(page) => page,
        None => (page(&folders.iter().map(report_of).collect::<Result<Vec<_>>>()?)?, "report.html"),
    };
    let beside = || folders.last().map(|folder| folder.path().join(name)).unwrap_or_default();
    let path = args.output.clone().unwrap_or_else(beside);
    write_atomically(&path, |out| out.write_all(page.as_bytes()))?;
    output.print(&format!("{}\n", path.display()))
}

/// The page of a folder that holds no comparison, and its name.
fn page_of_its_own(records: &RunRecords) -> Result<Option<(String, &'static str)>> {
    let settings = records.config_text();
    if let Some(search) = records.search()? {
        return Ok(Some((search_page(&search, &settings)?, "search.html")));
    }
    let ladder = records.ladder()?;
    Ok(ladder.map(|ladder| ladder_page(&ladder, &settings)).transpose()?.map(|page| (page, "ladder.html")))
}

/// What the page of a comparison shows.
fn report_of(folder: &RunFolder) -> Result<RunReport> {
    Ok(RunReport::read(folder.records(), folder.config()?.trainings())?)
}
