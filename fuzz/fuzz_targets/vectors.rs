//! Word vectors of every format.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ninefold::progress::Silent;
use ninefold::vectors::formats::source::Source;
use ninefold::vectors::formats::{ReadOptions, load_from};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(source) = Source::of_bytes("input", bytes.to_vec()) {
        let _ = load_from(source, ReadOptions::default(), &Silent);
    }
});
