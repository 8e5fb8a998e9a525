//! `ninefold diagnose`, alone and at the end of a comparison.

#![allow(clippy::unwrap_used)]

use std::fs;

use serde_json::Value;

use crate::common::{Place, SMALL, refusal, stdout};

const BASELINES: [&str; 6] = ["--models", "none", "--baselines", "complement_nb,tfidf_svm", "--ensembles", "none"];

fn compare(place: &Place, more: &[&str]) -> std::process::Output {
    let run: &[&str] = if more.contains(&"--run-dir") { &[] } else { &["--run-dir", "run"] };
    place.ninefold(&[&["compare", "--data", "posts"], run, &BASELINES[..], more].concat()).output().unwrap()
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

/// A comparison of posts with wrong labels, and its test evaluations.
fn with_wrong_labels(place: &Place, rows: &[&str]) -> u64 {
    let sample = ["sample", "-o", "noisy", "--documents", "600", "--uniform-noise", "0.15"];
    stdout(&place.ninefold(&sample).output().unwrap());
    let words =
        ["compare", "--data", "noisy", "--run-dir", "run", "--ensembles", "none", "--threads", "1", "--refit=all"];
    stdout(&place.ninefold(&[&words[..], rows, &SMALL].concat()).output().unwrap());
    evaluations(place)
}

fn evaluations(place: &Place) -> u64 {
    place.json("run/leaderboard.json")["statistics"]["test_evaluations_total"].as_u64().unwrap()
}

fn finding(place: &Place, check: &str) -> Value {
    let record = place.json("run/diagnosis.json");
    let findings = record["diagnosis"]["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["check"] == check).cloned().unwrap_or_default()
}

fn assert_measured(place: &Place, model: &str, before: u64) {
    let measure = ["diagnose", "--run", "run", "--clean", "--exchange", "--curve", "--threads", "1"];
    let text = stdout(&place.ninefold(&measure).output().unwrap());
    assert!(text.contains("measured") && text.contains("Trained without the"), "{text}");
    for check in ["cleaning", "exchange"] {
        let finding = finding(place, check);
        let remedy = &finding["remedies"][0];
        assert_eq!((remedy["basis"].as_str(), remedy["side"].as_str()), (Some("measured"), Some("data")), "{finding}");
        assert!(finding["sentence"].as_str().unwrap().contains(model), "{finding}");
        assert!(remedy["interval"]["low"].as_f64() <= remedy["gain"].as_f64());
    }
    let curve = finding(place, "more_texts")["detail"]["curve"].clone();
    assert_eq!((curve["model"].as_str(), curve["scored"].as_str()), (Some(model), Some("test texts")));
    let points = curve["points"].as_array().unwrap();
    let texts: Vec<u64> = points.iter().map(|point| point["texts"].as_u64().unwrap()).collect();
    assert!(texts.len() == 4 && texts.is_sorted() && texts[3] == 460, "{texts:?}");
    let best = place.json("run/leaderboard.json")["rows"][0]["test"]["accuracy"].as_f64().unwrap();
    assert!((points[3]["accuracy"].as_f64().unwrap() - best).abs() < 1e-9, "the last point is the row itself");
    assert_eq!(evaluations(place), before + 2 + 2 + 3, "every training is an evaluation of the test texts");
    assert!(
        fs::read_to_string(place.path("run/report.html"))
            .unwrap()
            .contains(&format!("Accuracy in % of {model} on test"))
    );

    let record = place.json("run/diagnosis.json");
    let again = place.ninefold(&measure).output().unwrap();
    stdout(&again);
    let stderr = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(stderr.contains("diagnosis, cleaning: finished earlier"), "{stderr}");
    assert_eq!(
        (place.json("run/diagnosis.json"), evaluations(place)),
        (record, before + 7),
        "nothing is trained again"
    );
}

#[test]
fn baseline_is_trained_again_for_a_diagnosis() {
    let place = Place::new();
    let before = with_wrong_labels(&place, &["--models", "none", "--baselines", "complement_nb"]);
    assert_measured(&place, "complement_nb", before);
}

#[test]
fn network_is_trained_again_for_a_diagnosis_and_its_trainings_are_kept() {
    let place = Place::new();
    let network = ["--models", "swem", "--embeddings", "glove", "--baselines", "none", "--epochs", "2", "--seeds", "2"];
    let before = with_wrong_labels(&place, &network);
    stdout(&place.ninefold(&["diagnose", "--run", "run", "--clean", "--threads", "1"]).output().unwrap());
    let measured = finding(&place, "cleaning");
    assert_eq!(evaluations(&place), before + 2);
    // The diagnosis is lost, its trainings are not.
    fs::remove_file(place.path("run/diagnosis.json")).unwrap();
    stdout(&place.ninefold(&["diagnose", "--run", "run", "--clean", "--threads", "1"]).output().unwrap());
    assert_eq!((finding(&place, "cleaning"), evaluations(&place)), (measured, before + 2));
}

#[test]
fn retraining_is_refused_without_a_run_a_test_part_or_texts() {
    let place = Place::new();
    let of = |words: &[&str]| place.ninefold(&[&["diagnose"], words].concat()).output().unwrap();
    for flag in ["--clean", "--exchange", "--curve"] {
        let error = refusal(&of(&["--data", "posts", flag]), 2);
        assert!(error.contains("--run <RUN>"), "{error}");
    }
    stdout(&compare(&place, &[]));
    let error = refusal(&of(&["--run", "run", "--curve"]), 1);
    assert!(error.contains("a learning curve needs 200 training texts"), "{error}");
    stdout(&compare(&place, &["--run-dir", "folds", "--split", "random", "--folds", "3"]));
    let error = refusal(&of(&["--run", "folds", "--exchange"]), 1);
    assert!(error.contains("this comparison has none: compare with a test part"), "{error}");
}
