//! An interrupted or killed run resumes to the same bits.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::common::{Place, SMALL, interruption, refusal, same_bytes, stdout};

const SIGINT: i32 = 2;
const FILES: [&str; 4] = ["predictions.csv", "confusion.csv", "model/model.safetensors", "model/labels.json"];
/// Long enough to be caught in the middle.
const LONG: [&str; 8] =
    ["--embeddings", "glove", "--models", "rnn,gru", "--epochs", "40", "--set", "training.patience=0"];

/// Starts a long run, waits until `path` exists, and sends it a signal.
fn start_and_signal(place: &Place, run: &str, wait_for: &str, signal: &str) -> Child {
    let start = ["compare", "--data", "posts", "--run-dir", run, "--threads", "1"];
    let mut child = Command::new(env!("CARGO_BIN_EXE_ninefold"))
        .current_dir(place.path(""))
        .env("NINEFOLD_DATA_DIR", place.path("data"))
        .env("NINEFOLD_CACHE_DIR", place.path("cache"))
        .args(start)
        .args(SMALL)
        .args(LONG)
        .args(["--set", "model.hidden_size=96", "--baselines", "none"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begin = Instant::now();
    while !place.path(wait_for).exists() {
        assert!(begin.elapsed() < Duration::from_secs(30) && child.try_wait().unwrap().is_none(), "it ended too early");
        sleep(Duration::from_millis(2));
    }
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    child
}

fn whole(place: &Place, run: &str) {
    stdout(&place.compare(run, &[&LONG[..], &["--set", "model.hidden_size=96"]].concat()));
}

fn same_results(place: &Place, a: &str, b: &str) {
    for pair in ["glove-rnn", "glove-gru"] {
        let folder = |run: &str| place.path(run).join("pairs").join(pair);
        same_bytes(&folder(a), &folder(b), &FILES);
        let metrics = |run: &str| {
            let mut metrics = place.json(&format!("{run}/pairs/{pair}/metrics.json"));
            let row = metrics["row"].as_object_mut().unwrap();
            row.retain(|key, _| key != "seconds" && key != "cost");
            metrics
        };
        assert_eq!(metrics(a), metrics(b), "{pair}");
    }
}

#[test]
fn interrupted_run_is_readable_and_resumes() {
    let place = Place::new();
    whole(&place, "whole");
    let child = start_and_signal(&place, "cut", "cut/pairs/glove-gru/checkpoint.safetensors", "-INT");
    let output = child.wait_with_output().unwrap();
    let error = interruption(&output, SIGINT);
    assert!(error.contains("interrupted: to resume, type: ninefold compare") && error.contains("--run-dir"), "{error}");
    let board = place.json("cut/leaderboard.json");
    assert_eq!(board["rows"].as_array().unwrap().len(), 1, "the finished pair");
    let shown = place.ninefold(&["runs", "show", "cut"]).output().unwrap();
    assert!(stdout(&shown).contains("rnn"));
    let read = |name: &str| std::fs::read_to_string(place.path(&format!("cut/{name}"))).unwrap();
    assert!(
        ["leaderboard.md", "leaderboard.csv"].iter().all(|name| read(name).contains("rnn")),
        "tables of what is finished"
    );

    let before = modified(&place.path("cut/pairs/glove-rnn/history.csv"));
    let output = place.compare("cut", &[&LONG[..], &["--set", "model.hidden_size=96"]].concat());
    stdout(&output);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("glove + rnn: finished earlier"), "{stderr}");
    assert!(stderr.contains("glove + gru: resumed after epoch "), "{stderr}");
    assert_eq!(modified(&place.path("cut/pairs/glove-rnn/history.csv")), before, "not trained again");
    same_results(&place, "whole", "cut");
    let page = read("report.html");
    assert!(page.contains("data-model=\"glove gru\"") && !page.contains("Unfinished"), "a resumed run has its page");
}

#[test]
fn killed_run_resumes_to_the_same_bits() {
    let place = Place::new();
    whole(&place, "whole");
    let child = start_and_signal(&place, "cut", "cut/pairs/glove-rnn/checkpoint.safetensors", "-KILL");
    child.wait_with_output().unwrap();
    whole(&place, "cut");
    same_results(&place, "whole", "cut");
}

#[test]
fn damaged_checkpoint_is_reported_and_training_restarts() {
    let place = Place::new();
    whole(&place, "whole");
    let child = start_and_signal(&place, "cut", "cut/pairs/glove-rnn/checkpoint.safetensors", "-INT");
    child.wait_with_output().unwrap();
    place.write("cut/pairs/glove-rnn/checkpoint.safetensors", "no checkpoint");
    let output = place.compare("cut", &[&LONG[..], &["--set", "model.hidden_size=96"]].concat());
    stdout(&output);
    assert!(String::from_utf8_lossy(&output.stderr).contains("is trained from the beginning"));
    same_results(&place, "whole", "cut");
}

#[test]
fn other_settings_are_refused_with_what_differs() {
    let place = Place::new();
    stdout(&place.compare("run", &["--embeddings", "glove", "--models", "rnn"]));
    let output = place.compare("run", &["--embeddings", "glove", "--models", "rnn", "--seed", "3"]);
    let error = refusal(&output, 1);
    assert!(error.contains("seed is \"0\" there and \"3\" here"), "{error}");
    place.write("mine/notes.txt", "not a run");
    let error = refusal(&place.compare("mine", &[]), 1);
    assert!(error.contains("holds files but no run"), "{error}");
}

#[test]
fn changed_texts_invalidate_finished_rows() {
    let place = Place::new();
    stdout(&place.compare("run", &["--embeddings", "glove", "--models", "rnn"]));
    place.write("posts/train/boats/00.txt", "sail sail sail anchor");
    let output = place.compare("run", &["--embeddings", "glove", "--models", "rnn"]);
    stdout(&output);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("finished earlier"));
}

fn modified(path: &Path) -> std::time::SystemTime {
    std::fs::metadata(path).unwrap().modified().unwrap()
}

#[test]
fn two_processes_do_not_share_a_run_folder() {
    let place = Place::new();
    let mut first = start_and_signal(&place, "run", "run/pairs/glove-rnn/checkpoint.safetensors", "-CONT");
    let error = refusal(&place.compare("run", &[&LONG[..], &["--set", "model.hidden_size=96"]].concat()), 1);
    assert!(error.contains("run: another process is at work on this run"), "{error}");
    first.kill().unwrap();
    first.wait().unwrap();
    whole(&place, "run");
}
