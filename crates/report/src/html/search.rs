//! The page of a search: how the best score rose, which trials were trained on, what each setting is worth.

use serde::Serialize;
use serde_json::Value;

use super::template::{polyline, render, style, unbroken};
use crate::phrases::{percent, seconds};
use crate::text::search::search_insights;
use ninefold_core::error::Result;
use ninefold_records::{SearchResults, Trial, setting_name, setting_value};

/// The area of a large drawing, and of a small one, in their own units.
const WIDE: [f64; 2] = [640.0, 220.0];
const SMALL: [f64; 2] = [220.0, 120.0];

/// The page `search.html`. `config` are the settings as a file.
///
/// # Errors
/// [`Error::Data`](ninefold_core::Error::Data) when the template fails, which would be our own mistake.
pub fn search_page(results: &SearchResults, config: &str) -> Result<String> {
    let (low, high) = ends(results);
    let axis = Axis { low, high };
    let view = SearchView {
        style: style(),
        title: &results.protocol.data,
        head: results.protocol.to_string().lines().map(str::to_owned).collect(),
        insights: unbroken(&search_insights(results)),
        finished: results.finished,
        score: results.main_score.name(),
        ticks: axis.ticks(),
        progress: progress(results, &axis),
        lines: lines(results, &axis),
        epochs: results.rungs.last().copied().unwrap_or(1),
        settings: results.keys.iter().map(|(key, log)| setting(results, key, *log, &axis)).collect(),
        keys: results.keys.iter().map(|(key, _)| setting_name(key)).collect(),
        rows: results.ranked().iter().map(|trial| row(results, trial)).collect(),
        config,
    };
    render("search.html", &view)
}

#[derive(Serialize)]
struct SearchView<'a> {
    style: minijinja::Value,
    title: &'a str,
    head: Vec<String>,
    insights: Vec<String>,
    finished: bool,
    score: &'static str,
    /// Share and height of the lines behind all drawings.
    ticks: Vec<(String, f64)>,
    progress: Progress,
    lines: Vec<Line>,
    epochs: usize,
    settings: Vec<Setting>,
    keys: Vec<&'a str>,
    rows: Vec<RowView>,
    config: &'a str,
}

/// A trial as a dot.
#[derive(Serialize)]
struct Dot {
    x: f64,
    y: f64,
    /// Trained to the end, or stopped early.
    whole: bool,
    best: bool,
    title: String,
}

#[derive(Serialize)]
struct Progress {
    trials: usize,
    dots: Vec<Dot>,
    /// "x,y x,y ...": the best score so far.
    best: String,
}

#[derive(Serialize)]
struct Line {
    points: String,
    end: [f64; 2],
    best: bool,
    title: String,
}

#[derive(Serialize)]
struct Setting {
    name: String,
    /// What stands below the axis, and where.
    ticks: Vec<(String, f64)>,
    log: bool,
    dots: Vec<Dot>,
}

#[derive(Serialize)]
struct RowView {
    best: bool,
    cells: Vec<String>,
    settings: Vec<String>,
    error: Option<String>,
}

