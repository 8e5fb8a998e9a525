//! A search as text: the best trials with their settings. Every score is measured on validation texts.

use super::grid::{Align, Grid, Tone, View};
use crate::phrases::{percent, seconds};
use ninefold_core::phrasing::{counted, thousands};
use ninefold_records::{SearchResults, Trial, setting_name, setting_value};

/// One of a trial's names.
type Name = fn(&Trial) -> &String;

/// Trials that a table shows.
const SHOWN: usize = 20;

/// What the search shows, in sentences.
pub fn search_insights(search: &SearchResults) -> Vec<String> {
    let mut insights = Vec::new();
    let (trials, time) = (counted(search.trials.len(), "trial"), seconds(search.seconds));
    let validation = thousands(search.protocol.texts.validation);
    if let Some(best) = search.best() {
        let epochs = best.validation.len();
        let score = percent(best.score().unwrap_or_default());
        insights.push(format!(
            "Best of {trials} in {time} seconds: trial {}, {}, {} {score} % on {validation} validation texts after {}; {}.",
            best.trial,
            best.pair(),
            search.main_score.name(),
            counted(epochs, "epoch"),
            best.described()
        ));
        insights.push(
            "The best of many trials is selected by its validation score, which is therefore optimistic. Test labels were not used."
                .to_owned(),
        );
    }
    let judged = |rung: usize| search.trials.iter().filter(|trial| trial.rungs.len() > rung).count();
    let step = |(rung, &epochs): (usize, &usize)| match rung {
        0 => format!("{} after {}", counted(judged(0), "trial"), counted(epochs, "epoch")),
        _ => format!("{} after {epochs}", thousands(judged(rung))),
    };
    let steps: Vec<String> = search.rungs.iter().enumerate().map(step).collect();
    insights.push(format!("Evaluated: {}.", steps.join(", ")));
    let failed = search.trials.iter().filter(|trial| trial.error.is_some()).count();
    if failed > 0 {
        insights.push(format!("{} failed.", counted(failed, "trial")));
    }
    insights
}

/// For the terminal: the best trials with their settings.
pub fn search_table(search: &SearchResults, view: &View) -> String {
    let mut text = view.head(&search.protocol.to_string()) + "\n\n";
    text += &grid(search).draw(view);
    text.push('\n');
    if search.trials.len() > SHOWN {
        let more = format!("The best {SHOWN} of {} trials.", thousands(search.trials.len()));
        text += &(view.legend(&more) + "\n");
    }
    for insight in search_insights(search) {
        text += &format!("\n{}", view.item(&insight));
    }
    text + "\n"
}

fn grid(search: &SearchResults) -> Grid {
    // What is the same for all of them is said below the table.
    let varies = |of: Name| search.trials.windows(2).any(|pair| of(&pair[0]) != of(&pair[1]));
    let names: [(&str, Name); 2] = [("embedding", |trial| &trial.embedding), ("model", |trial| &trial.model)];
    let names: Vec<_> = names.into_iter().filter(|(_, of)| varies(*of)).collect();
    let figure = |name: &str| (name.replace('_', " "), Align::Right);
    let mut headings = vec![figure("trial")];
    headings.extend(names.iter().map(|(name, _)| ((*name).to_owned(), Align::Left)));
    headings.extend([search.main_score.name(), "epochs", "seconds"].map(figure));
    headings.extend(search.keys.iter().map(|(key, _)| figure(&heading(key))));
    let row = |trial: &&Trial| {
        let mut cells = vec![trial.trial.to_string()];
        cells.extend(names.iter().map(|(_, of)| of(trial).clone()));
        cells.push(trial.score().map_or("failed".to_owned(), percent));
        cells.extend([trial.validation.len().to_string(), seconds(trial.seconds)]);
        cells.extend(search.keys.iter().map(|(key, _)| trial.settings.get(key).map_or("-".to_owned(), setting_value)));
        let tone = match Some(trial.trial) == search.best {
            true => Tone::Good,
            false if trial.error.is_some() => Tone::Bad,
            false => Tone::Plain,
        };
        (cells, tone)
    };
    Grid { headings, rows: search.ranked().iter().take(SHOWN).map(row).collect() }
}

/// The same, with its section where the name alone could be another's.
fn heading(key: &str) -> String {
    match key {
        "embedding.epochs" | "embedding.learning_rate" => key.replace('.', "_"),
        _ => setting_name(key).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn trials_stand_by_their_scores_with_their_settings_and_failures_last() {
        let table = search_table(&sample::search(), &View { ascii: true, ..View::default() });
        assert!(table.is_ascii() && table.lines().all(|line| line.len() <= 100), "{table}");
        let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        let rows: Vec<&Vec<&str>> =
            rows.iter().filter(|row| ["rnn", "lstm", "gru"].contains(row.get(1).unwrap_or(&""))).collect();
        assert_eq!(*rows[0], ["1", "lstm", "70.0", "2", "5.0", "128", "0.0007"], "{table}");
        let order: Vec<&str> = rows.iter().map(|row| row[0]).collect();
        assert_eq!(order, ["1", "2", "0", "3"], "{table}");
        assert_eq!(rows[3][2], "failed");
        assert!(!table.contains("embedding"), "one embedding is no column: {table}");
        let insights = search_insights(&sample::search());
        assert_eq!(
            insights[0],
            "Best of 4 trials in 83 seconds: trial 1, word2vec + lstm, accuracy 70.0 % on 1,131 validation texts after 2 \
             epochs; hidden_size 128, learning_rate 0.0007."
        );
        assert_eq!(insights[2..], ["Evaluated: 3 trials after 1 epoch, 1 after 2.", "1 trial failed."]);
    }
}
