//! The area under the ROC curve: how often a text of one kind has a higher score than a text of the other.

/// The area under the ROC curve with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RocAuc {
    /// The area; 0.5 where scores say nothing.
    pub area: f64,
    /// Its standard error.
    pub error: f64,
    /// Its standard error if scores said nothing: what a test against 0.5 needs.
    pub error_of_chance: f64,
}

/// The area under the ROC curve, ties counted half; `None` unless there are texts of both kinds.
///
/// # Source
/// The area is scikit-learn's `roc_auc_score`; the error is that of Hanley & McNeil, "The meaning and use of the area under a
/// receiver operating characteristic (ROC) curve" (1982).
///
/// # Examples
/// ```
/// use ninefold_metrics::roc_auc;
///
/// let auc = roc_auc(&[(0.9, true), (0.4, true), (0.4, false), (0.1, false)]).map(|auc| auc.area);
/// assert_eq!(auc, Some(0.875));
/// ```
pub fn roc_auc(scores: &[(f64, bool)]) -> Option<RocAuc> {
    let positives = scores.iter().filter(|(_, is_positive)| *is_positive).count() as f64;
    let negatives = scores.len() as f64 - positives;
    if positives == 0.0 || negatives == 0.0 {
        return None;
    }
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut rank_sum, mut before) = (0.0, 0.0);
    for ties in sorted.chunk_by(|a, b| a.0 == b.0) {
        let rank = before + 0.5 * (ties.len() as f64 + 1.0);
        rank_sum += rank * ties.iter().filter(|(_, is_positive)| *is_positive).count() as f64;
        before += ties.len() as f64;
    }
    let pairs = positives * negatives;
    let area = (rank_sum - 0.5 * positives * (positives + 1.0)) / pairs;
    let (two_positives, two_negatives) = (area / (2.0 - area), 2.0 * area * area / (1.0 + area));
    let square = area * (1.0 - area)
        + (positives - 1.0) * (two_positives - area * area)
        + (negatives - 1.0) * (two_negatives - area * area);
    let error_of_chance = ((positives + negatives + 1.0) / (12.0 * pairs)).sqrt();
    Some(RocAuc { area, error: (square.max(0.0) / pairs).sqrt(), error_of_chance })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn area_is_that_of_scikit_learn() {
        // sklearn.metrics.roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
        let auc = roc_auc(&[(0.1, false), (0.4, false), (0.35, true), (0.8, true)]).unwrap();
        assert!((auc.area - 0.75).abs() < 1e-15);
        assert!(auc.error > 0.0 && auc.error_of_chance > 0.0);
        assert_eq!(roc_auc(&[(0.5, true), (0.5, false)]).unwrap().area, 0.5);
        assert_eq!(roc_auc(&[(0.5, true)]), None);
    }
}
