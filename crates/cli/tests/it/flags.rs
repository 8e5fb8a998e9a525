//! No flag is ignored. The test walks every flag of every command of the clap tree: with the flag, a command gives another result or
//! refuses it. A flag without a line here fails the test.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::{Place, SMALL, stdout};

/// What shows that a flag is not ignored.
enum Evidence {
    /// With these words the command's result differs from the one without, or the command refuses them.
    Words(&'static [&'static str]),
    /// A flag without an effect on results, and what it does instead.
    NoResult(&'static str),
}

use Evidence::{NoResult, Words};

const THREADS: Evidence = NoResult("results do not depend on the number of threads; 0 is refused by `count`");

/// Flags that mean the same in every command that has them.
fn shared(flag: &str) -> Option<Evidence> {
    Some(match flag {
        "threads" => THREADS,
        "json" => Words(&["--json"]),
        "test" => Words(&["--test", "other.csv"]),
        "text-column" => Words(&["--text-column", "title"]),
        "label-column" => Words(&["--label-column", "other"]),
        "header" => Words(&["--header", "no"]),
        "encoding" => Words(&["--encoding", "utf-16le"]),
        "validation" => Words(&["--validation", "other.csv"]),
        "group-column" => Words(&["--group-column", "other"]),
        "weight-column" => Words(&["--weight-column", "other"]),
        "delimiter" => Words(&["--delimiter", "semicolon"]),
        "labels" => Words(&["--labels", "merge_equal"]),
        "any-member-folder" => NoResult("where an ensemble's members may be; tested with the models"),
        "split" => Words(&["--split", "last"]),
        "strip" => Words(&["--strip", "quotes"]),
        "preset" => Words(&["--preset", "round1"]),
        "config" => Words(&["--config", "c.toml"]),
        "set" => Words(&["--set", "training.label_smoothing=0.3"]),
        "embeddings" => Words(&["--embeddings", "word2vec"]),
        "models" => Words(&["--models", "rnn"]),
        "epochs" => Words(&["--epochs", "3"]),
        "seed" => Words(&["--seed", "3"]),
        "seeds" => Words(&["--seeds", "2"]),
        "glove" => Words(&["--glove", "v.txt"]),
        "padding" => Words(&["--padding", "trailing"]),
        "baselines" => Words(&["--baselines", "majority"]),
        "ensembles" => Words(&["--ensembles", "vote_networks"]),
        "refit" => Words(&["--refit", "--refit=none"]),
        "folds" => Words(&["--folds", "3", "--split", "random"]),
        "diagnose" => Words(&["--diagnose", "none"]),
        "minutes" => Words(&["--minutes", "0.0001"]),
        "labels-checked" => Words(&["--labels-checked", "checked.csv"]),
        "costs" => Words(&["--costs", "costs.csv"]),
        "keep-models" => Words(&["--keep-models", "none"]),
        "no-texts" => Words(&["--no-texts"]),
        "csv-cells" => Words(&["--csv-cells", "plain"]),
        "log" => Words(&["--log", "jsonl"]),
        "run-dir" => Words(&["--run-dir", "elsewhere"]),
        "skip-bad-lines" => Words(&["--skip-bad-lines"]),
        "among" => Words(&["--among", "2"]),
        "top" => Words(&["--top", "2"]),
        _ => return None,
    })
}

