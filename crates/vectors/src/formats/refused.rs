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
    is_text: false,
    read: |source, _, _| {
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
    is_text: false,
    read: |source, _, _| {
        refuse(&source, "a Python pickle (gensim's .model or .kv?): save it with gensim's save_word2vec_format")
    },
    write: None,
};

/// UTF-16 text, as some Windows programs write it.
pub const UTF_16: Format = Format {
    name: "utf-16",
    about: "text in UTF-16",
    extension: "txt",
    recognises: |head| head.bytes.starts_with(b"\xff\xfe") || head.bytes.starts_with(b"\xfe\xff"),
    is_text: false,
    read: |source, _, _| refuse(&source, "text in UTF-16: save it as UTF-8, e.g. `iconv -f utf-16 -t utf-8 IN > OUT`"),
    write: None,
};

/// NumPy arrays, which have no words.
pub const NUMPY: Format = Format {
    name: "numpy",
    about: "a NumPy array (.npy)",
    extension: "npy",
    recognises: |head| head.bytes.starts_with(b"\x93NUMPY"),
    is_text: false,
    read: |source, _, _| refuse(&source, "a NumPy array, which has no words: give vectors with their words"),
    write: None,
};

fn refuse(source: &Source, found: &str) -> Result<WordVectors> {
    Err(Error::format(source.place(), EXPECTED, found))
}
