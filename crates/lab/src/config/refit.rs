//! Which models are trained a second time, on train and validation together.

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// Which models a comparison trains once more on train and validation, when validation has made every choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refit {
    /// None: test texts are answered by the models that validation has judged.
    None,
    /// The baselines, which takes little time.
    #[default]
    Baselines,
    /// Baselines and networks, with word vectors of their own.
    All,
}

/// Writes the true (all) and false (none) of earlier configs as the names of today.
pub(super) fn rename(table: &mut Table) {
    if let Some(refit) = table.get_mut("refit")
        && let Some(is_all) = refit.as_bool()
    {
        *refit = Value::from(if is_all { "all" } else { "none" });
    }
}
