//! What more training texts would give: a learning curve and its forecast.

use rayon::prelude::*;

use super::Check;
use crate::DiagnosisConfig;
use crate::evidence::{Evidence, Trained};
use crate::finding::{Backtest, Basis, Curve, CurvePoint, Figure, Finding, Forecast, Remedy, Side, Unit};
use crate::measured::SMALLEST_CURVE;
use crate::numbers::{percent, points_within};
use crate::power_law::{Measured, PowerLaw};
use crate::probes::{Probe, accuracy, scores_of};
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::{counted, thousands};
use ninefold_core::rng::{Rng, fold};
use ninefold_metrics::{ConfidenceLevel, Interval, most_probable, stratified_folds};

#[derive(Debug)]
pub(super) struct MoreTexts;

/// Subsets of each size, each with another fifth held out.
const REPEATS: usize = 3;
/// All texts are halved so many times.
const HALVINGS: u32 = 4;
/// The smallest subset has at least so many texts, and so many per class.
const FEWEST_TEXTS: usize = 50;
const FEWEST_PER_CLASS: usize = 2;
/// Multiples of the texts that are forecast.
const TIMES: [usize; 3] = [2, 4, 10];
/// The largest multiple that is reported.
const FARTHEST: usize = 4;

impl Check for MoreTexts {
    fn name(&self) -> &'static str {
        "more_texts"
    }

    fn about(&self) -> &'static str {
        "What more training texts would give"
    }

    fn run(&self, evidence: &Evidence, trained: &Trained) -> Result<Finding> {
        let probe = trained.probed.reference().probe;
        let Some(curve) = curve(evidence, probe)? else {
            let least = smallest_part(evidence.data.classes.len());
            let needed = least * 4 * evidence.settings.folds / (evidence.settings.folds - 1);
            let sentence = "There are too few training texts for a learning curve.";
            return Ok(Finding::unknown(self.name(), sentence, counted(needed, "training text")));
        };
        Ok(finding(self.name(), curve, evidence.settings))
    }
}

/// Training texts of the smallest part of a learning curve, at least.
pub fn smallest_part(num_classes: usize) -> usize {
    FEWEST_TEXTS.max(FEWEST_PER_CLASS * num_classes)
}

/// What a learning curve says.
pub(crate) fn finding(check: &str, curve: Curve, settings: &DiagnosisConfig) -> Finding {
    let last = curve.points.last().copied().unwrap_or_default();
    let gain = |forecast: &Forecast| {
        let Interval { low, high } = forecast.interval;
        let interval = Interval { low: low - last.accuracy, high: high - last.accuracy };
        (forecast.accuracy - last.accuracy, interval)
    };
    // The farthest forecast extrapolates too far to decide.
    let is_near = |forecast: &Forecast| forecast.times <= FARTHEST;
    let is_sure = |forecast: &Forecast| is_near(forecast) && gain(forecast).1.low >= settings.min_gain;
    let is_found = curve.forecasts.iter().any(is_sure);
    let remedy = |forecast: &Forecast| {
        let (gain, interval) = gain(forecast);
        let more = forecast.texts.saturating_sub(last.texts);
        Remedy {
            check: check.to_string(),
            action: match forecast.times {
                2 => "twice the training texts".to_string(),
                times => format!("{times} times the training texts"),
            },
            side: Side::Data,
            gain,
            interval,
            basis: Basis::Forecast,
            cost: format!("label about {} more", counted(more, "text")),
            is_reported: is_found && is_near(forecast) && interval.low >= settings.min_gain,
        }
    };
    let figures = curve.forecasts.iter().map(|forecast| {
        let (gain, interval) = gain(forecast);
        Figure::new(&format!("gain with {} times the texts", forecast.times), gain, Unit::Points).within(interval)
    });
    let twice = curve.forecasts.first().map(&gain);
    Finding {
        figures: figures.collect(),
        remedies: curve.forecasts.iter().map(remedy).collect(),
        ..Finding::judged(check, is_found, sentence(&curve, twice))
    }
    .with_curve(curve)
}

/// `twice`: the gain with twice the texts.
fn sentence(curve: &Curve, twice: Option<(f64, Interval)>) -> String {
    let mut sentence = String::new();
    if let Some((gain, interval)) = twice {
        sentence = format!(
            "Twice the training texts would change the accuracy of {} by {}",
            curve.model,
            points_within(gain, interval)
        );
    }
    if let Some(Backtest { forecast, interval, measured }) = curve.backtest {
        sentence += &format!(
            "; from half of the texts {} ({} to {}) was forecast for all {}, measured is {}",
            percent(forecast),
            percent(interval.low),
            percent(interval.high),
            thousands(curve.points.last().map_or(0, |last| last.texts)),
            percent(measured)
        );
    }
    sentence.push('.');
    sentence
}

