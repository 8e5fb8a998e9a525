//! Whether probabilities can be believed: confidence against accuracy, in bins.

use serde::Serialize;

use super::run::ModelReport;
use ninefold_metrics::calibration::Bin;

/// Side of the square in which confidence is drawn against accuracy, in the drawing's own units.
const SIDE: f64 = 220.0;

#[derive(Serialize)]
pub(crate) struct Calibration {
    error: f64,
    uncalibrated: Option<f64>,
    temperature: Option<f64>,
    bins: Vec<BinView>,
}

#[derive(Serialize)]
struct BinView {
    x: f64,
    y: f64,
    radius: f64,
    title: String,
}

/// `None` where no test text was answered.
pub(crate) fn view(model: &ModelReport) -> Option<Calibration> {
    Some(Calibration {
        error: model.calibration_error?,
        uncalibrated: model.calibration_error_uncalibrated,
        temperature: model.temperature,
        bins: bins(&model.reliability),
    })
}

/// The larger the dot, the more texts.
fn bins(bins: &[Bin]) -> Vec<BinView> {
    let most = bins.iter().map(|bin| bin.texts).max().unwrap_or(0).max(1) as f64;
    let view = |bin: &Bin| BinView {
        x: SIDE * bin.probability,
        y: SIDE * (1.0 - bin.accuracy),
        radius: 2.5 + 9.0 * (bin.texts as f64 / most).sqrt(),
        title: format!(
            "{} predictions with {:.1} % confidence on average: {:.1} % of them right",
            bin.texts,
            100.0 * bin.probability,
            100.0 * bin.accuracy
        ),
    };
    bins.iter().filter(|bin| bin.texts > 0).map(view).collect()
}
