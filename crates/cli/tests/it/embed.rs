//! `ninefold embed` from end to end: train, search, evaluate, convert, map; and common mistakes.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::common::{Place, refusal, stdout};
use serde_json::Value;

/// Runs the command and gives what it printed as JSON.
fn json(place: &Place, args: &[&str]) -> Value {
    serde_json::from_str(&stdout(&place.ninefold(args).output().unwrap())).unwrap()
}

fn refused(place: &Place, args: &[&str], code: i32) -> String {
    refusal(&place.ninefold(&[&["embed"], args].concat()).output().unwrap(), code)
}

/// Two groups of words that never meet.
fn text() -> String {
    let groups =
        [["sail", "anchor", "deck", "tide", "rudder", "harbour"], ["dough", "oven", "flour", "crust", "yeast", "loaf"]];
    let word =
        |line: usize, place: usize| groups[line % 2][(line * 7919 + place * 104_729 + line * place * 31) / 7 % 6];
    (0..400).map(|line| (0..8).map(|place| word(line, place)).collect::<Vec<_>>().join(" ") + "\n").collect()
}

/// A place with `text.txt`, and `v.safetensors` trained on it.
fn trained(method: &str) -> Place {
    let place = Place::new();
    place.write("text.txt", &text());
    let fixed = ["--dim", "12", "--epochs", "20", "--threads", "1", "--json"];
    let all_words = if method == "glove" { "symmetric=true" } else { "sample=0" }; // each of twelve words is a frequent one
    let args = ["embed", "train", method, "text.txt", "-o", "v.safetensors", "--set", all_words];
    let report = json(&place, &[&args[..], &fixed].concat());
    assert_eq!(
        (report["words"].as_u64(), report["dim"].as_u64(), report["tokens"].as_u64()),
        (Some(12), Some(12), Some(3200))
    );
    place
}

#[test]
fn every_method_gives_similar_vectors_to_words_that_occur_together() {
    for method in ["word2vec", "fasttext", "glove"] {
        let place = trained(method);
        let found = json(&place, &["embed", "nearest", "v.safetensors", "anchor", "--top", "5", "--json"]);
        let mut words: Vec<&str> =
            found[0]["nearest"].as_array().unwrap().iter().map(|it| it["word"].as_str().unwrap()).collect();
        words.sort_unstable();
        assert_eq!(words, ["deck", "harbour", "rudder", "sail", "tide"], "{method}");
        let answers =
            json(&place, &["embed", "analogy", "v.safetensors", "sail", "anchor", "tide", "--top", "3", "--json"]);
        assert_eq!(answers["answers"].as_array().unwrap().len(), 3);
    }
}

#[test]
fn unseen_words_have_vectors_if_the_file_has_ngrams() {
    let place = trained("fasttext");
    let found = json(&place, &["embed", "nearest", "v.safetensors", "anchors", "--json"]);
    assert_eq!(
        (found[0]["by_subwords"].as_bool(), found[0]["nearest"][0]["word"].as_str()),
        (Some(true), Some("anchor"))
    );
    let info = json(&place, &["embed", "info", "v.safetensors", "--json"]);
    assert_eq!(info["ngrams"]["bucket"].as_u64(), Some(2_000_000));

    let converted = json(&place, &["embed", "convert", "v.safetensors", "v.vec.gz", "--json"]);
    assert_eq!(converted["format"], "word2vec-text");
    let error = refused(&place, &["nearest", "v.vec.gz", "anchors"], 1);
    assert!(error.contains("\"anchors\" has no vector among the 12 words"), "{error}");
    let error = refused(&place, &["nearest", "v.vec.gz", "Anchor"], 1);
    assert!(error.contains("(there is \"anchor\")"), "{error}");
}

#[test]
fn conversion_to_and_fro_is_exact() {
    let place = trained("word2vec");
    for name in ["v.vec", "v.txt", "v.bin", "v.txt.gz"] {
        stdout(&place.ninefold(&["embed", "convert", "v.safetensors", name]).output().unwrap());
        stdout(&place.ninefold(&["embed", "convert", name, "back.safetensors"]).output().unwrap());
        assert!(
            fs::read(place.path("back.safetensors")).unwrap() == fs::read(place.path("v.safetensors")).unwrap(),
            "{name}"
        );
    }
    stdout(&place.ninefold(&["embed", "convert", "v.bin", "model", "--to", "fasttext"]).output().unwrap());
    assert_eq!(json(&place, &["embed", "info", "model", "--json"])["format"], "fasttext");
}

