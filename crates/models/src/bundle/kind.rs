//! What kind of model a folder holds.

use std::path::Path;

use super::CONFIG;
use ninefold_core::files::read_json;

/// What a folder holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A network, or no model at all: who loads it as a network is told.
    Network,
    /// A baseline.
    Linear,
    /// Several models.
    Ensemble,
}

/// What the `config.json` of a folder says that it holds.
pub fn kind(folder: &Path) -> Kind {
    match read_json::<serde_json::Value>(&folder.join(CONFIG)) {
        Ok(value) if value.get("members").is_some() => Kind::Ensemble,
        Ok(value) if value.get("kind").is_some_and(|kind| kind == "linear") => Kind::Linear,
        _ => Kind::Network,
    }
}

/// True for the folder of a saved ensemble; false for everything else.
pub fn is_ensemble(folder: &Path) -> bool {
    kind(folder) == Kind::Ensemble
}
