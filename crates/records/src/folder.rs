//! The files of a run folder that records are read from.

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::check::{Check, checked};
use crate::diagnosis::write_suspects;
use crate::{
    DiagnosisRecord, Environment, LadderResults, Leaderboard, Mistake, PairRecord, Prediction, Row, SearchResults,
    model,
};
use ninefold_core::error::{Error, Result};
use ninefold_core::files::{read_json, write_json};
use ninefold_core::phrasing::CsvCells;
use ninefold_data::Document;
use ninefold_metrics::Confusion;
use ninefold_nn::train::Epoch;

const CONFIG: &str = "config.toml";
const ENVIRONMENT: &str = "environment.json";
const LEADERBOARD: &str = "leaderboard.json";
const DIAGNOSIS: &str = "diagnosis.json";
const SUSPECTS: &str = "suspects.csv";
const LENGTHS: &str = "test_lengths.json";
const SEARCH: &str = "search.json";
const LADDER: &str = "ladder.json";
/// Of a row, in its own folder.
const RECORD: &str = "metrics.json";
const HISTORY: &str = "history.csv";
const PREDICTIONS: &str = "predictions.csv";
const MISTAKES: &str = "mistakes.json";
const EXAMPLES: &str = "examples.json";
/// The settings that an ablation starts from, written before its first training.
const LADDER_FROM: &str = "from.toml";

/// A run folder and the names of its files. It need not exist yet, and holds no lock.
///
/// What is missing because the run is not finished is `None`, `Ok(None)` or empty; what is damaged is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecords {
    path: PathBuf,
    csv_cells: CsvCells,
}

impl RunRecords {
    /// Those of the folder `path`.
    pub fn at(path: impl Into<PathBuf>) -> RunRecords {
        RunRecords { path: path.into(), csv_cells: CsvCells::default() }
    }

