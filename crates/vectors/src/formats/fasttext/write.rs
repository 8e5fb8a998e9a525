//! [`WordVectors`] -> a fastText `.bin` that fastText and gensim open.
//!
//! fastText keeps each word's own row and composes it with its n-grams' when asked, so the row is solved for. It also keeps a
//! row per bucket: buckets that have none here are written as zeros, so that the vector of an unseen word comes out with the
//! same direction and a smaller length. Counts and output matrix, with which training could go on, are not known: the counts
//! are written as 1, the matrix as zeros.

use std::io::{self, Write};
use std::path::Path;

use super::{END_OF_LINE, MAGIC, VERSION};
use crate::WordVectors;
use crate::subwords::ngram_buckets;
use ninefold_core::error::{Error, Result};
use ninefold_core::files;

/// Writes the model.
pub(super) fn write(vectors: &WordVectors, path: &Path) -> Result<()> {
    if let Some(word) = vectors.words().iter().find(|word| word.contains('\0')) {
        return Err(Error::data(format!(
            "{word:?} holds a zero byte, at which fastText ends a word: write safetensors"
        )));
    }
    let too_large = || Error::data("fastText counts words and buckets in 31 bits: write safetensors");
    let num_words = i32::try_from(vectors.len()).map_err(|_| too_large())?;
    let (min_n, max_n, bucket) =
        vectors.subwords().map_or((0, 0, 0), |ngrams| (ngrams.min_n() as i32, ngrams.max_n() as i32, ngrams.bucket()));
    let bucket = i32::try_from(bucket).map_err(|_| too_large())?;
    files::write_atomically(path, |out| {
        // dim, ws, epoch, minCount, neg, wordNgrams, loss (negative sampling), model (skip-gram), bucket, minn, maxn,
        // lrUpdateRate: those of training are fastText's defaults.
        let settings = [vectors.dim() as i32, 5, 5, 1, 5, 1, 2, 2, bucket, min_n, max_n, 100];
        for number in [MAGIC, VERSION].iter().chain(&settings) {
            out.write_all(&number.to_le_bytes())?;
        }
        out.write_all(&1e-4f64.to_le_bytes())?;

        for number in [num_words, num_words, 0] {
            out.write_all(&number.to_le_bytes())?;
        }
        out.write_all(&i64::from(num_words).to_le_bytes())?; // tokens
        out.write_all(&(-1i64).to_le_bytes())?; // nothing pruned
        for word in vectors.words() {
            out.write_all(word.as_bytes())?;
            out.write_all(&[0])?;
            out.write_all(&1i64.to_le_bytes())?;
            out.write_all(&[0])?; // a word
        }

        let rows = i64::from(num_words) + i64::from(bucket);
        shape(out, rows, vectors.dim())?;
        for (id, word) in vectors.words().iter().enumerate() {
            floats(out, &own_row(vectors, id, word))?;
        }
        let zeros = vec![0.0; vectors.dim()];
        for bucket in 0..bucket as u32 {
            floats(out, vectors.subwords().and_then(|ngrams| ngrams.row(bucket)).unwrap_or(&zeros))?;
        }
        shape(out, i64::from(num_words), vectors.dim())?;
        (0..vectors.len()).try_for_each(|_| floats(out, &zeros))
    })
}

/// The row with which the mean over word and n-grams is the word's vector.
fn own_row(vectors: &WordVectors, id: usize, word: &str) -> Vec<f32> {
    let mut row: Vec<f64> = vectors.row(id).iter().copied().map(f64::from).collect();
    if let Some(ngrams) = vectors.subwords().filter(|_| word.as_bytes() != END_OF_LINE) {
        let buckets = ngram_buckets(word, ngrams.min_n(), ngrams.max_n(), ngrams.bucket());
        row.iter_mut().for_each(|value| *value *= (1 + buckets.len()) as f64);
        for ngram in buckets.into_iter().filter_map(|bucket| ngrams.row(bucket)) {
            row.iter_mut().zip(ngram).for_each(|(value, &part)| *value -= f64::from(part));
        }
    }
    row.into_iter().map(|value| value as f32).collect()
}

/// Not quantised; rows; length of a row.
fn shape(out: &mut impl Write, rows: i64, dim: usize) -> io::Result<()> {
    out.write_all(&[0])?;
    out.write_all(&rows.to_le_bytes())?;
    out.write_all(&(dim as i64).to_le_bytes())
}

fn floats(out: &mut impl Write, numbers: &[f32]) -> io::Result<()> {
    numbers.iter().try_for_each(|number| out.write_all(&number.to_le_bytes()))
}
