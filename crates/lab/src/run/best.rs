//! What validation chooses among the saved models of a finished run, copied to where it is found at once; and which of the others
//! stay on the disk.
//!
//! ```text
//! rows with their models and costs --> best validation score (ties: the faster) --> best/, best-network/, best.json --> keep_models
//! ```
//!
//! The test texts have no say in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::run::texts::Texts;
use crate::store::folder::{BEST, BEST_NETWORK};
use crate::{Config, KeepModels, RunFolder};
use ninefold_core::error::{Error, Result};
use ninefold_core::files::{read_json, write_json};
use ninefold_core::phrasing::counted;
use ninefold_core::progress::Progress;
use ninefold_metrics::decision::Decision;
use ninefold_models::bundle::{self, Placing, set_decision};
use ninefold_records::{Deploy, Leaderboard, Row, RowKind, Threshold};

type IsCandidate = fn(&Row) -> bool;

/// The folder of each copy, and which rows it may be of.
const COPIES: [(&str, IsCandidate); 2] = [(BEST, |_| true), (BEST_NETWORK, |row| row.kind == RowKind::Pair)];
const RECORD: &str = "best.json";

/// Of which row a copy is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Copied {
    /// Its name: "word2vec + gru".
    name: String,
    /// Its folder in the run folder.
    folder: String,
    /// The key of its record: another run's copy is not taken for this one's.
    key: String,
}

/// The copies of a run folder.
struct Best<'a> {
    board: &'a Leaderboard,
    texts: &'a Texts,
    folder: &'a RunFolder,
    progress: &'a dyn Progress,
    /// What an earlier run copied, by the name of the copy's folder.
    earlier: BTreeMap<String, Copied>,
}

/// Copies the best models, removes what `keep_models` does not want, and says what there is. The row whose copy is in `best` is the
/// one to deploy; a copy answers by the decision of its row, if there is one.
///
/// # Errors
/// Those of the disk; [`Error::Interrupted`] when `progress` says so.
pub(crate) fn keep(
    board: &mut Leaderboard,
    config: &Config,
    texts: &Texts,
    folder: &RunFolder,
    decisions: &[(String, Decision)],
    progress: &dyn Progress,
) -> Result<()> {
    let record = folder.path().join(RECORD);
    let earlier = read_json(&record).unwrap_or_default(); // a damaged one is written anew
    let decision_of = |row: &str| decisions.iter().find(|(folder, _)| folder == row).map(|(_, decision)| decision);
    let best = Best { board, texts, folder, progress, earlier };
    let mut copies: BTreeMap<String, Copied> = BTreeMap::new();
    if config.keep_models != KeepModels::None {
        for (name, is_candidate) in COPIES {
            if let Some(copied) = best.copy(name, is_candidate)? {
                set_decision(&folder.path().join(name), decision_of(&copied.folder))?;
                let size = megabytes(bundle::bytes(&folder.path().join(name))?);
                progress.notice(&format!("{name}: {} ({size})", copied.name));
                copies.insert(name.to_string(), copied);
            }
        }
    }
    for (name, _) in COPIES.iter().filter(|(name, _)| !copies.contains_key(*name)) {
        remove(&folder.path().join(name))?;
    }
    if copies.is_empty() && record.is_file() {
        fs::remove_file(&record).map_err(Error::io("remove", &record))?;
    } else if !copies.is_empty() {
        write_json(&record, &copies)?;
    }
    if config.keep_models != KeepModels::All {
        board.rows.iter().try_for_each(|row| remove(&folder.model(row)))?;
    }
    best.say_what_is_kept(config.keep_models)?;
    let deployed = copies.get(BEST).and_then(|copied| board.rows.iter().find(|row| row.folder == copied.folder));
    board.deploy = deployed.and_then(|row| {
        let deploy = board.deploy(row, BEST)?;
        let threshold = decision_of(&row.folder).and_then(Decision::threshold).map(|probability| {
            Threshold { class: texts.corpus.labels[1].clone(), probability } // of two classes
        });
        Some(Deploy { threshold, ..deploy })
    });
    Ok(())
}

impl Best<'_> {
    /// Puts the best of the candidates into the folder `name`; `None` where no candidate has a model.
    fn copy(&self, name: &str, is_candidate: IsCandidate) -> Result<Option<Copied>> {
        let target = &self.folder.path().join(name);
        let earlier = self.earlier.get(name).filter(|_| target.is_dir());
        let mut candidates: Vec<(&Row, String)> = Vec::new();
        for row in self.board.rows.iter().filter(|row| is_candidate(row) && row.accuracy().is_some()) {
            let key = self.folder.record(row)?.map(|record| record.key).unwrap_or_default();
            let is_there = |copied: &Copied| copied.folder == row.folder && copied.key == key;
            if self.folder.model(row).is_dir() || earlier.is_some_and(is_there) {
                candidates.push((row, key));
            }
        }
        let Some((row, key)) = self.choose(candidates) else { return Ok(None) };
        let copied = Copied { name: row.pair(), folder: row.folder.clone(), key };
        let model = self.folder.model(row);
        if model.is_dir() {
            let new = target.with_file_name(format!(".{name}"));
            remove(&new)?;
            bundle::copy(&model, &new, Placing::Link)?;
            remove(target)?;
            fs::rename(&new, target).map_err(Error::io("write", target))?;
        }
        Ok(Some(copied))
    }

    /// The candidate that validation chooses, with its key; without validation texts the first.
    fn choose<'r>(&'r self, candidates: Vec<(&'r Row, String)>) -> Option<(&'r Row, String)> {
        let is_candidate = |row: &Row| candidates.iter().any(|(candidate, _)| candidate.folder == row.folder);
        let chosen = match self.texts.validation.is_empty() {
            true => candidates.first().map(|&(row, _)| row),
            false => self.board.best_of(is_candidate),
        }?;
        candidates.into_iter().find(|(row, _)| row.folder == chosen.folder)
    }

    fn say_what_is_kept(&self, keep: KeepModels) -> Result<()> {
        let models = self.board.rows.iter().map(|row| (row.kind, self.folder.model(row)));
        let models: Vec<PathBuf> = models
            .filter(|(kind, model)| *kind != RowKind::Ensemble && model.is_dir())
            .map(|(_, model)| model)
            .collect();
        let size: u64 = models.iter().map(|model| bundle::bytes(model)).sum::<Result<u64>>()?;
        self.progress.notice(&match keep {
            KeepModels::All => format!("{} kept: {}", counted(models.len(), "model"), megabytes(size)),
            KeepModels::Best => "keep_models = \"best\": no other model is kept".to_string(),
            KeepModels::None => "keep_models = \"none\": no model is kept".to_string(),
        });
        Ok(())
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// Removes a folder, if it is there.
fn remove(folder: &Path) -> Result<()> {
    if folder.is_dir() { fs::remove_dir_all(folder).map_err(Error::io("remove", folder)) } else { Ok(()) }
}
