//! The result records: one row per trained pair, under the protocol that their scores belong to.
//!
//! Takes what the experiment measured -> gives the file `leaderboard.json`, and rows in the order of any column.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Column;
use super::standings::{Comparison, Intervals, Standing, Statistics};
use ninefold_core::error::Result;
use ninefold_core::files;
use ninefold_core::phrasing::counted;
use ninefold_data::Protocol;
use ninefold_metrics::{MainScore, Scores};
use ninefold_text::vocab::PartCoverage;

/// What stands for the embedding of a baseline that has none.
pub const NO_EMBEDDING: &str = "none";
/// What the ensemble is called whose members are weighted by a regression.
pub const STACKED: &str = "stacked";

/// All results of one run. Its JSON is a contract with scripts: keys are added, never renamed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Leaderboard {
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
    /// Epochs trained.
    #[serde(default)]
    pub epochs: usize,
    /// The epoch whose parameters were kept, counted from 1.
    #[serde(default)]
    pub best_epoch: usize,
    /// True for a model without a network, which is there for comparison.
    #[serde(default)]
    pub baseline: bool,
    /// True for several of the others that answer together.
    #[serde(default)]
    pub ensemble: bool,
    /// Who they are, in the leaderboard's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Member>,
    /// 1 is the best; rows that cannot be told apart share a rank.
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

