//! A tokenizer.json with two numbers for each of a hundred wordpieces.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ninefold::vectors::wordpieces::Wordpieces;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(wordpieces) = Wordpieces::new("tokenizer.json", bytes, 2, vec![0.5; 200]) {
        let _ = wordpieces.whole_words();
        let _ = wordpieces.vector("playing naïve 猫");
    }
});
