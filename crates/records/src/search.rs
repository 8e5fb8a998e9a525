//! What a search tried: the record of each trial, and all of them. Every score is one on validation texts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{pair_name, setting_name, setting_value};
use ninefold_data::Protocol;
use ninefold_metrics::MainScore;

/// One place of the space: its settings and how far it was trained.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Of everything that its scores depend on but the settings below.
    pub key: String,
    /// Its number, from 0.
    pub trial: usize,
    /// The embedding: "word2vec".
    pub embedding: String,
    /// The network: "gru".
    pub model: String,
    /// The settings that were drawn: "model.hidden_size" -> 64.
    pub settings: BTreeMap<String, Value>,
    /// The validation score after each epoch.
    pub validation: Vec<f64>,
    /// The best score so far at each number of epochs after which trials are judged.
    pub rungs: Vec<f64>,
    /// The rung that it was on its way to when this was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub underway: Option<usize>,
    /// True when more epochs would change nothing: it was trained to the end, or stopped early.
    pub finished: bool,
    /// Trained numbers.
    pub parameters: usize,
    /// Seconds of training.
    pub seconds: f64,
    /// Why it could not be trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Trial {
    /// The best validation score so far.
    pub fn score(&self) -> Option<f64> {
        self.validation.iter().copied().reduce(f64::max).filter(|_| self.error.is_none())
    }

    /// The pair's name: "word2vec + gru".
    pub fn pair(&self) -> String {
        pair_name(&self.embedding, &self.model)
    }

    /// "hidden_size 64, dropout 0.3".
    pub fn described(&self) -> String {
        let settings =
            self.settings.iter().map(|(key, value)| format!("{} {}", setting_name(key), setting_value(value)));
        settings.collect::<Vec<_>>().join(", ")
    }
}

/// A search, finished or not. Its JSON is a contract with scripts: keys are added, never renamed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchResults {
    /// How the texts were read and split.
    pub protocol: Protocol,
    /// The score on validation by which trials are judged.
    pub main_score: MainScore,
    /// The epochs after which trials are judged.
    pub rungs: Vec<usize>,
    /// The settings that are searched, and whether on a logarithmic scale.
    pub keys: Vec<(String, bool)>,
    /// The number of the best trial.
    pub best: Option<usize>,
    /// All trials in the order of their numbers.
    pub trials: Vec<Trial>,
    /// Seconds that the search has taken so far, all of its parts together.
    pub seconds: f64,
    /// True when the budget was used up.
    pub finished: bool,
}

impl SearchResults {
    /// The trials, the best first: by score, of equals the one that was tried first; failures last.
    pub fn ranked(&self) -> Vec<&Trial> {
        let mut ranked: Vec<&Trial> = self.trials.iter().collect();
        let score = |trial: &Trial| trial.score().unwrap_or(f64::NEG_INFINITY);
        ranked.sort_by(|a, b| score(b).total_cmp(&score(a)).then(a.trial.cmp(&b.trial)));
        ranked
    }

    /// The best trial.
    pub fn best(&self) -> Option<&Trial> {
        self.ranked().into_iter().next().filter(|trial| trial.score().is_some())
    }
}
