//! Metrics against scikit-learn's figures (`tools/golden/metrics.py`).
#![allow(clippy::unwrap_used)]

use ninefold_metrics::{ClassScores, Confusion, Scores, log_loss, most_probable};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    num_classes: usize,
    truth: Vec<u32>,
    predicted: Vec<u32>,
    confusion: Confusion,
    classes: Vec<ClassScores>,
    scores: Scores,
    resamples: Vec<Drawn>,
    #[serde(default)]
    probabilities: Vec<f32>,
    log_loss: Option<f64>,
}

/// A bootstrap resample of a case's texts.
#[derive(Deserialize)]
struct Drawn {
    texts: Vec<usize>,
    scores: Scores,
}

fn golden() -> Vec<Case> {
    let golden: Golden = serde_json::from_str(include_str!("../golden/metrics.json")).unwrap();
    assert!(golden.cases.len() >= 50);
    golden.cases
}

/// Every figure of `ours` and `theirs` by its name in JSON, so that no field can be forgotten.
fn assert_close(case: &str, ours: &impl serde::Serialize, theirs: &impl serde::Serialize) {
    let (ours, theirs) = (serde_json::to_value(ours).unwrap(), serde_json::to_value(theirs).unwrap());
    for (name, expected) in theirs.as_object().unwrap() {
        let (found, expected) = (ours[name].as_f64().unwrap(), expected.as_f64().unwrap());
        assert!((found - expected).abs() < 1e-12, "{case}: {name} is {found}, scikit-learn has {expected}");
    }
}

#[test]
fn confusion_matrices_are_those_of_scikit_learn() {
    for case in golden() {
        assert_eq!(Confusion::of(case.num_classes, &case.truth, &case.predicted), case.confusion, "{}", case.name);
    }
}

#[test]
fn scores_are_those_of_scikit_learn() {
    for case in golden() {
        let confusion = Confusion::of(case.num_classes, &case.truth, &case.predicted);
        assert_close(&case.name, &confusion.scores(), &case.scores);
        assert_eq!(confusion.class_scores().len(), case.classes.len());
        for (ours, theirs) in confusion.class_scores().iter().zip(&case.classes) {
            assert_close(&case.name, ours, theirs);
        }
    }
}

#[test]
fn scores_of_resamples_are_those_of_scikit_learn() {
    for case in golden() {
        for Drawn { texts, scores } in &case.resamples {
            let drawn = |labels: &[u32]| texts.iter().map(|&text| labels[text]).collect::<Vec<u32>>();
            let confusion = Confusion::of(case.num_classes, &drawn(&case.truth), &drawn(&case.predicted));
            assert_close(&case.name, &confusion.scores(), scores);
        }
    }
}

#[test]
fn losses_and_answers_of_probabilities_are_those_of_scikit_learn_and_numpy() {
    let mut checked = 0;
    for case in golden() {
        let Some(expected) = case.log_loss else { continue };
        let found = log_loss(&case.probabilities, case.num_classes, &case.truth);
        assert!((found - expected).abs() < 1e-12, "{}: log loss {found}, scikit-learn has {expected}", case.name);
        assert_eq!(most_probable(&case.probabilities, case.num_classes), case.predicted, "{}", case.name);
        checked += 1;
    }
    assert_eq!(checked, 9);
}
