//! Texts of every format; the first byte chooses the file's name.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ninefold::data::texts::TextReader;

const NAMES: [&str; 6] = ["a.csv", "a.tsv", "a.jsonl", "a.txt", "a.csv.gz", "a.txt.zst"];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, bytes)) = bytes.split_first() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(NAMES[usize::from(*first) % NAMES.len()]);
    std::fs::write(&path, bytes).expect("room for the input");
    let _ = TextReader::default().read(&path);
});
