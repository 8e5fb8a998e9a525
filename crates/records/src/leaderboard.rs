//! The result records: one row per trained pair, under the protocol that their scores belong to.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::check::checked;
use crate::deploy::{Cost, Deploy, MeanCost};
use crate::{Comparison, Intervals, RowKind, Standing, Statistics, pair_name};
use ninefold_core::error::Result;
use ninefold_core::files;
use ninefold_core::phrasing::{CsvCells, counted};
use ninefold_data::Protocol;
use ninefold_metrics::{ConfidenceLevel, MainScore, Scores};
use ninefold_text::vocab::PartCoverage;

/// All results of one run. Its JSON is a contract with scripts: keys are added, never renamed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Leaderboard {
    /// The model to deploy; `None` until the run is complete, and where no model is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deploy: Option<Deploy>,
    /// How the texts were read and split.
    pub protocol: Protocol,
    /// How much of each part the vocabulary knows.
    #[serde(default)]
    pub coverage: PartCoverage,
    /// The score that models are chosen and ranked by.
    #[serde(default)]
    pub main_score: MainScore,
    /// Training texts of the smallest and of the largest class.
    #[serde(default)]
    pub class_sizes: [usize; 2],
    /// The most epochs of a network, where they follow from the texts (`training.epochs = "auto"`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_epochs: Option<usize>,
    /// What a limit of time shortened or left out (`--minutes`), in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shortened: Vec<String>,
    /// How text is written to the cells of `leaderboard.csv`.
    #[serde(default, skip_serializing_if = "CsvCells::is_default")]
    pub csv_cells: CsvCells,
    /// One row per pair and seed, then the baselines, then the ensembles of them.
    pub rows: Vec<Row>,
    /// One per pair, baseline and ensemble, the best on test first; empty until the run is complete.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standings: Vec<Standing>,
    /// Every two standings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comparisons: Vec<Comparison>,
    /// How intervals and ranks came about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics: Option<Statistics>,
}

/// What came out of one embedding with one network and one seed. Without `error`, all three parts have scores; those of an
/// ensemble only validation and test.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The embedding: "word2vec".
    pub embedding: String,
    /// The network: "gru".
    pub model: String,
    /// The seed of weights, order and dropout.
    pub seed: u64,
    /// Scores on the texts that were learned from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<Scores>,
    /// Scores on the texts by which the best epoch was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Scores>,
    /// Scores on the texts that were looked at once, at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Scores>,
    /// What it took.
    pub seconds: Seconds,
    /// Trained numbers of the network, those of the embedding included where it was tuned.
    pub parameters: usize,
    /// What the network did not read of the test texts; `None` where it read all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<Unread>,
    /// What its wrong answers cost, where costs were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_cost: Option<MeanCost>,
    /// What its saved model takes to answer; `None` before it was measured, and without a saved model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// Epochs trained.
    #[serde(default)]
    pub epochs: usize,
    /// The epoch whose parameters were kept, counted from 1.
    #[serde(default)]
    pub best_epoch: usize,
    /// Whether the model that answered the test texts was trained once more, on train and validation.
    #[serde(default, rename = "refitted", skip_serializing_if = "std::ops::Not::not")]
    pub is_refitted: bool,
    /// What it is: a pair, a baseline, an ensemble.
    #[serde(flatten)]
    pub kind: RowKind,
    /// The members of an ensemble, in the leaderboard's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Member>,
    /// 1 is the best; rows that do not differ significantly share a rank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<usize>,
    /// How far chance moves the test scores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Intervals>,
    /// Standard deviation of the test scores between seeds, where the row stands for several (see `merged`).
    #[serde(skip)]
    pub deviation: Option<Scores>,
    /// Where its files lie in the run folder: "pairs/word2vec-gru".
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub folder: String,
    /// Why there are no scores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What is left out of long texts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unread {
    /// Number of tokens after which a text is cut.
    pub max_len: usize,
    /// Fraction of the test texts that are longer.
    pub texts: f64,
    /// Fraction of the tokens of the test texts that are left out.
    pub tokens: f64,
}

