//! A run folder, finished or not -> what its page shows.

use rustc_hash::FxHashMap;

use crate::store::record::{self, Mistake};
use crate::{Environment, RunFolder};
use ninefold_core::error::Result;
use ninefold_core::files::read_json;
use ninefold_core::phrasing::{counted, thousands};
use ninefold_report::page::{MistakeReport, ModelReport, RunReport, page};
use ninefold_report::{Leaderboard, Row, RowKind};
use ninefold_text::vocab::{Coverage, PartCoverage};

/// The page of these runs, side by side where there are several.
///
/// # Errors
/// [`Error::Format`](ninefold_core::Error::Format) for a file of a run that was altered. What is missing is left out: a run that is
/// not finished has a page, too, which says so.
pub fn report(folders: &[RunFolder]) -> Result<String> {
    page(&folders.iter().map(gather).collect::<Result<Vec<_>>>()?)
}

fn gather(folder: &RunFolder) -> Result<RunReport> {
    let leaderboard = match folder.leaderboard() {
        Ok(board) => board,
        Err(ninefold_core::Error::Io { .. }) => Leaderboard::default(), // nothing is finished yet
        Err(error) => return Err(error),
    };
    let path = folder.path();
    let name = path.file_name().map_or(path.display().to_string(), |name| name.to_string_lossy().into_owned());
    let board = leaderboard.merged();
    let models = board.ranked(board.main_column()).into_iter().filter(|row| row.accuracy().is_some());
    Ok(RunReport {
        name,
        facts: folder.facts(&leaderboard)?,
        models: models.filter_map(|row| model(folder, row).transpose()).collect::<Result<_>>()?,
        lengths: optional(folder, "test_lengths.json")?.unwrap_or_default(),
        coverage: coverage(&leaderboard.coverage),
        environment: optional::<Environment>(folder, "environment.json")?.map_or(Vec::new(), environment),
        config: folder.config_text(),
        unfinished: unfinished(folder, &leaderboard)?,
        leaderboard,
    })
}

/// A file of the folder, if it is there.
fn optional<T: serde::de::DeserializeOwned>(folder: &RunFolder, name: &str) -> Result<Option<T>> {
    let path = folder.path().join(name);
    path.is_file().then(|| read_json(&path)).transpose()
}

fn model(folder: &RunFolder, row: &Row) -> Result<Option<ModelReport>> {
    let (Some(record), files) = (folder.record(row)?, folder.folder(row)) else { return Ok(None) };
    let history = files.join("history.csv");
    let history = if history.is_file() { record::read_history(&history)? } else { Vec::new() };
    let predictions = record::read_predictions(&files.join("predictions.csv"))?;
    let ids: FxHashMap<&str, u32> = (0..).zip(&record.labels).map(|(id, label)| (label.as_str(), id)).collect();
    let id = |label: &str| ids.get(label).copied().unwrap_or_default();
    let mistakes: Vec<Mistake> = optional(folder, &format!("{}/mistakes.json", row.folder))?.unwrap_or_default();
    let examples: Vec<Mistake> = optional(folder, &format!("{}/examples.json", row.folder))?.unwrap_or_default();
    Ok(Some(ModelReport {
        name: row.pair(),
        folder: row.folder.clone(),
        history: history.iter().map(|epoch| [epoch.train_accuracy, epoch.validation_accuracy]).collect(),
        best_epoch: record.row.best_epoch,
        classes: record.confusion.class_scores(),
        answers: predictions.iter().map(|line| (id(&line.truth), id(&line.predicted))).collect(),
        probabilities: predictions.iter().map(|line| line.probability).collect(),
        sources: predictions.into_iter().map(|line| line.source).collect(),
        mistakes: mistakes.into_iter().map(shown).collect(),
        examples: examples.into_iter().map(shown).collect(),
        calibration_error: record.calibration_error,
        calibration_error_uncalibrated: record.calibration_error_uncalibrated,
        temperature: record.chosen.get("temperature").copied(),
        reliability: record.reliability,
        labels: record.labels,
        confusion: record.confusion,
    }))
}

fn shown(Mistake { source, truth, predicted, probability, text }: Mistake) -> MistakeReport {
    MistakeReport { source, truth, predicted, probability, text }
}

fn coverage(parts: &PartCoverage) -> Vec<[String; 6]> {
    let line = |name: &str, part: &Coverage| {
        [
            name.to_string(),
            thousands(part.texts),
            thousands(part.tokens as usize),
            format!("{:.1} %", 100.0 * part.out_of_vocabulary()),
            format!("{:.0}", part.lengths.median),
            thousands(part.lengths.max),
        ]
    };
    vec![line("train", &parts.train), line("validation", &parts.validation), line("test", &parts.test)]
}

fn environment(environment: Environment) -> Vec<(String, String)> {
    let Environment { program, os, arch, cpu, cpus, simd, threads, started, peak_memory_bytes } = environment;
    let peak = peak_memory_bytes.map(|bytes| ("peak memory", format!("{} MiB", thousands((bytes >> 20) as usize))));
    let lines = [
        ("program", program),
        ("system", format!("{os}, {arch}")),
        ("processor", format!("{cpu}, {}, {simd}", counted(cpus, "core"))),
        ("threads", threads.to_string()),
        ("started", started),
    ];
    lines.into_iter().chain(peak).map(|(name, value)| (name.to_string(), value)).collect()
}

/// How much of the run is there, where it is not all.
fn unfinished(folder: &RunFolder, board: &Leaderboard) -> Result<Option<String>> {
    let config = folder.config()?;
    let wanted = config.pairs().count() * config.seeds;
    let found = board.rows.iter().filter(|row| row.kind() == RowKind::Pair).count();
    let is_whole = found == wanted && board.statistics.is_some();
    Ok((!is_whole).then(|| format!("Unfinished: {found} of {} trained so far.", counted(wanted, "pair"))))
}
