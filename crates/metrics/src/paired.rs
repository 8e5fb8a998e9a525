//! Whether two contenders really differ: both answered the same texts, so only those texts count on which they differ.
//!
//! Takes answers, or resampled scores -> gives the probability p of such a difference between equals; corrects many of them
//! together; gives contenders without a significant difference the same rank.
//!
//! # Source
//! McNemar, "Note on the sampling error of the difference between correlated proportions" (1947), exact as statsmodels'
//! `mcnemar(exact = True)` and scipy's `binomtest`; Holm, "A simple sequentially rejective multiple test procedure" (1979).

use super::bootstrap::mean_and_deviation;

/// McNemar's test of two runs: p, from how many texts only the one and only the other has right.
///
/// Exact for any number of texts: under equality each differing text falls to either side like a coin.
///
/// # Examples
/// ```
/// use ninefold_metrics::paired::mcnemar;
///
/// assert_eq!(mcnemar(0, 0), 1.0);
/// assert!(mcnemar(2, 20) < 0.001);
/// ```
pub fn mcnemar(only_a: u64, only_b: u64) -> f64 {
    let (few, total) = (only_a.min(only_b) as f64, (only_a + only_b) as f64);
    if 2.0 * few == total {
        return 1.0;
    }
    // The binomial coefficient's logarithm, then the terms below by their ratios.
    let log_choose: f64 = (0..few as u64).map(|n| ((total - n as f64) / (n as f64 + 1.0)).ln()).sum();
    let (mut term, mut sum, mut count) = (1.0, 1.0, few);
    while count > 0.0 && term > sum * f64::EPSILON {
        term *= count / (total - count + 1.0);
        sum += term;
        count -= 1.0;
    }
    (2.0 * (log_choose - total * std::f64::consts::LN_2).exp() * sum).min(1.0)
}

/// The texts that only `a` has right, and those that only `b` has right.
pub fn discordant(truth: &[u32], a: &[u32], b: &[u32]) -> (u64, u64) {
    let right = |answers: &[u32], text: usize| answers[text] == truth[text];
    let only = |one: &[u32], other: &[u32]| {
        (0..truth.len()).filter(|&text| right(one, text) && !right(other, text)).count() as u64
    };
    (only(a, b), only(b, a))
}

/// The paired bootstrap: p of the `difference` of two scores, from both scores in the same resamples.
///
/// The differences in the resamples give its standard error; the tail is the normal one, so that p can be smaller than
/// one resample's share. 1 when both are the same in every resample.
pub fn paired_bootstrap(difference: f64, a: &[f64], b: &[f64]) -> f64 {
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    let (_, error) = mean_and_deviation(&differences);
    match error > 0.0 {
        true => libm::erfc(difference.abs() / error / std::f64::consts::SQRT_2),
        false if difference == 0.0 => 1.0,
        false => 0.0,
    }
}

/// Holm's correction: each p as it must be read when all of them are read together.
///
/// # Examples
/// ```
/// use ninefold_metrics::paired::holm;
///
/// assert_eq!(holm(&[0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
/// ```
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let (mut corrected, mut largest) = (vec![0.0; p.len()], 0f64);
    for (position, &index) in order.iter().enumerate() {
        largest = largest.max(p[index] * (p.len() - position) as f64).min(1.0);
        corrected[index] = largest;
    }
    corrected
}

/// The rank of each of `count` contenders that stand in order, the best first: one without a significant difference from the
/// first of the group above it shares that group's rank.
///
/// It is the group's first, not the neighbour, that counts: else a long row of small steps would all be one tie.
pub fn shared_ranks(count: usize, mut is_significant: impl FnMut(usize, usize) -> bool) -> Vec<usize> {
    let (mut ranks, mut first) = (Vec::with_capacity(count), 0);
    for position in 0..count {
        if position > 0 && is_significant(first, position) {
            first = position;
        }
        ranks.push(first + 1);
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_contenders_are_not_significant_and_five_points_are() {
        assert_eq!((mcnemar(0, 0), mcnemar(7, 7)), (1.0, 1.0));
        // 2,000 texts, 20 % answered differently, 5 points apart: 250 to 150.
        assert!(mcnemar(250, 150) < 1e-5);
        assert_eq!(mcnemar(0, 1), 1.0, "one text proves nothing");
    }

    #[test]
    fn only_texts_that_one_has_right_count() {
        assert_eq!(discordant(&[0, 0, 1, 1], &[0, 0, 1, 0], &[0, 1, 0, 1]), (2, 1));
    }

    #[test]
    fn the_same_scores_in_every_resample_are_a_tie() {
        assert_eq!(paired_bootstrap(0.0, &[0.5, 0.6], &[0.5, 0.6]), 1.0);
        assert_eq!(paired_bootstrap(0.1, &[0.6, 0.7], &[0.5, 0.6]), 0.0);
    }

    #[test]
    fn ranks_are_shared_with_the_first_of_a_group() {
        // Steps of 1; significant from 3 on: 0 1 2 | 3 4 5 | 6
        assert_eq!(shared_ranks(7, |a, b| b - a >= 3), [1, 1, 1, 4, 4, 4, 7]);
        assert_eq!(shared_ranks(2, |_, _| false), [1, 1]);
        assert!(shared_ranks(0, |_, _| true).is_empty());
    }
}
