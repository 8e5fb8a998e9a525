//! The page of a ladder, and its drawing alone: the score of every rung with its interval, and beside it what the top would
//! lose without each step.

use serde::Serialize;

use super::template::{self, polyline, style, unbroken};
use crate::phrases::{percent, points, range, seconds};
use crate::text::ladder::ladder_insights;
use ninefold_core::error::Result;
use ninefold_metrics::Interval;
use ninefold_records::{Gain, LadderResults, LadderVariant};

/// Of the drawing, in its own units: the widths of its two areas, and the height of a rung.
const SCORES: f64 = 330.0;
const LOSSES: f64 = 150.0;
const HEIGHT: f64 = 30.0;

/// The page `ladder.html`. `config` are the settings of the top as a file.
///
/// # Errors
/// [`Error::Data`](ninefold_core::Error::Data) when the template fails, which would be our own mistake.
pub fn ladder_page(results: &LadderResults, config: &str) -> Result<String> {
    let rows = results.steps.iter().zip(&results.rungs[results.rungs.len().min(1)..]).map(|(step, rung)| RowView {
        name: &step.name,
        is_significant: step.is_significant(results.confidence_level),
        score: rung.score.map_or("failed".to_owned(), percent),
        added: written(step.added),
        left_out: written(step.left_out),
        seconds: seconds(rung.seconds),
        changes: step.changes.iter().map(|change| [&*change.key, &change.from, &change.to]).collect(),
    });
    let view = LadderView {
        style: style(),
        title: &results.protocol.data,
        head: results.protocol.to_string().lines().map(str::to_owned).collect(),
        insights: unbroken(&ladder_insights(results)),
        drawing: minijinja::Value::from_safe_string(drawing(results, false)?),
        score: results.main_score.name(),
        foot: results.rungs.first().and_then(|rung| rung.score).map_or("failed".to_owned(), percent),
        foot_seconds: results.rungs.first().map_or(String::new(), |rung| seconds(rung.seconds)),
        rows: rows.collect(),
        config,
    };
    template::render("ladder.html", &view)
}

/// The drawing as a file of its own, light or dark as the reader's system is.
///
/// # Errors
/// As [`ladder_page`].
pub fn ladder_drawing(results: &LadderResults) -> Result<String> {
    drawing(results, true)
}

fn drawing(results: &LadderResults, alone: bool) -> Result<String> {
    let style = if alone { style() } else { minijinja::Value::UNDEFINED };
    template::render("ladder.svg", &Drawing { style, ..Drawing::of(results) })
}

#[derive(Serialize)]
struct LadderView<'a> {
    style: minijinja::Value,
    title: &'a str,
    head: Vec<String>,
    insights: Vec<String>,
    drawing: minijinja::Value,
    score: &'static str,
    foot: String,
    foot_seconds: String,
    rows: Vec<RowView<'a>>,
    config: &'a str,
}

#[derive(Serialize)]
struct RowView<'a> {
    name: &'a str,
    is_significant: bool,
    score: String,
    added: [String; 2],
    left_out: [String; 2],
    seconds: String,
    changes: Vec<[&'a str; 3]>,
}

fn written(gain: Option<Gain>) -> [String; 2] {
    gain.map_or(["–".to_owned(), String::new()], |gain| [points(gain.difference), range(gain.interval)])
}

/// Where everything stands.
#[derive(Serialize)]
struct Drawing {
    style: minijinja::Value,
    title: String,
    score: &'static str,
    scores: f64,
    losses: f64,
    height: f64,
    /// What stands below the scores, and where.
    ticks: Vec<(String, f64)>,
    loss_ticks: Vec<(String, f64)>,
    zero: f64,
    line: String,
    rungs: Vec<RungView>,
}

#[derive(Serialize)]
struct RungView {
    name: String,
    y: f64,
    is_significant: bool,
    dot: Option<Dot>,
    loss: Option<Dot>,
}

/// A value with its interval, as places on a line.
#[derive(Serialize)]
struct Dot {
    x: f64,
    low: f64,
    high: f64,
    text: String,
    title: String,
}

/// Shares that lie between two marks of an axis: the first that leaves no more than [`MARKS`] of them, and one.
const STEPS: [f64; 6] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
const MARKS: f64 = 5.0;

/// An axis from one round share to another over some units.
struct Axis {
    low: f64,
    high: f64,
    step: f64,
    length: f64,
}

impl Axis {
    /// Whole steps around the values.
    fn around(values: impl Iterator<Item = f64> + Clone, length: f64) -> Axis {
        let lowest = values.clone().fold(f64::INFINITY, f64::min);
        let highest = values.fold(f64::NEG_INFINITY, f64::max);
        let (lowest, highest) = if lowest <= highest { (lowest, highest) } else { (0.0, 1.0) };
        let ends = |step: f64| ((lowest / step).floor(), (highest / step).ceil());
        let fits = |step: &f64| ends(*step).1 - ends(*step).0 <= MARKS;
        let step = STEPS.into_iter().find(fits).unwrap_or(STEPS[STEPS.len() - 1]);
        let (low, high) = ends(step);
        Axis { low: low * step, high: high.max(low + 1.0) * step, step, length }
    }

