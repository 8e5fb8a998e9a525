//! The settings of the tokenizer.

use std::borrow::Cow;

use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

use super::Tokenizer;
use super::normalization::Normalization;
use super::stop_words::StopWords;
use crate::char_ngrams::CharNgrams;
use crate::segment::{self, Fitting, OPTIONAL, SEGMENTERS, Segmenter, Symbols};
use ninefold_core::Auto;
use ninefold_core::error::{Error, Result};

/// The unit that is chosen by the script of the training texts.
pub const AUTO: &str = "auto";
/// The unit of languages that write spaces.
const WORDS: &str = "words";
/// Texts in which stop words are counted, at most.
const SAMPLE: usize = 2_000;
/// English texts have a larger fraction of English stop words than this.
const FEW_STOP_WORDS: f64 = 0.15;
/// Subwords at most.
const MAX_SUBWORDS: usize = 1_000_000;

/// How texts are cut into tokens.
///
/// The defaults leave nothing out but what is longer than any word: recurrent networks read sentences, so function words
/// and single letters are theirs to weigh.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct TokenizerConfig {
    /// What a token is: "words" (Unicode's word boundaries, any language that writes spaces), "characters", "icu" (words of Chinese,
    /// Japanese, Thai, Lao, Khmer and Burmese by ICU's dictionaries), "jieba" (words of Chinese), "bpe" (subwords learned from the
    /// training texts), or "auto": what fits the script of the training texts.
    pub unit: String,
    /// unit = "bpe": number of subwords that are learned.
    pub num_subwords: usize,
    /// unit = "bpe": the rules that were learned, which a saved model holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subword_rules: Vec<String>,
    /// How letters are made alike that can be written in several ways: "none", "nfc" (a letter and its accents are one character),
    /// "arabic" (nfc, without tashkeel and tatweel, every alef as the bare one), "turkish" (nfc, I is lower-cased to ı, İ to i), or "auto": what
    /// fits the letters of the training texts. Accents, umlauts and tone marks always stay.
    pub normalization: Auto<Normalization>,
    /// Lower-case the tokens.
    pub lowercase: bool,
    /// Put a token before each word that had capitals: `<title>` for a first letter, `<upper>` for a word in capitals.
    pub mark_case: bool,
    /// Words to leave out: "none", "english" (articles, pronouns, prepositions, auxiliaries, ...), a file with one
    /// word per line, or a list of words.
    pub stop_words: StopWords,
    /// Leave out tokens with fewer characters than this.
    pub min_token_length: usize,
    /// Leave out tokens with more characters than this (encoded files, keys, lines of x).
    pub max_token_length: usize,
    /// Numbers such as 1993 or 3.14: "keep" them, "drop" them, "mask" them all as the one token `<num>`, or keep their
    /// "shape": every digit is a 0 (0000, 0.00).
    pub numbers: Numbers,
    /// Which symbols are tokens beside words: "emoji" (and pictographs such as ☺, ★, ✓), "all" beyond ASCII (also →, €, ©), or "none".
    pub symbols: Symbols,
}

/// What becomes of tokens with a digit and no letter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Numbers {
    /// They are tokens like any other.
    #[default]
    Keep,
    /// They are left out.
    Drop,
    /// Each becomes [`NUM`](super::NUM).
    Mask,
    /// Each digit becomes a 0.
    Shape,
}

impl Default for TokenizerConfig {
    fn default() -> Self {
        TokenizerConfig {
            unit: AUTO.to_string(),
            num_subwords: 8000,
            subword_rules: Vec::new(),
            normalization: Auto::Auto,
            lowercase: true,
            mark_case: false,
            stop_words: StopWords::None,
            min_token_length: 1,
            max_token_length: 60,
            numbers: Numbers::Keep,
            symbols: Symbols::Emoji,
        }
    }
}

impl TokenizerConfig {
    /// Refuses settings that have no meaning. Reads no file.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the key.
    pub fn validate(&self) -> Result<()> {
        self.validate_for(self.segmenter()?)
    }

