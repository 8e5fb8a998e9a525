//! `ninefold compare` from texts to a run folder, and what scripts may rely on.

#![allow(clippy::unwrap_used)]

use crate::common::{Place, SMALL, refusal, same_bytes, stdout};
use serde_json::Value;

const PAIRS: [&str; 9] = [
    "word2vec-rnn",
    "word2vec-lstm",
    "word2vec-gru",
    "fasttext-rnn",
    "fasttext-lstm",
    "fasttext-gru",
    "glove-rnn",
    "glove-lstm",
    "glove-gru",
];

#[test]
fn compare_trains_nine_pairs_and_writes_a_run_folder() {
    let place = Place::new();
    let output = place.compare("run", &[]);
    let text = stdout(&output);
    for expected in [
        "data: posts",
        "3 classes",
        "accuracy",
        "Best network by validation",
        "run folder: run",
        "ninefold predict run/best\n",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in:\n{text}");
    }
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr.lines().filter(|line| line.contains(": test accuracy ")).count(), 9, "{stderr}");
    for name in ["config.toml", "environment.json", "leaderboard.csv", "leaderboard.md"] {
        assert!(place.path("run").join(name).is_file(), "{name}");
    }
    for pair in PAIRS {
        for name in ["history.csv", "metrics.json", "predictions.csv", "confusion.csv", "model/model.safetensors"] {
            assert!(place.path("run/pairs").join(pair).join(name).is_file(), "{pair}/{name}");
        }
        assert!(!place.path("run/pairs").join(pair).join("checkpoint.safetensors").exists(), "{pair}");
    }
    contract(&place.json("run/leaderboard.json"));
    let predictions = std::fs::read_to_string(place.path("run/pairs/glove-gru/predictions.csv")).unwrap();
    assert_eq!(predictions.lines().count(), 1 + 15);
    assert!(predictions.starts_with("source,truth,predicted,probability\n"), "{predictions}");
}

/// Keys and kinds that scripts rely on.
fn contract(board: &Value) {
    assert_eq!(board["protocol"]["data"], "posts");
    let rows = board["rows"].as_array().unwrap();
    let names: Vec<String> = rows
        .iter()
        .map(|row| format!("{}-{}", row["embedding"].as_str().unwrap(), row["model"].as_str().unwrap()))
        .collect();
    assert_eq!(names, PAIRS);
    for row in rows {
        assert_eq!(row["seed"], 0);
        assert!(row["parameters"].as_u64().unwrap() > 0);
        for part in ["train", "validation", "test"] {
            for score in ["accuracy", "precision_weighted", "recall_weighted", "f1_weighted", "f1_macro"] {
                let share = row[part][score].as_f64().unwrap();
                assert!((0.0..=1.0).contains(&share), "{part}.{score} = {share}");
            }
        }
        for key in ["embedding", "train", "evaluate"] {
            assert!(row["seconds"][key].as_f64().unwrap() >= 0.0, "seconds.{key}");
        }
    }
}

