//! Ensembles: in a comparison, saved, and as a teacher.

#![allow(clippy::unwrap_used)]

use crate::common::{Place, SMALL, refusal, same_bytes, stdout};
use serde_json::Value;

const QUICK: [&str; 4] = ["--embeddings", "glove", "--models", "gru,rnn"];

/// A place with a finished comparison of two networks.
fn trained() -> Place {
    let place = Place::new();
    stdout(&place.compare("run", &[&QUICK[..], &["--epochs", "6"]].concat()));
    place
}

const GRU: &str = "run/pairs/glove-gru/model";
const RNN: &str = "run/pairs/glove-rnn/model";

#[test]
fn ensembles_are_in_the_table_the_page_json_and_csv() {
    let place = Place::new();
    let all = "vote_seeds,vote_networks,vote_selected,stacked";
    let args = ["--baselines", "majority,tfidf_svm", "--seeds", "2", "--ensembles", all];
    let table = stdout(&place.compare("run", &[&QUICK[..], &args].concat()));
    for expected in [
        "ensemble   vote_networks",
        "ensemble   vote_selected",
        "ensemble   stacked",
        "glove      rnn_vote_seeds",
        "test evaluations: 11 models in this run",
        "Ensemble of 4 models by vote (vote_networks): ",
        "Ensemble of 6 models by logistic regression (stacked): ",
        "Ensemble of 2 seeds by vote (glove + ",
        "Ensembles combine the predictions of other rows",
    ] {
        assert!(table.replace("\n  ", " ").contains(expected), "{expected:?} is not in:\n{table}");
    }
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
    let board = place.json("run/leaderboard.json");
    let rows: Vec<&Value> = board["rows"].as_array().unwrap().iter().filter(|row| row["ensemble"] == true).collect();
    let names: Vec<&str> = rows.iter().map(|row| row["model"].as_str().unwrap()).collect();
    assert_eq!(names, ["gru_vote_seeds", "rnn_vote_seeds", "vote_networks", "vote_selected", "stacked"]);
    for row in rows {
        assert!(
            row["rank"].is_u64() && row["interval"]["accuracy"]["low"].is_f64() && row.get("train").is_none(),
            "{row}"
        );
        let member = &row["members"][0];
        assert!(member["name"].is_string() && member["seed"].is_u64() && member["weight"].is_f64(), "{row}");
        assert!(place.path("run").join(member["folder"].as_str().unwrap()).is_dir(), "{row}");
    }
    let standings = board["standings"].as_array().unwrap();
    assert_eq!(standings.iter().filter(|standing| standing["ensemble"] == true).count(), 5);
    let csv = std::fs::read_to_string(place.path("run/leaderboard.csv")).unwrap();
    let head: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let column = head.iter().position(|&name| name == "ensemble").unwrap();
    assert_eq!(csv.lines().filter(|line| line.split(',').nth(column) == Some("true")).count(), 5);
    let page = std::fs::read_to_string(place.path("run/report.html")).unwrap();
    assert_eq!(page.matches("together \" data-model").count(), 5);
    assert!(page.contains("green rows are ensembles"));
    // The saved vote labels texts; the run can be listed and shown.
    let vote = "run/ensembles/vote_networks/model";
    let labelled =
        stdout(&place.ninefold(&["predict", vote]).write_stdin("the sail and the anchor\n").output().unwrap());
    assert_eq!(labelled.trim().split('\t').count(), 2, "{labelled}");
    let scored = stdout(&place.ninefold(&["evaluate", vote, "--data", "posts", "--json"]).output().unwrap());
    let scored: Value = serde_json::from_str(&scored).unwrap();
    let row = board["rows"].as_array().unwrap().iter().find(|row| row["model"] == "vote_networks").unwrap();
    assert_eq!(scored["scores"], row["test"]);
    let list = stdout(&place.ninefold(&["runs", "list", "."]).output().unwrap());
    assert!(list.contains("4 of 4"), "ensembles are no pairs: {list}");
}

