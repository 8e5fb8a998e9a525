//! Text -> words in scripts that write no spaces: Chinese, Japanese, Thai, Lao, Khmer and Burmese by ICU's dictionaries; everything
//! else by Unicode's word boundaries.
//!
//! ICU's neural networks for the last four cut a few common words in two (Thai "มาก", Khmer "ភាពយន្ត"), its dictionaries do not.
//!
//! Needs the cargo feature `icu`: the data of the crate icu_segmenter are compiled in (some 3 MB).

use std::sync::Arc;

use icu_segmenter::WordSegmenter;
use icu_segmenter::options::WordBreakInvariantOptions;

use super::segmenter::{Segmenter, Token};
use super::symbols::Symbols;

/// Words by ICU's dictionaries.
#[derive(Clone, Copy, Debug)]
pub struct Icu {
    /// Which symbols are tokens.
    pub symbols: Symbols,
}

impl Segmenter for Icu {
    fn name(&self) -> &str {
        "icu"
    }

    fn segment(&self, text: &str, give: &mut dyn FnMut(Token<'_>)) {
        let segmenter = WordSegmenter::new_dictionary(WordBreakInvariantOptions::default());
        let mut start = 0;
        for (end, kind) in segmenter.segment_str(text).iter_with_word_type() {
            let segment = &text[start..end];
            start = end;
            if kind.is_word_like() {
                give(Token::part_of(text, segment));
            } else if let Some(symbol) = self.symbols.token(segment) {
                give(Token::part_of(text, symbol));
            }
        }
    }

    fn with_symbols(&self, symbols: Symbols) -> Option<Arc<dyn Segmenter>> {
        Some(Arc::new(Icu { symbols }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        Icu { symbols: Symbols::Emoji }.segment(text, &mut |token| words.push(token.text.to_owned()));
        words
    }

    #[test]
    fn scripts_without_spaces_are_cut_into_words() {
        assert_eq!(words("我喜欢这部电影。"), ["我", "喜欢", "这", "部", "电影"]);
        assert_eq!(words("この映画は面白い"), ["この", "映画", "は", "面白い"]);
        assert_eq!(words("ภาษาไทยง่ายมาก"), ["ภาษา", "ไทย", "ง่าย", "มาก"]);
        assert_eq!(words("ខ្ញុំចូលចិត្តភាពយន្តនេះ"), ["ខ្ញុំ", "ចូលចិត្ត", "ភាពយន្ត", "នេះ"]);
    }

    #[test]
    fn other_scripts_are_cut_at_word_boundaries() {
        assert_eq!(words("Don't panic: it's 3.14 ❤\u{fe0f}!"), ["Don't", "panic", "it's", "3.14", "❤"]);
        assert!(words(" — … ").is_empty());
    }
}