/// The scores that all drawings show, as heights.
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    /// From 0 at the lowest score to 1 at the highest.
    fn share(&self, score: f64) -> f64 {
        ((score - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    fn ticks(&self) -> Vec<(String, f64)> {
        let ticks = (0..=4).map(|step| f64::from(step) / 4.0);
        ticks.map(|share| (percent(self.low + share * (self.high - self.low)), 1.0 - share)).collect()
    }
}

/// Whole steps of 5 % around the scores; the worst tenth is cut off, for one bad trial would flatten all others.
fn ends(results: &SearchResults) -> (f64, f64) {
    let mut scores: Vec<f64> = results.trials.iter().filter_map(Trial::score).collect();
    scores.sort_by(f64::total_cmp);
    let (Some(low), Some(high)) = (scores.get(scores.len() / 10), scores.last()) else { return (0.0, 1.0) };
    let (low, high) = ((low * 20.0).floor() / 20.0, (high * 20.0).ceil() / 20.0);
    (low, f64::max(high, low + 0.05))
}

fn dot(results: &SearchResults, trial: &Trial, x: f64, y: f64) -> Dot {
    let epochs = trial.validation.len();
    let score = percent(trial.score().unwrap_or_default());
    Dot {
        x,
        y,
        whole: trial.finished,
        best: results.best == Some(trial.trial),
        title: format!(
            "trial {}: {score} % after {epochs} epochs\n{}\n{}",
            trial.trial,
            trial.pair(),
            trial.described()
        ),
    }
}

fn progress(results: &SearchResults, axis: &Axis) -> Progress {
    let [width, height] = WIDE;
    let count = results.trials.len();
    let x = |trial: &Trial| width * (trial.trial as f64 + 0.5) / count.max(1) as f64;
    let (mut dots, mut best, mut points) = (Vec::new(), f64::NEG_INFINITY, Vec::new());
    for trial in &results.trials {
        let Some(score) = trial.score() else { continue };
        let y = height * (1.0 - axis.share(score));
        if score > best {
            if best > f64::NEG_INFINITY {
                points.push([x(trial), height * (1.0 - axis.share(best))]); // up in steps
            }
            best = score;
        }
        points.push([x(trial), height * (1.0 - axis.share(best))]);
        dots.push(dot(results, trial, x(trial), y));
    }
    Progress { trials: count, dots, best: polyline(points) }
}

/// The best score so far, epoch by epoch; the best trial's line last, above the others.
fn lines(results: &SearchResults, axis: &Axis) -> Vec<Line> {
    let ([width, height], last) = (WIDE, results.rungs.last().copied().unwrap_or(1));
    let x = |epoch: usize| width * epoch as f64 / last.max(2).saturating_sub(1) as f64;
    let mut lines: Vec<Line> = results
        .trials
        .iter()
        .filter(|trial| trial.score().is_some())
        .map(|trial| {
            let place = |(epoch, &score): (usize, &f64)| [x(epoch), height * (1.0 - axis.share(score))];
            let places: Vec<[f64; 2]> = trial.validation.iter().enumerate().map(place).collect();
            let whole = dot(results, trial, 0.0, 0.0);
            Line {
                end: places.last().copied().unwrap_or_default(),
                points: polyline(places),
                best: whole.best,
                title: whole.title,
            }
        })
        .collect();
    lines.sort_by_key(|line| line.best);
    lines
}

/// Where the values of a setting stand below a small drawing.
enum Scale {
    /// Few values, in equal steps.
    Steps(Vec<Value>),
    /// Numbers between two ends, on a logarithmic scale where `log`.
    Range { low: f64, high: f64, log: bool },
}

/// Up to so many different values stand in equal steps.
const STEPS: usize = 6;

impl Scale {
    fn of(values: &[&Value], log: bool) -> Scale {
        let mut distinct: Vec<Value> = Vec::new();
        for &value in values {
            if !distinct.contains(value) {
                distinct.push(value.clone());
            }
        }
        let numbers: Vec<f64> = distinct.iter().filter_map(Value::as_f64).collect();
        if distinct.len() > STEPS && numbers.len() == distinct.len() {
            let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
            return Scale::Range { low, high: numbers.iter().copied().fold(low, f64::max), log };
        }
        distinct.sort_by(|a, b| match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => setting_value(a).cmp(&setting_value(b)),
        });
        Scale::Steps(distinct)
    }

    fn x(&self, value: &Value) -> f64 {
        let [width, _] = SMALL;
        match self {
            Scale::Steps(values) => {
                let step = width / values.len().max(1) as f64;
                step * (values.iter().position(|other| other == value).unwrap_or_default() as f64 + 0.5)
            }
            &Scale::Range { low, high, log } => {
                let scaled = |number: f64| if log { number.ln() } else { number };
                let value = scaled(value.as_f64().unwrap_or(low));
                6.0 + (width - 12.0) * (value - scaled(low)) / (scaled(high) - scaled(low))
            }
        }
    }

    /// Equal values in steps stand a little apart, by the number of the trial.
    fn aside(&self, trial: &Trial) -> f64 {
        if matches!(self, Scale::Steps(_)) { (trial.trial % 7) as f64 * 2.0 - 6.0 } else { 0.0 }
    }

    /// What is written below, and where.
    fn ticks(&self) -> Vec<(String, f64)> {
        let whole = |end: f64| if end.fract() == 0.0 { Value::from(end as i64) } else { Value::from(end) };
        let values = match self {
            Scale::Steps(values) => values.clone(),
            &Scale::Range { low, high, .. } => vec![whole(low), whole(high)],
        };
        values.iter().map(|value| (setting_value(value), self.x(value))).collect()
    }
}

/// Score by one setting.
fn setting(results: &SearchResults, key: &str, log: bool, axis: &Axis) -> Setting {
    let values: Vec<&Value> = results.trials.iter().filter_map(|trial| trial.settings.get(key)).collect();
    let scale = Scale::of(&values, log);
    let dot_of = |trial: &Trial| {
        let (score, value) = (trial.score()?, trial.settings.get(key)?);
        Some(dot(results, trial, scale.x(value) + scale.aside(trial), SMALL[1] * (1.0 - axis.share(score))))
    };
    let mut dots: Vec<Dot> = results.trials.iter().filter_map(dot_of).collect();
    dots.sort_by_key(|dot| (dot.best, dot.whole)); // the best stands above the others
    Setting { name: key.to_owned(), ticks: scale.ticks(), log, dots }
}

fn row(results: &SearchResults, trial: &Trial) -> RowView {
    RowView {
        best: results.best == Some(trial.trial),
        cells: vec![
            trial.trial.to_string(),
            trial.embedding.clone(),
            trial.model.clone(),
            trial.score().map_or("–".to_owned(), percent),
            trial.validation.len().to_string(),
            seconds(trial.seconds),
        ],
        settings: results
            .keys
            .iter()
            .map(|(key, _)| trial.settings.get(key).map_or("–".to_owned(), setting_value))
            .collect(),
        error: trial.error.clone(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn every_trial_with_a_score_stands_in_every_drawing_and_the_best_line_rises() {
        let results = sample::search();
        let page = search_page(&results, "seed = 0").unwrap();
        assert_eq!(page.matches("<title>trial 1: 70.0 % after 2 epochs").count(), 1 + 1 + 2, "two settings");
        assert_eq!(page.matches("data-trial=").count(), 4, "failures too: {page}");
        let rising = progress(&results, &Axis { low: 0.5, high: 0.75 });
        assert_eq!(rising.best, "80.0,220.0 240.0,220.0 240.0,44.0 400.0,44.0");
        assert!(!page.contains("Unfinished") && page.contains("best.toml"), "{page}");
        let page = search_page(&SearchResults::default(), "").unwrap();
        assert!(page.contains("Unfinished"));
    }
}
