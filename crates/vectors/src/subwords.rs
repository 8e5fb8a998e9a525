//! Character n-grams of words, as fastText cuts and hashes them, so that a word never seen before has a vector too.
//!
//! `"cat"` -> `"<cat>"` -> `<ca <cat <cat> cat cat> at>` -> bucket numbers -> the mean of the rows of those buckets.
//!
//! Source: Bojanowski et al., "Enriching Word Vectors with Subword Information" (2017). The hash is 32-bit FNV-1a with one
//! peculiarity: fastText's bytes are signed, so bytes above 127 are widened with ones. Models on disk depend on it.

use rustc_hash::FxHashMap;

use ninefold_core::error::{Error, Result};
use ninefold_core::memory::{map_bytes, slice_bytes};

/// The vectors of hashed character n-grams.
#[derive(Clone, Debug, PartialEq)]
pub struct Subwords {
    min_n: usize,
    max_n: usize,
    bucket: u32,
    dim: usize,
    rows: Option<FxHashMap<u32, u32>>, // bucket -> row; None: row = bucket
    matrix: Vec<f32>,                  // [num_rows, dim]
}

impl Subwords {
    /// Bytes of its tables in memory.
    pub fn memory_bytes(&self) -> usize {
        let rows = self.rows.as_ref().map_or(0, |rows| map_bytes::<u32, u32>(rows.capacity()));
        slice_bytes(&self.matrix) + rows
    }

    /// N-grams of `min_n` to `max_n` characters in `bucket` buckets.
    ///
    /// `buckets` names the bucket of each row of `matrix` when only some have one (those that occurred in training, or
    /// that survived pruning); with `None` row i belongs to bucket i.
    ///
    /// # Shapes
    /// `buckets` `[num_rows]`, `matrix` `[num_rows, dim]`; num_rows = `bucket` without `buckets`.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] when the three numbers make no sense, [`Error::Data`] when the sizes do not agree, a bucket is
    /// out of range or named twice, or a number is not finite.
    pub fn new(
        (min_n, max_n): (usize, usize),
        bucket: u32,
        dim: usize,
        buckets: Option<&[u32]>,
        matrix: Vec<f32>, // [num_rows, dim]
    ) -> Result<Subwords> {
        if min_n == 0 || min_n > max_n {
            return Err(Error::invalid_value("min_n", format!("1 to max_n ({max_n})"), min_n));
        }
        if bucket == 0 {
            return Err(Error::invalid_value("bucket", "at least 1", bucket));
        }
        let num_rows = buckets.map_or(bucket as usize, <[u32]>::len);
        if dim == 0 || Some(matrix.len()) != num_rows.checked_mul(dim) {
            let found = matrix.len();
            return Err(Error::data(format!(
                "{num_rows} subword rows of {dim} dimensions cannot hold {found} numbers"
            )));
        }
        if let Some(position) = matrix.iter().position(|value| !value.is_finite()) {
            let (row, value) = (position / dim, matrix[position]);
            return Err(Error::data(format!("subword row {row} holds {value}, which is not a finite number")));
        }
        let rows = buckets.map(|buckets| index(buckets, bucket)).transpose()?;
        Ok(Subwords { min_n, max_n, bucket, dim, rows, matrix })
    }

    /// Fewest characters of an n-gram.
    pub fn min_n(&self) -> usize {
        self.min_n
    }

    /// Most characters of an n-gram.
    pub fn max_n(&self) -> usize {
        self.max_n
    }

    /// Number of buckets that n-grams are hashed into.
    pub fn bucket(&self) -> u32 {
        self.bucket
    }

    /// Length of every row.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The rows, one after another. `[num_rows, dim]`
    pub fn matrix(&self) -> &[f32] {
        &self.matrix
    }

    /// The bucket of each row when only some buckets have one. `[num_rows]`
    pub fn buckets(&self) -> Option<Vec<u32>> {
        let rows = self.rows.as_ref()?;
        let mut buckets = vec![0; rows.len()];
        for (&bucket, &row) in rows {
            buckets[row as usize] = bucket;
        }
        Some(buckets)
    }

