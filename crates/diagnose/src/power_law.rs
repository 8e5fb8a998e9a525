//! Learning curves as power laws: what more texts would give.
//!
//! Takes errors at several numbers of training texts -> gives the distribution of the error at another number.
//!
//! ```text
//! error(n) = a + b n^-c      a, b >= 0      weight of (a, b, c) on a grid = Π exp(-(measured - error(n))² / 2 s²)
//!
//! s² = squared standard error of the measured mean + squared deviation that real curves have from a power law
//! ```
//!
//! # Source
//! The family is "pow3" of Viering & Loog, "The shape of learning curves: a review" (2021).

use ninefold_metrics::{ConfidenceLevel, Interval};

/// A measured error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) texts: f64,
    pub(crate) error: f64,
    pub(crate) standard_error: f64,
}

/// The curves of the grid with their weights.
pub(crate) struct PowerLaw {
    curves: Vec<(f64, f64, f64, f64)>, // a, b, c, weight
    deviation: f64,
}

/// Of the grid: asymptotes, exponents, errors at the last number of texts.
const ASYMPTOTES: usize = 40;
const EXPONENTS: usize = 24;
const ENDS: usize = 21;
const EXPONENT_RANGE: (f64, f64) = (0.05, 2.0);
/// Earlier points follow another law.
const LAST_POINTS: usize = 4;

impl PowerLaw {
    /// Weighs the grid by the last points; `None` of fewer than three.
    pub(crate) fn fit(points: &[Measured], deviation: f64) -> Option<PowerLaw> {
        let points = &points[points.len().saturating_sub(LAST_POINTS)..];
        let last = points.last().filter(|_| points.len() >= 3)?;
        let spread = |point: &Measured| point.standard_error.hypot(deviation);
        let step = |index: usize, of: usize| index as f64 / (of - 1) as f64;
        let mut curves = Vec::with_capacity(ASYMPTOTES * EXPONENTS * ENDS);
        for end in 0..ENDS {
            let at_end = last.error + 3.0 * spread(last) * (2.0 * step(end, ENDS) - 1.0);
            for asymptote in 0..ASYMPTOTES {
                let a = last.error.max(0.0) * step(asymptote, ASYMPTOTES);
                if at_end < a {
                    continue;
                }
                for exponent in 0..EXPONENTS {
                    let (low, high) = EXPONENT_RANGE;
                    let c = low * (high / low).powf(step(exponent, EXPONENTS));
                    let b = (at_end - a) * last.texts.powf(c);
                    let distance =
                        |point: &Measured| ((point.error - a - b * point.texts.powf(-c)) / spread(point)).powi(2);
                    let weight = (-0.5 * points.iter().map(distance).sum::<f64>()).exp();
                    curves.push((a, b, c, weight));
                }
            }
        }
        let total: f64 = curves.iter().map(|curve| curve.3).sum();
        if total <= 0.0 {
            return None;
        }
        curves.iter_mut().for_each(|curve| curve.3 /= total);
        curves.retain(|curve| curve.3 > 1e-9);
        Some(PowerLaw { curves, deviation })
    }

    /// The error at a number of texts, and its interval.
    pub(crate) fn error(&self, texts: f64, level: ConfidenceLevel) -> (f64, Interval) {
        let at: Vec<(f64, f64)> =
            self.curves.iter().map(|&(a, b, c, weight)| (a + b * texts.powf(-c), weight)).collect();
        let mean = at.iter().map(|(error, weight)| error * weight).sum::<f64>();
        let below = |limit: f64| {
            let normal = |error: f64| 0.5 * libm::erfc((error - limit) / (self.deviation * std::f64::consts::SQRT_2));
            at.iter().map(|&(error, weight)| weight * normal(error)).sum::<f64>()
        };
        let quantile = |fraction: f64| {
            let (mut low, mut high) = (-1.0, 2.0);
            for _ in 0..50 {
                let middle = 0.5 * (low + high);
                if below(middle) < fraction { low = middle } else { high = middle }
            }
            0.5 * (low + high)
        };
        let tail = 0.5 * level.alpha();
        (mean, Interval { low: quantile(tail), high: quantile(1.0 - tail) })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn forecast_of_a_power_law_holds_its_true_error() {
        let truth = |texts: f64| 0.08 + 1.5 * texts.powf(-0.4);
        let points: Vec<Measured> = [250.0, 500.0, 1000.0, 2000.0]
            .map(|texts| Measured { texts, error: truth(texts), standard_error: 0.002 })
            .to_vec();
        let law = PowerLaw::fit(&points, 0.006).unwrap();
        for times in [2.0, 4.0, 10.0] {
            let (error, interval) = law.error(2000.0 * times, ConfidenceLevel::default());
            let expected = truth(2000.0 * times);
            assert!((error - expected).abs() < 0.015, "x{times}: {error} {expected}");
            assert!(interval.low < expected && expected < interval.high, "x{times}: {interval:?} {expected}");
        }
    }

    #[test]
    fn flat_curve_promises_little_and_two_points_promise_nothing() {
        let flat: Vec<Measured> =
            [500.0, 1000.0, 2000.0].map(|texts| Measured { texts, error: 0.2, standard_error: 0.002 }).to_vec();
        let (error, _) = PowerLaw::fit(&flat, 0.006).unwrap().error(4000.0, ConfidenceLevel::default());
        assert!((error - 0.2).abs() < 0.01, "{error}");
        assert!(PowerLaw::fit(&flat[..2], 0.006).is_none());
    }
}
