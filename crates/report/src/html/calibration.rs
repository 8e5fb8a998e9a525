//! Whether probabilities can be believed, and what is gained by not answering where a model is unsure.

use serde::Serialize;

use super::run::ModelReport;
use super::template::polyline;
use ninefold_metrics::calibration::{Answer, Bin, Selected, selected};

/// Side of the square in which certainty stands against accuracy, in the drawing's own units.
const SIDE: f64 = 220.0;
/// The area of the curve of coverage and accuracy.
const WIDTH: f64 = 400.0;
/// The thresholds that the table names.
const NAMED: [f64; 6] = [0.0, 0.5, 0.7, 0.8, 0.9, 0.95];
/// Steps of the threshold along the curve.
const STEPS: usize = 50;

#[derive(Serialize)]
pub(crate) struct Calibration {
    name: String,
    error: f64,
    uncalibrated: Option<f64>,
    temperature: Option<f64>,
    bins: Vec<BinView>,
    lines: Vec<Line>,
    /// Share and height of the lines behind the curve.
    ticks: Vec<(f64, f64)>,
    table: Vec<Selected>,
}

#[derive(Serialize)]
struct BinView {
    x: f64,
    y: f64,
    radius: f64,
    title: String,
}

#[derive(Serialize)]
struct Line {
    name: String,
    points: String,
    /// Where the named thresholds stand.
    places: Vec<(f64, f64, String)>,
}

/// Of the first model; the curve of all of them.
pub(crate) fn view(models: &[&ModelReport]) -> Option<Calibration> {
    let first = models.first()?;
    let error = first.calibration_error?;
    let all: Vec<Vec<Answer>> = models.iter().map(|model| answers(model)).collect();
    if all.iter().any(|answers| answers.is_empty()) {
        return None;
    }
    let curves: Vec<Vec<Selected>> = all.iter().map(|answers| curve(answers)).collect();
    let lowest = curves.iter().flatten().map(|point| point.accuracy).fold(1.0, f64::min);
    let low = ((lowest * 10.0).floor() / 10.0).min(0.9);
    let height = |accuracy: f64| SIDE * (1.0 - accuracy) / (1.0 - low);
    let title = |point: &Selected| {
        let [sure, covered, right] =
            [point.min_probability, point.coverage, point.accuracy].map(|share| format!("{:.1} %", 100.0 * share));
        format!("at least {sure} sure: {covered} of the texts answered, {right} of them right")
    };
    let line = |((model, points), answers): ((&&ModelReport, &Vec<Selected>), &Vec<Answer>)| {
        let drawn = polyline(points.iter().map(|point| [WIDTH * point.coverage, height(point.accuracy)]));
        let named = NAMED.iter().map(|&least| selected(answers, least)).filter(|point| point.coverage >= 0.01);
        let places = named.map(|point| {
            (WIDTH * point.coverage, height(point.accuracy), format!("{}: {}", model.name, title(&point)))
        });
        Line { name: model.name.clone(), points: drawn, places: places.collect() }
    };
    let ticks = (0..=4).map(|step| low + (1.0 - low) * f64::from(step) / 4.0);
    Some(Calibration {
        name: first.name.clone(),
        error,
        uncalibrated: first.calibration_error_uncalibrated,
        temperature: first.temperature,
        bins: bins(&first.reliability),
        lines: models.iter().zip(&curves).zip(&all).map(line).collect(),
        ticks: ticks.map(|accuracy| (accuracy, height(accuracy))).collect(),
        table: NAMED.iter().map(|&least| selected(&all[0], least)).collect(),
    })
}

fn answers(model: &ModelReport) -> Vec<Answer> {
    let answers = model.probabilities.iter().zip(&model.answers);
    answers.map(|(&probability, (truth, predicted))| (probability, truth == predicted)).collect()
}

/// From all answers to the surest, as long as there are any; few texts make the last steps jump, so those are left out.
fn curve(answers: &[Answer]) -> Vec<Selected> {
    let fewest = (answers.len() as f64 / 100.0).max(1.0) / answers.len() as f64;
    let steps = (0..=STEPS).map(|step| selected(answers, step as f64 / STEPS as f64));
    steps.take_while(|point| point.coverage >= fewest).collect()
}

/// The larger the dot, the more texts.
fn bins(bins: &[Bin]) -> Vec<BinView> {
    let most = bins.iter().map(|bin| bin.texts).max().unwrap_or(0).max(1) as f64;
    let view = |bin: &Bin| BinView {
        x: SIDE * bin.probability,
        y: SIDE * (1.0 - bin.accuracy),
        radius: 2.5 + 9.0 * (bin.texts as f64 / most).sqrt(),
        title: format!(
            "{} answers, {:.1} % sure on average: {:.1} % of them right",
            bin.texts,
            100.0 * bin.probability,
            100.0 * bin.accuracy
        ),
    };
    bins.iter().filter(|bin| bin.texts > 0).map(view).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_begins_with_all_texts_and_ends_with_the_surest() {
        let model = ModelReport {
            name: "m".into(),
            calibration_error: Some(0.1),
            answers: vec![(0, 0), (0, 1), (1, 1), (1, 1)],
            probabilities: vec![0.9, 0.4, 0.8, 0.6],
            ..ModelReport::default()
        };
        let view = view(&[&model]).unwrap();
        assert_eq!((view.table[0].coverage, view.table[0].accuracy), (1.0, 0.75));
        assert_eq!((view.table[1].coverage, view.table[1].accuracy), (0.75, 1.0));
        assert!(view.lines[0].points.starts_with("400.0,"), "{}", view.lines[0].points);
        assert!(super::view(&[&ModelReport::default()]).is_none());
    }
}
