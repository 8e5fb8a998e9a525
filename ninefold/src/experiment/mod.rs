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

use std::path::Path;

pub use config::{Config, EmbeddingKind, ModelConfig};
pub use embedding::EmbeddingConfig;
pub use environment::Environment;
pub use folder::{RunFolder, default_folder};
pub use presets::{PRESETS, preset};
pub use record::{ClassRow, PairRecord};
pub use resolve::{Sources, resolve};
pub use texts::PartCoverage;
pub use vectors::VectorCoverage;

use crate::error::Result;
use crate::progress::Progress;
use crate::report::Leaderboard;
use pair::Trainer;
use texts::Texts;
use vectors::Vectors;

/// Trains and scores every pair of the config, keeping everything in `folder`; what an earlier run of the same config left
/// there is gone on with.
///
/// A pair whose loss is no longer a number is recorded with that error, and the others go on.
///
/// # Errors
/// Those of the corpus, the vectors and the disk; [`Error::Interrupted`](crate::Error::Interrupted) when `progress` says so:
/// the folder then holds the finished pairs and the last epoch of the unfinished one.
pub fn run(config: &Config, folder: &Path, progress: &dyn Progress) -> Result<Leaderboard> {
    config.validate()?;
    let folder = RunFolder::create(folder, config)?;
    let texts = Texts::load(config, progress)?;
    folder.write_coverage(&texts.coverage)?;
    let key = folder::key(config, &texts.fingerprint)?;
    let mut leaderboard = Leaderboard { protocol: texts.corpus.protocol.clone(), rows: Vec::new() };
    for &embedding in &config.embeddings {
        let mut vectors = None; // made when the first unfinished network asks for them
        for &model in &config.models {
            let record = match folder.finished(embedding, model, &key)? {
                Some(record) => {
                    progress.notice(&format!("{}: finished earlier", record.row.pair()));
                    record
                }
                None => {
                    let vectors = match &vectors {
                        Some(vectors) => vectors,
                        None => vectors.insert(Vectors::make(embedding, config, &texts, progress)?),
                    };
                    Trainer { config, texts: &texts, vectors, folder: &folder, key: &key, embedding, model }
                        .run(progress)?
                }
            };
            leaderboard.rows.push(record.row);
            folder.write_leaderboard(&leaderboard)?;
        }
    }
    Ok(leaderboard)
}
