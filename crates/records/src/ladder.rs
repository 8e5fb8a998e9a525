//! What each step from one config to another is worth. Every score is one on validation texts.

use serde::{Deserialize, Serialize};

use crate::{pair_name, setting_name};
use ninefold_core::phrasing::{all_listed, counted};
use ninefold_data::Protocol;
use ninefold_metrics::{ConfidenceLevel, Interval, MainScore};

/// One setting that a step changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// "model.pooling".
    pub key: String,
    /// Its value at the foot.
    pub from: String,
    /// Its value at the top.
    pub to: String,
}

/// One training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LadderRun {
    /// The embedding: "word2vec".
    pub embedding: String,
    /// The network: "gru".
    pub model: String,
    /// Its seed.
    pub seed: u64,
    /// The main score on validation after the best epoch; none where training failed.
    pub score: Option<f64>,
    /// Epochs trained.
    pub epochs: usize,
    /// Seconds of training, on the threads that it had.
    pub seconds: f64,
    /// Trained numbers.
    pub parameters: usize,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// All trainings with the same settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LadderVariant {
    /// The mean score; none where a training failed.
    pub score: Option<f64>,
    /// Where it lies, as far as texts and seeds can tell.
    pub interval: Option<Interval>,
    /// Mean seconds of a training.
    pub seconds: f64,
    /// The trainings, pair after pair.
    pub runs: Vec<LadderRun>,
}

/// The difference of two rungs' scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Gain {
    /// In shares: 0.02 is two points.
    pub difference: f64,
    /// Where it lies, by the paired bootstrap over texts and seeds.
    pub interval: Interval,
    /// How probable so large a difference would be between equals; Holm-corrected over all steps.
    pub p: f64,
}

/// One step, and what it is worth.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LadderStep {
    /// "pooling".
    pub name: String,
    /// The settings that it changes.
    pub changes: Vec<Change>,
    /// The rung with it less the rung before it.
    pub added: Option<Gain>,
    /// The top less the top without it.
    pub left_out: Option<Gain>,
}

/// A ladder. Its JSON is a contract with scripts: keys are added, never renamed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LadderResults {
    /// How the texts were read and split.
    pub protocol: Protocol,
    /// The score that counts.
    pub main_score: MainScore,
    /// The steps from the foot to the top.
    pub steps: Vec<LadderStep>,
    /// The foot, then the rung above each step. `[steps + 1]`
    pub rungs: Vec<LadderVariant>,
    /// The top without each step. `[steps]`
    pub without: Vec<LadderVariant>,
    /// The top less the foot.
    pub whole: Option<Gain>,
    /// How often the texts were drawn again.
    pub n_resamples: usize,
    /// The level of intervals and tests.
    #[serde(default)]
    pub confidence_level: ConfidenceLevel,
}

impl LadderResults {
    /// "word2vec + gru", or how many pairs the scores are means of; and the seeds.
    pub fn means_of(&self) -> String {
        let Some(foot) = self.rungs.first() else { return String::new() };
        let mut pairs: Vec<String> = foot.runs.iter().map(|run| pair_name(&run.embedding, &run.model)).collect();
        let trainings = pairs.len();
        pairs.dedup();
        let seeds = trainings / pairs.len().max(1);
        let pairs = if pairs.len() <= 3 { all_listed(&pairs) } else { counted(pairs.len(), "pair") };
        if seeds > 1 { format!("{pairs}, {}", counted(seeds, "seed")) } else { pairs }
    }
}

impl Gain {
    /// Whether it is significant at this level.
    pub fn is_significant(&self, level: ConfidenceLevel) -> bool {
        level.is_significant(self.p)
    }
}

impl LadderStep {
    /// Whether it makes a significant difference, added or left out.
    pub fn is_significant(&self, level: ConfidenceLevel) -> bool {
        [self.added, self.left_out].into_iter().flatten().any(|gain| gain.is_significant(level))
    }

    /// "pooling last -> max, segments 4 -> 3".
    pub fn described(&self) -> String {
        let change = |change: &Change| format!("{} {} -> {}", setting_name(&change.key), change.from, change.to);
        self.changes.iter().map(change).collect::<Vec<_>>().join(", ")
    }
}
