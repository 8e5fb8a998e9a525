//! Convolutions and pooled word vectors: compared, saved, used, resumed, searched.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::common::{Place, SMALL, refusal, same_bytes, stdout};
use serde_json::Value;

const BOTH: [&str; 6] = ["--embeddings", "glove", "--models", "cnn,swem", "--set", "model.filters=6"];

#[test]
fn convolutions_and_pooled_vectors_are_trained_saved_and_used() {
    let place = Place::new();
    let run = |name: &str, threads: &str| {
        place.compare(
            name,
            &[&BOTH[..], &["--threads", threads, "--epochs", "60", "--set", "training.learning_rate=0.02"]].concat(),
        )
    };
    let table = stdout(&run("run", "1"));
    assert!(table.contains("Best network: "), "{table}");
    let rows = place.json("run/leaderboard.json")["rows"].clone();
    let learned =
        |row: &Value| (row["model"].as_str().unwrap().to_string(), row["train"]["accuracy"].as_f64().unwrap());
    for (model, accuracy) in rows.as_array().unwrap().iter().map(learned) {
        assert!(accuracy > 0.8, "{model} has learned {accuracy} of the training texts");
        let folder = format!("run/pairs/glove-{model}/model");
        let predict = |texts: &str| {
            let output = place.ninefold(&["predict", &folder, "--json"]).write_stdin(texts).output().unwrap();
            let answer = |line: &str| serde_json::from_str::<Value>(line).unwrap();
            stdout(&output).lines().map(answer).collect::<Vec<_>>()
        };
        let together = predict("sail anchor tide\nrook\n\ndough oven flour crust yeast loaf\n");
        let alone = predict("rook\n");
        assert_eq!(together.len(), 4);
        assert_eq!(together[1]["probability"], alone[0]["probability"], "a text alone, {model}");
        let card = std::fs::read_to_string(place.path(&folder).join("README.md")).unwrap();
        assert!(card.contains(["torch.nn.Conv1d(8, 6, width", "h = x"][usize::from(model == "swem")]), "{card}");
    }
    stdout(&run("again", "2"));
    for pair in ["glove-cnn", "glove-swem"] {
        let [a, b] = ["run", "again"].map(|run| place.path(run).join("pairs").join(pair));
        same_bytes(&a, &b, &["predictions.csv", "model/model.safetensors", "model/config.json"]);
    }
}

#[test]
fn killed_run_resumes_to_the_same_bits() {
    let place = Place::new();
    let long = [&BOTH[..], &["--epochs", "300", "--set", "training.patience=0"]].concat();
    stdout(&place.compare("whole", &long));
    let mut child = Command::new(env!("CARGO_BIN_EXE_ninefold"))
        .current_dir(place.path(""))
        .env("NINEFOLD_DATA_DIR", place.path("data"))
        .env("NINEFOLD_CACHE_DIR", place.path("cache"))
        .args(["compare", "--data", "posts", "--run-dir", "cut", "--threads", "1", "--baselines", "none"])
        .args(SMALL)
        .args(&long)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begin = Instant::now();
    while !place.path("cut/pairs/glove-cnn/checkpoint.safetensors").exists() {
        assert!(begin.elapsed() < Duration::from_secs(30) && child.try_wait().unwrap().is_none(), "it ended too early");
        sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let output = place.compare("cut", &long);
    assert!(String::from_utf8_lossy(&output.stderr).contains("glove + cnn: resumed after epoch "), "{output:?}");
    for pair in ["glove-cnn", "glove-swem"] {
        let [a, b] = ["whole", "cut"].map(|run| place.path(run).join("pairs").join(pair));
        same_bytes(&a, &b, &["predictions.csv", "confusion.csv", "model/model.safetensors"]);
    }
}

#[test]
fn search_draws_the_settings_of_each_network() {
    let place = Place::new();
    let base = ["search", "--data", "posts", "--run-dir", "s", "--embeddings", "glove", "--models", "gru,cnn,swem"];
    let space = ["model.hidden_size=[4, 8]", "model.filters=[3, 5]", "model.filter_widths=[[1, 2], [2, 3]]"];
    let space = space.map(|setting| format!("search.space.{setting}"));
    let space: Vec<&str> = space.iter().flat_map(|setting| ["--set", setting.as_str()]).collect();
    let budget = ["--trials", "12", "--epochs", "2", "--threads", "1", "--json"];
    let found = stdout(&place.ninefold(&[&base[..], &SMALL, &space, &budget].concat()).output().unwrap());
    let found: Value = serde_json::from_str(&found).unwrap();
    let mut seen = Vec::new();
    for trial in found["trials"].as_array().unwrap() {
        let keys: Vec<&String> = trial["settings"].as_object().unwrap().keys().collect();
        let own: &[&str] = match trial["model"].as_str().unwrap() {
            "gru" => &["model.recurrent.hidden_size"],
            "cnn" => &["model.cnn.filter_widths", "model.cnn.filters"],
            _ => &[],
        };
        assert_eq!(keys, own, "{trial}");
        assert!(trial["error"].is_null(), "{trial}");
        seen.push(trial["model"].as_str().unwrap().to_string());
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen, ["cnn", "gru", "swem"]);
    let compare = ["compare", "--config", "s/best.toml", "--baselines", "none", "--threads", "1", "--run-dir", "run"];
    stdout(&place.ninefold(&compare).output().unwrap());
    let best = &found["trials"][found["best"].as_u64().unwrap() as usize];
    assert_eq!(place.json("run/leaderboard.json")["rows"][0]["model"], best["model"]);
}

#[test]
fn unknown_networks_and_settings_are_refused_by_name() {
    let place = Place::new();
    let refused = |args: &[&str]| refusal(&place.compare("run", args), 2);
    let error = refused(&["--models", "cnnn"]);
    assert!(
        error.contains("'cnnn' for '--models <LIST>'") && error.contains("a similar value exists: 'cnn'"),
        "{error}"
    );
    let error = refused(&["--models", "gru,cnn", "--set", "model.pooling=last"]);
    assert!(
        error.contains("model.pooling: expected a pooling without the last state, which cnn does not have"),
        "{error}"
    );
    for widths in ["[]", "[0, 3]", "[5, 3]", "[3, 3]"] {
        let error = refused(&["--set", &format!("model.filter_widths={widths}")]);
        assert!(error.contains("model.cnn.filter_widths: expected one or more widths from 1 up, rising"), "{error}");
    }
    assert!(refused(&["--set", "model.filters=0"]).contains("model.cnn.filters: expected at least 1"));
}