/// A model that answers together with others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The name of its row: "word2vec + gru".
    pub name: String,
    /// The seed of its row.
    pub seed: u64,
    /// Where its files lie in the run folder.
    pub folder: String,
    /// How much it counts: in a vote all together 1, in a stacked ensemble the power to which its probabilities are raised.
    pub weight: f64,
}

/// Wall-clock seconds of one row's work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seconds {
    /// Training or loading the word vectors, also when other rows share them.
    pub embedding: f64,
    /// Training the network.
    pub train: f64,
    /// Answering for all three parts.
    pub evaluate: f64,
}

impl Seconds {
    /// All of it.
    pub fn total(&self) -> f64 {
        self.embedding + self.train + self.evaluate
    }
}

impl Row {
    /// Whether it is the baseline that reads no text and gives one answer to all.
    pub fn is_blind(&self) -> bool {
        self.kind == RowKind::Baseline && self.model == "majority"
    }

    /// The pair's name: "word2vec + gru"; of a baseline or an ensemble without an embedding its own.
    pub fn pair(&self) -> String {
        pair_name(&self.embedding, &self.model)
    }

    /// "word2vec + gru: test accuracy 71.9 %, validation 79.0 %, epoch 17 of 20, 310.0 s"; without test texts validation alone.
    pub fn summary(&self) -> String {
        let percent = |scores: Option<Scores>| format!("{:.1} %", 100.0 * scores.unwrap_or_default().accuracy);
        let validation = percent(self.validation);
        let scores = match self.test {
            Some(_) => format!("test accuracy {}, validation {validation}", percent(self.test)),
            None => format!("validation accuracy {validation}"),
        };
        let how = match (self.members.len(), self.best_epoch, self.seconds.train) {
            (0, 0, seconds) => format!("{seconds:.1} s"),
            (0, best, seconds) => format!("epoch {best} of {}, {seconds:.1} s", self.epochs),
            (members, ..) => counted(members, "model"),
        };
        format!("{}: {scores}, {how}", self.pair())
    }

    /// Whether it was trained and scored, be it on validation texts alone.
    pub fn is_scored(&self) -> bool {
        self.error.is_none() && self.validation.is_some()
    }

    /// A test score, if the pair has any.
    pub fn score(&self, main: MainScore) -> Option<f64> {
        self.test.filter(|_| self.error.is_none()).map(|scores| main.of(&scores))
    }

    /// The test accuracy, if the pair has one.
    pub fn accuracy(&self) -> Option<f64> {
        self.test.filter(|_| self.error.is_none()).map(|scores| scores.accuracy)
    }
}

impl Leaderboard {
    /// The level of intervals, comparisons and ranks.
    pub fn confidence_level(&self) -> ConfidenceLevel {
        self.statistics.as_ref().map_or(ConfidenceLevel::default(), |statistics| statistics.confidence_level)
    }

    /// The comparison of two rows by their names, whichever is the better.
    pub fn comparison(&self, one: &str, other: &str) -> Option<&Comparison> {
        self.comparisons.iter().find(|both| (both.a == one && both.b == other) || (both.a == other && both.b == one))
    }

    /// The pair that validation chooses; the test texts have no say in it. Where there is no pair, the baseline.
    pub fn best(&self) -> Option<&Row> {
        self.chosen(RowKind::Pair).or_else(|| self.chosen(RowKind::Baseline))
    }

    /// The row of that kind with the best validation score, of equals that with the better F1, then the faster, then the first;
    /// where costs were given, that with the lowest mean cost.
    pub fn chosen(&self, kind: RowKind) -> Option<&Row> {
        self.best_of(|row| row.kind == kind)
    }

