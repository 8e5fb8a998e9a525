//! N-grams that a saved model needs <-> the bytes of a safetensors file.
//!
//! | | |
//! | --- | --- |
//! | metadata `parts` | of each kind of word vectors, in the order in which their columns stand: length, n-grams, what fills the rest |
//! | `0.subwords` | F32 [rows, dim]: vectors of the first one's n-grams |
//! | `0.buckets` | U32 [rows]: the buckets that they belong to, rising |

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{SafeTensors, TensorView};
use safetensors::{Dtype, serialize};
use serde::{Deserialize, Serialize};

use super::check_finite;
use ninefold_core::error::{Error, Result};
use ninefold_vectors::matrix::UnknownRows;
use ninefold_vectors::oov::{OovColumns, OovVectors};
use ninefold_vectors::subwords::Subwords;

/// What is no tensor of a [`OovColumns`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    dim: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ngrams: Option<Ngrams>,
    filler: UnknownRows,
}

/// How n-grams are cut and hashed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ngrams {
    min_n: usize,
    max_n: usize,
    bucket: u32,
}

/// A safetensors file of these n-grams; the same give the same bytes.
pub(super) fn to_bytes(outside: &OovVectors) -> Result<Vec<u8>> {
    let failed = |error: &dyn std::fmt::Display| Error::data(format!("the n-grams cannot be saved: {error}"));
    let head = |part: &OovColumns| {
        let cut = |ngrams: &Subwords| Ngrams { min_n: ngrams.min_n(), max_n: ngrams.max_n(), bucket: ngrams.bucket() };
        Head { dim: part.dim, ngrams: part.ngrams.as_ref().map(cut), filler: part.unknown_rows.clone() }
    };
    let heads: Vec<Head> = outside.parts().iter().map(head).collect();
    let heads = serde_json::to_string(&heads).map_err(|error| failed(&error))?;
    let mut tensors = Vec::new();
    for (number, ngrams) in
        outside.parts().iter().enumerate().filter_map(|(at, part)| Some((at, part.ngrams.as_ref()?)))
    {
        let matrix: Vec<u8> = ngrams.matrix().iter().flat_map(|value| value.to_le_bytes()).collect();
        let rows = ngrams.matrix().len() / ngrams.dim();
        let buckets = ngrams.buckets().unwrap_or_else(|| (0..ngrams.bucket()).collect());
        let buckets: Vec<u8> = buckets.iter().flat_map(|bucket| bucket.to_le_bytes()).collect();
        tensors.push((format!("{number}.subwords"), Dtype::F32, vec![rows, ngrams.dim()], matrix));
        tensors.push((format!("{number}.buckets"), Dtype::U32, vec![rows], buckets));
    }
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| Ok((name, TensorView::new(*dtype, shape.clone(), bytes)?)))
        .collect::<std::result::Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(|error| failed(&error))?;
    serialize(views, Some(HashMap::from([("parts".to_string(), heads)]))).map_err(|error| failed(&error))
}

/// The n-grams of the file, for vectors of length `dim` in all. `path` is named in errors.
pub(super) fn from_bytes(bytes: &[u8], dim: usize, path: &Path) -> Result<OovVectors> {
    let broken = |error: &dyn std::fmt::Display| Error::format(path, "an intact safetensors file", error.to_string());
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| broken(&error))?;
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| broken(&error))?;
    let heads = metadata.metadata().as_ref().and_then(|metadata| metadata.get("parts"));
    let heads: Vec<Head> = match heads.map(|heads| serde_json::from_str(heads)) {
        Some(heads) => heads.map_err(|error| Error::format(path, "the metadata `parts`", error.to_string()))?,
        None => return Err(Error::format(path, "the metadata `parts`", "none")),
    };
    let numbers = |name: String, dtype: Dtype, rank: usize| -> Result<&[u8]> {
        match tensors.tensor(&name) {
            Ok(tensor) if tensor.dtype() == dtype && tensor.shape().len() == rank => Ok(tensor.data()),
            Ok(tensor) => {
                let expected = format!("the tensor `{name}` as {dtype:?} of {rank} dimensions");
                Err(Error::format(path, expected, format!("{:?} {:?}", tensor.dtype(), tensor.shape())))
            }
            Err(_) => Err(Error::format(path, format!("the tensor `{name}`"), "no tensor of that name")),
        }
    };
    let mut parts = Vec::new();
    for (number, Head { dim, ngrams, filler }) in heads.into_iter().enumerate() {
        if matches!(&filler, UnknownRows::Mean(mean) if mean.len() != dim) {
            return Err(Error::format(path, format!("a mean of {dim} numbers"), "another length"));
        }
        if let UnknownRows::Mean(mean) = &filler {
            check_finite(mean.iter().all(|number| number.is_finite()), "filler.mean", path)?;
        }
        let subwords = |Ngrams { min_n, max_n, bucket }| -> Result<Subwords> {
            let (matrix, _) = numbers(format!("{number}.subwords"), Dtype::F32, 2)?.as_chunks::<4>();
            let (buckets, _) = numbers(format!("{number}.buckets"), Dtype::U32, 1)?.as_chunks::<4>();
            let buckets: Vec<u32> = buckets.iter().map(|&bytes| u32::from_le_bytes(bytes)).collect();
            let matrix: Vec<f32> = matrix.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
            check_finite(matrix.iter().all(|number| number.is_finite()), &format!("{number}.subwords"), path)?;
            Subwords::new((min_n, max_n), bucket, dim, Some(&buckets), matrix)
                .map_err(|error| Error::format(path, "n-grams that belong together", error.to_string()))
        };
        parts.push(OovColumns { dim, ngrams: ngrams.map(subwords).transpose()?, unknown_rows: filler });
    }
    match OovVectors::new(parts) {
        Some(outside) if outside.dim() == dim => Ok(outside),
        Some(outside) => Err(Error::format(path, format!("vectors of length {dim}"), outside.dim().to_string())),
        None => Err(Error::format(path, "n-grams", "none")),
    }
}