fn evidence(command: &str, flag: &str) -> Option<Evidence> {
    Some(match (command, flag) {
        ("compare" | "runs show", "format") => Words(&["--format", "csv"]),
        ("predict" | "evaluate" | "ensemble" | "distill" | "search" | "ablation" | "bench" | "diagnose", "format")
        | ("runs list" | "runs diff" | "cache list", "format")
        | ("embed train" | "embed convert" | "embed info" | "embed nearest", "format")
        | ("embed analogy" | "embed eval" | "embed export" | "embed map", "format") => Words(&["--format", "json"]),
        ("compare" | "runs show", "sort") => Words(&["--sort", "model"]),
        ("compare" | "search" | "ablation" | "distill" | "config" | "evaluate" | "diagnose", "data") => {
            Words(&["--data", "posts"])
        }
        ("cell list", "data") => Words(&["--data", "posts"]),
        ("cell list", "threads") => Words(&["--threads", "2"]),
        ("cell run", "number") => Words(&["--number", "2"]),
        ("cell run", "vectors") => Words(&["--vectors", "posts"]),
        ("cell run", "output") => Words(&["-o", "elsewhere"]),
        ("cell run" | "cell finish", "data") => Words(&["--data", "other.csv"]),
        ("cell finish", "format") => Words(&["--format", "csv"]),
        ("cell finish", "sort") => Words(&["--sort", "model"]),
        ("ablation", "from") => Words(&["--from", "strong"]),
        ("search", "trials") => Words(&["--trials", "2"]),
        ("search", "minutes") => Words(&["--minutes", "0.001"]),
        ("search", "parallel") => NoResult("trials at the same time"),
        ("distill", "output") => Words(&["-o", "elsewhere"]),
        ("distill", "with-baseline") => Words(&["--with-baseline"]),
        ("predict" | "evaluate", "min-probability") => Words(&["--min-probability", "0.9"]),
        ("predict" | "evaluate", "threshold") => Words(&["--threshold", "boats=0.0001"]),
        ("predict", "whole") => Words(&["--whole"]),
        ("predict", "input-format") => Words(&["--input-format", "lines"]),
        ("predict", "encoding") => Words(&["--encoding", "utf-16le"]),
        ("ensemble", "output") => Words(&["-o", "elsewhere"]),
        ("ensemble", "weights") => Words(&["--weights", "1,3"]),
        ("diagnose", "output") => Words(&["-o", "elsewhere"]),
        ("diagnose", "check") => Words(&["--check", "2"]),
        ("diagnose", "run") => Words(&["--run", "run"]),
        ("diagnose", "clean") => Words(&["--clean"]),
        ("diagnose", "exchange") => Words(&["--exchange"]),
        ("diagnose", "curve") => Words(&["--curve"]),
        ("diagnose", "set") => Words(&["--set", "diagnosis.folds=3"]),
        ("report" | "diagnose", "no-texts") => NoResult("what is shown of texts; tested in no_texts.rs"),
        ("report", "output") => Words(&["-o", "elsewhere.html"]),
        ("sample", "output") => Words(&["-o", "elsewhere"]),
        ("sample", "documents") => Words(&["--documents", "100"]),
        ("sample", "test-fraction") => Words(&["--test-fraction", "0.5"]),
        ("sample", "label-noise") => Words(&["--label-noise", "0.5"]),
        ("sample", "near-duplicates") => Words(&["--near-duplicates", "0.5"]),
        ("sample", "empty-texts") => Words(&["--empty-texts", "0.5"]),
        ("sample", "uniform-noise") => Words(&["--uniform-noise", "0.5"]),
        ("sample", "class-noise") => Words(&["--class-noise", "0.5"]),
        ("sample", "dealt-class") => Words(&["--dealt-class", "0.5"]),
        ("sample", "leaked-words") => Words(&["--leaked-words", "0.5"]),
        ("sample", "cut-texts") => Words(&["--cut-texts", "0.5"]),
        ("sample", "date-shift") => Words(&["--date-shift", "1"]),
        ("bench", "sizes") => Words(&["--sizes", "round1"]),
        ("bench", "precisions") => Words(&["--precisions", "f32,bf16"]),
        ("bench", "work") => Words(&["--work", "single"]),
        ("bench", "steps") => Words(&["--steps", "2"]),
        ("bench", "batch-size" | "length" | "hidden-size") => NoResult("changes the work that is timed"),
        ("embed train", "output") => Words(&["-o", "elsewhere.vec"]),
        ("embed train", "to") => Words(&["--to", "glove"]),
        ("embed train", "data") => Words(&["--data", "t.csv"]),
        ("embed train", "dim") => Words(&["--dim", "3"]),
        ("embed train", "window") => Words(&["--window", "2"]),
        ("embed train", "min-count") => Words(&["--min-count", "30"]),
        ("embed train", "set") => Words(&["--set", "negative=2"]),
        ("embed train", "memory") => Words(&["--memory", "1"]),
        ("embed train", "checkpoint-every") => NoResult("how often a checkpoint is written"),
        ("embed convert" | "embed export", "to") => Words(&["--to", "glove"]),
        ("embed export", "vocab") => Words(&["--vocab", "words2.txt"]),
        ("embed eval", "sections") => Words(&["--sections"]),
        ("embed map", "output") => Words(&["-o", "elsewhere.html"]),
        ("embed map", "words") => Words(&["--words", "4"]),
        ("embed map", "layout") => Words(&["--layout", "tsne"]),
        ("embed map", "perplexity") => Words(&["--perplexity", "2"]),
        ("embed map", "steps") => Words(&["--steps", "3"]),
        (_, flag) => return shared(flag),
    })
}

