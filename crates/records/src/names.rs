//! What rows and settings are called, and what a row is.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The embedding of a baseline or an ensemble that has none.
pub const NO_EMBEDDING: &str = "none";
/// The name of the ensemble whose members are weighted by a regression.
pub const STACKED: &str = "stacked";

/// What a row is about. In JSON it is two keys, `"baseline": false, "ensemble": false`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Flags", into = "Flags")]
pub enum RowKind {
    /// An embedding with a network.
    #[default]
    Pair,
    /// A model without a network, for comparison.
    Baseline,
    /// Several of the others, whose predictions are combined.
    Ensemble,
}

/// [`RowKind`] in JSON.
#[derive(Serialize, Deserialize)]
struct Flags {
    #[serde(default)]
    baseline: bool,
    #[serde(default)]
    ensemble: bool,
}

impl From<Flags> for RowKind {
    fn from(flags: Flags) -> RowKind {
        match flags {
            Flags { ensemble: true, .. } => RowKind::Ensemble,
            Flags { baseline: true, .. } => RowKind::Baseline,
            Flags { .. } => RowKind::Pair,
        }
    }
}

impl From<RowKind> for Flags {
    fn from(kind: RowKind) -> Flags {
        Flags { baseline: kind == RowKind::Baseline, ensemble: kind == RowKind::Ensemble }
    }
}

/// "word2vec + gru"; without an embedding the model's name alone.
pub fn pair_name(embedding: &str, model: &str) -> String {
    if embedding == NO_EMBEDDING { model.to_string() } else { format!("{embedding} + {model}") }
}

/// "hidden_size" of "model.hidden_size".
pub fn setting_name(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// A value as a config file has it, words without their quotes.
pub fn setting_value(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
