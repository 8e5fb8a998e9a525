//! A saved model reads new texts as training read its own: whatever the format and the flags, from a file and from stdin, `predict`
//! gives the answers of the run's predictions.csv.

#![allow(clippy::unwrap_used)]

use std::fmt::Write;
use std::fs;

use crate::common::{Place, refusal, stdout};

const WORDS: [(&str, [&str; 4]); 2] =
    [("good", ["lovely", "moving", "great", "funny"]), ("bad", ["dull", "empty", "boring", "long"])];

/// The number, title, text and label of a few texts.
fn texts(range: std::ops::Range<usize>) -> Vec<Labelled> {
    range
        .map(|n| {
            let (label, words) = WORDS[n % 2];
            let other = WORDS[(n + 1) % 2].1[n % 4];
            (
                n,
                format!("{other} {other} {other}"),
                format!("{} {} film {}", words[n % 4], words[n / 2 % 4], n % 3),
                label,
            )
        })
        .collect()
}

/// Number, title, text and label.
type Labelled = (usize, String, String, &'static str);

/// A way to keep texts in a file, and the flags with which it is trained on and read from stdin.
struct Kept {
    file: &'static str,
    write: fn(&[Labelled]) -> String,
    train: &'static [&'static str],
    stdin: &'static [&'static str],
}

const KEPT: [Kept; 8] = [
    Kept {
        file: "header.csv",
        write: |texts| table(texts, ',', true),
        train: &["--text-column", "body"],
        stdin: &["--input-format", "csv"],
    },
    Kept {
        file: "header.tsv",
        write: |texts| table(texts, '\t', true),
        train: &["--text-column", "body", "--label-column", "topic"],
        stdin: &["--input-format", "tsv"],
    },
    Kept {
        file: "tabs.txt",
        write: |texts| table(texts, '\t', false),
        train: &["--text-column", "3", "--label-column", "4"],
        stdin: &["--input-format", "tsv"],
    },
    Kept {
        file: "plain.csv",
        write: |texts| table(texts, ',', false),
        train: &["--text-column", "3", "--label-column", "4", "--header", "no"],
        stdin: &["--text-column", "3"],
    },
    Kept {
        file: "joined.csv",
        write: |texts| table(texts, ',', true),
        train: &["--text-column", "title,body"],
        stdin: &["--input-format", "csv"],
    },
    Kept {
        file: "semicolons.csv",
        write: |texts| table(texts, ';', true),
        train: &["--text-column", "body"],
        stdin: &["--delimiter", "semicolon"],
    },
    Kept {
        file: "objects.jsonl",
        write: |texts| {
            let line = |(n, title, text, label): &(usize, String, String, &str)| {
                format!("{{\"id\": {n}, \"title\": {title:?}, \"words\": {text:?}, \"topic\": {label:?}}}\n")
            };
            texts.iter().map(line).collect()
        },
        train: &["--text-column", "words", "--label-column", "topic"],
        stdin: &["--input-format", "jsonl"],
    },
    Kept {
        file: "labelled.txt",
        write: |texts| texts.iter().map(|(_, _, text, label)| format!("__label__{label} {text}\n")).collect(),
        train: &[],
        stdin: &["--input-format", "fasttext"],
    },
];

fn table(texts: &[(usize, String, String, &str)], delimiter: char, has_header: bool) -> String {
    let mut table = String::new();
    if has_header {
        writeln!(table, "id{delimiter}title{delimiter}body{delimiter}topic").unwrap();
    }
    for (n, title, text, label) in texts {
        writeln!(table, "{n}{delimiter}{title}{delimiter}{text}{delimiter}{label}").unwrap();
    }
    table
}

/// Label and probability of each line of predictions.csv or of what `predict` prints.
fn answers(lines: &str, separator: char, columns: [usize; 2], skipped: usize) -> Vec<(String, f64)> {
    let line = |line: &str| {
        let cells: Vec<&str> = line.split(separator).collect();
        (cells[columns[0]].to_string(), cells[columns[1]].parse().unwrap())
    };
    lines.lines().skip(skipped).map(line).collect()
}

/// The same labels, and probabilities that differ by no more than the four digits that are printed.
fn assert_same(found: &str, expected: &[(String, f64)], what: &str) {
    let found = answers(found, '\t', [0, 1], 0);
    let is_same = |(a, b): (&(String, f64), &(String, f64))| a.0 == b.0 && (a.1 - b.1).abs() < 6e-5;
    assert!(
        found.len() == expected.len() && found.iter().zip(expected).all(is_same),
        "{what}: {found:?}, not {expected:?}"
    );
}

fn run(place: &Place, args: &[&str], stdin: &[u8]) -> String {
    stdout(&place.ninefold(args).write_stdin(stdin).output().unwrap())
}

