//! `predict`, `evaluate`, `runs`, `config` and `sample`: what is done with a trained model and with run folders.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use crate::common::{Place, SMALL, refusal, stdout};
use serde_json::Value;

/// A place with a trained model.
fn trained() -> (Place, String) {
    let place = Place::new();
    stdout(&place.compare("run", &["--embeddings", "glove", "--models", "gru", "--epochs", "6"]));
    (place, "run/pairs/glove-gru/model".to_string())
}

#[test]
fn predict_gives_a_label_and_a_probability_per_text() {
    let (place, model) = trained();
    let labelled = |args: &[&str], input: &str| {
        let output = place.ninefold(&[&["predict", &model], args].concat()).write_stdin(input).output().unwrap();
        stdout(&output)
    };
    let text = labelled(&[], "the sail and the anchor\n\nmy dough was good\n");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "empty lines are texts, too: {text}");
    for line in &lines {
        let (label, probability) = line.split_once('\t').unwrap();
        assert!(["boats", "bread", "chess"].contains(&label), "{line}");
        assert!((0.3..=1.0).contains(&probability.parse::<f64>().unwrap()), "{line}");
    }
    let top = labelled(&["--top", "3"], "rook\n");
    let shares: Vec<f64> = top.trim().split('\t').skip(1).step_by(2).map(|share| share.parse().unwrap()).collect();
    assert!(shares.len() == 3 && shares.is_sorted_by(|a, b| a >= b), "{top}");
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-3, "{top}");

    let json: Value = serde_json::from_str(&labelled(&["--json", "--top", "2"], "rook\n")).unwrap();
    assert_eq!((json["source"].as_str(), json["top"].as_array().unwrap().len()), (Some("stdin:1"), 2));

    place.write("a.csv", "id,body\n7,the sail and the anchor\n8,\"my dough,\nwas good\"\n");
    place.write("b.jsonl", "{\"words\": \"the sail and the anchor\", \"n\": 1}\n");
    place.write("c.txt", "the sail and the anchor\nmy dough was good\n");
    assert_eq!(labelled(&["a.csv"], ""), format!("{}\n{}\n", lines[0], lines[2]));
    assert_eq!(labelled(&["b.jsonl", "--text-column", "words"], ""), format!("{}\n", lines[0]));
    assert_eq!(labelled(&["c.txt", "a.csv"], "").lines().count(), 4);
    assert_eq!(labelled(&["c.txt", "--whole"], "").lines().count(), 1);
}

#[test]
fn every_command_recognises_a_file_by_the_same_readers() {
    let (place, model) = trained();
    let mut texts = Vec::new();
    for label in ["boats", "bread", "chess"] {
        for number in 0..15 {
            let path = place.path(&format!("posts/train/{label}/{number:02}.txt"));
            texts.push((label, std::fs::read_to_string(path).unwrap()));
        }
    }
    let lines =
        |line: fn(&str, &str) -> String| -> String { texts.iter().map(|(label, text)| line(label, text)).collect() };
    let table = lines(|label, text| format!("{label}\t{text}\n"));
    place.write("table.tsv", &table);
    place.write("table.txt", &table);
    place.write("lines.txt", &lines(|label, text| format!("__label__{label} {text}\n")));
    place.write("json.txt", &lines(|label, text| format!("{{\"text\": \"{text}\", \"label\": \"{label}\"}}\n")));
    place.write("plain.txt", &lines(|_, text| format!("{text}\n")));
    let files = ["table.tsv", "table.txt", "lines.txt", "json.txt"];

    let run = |args: &[&str]| stdout(&place.ninefold(args).output().unwrap());
    let of_plain = run(&["predict", &model, "plain.txt"]);
    assert_eq!(of_plain.lines().count(), 45);
    let vectors = |file: &str| {
        let args =
            ["embed", "train", "word2vec", file, "-o", "v.vec", "--dim", "4", "--min-count", "1", "--epochs", "1"];
        run(&[&args[..], &["--threads", "1"]].concat());
        std::fs::read_to_string(place.path("v.vec")).unwrap()
    };
    let plain_vectors = vectors("plain.txt");
    for file in files {
        assert_eq!(run(&["predict", &model, file]), of_plain, "{file}");
        assert_eq!(vectors(file), plain_vectors, "{file}");
        let report: Value = serde_json::from_str(&run(&["evaluate", &model, "--data", file, "--json"])).unwrap();
        assert_eq!(report["protocol"]["texts"]["test"], 45, "{file}");
        assert_eq!(report["protocol"]["split"], "none (every text)");
        let run_dir = format!("run-{file}");
        let args = ["compare", "--data", file, "--run-dir", &run_dir, "--embeddings", "glove", "--models", "gru"];
        let quick = ["--threads", "1", "--epochs", "2", "--baselines", "none", "--ensembles", "none"];
        run(&[&args[..], &quick, &SMALL].concat());
        let scores = |file: &str| place.json(&format!("run-{file}/pairs/glove-gru/metrics.json"))["classes"].clone();
        assert!(scores(file).is_array());
        assert_eq!(scores(file), scores("table.tsv"), "{file}");
    }
}

