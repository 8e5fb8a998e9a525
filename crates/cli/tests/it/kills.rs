//! A command that is killed before or after any of its files gets its name is given again, and ends with the results of one that
//! was never killed.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::common::{Place, SMALL, stdout};

const SIGABRT: i32 = 6;
/// What a result says about its making, and not about the texts.
const CIRCUMSTANCES: [&str; 10] = [
    "seconds",
    "ms_per_text",
    "peak_memory_bytes",
    "started",
    "finished_at",
    "created",
    "texts_per_second",
    "words_per_second",
    "command",
    "test_evaluations_total",
];

/// Gives a command until it is not killed any more: the first time it is killed at its first abort point, and each time at a
/// later one. The number of kills.
fn kill_until_done(place: &Place, args: &[&str]) -> usize {
    let mut at = 1;
    for kills in 0..200 {
        let output = place.ninefold(args).env("NINEFOLD_ABORT_AT", at.to_string()).output().unwrap();
        if output.status.signal() != Some(SIGABRT) {
            stdout(&output);
            return kills;
        }
        at += 1 + kills / 3;
    }
    panic!("{args:?} does not end");
}

/// Runs a command whole in one place and with kills in another, and compares what they leave in `folder`.
/// `prepare` writes what the command needs. The number of kills.
fn assert_survives(args: &[&str], folder: &str, prepare: impl Fn(&Place)) -> usize {
    let (whole, killed) = (Place::new(), Place::new());
    prepare(&whole);
    prepare(&killed);
    stdout(&whole.ninefold(args).output().unwrap());
    let kills = kill_until_done(&killed, args);
    let (expected, found) = (results(&whole.path(folder)), results(&killed.path(folder)));
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{args:?}");
    for (name, content) in &expected {
        assert!(&found[name] == content, "{args:?}: {name} differs: {:?} and {content:?}", found[name]);
    }
    kills
}

#[derive(PartialEq, Debug)]
enum Content {
    Json(Value),
    Bytes(Vec<u8>),
    /// Holds times, or a picture of them.
    Any,
}

/// The files below a folder by their relative names.
fn results(folder: &Path) -> BTreeMap<String, Content> {
    let mut found = BTreeMap::new();
    if folder.is_file() {
        found.insert(String::new(), Content::Bytes(fs::read(folder).unwrap()));
        return found;
    }
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_string();
        if path.is_dir() {
            found.extend(results(&path).into_iter().map(|(below, content)| (format!("{name}/{below}"), content)));
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let content = match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => Content::Json(without_circumstances(serde_json::from_slice(&bytes).unwrap())),
            Some("safetensors" | "txt" | "vec" | "toml") => Content::Bytes(bytes),
            Some("csv") if ["predictions.csv", "confusion.csv"].contains(&&*name) => Content::Bytes(bytes),
            _ => Content::Any,
        };
        found.insert(name, content);
    }
    found
}

fn without_circumstances(value: Value) -> Value {
    match value {
        Value::Object(object) => object
            .into_iter()
            .filter(|(key, _)| !CIRCUMSTANCES.contains(&&**key))
            .map(|(key, value)| (key, without_circumstances(value)))
            .collect(),
        Value::Array(values) => values.into_iter().map(without_circumstances).collect(),
        value => value,
    }
}

fn words(command: &'static str) -> Vec<&'static str> {
    command.split(' ').collect()
}

/// A command on the small corpus, with settings that train in a moment.
fn with_small(command: &'static str) -> Vec<&'static str> {
    [&words(command)[..], &SMALL, &words("--data posts --threads 1")].concat()
}

#[test]
fn killed_comparison_ends_with_the_same_results() {
    let args = with_small(
        "compare --run-dir run --embeddings glove --models gru --baselines complement_nb --ensembles none --epochs 3",
    );
    let kills = assert_survives(&args, "run", |_| ());
    assert!(kills >= 10, "{kills}");
}

#[test]
fn killed_search_ends_with_the_same_results() {
    let args = with_small(
        "search --run-dir run --embeddings glove --models gru --epochs 3 --trials 3 --set search.space.model.hidden_size=[4,8]",
    );
    let kills = assert_survives(&args, "run", |_| ());
    assert!(kills >= 6, "{kills}");
}

#[test]
fn killed_ablation_ends_with_the_same_results() {
    let args = with_small(
        "ablation --run-dir run --from baseline.toml --embeddings glove --models gru --epochs 3 --set model.pooling=max",
    );
    let prepare = |place: &Place| {
        let config = with_small("config --embeddings glove --models gru --epochs 3");
        let config: Vec<&str> = config.into_iter().take_while(|&arg| arg != "--threads").collect();
        place.write("baseline.toml", &stdout(&place.ninefold(&config).output().unwrap()));
    };
    let kills = assert_survives(&args, "run", prepare);
    assert!(kills >= 6, "{kills}");
}

#[test]
fn killed_distillation_ends_with_the_same_results() {
    let args = with_small("distill run/best -o student --with-baseline --epochs 2");
    let kills = assert_survives(&args, "student", train_teacher);
    assert!(kills >= 4, "{kills}");
}

#[test]
fn killed_ensemble_ends_with_the_same_models() {
    let args = words("ensemble run/best -o ensemble");
    let kills = assert_survives(&args, "ensemble", train_teacher);
    assert!(kills >= 4, "{kills}");
}

fn train_teacher(place: &Place) {
    let run: Output = place.compare("run", &["--models", "none", "--baselines", "complement_nb"]);
    stdout(&run);
}

#[test]
fn killed_commands_that_write_one_file_or_folder_are_given_again() {
    let vectors = words("embed train glove texts.txt -o texts.vec --dim 4 --min-count 1 --threads 1");
    let texts = |place: &Place| place.write("texts.txt", &"a small text of a few words\n".repeat(20));
    let mut kills = assert_survives(&vectors, "texts.vec", texts);
    let sample = words("sample -o corpus --documents 100");
    kills += assert_survives(&sample, "corpus", |_| ());
    assert!(kills >= 4, "{kills}");
}
