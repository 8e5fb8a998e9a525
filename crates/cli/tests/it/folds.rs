//! Cross-validation: every text is tested once, rows keep their out-of-fold answers, and saved models are trained on all texts.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::process::Output;

use crate::common::{Place, SMALL, refusal, stdout};

/// 60 texts in a table without a test part.
fn reviews(place: &Place) {
    let mut table = String::from("text,label\n");
    for number in 0..60 {
        let (label, word) = [("good", "lovely"), ("bad", "dull"), ("odd", "strange")][number % 3];
        writeln!(table, "{word} {} film number {number},{label}", ["and", "but", "very"][number / 3 % 3]).unwrap();
    }
    place.write("reviews.csv", &table);
}

fn compare(place: &Place, run: &str, args: &[&str]) -> Output {
    let base = ["compare", "--data", "reviews.csv", "--run-dir", run, "--embeddings", "glove", "--models", "gru"];
    let small = ["--baselines", "complement_nb", "--epochs", "2", "--threads", "1"];
    place.ninefold(&[&base[..], &small, &SMALL, args].concat()).output().unwrap()
}

/// The sources of the tested texts, and the fraction of right answers.
fn tested(place: &Place, row: &str) -> (BTreeSet<String>, usize, f64) {
    let predictions = fs::read_to_string(place.path(&format!("{row}/predictions.csv"))).unwrap();
    let lines: Vec<Vec<&str>> = predictions.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let right = lines.iter().filter(|cells| cells[1] == cells[2]).count();
    (lines.iter().map(|cells| cells[0].to_string()).collect(), lines.len(), right as f64 / lines.len() as f64)
}

#[test]
fn few_texts_are_cross_validated_unasked() {
    let place = Place::new();
    reviews(&place);
    let table = stdout(&compare(&place, "run", &[]));
    assert!(table.contains("5-fold cross-validation, stratified, seed 0"), "{table}");
    let board = place.json("run/leaderboard.json");
    for row in ["pairs/glove-gru", "baselines/complement_nb", "ensembles/vote_selected", "ensembles/stacked"] {
        let (sources, texts, accuracy) = tested(&place, &format!("run/{row}"));
        assert_eq!((sources.len(), texts), (60, 60), "{row}: each text once");
        let of_board = board["rows"].as_array().unwrap().iter().find(|other| other["folder"] == row).unwrap();
        assert!((of_board["test"]["accuracy"].as_f64().unwrap() - accuracy).abs() < 1e-9, "{row}");
        let mut of_folds = BTreeSet::new();
        for fold in 1..=5 {
            let (sources, texts, _) = tested(&place, &format!("run/folds/{fold}/{row}"));
            assert_eq!(texts, 12);
            of_folds.extend(sources);
        }
        assert_eq!(of_folds, sources, "{row}");
    }
    // A model of a fold has not seen the fold; the saved one has seen every text.
    let config = place.json("run/baselines/complement_nb/model/config.json");
    assert!(config["training"]["protocol"].as_str().unwrap().contains("joined to train"), "{config}");
    let answers = stdout(&place.ninefold(&["predict", "run/best", "reviews.csv"]).output().unwrap());
    assert_eq!(answers.lines().count(), 60);

    let again = compare(&place, "run", &[]);
    stdout(&again);
    let stderr = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(stderr.contains("glove + gru: finished earlier"), "{stderr}");
    assert_eq!(place.json("run/leaderboard.json")["rows"], board["rows"], "nothing changes when nothing is left to do");
}

#[test]
fn folds_are_chosen_switched_off_and_refused_for_a_given_test_part() {
    let place = Place::new();
    reviews(&place);
    assert!(stdout(&compare(&place, "none", &["--folds", "0"])).contains("split: random 80/20"));
    assert!(!place.path("none/folds").exists());
    assert!(stdout(&compare(&place, "three", &["--folds", "3"])).contains("3-fold cross-validation"));
    assert!(place.path("three/folds/3").is_dir() && !place.path("three/folds/4").exists());
    let error = refusal(&compare(&place, "given", &["--folds", "3", "--test", "reviews.csv"]), 2);
    assert!(error.contains("folds: expected 0, as the data have a test part of their own"), "{error}");
    let error = refusal(&compare(&place, "one", &["--folds", "1"]), 2);
    assert!(error.contains("folds: expected \"auto\", 0 (a single test part) or 2 to 100, found 1"), "{error}");
}

#[test]
fn cross_validated_comparison_is_diagnosed_by_its_out_of_fold_answers() {
    let place = Place::new();
    reviews(&place);
    let text = stdout(&compare(&place, "run", &[]));
    assert!(text.contains("each answered by a model that was not trained on it"), "{text}");
    let record = place.json("run/diagnosis.json");
    let budget = &record["diagnosis"]["budget"];
    let shares = budget["shares"].as_array().unwrap();
    assert!(shares.iter().all(|share| share["cause"] != "shift"), "{budget}");
    let sum: f64 = shares.iter().map(|share| share["error"].as_f64().unwrap()).sum();
    assert!((sum - budget["error"].as_f64().unwrap()).abs() < 1e-9, "{budget}");
    let board = place.json("run/leaderboard.json");
    let rows = board["rows"].as_array().unwrap();
    let name = |row: &serde_json::Value| match row["embedding"].as_str() {
        Some("none") => row["model"].as_str().unwrap().to_string(),
        embedding => format!("{} + {}", embedding.unwrap(), row["model"].as_str().unwrap()),
    };
    let explained = rows.iter().find(|row| Some(name(row).as_str()) == budget["model"].as_str());
    if let Some(row) = explained {
        let error = 1.0 - row["test"]["accuracy"].as_f64().unwrap();
        assert!((error - budget["error"].as_f64().unwrap()).abs() < 1e-9, "the errors are those of the leaderboard");
    }
    assert_eq!(record["diagnosis"]["texts"]["learned"], 60);

    stdout(&place.ninefold(&["diagnose", "--run", "run"]).output().unwrap());
    assert_eq!(place.json("run/diagnosis.json"), record, "the same diagnosis has the same key");
}
