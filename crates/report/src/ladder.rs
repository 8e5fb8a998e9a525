//! What each step of a ladder is worth: the score of every rung, the gain of each step when it is added and what the top loses
//! without it, with intervals.
//!
//! Takes the trainings of every rung with their answers -> gives [`LadderResults`], its table and its sentences. Every score is
//! one on validation texts.

use serde::{Deserialize, Serialize};

use super::grid::{Align, Grid, Tone, View};
use super::leaderboard::name;
use super::phrases::{percent, points, seconds, wrap};
use super::search::short;
use super::standings::SIGNIFICANT;
use ninefold_core::phrasing::{self, all_listed, counted, thousands};
use ninefold_data::Protocol;
use ninefold_metrics::bootstrap::{Resampled, mean_and_deviation, percentile_interval, resample};
use ninefold_metrics::paired::{holm, paired_bootstrap};
use ninefold_metrics::{Interval, MainScore, StatisticsConfig};

/// One setting that a step changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// "model.pooling".
    pub key: String,
    /// Its value at the foot.
    pub from: String,
    /// Its value at the top.
    pub to: String,
}

/// One training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LadderRun {
    /// The embedding: "word2vec".
    pub embedding: String,
    /// The network: "gru".
    pub model: String,
    /// Its seed.
    pub seed: u64,
    /// The main score on validation after the best epoch; none where training failed.
    pub score: Option<f64>,
    /// Epochs trained.
    pub epochs: usize,
    /// Seconds of training, on the threads that it had.
    pub seconds: f64,
    /// Trained numbers.
    pub parameters: usize,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// All trainings with the same settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rung {
    /// The mean score; none where a training failed.
    pub score: Option<f64>,
    /// Where it lies, as far as texts and seeds can tell.
    pub interval: Option<Interval>,
    /// Mean seconds of a training.
    pub seconds: f64,
    /// The trainings, pair after pair.
    pub runs: Vec<LadderRun>,
}

/// The difference of two rungs' scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Gain {
    /// In shares: 0.02 is two points.
    pub difference: f64,
    /// Where it lies, by the paired bootstrap over texts and seeds.
    pub interval: Interval,
    /// How probable so large a difference would be between equals; Holm-corrected over all steps.
    pub p: f64,
}

/// One step, and what it is worth.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LadderStep {
    /// "pooling".
    pub name: String,
    /// The settings that it changes.
    pub changes: Vec<Change>,
    /// The rung with it less the rung before it.
    pub added: Option<Gain>,
    /// The top less the top without it.
    pub left_out: Option<Gain>,
}

/// A ladder. Its JSON is a contract with scripts: keys are added, never renamed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LadderResults {
    /// How the texts were read and split.
    pub protocol: Protocol,
    /// The score that counts.
    pub main_score: MainScore,
    /// The steps from the foot to the top.
    pub steps: Vec<LadderStep>,
    /// The foot, then the rung above each step. `[steps + 1]`
    pub rungs: Vec<Rung>,
    /// The top without each step. `[steps]`
    pub without: Vec<Rung>,
    /// The top less the foot.
    pub whole: Option<Gain>,
    /// How often the texts were drawn again.
    pub n_resamples: usize,
    /// Share of such intervals that hold the true score.
    pub confidence_level: f64,
}

/// What the answers are held to.
#[derive(Clone, Copy, Debug)]
pub struct LadderAnswers<'a> {
    /// The labels of the validation texts.
    pub truth: &'a [u32],
    /// Number of classes.
    pub num_classes: usize,
    /// The score that counts.
    pub main_score: MainScore,
    /// Seed of the resamples.
    pub seed: u64,
}

