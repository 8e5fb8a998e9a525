//! Damaged model folders: loaded or refused, never a panic, and memory stays in proportion to the input.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::fs;

use ninefold_models::Predictor;
use ninefold_models::bundle::{renew_checksum, sha256};
use ninefold_mutate::{CountingAllocator, survive};
use ninefold_nn::batch::Padding;
use ninefold_nn::families::ModelKind;
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// The model has less than 100 KB.
const MOST_BYTES: usize = 256 << 20;

/// Each file in turn; the checksums are made to agree, so that the damage gets past them.
#[test]
fn damaged_model_folders_never_panic() {
    for kind in [ModelKind::Gru, ModelKind::Cnn] {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        crate::bundle::bundle(kind, Padding::Exact).save(folder.path()).unwrap();
        let config = fs::read(path("config.json")).unwrap();
        let is_loaded = || {
            let _ = renew_checksum(folder.path()); // of what is JSON
            Predictor::load(folder.path()).is_ok()
        };
        let report = survive("config.json", vec![config.clone()], Some(2_000), MOST_BYTES, |bytes| {
            fs::write(path("config.json"), bytes).unwrap();
            is_loaded()
        });
        eprintln!("{kind:?}, config.json: {report:?}");
        for name in ["vocab.txt", "labels.json", "model.safetensors"] {
            let valid = fs::read(path(name)).unwrap();
            let report = survive(name, vec![valid.clone()], Some(2_000), MOST_BYTES, |bytes| {
                let mut agreeing: Value = serde_json::from_slice(&config).unwrap();
                agreeing["sha256"][name] = json!(sha256(bytes));
                fs::write(path("config.json"), serde_json::to_vec_pretty(&agreeing).unwrap()).unwrap();
                fs::write(path(name), bytes).unwrap();
                is_loaded()
            });
            fs::write(path(name), valid).unwrap();
            eprintln!("{kind:?}, {name}: {report:?}");
        }
    }
}
