//! Text -> words, by Unicode Standard Annex 29, several times as fast on ASCII.
//!
//! The segmentation itself is the crate unicode-segmentation's, but for ASCII, where the rules are few. The text is cut where a word
//! boundary is certain, so that one curly quote does not take the whole text off the fast path.

use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

use super::segmenter::{Segmenter, Token};
use super::stretches::stretches;
use super::symbols::Symbols;

/// Words by Unicode's word boundaries, for any language that writes spaces, and the symbols between them that are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// Which symbols are tokens.
    pub symbols: Symbols,
}

impl Words {
    /// The words of a text and the symbols that are wanted. Exactly the words of `text.unicode_words()`, but for the blank that a stray
    /// combining mark after it turns into the beginning of a word (files of vectors could not hold that).
    fn each<'a>(text: &'a str, symbols: Symbols, mut give: impl FnMut(&'a str)) {
        for stretch in stretches(text, is_certain) {
            if stretch.is_ascii() {
                ascii_words(stretch, &mut give);
                continue;
            }
            let mut words = stretch.unicode_word_indices().peekable();
            for (start, segment) in stretch.split_word_bound_indices() {
                if words.next_if(|&(word, _)| word == start).is_some() {
                    give(segment.trim_start());
                } else if let Some(symbol) = symbols.token(segment) {
                    give(symbol);
                }
            }
        }
    }
}

impl Segmenter for Words {
    fn name(&self) -> &str {
        "words"
    }

    fn segment(&self, text: &str, give: &mut dyn FnMut(Token<'_>)) {
        Words::each(text, self.symbols, |word| give(Token::part_of(text, word)));
    }

    fn ignores_ascii_case(&self) -> bool {
        true
    }

    fn with_symbols(&self, symbols: Symbols) -> Option<Arc<dyn Segmenter>> {
        Some(Arc::new(Words { symbols }))
    }

    fn left_out_symbols(&self, text: &str) -> usize {
        if text.is_ascii() || self.symbols == Symbols::All {
            return 0;
        }
        let count = |symbols| {
            let mut count = 0;
            Words::each(text, symbols, |_| count += 1);
            count
        };
        count(Symbols::All) - count(self.symbols)
    }
}

/// What a byte of ASCII means to the rules: up to `Joiner` it is part of a word.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Class {
    Letter,
    Digit,
    /// `_`, which joins whatever is beside it.
    Joiner,
    /// `:` joins letters.
    BetweenLetters,
    /// `,` and `;` join digits.
    BetweenDigits,
    /// `.` and `'` join both.
    Between,
    Other,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = 0;
    while byte < 128 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => Class::Letter,
            b'0'..=b'9' => Class::Digit,
            b'_' => Class::Joiner,
            b':' => Class::BetweenLetters,
            b',' | b';' => Class::BetweenDigits,
            b'.' | b'\'' => Class::Between,
            _ => Class::Other,
        };
        byte += 1;
    }
    classes
};

/// The words of a text that is ASCII: rules WB5 to WB13b of the annex, and of what lies between boundaries only what has a letter or a
/// digit.
fn ascii_words<'a>(text: &'a str, give: &mut impl FnMut(&'a str)) {
    let bytes = text.as_bytes();
    let class = |at: usize| bytes.get(at).map_or(Class::Other, |&byte| CLASSES[byte as usize]);
    let mut at = 0;
    while at < bytes.len() {
        let (start, mut is_word) = (at, false);
        loop {
            let mut here = class(at);
            while here <= Class::Joiner {
                is_word |= here != Class::Joiner;
                at += 1;
                here = class(at);
            }
            let joins = match here {
                _ if at == start => false,
                Class::BetweenLetters => [class(at - 1), class(at + 1)] == [Class::Letter; 2],
                Class::BetweenDigits => [class(at - 1), class(at + 1)] == [Class::Digit; 2],
                Class::Between => class(at - 1) == class(at + 1) && class(at + 1) < Class::Joiner,
                _ => false,
            };
            if !joins {
                break;
            }
            at += 1;
        }
        if is_word {
            give(&text[start..at]);
        }
        at += 1; // what ends a word begins none
    }
}

/// Between ASCII white space and another ASCII character a word always ends: what could attach to the white space is not
/// ASCII. (A run of blanks is one segment, but where it is cut does not matter, since blanks are trimmed.)
fn is_certain(before: u8, _after: u8) -> bool {
    matches!(before, b' ' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::super::symbols::is_symbol;
    use super::*;
    use proptest::prelude::*;

    /// Characters between which the rules of UAX 29 have something to say, ASCII the commonest.
    const PIECES: &[&str] = &[
        "a", "Z", "7", "0", "_", ".", ",", ";", ":", "'", "\"", "-", "@", "/", " ", " ", "  ", "\t", "\n", "\r\n",
        "\r", "\0", "a", "b", "1", ".", "'", "é", "e\u{301}", "\u{301}", "\u{200d}", "\u{ad}", "\u{2019}", "·", "א",
        "ש", "가", "漢", "カ", "ー", "ひ", "ा", "क", "👩", "👍🏽", "🇰", "🇷", "\u{2003}", "\u{a0}", "\u{85}", "\u{2028}",
        "\u{feff}", "½", "٣", "‿", "ǅ",
    ];

    fn slow(text: &str) -> Vec<&str> {
        text.unicode_words().map(str::trim_start).collect()
    }

    fn cut(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        Words { symbols: Symbols::None }.segment(text, &mut |word| words.push(word.text.to_owned()));
        words
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4000, ..Default::default() })]

        #[test]
        fn stretches_change_no_word(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
            let text = pieces.concat();
            prop_assert_eq!(cut(&text), slow(&text));
            prop_assert!(!cut(&text).iter().any(|word| word.contains(char::is_whitespace)));
        }

        #[test]
        fn symbols_change_no_word(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
            let text = pieces.concat();
            let mut words = Vec::new();
            Words::each(&text, Symbols::All, |token| words.push(token));
            words.retain(|token| !is_symbol(token));
            prop_assert_eq!(words, slow(&text).into_iter().filter(|word| !is_symbol(word)).collect::<Vec<_>>());
        }

        #[test]
        fn any_text_has_the_words_of_the_slow_path(text in any::<String>()) {
            prop_assert_eq!(cut(&text), slow(&text));
        }

        #[test]
        fn ascii_has_the_words_of_the_general_rules(text in "[ -~\\t\\r\\n]{0,60}") {
            let general = format!("{text}\r\n漢"); // one character that is not ASCII takes the library off its own fast path
            let mut words = slow(&general);
            words.pop();
            prop_assert_eq!(cut(&text), words);
        }
    }
}
