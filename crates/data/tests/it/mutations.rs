//! Damaged files of texts: read or refused, never a panic, and memory stays in proportion to the input.
//!
//! `NINEFOLD_FUZZ_INPUTS=1000000 cargo test --release -p ninefold-data mutations` runs longer.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::fs;
use std::io::Write;

use ninefold_data::texts::TextReader;
use ninefold_data::{CorpusConfig, InputFormat};
use ninefold_mutate::{CountingAllocator, survive};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Inputs have less than 100 KB.
const MOST_BYTES: usize = 256 << 20;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// Mutations of texts in a file of that name, plain and gzipped after the damage.
fn every_way(name: &str, valid: &[&[u8]]) {
    let folder = tempfile::tempdir().unwrap();
    let config = CorpusConfig::default();
    let is_read = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        TextReader::new(config.clone(), &InputFormat::default(), None).read(&path).is_ok()
    };
    let valid: Vec<Vec<u8>> = valid.iter().map(|bytes| bytes.to_vec()).collect();
    let plain = survive(name, valid.clone(), Some(5_000), MOST_BYTES, |bytes| is_read(name, bytes));
    let name_packed = format!("{name}.gz");
    let packed = survive(&name_packed, valid, Some(1_000), MOST_BYTES, |bytes| is_read(&name_packed, &gzip(bytes)));
    eprintln!("{name}: {plain:?}; gzipped: {packed:?}");
}

#[test]
fn damaged_tables_never_panic() {
    let quoted = b"text,label\n\"one, two\",x\n\"three \"\"four\"\"\nfive\",y\n".as_slice();
    every_way("a.csv", &[quoted, b"text;label\none;x\ntwo;y\n", b"\xef\xbb\xbftext,label\r\na,1\r\nb,2\r\n"]);
    every_way("a.tsv", &[b"label\ttext\nx\tone two\ny\tthree\n"]);
}

#[test]
fn damaged_json_lines_never_panic() {
    every_way(
        "a.jsonl",
        &[b"{\"text\": \"one \\u00e9 two\", \"label\": 1}\n\n{\"text\": \"three\", \"n\": [2, null]}\n"],
    );
}

#[test]
fn damaged_lines_of_text_never_panic() {
    let utf_16: Vec<u8> = "\u{feff}one\ntwo\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let korean = b"\xc0\xcc \xbf\xb5\xc8\xad\xb4\xc2\n\xc1\xa4\xb8\xbb\n".as_slice();
    every_way("a.txt", &[b"__label__x one two\n__label__y three\n", "one\r\nnaïve café\n".as_bytes(), &utf_16, korean]);
}
