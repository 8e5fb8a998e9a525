//! What a threshold on the probability gives: texts without an answer against accuracy, and for two classes precision against recall.
//!
//! The thresholds are read from the test texts; they are for orientation.

use serde::Serialize;

use super::run::ModelReport;
use super::template::polyline;
use crate::phrases::percent;
use ninefold_metrics::calibration::{Answer, Selected, selected};
use ninefold_metrics::thresholds::{
    OperatingPoint, ScoredText, precision_at_recall, precision_recall_curve, recall_at_precision,
};

/// The area of the curve of coverage and accuracy, in the drawing's own units.
const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 220.0;
/// Side of the square in which precision is drawn against recall.
const SIDE: f64 = 220.0;
/// The lowest probabilities of an answer that the table names.
const MIN_PROBABILITIES: [f64; 6] = [0.0, 0.5, 0.7, 0.8, 0.9, 0.95];
/// The recalls and precisions that the table names.
const LEVELS: [f64; 4] = [0.5, 0.8, 0.9, 0.95];
/// Steps of the threshold along a curve.
const STEPS: usize = 50;

#[derive(Serialize)]
pub(crate) struct Decisions {
    abstaining: Abstaining,
    classes: Vec<ClassThresholds>,
}

/// Accuracy of the answers that are given, by the fraction of texts that get one.
#[derive(Serialize)]
struct Abstaining {
    lines: Vec<Line>,
    /// Accuracy and height of the lines behind the curve.
    ticks: Vec<(f64, f64)>,
    table: Vec<Selected>,
}

#[derive(Serialize)]
struct Line {
    name: String,
    points: String,
    /// Where the named thresholds are.
    marks: Vec<(f64, f64, String)>,
}

/// One of two classes: precision by recall.
#[derive(Serialize)]
struct ClassThresholds {
    label: String,
    points: String,
    levels: Vec<Level>,
}

/// The best precision from a recall on, and the best recall from a precision on.
#[derive(Serialize)]
struct Level {
    level: f64,
    precision: String,
    precision_threshold: String,
    recall: String,
    recall_threshold: String,
}

/// Of the first model; the curve of abstaining of all of them. `None` where a model has no probabilities.
pub(crate) fn view(models: &[&ModelReport]) -> Option<Decisions> {
    let first = models.first()?;
    if models.iter().any(|model| model.probabilities.is_empty()) {
        return None;
    }
    Some(Decisions { abstaining: abstaining(models), classes: classes(first) })
}

fn abstaining(models: &[&ModelReport]) -> Abstaining {
    let all: Vec<Vec<Answer>> = models.iter().map(|model| answers(model)).collect();
    let curves: Vec<Vec<Selected>> = all.iter().map(|answers| curve(answers)).collect();
    let lowest = curves.iter().flatten().map(|point| point.accuracy).fold(1.0, f64::min);
    let low = ((lowest * 10.0).floor() / 10.0).min(0.9);
    let height = |accuracy: f64| HEIGHT * (1.0 - accuracy) / (1.0 - low);
    let line = |((model, points), answers): ((&&ModelReport, &Vec<Selected>), &Vec<Answer>)| {
        let drawn = polyline(points.iter().map(|point| [WIDTH * point.coverage, height(point.accuracy)]));
        let named = MIN_PROBABILITIES.iter().map(|&least| selected(answers, least));
        let marks = named.filter(|point| point.coverage >= 0.01).map(|point| {
            (WIDTH * point.coverage, height(point.accuracy), format!("{}: {}", model.name, title(&point)))
        });
        Line { name: model.name.clone(), points: drawn, marks: marks.collect() }
    };
    let ticks = (0..=4).map(|step| low + (1.0 - low) * f64::from(step) / 4.0);
    Abstaining {
        lines: models.iter().zip(&curves).zip(&all).map(line).collect(),
        ticks: ticks.map(|accuracy| (accuracy, height(accuracy))).collect(),
        table: MIN_PROBABILITIES.iter().map(|&least| selected(&all[0], least)).collect(),
    }
}

fn title(point: &Selected) -> String {
    let [confidence, answered, right] = [point.min_probability, point.coverage, point.accuracy].map(percent);
    format!("at least {confidence} % confidence: {answered} % of the texts answered, {right} % of them right")
}

fn answers(model: &ModelReport) -> Vec<Answer> {
    let answers = model.probabilities.iter().zip(&model.answers);
    answers.map(|(&probability, (truth, predicted))| (probability, truth == predicted)).collect()
}