impl LadderResults {
    /// Judges a ladder. `variants` are the rungs from the foot to the top, then the top without each step; of each the
    /// trainings with the class that they gave each validation text.
    ///
    /// # Panics
    /// When there are not `2 * steps + 1` variants, or answers are missing.
    pub fn of(
        protocol: Protocol,
        mut steps: Vec<LadderStep>,
        variants: Vec<Vec<(LadderRun, Vec<u32>)>>,
        answers: LadderAnswers,
        statistics: &StatisticsConfig,
    ) -> LadderResults {
        assert_eq!(variants.len(), 2 * steps.len() + 1, "rungs for {} steps", steps.len());
        let sound: Vec<bool> = variants.iter().map(|runs| runs.iter().all(|(run, _)| run.score.is_some())).collect();
        let contenders: Vec<Vec<&[u32]>> = variants
            .iter()
            .zip(&sound)
            .filter(|(_, sound)| **sound)
            .map(|(runs, _)| runs.iter().map(|(_, predicted)| predicted.as_slice()).collect())
            .collect();
        let resampled = resample(answers.truth, &contenders, answers.num_classes, statistics.n_resamples, answers.seed);
        let mut resampled = resampled.into_iter();
        let resampled: Vec<Option<Resampled>> =
            sound.iter().map(|sound| if *sound { resampled.next() } else { None }).collect();
        let interval = |values: &[f64]| percentile_interval(values, statistics.confidence_level);
        let rung = |(runs, resampled): (Vec<(LadderRun, Vec<u32>)>, &Option<Resampled>)| {
            let runs: Vec<LadderRun> = runs.into_iter().map(|(run, _)| run).collect();
            let scores: Option<Vec<f64>> = runs.iter().map(|run| run.score).collect();
            Rung {
                score: scores.map(|scores| mean_and_deviation(&scores).0),
                interval: resampled.as_ref().map(|resampled| interval(resampled.of(answers.main_score))),
                seconds: mean_and_deviation(&runs.iter().map(|run| run.seconds).collect::<Vec<_>>()).0,
                runs,
            }
        };
        let mut rungs: Vec<Rung> = variants.into_iter().zip(&resampled).map(rung).collect();
        let gain = |of: usize, over: usize| {
            let (a, b) =
                (resampled[of].as_ref()?.of(answers.main_score), resampled[over].as_ref()?.of(answers.main_score));
            let difference = rungs[of].score? - rungs[over].score?;
            let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
            Some(Gain { difference, interval: interval(&differences), p: paired_bootstrap(difference, a, b) })
        };
        let top = steps.len();
        for (place, step) in steps.iter_mut().enumerate() {
            step.added = gain(place + 1, place);
            step.left_out = gain(top, top + 1 + place);
        }
        let whole = gain(top, 0);
        let gains: Vec<&mut Gain> =
            steps.iter_mut().flat_map(|step| [&mut step.added, &mut step.left_out]).flatten().collect();
        let corrected = holm(&gains.iter().map(|gain| gain.p).collect::<Vec<_>>());
        gains.into_iter().zip(corrected).for_each(|(gain, p)| gain.p = p);
        let without = rungs.split_off(top + 1);
        LadderResults {
            protocol,
            main_score: answers.main_score,
            steps,
            rungs,
            without,
            whole,
            n_resamples: statistics.n_resamples,
            confidence_level: statistics.confidence_level,
        }
    }

    /// "word2vec + gru", or how many pairs the scores are means of; and the seeds.
    pub fn means_of(&self) -> String {
        let Some(foot) = self.rungs.first() else { return String::new() };
        let mut pairs: Vec<String> = foot.runs.iter().map(|run| name(&run.embedding, &run.model)).collect();
        let trainings = pairs.len();
        pairs.dedup();
        let seeds = trainings / pairs.len().max(1);
        let pairs = if pairs.len() <= 3 { all_listed(&pairs) } else { counted(pairs.len(), "pair") };
        if seeds > 1 { format!("{pairs}, {}", counted(seeds, "seed")) } else { pairs }
    }

    /// What the ladder says, in sentences.
    pub fn facts(&self) -> Vec<String> {
        let mut facts = Vec::new();
        let (foot, top) = (self.rungs.first(), self.rungs.last());
        if let (Some(foot), Some(top), Some(gain)) = (foot, top, self.whole) {
            facts.push(format!(
                "From {} to {} % ({} on {} validation texts, {}): {}.",
                foot.score.map_or_else(String::new, percent),
                top.score.map_or_else(String::new, percent),
                self.main_score.name(),
                thousands(self.protocol.texts.validation),
                self.means_of(),
                worth(gain),
            ));
            facts.push(format!(
                "A training takes {} seconds at the foot and {} at the top.",
                seconds(foot.seconds),
                seconds(top.seconds)
            ));
        }
        let told: Vec<&LadderStep> = self.steps.iter().filter(|step| step.is_told()).collect();
        let by_left_out = |step: &&&LadderStep| step.left_out.map_or(f64::MIN, |gain| gain.difference);
        if let Some(best) = told.iter().max_by(|a, b| by_left_out(a).total_cmp(&by_left_out(b)))
            && let Some(gain) = best.left_out
        {
            facts.push(format!("The top would lose most without {}: {}.", best.name, worth(gain)));
        }
        let untold: Vec<&str> =
            self.steps.iter().filter(|step| !step.is_told()).map(|step| step.name.as_str()).collect();
        if !untold.is_empty() {
            facts.push(format!("Not told apart from nothing, added or left out: {}.", all_listed(&untold)));
        }
        let failed = self.rungs.iter().chain(&self.without).filter(|rung| rung.score.is_none()).count();
        if failed > 0 {
            facts.push(format!("{} could not be trained to the end.", counted(failed, "rung")));
        }
        facts.push("Judged on validation texts; test labels were not looked at.".to_owned());
        facts
    }

