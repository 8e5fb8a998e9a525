//! An ablation as text: the score of every variant, the gain when a step is added and the loss when only that step is removed.
//! Every score is measured on validation texts.

use super::grid::{Align, Grid, Tone, View};
use crate::phrases::{percent, points, range, seconds};
use ninefold_core::phrasing::{all_listed, counted, thousands};
use ninefold_metrics::ConfidenceLevel;
use ninefold_records::{Gain, LadderResults, LadderStep, LadderVariant};

/// What the ablation shows, in sentences.
pub fn ladder_insights(ladder: &LadderResults) -> Vec<String> {
    let level = ladder.confidence_level;
    let mut insights = Vec::new();
    let (foot, top) = (ladder.rungs.first(), ladder.rungs.last());
    if let (Some(foot), Some(top), Some(gain)) = (foot, top, ladder.whole) {
        insights.push(format!(
            "From {} to {} % ({} on {} validation texts, {}): {}.",
            foot.score.map_or_else(String::new, percent),
            top.score.map_or_else(String::new, percent),
            ladder.main_score.name(),
            thousands(ladder.protocol.texts.validation),
            ladder.means_of(),
            worth(gain),
        ));
        insights.push(format!(
            "Training takes {} seconds with the baseline and {} with the target configuration.",
            seconds(foot.seconds),
            seconds(top.seconds)
        ));
    }
    let told: Vec<&LadderStep> = ladder.steps.iter().filter(|step| step.is_significant(level)).collect();
    let by_left_out = |step: &&&LadderStep| step.left_out.map_or(f64::MIN, |gain| gain.difference);
    if let Some(best) = told.iter().max_by(|a, b| by_left_out(a).total_cmp(&by_left_out(b)))
        && let Some(gain) = best.left_out
    {
        insights.push(format!("Largest loss when removed: {}, {}.", best.name, worth(gain)));
    }
    let untold: Vec<&str> =
        ladder.steps.iter().filter(|step| !step.is_significant(level)).map(|step| step.name.as_str()).collect();
    if !untold.is_empty() {
        insights.push(format!("No significant effect, whether added or removed: {}.", all_listed(&untold)));
    }
    let failed = ladder.rungs.iter().chain(&ladder.without).filter(|rung| rung.score.is_none()).count();
    if failed > 0 {
        insights.push(format!("{} failed to train.", counted(failed, "variant")));
    }
    insights.push("Measured on validation texts; test labels were not used.".to_owned());
    insights
}

/// For the terminal: a line per variant, and the settings that each step changes.
pub fn ladder_table(ladder: &LadderResults, view: &View) -> String {
    let mut text = view.head(&ladder.protocol.to_string()) + "\n\n";
    text += &grid(ladder).draw(view);
    let level = ladder.confidence_level;
    let explained = format!(
        "Scores in % on validation, means of {}. Added: gain over the previous row. Removed: loss when only this step is \
         removed from the target configuration. Brackets: {level} confidence interval. *: significant (paired bootstrap over texts \
         and seeds, Holm-corrected).",
        ladder.means_of()
    );
    text += &format!("\n{}\n", view.legend(&explained));
    for step in &ladder.steps {
        let line = format!("{}: {}", step.name, step.described());
        text += &format!("\n{}", view.item(&line));
    }
    text.push('\n');
    for insight in ladder_insights(ladder) {
        text += &format!("\n{}", view.item(&insight));
    }
    text + "\n"
}