    /// The settings that fit the training texts: `unit = "auto"` is replaced by what fits their script, `normalization = "auto"` by what
    /// fits their letters, and rules are learned where the unit has some. The second value says what was chosen and why, where that is
    /// not plain words and changes what is read.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] for a unit that does not exist; those of the learning.
    pub fn fitted(&self, texts: &[&str]) -> Result<(TokenizerConfig, Option<String>)> {
        let (mut config, mut notices) = (self.clone(), Vec::new());
        if self.unit == AUTO {
            let Fitting { unit, because } = segment::fitting(texts.iter().copied());
            let chosen = TokenizerConfig { unit: unit.to_string(), ..self.clone() };
            let fits = chosen.validate();
            config.unit = if fits.is_ok() { unit } else { WORDS }.to_string();
            notices.extend(because.map(|because| match fits {
                Ok(()) => format!("tokens: tokenizer.unit = \"{unit}\", as {because}"),
                Err(error) => {
                    format!("tokens: words, although {because}: \"{unit}\" was not chosen because of {error}")
                }
            }));
        }
        if self.normalization.is_auto() {
            let (normalization, because) = Normalization::fitting(texts.iter().copied());
            config.normalization = Auto::Value(normalization);
            let said = |because| format!("tokenizer.normalization = \"{}\", as {because}", normalization.name());
            notices.extend(because.map(said));
        }
        notices.extend(config.foreign_stop_words(texts)?);
        if config.subword_rules.is_empty()
            && let Some(rules) = config.learned_rules(texts)?
        {
            config.subword_rules = rules;
        }
        Ok((config, (!notices.is_empty()).then(|| notices.join("; "))))
    }

    /// What is to be said where English stop words are left out of texts that hardly have any.
    fn foreign_stop_words(&self, texts: &[&str]) -> Result<Option<String>> {
        if self.stop_words != StopWords::English {
            return Ok(None);
        }
        let all = Tokenizer::new(&TokenizerConfig { stop_words: StopWords::None, ..self.clone() })?;
        let others = Tokenizer::new(self)?;
        let (mut words, mut kept) = (0_usize, 0_usize);
        for text in texts.iter().take(SAMPLE) {
            all.for_each(text, |_| words += 1);
            others.for_each(text, |_| kept += 1);
        }
        let fraction = (words - kept) as f64 / words.max(1) as f64;
        Ok((words > 0 && fraction < FEW_STOP_WORDS).then(|| {
            format!(
                "tokenizer.stop_words = \"english\" leaves out {:.1} % of the words: if the texts are not English, set \"none\", as words of \
                 other languages may be spelled the same",
                100.0 * fraction
            )
        }))
    }

    /// The rules that the segmenter learns from the texts as it will read them; `None` where it learns none.
    fn learned_rules(&self, texts: &[&str]) -> Result<Option<Vec<String>>> {
        let normalization = self.normalization.or(Normalization::None);
        let texts: Vec<Cow<str>> = texts.iter().map(|text| normalization.apply(text, self.lowercase)).collect();
        let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        self.segmenter()?.learn(&texts, self.num_subwords, self.lowercase)
    }

    /// The character n-grams of texts in the letters that these settings make of them.
    ///
    /// # Errors
    /// Those of [`CharNgrams::new`].
    pub fn char_ngrams(&self, range: [usize; 2]) -> Result<CharNgrams> {
        let ngrams = CharNgrams::new(range, self.lowercase)?;
        Ok(ngrams.with_normalization(self.normalization.or(Normalization::None)))
    }

