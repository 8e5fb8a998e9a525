//! The page `report.html` of one run, or of several side by side.

use minijinja::Value;
use serde::Serialize;

use super::run::{ModelReport, RunReport};
use super::template::{render, style, unbroken};
use super::{calibration, classes, curves, diagnosis, ensembles, lengths, matrix, rounds, rows};
use crate::text::table::{head, why_macro};
use ninefold_core::error::Result;
use ninefold_core::phrasing::rounded_percent;
use ninefold_metrics::MainScore;
use ninefold_records::{Mistake, RowKind};

/// The page of one run, or of several together.
///
/// # Errors
/// [`Error::Data`](ninefold_core::Error::Data) when the template fails, which would be our own mistake.
pub fn page(runs: &[RunReport]) -> Result<String> {
    let page = PageView {
        title: runs.first().map_or("", |run| &run.leaderboard.protocol.data),
        style: style(),
        rounds: (runs.len() > 1).then(|| rounds::view(runs)),
        runs: runs.iter().map(view).collect(),
    };
    render("page.html", &page)
}

/// What the template draws.
#[derive(Serialize)]
struct PageView<'a> {
    title: &'a str,
    style: Value,
    rounds: Option<rounds::Rounds>,
    runs: Vec<RunView<'a>>,
}

#[derive(Serialize)]
struct RunView<'a> {
    name: &'a str,
    data: &'a str,
    unfinished: Option<&'a str>,
    head: Vec<String>,
    insights: Vec<String>,
    best: Option<String>,
    /// "95", of the intervals.
    level: String,
    rows: rows::Rows,
    diagnosis: Option<diagnosis::DiagnosisView<'a>>,
    why: String,
    curves: Vec<curves::Curve>,
    matrix: Option<matrix::Matrix>,
    classes: Option<classes::Classes>,
    lengths: Option<lengths::Lengths>,
    calibration: Option<calibration::Calibration>,
    together: Vec<ensembles::Ensemble>,
    mistakes: &'a [Mistake],
    coverage: &'a [[String; 6]],
    environment: &'a [(String, String)],
    config: &'a str,
}

fn view(run: &RunReport) -> RunView<'_> {
    let board = run.leaderboard.merged();
    let best = board.best().map(|row| row.pair());
    let baseline = board.chosen(RowKind::Baseline).map(|row| row.pair()).filter(|name| Some(name) != best.as_ref());
    let chosen = best.as_deref().and_then(|name| run.model(name));
    let beside = baseline.as_deref().and_then(|name| run.model(name));
    let both: Vec<&ModelReport> = chosen.into_iter().chain(beside).collect();
    RunView {
        name: &run.name,
        data: &run.leaderboard.protocol.data,
        unfinished: run.unfinished.as_deref(),
        head: head(&run.leaderboard).lines().map(str::to_owned).collect(),
        insights: unbroken(&run.insights),
        level: rounded_percent(board.confidence_level().fraction()).to_string(),
        rows: rows::view(&board, best.as_deref()),
        diagnosis: run.diagnosis.as_ref().map(diagnosis::view),
        why: match board.main_score {
            MainScore::Accuracy => String::new(),
            MainScore::F1Macro => format!(" Macro F1 is the mean F1 of the classes.{}", why_macro(&board)),
        },
        best,
        curves: run.models.iter().filter_map(curves::view).collect(),
        matrix: chosen.map(matrix::view),
        classes: classes::view(&both),
        lengths: lengths::view(&both, &run.lengths),
        calibration: calibration::view(&both),
        together: ensembles::view(&board),
        mistakes: chosen.map_or(&[], |model| &model.mistakes),
        coverage: &run.coverage,
        environment: &run.environment,
        config: &run.config,
    }
}