    /// The row of a bucket, where it has one. `[dim]`
    pub fn row(&self, bucket: u32) -> Option<&[f32]> {
        let row = self.rows.as_ref().map_or(Some(bucket), |rows| rows.get(&bucket).copied())?;
        self.matrix.get(row as usize * self.dim..)?.get(..self.dim)
    }

    /// The mean of the rows of a word's n-grams; n-grams whose bucket has no row are left out, and a word of which no
    /// n-gram has a row has no vector. `[dim]`
    pub fn vector(&self, word: &str) -> Option<Vec<f32>> {
        let mut sum = vec![0.0; self.dim];
        let mut found = 0;
        for row in ngram_buckets(word, self.min_n, self.max_n, self.bucket).into_iter().filter_map(|it| self.row(it)) {
            sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            found += 1;
        }
        let scale = 1.0 / found as f32;
        sum.iter_mut().for_each(|value| *value *= scale);
        (found > 0).then_some(sum)
    }
}

impl Subwords {
    /// The same without rows that none of these words falls into; the buckets of those that are left rise.
    pub fn of_words<T: AsRef<str>>(&self, words: &[T]) -> Subwords {
        let buckets = words.iter().flat_map(|word| ngram_buckets(word.as_ref(), self.min_n, self.max_n, self.bucket));
        let mut buckets: Vec<u32> = buckets.filter(|&bucket| self.row(bucket).is_some()).collect();
        buckets.sort_unstable();
        buckets.dedup();
        let matrix = buckets.iter().filter_map(|&bucket| self.row(bucket)).flatten().copied().collect();
        let rows = buckets.into_iter().zip(0..).collect();
        Subwords { rows: Some(rows), matrix, ..*self }
    }
}

fn index(buckets: &[u32], bucket: u32) -> Result<FxHashMap<u32, u32>> {
    let mut rows = FxHashMap::with_capacity_and_hasher(buckets.len(), Default::default());
    for (row, &one) in buckets.iter().enumerate() {
        if one >= bucket {
            return Err(Error::data(format!("subword row {row} belongs to bucket {one}, but there are only {bucket}")));
        }
        if rows.insert(one, row as u32).is_some() {
            return Err(Error::data(format!("two subword rows belong to bucket {one}")));
        }
    }
    Ok(rows)
}

/// The n-grams of `<word>` of `min_n` to `max_n` characters (code points), by where they begin, then by length. The
/// boundary signs `<` and `>` alone do not count as n-grams.
///
/// ```
/// use ninefold_vectors::subwords::ngrams;
///
/// assert_eq!(ngrams("cat", 3, 4), ["<ca", "<cat", "cat", "cat>", "at>"]);
/// ```
pub fn ngrams(word: &str, min_n: usize, max_n: usize) -> Vec<String> {
    let mut found = Vec::new();
    each_ngram(word.as_bytes(), min_n, max_n, |ngram| found.push(String::from_utf8_lossy(ngram).into_owned()));
    found
}

/// The buckets of [`ngrams`], in the same order; two n-grams may share one. Empty when `bucket` is 0. The word may be broken
/// UTF-8, as in models trained on texts of other encodings.
pub fn ngram_buckets(word: impl AsRef<[u8]>, min_n: usize, max_n: usize, bucket: u32) -> Vec<u32> {
    let mut found = Vec::new();
    if bucket > 0 {
        each_ngram(word.as_ref(), min_n, max_n, |ngram| found.push(hash(ngram) % bucket));
    }
    found
}

/// fastText's hash of a string: FNV-1a over bytes widened as signed numbers.
pub fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, &byte| (hash ^ byte as i8 as u32).wrapping_mul(0x0100_0193))
}

