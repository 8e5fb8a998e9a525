//! Out-of-vocabulary words: trained, saved, predicted with, searched over.

#![allow(clippy::unwrap_used)]

use crate::common::{Place, SMALL, refusal, stdout};

const SUBWORDS: &str = "embedding.out_of_vocabulary=subwords";

#[test]
fn unknown_words_are_read_by_ngrams_in_training_and_prediction() {
    let place = Place::new();
    let args = ["compare", "--data", "sample", "--set", "corpus.sample.documents=600", "--embeddings", "fasttext"];
    let more = ["--models", "gru", "--epochs", "2", "--baselines", "none", "--ensembles", "none", "--threads", "1"];
    let last = ["--run-dir", "run", "--set", SUBWORDS];
    let output = place.ninefold(&[&args[..], &more, &SMALL, &last].concat()).output().unwrap();
    stdout(&output);
    let notices = String::from_utf8(output.stderr).unwrap();
    assert!(notices.contains("outside of the vocabulary read by their n-grams"), "{notices}");
    let model = "run/pairs/fasttext-gru/model";
    let config = place.json(&format!("{model}/config.json"));
    assert_eq!(config["out_of_vocabulary"], "subwords");
    assert!(config["sha256"]["subwords.safetensors"].is_string());

    let said = |text: &str| -> f64 {
        let predicted = place.ninefold(&["predict", model, "--json"]).write_stdin(text).output().unwrap();
        let line: serde_json::Value = serde_json::from_str(stdout(&predicted).lines().next().unwrap()).unwrap();
        line["probability"].as_f64().unwrap()
    };
    assert_ne!(said("guitarishly pianoesque"), said("xqjxqj zvkzvk"));
    place.write("new.csv", "text,label\nsomething ungrillable,cooking.grilling\nanother,pets.cats\n");
    let scores = stdout(&place.ninefold(&["evaluate", model, "--data", "new.csv", "--json"]).output().unwrap());
    assert!(scores.contains("\"accuracy\""), "{scores}");
}

#[test]
fn out_of_vocabulary_setting_is_refused_without_ngrams_and_can_be_searched() {
    let place = Place::new();
    let error = refusal(&place.compare("run", &["--embeddings", "word2vec", "--set", SUBWORDS]), 2);
    assert!(error.contains("embedding.out_of_vocabulary: expected \"unk\", as word2vec has no n-grams"), "{error}");
    let error = refusal(&place.compare("run", &["--set", "embedding.out_of_vocabulary=ngrams"]), 2);
    assert!(error.contains("embedding.out_of_vocabulary"), "{error}");

    let space = "[search.space.embedding]\nout_of_vocabulary = [\"subwords\"]\n";
    place.write("space.toml", space);
    let args = ["search", "--data", "posts", "--config", "space.toml", "--trials", "3", "--run-dir", "search"];
    let more = ["--embeddings", "word2vec,fasttext", "--models", "swem", "--threads", "1", "--epochs", "2"];
    stdout(&place.ninefold(&[&args[..], &more, &SMALL].concat()).output().unwrap());
    let best = std::fs::read_to_string(place.path("search/best.toml")).unwrap();
    // Whatever won, what it says can be compared.
    let output = place.compare("best", &["--config", "search/best.toml"]);
    stdout(&output);
    assert_eq!(
        best.contains("embeddings = [\"fasttext\"]"),
        best.contains("out_of_vocabulary = \"subwords\""),
        "{best}"
    );
}
