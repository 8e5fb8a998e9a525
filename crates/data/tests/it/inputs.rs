//! What people have: packed files, several files, validation parts, groups, and a protocol that tells what was done.
#![allow(clippy::unwrap_used)]

use std::io::Write;

use ninefold_data::{CorpusConfig, Document, PartCounts, Split, TestSplit};

use crate::common::{config, folder, load};

fn table(texts: usize) -> String {
    let row = |n: usize| format!("a film number {n},{}\n", ["pos", "neg"][n % 2]);
    format!("text,label\n{}", (0..texts).map(row).collect::<String>())
}

fn gzip(text: &str) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap()
}

fn texts(documents: &[Document]) -> Vec<&str> {
    documents.iter().map(|document| document.text.as_str()).collect()
}

#[test]
fn protocol_of_small_classes_tells_the_real_fractions() {
    let rows: String = (0..300).map(|n| format!("word{} of{n},class {}\n", n / 3, n / 3)).collect();
    let dir = folder(&[("few.csv", format!("text,label\n{rows}").as_bytes())]);
    let corpus = load(&config(&dir.path().join("few.csv"))).unwrap();
    assert_eq!(corpus.protocol.texts, PartCounts { train: 100, validation: 100, test: 100 });
    assert_eq!(corpus.protocol.split.to_string(), "random 66.67/33.33 (80/20 requested), stratified, seed 0");
    assert_eq!(corpus.protocol.validation, "50 % of train (10 % requested), stratified, seed 0");
    let json = serde_json::to_string(&corpus.protocol).unwrap();
    let read: ninefold_data::Protocol = serde_json::from_str(&json).unwrap();
    assert_eq!(read.to_string(), corpus.protocol.to_string());
    assert!(matches!(read.split, TestSplit::Cut { fraction: 0.2, actual: Some(_), .. }));

    let dir = folder(&[("many.csv", table(400).as_bytes())]);
    let corpus = load(&config(&dir.path().join("many.csv"))).unwrap();
    assert_eq!(corpus.protocol.split.to_string(), "random 80/20, stratified, seed 0");
    assert_eq!(corpus.protocol.validation, "10 % of train, stratified, seed 0");
}

#[test]
fn protocol_tells_how_columns_and_header_were_found() {
    let dir = folder(&[("a.csv", table(40).as_bytes())]);
    let protocol = load(&config(&dir.path().join("a.csv"))).unwrap().protocol.to_string();
    assert!(
        protocol.contains("\nread: a.csv: text from \"text\", label from \"label\" (the first line is a header"),
        "{protocol}"
    );
}

