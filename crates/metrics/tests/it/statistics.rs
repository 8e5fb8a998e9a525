//! Intervals, tests and calibration against scipy's, statsmodels' and numpy's figures (`tools/golden/statistics.py`).

#![allow(clippy::unwrap_used)]

use ninefold_metrics::bootstrap::{mean_and_deviation, percentile_interval, resample};
use ninefold_metrics::calibration::{expected_calibration_error, temperature};
use ninefold_metrics::paired::{holm, mcnemar, paired_bootstrap};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    intervals: Vec<Case>,
    mcnemar: Vec<Counts>,
    quantiles: Quantiles,
    holm: Corrected,
    calibration: Calibration,
    temperatures: Vec<Tempered>,
}

#[derive(Deserialize)]
struct Case {
    num_classes: usize,
    truth: Vec<u32>,
    predicted: Vec<u32>,
    other: Vec<u32>,
    accuracy: [f64; 3],
    f1_weighted: [f64; 3],
    difference_p: f64,
}

#[derive(Deserialize)]
struct Counts {
    only_a: u64,
    only_b: u64,
    p: f64,
}

#[derive(Deserialize)]
struct Quantiles {
    values: Vec<f64>,
    intervals: Vec<[f64; 3]>,
}

#[derive(Deserialize)]
struct Corrected {
    p: Vec<f64>,
    corrected: Vec<f64>,
}

#[derive(Deserialize)]
struct Calibration {
    sure: Vec<f64>,
    right: Vec<bool>,
    error: f64,
}

#[derive(Deserialize)]
struct Tempered {
    num_classes: usize,
    scores: Vec<f64>,
    labels: Vec<u32>,
    temperature: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../golden/statistics.json")).unwrap()
}

#[test]
fn bootstrap_intervals_are_scipys_up_to_chance() {
    for case in golden().intervals {
        let resampled = &resample(&case.truth, &[vec![&case.predicted]], case.num_classes, 20_000, 3)[0];
        for (values, [low, high, error]) in
            [(&resampled.accuracy, case.accuracy), (&resampled.f1_weighted, case.f1_weighted)]
        {
            let found = percentile_interval(values, 0.95);
            let near = 0.12 * error + 1.0 / case.truth.len() as f64; // accuracies move in steps of one text
            assert!((found.low - low).abs() < near && (found.high - high).abs() < near, "{found:?}, not {low} {high}");
            assert!((mean_and_deviation(values).1 / error - 1.0).abs() < 0.03);
        }
    }
}

#[test]
fn p_of_a_paired_difference_is_scipys_up_to_chance() {
    for case in golden().intervals {
        let resampled = resample(&case.truth, &[vec![&case.predicted], vec![&case.other]], case.num_classes, 20_000, 3);
        let right = |answers: &[u32]| answers.iter().zip(&case.truth).filter(|(a, b)| a == b).count() as f64;
        let difference = (right(&case.predicted) - right(&case.other)) / case.truth.len() as f64;
        let p = paired_bootstrap(difference, &resampled[0].accuracy, &resampled[1].accuracy);
        assert!((p - case.difference_p).abs() < 0.02, "{p}, not {}", case.difference_p);
    }
}

#[test]
fn mcnemars_test_is_the_exact_binomial_one() {
    for Counts { only_a, only_b, p } in golden().mcnemar {
        for found in [mcnemar(only_a, only_b), mcnemar(only_b, only_a)] {
            assert!((found / p - 1.0).abs() < 1e-9, "{only_a} and {only_b}: {found}, scipy has {p}");
        }
    }
}

#[test]
fn quantiles_corrections_and_calibration_errors_are_exact() {
    let Golden { quantiles, holm: corrected, calibration, .. } = golden();
    for [level, low, high] in quantiles.intervals {
        let found = percentile_interval(&quantiles.values, level);
        assert!((found.low - low).abs() < 1e-12 && (found.high - high).abs() < 1e-12, "{level}: {found:?}");
    }
    for (found, expected) in holm(&corrected.p).iter().zip(&corrected.corrected) {
        assert!((found - expected).abs() < 1e-12, "{found}, not {expected}");
    }
    let answers: Vec<(f64, bool)> = calibration.sure.into_iter().zip(calibration.right).collect();
    assert!((expected_calibration_error(&answers) - calibration.error).abs() < 1e-12);
}

#[test]
fn temperatures_are_those_that_scipy_finds() {
    for Tempered { num_classes, scores, labels, temperature: expected } in golden().temperatures {
        let found = temperature(&scores, num_classes, &labels);
        assert!((found / expected - 1.0).abs() < 1e-5, "{found}, scipy has {expected}");
    }
}

#[test]
fn resamples_are_the_same_bits_on_any_number_of_threads() {
    let case = &golden().intervals[0];
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| resample(&case.truth, &[vec![&case.predicted], vec![&case.other]], case.num_classes, 300, 9))
    };
    assert_eq!(on(1), on(3));
}
