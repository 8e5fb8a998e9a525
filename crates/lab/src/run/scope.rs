//! Which part of a comparison a call does, and the rows that a comparison trains.

use crate::config::Pair;
use crate::{BaselineKind, Config, Embedding};
use ninefold_linear::baseline::Input;
use ninefold_records::Row;

/// A part of a comparison.
#[derive(Clone, Copy)]
pub(crate) enum Scope<'a> {
    /// All of it.
    All,
    /// What needs all rows: ensembles, statistics, the best model, a diagnosis. The rows are there already.
    Finish,
    /// The row of that folder: "pairs/word2vec-gru".
    Row(&'a str),
    /// The vectors of an embedding, which are left in the cache folder.
    Vectors(&'a Embedding),
}

impl Scope<'_> {
    /// Whether what needs all rows is left to another call.
    pub(crate) fn is_part(self) -> bool {
        matches!(self, Scope::Row(_) | Scope::Vectors(_))
    }

    /// Whether the row is trained.
    pub(crate) fn has(self, row: &Row) -> bool {
        match self {
            Scope::All | Scope::Finish => true,
            Scope::Row(folder) => row.folder == folder,
            Scope::Vectors(_) => false,
        }
    }
}

/// Every pair with every seed, one embedding's networks after another.
pub(crate) fn pairs(config: &Config) -> impl Iterator<Item = (Pair, u64)> + use<'_> {
    config.pairs().flat_map(|pair| config.all_seeds().map(move |seed| (pair.clone(), seed)))
}

/// Every baseline: those of the texts alone, then those of an embedding.
pub(crate) fn baselines(config: &Config) -> impl Iterator<Item = (BaselineKind, Option<Embedding>)> + use<'_> {
    let of_vectors = |kind: &BaselineKind| kind.input() == Input::Vectors;
    let all = config.baselines.iter().copied();
    let plain = all.clone().filter(move |kind| !of_vectors(kind)).map(|kind| (kind, None));
    let embedded = all.filter(of_vectors);
    plain.chain(embedded.flat_map(|kind| config.embeddings.iter().map(move |of| (kind, Some(of.clone())))))
}
