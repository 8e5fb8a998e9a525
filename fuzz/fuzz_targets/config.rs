//! A config file.

#![no_main]

use std::io::Write;

use libfuzzer_sys::fuzz_target;
use ninefold::lab::{Sources, resolve};

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("room for the input");
    let _ = resolve(&Sources { file: Some(file.path().to_path_buf()), ..Sources::default() });
});
