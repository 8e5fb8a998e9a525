//! `ninefold report`: run folders -> one web page.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueHint};
use ninefold::files::write_atomically;
use ninefold::lab::RunFolder;
use ninefold::records::RunRecords;
use ninefold::report::html::{RunReport, ladder_page, page, search_page};

use crate::output::Output;
use crate::usage::Usage;

/// Write the web page of a run again, or one page of several runs
///
/// The page is one file that needs no network.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold report ninefold-runs/A                        writes ninefold-runs/A/report.html
  ninefold report ninefold-runs/A ninefold-runs/B -o both.html")]
pub struct ReportArgs {
    /// Run folders, finished or not, or the folder of one search or ablation
    #[arg(value_name = "RUN", required = true, value_hint = ValueHint::DirPath)]
    pub runs: Vec<PathBuf>,
    /// The file to write [default: report.html in the last run folder]
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Leave every text out of the page, for texts that must not be copied; sources and labels stay
    #[arg(long)]
    pub no_texts: bool,
}

/// Runs the command.
pub fn run(args: &ReportArgs, output: &Output) -> Result<()> {
    let folders = args.runs.iter().map(|run| RunFolder::open(run)).collect::<ninefold::Result<Vec<_>>>()?;
    let Page { html, name } = page_of(&folders, args.no_texts)?;
    let beside = || folders.last().map(|folder| folder.path().join(name)).unwrap_or_default();
    let path = args.output.clone().unwrap_or_else(beside);
    write_atomically(&path, |out| out.write_all(html.as_bytes()))?;
    output.print(&format!("{}\n", path.display()))
}

/// A page, and the name of its file in a run folder.
struct Page {
    html: String,
    name: &'static str,
}

fn page_of(folders: &[RunFolder], without_texts: bool) -> Result<Page> {
    let special = folders.iter().map(|folder| special_page(folder.records())).collect::<Result<Vec<_>>>()?;
    match special.into_iter().flatten().next() {
        Some(page) if folders.len() == 1 => Ok(page),
        Some(_) => {
            let error = "a search or an ablation has a page of its own: give its folder alone";
            Err(Usage(error.to_string()).into())
        }
        None => {
            let mut reports = folders.iter().map(report_of).collect::<Result<Vec<_>>>()?;
            if without_texts {
                reports = reports.into_iter().map(RunReport::without_texts).collect();
            }
            Ok(Page { html: page(&reports)?, name: "report.html" })
        }
    }
}

/// The page of a search or an ablation; `None` for a comparison.
fn special_page(records: &RunRecords) -> Result<Option<Page>> {
    let settings = records.config_text();
    if let Some(search) = records.search()? {
        return Ok(Some(Page { html: search_page(&search, &settings)?, name: "search.html" }));
    }
    let Some(ablation) = records.ladder()? else { return Ok(None) };
    Ok(Some(Page { html: ladder_page(&ablation, &settings)?, name: "ladder.html" }))
}

/// What the page of a comparison shows.
fn report_of(folder: &RunFolder) -> Result<RunReport> {
    Ok(RunReport::read(folder.records(), folder.config()?.trainings())?)
}
