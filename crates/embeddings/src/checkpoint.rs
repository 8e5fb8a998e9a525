//! A training that was killed goes on from its last epoch.
//!
//! Matrices at the end of an epoch -> a file: a line of JSON that says which training this is and how many epochs are done,
//! then the rows as little-endian floats. With `threads = 1` a killed and continued training gives the same bytes as one that
//! ran through, because every random number comes from its place in the training and none from a state.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::matrix::SharedMatrix;
use ninefold_core::error::{Error, Result};
use ninefold_core::files::write_atomically;
use ninefold_core::progress::Progress;
use ninefold_core::rng::fold;

/// Where a training is kept, and how often.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// The file.
    pub path: PathBuf,
    /// At the end of an epoch the file is written when it is older than this.
    pub every: Duration,
}

impl Checkpoint {
    /// Deletes the file, if there is one: the vectors are where they should be.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be deleted.
    pub fn remove(&self) -> Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("delete", &self.path)(error)),
            _ => Ok(()),
        }
    }
}

/// The first line of the file.
#[derive(Serialize, Deserialize)]
struct Header {
    method: String,
    settings: Value,
    text: u64,
    epochs_done: usize,
}

/// Keeps one training.
pub(crate) struct Keeper<'a> {
    checkpoint: Option<&'a Checkpoint>,
    header: Header,
    written: Instant,
}

impl<'a> Keeper<'a> {
    /// For a training of `words` that occur `counts` times. Settings but for `threads` make a training what it is.
    ///
    /// # Errors
    /// When the settings are no JSON.
    pub(crate) fn new(
        checkpoint: Option<&'a Checkpoint>,
        method: &str,
        settings: &impl Serialize,
        words: &[String],
        counts: &[u64],
    ) -> Result<Keeper<'a>> {
        let mut settings = serde_json::to_value(settings)
            .map_err(|error| Error::invalid_value("settings", "settings that JSON can hold", error))?;
        without_threads(&mut settings);
        let of_words = words.iter().flat_map(|word| word.bytes().map(u64::from).chain([256]));
        let text = of_words.chain(counts.iter().copied()).fold(words.len() as u64, |text, word| fold(&[text, word]));
        let header = Header { method: method.to_string(), settings, text, epochs_done: 0 };
        Ok(Keeper { checkpoint, header, written: Instant::now() })
    }

    /// Fills the matrices with what an earlier run has kept; gives the epochs that are done.
    ///
    /// # Errors
    /// [`Error::Data`] when the file is of another training, [`Error::Format`] when it is broken.
    pub(crate) fn restore(&mut self, matrices: &mut [&mut SharedMatrix], progress: &dyn Progress) -> Result<usize> {
        let Some(Checkpoint { path, .. }) = self.checkpoint.filter(|checkpoint| checkpoint.path.exists()) else {
            return Ok(0);
        };
        let mut file = BufReader::new(File::open(path).map_err(Error::io("read", path))?);
        let broken = |what: &str| Error::format(path, "an unfinished training as ninefold keeps it", what);
        let mut line = Vec::new();
        file.read_until(b'\n', &mut line).map_err(Error::io("read", path))?;
        let found: Header = serde_json::from_slice(&line).map_err(|error| broken(&error.to_string()))?;
        let Header { method, settings, text, epochs_done } = found;
        if (&method, &settings, text) != (&self.header.method, &self.header.settings, self.header.text) {
            let what = if text == self.header.text { "with other settings" } else { "on other texts" };
            let path = path.display();
            return Err(Error::data(format!(
                "{path}: an unfinished training of {method} {what}: finish it as it was begun, or delete the file"
            )));
        }
        for matrix in matrices {
            for row in 0..matrix.rows() {
                let values = matrix.values(row);
                file.read_exact(bytemuck::cast_slice_mut(values)).map_err(|error| broken(&error.to_string()))?;
                values.iter_mut().for_each(|value| *value = f32::from_bits(u32::from_le(value.to_bits())));
            }
        }
        if !file.fill_buf().map_err(Error::io("read", path))?.is_empty() {
            return Err(broken("more than its rows"));
        }
        progress.notice(&format!("{}: goes on after epoch {epochs_done}", path.display()));
        Ok(epochs_done)
    }

    /// Writes the matrices down when it is time.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be written.
    pub(crate) fn keep(&mut self, epochs_done: usize, matrices: &[&SharedMatrix]) -> Result<()> {
        let Some(checkpoint) = self.checkpoint.filter(|checkpoint| self.written.elapsed() >= checkpoint.every) else {
            return Ok(());
        };
        self.header.epochs_done = epochs_done;
        write_atomically(&checkpoint.path, |out| {
            serde_json::to_writer(&mut *out, &self.header)?;
            out.write_all(b"\n")?;
            let mut values = Vec::new();
            for matrix in matrices {
                for row in 0..matrix.rows() {
                    matrix.copy_row(row, &mut values);
                    values.iter_mut().for_each(|value| *value = f32::from_bits(value.to_bits().to_le()));
                    out.write_all(bytemuck::cast_slice(&values))?;
                }
            }
            Ok(())
        })?;
        self.written = Instant::now();
        Ok(())
    }
}

/// Takes the number of threads out of settings, and out of those that they are made of.
fn without_threads(settings: &mut Value) {
    if let Some(settings) = settings.as_object_mut() {
        settings.remove("threads");
        settings.values_mut().for_each(without_threads);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ninefold_core::progress::Silent;
    use ninefold_core::rng::Rng;

    #[test]
    fn rows_come_back_and_another_training_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoint = Checkpoint { path: folder.path().join("kept"), every: Duration::ZERO };
        let words = ["a", "b"].map(String::from);
        let keeper = |settings: Value, counts: &[u64]| {
            Keeper::new(Some(&checkpoint), "word2vec", &settings, &words, counts).unwrap()
        };
        let settings = |dim: u32, threads: u32| serde_json::json!({ "dim": dim, "threads": threads });
        let mut matrix = SharedMatrix::zeros(2, 20).unwrap();
        matrix.randomize(1.0, &mut Rng::new(1));
        let mut empty = SharedMatrix::zeros(2, 20).unwrap();
        let mut restored =
            |mut keeper: Keeper| keeper.restore(&mut [&mut empty], &Silent).map(|epochs| (epochs, empty.all_values()));
        assert_eq!(restored(keeper(settings(20, 1), &[5, 1])).unwrap().0, 0, "nothing kept yet");
        keeper(settings(20, 1), &[5, 1]).keep(3, &[&matrix]).unwrap();
        assert_eq!(restored(keeper(settings(20, 8), &[5, 1])).unwrap(), (3, matrix.all_values()), "threads may differ");
        let mut refusal = |keeper| restored(keeper).unwrap_err().to_string();
        assert!(refusal(keeper(settings(30, 1), &[5, 1])).contains("word2vec with other settings"));
        assert!(refusal(keeper(settings(20, 1), &[5, 2])).contains("on other texts"));
        let whole = std::fs::read(&checkpoint.path).unwrap();
        std::fs::write(&checkpoint.path, &whole[..whole.len() - 1]).unwrap();
        assert!(refusal(keeper(settings(20, 1), &[5, 1])).contains("expected an unfinished training"));
        std::fs::write(&checkpoint.path, [whole, vec![0]].concat()).unwrap();
        assert!(refusal(keeper(settings(20, 1), &[5, 1])).contains("more than its rows"));
        checkpoint.remove().unwrap();
        checkpoint.remove().unwrap();
    }
}