    /// For the terminal: a line per rung, and what each step sets.
    pub fn to_table(&self, view: &View) -> String {
        let head: Vec<String> = self.protocol.to_string().lines().map(|line| wrap(line, view.width)).collect();
        let mut text = view.paint(Tone::Quiet, &head.join("\n")) + "\n\n";
        text += &self.grid().draw(view);
        let level = phrasing::percent(self.confidence_level);
        let explained = format!(
            "Scores in % on validation, means of {}. Added: points above the line before. Left out: points that the top has \
             above the top without this step. In brackets where they lie with {level}; * told apart from nothing \
             (paired bootstrap over texts and seeds, Holm-corrected).",
            self.means_of()
        );
        text += &format!("\n{}\n", view.paint(Tone::Quiet, &wrap(&explained, view.width)));
        for step in &self.steps {
            let line = format!("{}: {}", step.name, step.described());
            text += &format!("\n{}", wrap(&line, view.width.saturating_sub(2)).replace('\n', "\n  "));
        }
        text.push('\n');
        for fact in self.facts() {
            text += &format!("\n{}", wrap(&fact, view.width.saturating_sub(2)).replace('\n', "\n  "));
        }
        text + "\n"
    }

    fn grid(&self) -> Grid {
        let figure = |name: &str| (name.to_owned(), Align::Right);
        let mut headings = vec![("step".to_owned(), Align::Left), figure(self.main_score.name())];
        headings.extend(["added", "", "left out", "", "seconds"].map(figure));
        let score = |rung: &Rung| rung.score.map_or("failed".to_owned(), percent);
        let foot = self.rungs.iter().take(1).map(|rung| {
            let blank = || [String::new(), String::new()];
            let cells =
                [vec!["(foot)".to_owned(), score(rung)], [blank(), blank()].concat(), vec![seconds(rung.seconds)]];
            (cells.concat(), Tone::Plain)
        });
        let step = |(step, rung): (&LadderStep, &Rung)| {
            let mut cells = vec![format!("+ {}", step.name), score(rung)];
            cells.extend(written(step.added));
            cells.extend(written(step.left_out));
            cells.push(seconds(rung.seconds));
            (cells, if step.is_told() { Tone::Plain } else { Tone::Quiet })
        };
        Grid { headings, rows: foot.chain(self.steps.iter().zip(self.rungs.iter().skip(1)).map(step)).collect() }
    }
}

impl Gain {
    /// Whether chance would hardly bring it about.
    pub fn is_told(&self) -> bool {
        self.p < SIGNIFICANT
    }
}

impl LadderStep {
    /// Whether it makes a difference, added or left out.
    pub fn is_told(&self) -> bool {
        [self.added, self.left_out].into_iter().flatten().any(|gain| gain.is_told())
    }

    /// "pooling last -> max, segments 4 -> 3".
    pub fn described(&self) -> String {
        let change = |change: &Change| format!("{} {} -> {}", short(&change.key), change.from, change.to);
        self.changes.iter().map(change).collect::<Vec<_>>().join(", ")
    }
}

/// "+2.1*" and "(0.8 to 3.2)".
fn written(gain: Option<Gain>) -> [String; 2] {
    match gain {
        None => ["-".to_owned(), String::new()],
        Some(gain) => {
            let star = if gain.is_told() { "*" } else { " " };
            [format!("{}{star}", points(gain.difference)), format!("({})", range(gain.interval))]
        }
    }
}

/// "+0.8 to +3.2".
pub(super) fn range(interval: Interval) -> String {
    format!("{} to {}", points(interval.low), points(interval.high))
}

fn worth(gain: Gain) -> String {
    format!("{} points ({})", points(gain.difference), range(gain.interval))
}