#[test]
fn texts_come_from_files_folders_archives_and_corpora() {
    let place = Place::new();
    let (first, second) = (text(), text());
    let (a, b) = first.split_at(first[..first.len() / 2].rfind('\n').unwrap());
    place.write("folder/a.txt", a);
    place.write("folder/b/c.txt", b);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(second.as_bytes()).unwrap();
    fs::write(place.path("t.gz"), gzip.finish().unwrap()).unwrap();
    let tokens = |texts: &[&str]| {
        let fixed = ["-o", "o.vec", "--dim", "4", "--epochs", "1", "--threads", "1", "--json"];
        json(&place, &[&["embed", "train", "word2vec"], texts, &fixed].concat())["tokens"].as_u64().unwrap()
    };
    assert_eq!(tokens(&["t.gz"]), 3200);
    assert_eq!(tokens(&["folder", "t.gz"]), 6400);
    assert!(tokens(&["--data", "posts", "--min-count", "1"]) > 400, "45 texts of 6 to 20 words, without the test part");
}

#[test]
fn data_flags_are_honoured_for_text_files_or_refused() {
    let place = Place::new();
    let fixed = ["-o", "o.vec", "--dim", "2", "--min-count", "1", "--threads", "1"];
    let words = |args: &[&str]| {
        stdout(&place.ninefold(&[&["embed", "train", "word2vec"], args, &fixed].concat()).output().unwrap());
        let text = fs::read_to_string(place.path("o.vec")).unwrap();
        let mut words: Vec<String> =
            text.lines().skip(1).map(|line| line.split(' ').next().unwrap().to_owned()).collect();
        words.sort();
        words
    };
    let windows_1251 = [0xe4, 0xe0, b' ', 0xf4, 0xe8, 0xeb, 0xfc, 0xec, b'\n']; // да фильм
    fs::write(place.path("ru.txt"), windows_1251.repeat(3)).unwrap();
    assert_eq!(words(&["ru.txt", "--encoding", "windows-1251"]), ["да", "фильм"]);
    let utf_16: Vec<u8> = "more bread\nmore onion\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(place.path("wide.txt"), utf_16).unwrap();
    assert_eq!(words(&["wide.txt", "--encoding", "utf-16le"]), ["bread", "more", "onion"]);
    place.write("five.csv", "title,body,label\nnews,more bread,food\nnews,old laptop,tech\n");
    assert_eq!(words(&["five.csv", "--text-column", "body"]), ["bread", "laptop", "more", "old"]);
    let four = ["bread", "laptop", "more", "old"];
    assert_eq!(words(&["five.csv", "--text-column", "2", "--header", "yes"]), four);
    for flag in [["--label-column", "label"], ["--split", "random"], ["--strip", "quotes"], ["--test", "five.csv"]] {
        let refusal = refused(&place, &[&["train", "word2vec", "five.csv", "-o", "p.vec"], &flag[..]].concat(), 2);
        assert!(refusal.contains(&format!("{} goes with --data", flag[0])), "{refusal}");
    }
    let missing = refused(&place, &["train", "word2vec", "five.csv", "--text-column", "txt", "-o", "p.vec"], 1);
    assert!(missing.contains("expected a column \"txt\""), "{missing}");
}

#[test]
fn tabs_marks_and_bad_lines_of_vector_files_are_read() {
    let place = Place::new();
    place.write("tab.txt", "the\t0.5 0.1 0.2\nof\t0.3 0.2 0.1\n");
    place.write("mark.txt", "\u{feff}the 0.1 0.2 0.3\nof 0.3 0.2 0.1\ncat 0.5 0.1 0.2\n");
    for file in ["tab.txt", "mark.txt"] {
        let info = json(&place, &["embed", "info", file, "--json"]);
        assert_eq!((info["dim"].as_u64(), info["first_words"][0].as_str()), (Some(3), Some("the")), "{file}");
        assert_eq!(json(&place, &["embed", "nearest", file, "the", "-n", "1", "--json"])[0]["by_subwords"], false);
    }
    place.write("words.txt", "\u{feff}the\r\ncat\r\n");
    let report = json(&place, &["embed", "export", "mark.txt", "small.vec", "--vocab", "words.txt", "--json"]);
    assert_eq!((report["words"].as_u64(), report["missing"].as_array().unwrap().len()), (Some(2), 0));

    place.write("bad.txt", "the 1 2\nof 3\ncat 4 5\n");
    assert!(refused(&place, &["info", "bad.txt"], 1).contains("bad.txt:2: expected a word and 2 numbers"));
    let output = place.ninefold(&["embed", "info", "bad.txt", "--skip-bad-lines", "--json"]).output().unwrap();
    assert!(stdout(&output).contains("\"words\": 2"));
    let notice = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(notice.contains("1 line was skipped, the first of them bad.txt:2"), "{notice}");
    json(&place, &["embed", "convert", "bad.txt", "bad.safetensors", "--skip-bad-lines", "--json"]);
    let output = place.ninefold(&["embed", "info", "bad.safetensors", "--skip-bad-lines"]).output().unwrap();
    let refusal = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && refusal.contains("skip_bad_lines has no effect here"), "{refusal}");
}

