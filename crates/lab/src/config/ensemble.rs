//! Which ensembles of what was trained stand beside the others.

use serde::{Deserialize, Serialize};

use crate::{Config, Embedding};
use ninefold_nn::model::ModelKind;
use ninefold_records::{NO_EMBEDDING, Row, RowKind, STACKED};

/// Several of the trained models that answer together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnsembleKind {
    /// The seeds of each pair, all counting the same, where there are several.
    VoteSeeds,
    /// All networks, all counting the same.
    VoteNetworks,
    /// Those networks and baselines that validation chooses, the better the more often.
    VoteSelected,
    /// All networks and baselines, weighted by a regression on validation.
    Stacked,
}

impl EnsembleKind {
    /// All of them.
    pub const ALL: [EnsembleKind; 4] =
        [EnsembleKind::VoteSeeds, EnsembleKind::VoteNetworks, EnsembleKind::VoteSelected, EnsembleKind::Stacked];

    /// Its name in settings, folders and leaderboards.
    pub fn name(self) -> &'static str {
        match self {
            EnsembleKind::VoteSeeds => "vote_seeds",
            EnsembleKind::VoteNetworks => "vote_networks",
            EnsembleKind::VoteSelected => "vote_selected",
            EnsembleKind::Stacked => STACKED,
        }
    }

    /// Its rows, with their names and nothing else: one, or one for each pair.
    pub(crate) fn rows(self, config: &Config) -> Vec<Row> {
        let row = |embedding: &str, model: String, folder: String| Row {
            embedding: embedding.to_string(),
            model,
            folder: format!("ensembles/{folder}"),
            seed: config.seed,
            kind: RowKind::Ensemble,
            ..Row::default()
        };
        let of_pair = |(embedding, model): (Embedding, ModelKind)| {
            let model = format!("{}_{}", model.name(), self.name());
            row(embedding.name(), model.clone(), format!("{}-{model}", embedding.name()))
        };
        match self {
            EnsembleKind::VoteSeeds if config.seeds > 1 => config.pairs().map(of_pair).collect(),
            EnsembleKind::VoteSeeds => Vec::new(),
            other => vec![row(NO_EMBEDDING, other.name().to_string(), other.name().to_string())],
        }
    }
}
