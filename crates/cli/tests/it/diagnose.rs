//! `ninefold diagnose`, alone and at the end of a comparison.

#![allow(clippy::unwrap_used)]

use std::fs;

use crate::common::{Place, stdout};

const BASELINES: [&str; 6] = ["--models", "none", "--baselines", "complement_nb,tfidf_svm", "--ensembles", "none"];

fn compare(place: &Place, more: &[&str]) -> std::process::Output {
    place
        .ninefold(&[&["compare", "--data", "posts", "--run-dir", "run"], &BASELINES[..], more].concat())
        .output()
        .unwrap()
}

#[test]
fn comparison_ends_with_a_diagnosis_that_is_made_once() {
    let place = Place::new();
    let first = stdout(&compare(&place, &[]));
    assert!(first.contains("Errors of"), "{first}");
    let record = place.json("run/diagnosis.json");
    let sentence = record["diagnosis"]["verdict"]["sentence"].as_str().unwrap();
    let board = fs::read_to_string(place.path("run/leaderboard.md")).unwrap();
    assert!(board.contains(sentence) && !board.contains("Evidence:"), "{board}");
    assert!(fs::read_to_string(place.path("run/report.html")).unwrap().contains("the model's or the data's"));
    assert!(fs::read_to_string(place.path("run/suspects.csv")).unwrap().starts_with("source,label,suggested,"));

    let again = compare(&place, &[]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("diagnosis: finished earlier"));
    assert_eq!(place.json("run/diagnosis.json"), record);
    stdout(&place.ninefold(&["diagnose", "--run", "run"]).output().unwrap());
    assert_eq!(place.json("run/diagnosis.json"), record, "the same comparison has the same key");
}

#[test]
fn diagnosis_of_a_comparison_can_be_left_out_and_made_later() {
    let place = Place::new();
    stdout(&compare(&place, &["--diagnose", "none"]));
    assert!(!place.path("run/diagnosis.json").exists());
    let text = stdout(&place.ninefold(&["diagnose", "--run", "run"]).output().unwrap());
    assert!(text.contains("files: run"), "{text}");
    assert!(place.path("run/diagnosis.json").is_file());
}

#[test]
fn diagnosis_of_texts_alone_writes_its_files_where_asked() {
    let place = Place::new();
    let of = |more: &[&str]| place.ninefold(&[&["diagnose", "--data", "posts"], more].concat()).output().unwrap();
    let text = stdout(&of(&["-o", "out"]));
    assert!(text.starts_with("Not enough evidence"), "60 texts show nothing: {text}");
    for name in ["diagnosis.json", "suspects.csv", "diagnosis.html"] {
        assert!(place.path("out").join(name).is_file(), "{name}");
    }
    let json: serde_json::Value = serde_json::from_str(&stdout(&of(&["--format", "json"]))).unwrap();
    let budget = &json["diagnosis"]["budget"];
    let sum: f64 = budget["shares"].as_array().unwrap().iter().map(|share| share["error"].as_f64().unwrap()).sum();
    assert!((sum - budget["error"].as_f64().unwrap()).abs() < 1e-9);
}

#[test]
fn flags_without_an_effect_on_a_diagnosis_are_refused() {
    let place = Place::new();
    for (words, reason) in [
        (&["--data", "posts", "--set", "training.epochs=3"][..], "depends only on settings of corpus"),
        (&["--run", "posts", "--data", "posts"], "--run has the texts"),
        (&["--data", "posts", "--set", "diagnosis.folds=1"], "diagnosis.folds: expected a number from 2"),
    ] {
        let output = place.ninefold(&[&["diagnose"], words].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains(reason), "{error}");
    }
}
