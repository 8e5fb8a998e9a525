//! The leaderboard: baselines, seeds, ranks, and the page that shows them.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::BTreeSet;
use std::process::Command;

use crate::common::{Place, SMALL, refusal, stdout};
use serde_json::Value;

const BASELINES: &str =
    "majority,multinomial_nb,complement_nb,tfidf_logistic,tfidf_svm,char_nb,char_svm,mean_logistic,fasttext_supervised";
const QUICK: [&str; 8] =
    ["--embeddings", "glove", "--models", "gru,rnn", "--set", "baseline.bucket=1000", "--set", "baseline.epochs=5"];

fn rows(board: &Value) -> &Vec<Value> {
    board["rows"].as_array().unwrap()
}

#[test]
fn refit_is_reported_and_its_saved_model_has_the_reported_scores() {
    let place = Place::new();
    let table = stdout(&place.compare("run", &[&QUICK[..], &["--baselines", "complement_nb", "--refit"]].concat()));
    let said = "joined to train when every choice is made (refit)";
    assert!(table.lines().take(8).collect::<Vec<_>>().join(" ").contains(said), "{table}");
    let plain = place.compare("plain", &[&QUICK[..], &["--baselines", "complement_nb", "--refit=none"]].concat());
    assert!(!stdout(&plain).contains("refit"));
    let row = |run: &str| {
        let board = place.json(&format!("{run}/leaderboard.json"));
        rows(&board).iter().find(|row| row["model"] == "gru").unwrap().clone()
    };
    assert_eq!(row("run")["validation"], row("plain")["validation"]);
    let weights = |run: &str| std::fs::read(place.path(run).join("pairs/glove-gru/model/model.safetensors")).unwrap();
    assert_ne!(weights("run"), weights("plain"));
    let evaluate = ["evaluate", "run/pairs/glove-gru/model", "--data", "posts", "--json"];
    let report: Value = serde_json::from_str(&stdout(&place.ninefold(&evaluate).output().unwrap())).unwrap();
    assert_eq!(report["scores"], row("run")["test"]);
    let diff = place.ninefold(&["runs", "diff", "plain", "run"]).output().unwrap();
    assert!(stdout(&diff).contains("(refit)"), "{}", stdout(&diff));
}

#[test]
fn baselines_are_listed_with_the_pairs_and_not_repeated() {
    let place = Place::new();
    let args = [&QUICK[..], &["--baselines", BASELINES]].concat();
    let output = place.compare("run", &args);
    let table = stdout(&output);
    for expected in ["Best network by validation", "Best baseline by validation: ", "test evaluations: 11 models"] {
        assert!(table.contains(expected), "{expected:?} is not in:\n{table}");
    }
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
    let board = place.json("run/leaderboard.json");
    let models: Vec<&str> = rows(&board).iter().map(|row| row["model"].as_str().unwrap()).collect();
    let expected = ["gru", "rnn", "majority", "multinomial_nb", "complement_nb", "tfidf_logistic", "tfidf_svm"];
    assert_eq!(models, [&expected[..], &["char_nb", "char_svm", "fasttext_supervised", "mean_logistic"]].concat());
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
    assert_eq!(board["statistics"]["test_evaluations"], 11);

    let again = place.compare("run", &args);
    stdout(&again);
    let notices = String::from_utf8_lossy(&again.stderr).matches("finished earlier").count();
    assert_eq!(notices, 11 + 1, "the rows and the diagnosis: {}", String::from_utf8_lossy(&again.stderr));
    assert_eq!(place.json("run/leaderboard.json"), board, "nothing was scored once more");
}

