//! How good answers are: confusion matrix, accuracy, precision, recall, F1, log loss, with scikit-learn's meaning.
//!
//! Takes label ids and probabilities, whatever made them -> gives scores in \[0, 1\]. Rows of a confusion matrix are the
//! truth, columns what was predicted; a quotient without a denominator is 0 (`zero_division = 0`); a macro average is over the
//! classes that are in the truth or in the answers. How far chance moves a score is in `bootstrap`, which differences it does not explain
//! in `paired`, both for many contenders at once in `compare`; how several models answer together in `vote` and `selection`; what
//! a threshold on the probability of a class gives in `thresholds`, and which answer costs least in `decision`.

pub mod bootstrap;
pub mod calibration;
pub mod compare;
mod confusion;
pub mod decision;
mod folds;
mod level;
mod main_score;
pub mod paired;
mod probabilities;
mod proportion;
mod ranking;
mod scores;
mod selection;
pub mod thresholds;
mod vote;

pub use bootstrap::{Interval, StatisticsConfig};
pub use confusion::{Confused, Confusion};
pub use folds::{stratified_folds, stratified_order};
pub use level::ConfidenceLevel;
pub use main_score::{MainScore, RankBy, are_uneven};
pub use probabilities::{log_loss, most_probable};
pub use proportion::{wilson, wilson_at};
pub use ranking::{RocAuc, roc_auc};
pub use scores::{ClassScores, Scores};
pub use selection::select;
pub use vote::{LEAST, Rule, Vote, log_scores, tempered};
