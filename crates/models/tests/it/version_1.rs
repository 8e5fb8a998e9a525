//! Models that a program of format version 1 saved give the probabilities that it gave, to the last bit.
//!
//! `fixtures/v1` holds what is left of a run of that program: a network of each family, one that reads unknown words by their n-grams,
//! one that pads, and an ensemble, with the probabilities that the run kept of `texts.txt` (instruction set: portable).

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ninefold_core::progress::Silent;
use ninefold_models::bundle::{Bundle, FORMAT_VERSION};
use ninefold_models::predictor::Predictor;
use ninefold_nn::model::Classifier;
use safetensors::SafeTensors;
use serde_json::Value;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1")
}

fn predicted(model: &Path) -> Vec<Vec<f32>> {
    let texts = fs::read_to_string(fixtures().join("texts.txt")).unwrap();
    let texts: Vec<&str> = texts.lines().collect();
    let predictions = Predictor::load(model).unwrap().predict(&texts, &Silent).unwrap();
    predictions.into_iter().map(|prediction| prediction.probabilities).collect()
}

#[test]
fn networks_of_every_family_give_the_bits_that_they_gave() {
    if std::env::var("NINEFOLD_SIMD").as_deref() != Ok("portable") {
        let output = Command::new(std::env::current_exe().unwrap())
            .arg("networks_of_every_family_give_the_bits_that_they_gave")
            .env("NINEFOLD_SIMD", "portable")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        return;
    }
    let mut kinds = Vec::new();
    for entry in fs::read_dir(fixtures().join("pairs")).unwrap() {
        let folder = entry.unwrap().path();
        let kept = fs::read(folder.join("probabilities.safetensors")).unwrap();
        let kept = SafeTensors::deserialize(&kept).unwrap();
        let expected: Vec<u32> = kept
            .tensor("test")
            .unwrap()
            .data()
            .chunks_exact(4)
            .map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap()))
            .collect();
        let found = predicted(&folder.join("model"));
        let bits: Vec<u32> = found.iter().flatten().map(|probability| probability.to_bits()).collect();
        assert_eq!(bits, expected, "{}", folder.display());
        kinds.push(Bundle::load(&folder.join("model")).unwrap().config.model.network.kind().name());
    }
    kinds.sort();
    assert_eq!(kinds, ["cnn", "gru", "gru", "lstm", "rnn", "swem"]);
}

#[test]
fn an_ensemble_gives_what_it_gave() {
    let folder = fixtures().join("ensembles/vote_networks");
    let labels = Predictor::load(folder.join("model")).unwrap().labels().to_vec();
    let expected = fs::read_to_string(folder.join("expected.jsonl")).unwrap();
    let found = predicted(&folder.join("model"));
    assert_eq!(found.len(), expected.lines().count());
    for (row, line) in found.iter().zip(expected.lines()) {
        let expected: Value = serde_json::from_str(line).unwrap();
        for top in expected["top"].as_array().unwrap() {
            let label = labels.iter().position(|label| *label == top["label"]).unwrap();
            // The program prints six digits.
            assert!((f64::from(row[label]) - top["probability"].as_f64().unwrap()).abs() < 2e-6, "{row:?} {line}");
        }
    }
}

#[test]
fn a_loaded_model_is_saved_in_todays_form() {
    for name in ["word2vec-rnn", "fasttext-lstm", "word2vec-cnn", "word2vec-swem"] {
        let mut old = Bundle::load(&fixtures().join("pairs").join(name).join("model")).unwrap();
        assert_eq!(old.config.format_version, FORMAT_VERSION);
        let dir = tempfile::tempdir().unwrap();
        old.save(dir.path()).unwrap();
        let text = fs::read_to_string(dir.path().join("config.json")).unwrap();
        let config: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&config["format_version"], config["model"]["network"]["encoder"]["kind"].is_string()),
            (&2.into(), true)
        );
        let new = Bundle::load(dir.path()).unwrap();
        assert_eq!(new.config, old.config); // `save` fills in the checksums
        assert!(new.model.parameters() == old.model.parameters());
    }
}

#[test]
fn a_newer_version_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(fixtures().join("pairs/word2vec-gru/model/config.json")).unwrap();
    fs::write(dir.path().join("config.json"), text.replace("\"format_version\": 1", "\"format_version\": 3")).unwrap();
    let error = Bundle::load(dir.path()).unwrap_err().to_string();
    assert!(
        error.contains("expected format_version 2 or less (a newer ninefold reads newer ones), found 3"),
        "{error}"
    );
}
