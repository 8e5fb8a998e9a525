//! What people hand over by mistake: every case is named, with the place and what to do.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use ninefold_core::progress::{Progress, Silent};
use ninefold_core::{Error, Folders};
use ninefold_data::texts::TextReader;
use ninefold_data::{Corpus, CorpusConfig, Split};

/// Loads a file of this name and content.
fn load_file(name: &str, content: &[u8], change: impl Fn(&mut CorpusConfig)) -> Result<Corpus, String> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(name), content).unwrap();
    let mut config = CorpusConfig { data: dir.path().join(name).display().to_string(), ..CorpusConfig::default() };
    change(&mut config);
    let error_of = |error: Error| error.to_string().replace(&dir.path().join("").display().to_string(), "");
    ninefold_data::load(&config, &Folders::default(), &Silent).map_err(error_of)
}

fn load(name: &str, content: &str) -> Result<Corpus, String> {
    load_file(name, content.as_bytes(), |_| ())
}

/// Loads a folder of these files.
fn load_folder(files: &[(&str, &[u8])]) -> Result<Corpus, String> {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let config = CorpusConfig { data: dir.path().display().to_string(), ..CorpusConfig::default() };
    let error_of = |error: Error| error.to_string().replace(&dir.path().display().to_string(), "DIR");
    ninefold_data::load(&config, &Folders::default(), &Silent).map_err(error_of)
}

#[track_caller]
fn assert_says(result: Result<Corpus, String>, parts: &[&str]) {
    let error = result.expect_err("an error");
    for part in parts {
        assert!(error.contains(part), "{part:?} is not in {error:?}");
    }
}

#[track_caller]
fn assert_notes(corpus: &Corpus, parts: &[&str]) {
    let notices = corpus.notices.join("\n");
    for part in parts {
        assert!(notices.contains(part), "{part:?} is not in {notices:?}");
    }
}

#[test]
fn a_missing_path_is_named_and_the_nearest_one_suggested() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("reviews.csv"), "label,text\n").unwrap();
    let of = |path: &Path| {
        let config = CorpusConfig { data: path.display().to_string(), ..CorpusConfig::default() };
        ninefold_data::load(&config, &Folders::default(), &Silent).unwrap_err().to_string()
    };
    let error = of(&dir.path().join("review.csv"));
    assert!(error.ends_with("found nothing (did you mean \"reviews.csv\"?)"), "{error}");
    assert!(of(Path::new("20newsgroup")).contains("did you mean \"20newsgroups\"?"));
    assert!(of(Path::new("/no/such/place/zzz")).contains("/no/such/place/zzz: cannot read"));
}

#[test]
fn an_empty_folder_and_folders_of_other_things_are_refused() {
    assert_says(load_folder(&[]), &["DIR: expected a folder per class", "found an empty folder"]);
    assert_says(load_folder(&[("a.csv", b"x")]), &["files only", "name it: DIR/a.csv"]);
    assert_says(load_folder(&[("notes.md", b"x")]), &["files only: notes.md"]);
    assert_says(load_folder(&[("a/.hidden", b"x"), ("b/.hidden", b"x")]), &["a file per text", "found no texts"]);
    assert_says(load_folder(&[("train/a/1", b"x")]), &["a test folder beside the train folder", "DIR/train itself"]);
    let twice: [(&str, &[u8]); 3] = [("train_a.csv", b"x"), ("train_b.csv", b"x"), ("test.csv", b"x")];
    assert_says(load_folder(&twice), &["one file or folder for the train part", "train_a.csv, train_b.csv"]);
}

#[test]
fn one_class_only_is_refused() {
    let found = ["all 3 training texts have the label \"pos\"", "at least two classes", "right column or folder"];
    assert_says(load("a.csv", "label,text\npos,a\npos,b\npos,c\n"), &found);
    let files: [(&str, &[u8]); 3] = [("train/a/1", b"x"), ("train/a/2", b"x"), ("test/b/1", b"x")];
    assert_says(load_folder(&files), &["all 2 training texts have the label \"a\""]);
}

