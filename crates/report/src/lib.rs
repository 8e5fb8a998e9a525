//! What came out, for people and for scripts.
//!
//! Takes the record of each trained model ([`Row`]) and the protocol -> gives a [`Leaderboard`] as a terminal table,
//! Markdown, CSV, LaTeX, JSON or a web page, with ranks that chance cannot shuffle (`standings`); the [`facts`] that a
//! person would want; and the [`diff`] of two leaderboards. It sees records only: no model, no text.

mod bench;
mod column;
mod diff;
mod export;
mod facts;
mod grid;
mod ladder;
mod leaderboard;
mod limit;
mod merged;
pub mod page;
mod phrases;
mod plain;
mod search;
mod standings;
mod table;
mod together;

pub use bench::bench_table;
pub use column::Column;
pub use diff::{Diff, Difference, PairChange, Side, SideScores, diff, differences};
pub use facts::facts;
pub use grid::View;
pub use ladder::{Change, Gain, LadderAnswers, LadderResults, LadderRun, LadderStep, Rung};
pub use leaderboard::{Leaderboard, Member, NO_EMBEDDING, Row, RowKind, STACKED, Seconds};
pub use plain::plain_table;
pub use search::{SearchResults, Trial};
pub use standings::{Comparison, Intervals, Standing, Statistics, TestAnswers};
