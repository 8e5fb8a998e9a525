//! From a comparison to a decision: the row to deploy and what it takes, costs of errors, a limit of time.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use serde_json::Value;

use crate::common::{Place, SMALL, refusal, stdout};

const BASELINES: [&str; 8] = [
    "--models",
    "none",
    "--baselines",
    "complement_nb,tfidf_svm,majority",
    "--ensembles",
    "vote_selected",
    "--diagnose",
    "none",
];

fn compare(place: &Place, more: &[&str]) -> String {
    let words = [&["compare", "--data", "mail.csv", "--run-dir", "run"], &BASELINES[..], more].concat();
    let text = stdout(&place.ninefold(&words).output().unwrap());
    text.split_whitespace().collect::<Vec<_>>().join(" ") // however lines are broken
}

/// Half of what is spam could as well be ham: the words say so one time in three.
pub fn mails(place: &Place) {
    let row = |n: usize| match n % 4 {
        0 => format!("win the prize now {},spam\n", n % 7),
        1 => format!("the offer of the day {},{}\n", n % 7, if n.is_multiple_of(3) { "spam" } else { "ham" }),
        _ => format!("lunch with the team {},ham\n", n % 7),
    };
    place.write("mail.csv", &format!("text,label\n{}", (0..1200).map(row).collect::<String>()));
    place.write("spam.csv", "class,cost\nham,1\nspam,30\n");
    place.write("ham.csv", ",ham,spam\nham,0,30\nspam,1,0\n");
}

fn label(place: &Place, text: &str) -> String {
    place.write("new.txt", text);
    let answer = stdout(&place.ninefold(&["predict", "run/best", "new.txt"]).output().unwrap());
    answer.split('\t').next().unwrap().to_owned()
}

#[test]
fn the_row_to_deploy_is_named_first_with_what_it_takes() {
    let place = Place::new();
    mails(&place);
    let text = compare(&place, &[]);
    assert!(text.starts_with("Deploy: "), "{text}");
    assert!(text.contains("Try next:") && text.contains("ninefold predict run/best"), "{text}");
    let json = std::fs::read_to_string(place.path("run/leaderboard.json")).unwrap();
    assert!(json.starts_with("{\n  \"deploy\": {"), "{json}");
    let board = place.json("run/leaderboard.json");
    for row in board["rows"].as_array().unwrap() {
        let cost = &row["cost"];
        assert!(cost["ms_per_text"].as_f64().unwrap() > 0.0, "{row}");
        assert!(cost["disk_bytes"].as_u64().unwrap() > 100 && cost["memory_bytes"].as_u64().unwrap() > 0, "{row}");
    }
    let score = |row: &Value| row["validation"]["f1_macro"].as_f64().unwrap();
    let best = board["rows"].as_array().unwrap().iter().map(score).fold(0.0, f64::max);
    let deployed = board["rows"].as_array().unwrap().iter().find(|row| row["folder"] == board["deploy"]["folder"]);
    assert_eq!(score(deployed.unwrap()), best);
    assert_eq!(place.json("run/best.json")["best"]["folder"], board["deploy"]["folder"]);
}

#[test]
fn a_search_is_offered_only_where_validation_has_wrong_answers_to_choose_by() {
    let place = Place::new();
    let row = |n: usize, is_wrong: bool| match (n.is_multiple_of(2), is_wrong) {
        (true, false) | (false, true) => format!("{},boats\n", ["sail anchor mast", "dough oven crust"][n % 2]),
        _ => format!("{},bread\n", ["sail anchor mast", "dough oven crust"][n % 2]),
    };
    for (name, wrong) in [("clean.csv", usize::MAX), ("noisy.csv", 5)] {
        let rows: String = (0..1200).map(|n| row(n, n % wrong == 1)).collect();
        place.write(name, &format!("text,label\n{rows}"));
        let words = ["compare", "--data", name, "--models", "swem", "--embeddings", "word2vec", "--baselines", "none"];
        let words = [&words[..], &["--ensembles", "none", "--epochs", "8", "--diagnose", "none"], &SMALL].concat();
        let text = stdout(&place.ninefold(&words).output().unwrap());
        assert_eq!(text.contains("ninefold search"), name == "noisy.csv", "{text}");
    }
}

