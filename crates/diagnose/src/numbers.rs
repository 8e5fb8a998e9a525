//! Means with intervals, and how numbers are put into sentences.

use ninefold_core::phrasing::thousands;
use ninefold_metrics::{ConfidenceLevel, Interval, bootstrap::mean_and_deviation};

/// The mean of some values with its normal interval, `z` standard errors on either side.
pub(crate) fn mean_interval(values: &[f64], z: f64) -> (f64, Interval) {
    let (mean, deviation) = mean_and_deviation(values);
    around(mean, z * deviation / (values.len().max(1) as f64).sqrt())
}

/// The difference of two independent means with its normal interval.
pub(crate) fn difference_interval(a: &[f64], b: &[f64], z: f64) -> (f64, Interval) {
    let ((mean_a, deviation_a), (mean_b, deviation_b)) = (mean_and_deviation(a), mean_and_deviation(b));
    let square = |deviation: f64, count: usize| deviation * deviation / count.max(1) as f64;
    around(mean_a - mean_b, z * (square(deviation_a, a.len()) + square(deviation_b, b.len())).sqrt())
}

fn around(value: f64, half: f64) -> (f64, Interval) {
    (value, Interval { low: value - half, high: value + half })
}

/// The quantile for `comparisons` intervals that hold all together (Bonferroni).
pub(crate) fn corrected(level: ConfidenceLevel, comparisons: usize) -> f64 {
    ConfidenceLevel::new(1.0 - level.alpha() / comparisons.max(1) as f64).z()
}

/// 1 for each wrong answer.
pub(crate) fn errors(predicted: &[u32], labels: &[u32]) -> Vec<f64> {
    predicted.iter().zip(labels).map(|(predicted, label)| f64::from(predicted != label)).collect()
}

/// `0.725` -> `72.5 %`.
pub(crate) fn percent(fraction: f64) -> String {
    format!("{:.1} %", 100.0 * fraction)
}

/// `0.025` -> `2.5`.
pub(crate) fn points(fraction: f64) -> String {
    let written = format!("{:.1}", 100.0 * fraction);
    if written == "-0.0" { "0.0".to_string() } else { written }
}

/// `2.5 points (1.0 to 4.0)`.
pub(crate) fn points_within(gain: f64, interval: Interval) -> String {
    format!("{} points ({} to {})", points(gain), points(interval.low), points(interval.high))
}

/// How many texts would make the half width of an interval as small as `wanted`; `called`: what they are called, in the plural.
pub(crate) fn needed_texts(texts: usize, interval: Interval, wanted: f64, called: &str) -> String {
    let half = 0.5 * (interval.high - interval.low);
    let needed = (texts as f64 * (half / wanted).powi(2)).ceil() as usize;
    let rounded = match needed {
        0..1000 => needed.next_multiple_of(50),
        1000..10_000 => needed.next_multiple_of(500),
        _ => needed.next_multiple_of(5000),
    };
    format!("{} {called}", thousands(rounded))
}
