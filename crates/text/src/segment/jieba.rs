//! Chinese text -> words by jieba's dictionary and hidden Markov model; everything between is cut at Unicode's word boundaries.
//!
//! Needs the cargo feature `jieba`: the dictionary of the crate jieba-rs is compiled in (some 5 MB) and unpacked at the first use.

use std::sync::{Arc, LazyLock};

use jieba_rs::Jieba as Dictionary;

use super::segmenter::{Segmenter, Token};
use super::symbols::Symbols;

static DICTIONARY: LazyLock<Dictionary> = LazyLock::new(Dictionary::new);

/// Words by jieba's dictionary.
#[derive(Clone, Copy, Debug)]
pub struct Jieba {
    /// Which symbols are tokens.
    pub symbols: Symbols,
}

impl Segmenter for Jieba {
    fn name(&self) -> &str {
        "jieba"
    }

    fn segment(&self, text: &str, give: &mut dyn FnMut(Token<'_>)) {
        for word in DICTIONARY.cut(text, true) {
            let word = word.word;
            if word.chars().any(char::is_alphanumeric) {
                give(Token::part_of(text, word));
            } else if let Some(symbol) = self.symbols.token(word) {
                give(Token::part_of(text, symbol));
            }
        }
    }

    fn with_symbols(&self, symbols: Symbols) -> Option<Arc<dyn Segmenter>> {
        Some(Arc::new(Jieba { symbols }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_cut_into_words() {
        let mut words = Vec::new();
        let text = "小明毕业于北京大学, 2024 年 good!";
        Jieba { symbols: Symbols::Emoji }.segment(text, &mut |token| words.push(token.text.to_owned()));
        assert_eq!(words, ["小明", "毕业", "于", "北京大学", "2024", "年", "good"]);
    }
}