    fn x(&self, value: f64) -> f64 {
        self.length * (value - self.low) / (self.high - self.low)
    }

    fn ticks(&self, text: impl Fn(f64) -> String) -> Vec<(String, f64)> {
        let last = ((self.high - self.low) / self.step).round() as usize;
        let values = (0..=last).map(|place| self.low + place as f64 * self.step);
        values.map(|value| (text(value), self.x(value))).collect()
    }

    fn dot(&self, value: f64, interval: Interval, text: String, title: String) -> Dot {
        Dot { x: self.x(value), low: self.x(interval.low), high: self.x(interval.high), text, title }
    }
}

impl Drawing {
    fn of(results: &LadderResults) -> Drawing {
        let judged = |rung: &LadderVariant| Some((rung.score?, rung.interval?));
        let ends = results.rungs.iter().filter_map(judged).flat_map(|(_, interval)| [interval.low, interval.high]);
        let scores = Axis::around(ends, SCORES);
        let lost = results.steps.iter().filter_map(|step| step.left_out);
        let losses = Axis::around(lost.flat_map(|gain| [gain.interval.low, gain.interval.high, 0.0]), LOSSES);
        let names = std::iter::once("baseline").chain(results.steps.iter().map(|step| step.name.as_str()));
        let rungs: Vec<RungView> = results
            .rungs
            .iter()
            .zip(names)
            .enumerate()
            .map(|(place, (rung, name))| {
                let step = place.checked_sub(1).map(|place| &results.steps[place]);
                let title = |what: &str, gain: Option<Gain>| {
                    let [gain, range] = written(gain);
                    format!("{name}, {what}: {gain} points ({range})")
                };
                let added = step.map_or_else(|| name.to_owned(), |step| title("added", step.added));
                RungView {
                    name: name.to_owned(),
                    y: HEIGHT * place as f64,
                    is_significant: step.is_none_or(|step| step.is_significant(results.confidence_level)),
                    dot: judged(rung).map(|(score, interval)| scores.dot(score, interval, percent(score), added)),
                    loss: step.and_then(|step| step.left_out).map(|gain| {
                        let text = points(gain.difference);
                        losses.dot(gain.difference, gain.interval, text, title("removed", Some(gain)))
                    }),
                }
            })
            .collect();
        let places = rungs.iter().filter_map(|rung| Some([rung.dot.as_ref()?.x, rung.y]));
        Drawing {
            style: minijinja::Value::UNDEFINED,
            title: format!("{} on validation, {}", results.main_score.name(), results.means_of()),
            score: results.main_score.name(),
            scores: SCORES,
            losses: LOSSES,
            height: HEIGHT * results.rungs.len() as f64,
            ticks: scores.ticks(percent),
            loss_ticks: losses.ticks(points),
            zero: losses.x(0.0),
            line: polyline(places),
            rungs,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn every_rung_has_its_dot_and_every_step_its_loss() {
        let results = sample::ladder();
        let page = ladder_page(&results, "seed = 0").unwrap();
        assert_eq!(page.matches("class=\"dot-first").count(), 3 + 2, "{page}");
        assert!(page.contains("<td>model.pooling</td><td>last</td><td>max</td>"), "{page}");
        assert!(page.contains("pooling, removed: +18.5 points"), "{page}");
        let alone = ladder_drawing(&results).unwrap();
        assert!(alone.starts_with("<svg xmlns=") && alone.contains("<style>"), "{alone}");
    }

    #[test]
    fn an_axis_has_round_marks() {
        let marks = |values: &[f64]| -> Vec<String> {
            let axis = Axis::around(values.iter().copied(), 100.0);
            axis.ticks(|value| format!("{value:.2}")).into_iter().map(|(text, _)| text).collect()
        };
        assert_eq!(marks(&[0.643, 0.786]), ["0.60", "0.65", "0.70", "0.75", "0.80"]);
        assert_eq!(marks(&[-0.016, 0.066, 0.0]), ["-0.02", "0.00", "0.02", "0.04", "0.06", "0.08"]);
        assert_eq!(marks(&[0.5]), ["0.50", "0.51"]);
        assert_eq!(marks(&[]), ["0.00", "0.20", "0.40", "0.60", "0.80", "1.00"]);
        assert_eq!(marks(&[-1.0, 1.0]), ["-1.00", "-0.50", "0.00", "0.50", "1.00"]);
        let axis = Axis::around([0.512, 0.74].into_iter(), 100.0);
        assert!((axis.low - 0.5).abs() < 1e-12 && (axis.high - 0.75).abs() < 1e-12);
        assert!((axis.x(0.625) - 50.0).abs() < 1e-9);
    }
}
