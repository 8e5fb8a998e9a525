//! The answers of all models of a run, read back from its folder -> intervals, ranks and comparisons in its leaderboard.

use rustc_hash::FxHashMap;

use crate::run::texts::Texts;
use crate::store::record::read_predictions;
use crate::{Config, RunFolder};
use ninefold_core::error::{Error, Result};
use ninefold_report::{Leaderboard, Row, Statistics, TestAnswers};

/// Judges all rows that have scores.
///
/// # Errors
/// [`Error::Format`] when the predictions of a row are missing or altered.
pub(crate) fn judge(board: &mut Leaderboard, config: &Config, texts: &Texts, folder: &RunFolder) -> Result<()> {
    let ids: FxHashMap<&str, u32> = (0..).zip(&texts.corpus.labels).map(|(id, label)| (label.as_str(), id)).collect();
    let truth = texts.test.labels();
    let answers = |row: &Row| -> Result<Option<Vec<u32>>> {
        if row.accuracy().is_none() {
            return Ok(None);
        }
        let path = folder.folder(row).join("predictions.csv");
        let predictions = read_predictions(&path)?;
        let labels: Option<Vec<u32>> =
            predictions.iter().map(|prediction| ids.get(prediction.predicted.as_str()).copied()).collect();
        let labels = labels.filter(|labels| labels.len() == truth.len());
        let expected = format!("predictions of {} test texts, each one of the classes", truth.len());
        labels.map(Some).ok_or_else(|| Error::format(path.display(), expected, "others"))
    };
    let predicted = board.rows.iter().map(answers).collect::<Result<Vec<_>>>()?;
    let answers = TestAnswers { truth, predicted: &predicted, num_classes: texts.corpus.labels.len() };
    board.judge(answers, &config.statistics, config.seed);
    let evaluations = predicted.iter().flatten().count();
    board.statistics = Some(Statistics {
        n_resamples: config.statistics.n_resamples,
        confidence_level: config.statistics.confidence_level,
        looks: evaluations,
        looks_ever: texts.test_evaluations.total().unwrap_or(evaluations),
    });
    Ok(())
}