/// The cells that are listed: two baselines.
const CELLS: [&str; 4] = ["--models", "none", "--baselines", "majority,complement_nb"];

/// A command that the flags are added to. A flag replaces the base's own words for it.
fn base(command: &str) -> Vec<&'static str> {
    const TRAIN: [&str; 6] = ["--data", "t.csv", "--embeddings", "glove", "--models", "gru"];
    const NONE: [&str; 4] = ["--baselines", "none", "--ensembles", "none"];
    let training = |own: &[&'static str]| [own, &TRAIN, &["--epochs", "2", "--threads", "1"], &SMALL].concat();
    match command {
        "compare" => training(&[&["compare", "--run-dir", "out"], &NONE[..]].concat()),
        "search" => {
            training(&["search", "--run-dir", "out", "--trials", "3", "--set", "search.space.model.dropout=[0.1, 0.5]"])
        }
        "ablation" => training(&["ablation", "--run-dir", "out", "--from", "from.toml", "--set", "model.pooling=max"]),
        "distill" => training(&["distill", "run/pairs/glove-gru/model", "-o", "out"]),
        "cell list" => [&["cell", "list", "--data", "t.csv"][..], &CELLS].concat(),
        "cell run" => vec!["cell", "run", "cells.jsonl", "--number", "1", "-o", "out"],
        "cell finish" => vec!["cell", "finish", "cells.jsonl", "cells", "--run-dir", "out"],
        "config" => vec!["config"],
        "predict" => vec!["predict", "run/best", "t.csv"],
        "evaluate" => vec!["evaluate", "run/best", "--data", "t.csv"],
        "ensemble" => vec!["ensemble", "run/pairs/glove-gru/model", "run/pairs/glove-rnn/model", "-o", "out"],
        "runs list" => vec!["runs", "list", "."],
        "runs show" => vec!["runs", "show", "run"],
        "runs diff" => vec!["runs", "diff", "run", "run2"],
        "diagnose" => vec!["diagnose", "--data", "t.csv"],
        "report" => vec!["report", "run"],
        "sample" => vec!["sample", "-o", "out", "--documents", "200"],
        "embed train" => vec![
            "embed",
            "train",
            "word2vec",
            "t.csv",
            "-o",
            "out.vec",
            "--dim",
            "4",
            "--epochs",
            "2",
            "--min-count",
            "1",
            "--threads",
            "1",
        ],
        "embed convert" => vec!["embed", "convert", "v.txt", "out.vec"],
        "embed info" => vec!["embed", "info", "v.txt"],
        "embed nearest" => vec!["embed", "nearest", "v.txt", "sail"],
        "embed analogy" => vec!["embed", "analogy", "v.txt", "sail", "dough", "rook"],
        "embed eval" => vec!["embed", "eval", "v.txt", "questions.txt"],
        "embed export" => vec!["embed", "export", "v.txt", "out.vec", "--vocab", "words.txt"],
        "embed map" => vec!["embed", "map", "v.txt", "-o", "out.html", "--layout", "pca"],
        "bench" => vec![
            "bench",
            "--models",
            "gru",
            "--sizes",
            "posts",
            "--batch-size",
            "2",
            "--length",
            "4",
            "--hidden-size",
            "4",
            "--precisions",
            "f32",
            "--work",
            "predict",
            "--steps",
            "1",
        ],
        "cache list" => vec!["cache", "list"],
        other => panic!("`{other}` is a command without a line in this test"),
    }
}

/// Another base, where the flag has its effect there only.
fn base_for(command: &str, flag: &str) -> Vec<&'static str> {
    match (command, flag) {
        ("diagnose", "clean" | "exchange" | "curve") => vec!["diagnose", "--run", "run"],
        ("diagnose", "seed" | "set") => vec!["diagnose", "--data", "t.csv", "--json"],
        (_, "skip-bad-lines") => {
            base(command).into_iter().map(|word| if word == "v.txt" { "bad.txt" } else { word }).collect()
        }
        (_, "labels") => {
            base(command).into_iter().map(|word| if word == "t.csv" { "spelled.csv" } else { word }).collect()
        }
        _ => base(command),
    }
}

/// The base without its own words for the flag, and with those of the evidence.
fn with_flag(base: &[&'static str], words: &[&'static str]) -> Vec<&'static str> {
    let Some(&flag) = words.first() else { return base.to_vec() };
    let mut kept = Vec::new();
    let mut rest = base.iter();
    while let Some(&word) = rest.next() {
        if word == flag && word != "--set" {
            if words.len() > 1 {
                rest.next();
            }
        } else {
            kept.push(word);
        }
    }
    [&kept, words].concat()
}

