//! What makes a leaderboard honest: baselines, seeds, ranks, and the page that shows them.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod common;

use std::collections::BTreeSet;
use std::process::Command;

use common::{Place, refusal, stdout};
use serde_json::Value;

const BASELINES: &str =
    "majority,multinomial_nb,complement_nb,tfidf_logistic,tfidf_svm,mean_logistic,fasttext_supervised";
const QUICK: [&str; 8] =
    ["--embeddings", "glove", "--models", "gru,rnn", "--set", "baseline.bucket=1000", "--set", "baseline.epochs=5"];

fn rows(board: &Value) -> &Vec<Value> {
    board["rows"].as_array().unwrap()
}

#[test]
fn baselines_stand_beside_the_pairs_and_are_not_done_again() {
    let place = Place::new();
    let args = [&QUICK[..], &["--baselines", BASELINES]].concat();
    let output = place.compare("run", &args);
    let table = stdout(&output);
    for expected in
        ["Best pair, chosen by validation", "Best baseline, chosen by validation: ", "test labels: 9 models"]
    {
        assert!(table.contains(expected), "{expected:?} is not in:\n{table}");
    }
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
    let board = place.json("run/leaderboard.json");
    let models: Vec<&str> = rows(&board).iter().map(|row| row["model"].as_str().unwrap()).collect();
    let expected = ["gru", "rnn", "majority", "multinomial_nb", "complement_nb", "tfidf_logistic", "tfidf_svm"];
    assert_eq!(models, [&expected[..], &["fasttext_supervised", "mean_logistic"]].concat());
    for row in rows(&board) {
        assert_eq!(row["baseline"].as_bool(), Some(!["gru", "rnn"].contains(&row["model"].as_str().unwrap())));
        let (low, accuracy, high) =
            (&row["interval"]["accuracy"]["low"], &row["test"]["accuracy"], &row["interval"]["accuracy"]["high"]);
        assert!(low.as_f64() <= accuracy.as_f64() && accuracy.as_f64() <= high.as_f64(), "{row}");
        assert!(row["rank"].as_u64().unwrap() >= 1 && row["parameters"].as_u64().unwrap() > 0);
        let folder = place.path("run").join(row["folder"].as_str().unwrap());
        for name in ["metrics.json", "predictions.csv", "confusion.csv", "mistakes.json"] {
            assert!(folder.join(name).is_file(), "{}", folder.join(name).display());
        }
    }
    let svm = rows(&board).iter().find(|row| row["model"] == "tfidf_svm").unwrap();
    let majority = rows(&board).iter().find(|row| row["model"] == "majority").unwrap();
    assert!(svm["test"]["accuracy"].as_f64() > majority["test"]["accuracy"].as_f64(), "{svm}");
    assert_eq!(board["statistics"]["looks"], 9);

    let again = place.compare("run", &args);
    stdout(&again);
    let notices = String::from_utf8_lossy(&again.stderr).matches("finished earlier").count();
    assert_eq!(notices, 9, "{}", String::from_utf8_lossy(&again.stderr));
    assert_eq!(place.json("run/leaderboard.json"), board, "nothing was scored once more");
}

#[test]
fn a_baseline_that_diverges_is_recorded_and_the_others_go_on() {
    let place = Place::new();
    let baselines = ["--baselines", "fasttext_supervised,majority", "--set", "baseline.learning_rate=1e30"];
    stdout(&place.compare("run", &[&["--embeddings", "glove", "--models", "gru"], &baselines[..]].concat()));
    let board = place.json("run/leaderboard.json");
    let row = rows(&board).iter().find(|row| row["model"] == "fasttext_supervised").unwrap();
    assert!(row["error"].as_str().unwrap().contains("lower baseline.learning_rate"), "{row}");
    assert!(rows(&board).iter().any(|row| row["model"] == "majority" && row["rank"].is_u64()));
}

#[test]
fn seeds_change_networks_and_not_the_split() {
    let place = Place::new();
    let args = ["--embeddings", "glove", "--models", "gru", "--seed", "5", "--seeds", "2", "--epochs", "3"];
    let table = stdout(&place.compare("run", &args));
    assert!(table.contains(" ± ") && table.contains("Means and standard deviations of 2 seeds"), "{table}");
    let board = place.json("run/leaderboard.json");
    let seeds: Vec<u64> = rows(&board).iter().map(|row| row["seed"].as_u64().unwrap()).collect();
    assert_eq!(seeds, [5, 6]);
    assert_eq!(board["standings"][0]["seeds"], serde_json::json!([5, 6]));
    let read = |seed: u64, name: &str| {
        std::fs::read_to_string(place.path(&format!("run/pairs/glove-gru-seed{seed}/{name}"))).unwrap()
    };
    assert_ne!(read(5, "history.csv"), read(6, "history.csv"));
    let truth = |seed| -> Vec<String> {
        read(seed, "predictions.csv")
            .lines()
            .map(|line| line.split(',').take(2).collect::<Vec<_>>().join(","))
            .collect()
    };
    assert_eq!(truth(5), truth(6), "the same test texts in the same order");
    let error = refusal(&place.compare("other", &["--seeds", "0"]), 2);
    assert!(error.contains("seeds: expected at least 1, found 0"), "{error}");
    let error = refusal(&place.compare("other", &["--baselines", "tfidf_svn"]), 2);
    assert!(error.contains("did you mean `tfidf_svm`?"), "{error}");
}