    /// The same folder; CSV files are written with such cells. They are read back whichever cells they have.
    #[must_use]
    pub fn with_csv_cells(self, csv_cells: CsvCells) -> RunRecords {
        RunRecords { csv_cells, ..self }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder's own name.
    pub fn name(&self) -> String {
        self.path.file_name().map_or(self.path.display().to_string(), |name| name.to_string_lossy().into_owned())
    }

    /// Where the settings are.
    pub fn config_path(&self) -> PathBuf {
        self.path.join(CONFIG)
    }

    /// The settings as they were written, with comments; empty where there are none.
    pub fn config_text(&self) -> String {
        fs::read_to_string(self.config_path()).unwrap_or_default()
    }

    /// Where the settings are that an ablation starts from.
    pub fn ladder_from_path(&self) -> PathBuf {
        self.path.join(LADDER_FROM)
    }

    /// The results so far.
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when no row is finished yet, [`Error::Format`](ninefold_core::Error::Format) when the file is damaged.
    pub fn leaderboard(&self) -> Result<Leaderboard> {
        Leaderboard::load(&self.path.join(LEADERBOARD))
    }

    /// Writes the results so far.
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when the file cannot be written.
    pub fn write_leaderboard(&self, leaderboard: &Leaderboard) -> Result<()> {
        leaderboard.save(&self.path.join(LEADERBOARD))
    }

    /// True where a comparison left results.
    pub fn is_comparison(&self) -> bool {
        self.path.join(LEADERBOARD).is_file()
    }

    /// The machine and the program of the run.
    ///
    /// # Errors
    /// [`Error::Format`](ninefold_core::Error::Format) when the file is damaged.
    pub fn environment(&self) -> Result<Option<Environment>> {
        self.json(ENVIRONMENT)
    }

    /// Writes the machine and the program of the run.
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when the file cannot be written.
    pub fn write_environment(&self, environment: &Environment) -> Result<()> {
        write_json(&self.path.join(ENVIRONMENT), environment)
    }

    /// What limits the scores; `None` where it was not diagnosed.
    ///
    /// # Errors
    /// [`Error::Format`](ninefold_core::Error::Format) when the file is damaged.
    pub fn diagnosis(&self) -> Result<Option<DiagnosisRecord>> {
        self.checked(DIAGNOSIS)
    }

    /// Writes what limits the scores, after the table of suspicious labels.
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when a file cannot be written.
    pub fn write_diagnosis(&self, record: &DiagnosisRecord) -> Result<()> {
        write_suspects(&self.path.join(SUSPECTS), &record.diagnosis, self.csv_cells)?;
        write_json(&self.path.join(DIAGNOSIS), record)
    }

    /// Removes what limits the scores and the table of suspicious labels, where they are of another state of the run.
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when a file cannot be removed.
    pub fn remove_diagnosis(&self) -> Result<()> {
        let there = [DIAGNOSIS, SUSPECTS].map(|name| self.path.join(name)).into_iter().filter(|path| path.is_file());
        there.into_iter().try_for_each(|path| fs::remove_file(&path).map_err(Error::io("remove", path)))
    }

    /// Where the suspicious labels are.
    pub fn suspects_path(&self) -> PathBuf {
        self.path.join(SUSPECTS)
    }

    /// Number of tokens, known and unknown, of each test text, in the order of the predictions.
    ///
    /// # Errors
    /// [`Error::Format`](ninefold_core::Error::Format) when the file is damaged.
    pub fn test_lengths(&self) -> Result<Vec<usize>> {
        Ok(self.json(LENGTHS)?.unwrap_or_default())
    }

    /// Writes the number of tokens of each test text.
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when the file cannot be written.
    pub fn write_test_lengths(&self, lengths: &[usize]) -> Result<()> {
        write_json(&self.path.join(LENGTHS), &lengths)
    }

    /// The folder of a row's files.
    pub fn folder(&self, row: &Row) -> PathBuf {
        self.path.join(&row.folder)
    }

    /// The record of a row; `None` when the row is not finished.
    ///
    /// # Errors
    /// [`Error::Format`](ninefold_core::Error::Format) when the file is damaged.
    pub fn record(&self, row: &Row) -> Result<Option<PairRecord>> {
        self.checked(&format!("{}/{RECORD}", row.folder))
    }

    /// Writes the record of a row, after all its other files: from then on the row is finished.
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when the file cannot be written.
    pub fn write_record(&self, record: &PairRecord) -> Result<()> {
        write_json(&self.folder(&record.row).join(RECORD), record)
    }

    /// The training of a row, epoch by epoch; empty where there are no epochs.
    ///
    /// # Errors
    /// [`Error::Format`](ninefold_core::Error::Format) when the file is damaged.
    pub fn history(&self, row: &Row) -> Result<Vec<Epoch>> {
        let path = self.folder(row).join(HISTORY);
        if path.is_file() { model::read_history(&path) } else { Ok(Vec::new()) }
    }

    /// Writes the training of a row.
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when the file cannot be written.
    pub fn write_history(&self, row: &Row, history: &[Epoch]) -> Result<()> {
        model::write_history(&self.folder(row).join(HISTORY), history)
    }

    /// What a row's model predicted for each test text.
    ///
    /// # Errors
    /// [`Error::Format`](ninefold_core::Error::Format) when the file is missing or damaged.
    pub fn predictions(&self, row: &Row) -> Result<Vec<Prediction>> {
        model::read_predictions(&self.predictions_path(row))
    }

    /// Where the predictions of a row's model are.
    pub fn predictions_path(&self, row: &Row) -> PathBuf {
        self.folder(row).join(PREDICTIONS)
    }

    /// Writes what a row's model predicted for each test text, and how sure it was.
    ///
    /// # Shapes
    /// `predicted` `[documents]`, `probabilities` `[documents, labels]`
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when the file cannot be written.
    pub fn write_predictions(
        &self,
        row: &Row,
        documents: &[Document],
        labels: &[String],
        predicted: &[u32],
        probabilities: &[f32],
    ) -> Result<()> {
        let path = self.predictions_path(row);
        model::write_predictions(&path, documents, labels, predicted, probabilities, self.csv_cells)
    }

    /// Writes a row's confusion matrix: a line per true class, a column per predicted one.
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when the file cannot be written.
    pub fn write_confusion(&self, row: &Row, confusion: &Confusion, labels: &[String]) -> Result<()> {
        model::write_confusion(&self.folder(row).join("confusion.csv"), confusion, labels, self.csv_cells)
    }

    /// The mistakes that a row's model was surest of.
    ///
    /// # Errors
    /// [`Error::Format`](ninefold_core::Error::Format) when the file is damaged.
    pub fn mistakes(&self, row: &Row) -> Result<Vec<Mistake>> {
        Ok(self.json_of(row, MISTAKES)?.unwrap_or_default())
    }

    /// Writes the mistakes that a row's model was surest of.
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when the file cannot be written.
    pub fn write_mistakes(&self, row: &Row, mistakes: &[Mistake]) -> Result<()> {
        write_json(&self.folder(row).join(MISTAKES), &mistakes)
    }

    /// Examples of each class that was taken for another.
    ///
    /// # Errors
    /// [`Error::Format`](ninefold_core::Error::Format) when the file is damaged.
    pub fn examples(&self, row: &Row) -> Result<Vec<Mistake>> {
        Ok(self.json_of(row, EXAMPLES)?.unwrap_or_default())
    }

    /// Writes examples of each class that was taken for another.
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when the file cannot be written.
    pub fn write_examples(&self, row: &Row, examples: &[Mistake]) -> Result<()> {
        write_json(&self.folder(row).join(EXAMPLES), &examples)
    }

    /// The results of a search, finished or not; `None` where the folder holds none.
    ///
    /// # Errors
    /// [`Error::Format`](ninefold_core::Error::Format) when the file is damaged.
    pub fn search(&self) -> Result<Option<SearchResults>> {
        self.checked(SEARCH)
    }

    /// Writes the results of a search.
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when the file cannot be written.
    pub fn write_search(&self, results: &SearchResults) -> Result<()> {
        write_json(&self.path.join(SEARCH), results)
    }

    /// True for the folder of a search, finished or not.
    pub fn is_search(&self) -> bool {
        self.path.join(SEARCH).is_file()
    }

    /// The results of an ablation; `None` where the folder holds none.
    ///
    /// # Errors
    /// [`Error::Format`](ninefold_core::Error::Format) when the file is damaged.
    pub fn ladder(&self) -> Result<Option<LadderResults>> {
        self.checked(LADDER)
    }

    /// Writes the results of an ablation.
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when the file cannot be written.
    pub fn write_ladder(&self, results: &LadderResults) -> Result<()> {
        write_json(&self.path.join(LADDER), results)
    }

    /// True for the folder of an ablation, finished or not.
    pub fn is_ladder(&self) -> bool {
        self.ladder_from_path().is_file()
    }

    /// A file of the folder, if it is there.
    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let path = self.path.join(name);
        path.is_file().then(|| read_json(&path)).transpose()
    }

    /// A file of the folder, if it is there: a record whose numbers are checked.
    fn checked<T: DeserializeOwned + Check>(&self, name: &str) -> Result<Option<T>> {
        self.json(name)?.map(|record| checked(&self.path.join(name), record)).transpose()
    }

    /// A file of a row, if it is there.
    fn json_of<T: DeserializeOwned>(&self, row: &Row, name: &str) -> Result<Option<T>> {
        self.json(&format!("{}/{name}", row.folder))
    }
}
