//! Stripping held to scikit-learn's: made-up posts always, the whole of 20 Newsgroups where NINEFOLD_DATA_DIR holds it.
//!
//! The expected texts and digests were made by `tools/golden/strip.py`.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::path::Path;

use ninefold_core::Folders;
use ninefold_core::progress::Silent;
use ninefold_data::{CorpusConfig, Document, Strip};
use serde::Deserialize;
use sha2::{Digest, Sha256};

#[derive(Deserialize)]
struct Golden {
    made_up: Vec<Post>,
    random: Random,
    corpus: BTreeMap<String, Part>,
}

#[derive(Deserialize)]
struct Post {
    text: String,
    left: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Random {
    texts: Vec<String>,
    digests: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Part {
    texts: usize,
    digests: BTreeMap<String, String>,
    empty: BTreeMap<String, usize>,
}

fn golden() -> Golden {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/strip.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// `"headers+quotes"` -> what to strip.
fn strip_of(names: &str) -> Strip {
    let has = |name| names.split('+').any(|other| other == name);
    Strip { headers: has("headers"), footers: has("footers"), quotes: has("quotes") }
}

fn digest<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut sha256 = Sha256::new();
    for text in texts {
        sha256.update((text.len() as u64).to_le_bytes());
        sha256.update(text);
    }
    sha256.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn made_up_posts_keep_what_scikit_learn_keeps() {
    let golden = golden();
    for post in &golden.made_up {
        assert_eq!(post.left.len(), 7);
        for (names, expected) in &post.left {
            assert_eq!(&strip_of(names).apply(&post.text), expected, "{names} of {:?}", post.text);
        }
    }
    for (names, expected) in &golden.random.digests {
        let left: Vec<String> = golden.random.texts.iter().map(|text| strip_of(names).apply(text)).collect();
        assert_eq!(&digest(left.iter().map(String::as_str)), expected, "{names} of random posts");
    }
}

#[test]
fn the_whole_of_20_newsgroups_keeps_what_scikit_learn_keeps() {
    let Ok(dir) = std::env::var("NINEFOLD_DATA_DIR") else {
        return eprintln!("skipped: NINEFOLD_DATA_DIR is not set");
    };
    let places = ["", "20newsgroups"].map(|place| Path::new(&dir).join(place));
    let is_there =
        |place: &Path| place.join("20news-bydate.tar.gz").exists() || place.join("20news-bydate-train").exists();
    if !places.iter().any(|place| is_there(place)) {
        return eprintln!("skipped: no 20news-bydate.tar.gz in {dir}");
    }
    let golden = golden();
    for names in golden.corpus["train"].digests.keys() {
        let strip = match strip_of(names).names() {
            none if none.is_empty() => vec!["none".to_string()],
            names => names,
        };
        let config = CorpusConfig { data: "20newsgroups".into(), strip, ..CorpusConfig::default() };
        let corpus = ninefold_data::load(&config, &Folders::from_env(), &Silent).unwrap();
        let train: Vec<Document> = corpus.train.into_iter().chain(corpus.validation).collect();
        for (part, mut documents) in [("train", train), ("test", corpus.test)] {
            let expected = &golden.corpus[part];
            documents.sort_by(|a, b| a.source.split('/').cmp(b.source.split('/')));
            let empty = documents.iter().filter(|document| document.text.trim().is_empty()).count();
            assert_eq!((documents.len(), empty), (expected.texts, expected.empty[names]), "{part}, {names}");
            assert_eq!(
                &digest(documents.iter().map(|document| document.text.as_str())),
                &expected.digests[names],
                "{part}, {names}"
            );
        }
    }
}
