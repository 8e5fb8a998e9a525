//! A saved model, of which one file is the input; the first byte chooses it. NINEFOLD_FUZZ_MODEL is the model's folder.

#![no_main]

use std::path::PathBuf;

use libfuzzer_sys::fuzz_target;
use ninefold::models::Predictor;

const FILES: [&str; 4] = ["config.json", "vocab.txt", "labels.json", "model.safetensors"];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, bytes)) = bytes.split_first() else { return };
    let model = PathBuf::from(std::env::var_os("NINEFOLD_FUZZ_MODEL").expect("NINEFOLD_FUZZ_MODEL: a model's folder"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    for file in FILES {
        let _ = std::fs::copy(model.join(file), folder.path().join(file));
    }
    std::fs::write(folder.path().join(FILES[usize::from(*first) % FILES.len()]), bytes).expect("room for the input");
    let _ = Predictor::load(folder.path());
});
