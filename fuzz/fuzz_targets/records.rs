//! The leaderboard of a run folder.

#![no_main]

use std::io::Write;

use libfuzzer_sys::fuzz_target;
use ninefold::records::Leaderboard;

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("room for the input");
    let _ = Leaderboard::load(file.path());
});