#[test]
fn prediction_below_min_probability_has_no_label() {
    let (place, model) = trained();
    place.write("texts.txt", "the sail and the anchor\nwas very good\nrook pawn gambit check rook\n");
    let labelled =
        |least: &str| place.ninefold(&["predict", &model, "texts.txt", "--min-probability", least]).output().unwrap();
    let all = stdout(&labelled("0"));
    let sure: Vec<f64> = all.lines().map(|line| line.split('\t').nth(1).unwrap().parse().unwrap()).collect();
    let middle = (sure.iter().copied().fold(0.0, f64::max) + sure.iter().copied().fold(1.0, f64::min)) / 2.0;
    let output = labelled(&middle.to_string());
    let (some, mut unsure) = (stdout(&output), 0);
    for ((before, after), sure) in all.lines().zip(some.lines()).zip(&sure) {
        let (label, probability) = after.split_once('\t').unwrap();
        assert_eq!(label.is_empty(), *sure < middle, "{after}");
        assert!(before.ends_with(probability) && before.starts_with(label), "{before} {after}");
        unsure += usize::from(label.is_empty());
    }
    assert!((1..3).contains(&unsure), "{all}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(&format!("no label for {unsure} of 3 texts: probability below")), "{said}");
    let json = place.ninefold(&["predict", &model, "texts.txt", "--json", "--min-probability", "1"]).output().unwrap();
    let first: Value = serde_json::from_str(stdout(&json).lines().next().unwrap()).unwrap();
    assert!(first["label"].is_null() && first["probability"].is_f64(), "{first}");
    for wrong in ["1.5", "-0.1", "NaN"] {
        let flag = format!("--min-probability={wrong}");
        let error = refusal(&place.ninefold(&["predict", &model, "texts.txt", &flag]).output().unwrap(), 2);
        assert!(error.contains("expected a number from 0 to 1"), "{error}");
    }
    let evaluated = ["evaluate", &model, "--data", "posts", "--min-probability", "0.5", "--json"];
    let report: Value = serde_json::from_str(&stdout(&place.ninefold(&evaluated).output().unwrap())).unwrap();
    let record = place.json("run/pairs/glove-gru/metrics.json");
    let apart = report["calibration_error"].as_f64().unwrap() - record["calibration_error"].as_f64().unwrap();
    assert!(apart.abs() < 1e-6, "{report} {record}");
    assert!((0.0..=1.0).contains(&report["selected"]["coverage"].as_f64().unwrap()));
    let saved = place.json("run/pairs/glove-gru/model/config.json");
    assert_eq!(saved["temperature"], record["chosen"]["temperature"]);
}

#[test]
fn a_threshold_decides_where_its_class_is_the_answer() {
    let (place, model) = trained();
    let labels = ["boats", "bread", "chess"];
    place.write("texts.txt", "the sail and the anchor\nwas very good\nrook pawn gambit check rook\n");
    let answers = |flags: &[&str]| -> Vec<String> {
        let args = [&["predict", &model, "texts.txt"], flags].concat();
        let printed = stdout(&place.ninefold(&args).output().unwrap());
        printed.lines().map(|line| line.split('\t').next().unwrap().to_string()).collect()
    };
    let always = format!("{}=0.000001", labels[0]);
    assert_eq!(answers(&["--threshold", &always]), [labels[0]; 3]);
    let never = format!("{}=1", labels[0]);
    assert!(!answers(&["--threshold", &never]).contains(&labels[0].to_string()));
    let evaluated = ["evaluate", &model, "--data", "posts", "--threshold", &always, "--json"];
    let report: Value = serde_json::from_str(&stdout(&place.ninefold(&evaluated).output().unwrap())).unwrap();
    assert_eq!(report["classes"][0]["recall"], 1.0, "{report}");
    let refused = |flags: &[&str], code| {
        let args = [&["predict", &model, "texts.txt"], flags].concat();
        refusal(&place.ninefold(&args).output().unwrap(), code)
    };
    let misspelt = format!("{}x=0.5", labels[0]);
    let error = refused(&["--threshold", &misspelt], 1);
    assert!(
        error.contains("expected a class of the") && error.contains(&format!("did you mean `{}`?", labels[0])),
        "{error}"
    );
    let all: Vec<String> = labels.map(|label| format!("--threshold={label}=0.5")).to_vec();
    let error = refused(&all.iter().map(String::as_str).collect::<Vec<_>>(), 1);
    assert!(error.contains("every class has a threshold"), "{error}");
    for (wrong, said) in [("chess", "expected CLASS=P"), ("chess=2", "expected a number from 0 to 1")] {
        assert!(refused(&["--threshold", wrong], 2).contains(said), "{wrong}");
    }
}

#[test]
fn predict_matches_the_predictions_of_compare() {
    let (place, model) = trained();
    let predictions = std::fs::read_to_string(place.path("run/pairs/glove-gru/predictions.csv")).unwrap();
    for line in predictions.lines().skip(1) {
        let columns: Vec<&str> = line.split(',').collect();
        let output =
            place.ninefold(&["predict", &model, "--whole", &format!("posts/{}", columns[0])]).output().unwrap();
        let expected = format!("{}\t{:.4}\n", columns[2], columns[3].parse::<f64>().unwrap());
        assert_eq!(stdout(&output), expected, "{line}");
    }
}

#[test]
fn each_typed_line_is_labelled_at_once() {
    let (place, model) = trained();
    let mut child = Command::new(env!("CARGO_BIN_EXE_ninefold"))
        .current_dir(place.path(""))
        .args(["predict", &model])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut input, mut answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()).lines());
    for text in ["rook", "dough", "sail"] {
        writeln!(input, "{text}").unwrap();
        assert!(answers.next().unwrap().unwrap().contains('\t'));
    }
    drop(input);
    assert!(answers.next().is_none() && child.wait().unwrap().success());
}

