//! Text -> raw tokens: the step that depends on script and language.
//!
//! A name (the setting `tokenizer.unit`) -> its [`Segmenter`]. One file of this folder per segmenter, and one line in
//! [`SEGMENTERS`]: that is all a further one needs. A segmenter of another crate goes into a tokenizer by
//! [`Tokenizer::with_segmenter`](crate::tokenize::Tokenizer::with_segmenter).

#[cfg(feature = "bpe")]
mod bpe;
mod characters;
#[cfg(feature = "icu")]
mod icu;
#[cfg(feature = "jieba")]
mod jieba;
mod script;
mod segmenter;
mod stretches;
mod symbols;
mod words;

#[cfg(feature = "bpe")]
pub use bpe::Bpe;
pub use characters::Characters;
#[cfg(feature = "icu")]
pub use icu::Icu;
#[cfg(feature = "jieba")]
pub use jieba::Jieba;
pub use script::{Fitting, fitting, has_syllables};
pub use segmenter::{Segmenter, Token};
pub use symbols::Symbols;
pub use words::Words;

/// Every segmenter that settings can name.
pub static SEGMENTERS: &[&dyn Segmenter] = &[
    &Words { symbols: Symbols::Emoji },
    &Characters,
    #[cfg(feature = "icu")]
    &Icu { symbols: Symbols::Emoji },
    #[cfg(feature = "jieba")]
    &Jieba { symbols: Symbols::Emoji },
    #[cfg(feature = "bpe")]
    &Bpe::new(Symbols::Emoji),
];

/// Segmenters that a program may have been built without: each is a cargo feature of this crate.
pub const OPTIONAL: [&str; 3] = ["icu", "jieba", "bpe"];

/// The segmenter of that name.
pub fn find(name: &str) -> Option<&'static dyn Segmenter> {
    SEGMENTERS.iter().copied().find(|segmenter| segmenter.name() == name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn segmenters_are_found_by_name() {
        for segmenter in SEGMENTERS {
            assert_eq!(find(segmenter.name()).unwrap().name(), segmenter.name());
        }
        assert!(find("Words").is_none());
    }

    #[test]
    fn ranges_name_the_bytes_of_each_token() {
        let text = " Caf\u{e9} au  lait, don't\n";
        let ranges = |segmenter: &dyn Segmenter| {
            let mut all = Vec::new();
            segmenter
                .segment(text, &mut |token| all.push((token.text.to_string(), text[token.range.unwrap()].to_string())));
            all
        };
        let words = ranges(&Words { symbols: Symbols::Emoji });
        assert!(words.iter().all(|(token, bytes)| token == bytes), "{words:?}");
        assert_eq!(
            words.iter().map(|(token, _)| token.as_str()).collect::<Vec<_>>(),
            ["Caf\u{e9}", "au", "lait", "don't"]
        );
        let characters = ranges(&Characters);
        assert_eq!(characters[3..8].iter().map(|(token, _)| token.as_str()).collect::<String>(), "\u{e9} au ");
        assert_eq!(characters[7], (" ".to_string(), "  ".to_string()), "a run of white space is one token");
    }
}