fn each_ngram(word: &[u8], min_n: usize, max_n: usize, mut visit: impl FnMut(&[u8])) {
    let marked = [b"<", word, b">"].concat();
    // As fastText: a character continues while bytes have the form 10xxxxxx.
    let begins = |&at: &usize| marked[at] & 0xc0 != 0x80;
    let ends: Vec<usize> = (1..marked.len()).filter(begins).chain([marked.len()]).collect();
    let mut start = 0;
    for first in 0..ends.len() {
        for (n, &end) in (1..=max_n).zip(&ends[first..]) {
            let only_a_boundary = n == 1 && (first == 0 || end == marked.len());
            if n >= min_n && !only_a_boundary {
                visit(&marked[start..end]);
            }
        }
        start = ends[first];
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[derive(serde::Deserialize)]
    struct Golden {
        cases: Vec<Case>,
    }

    #[derive(serde::Deserialize)]
    struct Case {
        word: String,
        min_n: usize,
        max_n: usize,
        bucket: u32,
        ngrams: Vec<String>,
        buckets: Vec<u32>,
    }

    #[test]
    fn ngrams_and_buckets_are_those_of_fasttext_and_gensim() {
        let golden: Golden = serde_json::from_str(include_str!("../tests/golden/subwords.json")).unwrap();
        assert!(golden.cases.len() >= 100, "the fixture shrank to {}", golden.cases.len());
        for Case { word, min_n, max_n, bucket, ngrams: expected, buckets } in golden.cases {
            assert_eq!(ngrams(&word, min_n, max_n), expected, "{word} {min_n}-{max_n}");
            assert_eq!(ngram_buckets(&word, min_n, max_n, bucket), buckets, "{word} {min_n}-{max_n} in {bucket}");
        }
    }

    #[test]
    fn an_empty_word_and_no_buckets_are_no_trouble() {
        assert_eq!(ngrams("", 1, 6), ["<>"]);
        assert!(ngram_buckets("cat", 3, 6, 0).is_empty());
    }

    #[test]
    fn an_unknown_word_is_the_mean_of_its_ngrams_that_have_a_row() {
        let buckets = ngram_buckets("cat", 4, 4, 1000); // <cat cat>
        let all: Vec<f32> = (0..1000).flat_map(|bucket| [bucket as f32, 1.0]).collect();
        let dense = Subwords::new((4, 4), 1000, 2, None, all).unwrap();
        assert_eq!(dense.vector("cat").unwrap(), [(buckets[0] + buckets[1]) as f32 / 2.0, 1.0]);
        assert_eq!(dense.vector("a"), None, "<a> has no n-gram of four characters");

        let some = Subwords::new((4, 4), 1000, 2, Some(&buckets[1..]), vec![5.0, 6.0]).unwrap();
        assert_eq!(some.vector("cat").unwrap(), [5.0, 6.0], "<cat has no row, so only cat> counts");
        assert_eq!(some.buckets().unwrap(), buckets[1..]);
    }

    #[test]
    fn senseless_settings_are_refused_by_name() {
        let refusal = |ngram, bucket, buckets: Option<&[u32]>, numbers| {
            Subwords::new(ngram, bucket, 2, buckets, vec![0.5; numbers]).unwrap_err().to_string()
        };
        assert_eq!(refusal((4, 3), 5, None, 10), "min_n: expected 1 to max_n (3), found 4");
        assert_eq!(refusal((3, 6), 0, None, 0), "bucket: expected at least 1, found 0");
        assert_eq!(refusal((3, 6), 5, None, 9), "5 subword rows of 2 dimensions cannot hold 9 numbers");
        assert_eq!(refusal((3, 6), 5, Some(&[5]), 2), "subword row 0 belongs to bucket 5, but there are only 5");
        assert_eq!(refusal((3, 6), 5, Some(&[2, 2]), 4), "two subword rows belong to bucket 2");
        let nan = Subwords::new((3, 6), 2, 1, None, vec![0.0, f32::NAN]).unwrap_err().to_string();
        assert_eq!(nan, "subword row 1 holds NaN, which is not a finite number");
    }
}
