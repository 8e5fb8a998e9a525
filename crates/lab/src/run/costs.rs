//! What each saved model takes to answer: *takes* the rows of a finished run -> *gives* each with its [`Cost`], kept in its record.
//!
//! Nothing else computes meanwhile, and each model has one thread.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::RunFolder;
use crate::run::texts::Texts;
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::counted;
use ninefold_core::progress::{Progress, Silent};
use ninefold_core::threads::within;
use ninefold_data::Document;
use ninefold_models::bundle;
use ninefold_models::predictor::Predictor;
use ninefold_records::{Cost, Leaderboard};

/// Texts that a model labels to be timed.
const TIMED_TEXTS: usize = 64;
/// How often it labels them, at most.
const PASSES: usize = 10;
/// After how long it does not label them again.
const TIMED: Duration = Duration::from_millis(50);

/// Measures every row that has a model and was not measured before.
///
/// # Errors
/// Those of the disk; [`Error::Interrupted`] when `progress` says so.
pub(crate) fn measure(
    board: &mut Leaderboard,
    texts: &Texts,
    folder: &RunFolder,
    progress: &dyn Progress,
) -> Result<()> {
    let documents = timed(texts);
    let unmeasured = board.rows.iter_mut().filter(|row| row.cost.is_none() && row.accuracy().is_some());
    let mut rows: Vec<_> = unmeasured.filter(|row| folder.model(row).is_dir()).collect();
    progress.begin(&format!("costs of {}", counted(rows.len(), "model")), "models", Some(rows.len() as u64));
    let measured = rows.iter_mut().try_for_each(|row| {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let cost = cost(&folder.model(row), &documents)?;
        row.cost = Some(cost);
        progress.advance(1);
        let Some(mut record) = folder.record(row)? else { return Ok(()) };
        record.row.cost = Some(cost);
        folder.records().write_record(&record)
    });
    progress.end();
    measured
}

/// Validation texts from all over the part, training texts where there are none.
fn timed(texts: &Texts) -> Vec<&Document> {
    let corpus = &texts.corpus;
    let all = if corpus.validation.is_empty() { &corpus.train } else { &corpus.validation };
    all.iter().step_by(all.len().div_ceil(TIMED_TEXTS).max(1)).collect()
}

fn cost(model: &Path, documents: &[&Document]) -> Result<Cost> {
    let predictor = Predictor::load(model)?;
    Ok(Cost {
        ms_per_text: within(1, || ms_per_text(&predictor, documents))?,
        disk_bytes: bundle::bytes(model)?,
        memory_bytes: predictor.memory_bytes() as u64,
    })
}

/// Of several passes the fastest.
fn ms_per_text(predictor: &Predictor, documents: &[&Document]) -> Result<f64> {
    let (begin, mut fastest) = (Instant::now(), f64::INFINITY);
    for pass in 0..PASSES {
        if pass > 0 && begin.elapsed() > TIMED {
            break;
        }
        let start = Instant::now();
        predictor.predict_documents(documents, &Silent)?;
        fastest = fastest.min(start.elapsed().as_secs_f64());
    }
    Ok(1e3 * fastest / documents.len().max(1) as f64)
}
