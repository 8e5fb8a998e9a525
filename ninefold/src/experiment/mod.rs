//! One config -> every embedding with every network, trained, scored and kept in a run folder.
//!
//! ```text
//! preset, file, flags --> resolve --> Config --> texts --> vectors --> pair (train, score, save) --> Leaderboard
//!                                       |                                |
//!                                       +---------- run folder ----------+   what is finished is not done again
//! ```
//!
//! Knows no terminal: whoever watches passes a [`Progress`].

mod checkpoint;
mod clock;
mod commented;
mod config;
mod embedding;
mod environment;
mod folder;
mod pair;
mod presets;
mod record;
mod resolve;
mod texts;
mod vectors;

use std::collections::BTreeMap;
use std::path::Path;

pub use config::{Config, EmbeddingKind, ModelConfig};
pub use embedding::EmbeddingConfig;
pub use environment::Environment;
pub use folder::{RunFolder, default_folder};
pub use presets::{PRESETS, preset};
pub use record::{ClassRow, PairRecord};
pub use resolve::{Sources, resolve};
pub use vectors::VectorCoverage;

use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::report::{Leaderboard, Row};
use pair::Trainer;
use texts::Texts;
use vectors::Vectors;

/// Trains and scores every pair of the config, keeping everything in `folder`; what an earlier run of the same config left
/// there is gone on with.
///
/// A pair whose loss is no longer a number is recorded with that error, and the others go on.
///
/// # Errors
/// Those of the corpus, the vectors and the disk; [`Error::Interrupted`] when `progress` says so:
/// the folder then holds the finished pairs and the last epoch of the unfinished one.
pub fn run(config: &Config, folder: &Path, progress: &dyn Progress) -> Result<Leaderboard> {
    config.validate()?;
    RunFolder::check(folder, config)?;
    if !config.model.precision.is_available() {
        let wanted = config.model.precision.name();
        progress.notice(&format!("this processor has no matrix products of {wanted}: the networks run in f32"));
    }
    let texts = Texts::load(config, progress)?;
    let folder = RunFolder::create(folder, config)?;
    let key = folder::key(config, &texts.fingerprint)?;
    let (protocol, coverage) = (texts.corpus.protocol.clone(), texts.coverage.clone());
    let mut leaderboard = Leaderboard { protocol, coverage, rows: Vec::new() };
    let mut finished = BTreeMap::new();
    for (embedding, model) in config.pairs() {
        if let Some(record) = folder.finished(embedding, model, &key)? {
            progress.notice(&format!("{}: finished earlier", record.row.pair()));
            finished.insert((embedding, model), record.row);
        }
    }
    let is_unfinished = |embedding| config.models.iter().any(|&model| !finished.contains_key(&(embedding, model)));
    // What may be missing or out of reach is asked for before hours are spent on the others.
    let mut loaded = match EmbeddingKind::Glove {
        glove if config.loads_glove() && is_unfinished(glove) => Some(Vectors::make(glove, config, &texts, progress)?),
        _ => None,
    };
    for &embedding in &config.embeddings {
        let vectors = match loaded.take_if(|_| embedding == EmbeddingKind::Glove) {
            Some(vectors) => Ok(Some(vectors)),
            None if is_unfinished(embedding) => Vectors::make(embedding, config, &texts, progress).map(Some),
            None => Ok(None),
        };
        let vectors = match vectors {
            // Vectors that cannot be learned from these texts fail their own rows only.
            Err(Error::Data { what }) => Err(what),
            vectors => Ok(vectors?),
        };
        for &model in &config.models {
            let row = match (finished.get(&(embedding, model)), &vectors) {
                (Some(row), _) => Row::clone(row),
                (None, Ok(Some(vectors))) => {
                    let pair = (embedding, model);
                    Trainer { config, texts: &texts, vectors, folder: &folder, key: &key, pair }.run(progress)?.row
                }
                (None, Ok(None)) => unreachable!("vectors are made for every unfinished network"),
                (None, Err(what)) => pair::failed((embedding, model), config.seed, what),
            };
            leaderboard.rows.push(row);
            folder.write_leaderboard(&leaderboard)?;
        }
    }
    Ok(leaderboard)
}
