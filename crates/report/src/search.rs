//! What a search tried and what came of it: the record of each trial, and all of them as a table.
//!
//! Takes the records of trials -> gives `search.json`, the order in which they stand, a table for the terminal. Every score is
//! one on validation texts: a search never looks at test labels.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::grid::{Align, Grid, Tone, View};
use super::leaderboard::name;
use super::phrases::{percent, seconds, wrap};
use ninefold_core::phrasing::{counted, thousands};
use ninefold_data::Protocol;
use ninefold_metrics::MainScore;

/// One of a trial's names.
type Name = fn(&Trial) -> &String;

/// Trials that a table shows.
const SHOWN: usize = 20;

/// One place of the space: its settings and how far it was trained.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Of everything that its scores depend on but the settings below.
    pub key: String,
    /// Its number, from 0.
    pub trial: usize,
    /// The embedding: "word2vec".
    pub embedding: String,
    /// The network: "gru".
    pub model: String,
    /// The settings that were drawn: "model.hidden_size" -> 64.
    pub settings: BTreeMap<String, Value>,
    /// The validation score after each epoch.
    pub validation: Vec<f64>,
    /// The best score so far at each number of epochs after which trials are judged.
    pub rungs: Vec<f64>,
    /// The rung that it was on its way to when this was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub underway: Option<usize>,
    /// True when more epochs would change nothing: it was trained to the end, or stopped early.
    pub finished: bool,
    /// Trained numbers.
    pub parameters: usize,
    /// Seconds of training.
    pub seconds: f64,
    /// Why it could not be trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Trial {
    /// The best validation score so far.
    pub fn score(&self) -> Option<f64> {
        self.validation.iter().copied().reduce(f64::max).filter(|_| self.error.is_none())
    }

    /// The pair's name: "word2vec + gru".
    pub fn pair(&self) -> String {
        name(&self.embedding, &self.model)
    }

    /// "hidden_size 64, dropout 0.3".
    pub fn described(&self) -> String {
        let settings = self.settings.iter().map(|(key, value)| format!("{} {}", short(key), written(value)));
        settings.collect::<Vec<_>>().join(", ")
    }
}

/// A search, finished or not. Its JSON is a contract with scripts: keys are added, never renamed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchResults {
    /// How the texts were read and split.
    pub protocol: Protocol,
    /// The score on validation by which trials are judged.
    pub main_score: MainScore,
    /// The epochs after which trials are judged.
    pub rungs: Vec<usize>,
    /// The settings that are searched, and whether on a logarithmic scale.
    pub keys: Vec<(String, bool)>,
    /// The number of the best trial.
    pub best: Option<usize>,
    /// All trials in the order of their numbers.
    pub trials: Vec<Trial>,
    /// Seconds that the search has taken so far, all of its parts together.
    pub seconds: f64,
    /// True when the budget was used up.
    pub finished: bool,
}

impl SearchResults {
    /// The trials, the best first: by score, of equals the one that was tried first; failures last.
    pub fn ranked(&self) -> Vec<&Trial> {
        let mut ranked: Vec<&Trial> = self.trials.iter().collect();
        let score = |trial: &Trial| trial.score().unwrap_or(f64::NEG_INFINITY);
        ranked.sort_by(|a, b| score(b).total_cmp(&score(a)).then(a.trial.cmp(&b.trial)));
        ranked
    }

    /// The best trial.
    pub fn best(&self) -> Option<&Trial> {
        self.ranked().into_iter().next().filter(|trial| trial.score().is_some())
    }

    /// What the search says, in sentences.
    pub fn facts(&self) -> Vec<String> {
        let mut facts = Vec::new();
        let (trials, time) = (counted(self.trials.len(), "trial"), seconds(self.seconds));
        let validation = thousands(self.protocol.texts.validation);
        if let Some(best) = self.best() {
            let epochs = best.validation.len();
            let score = percent(best.score().unwrap_or_default());
            facts.push(format!(
                "Best of {trials} in {time} seconds: trial {}, {}, {} {score} % on {validation} validation texts after {}; {}.",
                best.trial,
                best.pair(),
                self.main_score.name(),
                counted(epochs, "epoch"),
                best.described()
            ));
            facts.push(
                "The best of many is a little lucky: its score on validation is too high. Test labels were not looked at."
                    .to_owned(),
            );
        }
        let judged = |rung: usize| self.trials.iter().filter(|trial| trial.rungs.len() > rung).count();
        let step = |(rung, &epochs): (usize, &usize)| match rung {
            0 => format!("{} after {}", counted(judged(0), "trial"), counted(epochs, "epoch")),
            _ => format!("{} after {epochs}", thousands(judged(rung))),
        };
        let steps: Vec<String> = self.rungs.iter().enumerate().map(step).collect();
        facts.push(format!("Judged: {}.", steps.join(", ")));
        let failed = self.trials.iter().filter(|trial| trial.error.is_some()).count();
        if failed > 0 {
            facts.push(format!("{} failed.", counted(failed, "trial")));
        }
        facts
    }

