//! A run folder, finished or not -> what its page shows.

use std::collections::HashMap;

use crate::insights_of;
use crate::text::column::Column;
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::{counted, thousands};
use ninefold_metrics::calibration::Bin;
use ninefold_metrics::{ClassScores, Confusion};
use ninefold_records::{DiagnosisRecord, Environment, Leaderboard, Mistake, Row, RowKind, RunRecords};
use ninefold_text::vocab::{Coverage, PartCoverage};

/// All that is shown of a run.
#[derive(Clone, Debug, Default)]
pub struct RunReport {
    /// The name of its folder.
    pub name: String,
    /// Its results.
    pub leaderboard: Leaderboard,
    /// What they say.
    pub insights: Vec<String>,
    /// What limits the scores, where that was diagnosed.
    pub diagnosis: Option<DiagnosisRecord>,
    /// Every model with scores, in the leaderboard's order; of a pair with several seeds the one that validation picked.
    pub models: Vec<ModelReport>,
    /// Tokens of each test text, in the order of the answers.
    pub lengths: Vec<usize>,
    /// How much of each part the vocabulary knows: part, texts, tokens, share of unknown ones, median and longest text.
    pub coverage: Vec<[String; 6]>,
    /// Program, processor and the like.
    pub environment: Vec<(String, String)>,
    /// The settings as a config file.
    pub config: String,
    /// What is missing, where the run is not complete.
    pub unfinished: Option<String>,
}

/// What is shown of one model.
#[derive(Clone, Debug, Default)]
pub struct ModelReport {
    /// "word2vec + gru".
    pub name: String,
    /// Where its files lie in the run folder.
    pub folder: String,
    /// Epoch by epoch: accuracy on train and on validation.
    pub history: Vec<[f64; 2]>,
    /// The epoch that was kept, from 1; 0 where there are none.
    pub best_epoch: usize,
    /// Class names.
    pub labels: Vec<String>,
    /// On the test texts.
    pub confusion: Confusion,
    /// Per class.
    pub classes: Vec<ClassScores>,
    /// Mean distance between how sure answers are and how often they are right.
    pub calibration_error: Option<f64>,
    /// The same without the temperature that validation chose.
    pub calibration_error_uncalibrated: Option<f64>,
    /// That temperature.
    pub temperature: Option<f64>,
    /// How sure answers were and how often they were right, in bins.
    pub reliability: Vec<Bin>,
    /// The answer to each test text: class ids of truth and prediction.
    pub answers: Vec<(u32, u32)>,
    /// How sure it was of each.
    pub probabilities: Vec<f64>,
    /// Where the test texts come from.
    pub sources: Vec<String>,
    /// The mistakes that it was surest of.
    pub mistakes: Vec<Mistake>,
    /// A few short texts of each class taken for another.
    pub examples: Vec<Mistake>,
}

impl RunReport {
    /// The report of the run in a folder whose config asks for `expected_pairs` trainings. What is missing is left out: a run
    /// that is not finished has a report, too, which says so.
    ///
    /// # Errors
    /// [`Error::Format`] for a file that is damaged.
    pub fn read(records: &RunRecords, expected_pairs: usize) -> Result<RunReport> {
        let leaderboard = match records.leaderboard() {
            Ok(board) => board,
            Err(Error::Io { .. }) => Leaderboard::default(), // nothing is finished yet
            Err(error) => return Err(error),
        };
        let board = leaderboard.merged();
        let rows = Column::of_score(board.main_score).ranked(&board);
        let models = rows.into_iter().filter(|row| row.accuracy().is_some());
        Ok(RunReport {
            name: records.name(),
            insights: insights_of(records, &leaderboard)?,
            models: models.filter_map(|row| model(records, row).transpose()).collect::<Result<_>>()?,
            diagnosis: records.diagnosis()?,
            lengths: records.test_lengths()?,
            coverage: coverage(&leaderboard.coverage),
            environment: records.environment()?.map_or(Vec::new(), environment),
            config: records.config_text(),
            unfinished: unfinished(&leaderboard, expected_pairs),
            leaderboard,
        })
    }

    /// The same without a word of the texts; their sources remain.
    pub fn without_texts(mut self) -> RunReport {
        let shown = self.models.iter_mut().flat_map(|model| model.mistakes.iter_mut().chain(&mut model.examples));
        shown.for_each(|mistake| mistake.text.clear());
        let without =
            |record: DiagnosisRecord| DiagnosisRecord { diagnosis: record.diagnosis.without_texts(), ..record };
        self.diagnosis = self.diagnosis.map(without);
        self
    }

    /// The model of that name.
    pub(crate) fn model(&self, name: &str) -> Option<&ModelReport> {
        self.models.iter().find(|model| model.name == name)
    }
}

fn model(records: &RunRecords, row: &Row) -> Result<Option<ModelReport>> {
    let Some(record) = records.record(row)? else { return Ok(None) };
    let history = records.history(row)?;
    let predictions = records.predictions(row)?;
    let ids: HashMap<&str, u32> = (0..).zip(&record.labels).map(|(id, label)| (label.as_str(), id)).collect();
    let id = |label: &str| ids.get(label).copied().unwrap_or_default();
    Ok(Some(ModelReport {
        name: row.pair(),
        folder: row.folder.clone(),
        history: history.iter().map(|epoch| [epoch.train_accuracy, epoch.validation_accuracy]).collect(),
        best_epoch: record.row.best_epoch,
        classes: record.confusion.class_scores(),
        answers: predictions.iter().map(|line| (id(&line.truth), id(&line.predicted))).collect(),
        probabilities: predictions.iter().map(|line| line.probability).collect(),
        sources: predictions.into_iter().map(|line| line.source).collect(),
        mistakes: records.mistakes(row)?,
        examples: records.examples(row)?,
        calibration_error: record.calibration_error,
        calibration_error_uncalibrated: record.calibration_error_uncalibrated,
        temperature: record.chosen.get("temperature").copied(),
        reliability: record.reliability,
        labels: record.labels,
        confusion: record.confusion,
    }))
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
fn unfinished(board: &Leaderboard, expected_pairs: usize) -> Option<String> {
    let found = board.rows.iter().filter(|row| row.kind == RowKind::Pair).count();
    let is_whole = found == expected_pairs && board.statistics.is_some();
    (!is_whole).then(|| format!("Unfinished: {found} of {} trained so far.", counted(expected_pairs, "pair")))
}
