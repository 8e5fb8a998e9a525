//! `--no-texts`: nothing of the texts is left in what a command writes, but for words and n-grams in saved models.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{Place, refusal, stdout};

/// In every text. Its words are in the vocabularies of models, the sentence is nowhere.
const PLANTED: &str = "quokka zanzibar marmalade bicycle";

const ROWS: [&str; 8] = [
    "--embeddings",
    "word2vec",
    "--models",
    "gru",
    "--baselines",
    "majority,tfidf_svm",
    "--ensembles",
    "vote_networks",
];

/// The corpus with the sentence at the beginning of every text, and copies that a diagnosis finds.
fn planted() -> Place {
    let place = Place::new();
    for path in files(&place.path("posts")) {
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{PLANTED} {text}")).unwrap();
    }
    let copy = fs::read(place.path("posts/train/boats/00.txt")).unwrap();
    fs::write(place.path("posts/test/bread/90.txt"), copy).unwrap();
    place
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let below = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    below.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The files below a folder that hold the sentence.
fn with_sentence(folder: &Path) -> Vec<String> {
    let is_in = |path: &PathBuf| {
        let content = fs::read(path).unwrap();
        content.windows(PLANTED.len()).any(|bytes| bytes.eq_ignore_ascii_case(PLANTED.as_bytes()))
    };
    files(folder).into_iter().filter(is_in).map(|path| path.display().to_string()).collect()
}

#[test]
fn run_folder_and_caches_hold_no_text() {
    let place = planted();
    stdout(&place.compare("with", &ROWS));
    let expected = ["mistakes.json", "examples.json", "report.html"];
    let found = with_sentence(&place.path("with"));
    assert!(expected.iter().all(|name| found.iter().any(|path| path.ends_with(name))), "{found:?}");

    stdout(&place.compare("without", &[&ROWS[..], &["--no-texts", "--log", "jsonl,tensorboard"]].concat()));
    assert_eq!(with_sentence(&place.path("without")), [""; 0]);
    assert_eq!(with_sentence(&place.path("cache")), [""; 0], "cached word vectors hold words");
    let mistakes = place.json("without/baselines/majority/mistakes.json");
    let mistake = &mistakes.as_array().unwrap()[0];
    let (folder, file) = mistake["source"].as_str().unwrap().rsplit_once('/').unwrap();
    assert!(folder.starts_with("test") && file.ends_with(".txt"), "{mistake}");
    assert_eq!(mistake["text"], "");
    let page = fs::read_to_string(place.path("without/report.html")).unwrap();
    assert!(page.contains(file), "the page names the source");
    let scores = |run: &str| place.json(&format!("{run}/leaderboard.json"))["rows"][0]["test"].clone();
    assert_eq!(scores("with"), scores("without"));
}

#[test]
fn cross_validated_run_holds_no_text() {
    let place = planted();
    let rows = ["--models", "none", "--baselines", "majority,tfidf_svm", "--ensembles", "stacked"];
    stdout(&place.compare("run", &[&rows[..], &["--no-texts", "--folds", "3", "--split", "random"]].concat()));
    assert_eq!(with_sentence(&place.path("run")), [""; 0]);
}

#[test]
fn run_with_texts_is_not_resumed_without_them() {
    let place = planted();
    let rows = ["--models", "none", "--baselines", "majority"];
    stdout(&place.compare("run", &rows));
    let error = refusal(&place.compare("run", &[&rows[..], &["--no-texts"]].concat()), 1);
    assert!(error.contains("keep_texts") && error.contains("choose another --run-dir"), "{error}");
}

#[test]
fn diagnosis_and_page_leave_texts_out() {
    let place = planted();
    let run = |args: &[&str]| place.ninefold(args).output().unwrap();
    stdout(&run(&["diagnose", "--data", "posts", "--no-texts", "-o", "diagnosis"]));
    assert_eq!(with_sentence(&place.path("diagnosis")), [""; 0]);
    let json = stdout(&run(&["diagnose", "--data", "posts", "--no-texts", "--json"]));
    assert!(!json.contains(PLANTED), "{json}");

    stdout(&place.compare("run", &["--models", "none", "--baselines", "majority"]));
    let error = refusal(&run(&["diagnose", "--run", "run", "--no-texts"]), 2);
    assert!(error.contains("--no-texts has no effect here"), "{error}");
    stdout(&run(&["report", "run", "--no-texts", "-o", "pages/page.html"]));
    assert_eq!(with_sentence(&place.path("pages")), [""; 0]);
}