    /// For the terminal: the best trials with their settings.
    pub fn to_table(&self, view: &View) -> String {
        let head: Vec<String> = self.protocol.to_string().lines().map(|line| wrap(line, view.width)).collect();
        let mut text = view.paint(Tone::Quiet, &head.join("\n")) + "\n\n";
        text += &self.grid().draw(view);
        text.push('\n');
        if self.trials.len() > SHOWN {
            let more = format!("The best {SHOWN} of {} trials.", thousands(self.trials.len()));
            text += &(view.paint(Tone::Quiet, &more) + "\n");
        }
        for fact in self.facts() {
            text += &format!("\n{}", wrap(&fact, view.width.saturating_sub(2)).replace('\n', "\n  "));
        }
        text + "\n"
    }

    fn grid(&self) -> Grid {
        // What is the same for all of them is said below the table.
        let varies = |of: Name| self.trials.windows(2).any(|pair| of(&pair[0]) != of(&pair[1]));
        let names: [(&str, Name); 2] = [("embedding", |trial| &trial.embedding), ("model", |trial| &trial.model)];
        let names: Vec<_> = names.into_iter().filter(|(_, of)| varies(*of)).collect();
        let figure = |name: &str| (name.replace('_', " "), Align::Right);
        let mut headings = vec![figure("trial")];
        headings.extend(names.iter().map(|(name, _)| ((*name).to_owned(), Align::Left)));
        headings.extend([self.main_score.name(), "epochs", "seconds"].map(figure));
        headings.extend(self.keys.iter().map(|(key, _)| figure(&heading(key))));
        let row = |trial: &&Trial| {
            let mut cells = vec![trial.trial.to_string()];
            cells.extend(names.iter().map(|(_, of)| of(trial).clone()));
            cells.push(trial.score().map_or("failed".to_owned(), percent));
            cells.extend([trial.validation.len().to_string(), seconds(trial.seconds)]);
            cells.extend(self.keys.iter().map(|(key, _)| trial.settings.get(key).map_or("-".to_owned(), written)));
            let tone = match Some(trial.trial) == self.best {
                true => Tone::Good,
                false if trial.error.is_some() => Tone::Bad,
                false => Tone::Plain,
            };
            (cells, tone)
        };
        Grid { headings, rows: self.ranked().iter().take(SHOWN).map(row).collect() }
    }
}

/// "hidden_size" of "model.hidden_size".
pub(super) fn short(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// The same, with its section where the name alone could be another's.
fn heading(key: &str) -> String {
    match key {
        "embedding.epochs" | "embedding.learning_rate" => key.replace('.', "_"),
        _ => short(key).to_owned(),
    }
}

/// A value as a config file has it, words without their quotes.
pub(super) fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Made-up trials for the tests of all views.
#[cfg(test)]
pub(super) mod sample {
    use super::*;

    pub fn results() -> SearchResults {
        let trial = |number: usize, model: &str, hidden: usize, rate: f64, validation: &[f64], rungs: usize| Trial {
            trial: number,
            embedding: "word2vec".into(),
            model: model.into(),
            settings: BTreeMap::from([
                ("model.hidden_size".into(), hidden.into()),
                ("training.learning_rate".into(), rate.into()),
            ]),
            validation: validation.to_vec(),
            rungs: validation[..rungs].to_vec(),
            seconds: 2.5 * validation.len() as f64,
            ..Trial::default()
        };
        let failed = Trial { error: Some("broken".into()), ..trial(3, "rnn", 256, 0.01, &[], 0) };
        let trials = vec![
            trial(0, "gru", 64, 0.0021, &[0.5], 1),
            trial(1, "lstm", 128, 0.0007, &[0.61, 0.7], 2),
            trial(2, "gru", 32, 0.004, &[0.61], 1),
            failed,
        ];
        SearchResults {
            protocol: crate::leaderboard::sample::protocol(),
            rungs: vec![1, 2],
            keys: vec![("model.hidden_size".into(), false), ("training.learning_rate".into(), true)],
            best: Some(1),
            trials,
            seconds: 83.0,
            finished: true,
            ..SearchResults::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_stand_by_their_scores_with_their_settings_and_failures_last() {
        let table = sample::results().to_table(&View { ascii: true, ..View::default() });
        assert!(table.is_ascii() && table.lines().all(|line| line.len() <= 100), "{table}");
        let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        let rows: Vec<&Vec<&str>> =
            rows.iter().filter(|row| ["rnn", "lstm", "gru"].contains(row.get(1).unwrap_or(&""))).collect();
        assert_eq!(*rows[0], ["1", "lstm", "70.0", "2", "5.0", "128", "0.0007"], "{table}");
        let order: Vec<&str> = rows.iter().map(|row| row[0]).collect();
        assert_eq!(order, ["1", "2", "0", "3"], "{table}");
        assert_eq!(rows[3][2], "failed");
        assert!(!table.contains("embedding"), "one embedding is no column: {table}");
        let facts = sample::results().facts();
        assert_eq!(
            facts[0],
            "Best of 4 trials in 83 seconds: trial 1, word2vec + lstm, accuracy 70.0 % on 1,131 validation texts after 2 \
             epochs; hidden_size 128, learning_rate 0.0007."
        );
        assert_eq!(facts[2..], ["Judged: 3 trials after 1 epoch, 1 after 2.", "1 trial failed."]);
    }
}
