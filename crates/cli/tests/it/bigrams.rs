//! Word bigrams: trained, resumed and saved with every family, and refused out of range.

#![allow(clippy::unwrap_used)]

use crate::common::{Place, refusal, stdout};

const BIGRAMS: [&str; 4] = ["--embeddings", "word2vec", "--set", "model.bigram_buckets=64"];

#[test]
fn every_family_trains_saves_and_predicts_with_bigrams() {
    let place = Place::new();
    for freeze in ["false", "true"] {
        let freeze_embeddings = format!("model.freeze_embeddings={freeze}");
        let args = [&BIGRAMS[..], &["--models", "rnn,lstm,gru,cnn,swem", "--set", &freeze_embeddings]].concat();
        stdout(&place.compare(freeze, &args));
        for kind in ["rnn", "lstm", "gru", "cnn", "swem"] {
            let model = format!("{freeze}/pairs/word2vec-{kind}/model");
            let config = place.json(&format!("{model}/config.json"));
            assert_eq!(config["model"]["network"]["shared"]["bigram_buckets"], 64);
            let test = &config["training"]["test"]["accuracy"];
            let evaluated = place.ninefold(&["evaluate", &model, "--data", "posts/test", "--json"]).output().unwrap();
            let evaluated: serde_json::Value = serde_json::from_str(&stdout(&evaluated)).unwrap();
            assert_eq!(&evaluated["scores"]["accuracy"], test, "{kind}");
            let card = std::fs::read_to_string(place.path(&model).join("README.md")).unwrap();
            assert!(card.contains("row `mix(mix(before) ^ token) % 64` of `bigrams.weight`"), "{card}");
        }
    }
}

#[test]
fn bigram_counts_out_of_range_are_refused() {
    let place = Place::new();
    let error = refusal(&place.compare("run", &["--set", "model.bigram_buckets=5000000"]), 2);
    assert!(error.contains("model.bigram_buckets: expected at most 4194304"), "{error}");
    let error = refusal(&place.compare("run", &["--set", "model.bigram_buckets=-1"]), 2);
    assert!(error.contains("bigram_buckets"), "{error}");
}