    /// As [`TokenizerConfig::validate`], for a segmenter that need not be listed.
    pub(super) fn validate_for(&self, segmenter: &dyn Segmenter) -> Result<()> {
        if self.min_token_length == 0 {
            return Err(Error::invalid_value("min_token_length", "1 or more", 0));
        }
        if !(1..=MAX_SUBWORDS).contains(&self.num_subwords) {
            return Err(Error::invalid_value("num_subwords", format!("1 to {MAX_SUBWORDS}"), self.num_subwords));
        }
        if self.max_token_length < self.min_token_length {
            let expected = format!("min_token_length ({}) or more", self.min_token_length);
            return Err(Error::invalid_value("max_token_length", expected, self.max_token_length));
        }
        if self.mark_case && !self.lowercase {
            return Err(Error::invalid_value(
                "mark_case",
                "false with lowercase = false, which keeps the capitals",
                true,
            ));
        }
        if self.symbols != Symbols::default() && segmenter.with_symbols(self.symbols).is_none() {
            let expected = format!("\"emoji\" with unit = {:?}, which decides about symbols itself", self.unit);
            return Err(Error::invalid_value("symbols", expected, format!("{:?}", self.symbols.name())));
        }
        if !segmenter.gives_words() {
            let only = |value: &str| format!("{value} with unit = {:?}", self.unit);
            if self.mark_case {
                return Err(Error::invalid_value("mark_case", only("false"), true));
            }
            if self.min_token_length > 1 {
                return Err(Error::invalid_value("min_token_length", only("1"), self.min_token_length));
            }
            if self.stop_words != StopWords::None {
                return Err(Error::invalid_value("stop_words", only("\"none\""), self.stop_words.to_string()));
            }
        }
        Ok(())
    }

