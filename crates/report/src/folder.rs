//! Views of a run as files of its folder.
//!
//! ```text
//! comparison   leaderboard.csv  leaderboard.md  report.html
//! search       search.html
//! ablation     ladder.html  ladder.svg
//! diagnosis    diagnosis.html
//! ```

use std::io::Write;

use crate::html::{RunReport, diagnosis_page, ladder_drawing, ladder_page, page, search_page};
use crate::text::column::Column;
use crate::text::insights::insights_with;
use crate::{leaderboard_csv, leaderboard_markdown};
use ninefold_core::error::Result;
use ninefold_core::files::write_atomically;
use ninefold_records::{DiagnosisRecord, LadderResults, Leaderboard, RunRecords, SearchResults};

/// What the results of a comparison say, in sentences.
///
/// # Errors
/// [`Error::Format`](ninefold_core::Error::Format) when the record of the best pair is damaged.
pub fn insights_of(records: &RunRecords, leaderboard: &Leaderboard) -> Result<Vec<String>> {
    let board = leaderboard.merged();
    let record = board.best().and_then(|row| records.record(row).transpose()).transpose()?;
    let diagnosis = records.diagnosis()?;
    let verdict = diagnosis.as_ref().map(|record| record.diagnosis.verdict.sentence.as_str());
    let confusion = record.as_ref().map(|record| (&record.confusion, record.labels.as_slice()));
    Ok(insights_with(leaderboard, confusion, verdict))
}

/// Writes the leaderboard as `leaderboard.csv` and `leaderboard.md`.
///
/// # Errors
/// As [`insights_of`]; [`Error::Io`](ninefold_core::Error::Io) when a file cannot be written.
pub fn write_tables(records: &RunRecords, leaderboard: &Leaderboard) -> Result<()> {
    let sort = Column::of_score(leaderboard.main_score);
    write(records, "leaderboard.csv", &leaderboard_csv(leaderboard, sort))?;
    write(records, "leaderboard.md", &leaderboard_markdown(leaderboard, sort, &insights_of(records, leaderboard)?))
}

/// Writes `report.html` of a comparison whose config asks for `expected_pairs` trainings.
///
/// # Errors
/// As [`RunReport::read`]; [`Error::Io`](ninefold_core::Error::Io) when the file cannot be written.
pub fn write_run_page(records: &RunRecords, expected_pairs: usize) -> Result<()> {
    write(records, "report.html", &page(&[RunReport::read(records, expected_pairs)?])?)
}

/// Writes `diagnosis.html`.
///
/// # Errors
/// [`Error::Io`](ninefold_core::Error::Io) when the file cannot be written.
pub fn write_diagnosis_page(records: &RunRecords, record: &DiagnosisRecord) -> Result<()> {
    write(records, "diagnosis.html", &diagnosis_page(record)?)
}

/// Writes `search.html`.
///
/// # Errors
/// [`Error::Io`](ninefold_core::Error::Io) when the file cannot be written.
pub fn write_search_page(records: &RunRecords, results: &SearchResults) -> Result<()> {
    write(records, "search.html", &search_page(results, &records.config_text())?)
}

/// Writes `ladder.html` and the drawing alone, `ladder.svg`.
///
/// # Errors
/// [`Error::Io`](ninefold_core::Error::Io) when a file cannot be written.
pub fn write_ladder_pages(records: &RunRecords, results: &LadderResults) -> Result<()> {
    write(records, "ladder.html", &ladder_page(results, &records.config_text())?)?;
    write(records, "ladder.svg", &ladder_drawing(results)?)
}

fn write(records: &RunRecords, name: &str, text: &str) -> Result<()> {
    write_atomically(&records.path().join(name), |out| out.write_all(text.as_bytes()))
}
