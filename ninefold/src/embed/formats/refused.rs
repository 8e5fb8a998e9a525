//! Formats that are known by their first bytes but not read: refused by name, with what to do instead.

use super::Format;
use super::source::{Head, Source};
use crate::embed::WordVectors;
use crate::error::{Error, Result};

const EXPECTED: &str = "word vectors in a format that ninefold reads";

/// fastText models of today, plain or quantised.
pub const FASTTEXT: Format = Format {
    name: "fasttext-bin",
    about: "a fastText model (.bin, quantised .ftz)",
    extension: "bin",
    recognises: |head| head.bytes.starts_with(&793_712_314i32.to_le_bytes()),
    read: |source, _| {
        refuse(&source, "a fastText model (.bin or .ftz): give the .vec file that fastText wrote beside it")
    },
    write: None,
};

/// fastText models of before 2017, which begin with their settings.
pub const FASTTEXT_OLD: Format = Format {
    name: "fasttext-bin-old",
    about: "a fastText model of the first format, without a magic number (.bin)",
    extension: "bin",
    recognises: begins_with_fasttext_settings,
    read: |source, _| {
        refuse(&source, "a fastText model of the first format (.bin): give the .vec file that fastText wrote beside it")
    },
    write: None,
};

/// finalfusion's own container.
pub const FINALFUSION: Format = Format {
    name: "finalfusion",
    about: "finalfusion embeddings (.fifu)",
    extension: "fifu",
    recognises: |head| head.bytes.starts_with(b"FiFu"),
    read: |source, _| {
        refuse(&source, "finalfusion embeddings (.fifu): convert with finalfusion's `convert -t word2vec`")
    },
    write: None,
};

/// Python pickles: gensim's `.model` and `.kv`.
pub const PICKLE: Format = Format {
    name: "pickle",
    about: "a Python pickle, such as gensim's .model and .kv",
    extension: "kv",
    recognises: |head| matches!(head.bytes, [0x80, 2..=5, ..]),
    read: |source, _| {
        refuse(&source, "a Python pickle (gensim's .model or .kv?): save it with gensim's save_word2vec_format")
    },
    write: None,
};

/// NumPy arrays, which have no words.
pub const NUMPY: Format = Format {
    name: "numpy",
    about: "a NumPy array (.npy)",
    extension: "npy",
    recognises: |head| head.bytes.starts_with(b"\x93NUMPY"),
    read: |source, _| refuse(&source, "a NumPy array, which has no words: give vectors with their words"),
    write: None,
};

fn refuse(source: &Source, found: &str) -> Result<WordVectors> {
    Err(Error::format(source.place(), EXPECTED, found))
}

/// Twelve i32 (dim, ws, epoch, minCount, neg, wordNgrams, loss, model, bucket, minn, maxn, lrUpdateRate) and the f64 t, all
/// of which have narrow ranges.
fn begins_with_fasttext_settings(head: &Head) -> bool {
    let Some((settings, rest)) = head.bytes.split_at_checked(48) else { return false };
    let Some(t) = rest.first_chunk::<8>() else { return false };
    let mut field = settings.chunks_exact(4).map(|bytes| i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    let mut within = |range: std::ops::RangeInclusive<i32>| field.next().is_some_and(|value| range.contains(&value));
    within(1..=100_000) // dim
        && within(1..=10_000) // ws
        && within(1..=100_000) // epoch
        && within(0..=i32::MAX) // minCount
        && within(0..=100_000) // neg
        && within(1..=1000) // wordNgrams
        && within(1..=4) // loss
        && within(1..=3) // model
        && within(0..=i32::MAX) // bucket
        && within(0..=1000) // minn
        && within(0..=1000) // maxn
        && within(0..=i32::MAX) // lrUpdateRate
        && (0.0..=1.0).contains(&f64::from_le_bytes(*t))
}