/// Measures and forecasts; `None` where there are too few texts.
fn curve(evidence: &Evidence, probe: Probe) -> Result<Option<Curve>> {
    let (data, settings, progress) = (evidence.data, evidence.settings, evidence.progress);
    let (labels, num_classes) = (&data.learned.labels, data.classes.len());
    let folds = stratified_folds(labels, num_classes, settings.folds, evidence.seed);
    let repeats = REPEATS.min(settings.folds);
    let most = (0..repeats).map(|fold| folds.iter().filter(|&&of| of != fold).count()).min().unwrap_or(0);
    let least = smallest_part(num_classes);
    let sizes: Vec<usize> =
        (0..=HALVINGS).rev().map(|halvings| most >> halvings).filter(|&size| size >= least).collect();
    if sizes.len() < SMALLEST_CURVE {
        return Ok(None);
    }
    let work = |(repeat, size): (usize, usize)| -> Result<f64> {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let (held_out, mut train): (Vec<usize>, Vec<usize>) =
            (0..labels.len()).partition(|&text| folds[text] == repeat);
        Rng::for_purpose(fold(&[evidence.seed, repeat as u64]), "learning curve").shuffle(&mut train);
        train.truncate(size);
        let ids = |texts: &[usize]| texts.iter().map(|&text| data.learned.ids[text].clone()).collect::<Vec<_>>();
        let of = |texts: &[usize]| texts.iter().map(|&text| labels[text]).collect::<Vec<_>>();
        let scores = scores_of(probe, (&ids(&train), &of(&train)), &ids(&held_out), num_classes, evidence.seed);
        progress.advance(1);
        Ok(accuracy(&most_probable(&scores, num_classes), &of(&held_out)))
    };
    let jobs: Vec<(usize, usize)> =
        sizes.iter().flat_map(|&size| (0..repeats).map(move |repeat| (repeat, size))).collect();
    progress.begin("diagnosis: learning curve", "models", Some(jobs.len() as u64));
    let accuracies = jobs.into_par_iter().map(work).collect::<Result<Vec<f64>>>();
    progress.end();
    let points = points(&accuracies?, &sizes, repeats);
    Ok(Some(forecast(probe.name(), "texts held out", points, settings, evidence.level)))
}

/// The curve through measured points, with what more texts would give. `scored`: the texts that the points were scored on.
pub(crate) fn forecast(
    model: &str,
    scored: &str,
    points: Vec<CurvePoint>,
    settings: &DiagnosisConfig,
    level: ConfidenceLevel,
) -> Curve {
    let measured: Vec<Measured> = points
        .iter()
        .map(|point| Measured { texts: point.texts as f64, error: 1.0 - point.accuracy, standard_error: point.error })
        .collect();
    let accuracy_at = |law: &PowerLaw, texts: usize| {
        let (error, interval) = law.error(texts as f64, level);
        (1.0 - error, Interval { low: 1.0 - interval.high, high: 1.0 - interval.low })
    };
    let all = points.last().map_or(0, |last| last.texts);
    let forecasts = PowerLaw::fit(&measured, settings.curve_deviation).map_or(Vec::new(), |law| {
        let forecast = |times: usize| {
            let texts = times * all;
            let (accuracy, interval) = accuracy_at(&law, texts);
            Forecast { times, texts, accuracy, interval }
        };
        TIMES.map(forecast).to_vec()
    });
    let backtest = measured.split_last().and_then(|(last, earlier)| {
        let law = PowerLaw::fit(earlier, settings.curve_deviation)?;
        let (forecast, interval) = accuracy_at(&law, last.texts as usize);
        Some(Backtest { forecast, interval, measured: 1.0 - last.error })
    });
    Curve { model: model.to_string(), scored: scored.to_string(), points, forecasts, backtest }
}

/// Means over the repeats. What the repeats differ by at all sizes alike, since each holds out other texts, is no error of the curve.
///
/// # Shapes
/// `accuracies` `[sizes, repeats]`
fn points(accuracies: &[f64], sizes: &[usize], repeats: usize) -> Vec<CurvePoint> {
    let mean = |values: &mut dyn Iterator<Item = f64>| {
        let values: Vec<f64> = values.collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    let overall = mean(&mut accuracies.iter().copied());
    let of_repeat: Vec<f64> = (0..repeats)
        .map(|repeat| mean(&mut accuracies.iter().skip(repeat).step_by(repeats).copied()) - overall)
        .collect();
    let of_size: Vec<f64> = accuracies.chunks_exact(repeats).map(|row| mean(&mut row.iter().copied())).collect();
    let residuals = accuracies.chunks_exact(repeats).zip(&of_size).flat_map(|(row, size)| {
        row.iter().zip(&of_repeat).map(move |(accuracy, repeat)| (accuracy - size - repeat).powi(2))
    });
    let freedom = ((repeats - 1) * (sizes.len() - 1)).max(1) as f64;
    let error = (residuals.sum::<f64>() / freedom / repeats as f64).sqrt();
    sizes.iter().zip(of_size).map(|(&texts, accuracy)| CurvePoint { texts, accuracy, error }).collect()
}
