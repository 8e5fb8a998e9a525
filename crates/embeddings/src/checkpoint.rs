//! A training that was killed resumes after its last finished epoch.
//!
//! Matrices at the end of an epoch -> a file: a line of JSON that says which training this is and how many epochs are done,
//! the rows as little-endian floats, and the CRC-32 of all that as eight hexadecimal digits and a newline. With `threads = 1` a killed and resumed training gives the same bytes as an
//! uninterrupted one, because every random number depends on its position in the training and none on a state.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::matrix::SharedMatrix;
use ninefold_core::checksum::Crc32;
use ninefold_core::error::{Error, Result};
use ninefold_core::files::write_atomically;
use ninefold_core::progress::Progress;
use ninefold_core::rng::fold;

/// The file that a training is saved in, and how often.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// The file.
    pub path: PathBuf,
    /// At the end of an epoch the file is written if the last one is older than this.
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

/// Saves and restores one training.
pub(crate) struct Checkpointer<'a> {
    checkpoint: Option<&'a Checkpoint>,
    header: Header,
    written: Instant,
}

impl<'a> Checkpointer<'a> {
    /// For a training of `words` that occur `counts` times. All settings but `threads` identify a training.
    ///
    /// # Errors
    /// When the settings are no JSON.
    pub(crate) fn new(
        checkpoint: Option<&'a Checkpoint>,
        method: &str,
        settings: &impl Serialize,
        words: &[String],
        counts: &[u64],
    ) -> Result<Checkpointer<'a>> {
        let mut settings = serde_json::to_value(settings)
            .map_err(|error| Error::invalid_value("settings", "settings that JSON can hold", error))?;
        without_threads(&mut settings);
        let of_words = words.iter().flat_map(|word| word.bytes().map(u64::from).chain([256]));
        let text = of_words.chain(counts.iter().copied()).fold(words.len() as u64, |text, word| fold(&[text, word]));
        let header = Header { method: method.to_string(), settings, text, epochs_done: 0 };
        Ok(Checkpointer { checkpoint, header, written: Instant::now() })
    }

    /// Fills the matrices from the file of an earlier run and gives the number of epochs that are done. A damaged file is
    /// named in a notice, and the training starts from the beginning.
    ///
    /// # Errors
    /// [`Error::Data`] when the file is of another training, [`Error::Io`] when it cannot be read.
    pub(crate) fn restore(&mut self, matrices: &mut [&mut SharedMatrix], progress: &dyn Progress) -> Result<usize> {
        let Some(Checkpoint { path, .. }) = self.checkpoint.filter(|checkpoint| checkpoint.path.exists()) else {
            return Ok(0);
        };
        match self.restore_from(path, matrices) {
            Ok(epochs_done) => {
                progress.notice(&format!("{}: resumes after epoch {epochs_done}", path.display()));
                Ok(epochs_done)
            }
            Err(error @ Error::Format { .. }) => {
                progress.notice(&format!("{error}; the training starts from the beginning"));
                Ok(0)
            }
            Err(error) => Err(error),
        }
    }

    fn restore_from(&self, path: &Path, matrices: &mut [&mut SharedMatrix]) -> Result<usize> {
        let open = || File::open(path).map(BufReader::new).map_err(Error::io("read", path));
        let broken = |what: String| Error::format(path, "an unfinished training as ninefold saves it", what);
        let size = check_sum(path, open()?)?;

        let mut file = open()?;
        let mut line = Vec::new();
        file.read_until(b'\n', &mut line).map_err(Error::io("read", path))?;
        let found: Header = serde_json::from_slice(&line).map_err(|error| broken(error.to_string()))?;
        let Header { method, settings, text, epochs_done } = found;
        if (&method, &settings, text) != (&self.header.method, &self.header.settings, self.header.text) {
            let what = if text == self.header.text { "with other settings" } else { "on other texts" };
            let path = path.display();
            return Err(Error::data(format!(
                "{path}: an unfinished training of {method} {what}: finish it with the settings and texts it was begun with, or \
                 delete the file"
            )));
        }
        let numbers: usize = matrices.iter().map(|matrix| matrix.rows() * matrix.dim()).sum();
        let expected = line.len() + numbers * size_of::<f32>() + CHECKSUM;
        if size != expected as u64 {
            return Err(broken(format!("{size} bytes where its matrices need {expected}")));
        }
        for matrix in matrices {
            for row in 0..matrix.rows() {
                let values = matrix.values(row);
                file.read_exact(bytemuck::cast_slice_mut(values)).map_err(Error::io("read", path))?;
                values.iter_mut().for_each(|value| *value = f32::from_bits(u32::from_le(value.to_bits())));
                if let Some(value) = values.iter().find(|value| !value.is_finite()) {
                    let path = path.display();
                    return Err(Error::data(format!(
                        "{path}: row {row} holds {value}: delete the file, and lower learning_rate"
                    )));
                }
            }
        }
        Ok(epochs_done)
    }

    /// Saves the matrices when the last file is old enough.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be written.
    pub(crate) fn save(&mut self, epochs_done: usize, matrices: &[&SharedMatrix]) -> Result<()> {
        let Some(checkpoint) = self.checkpoint.filter(|checkpoint| self.written.elapsed() >= checkpoint.every) else {
            return Ok(());
        };
        self.header.epochs_done = epochs_done;
        write_atomically(&checkpoint.path, |out| {
            let mut out = Checked { out, checksum: Crc32::default() };
            serde_json::to_writer(&mut out, &self.header)?;
            out.write_all(b"\n")?;
            let mut values = Vec::new();
            for matrix in matrices {
                for row in 0..matrix.rows() {
                    matrix.copy_row(row, &mut values);
                    values.iter_mut().for_each(|value| *value = f32::from_bits(value.to_bits().to_le()));
                    out.write_all(bytemuck::cast_slice(&values))?;
                }
            }
            let checksum = out.checksum.value();
            writeln!(out, "{checksum:08x}")
        })?;
        self.written = Instant::now();
        Ok(())
    }
}

