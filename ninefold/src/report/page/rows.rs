//! The leaderboard's rows with their intervals, on one axis for all.

use serde::Serialize;

use super::super::phrases::{percent, seconds};
use super::super::{Column, Leaderboard};
use crate::phrasing::thousands;

/// Width of the axis, in the drawing's own units.
const WIDTH: f64 = 200.0;

/// The rows, and what the axis says at its ends.
#[derive(Serialize)]
pub(super) struct Rows {
    low: String,
    high: String,
    rows: Vec<RowView>,
}

#[derive(Serialize)]
struct RowView {
    rank: String,
    embedding: String,
    model: String,
    baseline: bool,
    best: bool,
    cells: Vec<(&'static str, String)>,
    /// Where the interval begins, the accuracy lies, the interval ends.
    places: Option<[f64; 3]>,
    spoken: String,
    error: Option<String>,
}

pub(super) fn view(board: &Leaderboard, best: Option<&str>) -> Rows {
    let ranked = board.ranked(Column::Accuracy);
    let ends = ranked.iter().filter_map(|row| {
        let accuracy = row.accuracy()?;
        Some(row.interval.map_or((accuracy, accuracy), |interval| (interval.accuracy.low, interval.accuracy.high)))
    });
    let (low, high) = ends.fold((1.0, 0.0), |(low, high), (from, to)| (f64::min(low, from), f64::max(high, to)));
    let (low, high) = ((low * 20.0).floor() / 20.0, (high * 20.0).ceil() / 20.0); // whole steps of 5 %
    let place = |share: f64| WIDTH * (share - low) / f64::max(high - low, 0.05);
    let rows = ranked
        .into_iter()
        .enumerate()
        .map(|(index, row)| {
            let interval = row.interval.map(|interval| interval.accuracy);
            let places = row.accuracy().map(|accuracy| {
                let (from, to) = interval.map_or((accuracy, accuracy), |interval| (interval.low, interval.high));
                [place(from), place(accuracy), place(to)]
            });
            RowView {
                rank: match (row.rank, row.accuracy()) {
                    (Some(rank), _) => rank.to_string(),
                    (None, Some(_)) => (index + 1).to_string(),
                    (None, None) => "–".to_string(),
                },
                embedding: Column::Embedding.text(row).replace('-', "–"),
                model: row.model.clone(),
                baseline: row.baseline,
                best: best == Some(row.pair().as_str()),
                cells: vec![
                    ("accuracy", Column::Accuracy.text(row)),
                    ("f1_weighted", Column::F1.text(row)),
                    ("f1_macro", Column::F1Macro.text(row)),
                    ("validation", Column::ValidationAccuracy.text(row)),
                    ("train", Column::TrainAccuracy.text(row)),
                    ("seconds", seconds(row.seconds.total())),
                    ("parameters", thousands(row.parameters)),
                ],
                places,
                spoken: match interval {
                    Some(interval) => format!("{} to {} %", percent(interval.low), percent(interval.high)),
                    None => String::new(),
                },
                error: row.error.clone(),
            }
        })
        .collect();
    Rows { low: percent(low), high: percent(high), rows }
}
