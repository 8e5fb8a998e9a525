//! Records as tables, sentences and web pages, for people and for scripts.
//!
//! *takes* the records of a run folder ([`ninefold_records`]) -> *gives*
//!
//! ```text
//! text/     terminal tables, Markdown, CSV, LaTeX, the differences of two leaderboards, the sentences below a table
//! html/     report.html, search.html, ladder.html and ladder.svg, the map of word vectors
//! folder    the same as files of the run folder
//! ```
//!
//! *Invariant:* a view computes no score and no p-value; what is significant is decided by the confidence level in the record.

mod folder;
pub mod html;
#[cfg(test)]
mod mutations;
mod phrases;
#[cfg(test)]
mod sample;
mod text;

pub use folder::{
    insights_of, write_diagnosis_page, write_ladder_pages, write_run_page, write_search_page, write_tables,
};
pub use text::bench::bench_table;
pub use text::column::Column;
pub use text::diagnosis::{diagnosis_details, diagnosis_text};
pub use text::diff::{Diff, PairChange, Side, SideScores, diff};
pub use text::distilled::distilled_table;
pub use text::export::leaderboard_csv;
pub use text::grid::View;
pub use text::insights::insights;
pub use text::ladder::{ladder_insights, ladder_table};
pub use text::plain::plain_table;
pub use text::search::{search_insights, search_table};
pub use text::table::{leaderboard_latex, leaderboard_markdown, leaderboard_table};