#[test]
fn packed_corpora_give_the_texts_of_the_plain_one() {
    let plain = table(60);
    let zstd = ruzstd::encoding::compress_to_vec(plain.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    let dir = folder(&[("a.csv", plain.as_bytes()), ("a.csv.gz", &gzip(&plain)), ("a.csv.zst", &zstd)]);
    let expected = load(&config(&dir.path().join("a.csv"))).unwrap();
    for name in ["a.csv.gz", "a.csv.zst"] {
        let corpus = load(&config(&dir.path().join(name))).unwrap();
        assert_eq!(texts(&corpus.train), texts(&expected.train), "{name}");
        assert_eq!(texts(&corpus.test), texts(&expected.test), "{name}");
    }
    let mut damaged = zstd.clone();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    std::fs::write(dir.path().join("damaged.csv.zst"), damaged).unwrap();
    let error = load(&config(&dir.path().join("damaged.csv.zst"))).unwrap_err().to_string();
    assert!(error.contains("damaged.csv.zst: expected an intact file, found a frame with checksum"), "{error}");
}

#[test]
fn class_folders_may_hold_packed_files_and_what_systems_leave_there() {
    let mut files = Vec::new();
    for n in 0..12 {
        files.push((format!("{}/{n}.txt.gz", ["pos", "neg"][n % 2]), gzip(&format!("film {n}"))));
    }
    for clutter in ["pos/Thumbs.db", "neg/desktop.ini", "neg/.DS_Store", "Desktop.ini"] {
        files.push((clutter.to_string(), vec![0, 1, 2, 0xff]));
    }
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let corpus = load(&config(folder(&files).path())).unwrap();
    assert_eq!(corpus.protocol.texts.total(), 12);
    assert!(corpus.train.iter().all(|document| document.text.starts_with("film ")));
    assert!(corpus.notices.is_empty(), "{:?}", corpus.notices);
}

#[test]
fn unlabelled_reviews_of_imdb_are_left_out_with_a_notice() {
    let mut files = vec![("train/unsup/1.txt".to_string(), "an unlabelled text".to_string())];
    for n in 0..20 {
        let part = ["train", "test"][n / 10];
        files.push((format!("{part}/{}/{n}.txt", ["pos", "neg"][n % 2]), format!("film {n}")));
    }
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    let corpus = load(&config(folder(&files).path())).unwrap();
    assert_eq!(corpus.labels, ["neg", "pos"]);
    let expected = "train: unsup/ is not a class: 1 text without a label left out";
    assert!(corpus.notices.iter().any(|notice| notice == expected), "{:?}", corpus.notices);
}

#[test]
fn several_files_and_patterns_are_read_as_one() {
    let dir = folder(&[("part-1.csv", table(30).as_bytes()), ("part-2.csv.gz", &gzip(&table(10))), ("x.csv", b"")]);
    let path = |name: &str| dir.path().join(name).display().to_string();
    let pattern = load(&CorpusConfig { data: path("part-*"), ..CorpusConfig::default() }).unwrap();
    let (data, more_data) = (path("part-1.csv"), vec![path("part-2.csv.gz")]);
    let listed = load(&CorpusConfig { data, more_data, ..CorpusConfig::default() }).unwrap();
    assert_eq!(pattern.protocol.texts.total(), 40);
    assert_eq!(texts(&pattern.train), texts(&listed.train));
    let none = load(&CorpusConfig { data: path("nothing-*.csv"), ..CorpusConfig::default() }).unwrap_err().to_string();
    assert!(none.contains("expected files that the pattern matches, found none"), "{none}");
}

#[test]
fn given_validation_parts_are_used() {
    for name in ["dev", "valid", "validation", "val"] {
        let mut files = Vec::new();
        for n in 0..30 {
            let part = ["train", name, "test"][n / 10];
            files.push((format!("{part}/{}/{n}.txt", ["pos", "neg"][n % 2]), format!("film {n}")));
        }
        let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
        let corpus = load(&config(folder(&files).path())).unwrap();
        assert_eq!(corpus.protocol.texts, PartCounts { train: 10, validation: 10, test: 10 }, "{name}");
        assert!(corpus.validation.iter().all(|document| document.source.starts_with("validation/")), "{name}");
        assert_eq!(corpus.protocol.validation, "given");
    }
    let dir = folder(&[("a.csv", table(40).as_bytes()), ("v.csv", b"text,label\nunseen,pos\n")]);
    let with = CorpusConfig {
        validation_data: dir.path().join("v.csv").display().to_string(),
        ..config(&dir.path().join("a.csv"))
    };
    let corpus = load(&with).unwrap();
    assert_eq!(texts(&corpus.validation), ["unseen"]);
    assert_eq!(corpus.protocol.texts, PartCounts { train: 32, validation: 1, test: 8 });
}

#[test]
fn identical_texts_in_train_and_test_are_counted() {
    let test = "text,label\na film number 3,neg\n a film number 4 ,pos\nunseen,pos\n";
    let dir = folder(&[("train.csv", table(40).as_bytes()), ("test.csv", test.as_bytes())]);
    let notices = load(&config(dir.path())).unwrap().notices.join("\n");
    assert!(notices.contains("2 of 3 test texts are identical to a training or validation text"), "{notices}");
}

#[test]
fn no_split_divides_a_group() {
    let row = |n: usize| format!("a film number {n},{},user {}\n", ["pos", "neg"][n % 2], n % 25);
    let rows: String = (0..200).map(row).collect();
    let json: Vec<String> = (0..200)
        .map(|n| format!("{{\"text\": \"film {n}\", \"label\": \"{}\", \"author\": {}}}", ["x", "y"][n % 2], n % 25))
        .collect();
    let dir = folder(&[
        ("a.csv", format!("text,label,author\n{rows}").as_bytes()),
        ("a.json", format!("[{}]", json.join(",\n")).as_bytes()),
    ]);
    for name in ["a.csv", "a.json"] {
        let grouped = CorpusConfig { group_column: "author".into(), ..config(&dir.path().join(name)) };
        let corpus = load(&grouped).unwrap();
        assert_eq!(corpus.protocol.texts.total(), 200);
        assert_eq!(corpus.protocol.texts.test, 40, "{name}");
        let groups = |part: &[Document]| part.iter().map(|document| document.group.clone()).collect::<Vec<_>>();
        let parts = [groups(&corpus.train), groups(&corpus.validation), groups(&corpus.test)];
        for (one, other) in [(0, 1), (0, 2), (1, 2)] {
            assert!(parts[one].iter().all(|group| !group.is_empty() && !parts[other].contains(group)), "{name}");
        }
        assert!(corpus.protocol.to_string().contains("groups kept together: \"author\""));
        let error = load(&CorpusConfig { group_column: "autor".into(), ..grouped.clone() }).unwrap_err().to_string();
        assert!(error.contains("autor"), "{error}");
        let last = CorpusConfig { split: Split::Last, ..grouped };
        assert!(load(&last).unwrap_err().to_string().contains("group_column conflicts with split"));
    }
}

#[test]
fn binary_files_are_refused_by_their_kind() {
    let dir = folder(&[
        ("a.csv", b"PAR1\x15\x04\x15\0"),
        ("b.txt", b"%PDF-1.7\nrest"),
        ("c/pos/1.txt", b"\x89PNG\r\n\x1a\n\0"),
    ]);
    for (name, expected) in [
        ("a.csv", "a.csv: expected text, found a Parquet file: write it as CSV"),
        ("b.txt", "b.txt: expected text, found a PDF file: extract its text first"),
        ("c", "1.txt: expected text, found a PNG image"),
    ] {
        let error = load(&config(&dir.path().join(name))).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn weights_are_read_from_a_column_of_training_files() {
    let row = |n: usize| format!("a film number {n},{},{}\n", ["pos", "neg"][n % 2], n % 4);
    let table = format!("text,label,weight\n{}", (0..60).map(row).collect::<String>());
    let object = |n: usize| {
        format!(
            "{{\"text\": \"a film number {n}\", \"label\": \"{}\", \"weight\": {}}}\n",
            ["pos", "neg"][n % 2],
            n % 4
        )
    };
    let lines: String = (0..60).map(object).collect();
    let test = "text,label\na film,pos\nno film,neg\n";
    let dir = folder(&[("a.csv", table.as_bytes()), ("a.jsonl", lines.as_bytes()), ("test.csv", test.as_bytes())]);
    for name in ["a.csv", "a.jsonl"] {
        let test = dir.path().join("test.csv").display().to_string();
        let weighted = CorpusConfig { weight_column: "weight".into(), test, ..config(&dir.path().join(name)) };
        let corpus = load(&weighted).unwrap();
        for document in corpus.train.iter().chain(&corpus.validation) {
            let number: usize = document.text.rsplit(' ').next().unwrap().parse().unwrap();
            assert_eq!(document.weight, (number % 4) as f64, "{name}: {}", document.text);
        }
        assert!(corpus.test.iter().all(|document| document.weight == 1.0));
        assert!(corpus.protocol.to_string().contains("\nweights of the training texts: 0 to 3 (scores do not depend"));
        let plain = CorpusConfig { weight_column: String::new(), ..weighted.clone() };
        assert_eq!(load(&plain).unwrap().protocol.weights, "");
        let missing = CorpusConfig { weight_column: "wieght".into(), ..weighted };
        assert!(load(&missing).unwrap_err().to_string().contains("wieght"), "{name}");
    }
}

#[test]
fn weight_that_is_no_number_from_0_up_is_named_with_its_line() {
    let refused = |name: &str, content: &str| {
        let dir = folder(&[(name, content.as_bytes())]);
        let weighted = CorpusConfig { weight_column: "w".into(), ..config(&dir.path().join(name)) };
        load(&weighted).unwrap_err().to_string()
    };
    for (cell, shown) in [("-1", "\"-1\""), ("heavy", "\"heavy\""), ("", "\"\""), ("inf", "\"inf\"")] {
        let error = refused("a.csv", &format!("text,label,w\na film,pos,1\nno film,neg,{cell}\n"));
        let expected = format!("a.csv:3: expected a weight, a number from 0 up, in the column \"w\", found {shown}");
        assert!(error.contains(&expected), "{error}");
    }
    let error = refused("a.jsonl", "{\"text\": \"a film\", \"label\": \"pos\", \"w\": -2}\n");
    assert!(
        error.contains("a.jsonl:1: expected a weight, a number from 0 up, in the column \"w\", found \"-2\""),
        "{error}"
    );
    let error = refused("a.txt", "__label__pos a film\n__label__neg no film\n");
    assert!(error.contains("the column of weights \"w\""), "{error}");
    let sample = CorpusConfig { weight_column: "w".into(), ..CorpusConfig::default() };
    assert!(load(&sample).unwrap_err().to_string().contains("\"sample\" is a corpus by name, without columns"));
}