#[test]
fn pretrained_vectors_bring_their_dimension_unless_one_is_set() {
    let place = Place::new();
    place.write("v.txt", "SAIL 1 0 0\nDOUGH 0 1 0\nROOK 0 0 1\n");
    let run = |name: &str, more: &[&str]| {
        let args = ["compare", "--data", "posts", "--embeddings", "glove", "--glove", "v.txt", "--models", "gru"];
        let fixed = ["--run-dir", name, "--epochs", "1", "--threads", "1", "--set", "model.hidden_size=4"];
        place.ninefold(&[&args[..], &fixed, more].concat()).output().unwrap()
    };
    let output = run("taken-over", &[]);
    stdout(&output);
    let notices = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(notices.contains("warning: v.txt: vectors for only 0 of ") && notices.contains("right file?"), "{notices}");
    for settings in [["--set", "embedding.dim=100"], ["--set", "embedding.dim=4"]] {
        assert!(
            refusal(&run(&format!("refused {}", settings[1]), &settings), 2).contains("expected 3 as in v.txt"),
            "{settings:?}"
        );
    }
    stdout(&run("agreed", &["--set", "embedding.dim=3"]));
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let (a, b) = (trained("word2vec"), trained("word2vec"));
    crate::common::same_bytes(&a.path(""), &b.path(""), &["v.safetensors"]);
}

/// Starts a training, kills it when it has written a checkpoint, gives the same command again.
#[test]
fn resumed_training_matches_uninterrupted_training() {
    let place = Place::new();
    place.write("text.txt", &text());
    for method in ["word2vec", "fasttext", "glove"] {
        let train = |out: &str, every: &str| {
            let fixed = ["--dim", "8", "--epochs", "800", "--threads", "1", "--json"];
            let args = ["embed", "train", method, "text.txt", "-o", out, "--checkpoint-every", every];
            let mut command = Command::new(env!("CARGO_BIN_EXE_ninefold"));
            command.current_dir(place.path("")).args(args).args(fixed);
            command.args(if method == "glove" { &["--memory", "0"][..] } else { &[] });
            command
        };
        stdout(&train("through.vec", "3600").output().unwrap());
        let checkpoint = place.path("killed.vec.checkpoint");
        let mut running = train("killed.vec", "0").stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        while !checkpoint.exists() && running.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        running.kill().unwrap();
        running.wait().unwrap();
        assert!(checkpoint.exists() && !place.path("killed.vec").exists(), "{method} was too fast to be killed");
        let other = train("killed.vec", "0").args(["--seed", "9"]).output().unwrap();
        assert!(refusal(&other, 1).contains("an unfinished training of"), "{method}");
        let report: Value = serde_json::from_str(&stdout(&train("killed.vec", "3600").output().unwrap())).unwrap();
        assert!(report["words_per_s"].is_null(), "{method}: nobody knows how much was done before");
        assert!(
            fs::read(place.path("killed.vec")).unwrap() == fs::read(place.path("through.vec")).unwrap(),
            "{method}"
        );
        assert!(!checkpoint.exists(), "{method}");
        ["killed.vec", "through.vec"].iter().for_each(|name| fs::remove_file(place.path(name)).unwrap());
    }
}

#[test]
fn evaluation_sets_are_scored_with_their_coverage() {
    let place = trained("word2vec");
    place.write("pairs.tsv", "# made up\nsail\tanchor\t9\nsail\toven\t1\nDough\tflour\t8\nsail\tdragon\t5\n");
    place.write("questions.txt", ": all\nsail anchor sail anchor\nsail anchor dragon wing\n");
    let scored = json(&place, &["embed", "eval", "v.safetensors", "pairs.tsv", "questions.txt", "--json"]);
    assert_eq!((scored[0]["pairs"].as_u64(), scored[0]["covered"].as_u64()), (Some(4), Some(3)));
    assert!(scored[0]["spearman"].as_f64().unwrap() >= 0.5, "{scored}");
    assert_eq!((scored[1]["questions"].as_u64(), scored[1]["covered"].as_u64()), (Some(2), Some(1)));
    let table = stdout(&place.ninefold(&["embed", "eval", "v.safetensors", "pairs.tsv"]).output().unwrap());
    assert!(table.contains("Spearman") && table.contains("75.0"), "{table}");
}