/// From all answers to the most confident ones. The last steps, with 1 % of the texts or fewer, are left out: they jump.
fn curve(answers: &[Answer]) -> Vec<Selected> {
    let fewest = (answers.len() as f64 / 100.0).max(1.0) / answers.len() as f64;
    let steps = (0..=STEPS).map(|step| selected(answers, step as f64 / STEPS as f64));
    steps.take_while(|point| point.coverage >= fewest).collect()
}

/// Both classes, that with fewer test texts first; none where there are not two.
fn classes(model: &ModelReport) -> Vec<ClassThresholds> {
    if model.labels.len() != 2 {
        return Vec::new();
    }
    let mut classes: Vec<u32> = vec![0, 1];
    classes.sort_by_key(|&class| model.confusion.support(class as usize));
    classes.into_iter().filter_map(|class| class_thresholds(model, class)).collect()
}

fn class_thresholds(model: &ModelReport, class: u32) -> Option<ClassThresholds> {
    let of_class = |(&probability, &(truth, predicted)): (&f64, &(u32, u32))| {
        let probability = if predicted == class { probability } else { 1.0 - probability };
        (probability, truth == class)
    };
    let texts: Vec<ScoredText> = model.probabilities.iter().zip(&model.answers).map(of_class).collect();
    let curve = precision_recall_curve(&texts);
    let last = curve.last()?;
    let level = |&level: &f64| {
        let (by_recall, by_precision) = (precision_at_recall(&curve, level), recall_at_precision(&curve, level));
        let threshold =
            |point: Option<OperatingPoint>| point.map_or("–".to_owned(), |p| format!("{:.3}", p.threshold));
        let dash = || "–".to_owned();
        Level {
            level,
            precision: by_recall.map_or_else(dash, |point| percent(point.precision)),
            precision_threshold: threshold(by_recall),
            recall: by_precision.map_or_else(dash, |point| percent(point.recall)),
            recall_threshold: threshold(by_precision),
        }
    };
    let drawn = thinned(&curve).chain(std::iter::once(last));
    Some(ClassThresholds {
        label: model.labels[class as usize].clone(),
        points: polyline(drawn.map(|point| [SIDE * point.recall, SIDE * (1.0 - point.precision)])),
        levels: LEVELS.iter().map(level).collect(),
    })
}

/// Of each step of the recall the first point.
fn thinned(curve: &[OperatingPoint]) -> impl Iterator<Item = &OperatingPoint> {
    let step = |point: &OperatingPoint| (2.0 * STEPS as f64 * point.recall) as usize;
    let is_first = move |index: usize| index == 0 || step(&curve[index - 1]) < step(&curve[index]);
    curve.iter().enumerate().filter(move |(index, _)| is_first(*index)).map(|(_, point)| point)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use ninefold_metrics::Confusion;

    fn model() -> ModelReport {
        ModelReport {
            name: "m".into(),
            labels: vec!["ham".into(), "spam".into()],
            confusion: Confusion::of(2, &[0, 0, 0, 1], &[0, 1, 0, 1]),
            answers: vec![(0, 0), (0, 1), (0, 0), (1, 1)],
            probabilities: vec![0.9, 0.6, 0.8, 0.7],
            ..ModelReport::default()
        }
    }

    #[test]
    fn abstaining_begins_with_all_texts_and_ends_with_the_most_confident() {
        let view = view(&[&model()]).unwrap().abstaining;
        assert_eq!((view.table[0].coverage, view.table[0].accuracy), (1.0, 0.75));
        assert_eq!((view.table[2].coverage, view.table[2].accuracy), (0.75, 1.0));
        assert!(view.lines[0].points.starts_with("400.0,"), "{}", view.lines[0].points);
        assert!(super::view(&[&ModelReport::default()]).is_none());
    }

    #[test]
    fn each_of_two_classes_has_its_precision_and_recall() {
        let view = view(&[&model()]).unwrap();
        let labels: Vec<&str> = view.classes.iter().map(|class| class.label.as_str()).collect();
        assert_eq!(labels, ["spam", "ham"], "the rarer class first");
        let level = &view.classes[0].levels[3];
        assert_eq!((level.precision.as_str(), level.precision_threshold.as_str()), ("100.0", "0.700"));
        assert_eq!((level.recall.as_str(), level.recall_threshold.as_str()), ("100.0", "0.700"));
        let ham = &view.classes[1].levels[3];
        assert_eq!((ham.recall.as_str(), ham.recall_threshold.as_str()), ("100.0", "0.400"));
    }

    #[test]
    fn three_classes_have_no_precision_recall_curve() {
        let model = ModelReport { labels: vec!["a".into(), "b".into(), "c".into()], ..model() };
        assert!(view(&[&model]).unwrap().classes.is_empty());
    }
}