/// What a row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// An embedding with a network.
    Pair,
    /// A model without a network.
    Baseline,
    /// Several of the others together.
    Ensemble,
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
    /// What it stands for.
    pub fn kind(&self) -> RowKind {
        match (self.ensemble, self.baseline) {
            (true, _) => RowKind::Ensemble,
            (false, true) => RowKind::Baseline,
            (false, false) => RowKind::Pair,
        }
    }

    /// Whether it is the baseline that reads no text and gives one answer to all.
    pub fn is_blind(&self) -> bool {
        self.baseline && self.model == "majority"
    }

    /// The pair's name: "word2vec + gru"; of a baseline or an ensemble without an embedding its own.
    pub fn pair(&self) -> String {
        name(&self.embedding, &self.model)
    }

    /// "word2vec + gru: test accuracy 71.9 %, validation 79.0 %, epoch 17 of 20, 310.0 s".
    pub fn summary(&self) -> String {
        let accuracy = |scores: Option<Scores>| 100.0 * scores.unwrap_or_default().accuracy;
        let (test, validation) = (accuracy(self.test), accuracy(self.validation));
        let how = match (self.members.len(), self.best_epoch, self.seconds.train) {
            (0, 0, seconds) => format!("{seconds:.1} s"),
            (0, best, seconds) => format!("epoch {best} of {}, {seconds:.1} s", self.epochs),
            (members, ..) => counted(members, "model"),
        };
        format!("{}: test accuracy {test:.1} %, validation {validation:.1} %, {how}", self.pair())
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

pub(super) fn name(embedding: &str, model: &str) -> String {
    if embedding == NO_EMBEDDING { model.to_string() } else { format!("{embedding} + {model}") }
}

impl Leaderboard {
    /// The column of the score that models are ranked by.
    pub fn main_column(&self) -> Column {
        match self.main_score {
            MainScore::Accuracy => Column::Accuracy,
            MainScore::F1Macro => Column::F1Macro,
        }
    }

    /// The rows by `column`, best first; ties by the main test score and name; what failed comes last.
    pub fn ranked(&self, column: Column) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        rows.sort_by(|a, b| {
            let failed = |row: &Row| row.accuracy().is_none();
            let names = |row: &Row| (row.embedding.clone(), row.model.clone(), row.seed);
            (failed(a).cmp(&failed(b)))
                .then_with(|| column.compare(a, b))
                .then_with(|| self.main_column().compare(a, b))
                .then_with(|| names(a).cmp(&names(b)))
        });
        rows
    }

    /// The pair that validation chooses; the test texts have no say in it. Where there is no pair, the baseline.
    pub fn best(&self) -> Option<&Row> {
        self.chosen(RowKind::Pair).or_else(|| self.chosen(RowKind::Baseline))
    }

    /// The row of that kind with the best validation score, of equals that with the better F1, then the first.
    pub(super) fn chosen(&self, kind: RowKind) -> Option<&Row> {
        self.best_of(|row| row.kind() == kind)
    }

    /// The same among some rows.
    pub(super) fn best_of(&self, is_candidate: impl Fn(&Row) -> bool) -> Option<&Row> {
        let candidates = self.rows.iter().filter(|row| is_candidate(row) && row.accuracy().is_some());
        let score = |row: &Row| {
            let scores = row.validation.unwrap_or_default();
            (self.main_score.of(&scores), scores.f1_weighted)
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
        files::read_json(path)
    }
}

/// Made-up results for the tests of all views.
#[cfg(test)]
pub(super) mod sample {
    use super::*;
    use ninefold_data::PartCounts;

    pub fn protocol() -> Protocol {
        Protocol {
            data: "20newsgroups".into(),
            split: "bydate".into(),
            validation: "10 % of train, stratified, seed 0".into(),
            strip: vec!["headers".into(), "footers".into(), "quotes".into()],
            num_classes: 20,
            texts: PartCounts { train: 10_183, validation: 1_131, test: 7_532 },
            empty_texts: PartCounts { train: 218, validation: 20, test: 165 },
            ..Protocol::default()
        }
    }

    /// A row whose other scores lie about its test accuracy.
    pub fn row(embedding: &str, model: &str, accuracy: f64, validation: f64, seconds: f64) -> Row {
        let scores = |accuracy: f64| Scores {
            accuracy,
            precision_weighted: accuracy + 0.012,
            recall_weighted: accuracy,
            f1_weighted: accuracy - 0.003,
            precision_macro: accuracy + 0.002,
            recall_macro: accuracy - 0.01,
            f1_macro: accuracy - 0.0125,
        };
        Row {
            embedding: embedding.into(),
            model: model.into(),
            seed: 0,
            train: Some(scores(accuracy + 0.2)),
            validation: Some(scores(validation)),
            test: Some(scores(accuracy)),
            seconds: Seconds { embedding: 20.0, train: seconds, evaluate: 1.5 },
            parameters: 100_000 * model.len() + 4_204,
            epochs: 20,
            best_epoch: 17,
            ..Row::default()
        }
    }

    pub fn failed(embedding: &str, model: &str, error: &str) -> Row {
        let seconds = Seconds { embedding: 20.0, train: 3.25, evaluate: 0.0 };
        let names = (embedding.into(), model.into());
        Row { embedding: names.0, model: names.1, seconds, error: Some(error.into()), ..Row::default() }
    }

    /// The same with ranks and intervals, as if the scores had been judged: the two best pairs tie.
    pub fn judged() -> Leaderboard {
        let mut board = leaderboard();
        let mut svm = row(NO_EMBEDDING, "tfidf_svm", 0.7051, 0.76, 4.0);
        (svm.baseline, svm.epochs, svm.best_epoch) = (true, 0, 0);
        board.rows.push(svm);
        let ranked: Vec<(String, f64)> =
            board.ranked(Column::Accuracy).iter().filter_map(|row| Some((row.pair(), row.accuracy()?))).collect();
        for (place, (name, accuracy)) in ranked.iter().enumerate() {
            let rank = if place == 1 { 1 } else { place + 1 };
            let ends = ninefold_metrics::Interval { low: accuracy - 0.0113, high: accuracy + 0.0107 };
            let interval = Intervals { accuracy: ends, f1_weighted: ends, f1_macro: ends };
            for row in board.rows.iter_mut().filter(|row| row.pair() == *name) {
                (row.rank, row.interval) = (Some(rank), Some(interval));
            }
            let (embedding, model) = name.split_once(" + ").unwrap_or((NO_EMBEDDING, name));
            board.standings.push(Standing {
                embedding: embedding.into(),
                model: model.into(),
                baseline: embedding == NO_EMBEDDING,
                rank,
                accuracy: *accuracy,
                interval,
                ..Standing::default()
            });
            for (other, less) in &ranked[place + 1..] {
                let difference = accuracy - less;
                let p = if rank == 1 && other == "word2vec + gru" { 0.41 } else { 0.0004 };
                let (a, b, test) = (name.clone(), other.clone(), "mcnemar".to_string());
                board.comparisons.push(Comparison { a, b, difference, p, p_corrected: p, test });
            }
        }
        board.statistics = Some(Statistics { n_resamples: 2000, confidence_level: 0.95, looks: 9, looks_ever: 1_234 });
        board
    }

    /// The same with a pair's two seeds, a selection and all of them stacked.
    pub fn together() -> Leaderboard {
        let mut board = judged();
        board.rows.push(Row { seed: 1, ..row("word2vec", "gru", 0.7089, 0.786, 310.5) });
        let member = |embedding: &str, model: &str, seed: u64, weight: f64| Member {
            name: name(embedding, model),
            seed,
            folder: format!("{embedding}-{model}-{seed}"),
            weight,
        };
        let (gru, other) = (member("word2vec", "gru", 0, 0.5), member("word2vec", "gru", 1, 0.5));
        let svm = member(NO_EMBEDDING, "tfidf_svm", 0, 0.3);
        let selected =
            vec![Member { weight: 0.6, ..gru.clone() }, Member { weight: 0.1, ..other.clone() }, svm.clone()];
        let ensembles = [
            ("word2vec", "gru_vote_seeds", 0.7301, vec![gru.clone(), other.clone()]),
            (NO_EMBEDDING, "vote_selected", 0.741, selected),
            (NO_EMBEDDING, STACKED, 0.7523, vec![gru, other, svm]),
        ];
        for (embedding, model, accuracy, members) in ensembles {
            let row = row(embedding, model, accuracy, 0.80, 600.0);
            let (a, b) = (row.pair(), "word2vec + gru".to_string());
            let p = if model == STACKED { 0.003 } else { 0.2 };
            let test = "paired_bootstrap".to_string();
            board.comparisons.push(Comparison { a, b, difference: accuracy - 0.7139, p, p_corrected: p, test });
            board.rows.push(Row {
                ensemble: true,
                members,
                train: None,
                rank: Some(1),
                epochs: 0,
                best_epoch: 0,
                ..row
            });
        }
        board
    }

    pub fn leaderboard() -> Leaderboard {
        let rows = vec![
            row("word2vec", "rnn", 0.5625, 0.58, 110.0),
            row("word2vec", "lstm", 0.7001, 0.78, 400.25),
            row("word2vec", "gru", 0.7189, 0.79, 310.5),
            row("fasttext", "rnn", 0.5701, 0.60, 112.0),
            row("fasttext", "lstm", 0.7142, 0.785, 401.0),
            row("fasttext", "gru", 0.7253, 0.781, 1312.0),
            failed("glove", "rnn", "the loss became NaN in epoch 3, batch 17: lower learning_rate or max_grad_norm"),
            row("glove", "lstm", 0.68, 0.77, 399.0),
            row("glove", "gru", 0.69, 0.775, 305.0),
        ];
        Leaderboard { protocol: protocol(), rows, ..Leaderboard::default() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn order(column: Column) -> Vec<String> {
        sample::leaderboard().ranked(column).iter().map(|row| row.pair()).collect()
    }

    #[test]
    fn rows_stand_by_test_accuracy_and_failures_last() {
        let accuracy = order(Column::Accuracy);
        assert_eq!(accuracy[..3], ["fasttext + gru", "word2vec + gru", "fasttext + lstm"]);
        assert_eq!(accuracy[8], "glove + rnn");
        assert_eq!(order(Column::Seconds)[..2], ["word2vec + rnn", "fasttext + rnn"], "quickest first");
        assert_eq!(order(Column::ValidationAccuracy)[0], "word2vec + gru");
        assert_eq!(order(Column::Model)[..3], ["fasttext + gru", "word2vec + gru", "glove + gru"]);
        assert_eq!(order(Column::Model)[8], "glove + rnn", "a failure has no place among results");
    }

    #[test]
    fn json_keeps_its_contract() {
        let mut board = sample::leaderboard();
        board.rows.drain(1..);
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
    fn a_file_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run/leaderboard.json");
        let board = sample::leaderboard();
        board.save(&path).unwrap();
        assert_eq!(Leaderboard::load(&path).unwrap(), board);
        std::fs::write(&path, "{\n\"rows\": [{\"embedding\": 3}]}").unwrap();
        let error = Leaderboard::load(&path).unwrap_err().to_string();
        assert!(error.contains("leaderboard.json:2: expected JSON as ninefold writes it"), "{error}");
    }
}