#[test]
fn finished_run_is_extended_with_ensembles_without_training() {
    let place = Place::new();
    let printed = stdout(&place.ninefold(&["config"]).output().unwrap());
    assert!(printed.contains("ensembles = [\"vote_selected\", \"stacked\"]"), "{printed}");
    let none = stdout(&place.ninefold(&["config", "--ensembles", "none"]).output().unwrap());
    assert!(none.contains("ensembles = []"), "{none}");
    stdout(&place.compare("run", &QUICK));
    let model = place.path("run/pairs/glove-gru/model/model.safetensors");
    let before = std::fs::metadata(&model).unwrap().modified().unwrap();
    let output = place.compare("run", &[&QUICK[..], &["--ensembles", "vote_networks"]].concat());
    assert!(stdout(&output).contains("ensemble   vote_networks"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("glove + gru: finished earlier") && stderr.contains("vote_networks: test accuracy"),
        "{stderr}"
    );
    assert_eq!(std::fs::metadata(&model).unwrap().modified().unwrap(), before, "not trained again");
    for (wrong, said) in [("vote_select", "a similar value exists: 'vote_selected'"), ("stacked,stacked", "each once")]
    {
        let error = refusal(&place.compare("other", &["--ensembles", wrong]), 2);
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn ensemble_of_saved_models_predicts() {
    let place = trained();
    let output = place.ninefold(&["ensemble", GRU, RNN, "-o", "both", "--weights", "3,1"]).output().unwrap();
    let text = stdout(&output);
    assert!(text.contains("members/1-glove-gru") && text.contains("75.0") && text.contains("predict both"), "{text}");
    let shares = |model: &str| -> Vec<(String, f64)> {
        let output = place
            .ninefold(&["predict", model, "--top", "3", "--json"])
            .write_stdin("rook and dough\n")
            .output()
            .unwrap();
        let json: Value = serde_json::from_str(&stdout(&output)).unwrap();
        let pair = |top: &Value| (top["label"].as_str().unwrap().to_string(), top["probability"].as_f64().unwrap());
        json["top"].as_array().unwrap().iter().map(pair).collect()
    };
    let (gru, rnn) = (shares(GRU), shares(RNN));
    for (label, share) in shares("both") {
        let of = |shares: &[(String, f64)]| shares.iter().find(|(name, _)| *name == label).unwrap().1;
        assert!((share - (3.0 * of(&gru) + of(&rnn)) / 4.0).abs() < 2e-6, "{label} {share} {gru:?} {rnn:?}");
    }
    stdout(&place.ninefold(&["ensemble", GRU, "-o", "alone"]).output().unwrap());
    place.write("texts.txt", "the sail and the anchor\n\nmy dough was good\nrook\n");
    let labelled =
        |model: &str| stdout(&place.ninefold(&["predict", model, "texts.txt", "--top", "3"]).output().unwrap());
    assert_eq!(labelled("alone"), labelled(GRU));
    same_bytes(&place.path("alone/members/1-glove-gru"), &place.path(GRU), &["model.safetensors", "config.json"]);
    let copied = stdout(&place.ninefold(&["ensemble", "both", "-o", "copy", "--json"]).output().unwrap());
    let copied: Value = serde_json::from_str(&copied).unwrap();
    assert_eq!((&copied["ensemble"], copied["members"].as_array().unwrap().len()), (&"copy".into(), 2));
    assert_eq!(labelled("copy"), labelled("both"));
}

#[test]
fn incompatible_models_are_refused() {
    let place = trained();
    let refused =
        |args: &[&str], code: i32| refusal(&place.ninefold(&[&["ensemble"], args].concat()).output().unwrap(), code);
    assert!(refused(&[GRU, GRU, "-o", "out"], 1).contains("are the same model"));
    assert!(refused(&[GRU, RNN, "-o", "out", "--weights", "1,2,3"], 2).contains("expected one per model, 2, found 3"));
    assert!(refused(&[GRU, RNN, "-o", "out", "--weights", "1,-2"], 2).contains("expected numbers above 0, found -2"));
    assert!(
        refused(&[GRU, "posts", "-o", "out"], 1).contains("posts/config.json: expected a saved model's config.json")
    );
    assert!(refused(&[GRU, "-o", "posts"], 1).contains("posts: holds files already"));
    assert_eq!(place.ninefold(&["ensemble", "-o", "out"]).output().unwrap().status.code(), Some(2), "no model at all");
    let two = ["compare", "--data", "two.csv", "--run-dir", "two", "--embeddings", "glove", "--models", "gru"];
    let more = ["--epochs", "1", "--baselines", "none", "--ensembles", "none"];
    let rows: String = (0..30).map(|n| format!("sail {n} rook,{}\n", ["boats", "bred"][n % 2])).collect();
    place.write("two.csv", &format!("text,label\n{rows}"));
    stdout(&place.ninefold(&[&two[..], &more, &SMALL].concat()).output().unwrap());
    let other = "two/pairs/glove-gru/model";
    let error = refused(&[GRU, other, "-o", "out"], 1);
    let expected =
        format!("{GRU} and {other} have different labels: number 2 is \"bread\" in the one and \"bred\" in the other");
    assert!(error.contains(&expected), "{error}");
    assert!(!place.path("out").exists());

    stdout(&place.ninefold(&["ensemble", GRU, RNN, "-o", "both"]).output().unwrap());
    let weights = place.path("both/members/1-glove-gru/model.safetensors");
    let mut bytes = std::fs::read(&weights).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&weights, bytes).unwrap();
    let error = refusal(&place.ninefold(&["predict", "both"]).write_stdin("x\n").output().unwrap(), 1);
    assert!(error.contains("both/members/1-glove-gru/model.safetensors: checksum mismatch"), "{error}");
}

#[test]
fn student_is_distilled_on_the_built_in_sample() {
    let place = Place::new();
    let sample = ["--data", "sample", "--set", "corpus.sample.documents=300", "--epochs", "2"];
    let run = ["compare", "--run-dir", "run", "--baselines", "none", "--ensembles", "vote_networks"];
    stdout(&place.ninefold(&[&run[..], &sample, &QUICK, &SMALL].concat()).output().unwrap());
    let teacher = "run/ensembles/vote_networks/model";
    let distill = |args: &[&str]| {
        let one = ["--embeddings", "glove", "--models", "gru", "--set", "model.hidden_size=4"];
        place.ninefold(&[&["distill", teacher], &sample[..], &SMALL, &one, args].concat()).output().unwrap()
    };
    let output = distill(&["-o", "student", "--with-baseline"]);
    let text = stdout(&output);
    for expected in [
        "teacher",
        "ensemble of 2 networks (glove + gru, glove + rnn)",
        "without a teacher",
        "times faster than its teacher",
        "texts/s",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in:\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("another split"), "it is the same split");
    let labelled =
        stdout(&place.ninefold(&["predict", "student"]).write_stdin("the strings of a guitar\n").output().unwrap());
    assert!(labelled.contains('\t'), "{labelled}");
    assert!(
        std::fs::read_to_string(place.path("student/README.md"))
            .unwrap()
            .contains("It is the student of this teacher: ensemble of 2 networks")
    );
    let json: Value = serde_json::from_str(&stdout(&distill(&["-o", "again", "--json", "-q"]))).unwrap();
    assert_eq!(json["rows"].as_array().unwrap().len(), 2);
    assert!(json["rows"][1]["parameters"].as_u64() < json["rows"][0]["parameters"].as_u64(), "{json}");
    same_bytes(&place.path("student"), &place.path("again"), &["model.safetensors", "config.json"]);

    assert!(refusal(&distill(&["-o", "student"]), 1).contains("student: holds files already"));
    assert!(
        refusal(&distill(&["-o", "x", "--set", "distill.share=0"]), 2)
            .contains("distill.share: expected a share above 0")
    );
    assert!(refusal(&distill(&["-o", "x", "--set", "distill.heat=2"]), 2).contains("distill.heat: no such setting"));
    let several = place.ninefold(&["distill", teacher, "-o", "x", "--models", "gru,rnn"]).output().unwrap();
    assert!(refusal(&several, 2).contains("--models: `distill` trains one student: choose one model, found 2"));
    let other =
        place.ninefold(&[&["distill", teacher, "--data", "posts", "-o", "x"], &SMALL[..]].concat()).output().unwrap();
    let error = refusal(&other, 1);
    assert!(
        error.contains("have different labels: number 1 is \"cooking.baking\" in the one and \"boats\" in the other"),
        "{error}"
    );
    assert!(!place.path("x").exists(), "nothing is left of what was refused");
    let split = ["--data", "sample", "--set", "corpus.sample.documents=320", "--epochs", "1", "-o", "y"];
    let one = ["--embeddings", "glove", "--models", "rnn"];
    let output = place.ninefold(&[&["distill", teacher], &split[..], &one, &SMALL].concat()).output().unwrap();
    stdout(&output);
    assert!(String::from_utf8_lossy(&output.stderr).contains("it may have learned these validation or test texts"));
}
