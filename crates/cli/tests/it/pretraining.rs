//! Pretraining: which networks are pretrained, what is saved, and what is refused.

#![allow(clippy::unwrap_used)]

use crate::common::{Place, SMALL, refusal, stdout};

#[test]
fn only_recurrent_networks_are_pretrained() {
    let place = Place::new();
    let args =
        ["compare", "--data", "sample", "--set", "corpus.sample.documents=300", "--embeddings", "glove", "--models"];
    let more = ["gru,swem", "--epochs", "2", "--baselines", "none", "--ensembles", "none", "--threads", "1"];
    let all = [&args[..], &more, &SMALL].concat();
    let run = |name: &str, epochs: &str| {
        let last = ["--run-dir", name, "--set", epochs];
        stdout(&place.ninefold(&[&all[..], &last].concat()).output().unwrap());
        place.json(&format!("{name}/pairs/glove-gru/metrics.json"))
    };
    let (without, with) = (run("without", "pretraining.epochs=0"), run("with", "pretraining.epochs=3"));
    let epochs = place.json("with/pairs/glove-gru/pretraining.json");
    let losses: Vec<f64> =
        epochs.as_array().unwrap().iter().map(|epoch| epoch["train_loss"].as_f64().unwrap()).collect();
    assert!(losses.len() == 3 && losses.is_sorted_by(|a, b| a > b), "{losses:?}");
    assert!(!place.path("with/pairs/glove-swem/pretraining.json").exists(), "a network without states");
    assert!(!place.path("without/pairs/glove-gru/pretraining.json").exists());
    let first =
        |name: &str| std::fs::read_to_string(place.path(&format!("{name}/pairs/glove-gru/history.csv"))).unwrap();
    assert_ne!(first("without"), first("with"), "training begins elsewhere");
    let seconds = |metrics: &serde_json::Value| metrics["row"]["seconds"]["train"].as_f64().unwrap();
    let before: f64 = epochs.as_array().unwrap().iter().map(|epoch| epoch["seconds"].as_f64().unwrap()).sum();
    assert!(seconds(&with) > before && seconds(&without) > 0.0, "{with}");
}

#[test]
fn too_few_texts_and_settings_without_meaning_are_refused() {
    let place = Place::new();
    let args = ["--embeddings", "glove", "--models", "gru", "--set"];
    let error = refusal(&place.compare("run", &[&args[..], &["pretraining.epochs=1"]].concat()), 1);
    assert!(error.contains("pretraining needs at least 100 training texts"), "{error}");
    for (setting, expected) in [
        ("pretraining.noise=0", "pretraining.noise: expected at least 1, found 0"),
        ("pretraining.learning_rate=-1", "pretraining.learning_rate: expected a number above 0, found -1"),
        ("pretraining.epoch=1", "did you mean `pretraining.epochs`?"),
    ] {
        let error = refusal(&place.compare("run", &[&args[..], &[setting]].concat()), 2);
        assert!(error.contains(expected), "{error}");
    }
}
