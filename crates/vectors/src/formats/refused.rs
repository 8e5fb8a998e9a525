//! Formats that are known by their first bytes but not read: refused by name, with what to do instead.

use super::Format;
use super::source::Source;
use crate::WordVectors;
use ninefold_core::error::{Error, Result};

const EXPECTED: &str = "word vectors in a format that ninefold reads";

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
