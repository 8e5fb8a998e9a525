//! Whether a comparison ends with a diagnosis.

use serde::{Deserialize, Serialize};

/// What is diagnosed at the end of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Diagnose {
    /// What takes seconds: no network is trained.
    #[default]
    Default,
    /// Nothing.
    None,
}