fn train(place: &Place, data: &[&str], flags: &[&str]) -> Vec<(String, f64)> {
    let fixed = [
        "compare",
        "--models",
        "none",
        "--baselines",
        "complement_nb",
        "--ensembles",
        "none",
        "--run-dir",
        "run",
        "-q",
    ];
    run(place, &[&fixed[..], data, flags].concat(), b"");
    let predictions = fs::read_to_string(place.path("run/baselines/complement_nb/predictions.csv")).unwrap();
    answers(&predictions, ',', [2, 3], 1)
}

#[test]
fn predict_gives_the_answers_of_predictions_csv_in_every_format() {
    for Kept { file, write, train: flags, stdin } in KEPT {
        let place = Place::new();
        let (training, test) = (format!("train_{file}"), format!("test_{file}"));
        place.write(&training, &write(&texts(0..60)));
        place.write(&test, &write(&texts(60..80)));
        let expected = train(&place, &["--data", &training, "--test", &test], flags);
        assert_eq!(expected.len(), 20);

        let from_file = run(&place, &["predict", "run/best", &test], b"");
        assert_same(&from_file, &expected, file);
        let whole = fs::read(place.path(&test)).unwrap();
        let from_stdin = run(&place, &[&["predict", "run/best"], stdin].concat(), &whole);
        assert_same(&from_stdin, &expected, &format!("{file} on stdin"));

        let texts: String = texts(60..80).into_iter().map(|(_, _, text, _)| text + "\n").collect();
        if !flags.contains(&"title,body") {
            let raw = run(&place, &["predict", "run/best"], texts.as_bytes());
            assert_same(&raw, &expected, &format!("{file}: the texts alone, a line each"));
        }
        let evaluated = run(&place, &["evaluate", "run/best", "--data", &test, "--json"], b"");
        assert!(evaluated.contains("\"accuracy\""), "{evaluated}");
    }
}

#[test]
fn stripping_and_encoding_of_training_are_those_of_predict() {
    let place = Place::new();
    // The body says the opposite of what the quoted lines say; windows-1251 cannot be distinguished from other encodings in short texts.
    let line = |n: usize| {
        let (good, bad) = (["отличный", "весёлый"][n / 2 % 2], ["скучный", "плохой"][n / 2 % 2]);
        let (text, quoted, label) = if n.is_multiple_of(2) { (good, bad, "да") } else { (bad, good, "нет") };
        format!("\"> {quoted} {quoted}\n{text} фильм\",{label}\n")
    };
    let encoded = |range: std::ops::Range<usize>| {
        let table: String = std::iter::once("text,label\n".to_string()).chain(range.map(line)).collect();
        encoding_rs::WINDOWS_1251.encode(&table).0.into_owned()
    };
    fs::write(place.path("train.csv"), encoded(0..60)).unwrap();
    fs::write(place.path("test.csv"), encoded(60..80)).unwrap();
    let flags = ["--encoding", "windows-1251", "--strip", "quotes"];
    let expected = train(&place, &["--data", "train.csv", "--test", "test.csv"], &flags);
    let from_file = run(&place, &["predict", "run/best", "test.csv"], b"");
    assert_same(&from_file, &expected, "test.csv");
    let evaluated = run(&place, &["evaluate", "run/best", "--data", "test.csv", "--json"], b"");
    let report: serde_json::Value = serde_json::from_str(&evaluated).unwrap();
    assert_eq!(report["scores"]["accuracy"], 1.0, "stripped once, not twice");
}

#[test]
fn flag_overrules_the_column_of_training_and_says_so() {
    let place = Place::new();
    place.write("train.csv", &table(&texts(0..60), ',', true));
    place.write("test.csv", &table(&texts(60..80), ',', true));
    train(&place, &["--data", "train.csv", "--test", "test.csv"], &["--text-column", "body"]);
    let output = place.ninefold(&["predict", "run/best", "test.csv", "--text-column", "title"]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("--text-column title") && told.contains("trained on body"), "{told}");
    place.write("other.csv", "words,topic\nlovely film,good\n");
    let told = refusal(&place.ninefold(&["predict", "run/best", "other.csv"]).output().unwrap(), 1);
    assert!(told.contains("\"body\"") && told.contains("\"words\""), "{told}");
}

#[test]
fn table_on_stdin_is_recognised_without_a_name() {
    let place = Place::new();
    for delimiter in [',', ';'] {
        let run = format!("run-{}", u32::from(delimiter));
        let args =
            ["compare", "--data", "-", "--models", "none", "--baselines", "complement_nb", "--ensembles", "none"];
        let output = place
            .ninefold(&[&args[..], &["--run-dir", &run, "--folds", "0"]].concat())
            .write_stdin(table(&texts(0..40), delimiter, true))
            .output()
            .unwrap();
        let shown = stdout(&output);
        assert!(shown.contains("label from \"topic\" (the first line is a header"), "{shown}");
    }
}