fn grid(ladder: &LadderResults) -> Grid {
    let level = ladder.confidence_level;
    let figure = |name: &str| (name.to_owned(), Align::Right);
    let mut headings = vec![("step".to_owned(), Align::Left), figure(ladder.main_score.name())];
    headings.extend(["added", "", "removed", "", "seconds"].map(figure));
    let score = |rung: &LadderVariant| rung.score.map_or("failed".to_owned(), percent);
    let foot = ladder.rungs.iter().take(1).map(|rung| {
        let blank = || [String::new(), String::new()];
        let cells =
            [vec!["(baseline)".to_owned(), score(rung)], [blank(), blank()].concat(), vec![seconds(rung.seconds)]];
        (cells.concat(), Tone::Plain)
    });
    let step = |(step, rung): (&LadderStep, &LadderVariant)| {
        let mut cells = vec![format!("+ {}", step.name), score(rung)];
        cells.extend(written(step.added, level));
        cells.extend(written(step.left_out, level));
        cells.push(seconds(rung.seconds));
        (cells, if step.is_significant(level) { Tone::Plain } else { Tone::Quiet })
    };
    Grid { headings, rows: foot.chain(ladder.steps.iter().zip(ladder.rungs.iter().skip(1)).map(step)).collect() }
}

/// "+2.1*" and "(0.8 to 3.2)".
fn written(gain: Option<Gain>, level: ConfidenceLevel) -> [String; 2] {
    match gain {
        None => ["-".to_owned(), String::new()],
        Some(gain) => {
            let star = if gain.is_significant(level) { "*" } else { " " };
            [format!("{}{star}", points(gain.difference)), format!("({})", range(gain.interval))]
        }
    }
}

fn worth(gain: Gain) -> String {
    format!("{} points ({})", points(gain.difference), range(gain.interval))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::sample;

    #[test]
    fn steps_with_and_without_a_significant_effect_are_separated() {
        let insights = ladder_insights(&sample::ladder());
        assert!(
            insights[0].starts_with(
                "From 50.0 to 70.5 % (accuracy on 1,131 validation texts, word2vec + gru, 2 seeds): +20.5"
            )
        );
        assert!(insights[2].starts_with("Largest loss when removed: pooling, +18.5 points"), "{insights:?}");
        assert_eq!(insights[3], "No significant effect, whether added or removed: mean weights.");
    }

    #[test]
    fn table_fits_100_columns_and_lists_the_changed_settings() {
        let table = ladder_table(&sample::ladder(), &View { ascii: true, ..View::default() });
        assert!(table.is_ascii() && table.lines().all(|line| line.len() <= 100), "{table}");
        assert!(table.contains("pooling: pooling last -> max"), "{table}");
        assert_eq!(cells(&table, "(baseline)"), ["(baseline)", "50.0", "10"]);
        assert_eq!(cells(&table, "+ pooling")[..4], ["+", "pooling", "70.0", "+20.0*"]);
    }

    fn cells(table: &str, start: &str) -> Vec<String> {
        let line = table.lines().find(|line| line.trim_start().starts_with(start)).unwrap();
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn table_and_sentences_agree_at_any_level() {
        let mut ladder = sample::ladder();
        ladder.steps[0].added.as_mut().unwrap().p = 0.02;
        ladder.steps[0].left_out.as_mut().unwrap().p = 0.02;
        for (level, mark, untold) in [(0.95, "+20.0*", "mean weights"), (0.99, "+20.0", "pooling and mean weights")] {
            ladder.confidence_level = ConfidenceLevel::new(level);
            let table = ladder_table(&ladder, &View::default());
            assert_eq!(cells(&table, "+ pooling")[3], mark, "{table}");
            let said = table.replace('\n', " ");
            assert!(said.contains(&format!("{} confidence interval", ladder.confidence_level)), "{table}");
            let told = format!("No significant effect, whether added or removed: {untold}.");
            assert!(ladder_insights(&ladder).contains(&told), "{table}");
        }
    }

    #[test]
    fn failed_variant_is_counted() {
        let mut ladder = sample::ladder();
        ladder.rungs[1].score = None;
        (ladder.steps[0].added, ladder.steps[1].added) = (None, None);
        assert!(ladder_insights(&ladder).contains(&"1 variant failed to train.".to_owned()));
        assert_eq!(cells(&ladder_table(&ladder, &View::default()), "+ pooling")[2..4], ["failed", "-"]);
    }
}
