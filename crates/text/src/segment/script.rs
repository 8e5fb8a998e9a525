//! Which segmenter fits the script that texts are written in.
//!
//! Texts -> the name of a segmenter, and why. Looks at letters only: digits, spaces and punctuation belong to every script.
//! Source of the scripts: Unicode Standard Annex 24.

use unicode_script::{Script, UnicodeScript};

/// Letters that are looked at, at most: enough to know the scripts of any corpus to a percent.
const LETTERS: usize = 200_000;
/// A script counts where it has at least this fraction of the letters.
const LEAST: f64 = 0.2;

/// What fits the script of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fitting {
    /// The segmenter: a value of the setting `unit`.
    pub unit: &'static str,
    /// Why it is not "words", for a notice.
    pub because: Option<&'static str>,
}

/// The segmenter that fits the script of the texts: "icu" for scripts without spaces between words, "bpe" for Korean, which adds
/// endings to words, "words" for all others. Without the cargo feature of that name it is "characters".
///
/// # Examples
/// ```
/// use ninefold_text::segment::fitting;
///
/// assert_eq!(fitting(["a good film", "два 2 слова"]).unit, "words");
/// ```
pub fn fitting<'a>(texts: impl IntoIterator<Item = &'a str>) -> Fitting {
    let letters = Letters::count(texts);
    if letters.is_much(letters.without_spaces) {
        let because = Some("the script has no spaces between words");
        return Fitting { unit: or_characters("icu"), because };
    }
    if letters.is_much(letters.hangul) {
        return Fitting { unit: or_characters("bpe"), because: Some("Korean words have many endings") };
    }
    Fitting { unit: "words", because: None }
}

/// Whether a character stands for a syllable or a morpheme in these words: Hangul, Han or kana. An n-gram of such characters says as
/// much as a longer one of letters.
///
/// # Examples
/// ```
/// use ninefold_text::segment::has_syllables;
///
/// assert!(has_syllables(["영화", "映画"]) && !has_syllables(["film", "фильм"]));
/// ```
pub fn has_syllables<'a>(words: impl IntoIterator<Item = &'a str>) -> bool {
    let letters = Letters::count(words);
    letters.is_much(letters.syllables)
}

/// What is counted of texts.
#[derive(Clone, Copy, Debug, Default)]
struct Letters {
    all: usize,
    /// Of scripts without spaces between words.
    without_spaces: usize,
    hangul: usize,
    /// Hangul, Han and kana.
    syllables: usize,
}

impl Letters {
    fn count<'a>(texts: impl IntoIterator<Item = &'a str>) -> Letters {
        let mut found = Letters::default();
        let letters = texts.into_iter().flat_map(str::chars).filter(|character| character.is_alphabetic());
        for letter in letters.take(LETTERS) {
            found.all += 1;
            match letter.script() {
                Script::Han | Script::Hiragana | Script::Katakana => {
                    found.without_spaces += 1;
                    found.syllables += 1;
                }
                Script::Thai | Script::Lao | Script::Khmer | Script::Myanmar => found.without_spaces += 1,
                Script::Hangul => {
                    found.hangul += 1;
                    found.syllables += 1;
                }
                _ => (),
            }
        }
        found
    }

    /// Whether so many letters are a fraction that counts.
    fn is_much(&self, count: usize) -> bool {
        count > 0 && count as f64 >= LEAST * self.all as f64
    }
}

/// A segmenter, if this program was built with it.
fn or_characters(unit: &'static str) -> &'static str {
    if super::find(unit).is_some() { unit } else { "characters" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_decides_and_not_single_characters() {
        assert_eq!(fitting(["plain words", "naïve café", "Привет, мир", "नमस्ते", "مرحبا"]).unit, "words");
        assert_eq!(fitting(["", "12 34", "!!!", "👍"]), Fitting { unit: "words", because: None });
        assert_eq!(fitting(["a long English text about the word 猫 and the word 犬 in it"]).unit, "words");
        assert_eq!(fitting(["我喜欢这部电影", "ok"]).unit, or_characters("icu"));
        assert_eq!(fitting(["ภาษาไทย"]).unit, or_characters("icu"));
        assert_eq!(fitting(["한국어 텍스트는 띄어쓰기로"]).unit, or_characters("bpe"));
    }
}
