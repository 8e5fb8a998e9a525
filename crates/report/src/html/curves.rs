//! Training curves: accuracy on train and on validation, epoch by epoch, a small drawing per pair.

use serde::Serialize;

use super::run::ModelReport;
use super::template::polyline;

/// The area of the lines, in the drawing's own units.
const WIDTH: f64 = 190.0;
const HEIGHT: f64 = 100.0;

#[derive(Serialize)]
pub(crate) struct Curve {
    name: String,
    /// "x,y x,y ..." of both lines.
    train: String,
    validation: String,
    /// The epoch that was kept.
    best: Option<[f64; 2]>,
    best_epoch: usize,
    epochs: usize,
    last_train: f64,
    best_validation: f64,
}

/// Nothing for a model without epochs.
pub(crate) fn view(model: &ModelReport) -> Option<Curve> {
    let last = model.history.last()?;
    let steps = (model.history.len() - 1).max(1) as f64;
    let place = |epoch: usize, share: f64| [WIDTH * epoch as f64 / steps, HEIGHT * (1.0 - share)];
    let line = |part: usize| {
        let points = model.history.iter().enumerate().map(|(epoch, shares)| place(epoch, shares[part]));
        polyline(points)
    };
    let kept = model.best_epoch.checked_sub(1).and_then(|epoch| Some((epoch, model.history.get(epoch)?)));
    Some(Curve {
        name: model.name.clone(),
        train: line(0),
        validation: line(1),
        best: kept.map(|(epoch, shares)| place(epoch, shares[1])),
        best_epoch: model.best_epoch,
        epochs: model.history.len(),
        last_train: last[0],
        best_validation: kept.map_or(last[1], |(_, shares)| shares[1]),
    })
}
