//! The records of a run folder: what a comparison, a search, an ablation or a distillation found.
//!
//! *takes* measured values from whoever measured them -> *gives* files, and the same values back. Records know how they are
//! written, read and summed up over seeds; they draw no table and compute no statistics.
//!
//! *Invariant:* the JSON is a contract with scripts and old run folders: keys are added, never renamed, and a file of an older
//! version can be read.

mod check;
mod deploy;
mod diagnosis;
mod differences;
mod distilled;
mod environment;
mod folder;
mod ladder;
mod leaderboard;
mod merged;
mod model;
mod names;
mod search;
mod standing;

pub use deploy::{Choice, Cost, Deploy, MeanCost, Threshold};
pub use diagnosis::DiagnosisRecord;
pub use differences::{Difference, differences};
pub use distilled::{Distilled, DistilledRow};
pub use environment::Environment;
pub use folder::RunRecords;
pub use ladder::{Change, Gain, LadderResults, LadderRun, LadderStep, LadderVariant};
pub use leaderboard::{Leaderboard, Member, Row, Seconds, Unread};
pub use model::{ClassRow, Mistake, PairRecord, Prediction, VectorCoverage};
pub use names::{NO_EMBEDDING, RowKind, STACKED, pair_name, setting_name, setting_value};
pub use ninefold_metrics::compare::Intervals;
pub use ninefold_nn::bench::{Record as BenchRecord, Row as BenchRow};
pub use search::{SearchResults, Trial};
pub use standing::{Comparison, Standing, Statistics, picked};
