//! What a model said of each validation and test text, kept beside its record: whatever is made of several models is made of
//! these, also in a later run.
//!
//! *takes* calibrated probabilities -> *gives* `probabilities.safetensors`, and back to the same bits:
//!
//! ```text
//! validation         F32 [texts, num_classes]        validation_labels  U32 [texts]
//! test               F32 [texts, num_classes]        (test labels stand in predictions.csv, in the same order)
//! ```

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use safetensors::tensor::{SafeTensors, TensorView};
use safetensors::{Dtype, serialize};

use crate::run::parts::Parts;
use ninefold_core::checksum::Crc32;
use ninefold_core::error::{Error, Result};
use ninefold_core::files::write_atomically;

/// The file's name in the folder of a pair or baseline.
pub(crate) const FILE: &str = "probabilities.safetensors";
const LABELS: &str = "validation_labels";
/// The metadata key of the [`checksum`].
const CRC32: &str = "crc32";

/// Which texts were answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Validation,
    Test,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Part::Validation => "validation",
            Part::Test => "test",
        }
    }
}

/// Eight hexadecimal digits of each tensor's name, type, shape and values, in the order of the names.
fn checksum(tensors: &[(String, TensorView<'_>)]) -> String {
    let mut sorted: Vec<_> = tensors.iter().collect();
    sorted.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    let mut checksum = Crc32::default();
    for (name, tensor) in sorted {
        checksum.update(format!("{name} {:?} {:?}\n", tensor.dtype(), tensor.shape()).as_bytes());
        checksum.update(tensor.data());
    }
    format!("{:08x}", checksum.value())
}

/// Writes the probabilities of validation and test; those of train are not kept.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written.
pub(crate) fn save(folder: &Path, probabilities: &Parts<Vec<f32>>, labels: &[u32], num_classes: usize) -> Result<()> {
    let failed = |error: safetensors::SafeTensorError| Error::data(format!("probabilities cannot be kept: {error}"));
    let shares = |values: &'_ [f32]| vec![values.len() / num_classes.max(1), num_classes];
    let Parts { validation, test, .. } = probabilities;
    let tensors = [
        (Part::Validation.name(), Dtype::F32, shares(validation), bytemuck::cast_slice(validation)),
        (Part::Test.name(), Dtype::F32, shares(test), bytemuck::cast_slice(test)),
        (LABELS, Dtype::U32, vec![labels.len()], bytemuck::cast_slice(labels)),
    ];
    let views = tensors
        .into_iter()
        .map(|(name, dtype, shape, bytes): (_, _, _, &[u8])| {
            TensorView::new(dtype, shape, bytes).map(|view| (String::from(name), view))
        })
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(failed)?;
    let metadata = HashMap::from([(CRC32.to_string(), checksum(&views))]);
    let bytes = serialize(views, Some(metadata)).map_err(failed)?;
    write_atomically(&folder.join(FILE), |out| out.write_all(&bytes))
}

/// Reads those of one part; `None` where they were not kept.
///
/// # Errors
/// [`Error::Io`] when the file cannot be read, [`Error::Format`] when it is damaged or of other texts.
pub(crate) fn load(folder: &Path, part: Part, texts: usize, num_classes: usize) -> Result<Option<Vec<f32>>> {
    let path = folder.join(FILE);
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = fs::read(&path).map_err(Error::io("read", &path))?;
    let expected = || format!("the tensor `{}` as F32 [{texts}, {num_classes}]", part.name());
    let broken = |error: safetensors::SafeTensorError| Error::format(&path, expected(), error.to_string());
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(broken)?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(broken)?;
    // Files of earlier versions have no checksum.
    let stored = metadata.metadata().as_ref().and_then(|metadata| metadata.get(CRC32));
    if stored.is_some_and(|stored| *stored != checksum(&tensors.tensors())) {
        let expected = "intact probabilities (remove the folder of this file to compute the row again)";
        return Err(Error::format(&path, expected, "another checksum"));
    }
    let tensor = tensors.tensor(part.name()).map_err(broken)?;
    if tensor.dtype() != Dtype::F32 || tensor.shape() != [texts, num_classes] {
        let found = format!("{:?} {:?}", tensor.dtype(), tensor.shape());
        return Err(Error::format(&path, expected(), found));
    }
    let (numbers, _) = tensor.data().as_chunks::<4>();
    let numbers: Vec<f32> = numbers.iter().map(|&number| f32::from_le_bytes(number)).collect();
    if numbers.iter().any(|number| !(0.0..=1.0).contains(number)) {
        return Err(Error::format(path, "probabilities from 0 to 1", "others"));
    }
    Ok(Some(numbers))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn flipped_bits_of_probabilities_are_detected() {
        let dir = tempfile::tempdir().unwrap();
        let parts = Parts { train: Vec::new(), validation: vec![0.25, 0.75], test: vec![0.5, 0.5] };
        save(dir.path(), &parts, &[1], 2).unwrap();
        let intact = fs::read(dir.path().join(FILE)).unwrap();
        for bit in 0..8 * intact.len() {
            let mut bytes = intact.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            fs::write(dir.path().join(FILE), &bytes).unwrap();
            if let Ok(loaded) = load(dir.path(), Part::Validation, 1, 2) {
                assert_eq!(loaded.as_deref(), Some(&parts.validation[..]), "bit {bit}");
            }
        }
    }

    #[test]
    fn probabilities_come_back_to_the_bit_and_others_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (validation, test) = (vec![0.1, 0.9, f32::MIN_POSITIVE, 1.0], vec![1.0 / 3.0, 2.0 / 3.0]);
        assert_eq!(load(dir.path(), Part::Test, 1, 2).unwrap(), None);
        let parts = Parts { train: Vec::new(), validation: validation.clone(), test: test.clone() };
        save(dir.path(), &parts, &[1, 0], 2).unwrap();
        assert_eq!(load(dir.path(), Part::Validation, 2, 2).unwrap(), Some(validation));
        assert_eq!(load(dir.path(), Part::Test, 1, 2).unwrap(), Some(test));
        let error = load(dir.path(), Part::Test, 4, 2).unwrap_err().to_string();
        assert!(error.contains("expected the tensor `test` as F32 [4, 2], found F32 [1, 2]"), "{error}");
        let bytes = fs::read(dir.path().join(FILE)).unwrap();
        fs::write(dir.path().join(FILE), &bytes[..bytes.len() - 3]).unwrap();
        assert!(matches!(load(dir.path(), Part::Test, 1, 2), Err(Error::Format { .. })));
        let parts = Parts { train: Vec::new(), validation: vec![f32::NAN, 0.0], test: vec![] };
        save(dir.path(), &parts, &[0], 2).unwrap();
        let error = load(dir.path(), Part::Validation, 1, 2).unwrap_err().to_string();
        assert!(error.contains("probabilities from 0 to 1"), "{error}");
    }
}
