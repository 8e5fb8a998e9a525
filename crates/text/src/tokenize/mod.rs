//! Text -> tokens: cut by a [`Segmenter`], made alike, the unwanted left out.
//!
//! Takes a text -> gives its tokens in order. By default these are the words of Unicode Standard Annex 29, so "don't", "3.14" and
//! "www.example.org" are one token each and "e-mail" is two; an emoji is a token, punctuation and other symbols are none
//! (the setting `symbols` changes that). Letters that can be written in several ways are made alike as the setting `normalization` says.

mod case;
mod config;
mod normalization;
mod stop_words;

use std::borrow::Cow;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::segment::{Segmenter, Token};

pub use case::{TITLE, UPPER};
pub use config::{AUTO, Numbers, TokenizerConfig};
use ninefold_core::error::Result;
pub use normalization::Normalization;
pub use stop_words::StopWords;

/// What stands for every number under `numbers = "mask"`. No text can contain it: `<` and `>` are never in a word.
pub const NUM: &str = "<num>";

/// Cuts texts into tokens. Cheap to share among threads.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    config: TokenizerConfig,
    segmenter: Arc<dyn Segmenter>,
    normalization: Normalization,
    stop_words: FxHashSet<String>, // normalised, in lower case
    lowers_ascii_ahead: bool,      // every token is then as it has to be
}

impl Tokenizer {
    /// Builds a tokenizer with the segmenter that `config.unit` names, reading the file of stop words if there is one.
    ///
    /// # Errors
    /// [`Error::InvalidValue`](ninefold_core::Error::InvalidValue) for a setting that has no meaning, [`Error::Io`](ninefold_core::Error::Io) or
    /// [`Error::Format`](ninefold_core::Error::Format) when the stop words cannot be read.
    pub fn new(config: &TokenizerConfig) -> Result<Tokenizer> {
        let segmenter = config.segmenter()?;
        let learned = match config.subword_rules.is_empty() {
            true => None,
            false => segmenter.with_rules(&config.subword_rules, config.lowercase)?,
        };
        Tokenizer::with_segmenter(config, learned.unwrap_or_else(|| Arc::new(segmenter)))
    }

    /// Builds a tokenizer with a segmenter of your own, boxed or shared. Its name replaces `config.unit`, by which saved models
    /// name it.
    ///
    /// # Errors
    /// As [`Tokenizer::new`].
    ///
    /// # Examples
    /// ```
    /// use std::sync::Arc;
    /// use ninefold_text::segment::{Segmenter, Token};
    /// use ninefold_text::tokenize::{Tokenizer, TokenizerConfig};
    ///
    /// #[derive(Debug)]
    /// struct Fields;
    ///
    /// impl Segmenter for Fields {
    ///     fn name(&self) -> &str {
    ///         "fields"
    ///     }
    ///
    ///     fn segment(&self, text: &str, give: &mut dyn FnMut(Token<'_>)) {
    ///         text.split('/').for_each(|text| give(Token { text, range: None }));
    ///     }
    /// }
    ///
    /// let tokenizer = Tokenizer::with_segmenter(&TokenizerConfig::default(), Arc::new(Fields) as Arc<dyn Segmenter>)?;
    /// assert_eq!(tokenizer.tokenize("New York/Los Angeles"), ["new york", "los angeles"]);
    /// # Ok::<(), ninefold_core::Error>(())
    /// ```
    pub fn with_segmenter(config: &TokenizerConfig, segmenter: impl Into<Arc<dyn Segmenter>>) -> Result<Tokenizer> {
        let segmenter = segmenter.into();
        let config = TokenizerConfig { unit: segmenter.name().to_string(), ..config.clone() };
        config.validate_for(&*segmenter)?;
        let segmenter = segmenter.with_symbols(config.symbols).unwrap_or(segmenter);
        let normalization = config.normalization.or(Normalization::None);
        let stop_words = config.stop_words.words()?;
        let stop_words = stop_words.iter().map(|word| normalization.apply(word, true).to_lowercase()).collect();
        let is_lowered = config.lowercase && !config.mark_case && config.numbers == Numbers::Keep;
        let lowers_ascii_ahead = is_lowered && segmenter.ignores_ascii_case();
        Ok(Tokenizer { config, segmenter, normalization, stop_words, lowers_ascii_ahead })
    }

    /// The settings that it was built with.
    pub fn config(&self) -> &TokenizerConfig {
        &self.config
    }

    /// Number of symbols of `text` beyond ASCII that are no tokens because of the setting `symbols`.
    pub fn left_out_symbols(&self, text: &str) -> usize {
        self.segmenter.left_out_symbols(text)
    }

