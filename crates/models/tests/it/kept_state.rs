//! What a saved model holds is checked when it is loaded, and a loaded model reads no files but its own.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use ninefold_models::Model;
use ninefold_models::bundle::{
    Bundle, EnsembleConfig, EnsembleMember, EnsembleSummary, FORMAT_VERSION, MemberPaths, renew_checksum,
};
use ninefold_models::{Predictor, combine_models};
use ninefold_nn::batch::Padding;
use ninefold_nn::families::ModelKind;
use serde_json::Value;

use crate::bundle::bundle;

fn saved(folder: &Path, kind: ModelKind) -> PathBuf {
    bundle(kind, Padding::Exact).save(folder).unwrap();
    folder.to_path_buf()
}

/// What a model is refused for after its config was changed and given a valid checksum again.
fn refusal_after(change: impl FnOnce(&mut Value)) -> String {
    let dir = tempfile::tempdir().unwrap();
    saved(dir.path(), ModelKind::Lstm);
    let path = dir.path().join("config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut config);
    fs::write(&path, serde_json::to_string_pretty(&config).unwrap()).unwrap();
    renew_checksum(dir.path()).unwrap();
    Bundle::load(dir.path()).unwrap_err().to_string()
}

#[test]
fn every_changed_bit_of_the_config_is_detected() {
    let dir = tempfile::tempdir().unwrap();
    saved(dir.path(), ModelKind::Gru);
    let path = dir.path().join("config.json");
    let whole = fs::read(&path).unwrap();
    for bit in 0..8 * whole.len() {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &flipped).unwrap();
        assert!(Model::load(dir.path()).is_err(), "bit {} of byte {}", bit % 8, bit / 8);
    }
    fs::write(&path, &whole).unwrap();
    Model::load(dir.path()).unwrap();
}

#[test]
fn changed_ensemble_config_is_detected() {
    let dir = tempfile::tempdir().unwrap();
    let member = saved(&dir.path().join("a"), ModelKind::Gru);
    let output = dir.path().join("both");
    combine_models(&[member], &[], &output, "test".to_string()).unwrap();
    let path = output.join("config.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"temperature\": 1.0", "\"temperature\": 2.0")).unwrap();
    let error = Model::load(&output).unwrap_err().to_string();
    assert!(error.contains("config.json: checksum mismatch"), "{error}");
    renew_checksum(&output).unwrap();
    Model::load(&output).unwrap();
}

#[test]
fn missing_key_is_refused_by_name() {
    for (pointer, key) in [
        ("", "temperature"),
        ("/tokenizer", "lowercase"),
        ("/model/network/shared", "pooling"),
        ("/model/network/encoder", "layer_norm"),
        ("/reading", "padding"),
    ] {
        let error = refusal_after(|config| {
            config.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(key).unwrap();
        });
        assert!(error.contains(&format!("{key}`")), "{error}");
    }
    let dir = tempfile::tempdir().unwrap();
    saved(dir.path(), ModelKind::Gru);
    let path = dir.path().join("config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    config["tokenizer"].as_object_mut().unwrap().remove("symbols").unwrap();
    fs::write(&path, serde_json::to_vec_pretty(&config).unwrap()).unwrap();
    renew_checksum(dir.path()).unwrap();
    Bundle::load(dir.path()).unwrap(); // saved before there were these keys
}

#[test]
fn config_without_its_checksum_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    saved(dir.path(), ModelKind::Gru);
    let path = dir.path().join("config.json");
    for removed in ["/sha256", ""] {
        let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let key = if removed.is_empty() { "sha256" } else { "config.json" };
        config.pointer_mut(removed).unwrap().as_object_mut().unwrap().remove(key).unwrap();
        fs::write(&path, serde_json::to_vec_pretty(&config).unwrap()).unwrap();
        let error = Bundle::load(dir.path()).unwrap_err().to_string();
        assert!(
            error.contains("expected the checksum of config.json, which every model of format_version 2 has"),
            "{error}"
        );
    }
}

#[test]
fn unknown_file_in_the_checksums_is_refused() {
    let error = refusal_after(|config| config["sha256"]["vocab.tyt"] = "0".into());
    assert!(error.contains("expected checksums of config.json, vocab.txt"), "{error}");
}

#[test]
fn path_to_stop_words_is_refused() {
    let error = refusal_after(|config| config["tokenizer"]["stop_words"] = "/etc/passwd".into());
    assert!(error.contains("config.json, tokenizer.stop_words: expected \"none\", \"english\" or a list"), "{error}");
    assert!(error.ends_with("found the path \"/etc/passwd\""), "{error}");
}

/// An ensemble of one member, at `path` from the ensemble's folder.
fn ensemble(folder: &Path, path: &str) {
    fs::create_dir_all(folder).unwrap();
    let config = EnsembleConfig {
        format_version: FORMAT_VERSION,
        made_by: "test".to_string(),
        members: vec![EnsembleMember::of(folder, path.to_string(), "gru".to_string(), 1.0).unwrap()],
        rule: ninefold_metrics::Rule::Mean,
        temperature: 1.0,
        training: EnsembleSummary::default(),
        decision: None,
        sha256: Default::default(),
    };
    config.save(folder, &["a".to_string()]).unwrap();
}

#[test]
fn ensemble_reads_members_only_within_its_folder_and_run() {
    let dir = tempfile::tempdir().unwrap();
    let outside = saved(&dir.path().join("outside"), ModelKind::Gru);
    let run = dir.path().join("run");
    saved(&run.join("pairs/glove-gru/model"), ModelKind::Gru);
    let model = run.join("ensembles/vote/model");

    ensemble(&model, "../../../pairs/glove-gru/model");
    Model::load(&model).unwrap();
    saved(&model.join("members/1"), ModelKind::Gru);
    ensemble(&model, "members/1");
    Model::load(&model).unwrap();

    let elsewhere = dir.path().join("a/b/model");
    saved(&dir.path().join("pairs/glove-gru/model"), ModelKind::Gru);
    for (folder, path) in [
        (&model, outside.to_str().unwrap()),
        (&model, "../../../../outside"),
        (&model, "members/../../../../../outside"),
        (&model, "../../../pairs/../../outside"),
        (&elsewhere, "../../../pairs/glove-gru/model"), // not the ensemble of a run
    ] {
        ensemble(folder, path);
        let error = Predictor::load(folder).unwrap_err().to_string();
        assert!(error.contains("config.json, members: expected a folder inside of the ensemble's"), "{path}: {error}");
        assert!(error.ends_with(&format!("found the path {path:?}")), "{error}");
        Predictor::load_with(folder, MemberPaths::Anywhere).unwrap();
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&outside, model.join("members/link")).unwrap();
        ensemble(&model, "members/link");
        assert!(Model::load(&model).is_err(), "a symbolic link leads outside");
    }
}

#[test]
fn weights_that_are_not_finite_are_refused() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let dir = tempfile::tempdir().unwrap();
        let mut bundle = bundle(ModelKind::Gru, Padding::Exact);
        use ninefold_nn::model::Classifier;
        bundle.model.parameters_mut().last_mut().unwrap().value[0] = value;
        bundle.save(dir.path()).unwrap();
        let error = Bundle::load(dir.path()).unwrap_err().to_string();
        assert!(error.contains("the tensor `head.bias`: expected finite numbers"), "{error}");
    }
}
