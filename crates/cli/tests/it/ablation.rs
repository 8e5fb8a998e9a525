//! `ablation`: its trainings and files, resuming, independence of test labels, and what it refuses.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::process::Output;

use crate::common::{Place, SMALL, refusal, stdout};
use serde_json::Value;

/// An ablation from small settings, saved in `baseline.toml`, to the same settings with `args`.
fn ladder(place: &Place, args: &[&str]) -> Output {
    ladder_of(place, "posts", "ladder", args)
}

/// The same over other texts and in another folder.
fn ladder_of(place: &Place, data: &str, folder: &str, args: &[&str]) -> Output {
    let small =
        [&SMALL[..], &["--epochs", "3", "--data", data, "--embeddings", "word2vec", "--models", "gru"]].concat();
    let baseline = stdout(&place.ninefold(&[&["config"], &small[..]].concat()).output().unwrap());
    fs::write(place.path("baseline.toml"), baseline).unwrap();
    let base = ["ablation", "--from", "baseline.toml", "--run-dir", folder, "--threads", "1"];
    place.ninefold(&[&base[..], &small, args].concat()).output().unwrap()
}

const STEPS: [&str; 4] = ["--set", "model.pooling=max", "--set", "training.label_smoothing=0.1"];

fn scores(rungs: &Value) -> Vec<f64> {
    rungs.as_array().unwrap().iter().map(|rung| rung["score"].as_f64().unwrap()).collect()
}

#[test]
fn ablation_adds_and_removes_each_step_and_uses_validation_only() {
    let place = Place::new();
    let table = stdout(&ladder(&place, &[&STEPS[..], &["--seeds", "2"]].concat()));
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
    assert!(table.contains("+ pooling") && table.contains("pooling: pooling mean_max -> max"), "{table}");
    assert!(table.contains("test labels were not used"), "{table}");
    assert!(!place.path("cache/looks").exists(), "a ladder has no business with test labels");

    let results = place.json("ladder/ladder.json");
    let names: Vec<&str> =
        results["steps"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["pooling", "label smoothing"]);
    let (rungs, without) = (scores(&results["rungs"]), scores(&results["without"]));
    assert_eq!((rungs.len(), without.len()), (3, 2));
    assert_eq!(without[1], rungs[1], "the top without its last step is the rung below");
    for (place, step) in results["steps"].as_array().unwrap().iter().enumerate() {
        let difference = |gain: &Value| gain["difference"].as_f64().unwrap();
        assert!((difference(&step["added"]) - (rungs[place + 1] - rungs[place])).abs() < 1e-12, "{step}");
        assert!((difference(&step["left_out"]) - (rungs[2] - without[place])).abs() < 1e-12, "{step}");
    }
    // Four settings, two seeds: none is trained twice, and nothing is left of their checkpoints.
    assert_eq!(fs::read_dir(place.path("ladder/trainings")).unwrap().count(), 4 * 2);
    let page = fs::read_to_string(place.path("ladder/ladder.html")).unwrap();
    assert!(page.contains("<td>model.pooling</td>") && !page.contains("<script"), "{page}");
    assert_eq!(stdout(&place.ninefold(&["report", "ladder"]).output().unwrap()), "ladder/ladder.html\n");

    // The same settings in a comparison: the same training, to the last digit.
    let top =
        ["compare", "--config", "ladder/config.toml", "--baselines", "none", "--ensembles", "none", "--seeds", "1"];
    let run = [&top[..], &["--threads", "1", "--run-dir", "run"]].concat();
    stdout(&place.ninefold(&run).output().unwrap());
    let row = &place.json("run/leaderboard.json")["rows"][0];
    assert_eq!(row["validation"]["accuracy"], results["rungs"][2]["runs"][0]["score"], "{row}");
    assert!(
        stdout(&place.ninefold(&["runs", "list", "."]).output().unwrap()).contains("run"),
        "and no ladder among them"
    );
    let error = refusal(
        &place.ninefold(&["ablation", "--config", "ladder/config.toml", "--run-dir", "run"]).output().unwrap(),
        1,
    );
    assert!(error.contains("run: holds no ladder"), "{error}");
}

#[test]
fn repeated_ablation_reuses_finished_trainings() {
    let place = Place::new();
    stdout(&ladder(&place, &STEPS));
    let first = place.json("ladder/ladder.json");
    let again = ladder(&place, &STEPS);
    assert!(String::from_utf8_lossy(&again.stderr).contains("4 trainings of an earlier ladder"), "{again:?}");
    assert_eq!(place.json("ladder/ladder.json"), first);
    let record = fs::read_dir(place.path("ladder/trainings")).unwrap().next().unwrap().unwrap().path();
    fs::write(&record, "{").unwrap();
    let mended = ladder(&place, &STEPS);
    assert!(String::from_utf8_lossy(&mended.stderr).contains("3 trainings of an earlier ladder"), "{mended:?}");
    assert_eq!(scores(&place.json("ladder/ladder.json")["rungs"]), scores(&first["rungs"]));
}

#[test]
fn class_weights_are_offered_as_a_step_where_classes_are_uneven() {
    let place = Place::new();
    let row = |n: usize| {
        format!(
            "\"{} and a good one\",{}\n",
            ["sail", "dough"][usize::from(n.is_multiple_of(4))],
            ["boats", "bread"][usize::from(n.is_multiple_of(4))]
        )
    };
    place.write("uneven.csv", &format!("text,label\n{}", (0..80).map(row).collect::<String>()));
    let offered = |folder: &str, setting: &str| {
        let output = ladder_of(&place, "uneven.csv", folder, &["--set", setting]);
        stdout(&output);
        String::from_utf8_lossy(&output.stderr)
            .contains("--set training.class_weight=balanced makes class weights a step")
    };
    assert!(offered("plain", "training.label_smoothing=0.1"));
    assert!(!offered("weighted", "training.class_weight=balanced"));
    assert_eq!(place.json("weighted/ladder.json")["steps"][0]["name"], "class weights");
}

#[test]
fn ablation_without_steps_or_baseline_is_refused() {
    let place = Place::new();
    let error = refusal(&ladder(&place, &[]), 2);
    assert!(error.contains("found the same settings at foot and top"), "{error}");
    let error = refusal(&place.ninefold(&["ablation", "--from", "round9"]).output().unwrap(), 2);
    assert!(
        error.contains("expected one of default, strong, round1, round2") && error.contains("\"round9\""),
        "{error}"
    );
}
