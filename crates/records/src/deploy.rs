//! Which model of a run to deploy, and what it takes to answer.
//!
//! Validation chooses: its score, of equals the better weighted F1, of equals the faster model; where wrong answers have costs, the
//! lowest mean cost. The test texts have no say in it.

use serde::{Deserialize, Serialize};

use crate::{Leaderboard, Row};
use ninefold_metrics::Interval;

/// A model is called cheap beside another where it takes this fraction of its time, or less.
const CHEAP: f64 = 0.1;

/// What a saved model takes to answer, measured on the machine of the run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Milliseconds a text on one core, tokenization included, where many texts are labelled together.
    pub ms_per_text: f64,
    /// Bytes of its folder; an ensemble's members included.
    pub disk_bytes: u64,
    /// Bytes of its parameters and vocabularies once it is loaded.
    pub memory_bytes: u64,
}

/// What wrong answers cost on average, where every answer is the one with the least expected cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeanCost {
    /// A validation text.
    pub validation: f64,
    /// A test text.
    pub test: f64,
    /// A test text, where every answer is the most probable class.
    pub test_most_probable: f64,
}

/// The model to deploy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deploy {
    /// Its copy in the run folder: "best".
    pub model: String,
    /// Its row.
    #[serde(flatten)]
    pub choice: Choice,
    /// The best by validation among the models that take a tenth of its time or less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cheaper: Option<Choice>,
    /// Of two classes with costs: from which probability on the second is the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Threshold>,
}

/// From which probability on a class is the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// The class.
    pub class: String,
    /// The probability.
    pub probability: f64,
}

/// A row with what a decision needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Its name: "word2vec + gru".
    pub name: String,
    /// Where its files lie in the run folder: "pairs/word2vec-gru".
    pub folder: String,
    /// Its main score on the test texts.
    pub score: f64,
    /// How far chance moves that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// What it takes to answer.
    pub cost: Cost,
    /// What its wrong answers cost, where costs were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_cost: Option<MeanCost>,
}

impl Leaderboard {
    /// What is said of deploying this row, whose copy is in the folder `model`, and what is best at a tenth of its time. `None`
    /// where its model was not measured.
    pub fn deploy(&self, row: &Row, model: &str) -> Option<Deploy> {
        let choice = self.choice(row)?;
        let most = CHEAP * choice.cost.ms_per_text;
        let cheaper = self.best_of(|row| !row.is_blind() && row.cost.is_some_and(|cost| cost.ms_per_text <= most));
        let cheaper = cheaper.and_then(|row| self.choice(row));
        Some(Deploy { model: model.to_owned(), choice, cheaper, threshold: None })
    }

    fn choice(&self, row: &Row) -> Option<Choice> {
        Some(Choice {
            name: row.pair(),
            folder: row.folder.clone(),
            score: row.score(self.main_score)?,
            interval: row.interval.map(|interval| interval.of_score(self.main_score)),
            cost: row.cost?,
            mean_cost: row.mean_cost,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ninefold_metrics::Scores;

    fn row(model: &str, validation: f64, test: f64, ms_per_text: f64) -> Row {
        let scores = |accuracy| Some(Scores { accuracy, ..Scores::default() });
        let cost = Some(Cost { ms_per_text, disk_bytes: 1, memory_bytes: 1 });
        Row { model: model.to_owned(), validation: scores(validation), test: scores(test), cost, ..Row::default() }
    }

    fn chosen(rows: Vec<Row>) -> (String, Option<String>) {
        let board = Leaderboard { rows, ..Leaderboard::default() };
        let deploy = board.best_of(|row| row.cost.is_some()).and_then(|row| board.deploy(row, "best"));
        let deploy = deploy.map(|deploy| (deploy.choice.name, deploy.cheaper.map(|cheaper| cheaper.name)));
        deploy.unwrap_or_default()
    }

    #[test]
    fn validation_chooses_and_of_equals_the_faster_one() {
        let (slow, fast) = (row("slow", 0.9, 0.95, 2.0), row("fast", 0.9, 0.7, 1.0));
        let best_on_test = row("best_on_test", 0.8, 1.0, 0.5);
        assert_eq!(chosen(vec![slow, best_on_test, fast]), (" + fast".to_owned(), None));
    }

    #[test]
    fn cheaper_model_takes_a_tenth_of_the_time() {
        let rows =
            vec![row("a", 0.9, 0.9, 10.0), row("b", 0.8, 0.8, 1.1), row("c", 0.7, 0.7, 1.0), row("d", 0.6, 0.9, 0.1)];
        assert_eq!(chosen(rows), (" + a".to_owned(), Some(" + c".to_owned())));
    }

    #[test]
    fn rows_without_a_measured_model_are_not_deployed() {
        let unmeasured = Row { cost: None, ..row("a", 0.9, 0.9, 1.0) };
        assert_eq!(chosen(vec![unmeasured.clone(), row("b", 0.5, 0.5, 1.0)]).0, " + b");
        assert!(Leaderboard::default().deploy(&unmeasured, "best").is_none());
    }
}