    /// The segmenter that `unit` names; words for "auto", where there are no texts to choose by.
    pub(super) fn segmenter(&self) -> Result<&'static dyn Segmenter> {
        let name = if self.unit == AUTO { WORDS } else { &self.unit };
        segment::find(name).ok_or_else(|| {
            let names: Vec<&str> = [AUTO].into_iter().chain(SEGMENTERS.iter().map(Segmenter::name)).collect();
            let expected = match OPTIONAL.contains(&name) {
                true => format!("a program built with the cargo feature {name:?}, or one of {}", names.join(", ")),
                false => format!("one of {}", names.join(", ")),
            };
            Error::invalid_value("unit", expected, format!("{:?}", self.unit))
        })
    }

    /// The same settings with the stop words of a file written out as a list, so that a saved model needs no other file.
    ///
    /// # Errors
    /// As [`Tokenizer::new`](super::Tokenizer::new) when the file cannot be read.
    pub fn self_contained(&self) -> Result<TokenizerConfig> {
        let stop_words = match &self.stop_words {
            file @ StopWords::File(_) => StopWords::List(file.words()?),
            other => other.clone(),
        };
        Ok(TokenizerConfig { stop_words, ..self.clone() })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn refusal(config: TokenizerConfig) -> String {
        config.validate().unwrap_err().to_string()
    }

    #[test]
    fn settings_without_meaning_are_refused_by_key() {
        let config = TokenizerConfig::default;
        let units: Vec<&str> = SEGMENTERS.iter().map(Segmenter::name).collect();
        assert_eq!(
            refusal(TokenizerConfig { min_token_length: 0, ..config() }),
            "min_token_length: expected 1 or more, found 0"
        );
        assert_eq!(
            refusal(TokenizerConfig { min_token_length: 3, max_token_length: 2, ..config() }),
            "max_token_length: expected min_token_length (3) or more, found 2"
        );
        assert_eq!(
            refusal(TokenizerConfig { unit: "syllables".into(), ..config() }),
            format!("unit: expected one of auto, {}, found \"syllables\"", units.join(", "))
        );
        let characters = TokenizerConfig { unit: "characters".into(), stop_words: StopWords::English, ..config() };
        assert_eq!(
            refusal(TokenizerConfig { mark_case: true, lowercase: false, ..config() }),
            "mark_case: expected false with lowercase = false, which keeps the capitals, found true"
        );
        assert_eq!(
            refusal(TokenizerConfig { mark_case: true, unit: "characters".into(), ..config() }),
            "mark_case: expected false with unit = \"characters\", found true"
        );
        let symbols = TokenizerConfig { symbols: Symbols::All, unit: "characters".into(), ..config() };
        assert_eq!(
            refusal(symbols),
            "symbols: expected \"emoji\" with unit = \"characters\", which decides about symbols itself, found \"all\""
        );
        assert_eq!(refusal(characters), "stop_words: expected \"none\" with unit = \"characters\", found \"english\"");
    }

    #[test]
    fn toml_says_what_the_fields_say() {
        let text = "unit = \"characters\"\nnumbers = \"mask\"\nstop_words = \"none\"\n";
        let config: TokenizerConfig = toml::from_str(text).unwrap();
        assert_eq!(config, TokenizerConfig { unit: "characters".into(), numbers: Numbers::Mask, ..Default::default() });
        assert_eq!(toml::from_str::<TokenizerConfig>(&toml::to_string(&config).unwrap()).unwrap(), config);
        let unknown = toml::from_str::<TokenizerConfig>("lower = true").unwrap_err().to_string();
        assert!(unknown.contains("unknown field `lower`"), "{unknown}");
    }

    #[test]
    fn automatic_unit_follows_the_script_unless_settings_forbid_it() {
        let auto = TokenizerConfig::default();
        let (english, notice) = auto.fitted(&["a good film"]).unwrap();
        assert_eq!((english.unit.as_str(), notice), ("words", None));
        let (japanese, notice) = auto.fitted(&["この映画は面白い"]).unwrap();
        assert!(["icu", "characters"].contains(&japanese.unit.as_str()) && notice.unwrap().contains("no spaces"));
        let explicit = TokenizerConfig { unit: "words".into(), ..auto.clone() };
        let (fitted, notice) = explicit.fitted(&["この映画は面白い"]).unwrap();
        assert_eq!((fitted.unit.as_str(), notice), ("words", None));
        let stop_words = TokenizerConfig { stop_words: StopWords::English, ..auto };
        let (korean, notice) = stop_words.fitted(&["한국어 텍스트는 띄어쓰기로"]).unwrap();
        assert!(korean.unit == "words" && notice.unwrap().contains("stop_words"));
    }

    #[test]
    fn automatic_normalization_follows_the_letters_and_is_said_where_it_changes_them() {
        let auto = TokenizerConfig::default();
        let (arabic, notice) = auto.fitted(&["هذا الفيلم جيد"]).unwrap();
        assert_eq!(arabic.normalization, Auto::Value(Normalization::Arabic));
        assert_eq!(notice.unwrap(), "tokenizer.normalization = \"arabic\", as the texts are Arabic");
        let none = TokenizerConfig { normalization: Auto::Value(Normalization::None), ..auto };
        assert_eq!(none.fitted(&["هذا الفيلم جيد"]).unwrap().0.normalization, Auto::Value(Normalization::None));
        assert_eq!(toml::from_str::<TokenizerConfig>("normalization = \"none\"").unwrap(), none);
    }

    #[test]
    fn english_stop_words_in_other_languages_are_said() {
        let english = TokenizerConfig { stop_words: StopWords::English, ..TokenizerConfig::default() };
        assert_eq!(english.fitted(&["this is the best film of the year, and it was too short"]).unwrap().1, None);
        let notice = english.fitted(&["ce film est le meilleur de cette saison"]).unwrap().1.unwrap();
        assert!(notice.starts_with("tokenizer.stop_words = \"english\" leaves out 0.0 % of the words"), "{notice}");
        let none = TokenizerConfig::default();
        assert_eq!(none.fitted(&["ce film est le meilleur de cette saison"]).unwrap().1, None);
    }

    #[test]
    fn every_field_is_documented() {
        assert_eq!(TokenizerConfig::FIELD_NAMES.len(), TokenizerConfig::FIELD_DOCS.len());
        assert!(TokenizerConfig::get_field_docs("numbers").unwrap().contains("<num>"));
    }
}
