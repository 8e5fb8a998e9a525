//! The confidence level: the one number that intervals, tests, ranks and sentences share.

use std::fmt;

use serde::{Deserialize, Serialize};

use ninefold_core::phrasing::percent;

/// Fraction of intervals that contain the true score. A difference is significant when its p-value is below the rest, `1 - level`.
///
/// In JSON it is the number alone. The default, which is also meant by records that do not name a level, is 0.95.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConfidenceLevel(f64);

impl Default for ConfidenceLevel {
    fn default() -> ConfidenceLevel {
        ConfidenceLevel(0.95)
    }
}

impl ConfidenceLevel {
    /// The level `fraction`, between 0 and 1.
    pub const fn new(fraction: f64) -> ConfidenceLevel {
        ConfidenceLevel(fraction)
    }

    /// As a fraction: 0.95.
    pub fn fraction(self) -> f64 {
        self.0
    }

    /// The significance level: `1 - level`.
    pub fn alpha(self) -> f64 {
        1.0 - self.0
    }

    /// Whether a difference with this p-value is significant.
    pub fn is_significant(self, p: f64) -> bool {
        p < self.alpha()
    }

    /// The two-sided quantile of the normal distribution: 1.96 at 0.95.
    pub fn z(self) -> f64 {
        // The tail falls steadily from 1 at 0 to less than any f64 at 40, and 64 halvings reach the last bit.
        let (mut low, mut high) = (0.0, 40.0);
        for _ in 0..64 {
            let middle = 0.5 * (low + high);
            let tail = libm::erfc(middle / std::f64::consts::SQRT_2);
            if tail > self.alpha() { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }
}

impl fmt::Display for ConfidenceLevel {
    /// "95 %".
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&percent(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_and_quantile_belong_to_the_level() {
        let (usual, strict) = (ConfidenceLevel::default(), ConfidenceLevel::new(0.99));
        // scipy.stats.norm.ppf([0.975, 0.995])
        assert!((usual.z() - 1.959_963_984_540_054).abs() < 1e-14, "{}", usual.z());
        assert!((strict.z() - 2.575_829_303_548_900_4).abs() < 1e-14, "{}", strict.z());
        assert_eq!([0.02, 0.005].map(|p| usual.is_significant(p)), [true, true]);
        assert_eq!([0.02, 0.005].map(|p| strict.is_significant(p)), [false, true]);
        assert_eq!([usual.to_string(), strict.to_string()], ["95 %", "99 %"]);
    }
}
