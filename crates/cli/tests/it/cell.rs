//! `ninefold cell`: a comparison in units of work, by the program.

#![allow(clippy::unwrap_used)]

use std::fs;

use serde_json::Value;

use crate::common::{Place, SMALL, refusal, same_bytes, stdout};
use crate::deploy::mails;

const COMPARISON: [&str; 8] =
    ["--embeddings", "word2vec", "--models", "swem", "--baselines", "complement_nb", "--epochs", "1"];

/// Lists the cells of a small comparison into a file.
fn listed(place: &Place, file: &str) -> Vec<Value> {
    let list = [&["cell", "list", "--data", "posts"][..], &SMALL, &COMPARISON].concat();
    let cells = stdout(&place.ninefold(&list).output().unwrap());
    fs::write(place.path(file), &cells).unwrap();
    cells.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn cell(place: &Place, args: &[&str]) -> std::process::Output {
    place.ninefold(&[&["cell"][..], args].concat()).output().unwrap()
}

#[test]
fn cells_are_listed_run_elsewhere_and_finished() {
    let place = Place::new();
    let cells = listed(&place, "cells.jsonl");
    let parts: Vec<&str> = cells.iter().map(|cell| cell["part"].as_str().unwrap()).collect();
    assert_eq!(parts, ["vectors/word2vec", "pairs/word2vec-swem", "baselines/complement_nb"]);
    let whole =
        [&["compare", "--data", "posts", "--run-dir", "whole", "--threads", "1"][..], &SMALL, &COMPARISON].concat();
    stdout(&place.ninefold(&whole).output().unwrap());
    fs::rename(place.path("posts"), place.path("moved")).unwrap();
    for (number, vectors) in [("1", None), ("2", Some("cells")), ("3", Some("cells"))] {
        let folder = format!("cells/{number}");
        let mut run = vec!["run", "cells.jsonl", "--number", number, "--data", "moved", "-o", &folder];
        run.extend(vectors.iter().flat_map(|vectors| ["--vectors", vectors]));
        assert!(stdout(&cell(&place, &run)).contains(": finished in "));
    }
    let again = cell(&place, &["run", "cells.jsonl", "--number", "3", "--data", "moved", "-o", "cells/3"]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("baselines/complement_nb: finished earlier"));
    let finish = ["finish", "cells.jsonl", "cells", "--data", "moved", "--run-dir", "joined"];
    let table = stdout(&cell(&place, &finish));
    assert!(table.contains("complement_nb") && table.contains("swem"), "{table}");
    let files = [
        "pairs/word2vec-swem/predictions.csv",
        "pairs/word2vec-swem/probabilities.safetensors",
        "pairs/word2vec-swem/model/model.safetensors",
        "baselines/complement_nb/predictions.csv",
        "baselines/complement_nb/mistakes.json",
        "ensembles/vote_selected/predictions.csv",
    ];
    same_bytes(&place.path("joined"), &place.path("whole"), &files);
    assert!(place.path("joined/report.html").is_file() && place.path("joined/leaderboard.csv").is_file());
}

#[test]
fn cells_with_costs_are_decided_as_by_compare() {
    let place = Place::new();
    mails(&place);
    let settings = ["--data", "mail.csv", "--models", "none", "--baselines", "complement_nb,majority"];
    let settings = [&settings[..], &["--ensembles", "none", "--diagnose", "none", "--costs", "spam.csv"]].concat();
    place.write("cells.jsonl", &stdout(&cell(&place, &[&["list"][..], &settings].concat())));
    let compare = ["compare", "--run-dir", "whole", "--threads", "1"];
    stdout(&place.ninefold(&[&compare[..], &settings].concat()).output().unwrap());
    fs::rename(place.path("spam.csv"), place.path("elsewhere.csv")).unwrap(); // nodes need no costs
    for number in ["1", "2"] {
        let folder = format!("cells/{number}");
        stdout(&cell(&place, &["run", "cells.jsonl", "--number", number, "-o", &folder]));
    }
    let finish = ["finish", "cells.jsonl", "cells", "--run-dir", "joined"];
    let missing = refusal(&cell(&place, &finish), 1);
    assert!(missing.contains("spam.csv"), "{missing}");
    fs::rename(place.path("elsewhere.csv"), place.path("spam.csv")).unwrap();
    let table = stdout(&cell(&place, &finish));
    assert!(table.contains("Its wrong answers cost 0."), "{table}");
    let decided = |run: &str| {
        let (best, board) = (place.json(&format!("{run}/best.json")), place.json(&format!("{run}/leaderboard.json")));
        (best["best"]["folder"].clone(), board["deploy"]["mean_cost"].clone(), board["deploy"]["folder"].clone())
    };
    assert!(decided("whole").1["test"].as_f64() > Some(0.0), "{:?}", decided("whole"));
    assert_eq!(decided("joined"), decided("whole"));
    let answers = |run: &str| {
        let model = format!("{run}/best");
        stdout(&place.ninefold(&["predict", &model, "mail.csv", "--json"]).output().unwrap())
    };
    assert_eq!(answers("joined"), answers("whole"));
}

#[test]
fn single_cell_is_read_from_standard_input() {
    let place = Place::new();
    let list = ["list", "--data", "posts", "--models", "none", "--baselines", "complement_nb"];
    let line = stdout(&cell(&place, &list));
    let run = place.ninefold(&["cell", "run", "-", "-o", "one"]).write_stdin(line).output().unwrap();
    assert!(stdout(&run).starts_with("baselines/complement_nb: finished in "));
}

#[test]
fn wrong_cells_are_refused() {
    let place = Place::new();
    listed(&place, "cells.jsonl");
    place.write("none.jsonl", "");
    place.write("other.jsonl", "\n{\"a\": 1}\n");
    let run = |file: &str, args: &[&str]| cell(&place, &[&["run", file, "-o", "one"][..], args].concat());
    let none = refusal(&run("none.jsonl", &[]), 1);
    assert!(none.contains("none.jsonl: expected cells as `ninefold cell list` prints them, found none"), "{none}");
    let other = refusal(&run("other.jsonl", &[]), 1);
    assert!(other.contains("other.jsonl:2: expected a cell as `ninefold cell list` prints it"), "{other}");
    assert!(refusal(&run("nowhere.jsonl", &[]), 1).contains("nowhere.jsonl: cannot read the cells"));
    let many = refusal(&run("cells.jsonl", &[]), 2);
    assert!(many.contains("cells.jsonl has 3 cells: choose one with --number, 1 to 3"), "{many}");
    assert!(refusal(&run("cells.jsonl", &["--number", "9"]), 2).contains("--number: expected 1 to 3, found 9"));
    let missing = refusal(&cell(&place, &["finish", "cells.jsonl", "posts", "--run-dir", "joined"]), 1);
    assert!(missing.contains("posts: expected the folder of a cell"), "{missing}");
}

#[test]
fn cells_name_their_threads_and_instruction_set() {
    let place = Place::new();
    let mut list = place.ninefold(&[&["cell", "list", "--data", "posts", "--threads", "2"][..], &COMPARISON].concat());
    let lines = stdout(&list.env("NINEFOLD_SIMD", "portable").output().unwrap());
    let cell: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!((&cell["threads"], &cell["instruction_set"]), (&Value::from(2), &Value::from("portable")));
    place.write("cells.jsonl", &lines);
    let mut run = place.ninefold(&["cell", "run", "cells.jsonl", "--number", "1", "-o", "one"]);
    let run = run.env("NINEFOLD_SIMD", "avx2").output().unwrap();
    if !String::from_utf8_lossy(&run.stderr).contains("NINEFOLD_SIMD: expected") {
        assert!(refusal(&run, 2).contains("instruction_set: expected portable, with which the cells were listed"));
    }
}