#[test]
fn flags_select_pairs_and_json_goes_to_stdout() {
    let place = Place::new();
    let args = ["--embeddings", "glove", "--models", "gru,rnn", "--seed", "5", "--epochs", "1", "--json", "-q"];
    let output = place.compare("run", &args);
    let board: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(board, place.json("run/leaderboard.json"));
    let rows = board["rows"].as_array().unwrap();
    let brief =
        |row: &Value| (row["model"].as_str().unwrap().to_string(), row["seed"].as_u64(), row["epochs"].as_u64());
    let rows: Vec<_> = rows.iter().map(brief).collect();
    assert_eq!(rows, [("gru".to_string(), Some(5), Some(1)), ("rnn".to_string(), Some(5), Some(1))]);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn figures_do_not_depend_on_the_number_of_threads() {
    let place = Place::new();
    let run = |name: &str, threads: &str| {
        stdout(&place.compare(name, &["--embeddings", "glove", "--models", "lstm,gru", "--threads", threads]));
    };
    run("one", "1");
    // The vectors, too, are made anew: trained GloVe is exact on any number of threads.
    std::fs::remove_dir_all(place.path("cache")).unwrap();
    run("two", "2");
    for pair in ["glove-lstm", "glove-gru"] {
        let (one, two) = (place.path("one/pairs").join(pair), place.path("two/pairs").join(pair));
        same_bytes(&one, &two, &["predictions.csv", "confusion.csv", "model/model.safetensors"]);
    }
}

#[test]
fn run_on_one_thread_is_reproducible() {
    let place = Place::new();
    for run in ["a", "b"] {
        stdout(&place.compare(run, &["--embeddings", "word2vec,fasttext", "--models", "gru"]));
        std::fs::remove_dir_all(place.path("cache")).unwrap();
    }
    for pair in ["word2vec-gru", "fasttext-gru"] {
        let (a, b) = (place.path("a/pairs").join(pair), place.path("b/pairs").join(pair));
        same_bytes(&a, &b, &["predictions.csv", "model/model.safetensors", "model/vocab.txt"]);
    }
}

#[test]
fn word_vectors_are_trained_once_and_cached() {
    let place = Place::new();
    stdout(&place.compare("a", &["--embeddings", "word2vec", "--models", "rnn,gru"]));
    let cached = || std::fs::read_dir(place.path("cache/vectors")).unwrap().count();
    assert_eq!(cached(), 1, "the vectors with their note");
    let output = place.compare("b", &["--embeddings", "word2vec", "--models", "rnn,gru"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("vectors of an earlier training"));
    assert_eq!(cached(), 1);
    let seconds = |run: &str| place.json(&format!("{run}/leaderboard.json"))["rows"][0]["seconds"]["embedding"].clone();
    assert_eq!(seconds("a"), seconds("b"));
    stdout(&place.compare("c", &["--embeddings", "word2vec", "--models", "rnn", "--set", "embedding.window=3"]));
    assert_eq!(cached(), 2, "another setting, other vectors");
}

#[test]
fn diverging_pair_is_recorded_and_others_continue() {
    let place = Place::new();
    let output =
        place.compare("run", &["--embeddings", "glove", "--models", "rnn,gru", "--set", "training.learning_rate=1e38"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let rows = place.json("run/leaderboard.json")["rows"].clone();
    assert_eq!(rows.as_array().unwrap().len(), 2, "{stderr}");
    let failed = rows.as_array().unwrap().iter().filter(|row| row["error"].is_string()).count();
    assert!(failed > 0, "{rows}");
    for row in rows.as_array().unwrap().iter().filter(|row| row["error"].is_string()) {
        assert!(row["error"].as_str().unwrap().contains("the loss became"), "{row}");
    }
}

#[test]
fn pretrained_vectors_are_loaded_from_a_file_of_the_right_dimension() {
    let place = Place::new();
    place.write("v.txt", "sail 1 0 0 0\ndough 0 1 0 0\nrook 0 0 1 0\nthe 0 0 0 1\n");
    let args = ["--embeddings", "glove", "--models", "gru", "--glove", "v.txt"];
    let output = place.compare("run", &args);
    let error = crate::common::refusal(&output, 2);
    assert!(error.contains("embedding.dim: expected 4 as in v.txt"), "{error}");
    let output = place.compare("other", &[&args[..], &["--set", "embedding.dim=4"]].concat());
    stdout(&output);
    assert!(String::from_utf8_lossy(&output.stderr).contains("glove: vectors for 4 of "));
}

#[test]
fn where_there_is_no_bf16_the_run_says_so_and_goes_on_in_f32() {
    let place = Place::new();
    let run = |name: &str, precision: &str| {
        let precision = format!("model.precision={precision}");
        let args = ["compare", "--data", "posts", "--embeddings", "glove", "--models", "gru", "--epochs", "2"];
        let more = ["--run-dir", name, "--threads", "1", "--set", &precision];
        let mut command = place.ninefold(&[&args[..], &more, &SMALL].concat());
        command.env("NINEFOLD_SIMD", "portable").output().unwrap()
    };
    let (plain, rounded) = (run("plain", "f32"), run("rounded", "bf16"));
    assert!(stdout(&plain).contains("glove") && stdout(&rounded).contains("glove"));
    let says = |output: &std::process::Output| {
        String::from_utf8_lossy(&output.stderr).contains("no faster matrix products of bf16")
    };
    assert!(says(&rounded) && !says(&plain));
    same_bytes(&place.path("plain/pairs/glove-gru"), &place.path("rounded/pairs/glove-gru"), &["predictions.csv"]);
}

#[test]
fn embeddings_are_concatenated_as_one_input() {
    let place = Place::new();
    let args = ["--embeddings", "glove+word2vec,glove", "--models", "swem", "--baselines", "mean_logistic"];
    stdout(&place.compare("run", &args));
    let board = place.json("run/leaderboard.json");
    let rows = board["rows"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["embedding"].as_str().unwrap()).collect();
    assert_eq!(names, ["word2vec+glove", "glove", "word2vec+glove", "glove"]);
    let parameters = |row: &Value| row["parameters"].as_u64().unwrap();
    assert!(parameters(&rows[0]) > parameters(&rows[1]), "{board}");
    let model = "run/pairs/word2vec+glove-swem/model";
    assert_eq!(place.json(&format!("{model}/config.json"))["model"]["embedding_dim"], 16);
    let said = stdout(&place.ninefold(&["predict", model, "posts/test/boats/15.txt"]).output().unwrap());
    assert!(["boats", "bread", "chess"].contains(&said.split_whitespace().next().unwrap()), "{said}");
    let error = refusal(&place.compare("other", &["--embeddings", "word2vec+glvoe"]), 2);
    assert!(error.contains("did you mean `glove`?") && error.contains("\"glvoe\""), "{error}");
}

#[test]
fn bench_measures_the_requested_work() {
    let place = Place::new();
    let args =
        ["bench", "--models", "rnn", "--sizes", "posts", "--batch-size", "4", "--precisions", "f32", "--steps", "1"];
    let text = stdout(&place.ninefold(&args).output().unwrap());
    assert_eq!(text.lines().filter(|line| line.contains("posts") && line.contains("rnn")).count(), 3, "{text}");
    let json = stdout(&place.ninefold(&[&args[..], &["--work", "train", "--json", "-q"]].concat()).output().unwrap());
    let found: Value = serde_json::from_str(&json).unwrap();
    let row = &found["bench"]["rows"][0];
    for key in ["median_ms", "tokens_per_s", "gflop_per_s", "peak_gflop_per_s", "share_of_peak"] {
        assert!(row[key].as_f64().unwrap() > 0.0, "{key}: {row}");
    }
    let error = refusal(&place.ninefold(&["bench", "--sizes", "round3"]).output().unwrap(), 2);
    assert!(error.contains("[possible values: round1, round2, posts]"), "{error}");
}