#[test]
fn diverging_baseline_is_recorded_and_others_continue() {
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
    assert!(
        table.contains(" ± ") && table.replace("\n  ", " ").contains("means and standard deviations over 2 seeds"),
        "{table}"
    );
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
    assert!(error.contains("'--seeds <N>': expected a whole number of at least 1"), "{error}");
    let error = refusal(&place.compare("other", &["--baselines", "tfidf_svn"]), 2);
    assert!(error.contains("a similar value exists: 'tfidf_svm'"), "{error}");
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
        let cell = |cell: &str| cell.trim().trim_end_matches(['*', '\\']).to_string(); // *: refitted
        let cells = |line: &str| line.split(separator).map(cell).collect::<Vec<_>>();
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

#[test]
fn tiny_test_part_is_scored_with_a_warning() {
    let place = Place::new();
    place.write("train.csv", &csv(&[("boats", 12), ("bread", 12), ("chess", 12)]));
    place.write("one.csv", "text,label\nthe sail and the anchor,boats\n");
    place.write(
        "two.csv",
        "text,label\nthe sail and the anchor,boats\nmy dough was good,bread\nan oven for dough,bread\n",
    );
    for (test, texts) in [("one.csv", "1 test text"), ("two.csv", "3 test texts")] {
        let data = ["--data", "train.csv", "--test", test, "--baselines", "majority,tfidf_svm"];
        let run = format!("run-{texts}");
        let base = ["compare", "--run-dir", &run, "--epochs", "2"];
        let table = stdout(&place.ninefold(&[&base[..], &data, &QUICK, &SMALL].concat()).output().unwrap());
        let said = table.replace("\n  ", " ");
        assert!(said.contains(&format!("With {texts} the interval is wide")), "{table}");
        let board = place.json(&format!("{run}/leaderboard.json"));
        let ranks: BTreeSet<u64> = rows(&board).iter().map(|row| row["rank"].as_u64().unwrap()).collect();
        assert_eq!(ranks, BTreeSet::from([1]), "no difference is significant on {texts}: {table}");
        let metrics = place.json(&format!("{run}/pairs/glove-gru/metrics.json"));
        let chess = metrics["classes"].as_array().unwrap().iter().find(|class| class["label"] == "chess").unwrap();
        assert_eq!((chess["support"].as_u64(), chess["recall"].as_f64()), (Some(0), Some(0.0)));
        assert!(std::fs::read_to_string(place.path(&format!("{run}/report.html"))).unwrap().contains("chess"));
    }
}

/// So many texts of each class.
fn csv(classes: &[(&str, usize)]) -> String {
    let words = |class: &str, number: usize| match class {
        "boats" => {
            ["the sail", "an anchor", "my deck and tide"][number % 3].to_string() + &" very good".repeat(number % 4)
        }
        "bread" => {
            ["the dough", "an oven", "my flour and yeast"][number % 3].to_string() + &" with a crust".repeat(number % 3)
        }
        _ => ["the rook", "a gambit", "my pawn and bishop"][number % 3].to_string() + &" was good".repeat(number % 4),
    };
    let rows =
        classes.iter().flat_map(|&(class, count)| (0..count).map(move |n| format!("{},{class}\n", words(class, n))));
    std::iter::once("text,label\n".to_string()).chain(rows).collect()
}

#[test]
fn imbalanced_classes_are_ranked_by_macro_f1_and_class_weights_apply() {
    let place = Place::new();
    place.write("train.csv", &csv(&[("boats", 60), ("bread", 12), ("chess", 8)]));
    let compare = |run: &str, args: &[&str]| {
        let base =
            ["compare", "--data", "train.csv", "--run-dir", run, "--epochs", "4", "--baselines", "majority,tfidf_svm"];
        stdout(&place.ninefold(&[&base[..], &QUICK, &SMALL, args].concat()).output().unwrap())
    };
    let table = compare("plain", &[]).replace("\n", " ");
    assert!(table.contains("because the classes are uneven (largest"), "{table}");
    assert!(table.contains("#: rank by macro F1"), "{table}");
    let board = place.json("plain/leaderboard.json");
    assert_eq!(board["main_score"], "f1_macro");
    let scores: Vec<f64> =
        board["standings"].as_array().unwrap().iter().map(|standing| standing["f1_macro"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    assert!(!compare("asked", &["--set", "statistics.rank_by=accuracy"]).contains("uneven"));

    compare("balanced", &["--set", "training.class_weight=balanced"]);
    compare("given", &["--set", "training.class_weight.chess=9"]);
    let history =
        |run: &str| std::fs::read_to_string(place.path(&format!("{run}/pairs/glove-gru/history.csv"))).unwrap();
    let figures =
        |run: &str| history(run).lines().map(|line| line.split(',').nth(1).unwrap().to_string()).collect::<Vec<_>>();
    assert!(figures("plain") != figures("balanced") && figures("plain") != figures("given"));
    let config = std::fs::read_to_string(place.path("given/config.toml")).unwrap();
    assert!(config.contains("class_weight = { chess = 9.0 }"), "{config}");
    let wrong = |setting: &str| {
        let base = ["compare", "--data", "train.csv", "--run-dir", "wrong", "--set", setting];
        refusal(&place.ninefold(&base).output().unwrap(), 2)
    };
    assert!(wrong("training.class_weight.ches=9").contains("found \"ches\" (did you mean \"chess\"?)"));
    assert!(wrong("training.class_weight.chess=0").contains("training.class_weight.chess: expected a number above 0"));
    assert!(wrong("training.class_weight=balance").contains("did you mean `balanced`?"));
}

#[test]
fn logs_are_written_for_other_programs() {
    let place = Place::new();
    stdout(
        &place.compare(
            "run",
            &["--embeddings", "glove", "--models", "gru", "--epochs", "3", "--log", "tensorboard,jsonl"],
        ),
    );
    let pair = place.path("run/pairs/glove-gru");
    let lines = std::fs::read_to_string(pair.join("metrics.jsonl")).unwrap();
    let epochs: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(epochs.iter().map(|epoch| epoch["epoch"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    let reader = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/golden/events.py");
    let read = Command::new("python3").args([reader, "--read"]).arg(&pair).output();
    let Some(read) = read.ok().filter(|read| read.status.success()) else {
        eprintln!(
            "skipped: no python3 with TensorBoard to read the event file with; its bytes are held to a golden file"
        );
        return;
    };
    let read: Value = serde_json::from_slice(&read.stdout).unwrap();
    for (tag, key) in [("loss/train", "train_loss"), ("accuracy/validation", "validation_accuracy")] {
        let found = read[tag].as_array().unwrap();
        assert_eq!(found.len(), 3, "{read}");
        for (event, epoch) in found.iter().zip(&epochs) {
            assert_eq!(event[0], epoch["epoch"]);
            assert!((event[1].as_f64().unwrap() - epoch[key].as_f64().unwrap()).abs() < 1e-6, "{tag}: {event} {epoch}");
        }
    }
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
fn page_shows_the_figures_of_the_leaderboard() {
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
    // The figures of each row in detail are those of its record.
    let sections: Vec<&str> = page.split("<section class=\"model\"").skip(1).collect();
    assert_eq!(sections.len(), 4);
    for section in sections {
        let name =
            section.split("<h3 id=\"name-").nth(1).and_then(|rest| rest.split(['>', '<']).nth(1)).unwrap().trim();
        let row = rows(&board).iter().find(|row| pair(row) == name).unwrap_or_else(|| panic!("{name}"));
        section_shows_the_figures_of_the_record(section, &place.json(&format!("run/{}/metrics.json", folder(row))));
    }
    let models: BTreeSet<&str> = rows(&board).iter().map(|row| row["model"].as_str().unwrap()).collect();
    assert!(models.iter().all(|model| page.contains(&format!("<th scope=\"row\">{model}"))), "{models:?}");
    assert!(page.contains("Best network by validation") && !page.contains("Unfinished"));
}

fn pair(row: &Value) -> String {
    match row["embedding"].as_str().unwrap() {
        "none" => row["model"].as_str().unwrap().to_owned(),
        embedding => format!("{embedding} + {}", row["model"].as_str().unwrap()),
    }
}

fn folder(row: &Value) -> &str {
    row["folder"].as_str().unwrap()
}

fn section_shows_the_figures_of_the_record(section: &str, record: &Value) {
    let error = format!("{:.1}", 100.0 * record["calibration_error"].as_f64().unwrap());
    assert_eq!(values(section, "data-key=\"calibration_error\">"), [error]);
    for class in record["classes"].as_array().unwrap() {
        let figure = |key: &str| format!("<td class=\"figure\">{:.1}</td>", 100.0 * class[key].as_f64().unwrap());
        let row = format!("{}{}{}", figure("precision"), figure("recall"), figure("f1"));
        assert!(section.contains(&row), "{row} of {class}");
    }
    let counts = record["confusion"].as_array().unwrap().iter().flat_map(|row| row.as_array().unwrap());
    let cells = counts.filter(|count| count.as_u64().unwrap() > 0).count();
    let drawn = ["right", "wrong"].map(|class| section.matches(&format!("<rect class=\"{class}\"")).count());
    assert_eq!(drawn[0] + drawn[1], cells);
    assert_eq!(
        section.matches("<polyline class=\"first\"").count(),
        2,
        "accuracy by length, and of the answered texts"
    );
}

#[test]
fn page_of_two_runs_marks_the_unfinished_one() {
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
