//! Which trained models a run folder keeps.

use serde::{Deserialize, Serialize};

/// Which models stay on the disk when a comparison is complete. Scores and predictions always do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeepModels {
    /// Every row's, and the copies in `best` and `best-network`.
    #[default]
    All,
    /// Only `best` and `best-network`.
    Best,
    /// None.
    None,
}

impl KeepModels {
    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            KeepModels::All => "all",
            KeepModels::Best => "best",
            KeepModels::None => "none",
        }
    }
}
