//! fastText models: `.bin` of today and of before 2017 (without a magic number), supervised ones too, and quantised `.ftz`.
//!
//! | part | content |
//! | --- | --- |
//! | head | magic 793712314, version; not in the old format |
//! | settings | twelve i32 and one f64 |
//! | dictionary | counts; each word with its count; which n-grams survived pruning |
//! | input matrix | a row per word, then a row per bucket of n-grams; f32, or codes of product quantisation |
//! | output matrix | needed to continue training only; checked for its length |
//!
//! A word's vector is the mean of its own row and its n-grams', as fastText's `get_word_vector` gives it. A classifier's
//! labels are left out.
//!
//! Source: fastText's `fasttext.cc`, `dictionary.cc` and `quantmatrix.cc`; Joulin et al., "FastText.zip" (2016).

mod fields;
mod parts;
mod quantised;
mod write;

use rayon::prelude::*;

use super::source::{Head, Source};
use super::{Format, text};
use crate::WordVectors;
use crate::subwords::{Subwords, ngram_buckets};
use fields::Fields;
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;
use ninefold_core::subnormals::FlushParallel;
use parts::{Dictionary, Model, Settings};

const MAGIC: i32 = 793_712_314;
/// The version that fastText has written since 2017; it reads older ones.
const VERSION: i32 = 12;
/// What ends a line in fastText's texts: a word that has no n-grams, but had them in the old format.
const END_OF_LINE: &[u8] = b"</s>";
/// Words that one thread composes in one go.
const WORDS: usize = 1024;

/// fastText models of today, plain or quantised.
pub const FORMAT: Format = Format {
    name: "fasttext",
    about: "a fastText model (.bin; quantised .ftz: reading only); keeps n-grams",
    extension: "bin",
    recognises: |head| head.bytes.starts_with(&MAGIC.to_le_bytes()),
    is_text: false,
    read: |source, _, progress| read(source, true, progress),
    write: Some(write::write),
};

/// fastText models of before 2017, which begin with their settings.
pub const OLD: Format = Format {
    name: "fasttext-old",
    about: "a fastText model of the first format, without a magic number",
    extension: "bin",
    recognises: |head: &Head| Settings::begin(head.bytes),
    is_text: false,
    read: |source, _, progress| read(source, false, progress),
    write: None,
};

fn read(source: Source, has_head: bool, progress: &dyn Progress) -> Result<WordVectors> {
    let mut fields = Fields::new(source.into_reader(), progress);
    if has_head {
        fields.i32("the magic number")?;
        let version = fields.i32("the version")?;
        if version > VERSION {
            return Err(fields.refuse(format!("a fastText model of version {VERSION} or below"), version));
        }
        read_parts(fields, Some(version), progress)
    } else {
        read_parts(fields, None, progress)
    }
}

/// Everything after the head; `version` is `None` in the old format.
fn read_parts(mut fields: Fields, version: Option<i32>, progress: &dyn Progress) -> Result<WordVectors> {
    let settings = Settings::read(&mut fields, version)?;
    let dictionary = Dictionary::read(&mut fields, version.is_some())?;
    let mut matrix = parts::read_input(&mut fields, &settings, &dictionary, version.is_some())?; // [words, then buckets; dim]
    fields.end()?;

    let num_words = dictionary.words.len();
    compose(&mut matrix, &settings, &dictionary, progress)?;
    let ngrams = matrix.split_off(num_words * settings.dim);
    let subwords = settings.ngrams.filter(|_| !ngrams.is_empty()).map(|(min_n, max_n)| {
        Subwords::new((min_n, max_n), settings.bucket, settings.dim, dictionary.buckets.as_deref(), ngrams)
    });
    let mut broken = 0;
    let names = dictionary.words.into_iter().map(|word| {
        String::from_utf8(word).unwrap_or_else(|error| {
            broken += 1;
            String::from_utf8_lossy(error.as_bytes()).into_owned()
        })
    });
    let names: Vec<String> = names.collect();
    let vectors = WordVectors::new(names, settings.dim, matrix)?;
    text::broken_words(broken, progress);
    if settings.model == Model::Supervised {
        let labels = dictionary.num_labels;
        progress.notice(&format!("a fastText classifier: its word vectors are read, its {labels} labels are not"));
    }
    match subwords {
        Some(subwords) => vectors.with_subwords(subwords?),
        None => Ok(vectors),
    }
}

/// Turns each word's own row into the mean of it and its n-grams' rows, in place.
fn compose(matrix: &mut [f32], settings: &Settings, dictionary: &Dictionary, progress: &dyn Progress) -> Result<()> {
    let dim = settings.dim;
    let (words, ngrams) = matrix.split_at_mut(dictionary.words.len() * dim);
    let row_of_bucket = dictionary.row_of_bucket();
    let row = |bucket: u32| match &row_of_bucket {
        None => Some(bucket),
        Some(kept) => kept.get(&bucket).copied(),
    };
    let compose_some = |(rows, words): (&mut [f32], &[Vec<u8>])| {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        for (sum, word) in rows.chunks_exact_mut(dim).zip(words) {
            let mut count = 1;
            for ngram in settings.buckets_of(word).into_iter().filter_map(row) {
                let ngram = &ngrams[ngram as usize * dim..][..dim];
                sum.iter_mut().zip(ngram).for_each(|(sum, value)| *sum += value);
                count += 1;
            }
            let scale = 1.0 / count as f32;
            sum.iter_mut().for_each(|value| *value *= scale);
        }
        Ok(())
    };
    let chunks = words.par_chunks_mut(WORDS * dim).zip(dictionary.words.par_chunks(WORDS));
    chunks.flushing().map(compose_some).collect()
}

impl Settings {
    /// The buckets of a word's n-grams.
    fn buckets_of(&self, word: &[u8]) -> Vec<u32> {
        match self.ngrams {
            Some((min_n, max_n)) if word != END_OF_LINE || self.cuts_end_of_line => {
                ngram_buckets(word, min_n, max_n, self.bucket)
            }
            _ => Vec::new(),
        }
    }
}
