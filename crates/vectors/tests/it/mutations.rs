//! Damaged files of every format: refused or read, never a panic, and memory stays in proportion to the input.
//!
//! `NINEFOLD_FUZZ_INPUTS=1000000 cargo test --release -p ninefold-vectors mutations` runs longer.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::fs;
use std::io::Write;
use std::path::Path;

use ninefold_core::progress::Silent;
use ninefold_mutate::{CountingAllocator, survive};
use ninefold_vectors::WordVectors;
use ninefold_vectors::evaluate::Judgements;
use ninefold_vectors::formats::source::Source;
use ninefold_vectors::formats::{self, ReadOptions};
use ninefold_vectors::subwords::Subwords;
use ninefold_vectors::wordpieces::Wordpieces;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// No input is larger than 64 KB, which may unpack to 256 times as much. Other tests of this program run beside these.
const MOST_BYTES: usize = 256 << 20;

fn golden(names: &[&str]) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    names.iter().map(|name| fs::read(folder.join(name)).unwrap()).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn is_read(bytes: Vec<u8>, options: ReadOptions) -> bool {
    Source::of_bytes("f", bytes).and_then(|source| formats::load_from(source, options, &Silent)).is_ok()
}

/// Plain, gzipped after the damage (so that it gets past the checksum), and with bad lines skipped where there are lines.
fn every_way(name: &str, valid: &[Vec<u8>], is_text: bool) {
    let plain = survive(name, valid.to_vec(), None, MOST_BYTES, |bytes| {
        is_read(bytes.to_vec(), ReadOptions { skip_bad_lines: is_text })
            | is_read(bytes.to_vec(), ReadOptions::default())
    });
    let name_packed = format!("{name}, gzipped");
    let packed = survive(&name_packed, valid.to_vec(), Some(2_000), MOST_BYTES, |bytes| {
        is_read(gzip(bytes), ReadOptions::default())
    });
    eprintln!("{name}: {plain:?}; gzipped: {packed:?}");
}

#[test]
fn damaged_texts_never_panic() {
    every_way("text", &golden(&["vectors/gensim.vec", "vectors/gensim.glove.txt"]), true);
}

#[test]
fn damaged_word2vec_binaries_never_panic() {
    every_way("word2vec binary", &golden(&["vectors/gensim.bin", "vectors/ctool.bin"]), false);
}

#[test]
fn damaged_fasttext_models_never_panic() {
    let valid =
        golden(&["fasttext/pruned.ftz", "fasttext/norms.ftz", "fasttext/quantised.ftz", "fasttext/classifier.bin"]);
    every_way("fastText", &valid, false);
}

#[test]
fn damaged_old_fasttext_models_never_panic() {
    every_way("fastText of the first format", &golden(&["fasttext/old.bin"]), false);
}

/// Files as others write them, without a checksum, so that damage gets past it.
#[test]
fn damaged_safetensors_never_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.safetensors");
    let subwords = Subwords::new((2, 3), 5, 2, Some(&[4, 0]), vec![1.0, 2.0, 3.0, 4.0]).unwrap();
    let vectors = WordVectors::new(vec!["cat".into(), "dog".into()], 2, vec![0.5; 4]).unwrap();
    formats::save_cache(&vectors.with_subwords(subwords).unwrap(), "note", &path).unwrap();
    let checked = fs::read(&path).unwrap();
    let header = usize::from(u16::from_le_bytes([checked[0], checked[1]])) + 8;
    let text = String::from_utf8(checked[8..header].to_vec()).unwrap();
    let text = text.replace("crc32", "other").replace(", checked", "         ");
    let unchecked = [&checked[..8], text.as_bytes(), &checked[header..]].concat();
    every_way("safetensors", &[unchecked], false);
    let load = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let is_read = formats::load_cache(&path, &Silent).is_ok();
        assert_eq!(is_read, bytes == checked, "whatever was altered, the checksum tells");
        is_read
    };
    let at = memchr::memmem::find(&checked, b"crc32\":\"").unwrap() + 8;
    let capitals = [&checked[..at], &checked[at..at + 8].to_ascii_uppercase(), &checked[at + 8..]].concat();
    assert!(capitals == checked || !load(&capitals), "a checksum in capitals was altered");
    let report = survive("cache", vec![checked.clone()], Some(2_000), MOST_BYTES, load);
    eprintln!("cache: {report:?}");
}

#[test]
fn damaged_judgements_never_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set");
    let pairs = b"# a set\nword1\tword2\tscore\nold\tnew\t1.5\na b\tc\t2\n".to_vec();
    let report = survive(
        "judgements",
        vec![pairs, b": one\na b c d\n: two\ne f g h\n".to_vec()],
        Some(5_000),
        MOST_BYTES,
        |bytes| {
            fs::write(&path, bytes).unwrap();
            Judgements::read(&path).is_ok()
        },
    );
    eprintln!("judgements: {report:?}");
}

#[test]
fn damaged_tokenizers_never_panic() {
    let valid = [crate::static_embeddings::word_piece(), crate::static_embeddings::unigram()];
    let valid = valid.map(|tokenizer| tokenizer.to_string().into_bytes()).to_vec();
    let report = survive("tokenizer.json", valid, Some(5_000), MOST_BYTES, |bytes| {
        let pieces = Wordpieces::new("tokenizer.json", bytes, 2, vec![0.5; 14]);
        pieces.map(|pieces| (pieces.whole_words(), pieces.vector("playing naïve 猫"))).is_ok()
    });
    eprintln!("tokenizer.json: {report:?}");
}