    /// The same among some rows.
    pub fn best_of(&self, is_candidate: impl Fn(&Row) -> bool) -> Option<&Row> {
        let candidates = self.rows.iter().filter(|row| is_candidate(row) && row.accuracy().is_some());
        let score = |row: &Row| {
            let scores = row.validation.unwrap_or_default();
            let ms = row.cost.map_or(f64::INFINITY, |cost| cost.ms_per_text);
            let cost = row.mean_cost.map_or(f64::INFINITY, |mean| mean.validation);
            (-cost, self.main_score.of(&scores), scores.f1_weighted, -ms)
        };
        candidates.fold(None, |best, row| match best {
            Some(best) if score(best) >= score(row) => Some(best),
            _ => Some(row),
        })
    }

    /// Writes `leaderboard.json`.
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        files::write_json(path, self)
    }

    /// Reads `leaderboard.json`.
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when it cannot be read, [`Error::Format`](ninefold_core::Error::Format) with the line when
    /// it is no leaderboard.
    pub fn load(path: &Path) -> Result<Leaderboard> {
        checked(path, files::read_json(path)?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn board() -> Leaderboard {
        let scores = Some(Scores { accuracy: 0.75, ..Scores::default() });
        let row = Row {
            embedding: "word2vec".into(),
            model: "rnn".into(),
            train: scores,
            validation: scores,
            test: scores,
            ..Row::default()
        };
        Leaderboard { rows: vec![row], ..Leaderboard::default() }
    }

    #[test]
    fn json_keeps_its_contract() {
        let mut board = board();
        board.protocol.texts.test = 7532;
        let json = serde_json::to_value(&board).unwrap();
        let row = &json["rows"][0];
        assert_eq!(json["protocol"]["texts"]["test"], 7532);
        assert_eq!((row["embedding"].as_str(), row["model"].as_str()), (Some("word2vec"), Some("rnn")));
        for part in ["train", "validation", "test"] {
            for score in ["accuracy", "precision_weighted", "recall_weighted", "f1_weighted", "f1_macro"] {
                assert!((0.0..=1.0).contains(&row[part][score].as_f64().unwrap()), "{part}.{score}");
            }
        }
        for key in ["embedding", "train", "evaluate"] {
            assert!(row["seconds"][key].is_f64(), "seconds.{key}");
        }
        assert!(row["seed"].is_u64() && row["parameters"].is_u64() && row.get("error").is_none());
    }

    #[test]
    fn kind_is_two_flags_in_json_and_absent_flags_mean_a_pair() {
        for (kind, flags) in
            [(RowKind::Pair, (false, false)), (RowKind::Baseline, (true, false)), (RowKind::Ensemble, (false, true))]
        {
            let row = Row { kind, ..Row::default() };
            let json = serde_json::to_value(&row).unwrap();
            assert_eq!((json["baseline"].as_bool(), json["ensemble"].as_bool()), (Some(flags.0), Some(flags.1)));
            assert_eq!(serde_json::from_value::<Row>(json).unwrap(), row);
        }
        let text = serde_json::to_string(&Row::default()).unwrap();
        let old: Row = serde_json::from_str(&text.replace(r#""baseline":false,"ensemble":false,"#, "")).unwrap();
        assert_eq!(old, Row::default());
    }

    #[test]
    fn a_board_without_statistics_is_judged_at_the_default_level() {
        assert_eq!(board().confidence_level(), ConfidenceLevel::default());
        let old = r#"{"n_resamples": 2000, "looks": 1, "looks_ever": 2}"#;
        let statistics = Some(serde_json::from_str(old).unwrap());
        assert_eq!(Leaderboard { statistics, ..board() }.confidence_level(), ConfidenceLevel::new(0.95));
    }

    #[test]
    fn a_file_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run/leaderboard.json");
        let board = board();
        board.save(&path).unwrap();
        assert_eq!(Leaderboard::load(&path).unwrap(), board);
        std::fs::write(&path, "{\n\"rows\": [{\"embedding\": 3}]}").unwrap();
        let error = Leaderboard::load(&path).unwrap_err().to_string();
        assert!(error.contains("leaderboard.json:2: expected JSON as ninefold writes it"), "{error}");
    }
}
