//! Intervals of a proportion: how far a fraction of few texts may be from the true one.

use super::{ConfidenceLevel, Interval};

/// Wilson's interval of a proportion, when a `fraction` of `n` observations has the property; 0 to 1 of no observation.
///
/// # Source
/// Wilson, "Probable inference, the law of succession, and statistical inference" (1927).
pub fn wilson(fraction: f64, n: f64, level: ConfidenceLevel) -> Interval {
    wilson_at(fraction, n, level.z())
}

/// The same with the quantile of the normal distribution in place of a level.
pub fn wilson_at(fraction: f64, n: f64, z: f64) -> Interval {
    if n <= 0.0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let center = (fraction + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (fraction * (1.0 - fraction) / n + z * z / (4.0 * n * n)).sqrt();
    Interval { low: center - half, high: center + half }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_interval_is_that_of_scipy() {
        // scipy.stats.binomtest(90, 100).proportion_ci(0.95, "wilson")
        let Interval { low, high } = wilson(0.9, 100.0, ConfidenceLevel::default());
        assert!((low - 0.825_634_338_495_086_5).abs() < 1e-12, "{low}");
        assert!((high - 0.944_770_862_939_324_9).abs() < 1e-12, "{high}");
        assert_eq!(wilson(0.0, 0.0, ConfidenceLevel::default()), Interval { low: 0.0, high: 1.0 });
    }
}