#[test]
fn a_class_with_one_text_stays_in_train_and_is_named() {
    let rows: String = (0..20).map(|n| format!("{},text {n}\n", ["a", "b"][n % 2])).collect();
    let corpus = load("a.csv", &format!("label,text\nlonely,once\n{rows}")).unwrap();
    let lonely = corpus.labels.iter().position(|label| label == "lonely").unwrap() as u32;
    let has = |documents: &[ninefold_data::Document]| documents.iter().any(|document| document.label == lonely);
    assert_eq!([&corpus.train, &corpus.validation, &corpus.test].map(|part| has(part)), [true, false, false]);
    assert_notes(
        &corpus,
        &["1 class with a single text, which stays in train, so that the test part has none: \"lonely\""],
    );
    assert_says(
        load("a.csv", "label,text\na,one\nb,two\nc,three\n"),
        &["no test part can be cut", "each of the 3 classes"],
    );
}

#[test]
fn unreadable_bytes_are_refused_with_their_place() {
    let wide: Vec<u8> = "label,text\na,one\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_says(load_file("a.csv", &wide, |_| ()), &["a.csv: expected text", "a zero byte at offset 1", "utf-16le"]);
    let strict = |config: &mut CorpusConfig| config.encoding = "utf-8".into();
    assert_says(load_file("a.csv", b"label,text\na,caf\xe9\n", strict), &["a.csv:2: expected utf-8 text", "byte 0xe9"]);
    let files: [(&str, &[u8]); 2] = [("a/1", b"text"), ("b/cat.png", b"\x89PNG\r\n\0\0")];
    assert_says(load_folder(&files), &["DIR/b/cat.png: expected text (a binary file?"]);
    assert_says(load_file("a.jsonl.gz", b"not packed", |_| ()), &["a.jsonl.gz: expected a gzip file"]);
}

#[test]
fn a_csv_without_the_column_lists_those_it_has() {
    let content = b"id,Review,verdict,date\n1,fine,pos,may\n";
    let text = |config: &mut CorpusConfig| config.text_column = vec!["reviews".into()];
    let expected =
        ["a.csv: expected a column \"reviews\" (text_column)", "\"id\", \"Review\"", "did you mean \"Review\"?"];
    assert_says(load_file("a.csv", content, text), &expected);
    let label = |config: &mut CorpusConfig| config.label_column = "zzz".into();
    assert_says(load_file("a.csv", content, label), &["a column \"zzz\" (label_column)"]);
    assert_says(load_file("a.csv", content, |_| ()), &["a label column", "label_column names another", "\"verdict\""]);
}

#[test]
fn tables_with_ragged_rows_and_open_quotes_are_refused() {
    assert_says(load("a.csv", "label,text\na,b\na,b,c\n"), &["a.csv:3: expected 2 cells", "found 3"]);
    assert_says(load("a.csv", "label,text\na,b\n\"a,b\nc,d\n"), &["a.csv:3: expected a closing quote"]);
    assert_says(load("a.csv", ""), &["a.csv: expected rows", "an empty file"]);
    assert_says(load("a.csv", "label,text\n"), &["a.csv: expected texts with labels, found not one"]);
    assert_says(load("a.txt", "just some words\n"), &["expected labelled texts: .csv", "\"just some words\""]);
}

#[test]
fn mixed_json_is_refused_with_its_line() {
    let good = "{\"text\": \"a\", \"label\": \"x\"}\n";
    let after = |bad: &str| load("a.jsonl", &format!("{good}{bad}\n"));
    assert_says(
        after("{\"text\": {\"body\": \"a\"}, \"label\": \"x\"}"),
        &["a.jsonl:2", "a string in \"text\"", "an object"],
    );
    assert_says(after("{\"text\": \"a\", \"label\": [\"x\", \"y\"]}"), &["a.jsonl:2", "one label", "a list"]);
    assert_says(after("[1, 2]"), &["a.jsonl:2", "a JSON object", "a list"]);
    assert_says(after("{\"text\": \"a\"}"), &["a.jsonl:2", "the key \"label\""]);
    assert_says(
        load("a.json", "[\n{\"text\": \"a\", \"label\": \"x\"},\n1]\n"),
        &["a.json:3", "a JSON object", "a number"],
    );
    assert_says(load("a.txt", "__label__a x\n__label__a __label__b y\n"), &["a.txt:2: expected one label per text"]);
}

#[test]
fn empty_texts_are_kept_and_counted() {
    let rows: String =
        (0..40).map(|n| format!("{},{}\n", ["a", "b"][n % 2], ["words", "", " \t", "\u{a0}"][n % 4])).collect();
    let corpus = load("a.csv", &format!("label,text\n{rows}")).unwrap();
    assert_eq!((corpus.protocol.texts.total(), corpus.protocol.empty_texts.total()), (40, 30));
    assert!(corpus.protocol.to_string().contains("empty texts (kept): train"), "{}", corpus.protocol);
}

