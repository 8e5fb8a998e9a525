//! Every format, from files on disk to a corpus in three parts.
#![allow(clippy::unwrap_used)]

use ninefold_core::Folders;
use ninefold_core::progress::Silent;
use ninefold_data::{Corpus, CorpusConfig, Document, PartCounts, Split};

use crate::common::{self, config, folder};

fn load(config: &CorpusConfig) -> Corpus {
    common::load(config).unwrap()
}

/// "label|source|text" of every document, sorted.
fn all(corpus: &Corpus) -> Vec<String> {
    let line = |document: &Document| {
        format!("{}|{}|{}", corpus.labels[document.label as usize], document.source, document.text)
    };
    let mut lines: Vec<String> =
        [&corpus.train, &corpus.validation, &corpus.test].into_iter().flatten().map(line).collect();
    lines.sort();
    lines
}

fn sources(documents: &[Document]) -> Vec<&str> {
    documents.iter().map(|document| document.source.as_str()).collect()
}

/// A CSV with `per_class` texts in each of two classes.
fn balanced(per_class: usize) -> String {
    let row = |n: usize| format!("{},text number {n}\n", ["pos", "neg"][n % 2]);
    "label,text\n".to_string() + &(0..2 * per_class).map(row).collect::<String>()
}

#[test]
fn a_folder_per_class_is_split_at_random() {
    let files: Vec<(String, Vec<u8>)> = (0..40)
        .map(|n| (format!("{}/{n:02}.txt", ["cats", "dogs"][n % 2]), format!("text {n}").into_bytes()))
        .collect();
    let mut files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (name.as_str(), text.as_slice())).collect();
    files.extend([("cats/.DS_Store", &b"\0\0"[..]), ("dogs/more/a.txt", b"deep"), ("README", b"about")]);
    let dir = folder(&files);
    let corpus = load(&config(dir.path()));
    assert_eq!(corpus.labels, ["cats", "dogs"]);
    assert_eq!(corpus.protocol.texts, PartCounts { train: 29, validation: 4, test: 8 });
    assert_eq!(corpus.protocol.split.to_string(), "random 80/20, stratified, seed 0");
    assert_eq!(corpus.protocol.validation, "12.12 % of train (10 % requested), stratified, seed 0");
    assert!(all(&corpus).contains(&"dogs|dogs/more/a.txt|deep".to_string()));
    assert!(corpus.notices.iter().any(|notice| notice == "not read: README"), "{:?}", corpus.notices);
    assert!(sources(&corpus.train).is_sorted() && sources(&corpus.test).is_sorted());
}

#[test]
fn train_and_test_folders_are_a_given_split() {
    for [train, test] in [["train", "test"], ["news-bydate-train", "news-bydate-test"]] {
        let names: Vec<String> = ["a/1", "a/2", "b/1", "b/2"].iter().map(|name| format!("{train}/{name}")).collect();
        let tests: Vec<String> = ["a/9", "b/9"].iter().map(|name| format!("{test}/{name}")).collect();
        let files: Vec<(&str, &[u8])> = names.iter().chain(&tests).map(|name| (name.as_str(), &b"words"[..])).collect();
        let dir = folder(&files);
        let corpus = load(&config(dir.path()));
        assert_eq!(corpus.protocol.split.to_string(), "given");
        assert_eq!(sources(&corpus.test), ["test/a/9", "test/b/9"]);
        assert_eq!(corpus.protocol.texts, PartCounts { train: 2, validation: 2, test: 2 });
        let pooled = load(&CorpusConfig { split: Split::Random, test_fraction: 0.34, ..config(dir.path()) });
        assert_eq!(pooled.protocol.split.to_string(), "random 66/34, stratified, seed 0");
        assert_eq!(all(&pooled), all(&corpus));
    }
}

#[test]
fn a_class_about_trains_is_a_class() {
    let dir = folder(&[
        ("bus/1", b"x"),
        ("bus/2", b"x"),
        ("bus/3", b"x"),
        ("train/1", b"y"),
        ("train/2", b"y"),
        ("train/3", b"y"),
    ]);
    assert_eq!(load(&config(dir.path())).labels, ["bus", "train"]);
}

