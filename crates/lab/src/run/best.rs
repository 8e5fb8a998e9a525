//! What validation chooses among the saved models of a finished run, copied to where it is found at once; and which of the others
//! stay on the disk.
//!
//! ```text
//! rows with their models --> best validation score (ties: the faster) --> best/, best-network/, best.json --> keep_models
//! ```
//!
//! The test texts have no say in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::run::texts::Texts;
use crate::store::folder::{BEST, BEST_NETWORK};
use crate::{Config, KeepModels, RunFolder};
use ninefold_core::error::{Error, Result};
use ninefold_core::files::{read_json, write_json};
use ninefold_core::phrasing::counted;
use ninefold_core::progress::Progress;
use ninefold_models::bundle::{self, Placing};
use ninefold_models::predictor::Predictor;
use ninefold_records::{Leaderboard, Row, RowKind};

type IsCandidate = fn(&Row) -> bool;

/// The folder of each copy, and which rows it may be of.
const COPIES: [(&str, IsCandidate); 2] = [(BEST, |_| true), (BEST_NETWORK, |row| row.kind == RowKind::Pair)];
const RECORD: &str = "best.json";
/// Texts that a model labels to be timed.
const TIMED_TEXTS: usize = 200;
/// How long it labels them, at least.
const TIMED: Duration = Duration::from_millis(100);

/// Of which row a copy is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Copied {
    /// Its name: "word2vec + gru".
    name: String,
    /// Its folder in the run folder.
    folder: String,
    /// The key of its record: another run's copy is not taken for this one's.
    key: String,
    /// Milliseconds that it took for a text, where validation could not decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ms_per_text: Option<f64>,
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

/// Copies the best models, removes what `keep_models` does not want, and says what there is.
///
/// # Errors
/// Those of the disk; [`Error::Interrupted`] when `progress` says so.
pub(crate) fn keep(
    board: &Leaderboard,
    config: &Config,
    texts: &Texts,
    folder: &RunFolder,
    progress: &dyn Progress,
) -> Result<()> {
    let record = folder.path().join(RECORD);
    let earlier = read_json(&record).unwrap_or_default(); // a damaged one is written anew
    let best = Best { board, texts, folder, progress, earlier };
    let mut copies: BTreeMap<String, Copied> = BTreeMap::new();
    if config.keep_models != KeepModels::None {
        for (name, is_candidate) in COPIES {
            if let Some(copied) = best.copy(name, is_candidate)? {
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
    best.say_what_is_kept(config.keep_models)
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
        let Some((row, key, ms_per_text)) = self.choose(candidates, earlier)? else { return Ok(None) };
        let copied = Copied { name: row.pair(), folder: row.folder.clone(), key, ms_per_text };
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

    /// The row with the best validation score, of equals that with the better F1, of equals the one that was chosen before or labels
    /// texts faster; without validation texts the first.
    fn choose<'r>(
        &self,
        candidates: Vec<(&'r Row, String)>,
        earlier: Option<&Copied>,
    ) -> Result<Option<(&'r Row, String, Option<f64>)>> {
        if self.texts.validation.is_empty() {
            return Ok(candidates.into_iter().next().map(|(row, key)| (row, key, None)));
        }
        let score = |row: &Row| {
            let scores = row.validation.unwrap_or_default();
            (self.board.main_score.of(&scores), scores.f1_weighted)
        };
        let best =
            candidates.iter().map(|(row, _)| score(row)).fold(None, |best: Option<(f64, f64)>, score| match best {
                Some(best) if best >= score => Some(best),
                _ => Some(score),
            });
        let mut tied: Vec<(&Row, String)> =
            candidates.into_iter().filter(|(row, _)| Some(score(row)) == best).collect();
        if tied.len() < 2 {
            return Ok(tied.pop().map(|(row, key)| (row, key, None)));
        }
        let was_chosen = |(row, key): &(&Row, String)| {
            earlier.is_some_and(|earlier| earlier.folder == row.folder && earlier.key == *key)
        };
        if let Some(place) = tied.iter().position(was_chosen) {
            let (row, key) = tied.swap_remove(place);
            return Ok(Some((row, key, earlier.and_then(|earlier| earlier.ms_per_text))));
        }
        let mut fastest: Option<(&Row, String, f64)> = None;
        for (row, key) in tied {
            let ms = self.ms_per_text(&self.folder.model(row))?;
            if fastest.as_ref().is_none_or(|(.., least)| ms < *least) {
                fastest = Some((row, key, ms));
            }
        }
        Ok(fastest.map(|(row, key, ms)| (row, key, Some(ms))))
    }

    /// How long a saved model takes for a text: of several passes over validation texts the fastest.
    fn ms_per_text(&self, model: &Path) -> Result<f64> {
        let corpus = &self.texts.corpus;
        let documents = if corpus.validation.is_empty() { &corpus.train } else { &corpus.validation };
        let documents = &documents[..documents.len().min(TIMED_TEXTS)];
        let predictor = Predictor::load(model)?;
        let (begin, mut fastest) = (Instant::now(), f64::INFINITY);
        while fastest.is_infinite() || begin.elapsed() < TIMED {
            let start = Instant::now();
            predictor.predict_documents(documents, self.progress)?;
            fastest = fastest.min(start.elapsed().as_secs_f64());
        }
        Ok(1e3 * fastest / documents.len().max(1) as f64)
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