/// Whatever a command leaves: its output and files, without what differs from run to run.
#[derive(PartialEq, Eq, Debug)]
struct Outcome {
    ok: bool,
    stdout: String,
    stderr: String,
    files: BTreeMap<String, u64>,
}

fn without_times(text: &str) -> String {
    fn clean(value: &mut Value) {
        match value {
            Value::Object(map) => {
                let is_time = |key: &String| {
                    key.contains("second")
                        || key.ends_with("_s")
                        || key.ends_with("_ms")
                        || key.contains("gflop")
                        || key.contains("peak")
                };
                map.retain(|key, _| !is_time(key));
                map.values_mut().for_each(clean);
            }
            Value::Array(items) => items.iter_mut().for_each(clean),
            _ => {}
        }
    }
    match serde_json::from_str(text) {
        Ok(mut json) => {
            clean(&mut json);
            json.to_string()
        }
        Err(_) if !text.contains("ms: a text") => text.to_string(),
        Err(_) => text.split_inclusive(char::is_whitespace).filter(|word| !is_measured(word.trim())).collect(),
    }
}

/// Milliseconds have two decimals or more.
fn is_measured(word: &str) -> bool {
    word.split_once('.')
        .is_some_and(|(_, decimals)| decimals.len() > 1 && decimals.bytes().all(|it| it.is_ascii_digit()))
}

fn files(folder: &Path, below: &Path, found: &mut BTreeMap<String, u64>) {
    for entry in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            files(&entry, below, found);
        } else {
            let name = entry.strip_prefix(below).unwrap().display().to_string();
            let is_map = name == "out.html"; // the page of `embed map` holds no times
            let volatile = !is_map && ["html", "svg", "json", "md", "csv", "tex"].iter().any(|end| name.ends_with(end));
            let content = if volatile { 0 } else { checksum(&fs::read(&entry).unwrap()) };
            found.insert(name, content);
        }
    }
}

fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(14_695_981_039_346_656_037, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(1_099_511_628_211))
}

fn run(place: &Place, words: &[&str]) -> Outcome {
    for name in ["out", "elsewhere"] {
        let _ = fs::remove_dir_all(place.path(name));
    }
    for name in ["out.vec", "elsewhere.vec", "out.html", "elsewhere.html", "out.vec.checkpoint"] {
        let _ = fs::remove_file(place.path(name));
    }
    let output = place.ninefold(&[words, &["-q"]].concat()).output().unwrap();
    let mut found = BTreeMap::new();
    files(&place.path(""), &place.path(""), &mut found);
    found.retain(|name, _| !name.starts_with("cache/"));
    Outcome {
        ok: output.status.success(),
        stdout: without_times(&String::from_utf8(output.stdout).unwrap()),
        stderr: String::from_utf8(output.stderr).unwrap(),
        files: found,
    }
}

/// A place with the inputs of every base.
fn prepared() -> Place {
    let place = Place::new();
    let words = [("boats", "the sail and anchor"), ("bread", "my dough and oven"), ("chess", "a rook and pawn")];
    let rows = |count: usize| {
        let row = |n: usize| {
            let (label, text) = words[n % 3];
            let title = words[(n + 1) % 3].1;
            format!("\"{text} was very good {}\n> quoted {label}\",{label},{title},{}\n", n % 5, ["x", "y"][n % 2])
        };
        format!("text,label,title,other\n{}", (0..count).map(row).collect::<String>())
    };
    place.write("t.csv", &rows(60));
    place.write("checked.csv", "source,label,correct\nt.csv:2,boats,bread\n");
    place.write("costs.csv", "boats,1\nbread,50\nchess,1\n");
    place.write("other.csv", &rows(12));
    place.write("spelled.csv", &rows(60).replacen(",boats,", ",Boats,", 9));
    place.write("c.toml", "[training]\nlabel_smoothing = 0.2\n");
    let numbers = |n: usize| (0..8).map(|d| format!(" {}", (n * 5 + d * 3) % 7)).collect::<String>();
    let vocabulary = ["sail", "dough", "rook", "anchor", "oven", "pawn", "the", "and"];
    let vectors: String = vocabulary.iter().enumerate().map(|(n, word)| format!("{word}{}\n", numbers(n))).collect();
    let more = (0..40).map(|n| format!("word{n}{}\n", numbers(n))).collect::<String>();
    place.write("v.txt", &(vectors.clone() + &more));
    place.write("bad.txt", &(vectors + "pawns bad line\n" + &more));
    place.write("words.txt", "sail\ndough\n");
    place.write("words2.txt", "rook\n");
    place.write("questions.txt", ": one\nsail dough rook anchor\n: two\noven pawn the and\n");
    place
}