#[test]
fn a_pair_of_files_is_a_given_split() {
    let test = "text,label\nunseen,neg\nunseen too,pos\n";
    let dir = folder(&[
        ("train.csv", balanced(10).as_bytes()),
        ("test.csv", test.as_bytes()),
        ("dev.csv", b"label,text\npos,x\n"),
        ("classes.md", b"pos and neg"),
    ]);
    let corpus = load(&config(dir.path()));
    assert_eq!(corpus.protocol.texts, PartCounts { train: 20, validation: 1, test: 2 });
    assert_eq!(sources(&corpus.validation), ["dev.csv:2"]);
    assert_eq!(corpus.protocol.validation, "given");
    assert_eq!(sources(&corpus.test), ["test.csv:2", "test.csv:3"]);
    let notices = corpus.notices.join("\n");
    assert!(notices.contains("not read: classes.md") && !notices.contains("dev.csv"), "{notices}");
    let read = corpus.protocol.reading.join("\n");
    assert!(
        read.contains(r#"train.csv: text from "text", label from "label" (the first line is a header, delimiter ",")"#),
        "{read}"
    );

    let apart = CorpusConfig {
        data: dir.path().join("train.csv").display().to_string(),
        validation_data: dir.path().join("dev.csv").display().to_string(),
        test: dir.path().join("test.csv").display().to_string(),
        ..CorpusConfig::default()
    };
    let apart = load(&apart);
    assert_eq!((all(&apart), apart.protocol.split.to_string().as_str()), (all(&corpus), "given"));
    assert!(apart.protocol.data.contains("dev.csv, test from "), "{}", apart.protocol.data);
}

#[test]
fn news_with_and_without_a_header_are_read_alike() {
    // The layout of AG News: class, title, description.
    let row = |n: usize| format!("\"{}\",\"Title number {n}\",\"A longer description, number {n}\"\n", 1 + n % 2);
    let plain: String = (0..8).map(row).collect();
    let headed = format!("Class Index,Title,Description\n{plain}");
    let dir = folder(&[("train_8.csv", headed.as_bytes()), ("test.csv", plain.as_bytes())]);
    let corpus = load(&config(dir.path()));
    assert_eq!(corpus.protocol.texts, PartCounts { train: 6, validation: 2, test: 8 });
    assert_eq!(corpus.test[0].text, "Title number 0\nA longer description, number 0");
    assert_eq!(
        (sources(&corpus.test)[0], corpus.labels.as_slice()),
        ("test.csv:1", &["1".to_string(), "2".into()][..])
    );
    let alone = load(&config(&dir.path().join("test.csv")));
    let train_of = |source: &str| all(&alone).into_iter().find(|line| line.contains(source)).unwrap();
    assert_eq!(train_of("test.csv:1|"), "1|test.csv:1|Title number 0\nA longer description, number 0");
}

#[test]
fn json_lines_labelled_lines_and_tables_give_the_same_documents() {
    let pairs: Vec<(String, &str)> = (0..12).map(|n| (format!("text {n}, quoted"), ["x", "y"][n % 2])).collect();
    let csv: String = pairs.iter().map(|(text, label)| format!("\"{text}\",{label}\n")).collect();
    let tsv: String = pairs.iter().map(|(text, label)| format!("{text}\t{label}\n")).collect();
    let jsonl: String =
        pairs.iter().map(|(text, label)| format!("{{\"label\": \"{label}\", \"text\": \"{text}\"}}\n")).collect();
    let lines: String = pairs.iter().map(|(text, label)| format!("__label__{label} {text}\n")).collect();
    let packed = {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packer, jsonl.as_bytes()).unwrap();
        packer.finish().unwrap()
    };
    let files: [(&str, &[u8]); 5] = [
        ("a.csv", csv.as_bytes()),
        ("a.tsv", tsv.as_bytes()),
        ("a.jsonl", jsonl.as_bytes()),
        ("a.txt", lines.as_bytes()),
        ("a.jsonl.gz", &packed),
    ];
    let dir = folder(&files);
    let of = |name: &str| all(&load(&config(&dir.path().join(name)))).join("\n").replace(&format!("{name}:"), "line ");
    for (name, _) in files {
        assert_eq!(of(name), of("a.csv"), "{name}");
    }
}

#[test]
fn the_seed_decides_the_split_and_nothing_else_does() {
    let dir = folder(&[("a.csv", balanced(50).as_bytes())]);
    let of = |split_seed| load(&CorpusConfig { split_seed, ..config(&dir.path().join("a.csv")) });
    let (first, again, other) = (of(0), of(0), of(1));
    assert_eq!((&first.train, &first.validation, &first.test), (&again.train, &again.validation, &again.test));
    assert_ne!(first.test, other.test);
    assert_eq!(all(&first), all(&other));
    assert_eq!(first.protocol.texts, PartCounts { train: 72, validation: 8, test: 20 });
}

