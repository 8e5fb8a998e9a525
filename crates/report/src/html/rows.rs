//! The leaderboard's rows with their intervals, on one axis for all.

use serde::Serialize;

use crate::phrases::percent;
use crate::text::column::{Column, REFITTED};
use ninefold_metrics::MainScore;
use ninefold_records::{Leaderboard, Row, RowKind};

/// Width of the axis, in the drawing's own units.
const WIDTH: f64 = 200.0;

/// The rows, and what the axis says at its ends.
#[derive(Serialize)]
pub(crate) struct Rows {
    /// Key and heading of each figure, the main score's first.
    headings: Vec<(&'static str, String)>,
    main: &'static str,
    low: String,
    high: String,
    has_ensembles: bool,
    has_refitted: bool,
    has_costs: bool,
    has_deployed: bool,
    rows: Vec<RowView>,
}

#[derive(Serialize)]
struct RowView {
    rank: String,
    embedding: String,
    model: String,
    /// Follows the name.
    mark: &'static str,
    baseline: bool,
    ensemble: bool,
    best: bool,
    cells: Vec<(&'static str, String)>,
    /// Where the interval begins, the main score lies, the interval ends.
    places: Option<[f64; 3]>,
    /// Whether they lie left of the axis.
    off_axis: bool,
    spoken: String,
    /// The interval in figures.
    interval: String,
    error: Option<String>,
}

pub(crate) fn view(board: &Leaderboard, best: Option<&str>) -> Rows {
    let main = board.main_score;
    let has_costs = board.rows.iter().any(|row| row.cost.is_some());
    let columns = columns(main, has_costs);
    let ranked = Column::of_score(main).ranked(board);
    let interval = |row: &Row| row.interval.map(|interval| interval.of_score(main));
    let ends = |row: &Row| {
        let score = row.score(main)?;
        Some(interval(row).map_or((score, score), |interval| (interval.low, interval.high)))
    };
    let (low, high) = axis(&ranked, ends);
    let place = |share: f64| WIDTH * (share - low) / f64::max(high - low, 0.05);
    let rows = ranked
        .into_iter()
        .enumerate()
        .map(|(index, row)| {
            let interval = interval(row);
            let places = ends(row).zip(row.score(main)).map(|((from, to), score)| [from, score, to].map(place));
            RowView {
                rank: match (row.rank, row.accuracy()) {
                    (Some(rank), _) => rank.to_string(),
                    (None, Some(_)) => (index + 1).to_string(),
                    (None, None) => "–".to_string(),
                },
                embedding: Column::Embedding.text(row).replace('-', "–"),
                model: row.model.clone(),
                mark: if row.is_refitted { REFITTED } else { "" },
                baseline: row.kind == RowKind::Baseline,
                ensemble: row.kind == RowKind::Ensemble,
                best: best == Some(row.pair().as_str()),
                cells: columns.iter().map(|&(key, column)| (key, column.text(row))).collect(),
                off_axis: places.is_some_and(|[from, ..]| from < 0.0),
                places,
                spoken: match interval {
                    Some(interval) => format!("{} to {} %", percent(interval.low), percent(interval.high)),
                    None => String::new(),
                },
                interval: interval
                    .map_or(String::new(), |interval| format!("{}–{}", percent(interval.low), percent(interval.high))),
                error: row.error.clone(),
            }
        })
        .collect();
    let headings = columns.iter().map(|&(key, column)| (key, heading(column))).collect();
    let has_ensembles = board.rows.iter().any(|row| row.kind == RowKind::Ensemble);
    let has_refitted = board.rows.iter().any(|row| row.is_refitted);
    Rows {
        headings,
        main: main.name(),
        low: percent(low),
        high: percent(high),
        has_ensembles,
        has_refitted,
        has_costs,
        has_deployed: board.deploy.is_some(),
        rows,
    }
}

/// The ends of the axis, in whole steps of 5 %: all intervals lie on it but that of a baseline which reads no text, beside which
/// the others would be one dot.
fn axis(rows: &[&Row], ends: impl Fn(&Row) -> Option<(f64, f64)>) -> (f64, f64) {
    let sighted = rows.iter().any(|row| !row.is_blind() && ends(row).is_some());
    let drawn = rows.iter().filter(|row| !(sighted && row.is_blind())).filter_map(|row| ends(row));
    let (low, high) = drawn.fold((1.0, 0.0), |(low, high), (from, to)| (f64::min(low, from), f64::max(high, to)));
    ((low * 20.0).floor() / 20.0, (high * 20.0).ceil() / 20.0)
}

/// The figures with their keys in JSON, the main score first, then what a text costs.
fn columns(main: MainScore, has_costs: bool) -> Vec<(&'static str, Column)> {
    let mut columns = vec![
        ("accuracy", Column::Accuracy),
        ("f1_weighted", Column::F1),
        ("f1_macro", Column::F1Macro),
        ("validation", Column::of_validation_score(main)),
        ("train", Column::TrainAccuracy),
        ("seconds", Column::Seconds),
        ("parameters", Column::Parameters),
    ];
    if main == MainScore::F1Macro {
        columns.swap(0, 2);
        columns.swap(1, 2);
    }
    if has_costs {
        columns.splice(1..1, [("ms_per_text", Column::MsPerText), ("disk_bytes", Column::Megabytes)]);
    }
    columns
}

fn heading(column: Column) -> String {
    match column {
        Column::ValidationAccuracy => "validation".to_string(),
        Column::ValidationF1Macro => "validation F1 macro".to_string(),
        Column::TrainAccuracy => "train".to_string(),
        Column::MsPerText => "ms a text".to_string(),
        Column::Megabytes => "MB on disk".to_string(),
        other => other.heading(),
    }
}
