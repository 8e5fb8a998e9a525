//! `search`: its trials and files, resuming, independence of test labels, and what it refuses.

#![allow(clippy::unwrap_used)]

use std::process::Output;

use crate::common::{Place, SMALL, refusal, same_bytes, stdout};
use serde_json::Value;

const SPACE: [&str; 4] = [
    "--set",
    "search.space.model.hidden_size=[4, 8]",
    "--set",
    "search.space.training.learning_rate={ low = 0.001, high = 0.05, log = true }",
];

fn search(place: &Place, folder: &str, args: &[&str]) -> Output {
    let base = ["search", "--data", "posts", "--run-dir", folder, "--embeddings", "glove", "--models", "gru,rnn"];
    let mut all = [&base[..], &SMALL].concat();
    for default in [["--threads", "1"], ["--epochs", "4"]] {
        if !args.contains(&default[0]) {
            all.extend(default);
        }
    }
    place.ninefold(&[&all[..], args].concat()).output().unwrap()
}

fn trials(results: &Value) -> &Vec<Value> {
    results["trials"].as_array().unwrap()
}

/// What must be the same in two searches: all but the seconds.
fn without_seconds(mut results: Value) -> Value {
    results["seconds"] = Value::Null;
    results["trials"].as_array_mut().unwrap().iter_mut().for_each(|trial| trial["seconds"] = Value::Null);
    results
}

#[test]
fn better_trials_are_trained_longer_without_test_labels() {
    let place = Place::new();
    let table = stdout(&search(&place, "s", &[&SPACE[..], &["--trials", "9"]].concat()));
    let said = table.replace("\n  ", " ");
    assert!(said.contains("Best of 9 trials in ") && said.contains("Test labels were not used"), "{table}");
    assert!(table.contains("ninefold compare --config s/best.toml"), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
    let results = place.json("s/search.json");
    assert_eq!((trials(&results).len(), results["finished"].as_bool()), (9, Some(true)));
    assert_eq!(results["rungs"], serde_json::json!([1, 4]));
    let epochs: Vec<usize> =
        trials(&results).iter().map(|trial| trial["validation"].as_array().unwrap().len()).collect();
    let whole = epochs.iter().filter(|&&epochs| epochs == 4).count();
    assert!(epochs.iter().all(|epochs| [1, 4].contains(epochs)) && (3..9).contains(&whole), "{epochs:?}");
    for (number, trial) in trials(&results).iter().enumerate() {
        let alone = place.json(&format!("s/trials/{number:04}.json"));
        assert_eq!(&alone, trial);
        assert!([4, 8].contains(&trial["settings"]["model.recurrent.hidden_size"].as_i64().unwrap()), "{trial}");
        let rate = trial["settings"]["training.learning_rate"].as_f64().unwrap();
        assert!((0.001..=0.05).contains(&rate), "{trial}");
    }
    assert!(!place.path("cache/looks").exists(), "a search has no business with test labels");
    let page = std::fs::read_to_string(place.path("s/search.html")).unwrap();
    assert_eq!(page.matches("data-trial=").count(), 9);
    assert!(!page.contains("Unfinished") && !page.contains("<script") && !page.contains("http"), "{page}");
    assert_eq!(stdout(&place.ninefold(&["report", "s"]).output().unwrap()), "s/search.html\n");

    // The same settings in a comparison: the same training, to the last digit.
    let best = &trials(&results)[results["best"].as_u64().unwrap() as usize];
    let score = best["validation"].as_array().unwrap().iter().map(|score| score.as_f64().unwrap()).fold(0.0, f64::max);
    let compare = ["compare", "--config", "s/best.toml", "--baselines", "none", "--threads", "1", "--run-dir", "run"];
    stdout(&place.ninefold(&compare).output().unwrap());
    let row = &place.json("run/leaderboard.json")["rows"][0];
    assert!(row["validation"]["accuracy"].as_f64().unwrap() >= score - 1e-12, "{row} {best}");
    assert_eq!(row["model"], best["model"]);
    let error = refusal(&search(&place, "run", &SPACE), 1);
    assert!(error.contains("run: holds a comparison"), "{error}");
}

#[test]
fn search_is_reproducible_and_resumes_with_a_larger_budget() {
    let place = Place::new();
    stdout(&search(&place, "a", &[&SPACE[..], &["--trials", "6"]].concat()));
    stdout(&search(&place, "b", &[&SPACE[..], &["--trials", "6"]].concat()));
    assert_eq!(without_seconds(place.json("a/search.json")), without_seconds(place.json("b/search.json")));
    same_bytes(&place.path("a"), &place.path("b"), &["best.toml"]);

    let first = place.json("a/search.json");
    let output = search(&place, "a", &[&SPACE[..], &["--trials", "12", "--json"]].concat());
    let results: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("6 trials of an earlier search"), "{output:?}");
    assert_eq!(trials(&results).len(), 12);
    for (before, after) in trials(&first).iter().zip(trials(&results)) {
        let (before, after) = (before["validation"].as_array().unwrap(), after["validation"].as_array().unwrap());
        assert_eq!(before[..], after[..before.len()], "a trial goes on with what it was");
    }

    // Another space on the same folder is another search.
    let error = refusal(&search(&place, "a", &["--set", "search.space.model.hidden_size=[4]", "--seed", "3"]), 1);
    assert!(error.contains("holds a run with other settings: seed"), "{error}");
    let error = refusal(&search(&place, "a", &["--set", "search.space.model.hidden_size=[4]"]), 1);
    assert!(error.contains("holds a search over another space"), "{error}");
}

#[test]
fn parallel_and_sequential_trials_agree() {
    let place = Place::new();
    stdout(&search(&place, "turn", &[&SPACE[..], &["--trials", "5", "--epochs", "1"]].concat()));
    stdout(&search(&place, "side", &[&SPACE[..], &["--trials", "5", "--epochs", "1", "--threads", "2"]].concat()));
    let [turn, side] = ["turn", "side"].map(|folder| without_seconds(place.json(&format!("{folder}/search.json"))));
    assert_eq!(turn["trials"], side["trials"], "with a single rung the order of finishing decides nothing");
}

#[test]
fn a_budget_of_minutes_ends_a_search() {
    let place = Place::new();
    let results: Value =
        serde_json::from_str(&stdout(&search(&place, "s", &[&SPACE[..], &["--minutes", "0.02", "--json"]].concat())))
            .unwrap();
    assert!(!trials(&results).is_empty() && results["seconds"].as_f64().unwrap() < 60.0, "{results}");
    let error = refusal(&search(&place, "t", &["--trials", "0"]), 2);
    assert!(error.contains("'--trials <N>': expected a whole number of at least 1"), "{error}");
}

#[test]
fn a_space_without_meaning_is_refused_before_anything_is_read() {
    let place = Place::new();
    let refused = |setting: &str| {
        let error = refusal(&search(&place, "s", &["--set", setting]), 2);
        assert!(!place.path("s").exists());
        error
    };
    assert!(refused("search.space={}").contains("search.space: expected at least one setting"));
    let error = refused("search.space.model.hiden_size=[3]");
    assert!(error.contains("did you mean `model.recurrent.hidden_size`?"), "{error}");
    let error = refused("search.space.model.dropout={ low = 0.5, high = 0.1 }");
    assert!(error.contains("search.space.model.dropout: expected low below high"), "{error}");
    place.write("empty.toml", "[search.space]\n");
    let output = place.ninefold(&["search", "--config", "empty.toml"]).output().unwrap();
    assert!(refusal(&output, 2).contains("expected at least one setting"));
}