#[test]
fn export_writes_the_vectors_of_a_vocabulary() {
    let place = trained("fasttext");
    place.write("words.txt", "sail\nAnchor\t7\n\nanchors\n");
    let report = json(&place, &["embed", "export", "v.safetensors", "small.vec", "--vocab", "words.txt", "--json"]);
    assert_eq!((report["words"].as_u64(), report["missing"].as_array().unwrap().len()), (Some(3), 0));
    let text = fs::read_to_string(place.path("small.vec")).unwrap();
    let words: Vec<&str> = text.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(words, ["3", "sail", "Anchor", "anchors"]);
}

#[test]
fn map_is_one_page() {
    let place = trained("word2vec");
    for layout in ["tsne", "pca"] {
        let places = json(&place, &["embed", "map", "v.safetensors", "-o", "m.html", "--layout", layout, "--json"]);
        assert_eq!(places.as_array().unwrap().len(), 12);
        let page = fs::read_to_string(place.path("m.html")).unwrap();
        assert!(page.contains("\"harbour\"") && page.contains("</html>") && !page.contains("http"), "{layout}");
    }
}

#[test]
fn bad_input_is_reported_before_the_work() {
    let place = Place::new();
    place.write("text.txt", &text());
    let train = |more: &[&str], code: i32| {
        let method = match () {
            () if more.contains(&"--set=min_n=4") || more.contains(&"--set=bucket=0") => "fasttext",
            () if more.contains(&"--memory=-1") => "glove",
            () => "word2vec",
        };
        refused(&place, &[&["train", method, "text.txt"], more].concat(), code)
    };
    assert!(train(&["-o", "v.xyz"], 2).contains("ends in .safetensors, .bin, .vec or .txt"));
    assert!(train(&["-o", "v.vec", "--to", "vecs"], 2).contains("word2vec-text"));
    assert!(train(&["-o", "v.vec", "--set", "windw=3"], 2).contains("windw: no such setting (did you mean `window`?)"));
    assert!(train(&["-o", "v.vec", "--set", "windw"], 2).contains("found no '='"));
    assert!(
        train(&["-o", "v.vec", "--set", "loss=softmax"], 2)
            .contains("--set loss: expected one of ns, hs, found \"softmax\"")
    );
    assert!(train(&["-o", "v.vec", "--memory=-1"], 2).contains("--memory -1: expected gigabytes"));
    assert!(train(&["-o", "v.vec", "--dim", "0"], 2).contains("dim: expected at least 1, found 0"));
    assert!(train(&["-o", "v.vec", "--min-count", "100000"], 1).contains("min_count = 100000"));
    assert!(
        train(&["-o", "v.bin", "--set=min_n=4", "--set=max_n=3"], 2)
            .contains("max_n: expected at least min_n (4), found 3")
    );
    assert!(train(&["-o", "v.bin", "--set=bucket=0"], 2).contains("bucket: expected at least 1, found 0"));
    assert!(train(&["-o", "text.txt/v.vec"], 1).contains("text.txt"), "the folder is a file");
    assert!(refused(&place, &["train", "word2vec", "none.txt", "-o", "v.vec"], 1).contains("none.txt: cannot read"));
    assert!(!place.path("v.vec").exists() && !place.path("v.bin").exists());

    assert!(refused(&place, &["info", "none.vec"], 1).contains("none.vec: cannot read"));
    assert!(refused(&place, &["info", "7B.100d"], 2).contains("did you mean"));
    place.write("nan.txt", "a 1 nan\nb 2 3\n");
    assert!(refused(&place, &["info", "nan.txt"], 1).contains("nan.txt:1: expected a finite number"));
    place.write("ok.txt", "a 1 2\nb 2 3\nb 7 7\n");
    assert_eq!(json(&place, &["embed", "info", "ok.txt", "--json"])["duplicates"], 1);
    assert!(refused(&place, &["map", "ok.txt"], 1).contains("2 words make no map"));
    let compared = place.compare("run", &["--glove", "ok.txt", "--embeddings", "glove", "--models", "gru"]);
    assert!(refusal(&compared, 2).contains("dim"), "two dimensions where the network wants eight");
}

#[test]
fn every_subcommand_has_examples() {
    let place = Place::new();
    for verb in ["train", "convert", "info", "nearest", "analogy", "eval", "export", "map"] {
        let help = stdout(&place.ninefold(&["embed", verb, "--help"]).output().unwrap());
        assert!(help.contains("Examples:\n") && help.contains("--json"), "{verb}: {help}");
    }
    assert!(stdout(&place.ninefold(&["embed", "--help"]).output().unwrap()).contains("Examples:\n"));
}