    /// The tokens of `text`, in order.
    ///
    /// # Examples
    /// ```
    /// use ninefold_text::tokenize::{Tokenizer, TokenizerConfig};
    ///
    /// let tokenizer = Tokenizer::new(&TokenizerConfig::default())?;
    /// assert_eq!(tokenizer.tokenize("Don't panic: it's 3.14 ❤️!"), ["don't", "panic", "it's", "3.14", "❤"]);
    /// # Ok::<(), ninefold_core::Error>(())
    /// ```
    pub fn tokenize(&self, text: &str) -> Vec<String> {
        let mut tokens = Vec::new();
        self.for_each(text, |token| tokens.push(token.to_owned()));
        tokens
    }

    /// Hands the tokens of `text` to `give`, in order, without allocating for each of them.
    pub fn for_each(&self, text: &str, mut give: impl FnMut(&str)) {
        let mut buffer = String::new();
        // Capitals stay as long as marks are made of them.
        let text = self.normalization.apply(text, self.config.lowercase && !self.config.mark_case);
        if self.lowers_ascii_ahead && text.is_ascii() {
            let lower = text.to_ascii_lowercase();
            return self.segmenter.segment(&lower, &mut |Token { text: token, .. }| {
                if self.is_wanted(token) {
                    give(token);
                }
            });
        }
        self.segmenter.segment(&text, &mut |Token { text: raw, .. }| {
            if let Some(token) = self.normalise(raw, &mut buffer) {
                if self.config.mark_case
                    && let Some(mark) = case::mark(raw)
                {
                    give(mark);
                }
                give(token);
            }
        });
    }

    /// One token as the settings want it, or nothing. `buffer` holds it where it differs from `raw`.
    fn normalise<'a>(&self, raw: &'a str, buffer: &'a mut String) -> Option<&'a str> {
        let is_number_to_change = self.config.numbers != Numbers::Keep && is_number(raw);
        let token = match self.config.numbers {
            Numbers::Drop if is_number_to_change => return None,
            Numbers::Mask if is_number_to_change => return Some(NUM),
            Numbers::Shape if is_number_to_change => shape(raw, buffer),
            _ => self.spell(raw, buffer),
        };
        self.is_wanted(token).then_some(token)
    }

    fn is_wanted(&self, token: &str) -> bool {
        self.has_wanted_length(token) && !self.is_stop_word(token)
    }

    /// Lower case, and the apostrophe that word processors set (U+2019) as the one on keyboards: "don’t" is "don't".
    fn spell<'a>(&self, raw: &'a str, buffer: &'a mut String) -> &'a str {
        if raw.is_ascii() && !(self.config.mark_case && self.normalization == Normalization::Turkish) {
            if !self.config.lowercase || !raw.bytes().any(|byte| byte.is_ascii_uppercase()) {
                return raw;
            }
            buffer.clear();
            buffer.push_str(raw);
            buffer.make_ascii_lowercase();
        } else {
            let raw = if self.config.mark_case { self.normalization.apply(raw, true) } else { Cow::Borrowed(raw) };
            *buffer = if self.config.lowercase { raw.to_lowercase() } else { raw.into_owned() };
            if buffer.contains('\u{2019}') {
                *buffer = buffer.replace('\u{2019}', "'");
            }
        }
        buffer
    }

    fn has_wanted_length(&self, token: &str) -> bool {
        let (min, max) = (self.config.min_token_length, self.config.max_token_length);
        if min <= 1 && token.len() <= max {
            return true; // at least as many bytes as characters
        }
        (min..=max).contains(&token.chars().count())
    }

    fn is_stop_word(&self, token: &str) -> bool {
        if self.stop_words.is_empty() {
            return false;
        }
        self.stop_words.contains(token) || (!self.config.lowercase && self.stop_words.contains(&token.to_lowercase()))
    }
}

/// True for what has a digit and no letter: "1990", "3.14", "½"; not "2nd".
fn is_number(token: &str) -> bool {
    token.chars().any(char::is_numeric) && !token.chars().any(char::is_alphabetic)
}

