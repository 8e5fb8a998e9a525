//! ninefold's own form: a safetensors file with the tensor `embeddings` and the words, mapped and copied, never parsed.
//!
//! | tensor | type, shape | |
//! | --- | --- | --- |
//! | `embeddings` | F32 [num_words, dim] | |
//! | `words` | U8 [bytes] | UTF-8, each word followed by a newline |
//! | `subwords` | F32 [num_rows, dim] | optional: vectors of n-grams; metadata has `min_n`, `max_n`, `bucket` |
//! | `subword_buckets` | U32 [num_rows] | optional: the bucket of each of those rows; without it row i is bucket i |
//!
//! In Python: `t = load_file(path); words = bytes(t["words"]).decode().split("\n")[:-1]`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};
use serde_json::json;

use super::Format;
use super::source::{Head, Source};
use crate::WordVectors;
use crate::subwords::Subwords;
use ninefold_core::error::{Error, Result};
use ninefold_core::files;
use ninefold_core::progress::Progress;

/// safetensors.
pub const FORMAT: Format = Format {
    name: "safetensors",
    about: "safetensors: the tensors `embeddings` and `words`; loads fastest, keeps n-grams",
    extension: "safetensors",
    recognises,
    read,
    write: Some(write),
};

/// The length of a JSON header as u64, then the header.
fn recognises(head: &Head) -> bool {
    let length = head.bytes.first_chunk().map(|length| u64::from_le_bytes(*length));
    length.is_some_and(|length| (2..100_000_000).contains(&length)) && head.bytes[8..].starts_with(b"{\"")
}

fn read(source: Source, _: &dyn Progress) -> Result<WordVectors> {
    let place = source.place().to_owned();
    let bytes = source.into_bytes()?;
    let broken = |error: &dyn std::fmt::Display| Error::format(&place, "an intact safetensors file", error.to_string());
    let bytes: &[u8] = (*bytes).as_ref();
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| broken(&error))?;
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| broken(&error))?;
    let tensor = |name: &str, dtype: Dtype, rank: usize| {
        let Ok(tensor) = tensors.tensor(name) else { return Ok(None) };
        if tensor.dtype() != dtype || tensor.shape().len() != rank {
            let expected = format!("the tensor `{name}` as {dtype:?} with {rank} dimensions");
            return Err(Error::format(&place, expected, format!("{:?} {:?}", tensor.dtype(), tensor.shape())));
        }
        Ok(Some((tensor.shape().to_vec(), tensor.data())))
    };
    let missing = |name: &str| {
        let mut names = tensors.names();
        names.sort_unstable();
        Error::format(&place, format!("a tensor `{name}`"), format!("{names:?}"))
    };
    let (shape, embeddings) = tensor("embeddings", Dtype::F32, 2)?.ok_or_else(|| missing("embeddings"))?;
    let (_, words) = tensor("words", Dtype::U8, 1)?.ok_or_else(|| missing("words"))?;
    let words = std::str::from_utf8(words).map_err(|error| broken(&error))?;
    let words: Vec<String> = words.split_terminator('\n').map(str::to_owned).collect();
    let mut vectors = WordVectors::new(words, shape[1], floats(embeddings))?;
    if let Some((shape, rows)) = tensor("subwords", Dtype::F32, 2)? {
        let setting = |key: &str| -> Result<u32> {
            let value = metadata.metadata().as_ref().and_then(|metadata| metadata.get(key)?.parse().ok());
            value.ok_or_else(|| Error::format(&place, format!("the metadata `{key}` of n-grams"), "none"))
        };
        let ngram = (setting("min_n")? as usize, setting("max_n")? as usize);
        let buckets = tensor("subword_buckets", Dtype::U32, 1)?.map(|(_, bytes)| {
            bytes
                .chunks_exact(4)
                .map(|number| u32::from_le_bytes([number[0], number[1], number[2], number[3]]))
                .collect()
        });
        let buckets: Option<Vec<u32>> = buckets;
        let subwords = Subwords::new(ngram, setting("bucket")?, shape[1], buckets.as_deref(), floats(rows))?;
        vectors = vectors.with_subwords(subwords)?;
    }
    Ok(vectors)
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let mut numbers = vec![0.0f32; bytes.len() / 4];
    bytemuck::cast_slice_mut(&mut numbers).copy_from_slice(bytes);
    if cfg!(target_endian = "big") {
        numbers.iter_mut().for_each(|number| *number = f32::from_bits(number.to_bits().swap_bytes()));
    }
    numbers
}

/// Writes the file with its tensors in alphabetical order: the same vectors give the same bytes.
pub fn write(vectors: &WordVectors, path: &Path) -> Result<()> {
    if let Some(row) = vectors.words().iter().position(|word| word.contains('\n')) {
        return Err(Error::data(format!("word {} holds a line break: {:?}", row + 1, vectors.words()[row])));
    }
    let words: usize = vectors.words().iter().map(|word| word.len() + 1).sum();
    let subwords = vectors.subwords();
    let buckets = subwords.and_then(Subwords::buckets);
    let mut metadata = BTreeMap::from([("format", "ninefold word vectors".to_owned())]);
    let mut header = BTreeMap::new();
    let mut end = 0;
    let mut lay = |name: &'static str, dtype: &str, shape: &[usize], size: usize| {
        header.insert(name, json!({"dtype": dtype, "shape": shape, "data_offsets": [end, end + size]}));
        end += size;
    };
    lay("embeddings", "F32", &[vectors.len(), vectors.dim()], 4 * vectors.matrix().len());
    if let Some(subwords) = subwords {
        metadata.insert("min_n", subwords.min_n().to_string());
        metadata.insert("max_n", subwords.max_n().to_string());
        metadata.insert("bucket", subwords.bucket().to_string());
        if let Some(buckets) = &buckets {
            lay("subword_buckets", "U32", &[buckets.len()], 4 * buckets.len());
        }
        let numbers = subwords.matrix().len();
        lay("subwords", "F32", &[numbers / subwords.dim(), subwords.dim()], 4 * numbers);
    }
    lay("words", "U8", &[words], words);
    header.insert("__metadata__", json!(metadata));
    files::write_atomically(path, |out| {
        let mut header = serde_json::to_vec(&header)?;
        header.resize(header.len().next_multiple_of(8), b' '); // so that the numbers are aligned in a memory map
        out.write_all(&(header.len() as u64).to_le_bytes())?;
        out.write_all(&header)?;
        write_floats(out, vectors.matrix())?;
        for bucket in buckets.iter().flatten() {
            out.write_all(&bucket.to_le_bytes())?;
        }
        write_floats(out, subwords.map_or(&[], Subwords::matrix))?;
        for word in vectors.words() {
            out.write_all(word.as_bytes())?;
            out.write_all(b"\n")?;
        }
        Ok(())
    })
}

fn write_floats(out: &mut impl Write, numbers: &[f32]) -> std::io::Result<()> {
    if cfg!(target_endian = "little") {
        return out.write_all(bytemuck::cast_slice(numbers));
    }
    numbers.iter().try_for_each(|number| out.write_all(&number.to_le_bytes()))
}
