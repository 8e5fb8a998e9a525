//! An unfinished training on disk, from which the training resumes to the same bits.
//!
//! A [`Checkpoint`] is one file: safetensors, followed by the SHA-256 of all bytes before it. A file that was cut off or altered is
//! refused, and the training starts again.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use safetensors::tensor::{SafeTensors, TensorView};
use safetensors::{Dtype, serialize};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use ninefold_core::error::{Error, Result};
use ninefold_core::files::write_atomically;
use ninefold_core::progress::Progress;
use ninefold_nn::layers::Optimizer;
use ninefold_nn::train::{Checkpoint, Epoch};

/// What is no tensor; the file's metadata under the key "state".
#[derive(Serialize, Deserialize)]
struct State {
    /// Of the settings, texts and vectors: the checkpoint of another training is not resumed.
    key: String,
    history: Vec<Epoch>,
    best_epoch: usize,
    steps: Vec<u64>,
    finished: bool,
}

/// The tensor groups in the order in which [`Checkpoint`] has them.
const GROUPS: [&str; 5] = ["parameter", "average", "best", "mean", "square"];

/// Writes a checkpoint.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written.
pub(crate) fn save(path: &Path, key: &str, checkpoint: &Checkpoint) -> Result<()> {
    let failed = |error: &dyn std::fmt::Display| Error::data(format!("the checkpoint cannot be written: {error}"));
    let Optimizer { means, squares, steps } = &checkpoint.optimizer;
    let state = State {
        key: key.to_string(),
        history: checkpoint.history.clone(),
        best_epoch: checkpoint.best_epoch,
        steps: steps.clone(),
        finished: checkpoint.finished,
    };
    let state = serde_json::to_string(&state).map_err(|error| failed(&error))?;
    let groups = [&checkpoint.parameters, &checkpoint.averages, &checkpoint.best_parameters, means, squares];
    let mut tensors = Vec::new();
    for (group, values) in GROUPS.iter().zip(groups) {
        for (index, value) in values.iter().enumerate() {
            let bytes = bytemuck::cast_slice(value);
            let view = TensorView::new(Dtype::F32, vec![value.len()], bytes).map_err(|error| failed(&error))?;
            tensors.push((format!("{group}.{index:03}"), view));
        }
    }
    let metadata = HashMap::from([("state".to_string(), state)]);
    let bytes = serialize(tensors, Some(metadata)).map_err(|error| failed(&error))?;
    let checksum = Sha256::digest(&bytes);
    write_atomically(path, |out| {
        out.write_all(&bytes)?;
        out.write_all(&checksum)
    })
}

/// The checkpoint from which the training `name` resumes; `None` when there is none, it is another training's, or it is damaged,
/// which a notice tells.
pub(crate) fn resume(path: &Path, key: &str, name: &str, progress: &dyn Progress) -> Option<Checkpoint> {
    load(path, key).unwrap_or_else(|error| {
        progress.notice(&format!("{error}; {name} is trained from the beginning"));
        None
    })
}

/// Reads the checkpoint of that key; `None` when there is none, or another training's.
///
/// # Errors
/// [`Error::Format`] when the file is damaged.
fn load(path: &Path, key: &str) -> Result<Option<Checkpoint>> {
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = fs::read(path).map_err(Error::io("read", path))?;
    let broken = |error: &dyn std::fmt::Display| Error::format(path, "an intact checkpoint", error.to_string());
    let (bytes, checksum) = bytes.split_last_chunk::<32>().ok_or_else(|| broken(&"a file without a checksum"))?;
    if Sha256::digest(bytes).as_slice() != checksum {
        return Err(broken(&"another checksum"));
    }
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| broken(&error))?;
    let state = metadata.metadata().as_ref().and_then(|metadata| metadata.get("state"));
    let state = state.ok_or_else(|| broken(&"a file without the metadata `state`"))?;
    let state: State = serde_json::from_str(state).map_err(|error| broken(&error))?;
    if state.key != key {
        return Ok(None);
    }
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| broken(&error))?;
    let group = |name: &str| -> Vec<Vec<f32>> {
        let mut names: Vec<&str> = tensors.names();
        names.retain(|tensor| tensor.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')));
        names.sort_unstable();
        names.iter().filter_map(|name| tensors.tensor(name).ok()).map(|tensor| floats(tensor.data())).collect()
    };
    let [parameters, averages, best_parameters, means, squares] = GROUPS.map(group);
    Ok(Some(Checkpoint {
        history: state.history,
        parameters,
        averages,
        best_parameters,
        best_epoch: state.best_epoch,
        optimizer: Optimizer { means, squares, steps: state.steps },
        finished: state.finished,
    }))
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks::<4>();
    numbers.iter().map(|&number| f32::from_le_bytes(number)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn checkpoint_is_read_back_by_its_own_training_only_and_whole() {
        let epoch = Epoch {
            epoch: 1,
            train_loss: 0.1 + 0.2,
            train_accuracy: 1.0 / 3.0,
            validation_loss: 1e-300,
            validation_accuracy: 0.0,
            validation_f1_macro: 0.25,
            grad_norm: 5.0,
            seconds: 0.5,
        };
        let checkpoint = Checkpoint {
            history: vec![epoch],
            parameters: (0..12).map(|n| vec![n as f32, -0.0, f32::MIN_POSITIVE]).collect(),
            averages: vec![vec![0.5], vec![2.0, 3.0]],
            best_parameters: vec![vec![1.5], vec![]],
            best_epoch: 1,
            optimizer: Optimizer {
                means: vec![vec![], vec![0.25]],
                squares: vec![vec![], vec![0.5]],
                steps: vec![0, 7],
            },
            finished: false,
        };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("checkpoint.safetensors");
        assert_eq!(load(&path, "k").unwrap(), None);
        save(&path, "k", &checkpoint).unwrap();
        assert_eq!(load(&path, "k").unwrap(), Some(checkpoint));
        assert_eq!(load(&path, "other").unwrap(), None);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
        let error = load(&path, "k").unwrap_err().to_string();
        assert!(error.contains("an intact checkpoint"), "{error}");
        for byte in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[byte] ^= 1 << (byte % 8);
            fs::write(&path, flipped).unwrap();
            assert!(load(&path, "k").is_err(), "a flipped bit in byte {byte} is not seen");
        }
    }
}