/// A number with 0 for every digit.
fn shape<'a>(number: &str, buffer: &'a mut String) -> &'a str {
    buffer.clear();
    buffer.extend(number.chars().map(|character| if character.is_numeric() { '0' } else { character }));
    buffer
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::segment::{Symbols, Words};
    use proptest::prelude::*;

    fn tokens_with(config: TokenizerConfig, text: &str) -> Vec<String> {
        Tokenizer::new(&config).unwrap().tokenize(text)
    }

    fn tokens(text: &str) -> Vec<String> {
        tokens_with(TokenizerConfig::default(), text)
    }

    #[test]
    fn an_empty_text_has_no_tokens() {
        assert!(tokens("").is_empty());
        assert!(tokens(" \t\r\n --- *** :-) ").is_empty());
    }

    #[test]
    fn words_are_lower_case_and_without_punctuation() {
        assert_eq!(tokens("The GPU, (in my PC) died!"), ["the", "gpu", "in", "my", "pc", "died"]);
    }

    proptest! {
        #[test]
        fn ascii_in_lower_case_has_the_words_of_the_text_in_lower_case(text in "[ -~\\t\\r\\n]{0,60}") {
            let mut words = Vec::new();
            Words { symbols: Symbols::None }.segment(&text, &mut |word| words.push(word.text.to_ascii_lowercase()));
            prop_assert_eq!(tokens(&text), words);
        }
    }

    #[test]
    fn apostrophes_numbers_and_addresses_stay_whole() {
        assert_eq!(tokens("don't 'quote' rock'n'roll"), ["don't", "quote", "rock'n'roll"]);
        assert_eq!(tokens("1,000.50 3.14 U.S.A."), ["1,000.50", "3.14", "u.s.a"]);
        assert_eq!(tokens("see http://www.example.org/a_b?c=1"), ["see", "http", "www.example.org", "a_b", "c", "1"]);
        assert_eq!(tokens("e-mail to joe@example.org"), ["e", "mail", "to", "joe", "example.org"]);
    }

    #[test]
    fn both_apostrophes_give_the_same_word() {
        assert_eq!(tokens("don\u{2019}t"), tokens("don't"));
        assert_eq!(tokens("п\u{2019}ять"), ["п'ять"]);
    }

    #[test]
    fn every_script_is_cut_by_its_own_rules() {
        assert_eq!(tokens("한국어 텍스트는 띄어쓰기로"), ["한국어", "텍스트는", "띄어쓰기로"]);
        assert_eq!(tokens("Съешь ЕЩЁ этих"), ["съешь", "ещё", "этих"]);
        assert_eq!(tokens("Ça coûte très CHER, naïve Ärzte"), ["ça", "coûte", "très", "cher", "naïve", "ärzte"]);
        assert_eq!(tokens("ΟΔΟΣ"), ["οδος"], "a sigma at the end of a word is the final one");
        assert_eq!(tokens("cafe\u{301} noir"), ["cafe\u{301}", "noir"]);
    }

    #[test]
    fn emoji_are_tokens() {
        let family = "👩\u{200d}👩\u{200d}👧";
        let text = format!("so good {family}👍🏽! ❤\u{fe0f} ❤ ★★ → 5 €");
        let with = |symbols| tokens_with(TokenizerConfig { symbols, ..Default::default() }, &text);
        assert_eq!(with(Symbols::Emoji), ["so", "good", family, "👍🏽", "❤", "❤", "★", "★", "5"]);
        assert_eq!(with(Symbols::All), ["so", "good", family, "👍🏽", "❤", "❤", "★", "★", "→", "5", "€"]);
        assert_eq!(with(Symbols::None), ["so", "good", "5"]);
        let left_out = |symbols| {
            Tokenizer::new(&TokenizerConfig { symbols, ..Default::default() }).unwrap().left_out_symbols(&text)
        };
        assert_eq!([Symbols::All, Symbols::Emoji, Symbols::None].map(left_out), [0, 2, 8]);
        let characters = TokenizerConfig { unit: "characters".into(), ..Default::default() };
        assert_eq!(tokens_with(characters, &format!("{family}👍🏽 🇰🇷")), [family, "👍🏽", " ", "🇰🇷"]);
    }

    #[test]
    fn characters_are_lower_case_and_white_space_is_one_token() {
        let config = TokenizerConfig { unit: "characters".into(), ..Default::default() };
        assert_eq!(tokens_with(config.clone(), "  Ab\r\n\t c.\n"), ["a", "b", " ", "c", "."]);
        assert_eq!(tokens_with(config, "e\u{301}É한"), ["e\u{301}", "é", "한"]);
    }

    /// Every three characters in a row.
    #[derive(Debug)]
    struct Trigrams;

    impl Segmenter for Trigrams {
        fn name(&self) -> &str {
            "trigrams"
        }

        fn segment(&self, text: &str, give: &mut dyn FnMut(Token<'_>)) {
            let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            for window in starts.windows(4) {
                let range = window[0]..window[3];
                give(Token { text: &text[range.clone()], range: Some(range) });
            }
        }

        fn gives_words(&self) -> bool {
            false
        }
    }

    #[test]
    fn a_segmenter_from_elsewhere_is_plugged_in_and_its_settings_are_saved() {
        let config = TokenizerConfig { numbers: Numbers::Drop, ..Default::default() };
        let boxed: Box<dyn Segmenter> = Box::new(Trigrams);
        let tokenizer = Tokenizer::with_segmenter(&config, boxed).unwrap();
        assert_eq!(tokenizer.tokenize("Né 123"), ["né ", "é 1"]);
        let shared: Arc<dyn Segmenter> = Arc::new(Trigrams);
        let saved = serde_json::to_string(tokenizer.config()).unwrap();
        assert!(saved.contains(r#""unit":"trigrams""#) && saved.contains(r#""numbers":"drop""#), "{saved}");
        let read: TokenizerConfig = serde_json::from_str(&saved).unwrap();
        let again = Tokenizer::with_segmenter(&read, shared).unwrap();
        assert_eq!((again.config(), again.tokenize("Abcd")), (tokenizer.config(), tokenizer.tokenize("Abcd")));
        let error = Tokenizer::new(&read).unwrap_err().to_string();
        assert!(error.starts_with("unit: expected one of auto, words, ") && error.ends_with("\"trigrams\""), "{error}");
        let with_stop_words = TokenizerConfig { stop_words: StopWords::English, ..config };
        let refused = Tokenizer::with_segmenter(&with_stop_words, Arc::new(Trigrams) as Arc<dyn Segmenter>);
        assert!(refused.unwrap_err().to_string().contains("\"none\" with unit = \"trigrams\""));
    }

    #[test]
    fn case_can_be_kept() {
        let config = TokenizerConfig { lowercase: false, ..Default::default() };
        assert_eq!(tokens_with(config, "Apple Überfall don\u{2019}t"), ["Apple", "Überfall", "don't"]);
    }

    #[test]
    fn capitals_can_be_told_of_in_a_token_of_their_own() {
        let config = TokenizerConfig { mark_case: true, stop_words: StopWords::English, ..Default::default() };
        let text = "The bill of Bill IN THE USA, 42 iPhones";
        assert_eq!(tokens_with(config, text), ["bill", TITLE, "bill", UPPER, "usa", "42", "iphones"]);
    }

    #[test]
    fn numbers_can_be_dropped_or_masked_or_keep_their_shape() {
        let text = "In 1993, 2nd of 3.14 and ½ or ٣";
        let with = |numbers| tokens_with(TokenizerConfig { numbers, ..Default::default() }, text);
        assert_eq!(with(Numbers::Keep), ["in", "1993", "2nd", "of", "3.14", "and", "½", "or", "٣"]);
        assert_eq!(with(Numbers::Drop), ["in", "2nd", "of", "and", "or"]);
        assert_eq!(with(Numbers::Mask), ["in", NUM, "2nd", "of", NUM, "and", NUM, "or", NUM]);
        assert_eq!(with(Numbers::Shape), ["in", "0000", "2nd", "of", "0.00", "and", "0", "or", "0"]);
    }

    #[test]
    fn a_masked_number_passes_any_length() {
        let config = TokenizerConfig { numbers: Numbers::Mask, min_token_length: 3, ..Default::default() };
        assert_eq!(tokens_with(config, "7 of the"), [NUM, "the"]);
    }

    #[test]
    fn lengths_count_characters_not_bytes() {
        let config = TokenizerConfig { min_token_length: 2, max_token_length: 3, ..Default::default() };
        assert_eq!(
            tokens_with(config, "é ab né été eaux 한 한국 한국어 한국어로"),
            ["ab", "né", "été", "한국", "한국어"]
        );
    }

    #[test]
    fn stop_words_are_left_out_whatever_their_case() {
        let english = TokenizerConfig { stop_words: StopWords::English, ..Default::default() };
        let text = "The cat isn't ON the mat, we\u{2019}re told";
        assert_eq!(tokens_with(english.clone(), text), ["cat", "mat", "told"]);
        assert_eq!(tokens_with(TokenizerConfig { lowercase: false, ..english }, text), ["cat", "mat", "told"]);
    }

    #[test]
    fn a_text_of_ten_megabytes_is_cut() {
        let mut text = "Il était une fois, don't 42 ".repeat(200_000);
        text.push_str(&"x".repeat(5_000_000)); // one word longer than any max_token_length
        assert!(text.len() > 10_000_000);
        let mut count = 0;
        Tokenizer::new(&TokenizerConfig::default()).unwrap().for_each(&text, |_| count += 1);
        assert_eq!(count, 200_000 * 6);
    }
}