#[test]
fn encodings_are_reported() {
    let korean = encoding_rs::EUC_KR.encode("축구 경기가 어제 저녁에 열렸다").0.into_owned();
    let german = encoding_rs::WINDOWS_1252.encode("über die Straße gehen").0.into_owned();
    let dir = folder(&[
        ("a/1", b"plain"),
        ("a/2", &german),
        ("a/3", b"\xef\xbb\xbfmarked"),
        ("b/1", &korean),
        ("b/2", &korean),
    ]);
    let corpus = load(&config(dir.path()));
    assert_eq!(corpus.protocol.encodings, ["euc-kr", "utf-8", "windows-1252"]);
    let texts = all(&corpus).join("\n");
    assert!(
        texts.contains("a/2|über die Straße") && texts.contains("a/3|marked") && texts.contains("b/1|축구"),
        "{texts}"
    );
    assert!(
        corpus.notices.contains(&"encodings: euc-kr (2 files), utf-8 (2 files), windows-1252 (1 file)".to_string())
    );
}

#[test]
fn posts_of_any_folder_can_be_stripped() {
    let post = b"Subject: cats\n\nIn article <1> x writes:\n> old\nnew\n\n--\nme\n";
    let dir =
        folder(&[("a/1", post), ("a/2", post), ("a/3", post), ("b/1", post), ("b/2", post), ("b/3", b"Subject: only")]);
    let strip = ["headers", "footers", "quotes"].map(String::from).to_vec();
    let corpus = load(&CorpusConfig { strip: strip.clone(), ..config(dir.path()) });
    assert!(all(&corpus).contains(&"a|a/1|new\n".to_string()), "{:?}", all(&corpus));
    assert_eq!((corpus.protocol.strip, corpus.protocol.empty_texts.total()), (strip, 1));
}

#[test]
fn the_sample_has_three_parts() {
    let corpus = load(&CorpusConfig::default());
    let texts = corpus.protocol.texts;
    assert!(texts.train > texts.validation && texts.validation > 0 && texts.test > 0, "{texts}");
    assert_eq!((corpus.protocol.split.to_string().as_str(), corpus.protocol.data.as_str()), ("given", "sample"));
}

#[test]
fn a_model_is_tried_on_all_texts_or_on_the_test_part() {
    let dir = folder(&[
        ("all.csv", b"label,text\nc,one two\na,three\n a ,four\n"),
        ("pair/train.csv", balanced(4).as_bytes()),
        ("pair/test.csv", b"label,text\npos,x\n"),
    ]);
    let labels: Vec<String> = ["a", "b", "c"].map(String::from).into();
    let corpus =
        ninefold_data::load_to_evaluate(&config(&dir.path().join("all.csv")), &labels, &Folders::default(), &Silent)
            .unwrap();
    assert_eq!(corpus.test.iter().map(|document| document.label).collect::<Vec<_>>(), [2, 0, 0]);
    assert_eq!((corpus.protocol.split.to_string().as_str(), corpus.protocol.texts.test), ("none (every text)", 3));
    assert_eq!((corpus.labels, corpus.protocol.num_classes), (labels.clone(), 3));

    let known: Vec<String> = ["neg", "other", "pos"].map(String::from).into();
    let pair = ninefold_data::load_to_evaluate(&config(&dir.path().join("pair")), &known, &Folders::default(), &Silent)
        .unwrap();
    assert_eq!(
        (pair.test.len(), pair.test[0].label, pair.protocol.split.to_string().as_str()),
        (1, 2, "given (test part)")
    );

    let whole = load(&config(&dir.path().join("pair"))).with_labels(&known).unwrap();
    assert!(whole.train.iter().all(|document| document.label != 1) && whole.protocol.num_classes == 3);
    let error = load(&config(&dir.path().join("pair"))).with_labels(&labels).unwrap_err().to_string();
    assert!(error.contains(r#"does not know the labels "neg" (4 texts), "pos""#), "{error}");
}

proptest::proptest! {
    #[test]
    fn whatever_is_written_as_csv_is_read_back(rows in proptest::collection::vec(("[a-z]{1,5}", "(?s).{0,30}"), 1..12)) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["label", "text"]).unwrap();
        for (label, text) in &rows {
            writer.write_record([label, text]).unwrap();
        }
        // A zero byte would make it a binary file.
        let content = String::from_utf8(writer.into_inner().unwrap()).unwrap().replace('\0', "0");
        let dir = folder(&[("a.csv", content.as_bytes())]);
        let mut labels: Vec<String> = rows.iter().map(|(label, _)| label.clone()).collect();
        labels.sort();
        labels.dedup();
        let corpus = ninefold_data::load_to_evaluate(&config(&dir.path().join("a.csv")), &labels, &Folders::default(), &Silent).unwrap();
        let read: Vec<(String, String)> = corpus
            .test
            .into_iter()
            .map(|document| (labels[document.label as usize].clone(), document.text.to_string()))
            .collect();
        let written: Vec<(String, String)> = rows.into_iter().map(|(label, text)| (label, text.replace('\0', "0"))).collect();
        proptest::prop_assert_eq!(read, written);
    }
}
