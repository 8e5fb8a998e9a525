//! How far models are trusted: against scipy's and scikit-learn's figures (`tools/golden/stacking.py`), and on models of which
//! it is known who knows what.

#![allow(clippy::unwrap_used)]

use ninefold_core::rng::Rng;
use ninefold_linear::logistic::Stop;
use ninefold_linear::{Targets, stacking};
use ninefold_metrics::{Rule, Vote, log_scores, most_probable, select};
use serde::Deserialize;

const STOP: Stop = Stop { tolerance: 1e-9, max_iterations: 1000 };

#[test]
fn weights_are_those_that_scipy_and_scikit_learn_find() {
    #[derive(Deserialize)]
    struct Case {
        name: String,
        class_weights: Vec<f64>,
        c: f64,
        labels: Vec<u32>,
        log_probabilities: Vec<Vec<f64>>,
        weights: Vec<f64>,
    }
    #[derive(Deserialize)]
    struct Golden {
        cases: Vec<Case>,
    }
    let golden: Golden = serde_json::from_str(include_str!("../golden/stacking.json")).unwrap();
    assert_eq!(golden.cases.len(), 4);
    for Case { name, class_weights, c, labels, log_probabilities, weights } in golden.cases {
        let all: Vec<usize> = (0..labels.len()).collect();
        let start = vec![0.0; weights.len()];
        let targets = Targets { labels: &labels, text_weights: None, class_weights: &class_weights };
        let found = stacking::train(&log_probabilities, targets, &all, c, STOP, &start);
        for (found, expected) in found.iter().zip(&weights) {
            assert!((found - expected).abs() < 2e-5 * (1.0 + expected.abs()), "{name}: {found} for {expected}");
        }
    }
}

const CLASSES: usize = 4;

/// Models that put their trust into the true class of a text as often as `right` says, independently of each other.
fn models(right: &[f64], texts: usize, rng: &mut Rng) -> (Vec<Vec<f32>>, Vec<u32>) {
    let truth: Vec<u32> = (0..texts).map(|_| rng.below(CLASSES) as u32).collect();
    let model = |&right: &f64| -> Vec<f32> {
        let row = |&label: &u32| {
            let answer = if rng.uniform() < right { label as usize } else { rng.below(CLASSES) };
            let sure = right.max(0.3) as f32;
            (0..CLASSES).map(|class| if class == answer { sure } else { (1.0 - sure) / 3.0 }).collect::<Vec<f32>>()
        };
        truth.iter().flat_map(row).collect()
    };
    (right.iter().map(model).collect(), truth)
}

fn accuracy(rule: Rule, models: &[Vec<f32>], weights: &[f64], truth: &[u32]) -> f64 {
    let mut vote = Vote::new(rule, models[0].len());
    models.iter().zip(weights).for_each(|(model, &weight)| vote.add(model, weight));
    let answers = most_probable(&vote.probabilities(CLASSES), CLASSES);
    answers.iter().zip(truth).filter(|(a, b)| a == b).count() as f64 / truth.len() as f64
}

#[test]
fn useless_models_do_no_harm_and_good_ones_help_each_other() {
    let mut rng = Rng::new(6);
    // One that knows much among twelve that know nothing; then three that know much.
    for (right, least) in [([vec![0.8], vec![0.0; 12]].concat(), -0.01), (vec![0.75; 3], 0.03)] {
        let (mut models, mut truth) = models(&right, 5200, &mut rng);
        let test: Vec<Vec<f32>> = models.iter_mut().map(|model| model.split_off(200 * CLASSES)).collect();
        let test_truth = truth.split_off(200);
        let all: Vec<usize> = (0..200).collect();
        let logs: Vec<Vec<f64>> = models.iter().map(|model| log_scores(model)).collect();
        let targets = Targets { labels: &truth, text_weights: None, class_weights: &[1.0; CLASSES] };
        let weights = stacking::train(&logs, targets, &all, 0.1, STOP, &vec![0.0; right.len()]);
        let of_truth: Vec<Vec<f32>> = models
            .iter()
            .map(|model| {
                truth.iter().enumerate().map(|(text, &label)| model[text * CLASSES + label as usize]).collect()
            })
            .collect();
        let counts: Vec<f64> = select(&of_truth, &all).into_iter().map(|count| count as f64).collect();
        let best = accuracy(Rule::Mean, &test[..1], &[1.0], &test_truth);
        let stacked = accuracy(Rule::Product, &test, &weights, &test_truth);
        let selected = accuracy(Rule::Mean, &test, &counts, &test_truth);
        assert!(stacked - best > least, "stacked {stacked}, the best alone {best}: {weights:?}");
        assert!(selected - best > least, "selected {selected}, the best alone {best}: {counts:?}");
    }
}
