//! What other programs read of a training while it goes on, beside `history.csv`.

mod events;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use ninefold_core::error::{Error, Result};
use ninefold_nn::train::Epoch;

/// A form of log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogKind {
    /// `events.out.tfevents.ninefold`, for `tensorboard --logdir RUN`.
    Tensorboard,
    /// `metrics.jsonl`: a JSON object per epoch.
    Jsonl,
}

/// The open logs of one training.
pub(crate) struct Logs {
    files: Vec<(LogKind, PathBuf, File)>,
}

impl Logs {
    /// Logs in `folder`, with the epochs so far in them.
    ///
    /// # Errors
    /// [`Error::Io`] when they cannot be written.
    pub(crate) fn begin(kinds: &[LogKind], folder: &Path, history: &[Epoch]) -> Result<Logs> {
        let mut files = Vec::new();
        for &kind in kinds {
            let (name, beginning) = match kind {
                LogKind::Tensorboard => ("events.out.tfevents.ninefold", events::beginning(wall_time())),
                LogKind::Jsonl => ("metrics.jsonl", Vec::new()),
            };
            let path = folder.join(name);
            let mut file = File::create(&path).map_err(Error::io("write", &path))?;
            file.write_all(&beginning).map_err(Error::io("write", &path))?;
            files.push((kind, path, file));
        }
        let mut logs = Logs { files };
        history.iter().try_for_each(|epoch| logs.add(epoch))?;
        Ok(logs)
    }

    /// One more epoch, in the file at once: somebody may be looking.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be written.
    pub(crate) fn add(&mut self, epoch: &Epoch) -> Result<()> {
        for (kind, path, file) in &mut self.files {
            let bytes = match kind {
                LogKind::Tensorboard => events::scalars(wall_time(), epoch.epoch as u64, &numbers(epoch)),
                LogKind::Jsonl => {
                    let line = serde_json::to_string(epoch).map_err(|error| Error::data(error.to_string()))?;
                    (line + "\n").into_bytes()
                }
            };
            file.write_all(&bytes).map_err(Error::io("write", path))?;
        }
        Ok(())
    }
}

/// What is drawn: train and validation of one figure stand under each other.
fn numbers(epoch: &Epoch) -> [(&'static str, f64); 7] {
    [
        ("loss/train", epoch.train_loss),
        ("loss/validation", epoch.validation_loss),
        ("accuracy/train", epoch.train_accuracy),
        ("accuracy/validation", epoch.validation_accuracy),
        ("f1_macro/validation", epoch.validation_f1_macro),
        ("training/grad_norm", epoch.grad_norm),
        ("training/seconds", epoch.seconds),
    ]
}

fn wall_time() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