/// Bytes of the checksum at the file's end: eight digits and a newline.
const CHECKSUM: usize = 9;

/// Refuses a file whose checksum is not the one at its end; gives its size.
fn check_sum(path: &Path, mut file: BufReader<File>) -> Result<u64> {
    let size = file.get_ref().metadata().map_err(Error::io("read", path))?.len();
    let (mut checksum, mut end) = (Crc32::default(), String::new());
    let content = size.saturating_sub(CHECKSUM as u64);
    io::copy(&mut file.by_ref().take(content), &mut checksum).map_err(Error::io("read", path))?;
    let is_text = file.read_to_string(&mut end).is_ok();
    if is_text && end == format!("{:08x}\n", checksum.value()) {
        return Ok(size);
    }
    Err(Error::format(path, "an unfinished training with its checksum at the end", "a damaged file"))
}

/// Writes on and computes the checksum of what was written.
struct Checked<W> {
    out: W,
    checksum: Crc32,
}

impl<W: Write> Write for Checked<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.checksum.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
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
    fn saved_rows_come_back_another_training_is_refused_and_damage_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoint = Checkpoint { path: folder.path().join("saved"), every: Duration::ZERO };
        let words = ["a", "b"].map(String::from);
        let checkpointer = |settings: Value, counts: &[u64]| {
            Checkpointer::new(Some(&checkpoint), "word2vec", &settings, &words, counts).unwrap()
        };
        let settings = |dim: u32, threads: u32| serde_json::json!({ "dim": dim, "threads": threads });
        let mut matrix = SharedMatrix::zeros(2, 20).unwrap();
        matrix.randomize(1.0, &mut Rng::new(1));
        let mut empty = SharedMatrix::zeros(2, 20).unwrap();
        let mut restored = |mut checkpointer: Checkpointer| {
            checkpointer.restore(&mut [&mut empty], &Silent).map(|epochs| (epochs, empty.all_values()))
        };
        assert_eq!(restored(checkpointer(settings(20, 1), &[5, 1])).unwrap().0, 0, "nothing saved yet");
        checkpointer(settings(20, 1), &[5, 1]).save(3, &[&matrix]).unwrap();
        assert_eq!(
            restored(checkpointer(settings(20, 8), &[5, 1])).unwrap(),
            (3, matrix.all_values()),
            "threads may differ"
        );
        let mut refusal = |checkpointer| restored(checkpointer).unwrap_err().to_string();
        assert!(refusal(checkpointer(settings(30, 1), &[5, 1])).contains("word2vec with other settings"));
        assert!(refusal(checkpointer(settings(20, 1), &[5, 2])).contains("on other texts"));
        let whole = std::fs::read(&checkpoint.path).unwrap();
        let begins_anew = |bytes: &[u8]| {
            std::fs::write(&checkpoint.path, bytes).unwrap();
            let mut other = SharedMatrix::zeros(2, 20).unwrap();
            let restored = checkpointer(settings(20, 1), &[5, 1]).restore(&mut [&mut other], &Silent).unwrap();
            restored == 0 && other.all_values().iter().all(|&value| value == 0.0)
        };
        for at in 0..whole.len() {
            let mut altered = whole.clone();
            altered[at] ^= 1 << (at % 8);
            assert!(begins_anew(&altered), "byte {at} was flipped");
        }
        for end in (0..whole.len()).step_by(7) {
            assert!(begins_anew(&whole[..end]), "cut after {end} bytes");
        }
        assert!(begins_anew(&[whole, vec![0]].concat()), "a byte too many");
        checkpoint.remove().unwrap();
        checkpoint.remove().unwrap();
    }
}