/// A made-up ladder for the tests of all views.
#[cfg(test)]
pub(super) mod sample {
    use super::*;

    /// 200 texts of two classes; `right` of them are answered rightly.
    fn answers(right: usize) -> Vec<u32> {
        (0..200).map(|text| u32::from(text >= right)).collect()
    }

    pub fn results() -> LadderResults {
        let run = |right: usize, seed: u64| {
            let score = Some(right as f64 / 200.0);
            let run =
                LadderRun { embedding: "word2vec".into(), model: "gru".into(), seed, score, ..LadderRun::default() };
            (LadderRun { epochs: 3, seconds: 0.1 * right as f64, ..run }, answers(right))
        };
        let variant = |right: usize| vec![run(right - 2, 0), run(right + 2, 1)];
        let change = |key: &str, from: &str, to: &str| Change { key: key.into(), from: from.into(), to: to.into() };
        let step =
            |name: &str, changes: Vec<Change>| LadderStep { name: name.into(), changes, ..LadderStep::default() };
        let steps = vec![
            step("pooling", vec![change("model.pooling", "last", "max")]),
            step("mean weights", vec![change("training.average_decay", "0.0", "0.999")]),
        ];
        let variants = vec![variant(100), variant(140), variant(141), variant(104), variant(140)];
        let truth = vec![0; 200];
        let judged = LadderAnswers { truth: &truth, num_classes: 2, main_score: MainScore::Accuracy, seed: 0 };
        let protocol = crate::leaderboard::sample::protocol();
        LadderResults::of(protocol, steps, variants, judged, &StatisticsConfig::default())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_step_that_helps_is_told_from_one_that_does_not() {
        let results = sample::results();
        let [pooling, mean] = results.steps.as_slice() else { panic!("two steps") };
        let (added, left_out) = (pooling.added.unwrap(), pooling.left_out.unwrap());
        assert!((added.difference - 0.2).abs() < 1e-12 && added.is_told(), "{added:?}");
        assert!(added.interval.low > 0.1 && added.interval.high < 0.3, "{added:?}");
        assert!((left_out.difference - 37.0 / 200.0).abs() < 1e-12, "{left_out:?}");
        assert!(!mean.is_told(), "{mean:?}");
        let facts = results.facts();
        assert!(
            facts[0].starts_with(
                "From 50.0 to 70.5 % (accuracy on 1,131 validation texts, word2vec + gru, 2 seeds): +20.5"
            )
        );
        assert!(facts[2].starts_with("The top would lose most without pooling: +18.5 points"), "{facts:?}");
        assert_eq!(facts[3], "Not told apart from nothing, added or left out: mean weights.");
    }

    #[test]
    fn the_table_is_narrow_and_says_what_each_step_sets() {
        let table = sample::results().to_table(&View { ascii: true, ..View::default() });
        assert!(table.is_ascii() && table.lines().all(|line| line.len() <= 100), "{table}");
        assert!(table.contains("pooling: pooling last -> max"), "{table}");
        let cells = |start: &str| -> Vec<String> {
            let line = table.lines().find(|line| line.trim_start().starts_with(start)).unwrap();
            line.split_whitespace().map(str::to_owned).collect()
        };
        assert_eq!(cells("(foot)"), ["(foot)", "50.0", "10"]);
        assert_eq!(cells("+ pooling")[..4], ["+", "pooling", "70.0", "+20.0*"]);
    }

    #[test]
    fn a_rung_that_failed_has_no_score_and_its_steps_no_gain() {
        let results = sample::results();
        let mut variants: Vec<Vec<(LadderRun, Vec<u32>)>> = Vec::new();
        for rung in results.rungs.iter().chain(&results.without) {
            variants.push(rung.runs.iter().map(|run| (run.clone(), vec![0; 200])).collect());
        }
        variants[1][0] =
            (LadderRun { score: None, error: Some("diverged".into()), ..LadderRun::default() }, Vec::new());
        let truth = vec![0; 200];
        let judged = LadderAnswers { truth: &truth, num_classes: 2, main_score: MainScore::Accuracy, seed: 0 };
        let results =
            LadderResults::of(results.protocol, results.steps, variants, judged, &StatisticsConfig::default());
        assert_eq!((results.rungs[1].score, results.steps[0].added, results.steps[1].added), (None, None, None));
        assert!(results.steps[0].left_out.is_some());
        assert!(results.facts().contains(&"1 rung could not be trained to the end.".to_owned()));
    }
}