#[test]
fn finished_run_decides_by_other_costs_without_training() {
    let place = Place::new();
    mails(&place);
    compare(&place, &[]);
    let trained = |place: &Place| {
        std::fs::metadata(place.path("run/baselines/tfidf_svm/model/model.safetensors")).unwrap().modified().unwrap()
    };
    let before = trained(&place);
    let unsure = "the offer of the day 1";
    let text = compare(&place, &["--costs", "spam.csv"]);
    assert!(
        text.contains("Its wrong answers cost 0.") && text.contains("It answers `spam` from a probability of 0."),
        "{text}"
    );
    assert_eq!(label(&place, unsure), "spam");
    let deploy = place.json("run/leaderboard.json")["deploy"].clone();
    let cost = |key: &str| deploy["mean_cost"][key].as_f64().unwrap();
    assert!(cost("test") < cost("test_most_probable"), "{deploy}");
    compare(&place, &["--costs", "ham.csv"]);
    assert_eq!(label(&place, unsure), "ham");
    compare(&place, &[]);
    assert!(place.json("run/leaderboard.json")["deploy"]["mean_cost"].is_null());
    assert_eq!(trained(&place), before, "nothing was trained again");
    place.write("wrong.csv", "ham,1\nspan,1\n");
    let words =
        [&["compare", "--data", "mail.csv", "--run-dir", "run"], &BASELINES[..], &["--costs", "wrong.csv"]].concat();
    let error = refusal(&place.ninefold(&words).output().unwrap(), 1);
    assert!(error.contains("wrong.csv:2: expected a class of the corpus (did you mean `spam`?)"), "{error}");
}

#[test]
fn limit_of_time_is_kept_and_told() {
    let place = Place::new();
    mails(&place);
    let words =
        ["compare", "--data", "mail.csv", "--run-dir", "run", "--baselines", "complement_nb", "--minutes", "0.001"];
    let limited = |place: &Place| stdout(&place.ninefold(&words).output().unwrap()).replace('\n', " ");
    let text = limited(&place);
    assert!(text.contains("limit of 1 s: the whole comparison would take about"), "{text}");
    let board = place.json("run/leaderboard.json");
    assert!(board["shortened"][0].as_str().unwrap().contains("left out: "), "{board}");
    let plan = std::fs::read_to_string(place.path("run/plan.json")).unwrap();
    limited(&place);
    assert_eq!(std::fs::read_to_string(place.path("run/plan.json")).unwrap(), plan, "the plan of the first time holds");
    for wrong in ["--minutes=0", "--minutes=-1", "--minutes=nan", "--minutes=soon"] {
        let error = refusal(&place.ninefold(&["compare", wrong]).output().unwrap(), 2);
        assert!(error.contains("minutes, more than 0"), "{error}");
    }
    assert!(Path::new(&place.path("run/report.html")).is_file());
}

#[test]
fn checked_labels_are_kept_and_used() {
    let place = Place::new();
    let data = ["--data", "sample", "--set", "corpus.sample.label_noise=0.1", "--set", "corpus.sample.documents=800"];
    let words = [&["diagnose", "-o", "found", "--check", "4"], &data[..]].concat();
    let asked = stdout(&place.ninefold(&words).write_stdin("s\nu\n\nl\nq\n").output().unwrap());
    assert!(asked.contains("1 of 4: ") && asked.contains("of 2 checked labels were wrong"), "{asked}");
    let kept = std::fs::read_to_string(place.path("found/labels_checked.csv")).unwrap();
    assert_eq!(kept.lines().count(), 4, "a head and three marks: {kept}");
    let again = stdout(&place.ninefold(&words).write_stdin("").output().unwrap());
    assert!(again.contains("of 2 checked labels were wrong"), "{again}");
    assert_eq!(std::fs::read_to_string(place.path("found/labels_checked.csv")).unwrap(), kept);
    let compare =
        [&["compare", "--run-dir", "run", "--labels-checked", "found/labels_checked.csv"], &data[..], &BASELINES]
            .concat();
    let text = stdout(&place.ninefold(&compare).output().unwrap()).replace('\n', " ");
    assert!(text.contains("labels: 1 label of 2 checked ones corrected by found/labels_checked.csv"), "{text}");
    let error = refusal(&place.ninefold(&["diagnose", "--check", "3"]).output().unwrap(), 2);
    assert!(error.contains("--check needs a folder for the marks: --run RUN or -o DIR"), "{error}");
}
