//! A folder of model2vec (potion and other static embeddings): `tokenizer.json` and `model.safetensors`.
//!
//! | tensor | type, shape | |
//! | --- | --- | --- |
//! | `embeddings` | F32, F16 or F64 [num_rows, dim] | |
//! | `weights` | the same types [num_wordpieces] | optional: factor of each wordpiece |
//! | `mapping` | I64 or I32 [num_wordpieces] | optional: the row of each wordpiece |

use std::path::Path;

use safetensors::{Dtype, SafeTensors};

use super::MOST_DIMENSIONS;
use crate::WordVectors;
use crate::wordpieces::Wordpieces;
use ninefold_core::error::{Error, Result};
use ninefold_core::files::read_text;

const TOKENIZER: &str = "tokenizer.json";
const TENSORS: &str = "model.safetensors";
/// A mapping names a row of up to a few hundred numbers in 8 bytes.
const MOST_EXPANSION: usize = 256;

/// The folder that holds both files, when `path` is it or names its tensors.
pub(super) fn folder_of(path: &Path) -> Option<&Path> {
    let folder = if path.ends_with(TENSORS) { path.parent()? } else { path };
    (folder.join(TOKENIZER).is_file() && folder.join(TENSORS).is_file()).then_some(folder)
}

/// Reads the folder.
pub(super) fn read(folder: &Path) -> Result<WordVectors> {
    let path = folder.join(TENSORS);
    let bytes = std::fs::read(&path).map_err(Error::io("read", &path))?;
    let place = path.display().to_string();
    let tensors = SafeTensors::deserialize(&bytes)
        .map_err(|error| Error::format(&place, "an intact safetensors file", error.to_string()))?;
    let tensor = |name: &str| tensors.tensor(name).ok();
    let Some(embeddings) = tensor("embeddings") else {
        return Err(Error::format(&place, "a tensor `embeddings`", format!("{:?}", tensors.names())));
    };
    let &[num_rows, dim] = embeddings.shape() else {
        return Err(Error::format(&place, "`embeddings` with 2 dimensions", format!("{:?}", embeddings.shape())));
    };
    if dim > MOST_DIMENSIONS {
        return Err(Error::format(&place, format!("at most {MOST_DIMENSIONS} dimensions"), dim.to_string()));
    }
    let rows = floats(&place, embeddings.dtype(), embeddings.data())?; // [num_rows, dim]
    let mapping = tensor("mapping").map(|it| integers(&place, it.dtype(), it.data())).transpose()?;
    let weights = tensor("weights").map(|it| floats(&place, it.dtype(), it.data())).transpose()?;
    let num_wordpieces = mapping.as_ref().map_or(num_rows, Vec::len);
    if weights.as_ref().is_some_and(|weights| weights.len() != num_wordpieces) {
        let found = weights.map_or(0, |weights| weights.len());
        return Err(Error::format(
            &place,
            format!("{num_wordpieces} weights, one for each wordpiece"),
            found.to_string(),
        ));
    }
    let numbers = num_wordpieces.saturating_mul(dim);
    if numbers / MOST_EXPANSION > bytes.len() {
        let expected = format!("a mapping to at most {MOST_EXPANSION} numbers for each byte of the file");
        return Err(Error::format(&place, expected, format!("{num_wordpieces} rows of {dim} numbers")));
    }
    let mut matrix = Vec::with_capacity(numbers); // [num_wordpieces, dim]
    for wordpiece in 0..num_wordpieces {
        let row = mapping.as_ref().map_or(Some(wordpiece), |mapping| usize::try_from(mapping[wordpiece]).ok());
        let Some(row) = row.filter(|&row| row < num_rows) else {
            return Err(Error::format(&place, format!("a row below {num_rows} for wordpiece {wordpiece}"), "another"));
        };
        let weight = weights.as_ref().map_or(1.0, |weights| weights[wordpiece]);
        matrix.extend(rows[row * dim..][..dim].iter().map(|value| value * weight));
    }

    let path = folder.join(TOKENIZER);
    let tokenizer = read_text("read", &path)?;
    let wordpieces = Wordpieces::new(&path.display().to_string(), tokenizer.as_bytes(), dim, matrix)?;
    let (words, matrix) = wordpieces.whole_words();
    WordVectors::new(words, dim, matrix)?.with_wordpieces(wordpieces)
}

fn floats(place: &str, dtype: Dtype, data: &[u8]) -> Result<Vec<f32>> {
    Ok(match dtype {
        Dtype::F32 => data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
        Dtype::F64 => data.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes) as f32).collect(),
        Dtype::F16 => data.as_chunks().0.iter().map(|bytes| of_half(u16::from_le_bytes(*bytes))).collect(),
        other => return Err(Error::format(place, "numbers as F32, F16 or F64", format!("{other:?}"))),
    })
}

fn integers(place: &str, dtype: Dtype, data: &[u8]) -> Result<Vec<i64>> {
    Ok(match dtype {
        Dtype::I64 => data.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect(),
        Dtype::I32 => data.as_chunks().0.iter().map(|bytes| i64::from(i32::from_le_bytes(*bytes))).collect(),
        other => return Err(Error::format(place, "a mapping as I64 or I32", format!("{other:?}"))),
    })
}

/// IEEE 754 half precision: a sign, five bits of exponent, ten of fraction.
fn of_half(bits: u16) -> f32 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 0x3ff));
    let magnitude = match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_reads_as_the_standard_says() {
        let cases = [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x0400, 6.103_515_6e-5),
            (0xfc00, f32::NEG_INFINITY),
        ];
        for (bits, expected) in cases {
            assert_eq!(of_half(bits), expected, "{bits:#06x}");
        }
        assert!(of_half(0x7e00).is_nan());
    }
}