#[test]
fn every_format_has_the_same_rows_in_the_same_order() {
    let place = Place::new();
    stdout(&place.compare("run", &[&QUICK[..], &["--baselines", "majority,tfidf_svm"]].concat()));
    let show = |format: &str| {
        stdout(&place.ninefold(&["runs", "show", "run", "--sort", "f1", "--format", format]).output().unwrap())
    };
    let names = |text: &str, separator: &str| -> Vec<String> {
        let models = ["gru", "rnn", "majority", "tfidf_svm", "tfidf\\_svm"];
        let cells = |line: &str| line.split(separator).map(|cell| cell.trim().to_string()).collect::<Vec<_>>();
        let model = |line: &str| cells(line).into_iter().find(|cell| models.contains(&cell.as_str()));
        text.lines().filter_map(model).map(|name| name.replace('\\', "")).collect()
    };
    let table = show("table");
    let table = names(table.split("══\n").last().unwrap().split("──\n").next().unwrap(), " ");
    assert_eq!(table.len(), 4);
    assert_eq!(names(&show("markdown"), "|"), table);
    assert_eq!(names(&show("csv"), ","), table);
    assert_eq!(names(&show("latex"), "&"), table);
}

/// The first browser that there is.
fn browser() -> Option<&'static str> {
    let names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome"];
    names.into_iter().find(|name| Command::new(name).arg("--version").output().is_ok())
}

/// Everything between `before` and the next `<`.
fn values<'a>(page: &'a str, before: &str) -> Vec<&'a str> {
    page.split(before).skip(1).map(|rest| rest.split('<').next().unwrap()).collect()
}

#[test]
fn the_page_says_what_the_leaderboard_says() {
    let place = Place::new();
    stdout(&place.compare("run", &[&QUICK[..], &["--baselines", "majority,tfidf_svm"]].concat()));
    let written = std::fs::read_to_string(place.path("run/report.html")).unwrap();
    for foreign in ["http://", "https://", "<script", "@import"] {
        assert!(!written.contains(foreign), "{foreign} in a page that needs no network");
    }
    let page = match browser() {
        None => {
            eprintln!("skipped: no Chromium to look at the page with; its text is checked as it was written");
            written
        }
        Some(browser) => {
            let url = format!("file://{}", place.path("run/report.html").display());
            let flags = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom"];
            let shown = Command::new(browser).args(flags).arg(url).output().unwrap();
            let messages = String::from_utf8_lossy(&shown.stderr);
            assert!(!messages.contains("CONSOLE"), "{messages}");
            String::from_utf8(shown.stdout).unwrap()
        }
    };
    let board = place.json("run/leaderboard.json");
    let figure = |row: &Value, score: &str| format!("{:.1}", 100.0 * row["test"][score].as_f64().unwrap());
    for (key, score) in [("accuracy", "accuracy"), ("f1_weighted", "f1_weighted"), ("f1_macro", "f1_macro")] {
        let mut expected: Vec<String> = rows(&board).iter().map(|row| figure(row, score)).collect();
        let mut found = values(&page, &format!("data-key=\"{key}\">"));
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{key}");
    }
    let models: BTreeSet<&str> = rows(&board).iter().map(|row| row["model"].as_str().unwrap()).collect();
    assert!(models.iter().all(|model| page.contains(&format!("<td>{model}</td>"))), "{models:?}");
    assert!(page.contains("Best pair, chosen by validation") && !page.contains("Unfinished"));
    assert_eq!(page.matches("<polyline class=\"first\"").count(), 2 + 1, "two pairs, and accuracy by length");
}

#[test]
fn runs_stand_side_by_side_and_an_unfinished_one_says_so() {
    let place = Place::new();
    for run in ["a", "b"] {
        stdout(&place.compare(run, &["--embeddings", "glove", "--models", "gru"]));
    }
    std::fs::remove_file(place.path("b/leaderboard.json")).unwrap();
    let output = place.ninefold(&["report", "a", "b", "-o", "both.html"]).output().unwrap();
    assert_eq!(stdout(&output), "both.html\n");
    let page = std::fs::read_to_string(place.path("both.html")).unwrap();
    assert!(page.contains("Runs side by side") && page.contains("Unfinished: 0 of 1 pair"), "{page}");
    let error = refusal(&place.ninefold(&["report", "posts"]).output().unwrap(), 1);
    assert!(error.contains("expected a run folder"), "{error}");
}