fn with_models(place: &Place) {
    for (run, models) in [("run", "gru,rnn"), ("run2", "gru")] {
        stdout(&place.compare(run, &["--embeddings", "glove", "--models", models]));
    }
    let from = stdout(&place.ninefold(&[&["config"], &SMALL[..]].concat()).output().unwrap());
    place.write("from.toml", &from);
    let cells = place.ninefold(&base("cell list")).output().unwrap();
    place.write("cells.jsonl", &stdout(&cells));
    for number in ["1", "2"] {
        let folder = format!("cells/{number}");
        let run = ["cell", "run", "cells.jsonl", "--number", number, "-o", &folder];
        stdout(&place.ninefold(&run).output().unwrap());
    }
}

/// The commands that have flags of their own, with their names: "embed train".
fn leaves<'a>(command: &'a clap::Command, name: &str, found: &mut Vec<(String, &'a clap::Command)>) {
    let mut is_leaf = true;
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        is_leaf = false;
        let name = if name.is_empty() { sub.get_name().to_string() } else { format!("{name} {}", sub.get_name()) };
        leaves(sub, &name, found);
    }
    if is_leaf {
        found.push((name.to_string(), command));
    }
}

/// The long flags of a command, without those of every command.
fn flags(command: &clap::Command) -> Vec<&str> {
    let is_own = |flag: &&str| !["help", "version", "quiet", "color"].contains(flag);
    command.get_arguments().filter_map(clap::Arg::get_long).filter(is_own).collect()
}

/// Walks the commands whose names `is_part` accepts.
fn walk(is_part: impl Fn(&str) -> bool) {
    let place = prepared();
    with_models(&place);
    let tree = ninefold_cli::command();
    let mut commands = Vec::new();
    leaves(&tree, "", &mut commands);
    let mut failures = Vec::new();
    for (name, command) in commands.iter().filter(|(name, command)| is_part(name) && !flags(command).is_empty()) {
        let plain = run(&place, &base(name));
        assert!(plain.ok, "{name}: {}", plain.stderr);
        for flag in flags(command) {
            let words = match evidence(name, flag) {
                None => {
                    failures.push(format!("{name} --{flag}: no line in this test"));
                    continue;
                }
                Some(NoResult(reason)) => {
                    assert!(!reason.is_empty());
                    continue;
                }
                Some(Words(words)) => words,
            };
            let base_words = base_for(name, flag);
            let other = if base_words == base(name) { None } else { Some(run(&place, &base_words)) };
            let without = other.as_ref().unwrap_or(&plain);
            let with = run(&place, &with_flag(&base_words, words));
            if with == *without {
                failures.push(format!("{name} {}: the same result as without", words.join(" ")));
            }
            if !with.ok && !with.stderr.contains("error:") {
                failures.push(format!("{name} {}: failed without a reason", words.join(" ")));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn no_flag_of_compare_is_ignored() {
    walk(|name| name == "compare");
}

#[test]
fn no_flag_of_search_and_ablation_is_ignored() {
    walk(|name| ["search", "ablation"].contains(&name));
}

#[test]
fn no_flag_of_distill_is_ignored() {
    walk(|name| name == "distill");
}

#[test]
fn no_flag_of_embed_is_ignored() {
    walk(|name| name.starts_with("embed "));
}

#[test]
fn no_flag_of_the_other_commands_is_ignored() {
    walk(|name| !["compare", "search", "ablation", "distill"].contains(&name) && !name.starts_with("embed "));
}

#[test]
fn flags_of_every_command_are_honoured() {
    let place = Place::new();
    let of = |args: &[&str]| place.ninefold(args).output().unwrap();
    let quiet = of(&["sample", "-o", "a", "--documents", "100", "--quiet"]);
    assert!(quiet.status.success() && quiet.stderr.is_empty());
    assert!(!of(&["sample", "-o", "b", "--documents", "100"]).stderr.is_empty());
    let error = |when: &str| String::from_utf8(of(&["predict", "nowhere", "--color", when]).stderr).unwrap();
    assert!(error("always").starts_with('\u{1b}') && error("never").starts_with("error:"));
}