#[test]
fn rows_without_a_label_are_left_out_and_counted() {
    let rows: String = (0..20).map(|n| format!("{},text {n}\n", ["a", "b"][n % 2])).collect();
    let corpus = load("a.csv", &format!("label,text\n{rows},unknown\n  ,unknown\n")).unwrap();
    assert_eq!((corpus.protocol.texts.total(), corpus.protocol.unlabelled), (20, 2));
    assert_notes(&corpus, &["a.csv: 2 rows without a label left out, the first in line 22"]);
}

#[test]
fn label_spellings_are_trimmed_and_warned_about() {
    let rows: String =
        (0..24).map(|n| format!("{},text {n}\n", ["Sports", " Sports", "sports", "art"][n % 4])).collect();
    let corpus = load("a.csv", &format!("label,text\n{rows}")).unwrap();
    assert_eq!(corpus.labels, ["Sports", "art", "sports"]);
    assert_notes(&corpus, &["white space around the labels of 6 texts", "\"Sports\" (12 texts), \"sports\" (6 texts)"]);
}

#[test]
fn a_text_of_ten_megabytes_is_a_text() {
    let long = "all work and no play ".repeat(500_000);
    let rows: String = (0..12).map(|n| format!("{},\"text\n{n}\"\n", ["a", "b"][n % 2])).collect();
    let corpus = load("a.csv", &format!("label,text\na,{long}\n{rows}")).unwrap();
    let parts = [&corpus.train, &corpus.validation, &corpus.test];
    assert_eq!(parts.into_iter().flatten().map(|document| document.text.len()).max(), Some(10_500_000));
    let of_lines = load(
        "a.txt",
        &format!("__label__a {long}\n__label__b x\n__label__a x\n__label__b x\n__label__a x\n__label__b y\n"),
    );
    assert_eq!(of_lines.unwrap().protocol.texts.total(), 6);
}

#[test]
fn classes_that_train_and_test_do_not_share_are_named() {
    let files: [(&str, &[u8]); 2] =
        [("train.csv", b"label,text\na,1\na,2\nb,1\nb,2\nc,1\nc,2\n"), ("test.csv", b"label,text\na,1\nb,1\nd,1\n")];
    let corpus = load_folder(&files).unwrap();
    assert_eq!(
        (corpus.labels.as_slice(), corpus.unseen_labels.as_slice()),
        (&["a", "b", "c"].map(String::from)[..], &["d".to_string()][..])
    );
    assert_eq!(corpus.test.iter().map(|document| document.label).collect::<Vec<_>>(), [0, 1, 3]);
    assert_notes(
        &corpus,
        &["1 class in test but not in train, so that no model can know it: \"d\" (counted as wrong: 1 text)"],
    );
    assert_notes(&corpus, &["1 class in train but not in test, so that no score shows it: \"c\""]);
}

#[test]
fn a_given_split_needs_a_test_part() {
    let given = |config: &mut CorpusConfig| config.split = Split::Given;
    assert_says(load_file("a.csv", b"label,text\na,1\nb,2\n", given), &["a given split", "found no test part"]);
}

#[test]
fn whoever_stops_the_work_stops_it() {
    struct Stop;
    impl Progress for Stop {
        fn is_cancelled(&self) -> bool {
            true
        }
    }
    let dir = tempfile::tempdir().unwrap();
    for class in ["a", "b"] {
        std::fs::create_dir(dir.path().join(class)).unwrap();
        std::fs::write(dir.path().join(class).join("1"), "x").unwrap();
    }
    let config = CorpusConfig { data: dir.path().display().to_string(), ..CorpusConfig::default() };
    assert!(matches!(ninefold_data::load(&config, &Folders::default(), &Stop), Err(Error::Interrupted)));
}

#[test]
fn line_of_a_stream_without_an_end_is_refused_once() {
    let endless = std::io::BufReader::with_capacity(1 << 20, std::io::repeat(b'x'));
    let mut lines = TextReader::default().lines(endless, "stdin").unwrap();
    let error = lines.next().unwrap().unwrap_err().to_string();
    assert!(error.starts_with("stdin:1: ") && error.contains("a line without an end after 256 MiB"), "{error}");
    assert!(lines.next().is_none(), "the stream is not read on");
}