#[test]
fn closed_pipe_is_no_error() {
    let (place, model) = trained();
    place.write("many.txt", &"the sail and the anchor\n".repeat(60_000));
    let mut child = Command::new(env!("CARGO_BIN_EXE_ninefold"))
        .current_dir(place.path(""))
        .args(["predict", &model, "many.txt"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn evaluate_matches_the_scores_of_compare() {
    let (place, model) = trained();
    let output = place.ninefold(&["evaluate", &model, "--data", "posts", "--json"]).output().unwrap();
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let row = place.json("run/leaderboard.json")["rows"][0].clone();
    assert_eq!(report["scores"], row["test"]);
    let metrics = place.json("run/pairs/glove-gru/metrics.json");
    assert_eq!((&report["classes"], &report["confusion"]), (&metrics["classes"], &metrics["confusion"]));
    let text = stdout(&place.ninefold(&["evaluate", &model, "--data", "posts"]).output().unwrap());
    for expected in ["precision", "boats", "weighted mean", "accuracy: "] {
        assert!(text.contains(expected), "{text}");
    }
    place.write("new.csv", "text,label\nsail,boats\nrook,submarines\n");
    let output = place.ninefold(&["evaluate", &model, "--data", "new.csv"]).output().unwrap();
    assert!(stdout(&output).contains("accuracy: "));
    assert!(String::from_utf8_lossy(&output.stderr).contains("\"submarines\" (counted as wrong: 1 text)"));
}

#[test]
fn altered_truncated_or_foreign_model_is_refused() {
    let (place, model) = trained();
    let weights = place.path(&model).join("model.safetensors");
    let whole = std::fs::read(&weights).unwrap();
    let refused = |bytes: &[u8]| {
        std::fs::write(&weights, bytes).unwrap();
        refusal(&place.ninefold(&["predict", &model]).write_stdin("x\n").output().unwrap(), 1)
    };
    let mut altered = whole.clone();
    *altered.last_mut().unwrap() ^= 1;
    for bytes in [&altered[..], &whole[..whole.len() / 2], b"", b"GIF89a"] {
        let error = refused(bytes);
        assert!(error.contains("model.safetensors: checksum mismatch"), "{error}");
    }
    std::fs::remove_file(&weights).unwrap();
    let output = place.ninefold(&["predict", &model]).write_stdin("x\n").output().unwrap();
    assert!(refusal(&output, 1).contains("model.safetensors: cannot read"));
    let output = place.ninefold(&["predict", "posts"]).write_stdin("x\n").output().unwrap();
    let error = refusal(&output, 1);
    assert!(error.contains("posts/config.json: expected a saved model's config.json"), "{error}");
    std::fs::write(&weights, &whole).unwrap();
    let config = place.path(&model).join("config.json");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("\"format_version\": 2", "\"format_version\": 99")).unwrap();
    let output = place.ninefold(&["predict", &model]).write_stdin("x\n").output().unwrap();
    assert!(refusal(&output, 1).contains("format_version 2 or less"));
}

#[test]
fn runs_are_listed_shown_and_compared() {
    let place = Place::new();
    for (run, seed) in [("ninefold-runs/a", "0"), ("ninefold-runs/b", "1")] {
        stdout(&place.compare(run, &["--embeddings", "glove", "--models", "rnn,gru", "--seed", seed]));
    }
    let list = stdout(&place.ninefold(&["runs", "list"]).output().unwrap());
    assert!(list.contains("ninefold-runs/a") && list.contains("ninefold-runs/b") && list.contains("2 of 2"), "{list}");
    let shown = stdout(&place.ninefold(&["runs", "show", "ninefold-runs/a"]).output().unwrap());
    assert!(shown.contains("data: posts") && shown.contains("Best network by validation"), "{shown}");
    let diff = stdout(&place.ninefold(&["runs", "diff", "ninefold-runs/a", "ninefold-runs/b"]).output().unwrap());
    assert!(diff.contains("A: ninefold-runs/a") && diff.contains("  seed: A 0; B 1"), "{diff}");
    let args = ["runs", "diff", "ninefold-runs/a", "ninefold-runs/b", "--json"];
    let json: Value = serde_json::from_str(&stdout(&place.ninefold(&args).output().unwrap())).unwrap();
    assert_eq!(json["settings"][0]["key"], "seed");
    assert!(refusal(&place.ninefold(&["runs", "show", "posts"]).output().unwrap(), 1).contains("a run folder"));
}

#[test]
fn the_printed_config_is_a_config_file() {
    let place = Place::new();
    let printed = stdout(&place.ninefold(&["config", "--preset", "round2", "--epochs", "3"]).output().unwrap());
    assert!(printed.contains("hidden_size = 256") && printed.contains("epochs = 3\n"), "{printed}");
    place.write("c.toml", &printed);
    assert_eq!(stdout(&place.ninefold(&["config", "--config", "c.toml"]).output().unwrap()), printed);
    let run = ["--embeddings", "glove", "--models", "rnn"];
    stdout(&place.compare("run", &run));
    let kept = std::fs::read_to_string(place.path("run/config.toml")).unwrap();
    assert_eq!(stdout(&place.ninefold(&["config", "--config", "run/config.toml"]).output().unwrap()), kept);
}

#[test]
fn the_sample_corpus_is_written_as_folders_that_compare_reads() {
    let place = Place::new();
    stdout(&place.ninefold(&["sample", "-o", "made", "--documents", "200", "--seed", "4"]).output().unwrap());
    let classes = std::fs::read_dir(place.path("made/train")).unwrap().count();
    assert_eq!(classes, 20);
    let args = ["--data", "made", "--embeddings", "glove", "--models", "rnn", "--epochs", "1"];
    let args = [&["compare", "--run-dir", "run"], &args[..], &crate::common::SMALL].concat();
    stdout(&place.ninefold(&args).output().unwrap());
    assert_eq!(place.json("run/leaderboard.json")["protocol"]["num_classes"], 20);
    let output = place.ninefold(&["sample", "-o", "x", "--label-noise", "2"]).output().unwrap();
    assert!(refusal(&output, 2).contains("--label-noise"));
}
