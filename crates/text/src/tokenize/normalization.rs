//! Letters that can be written in several ways, made alike before a text is cut into tokens.
//!
//! Texts -> the [`Normalization`] that fits them; a text -> the same text with those letters in one form. Accents, umlauts and tone
//! marks always stay: they make other words.
//!
//! # Source
//! NFC: Unicode Standard Annex 15. Arabic: what Lucene's `ArabicNormalizer` and the functions `dediac_ar` and `normalize_alef_ar` of CAMeL Tools
//! have in common; alef maksura and teh marbuta stay, since they distinguish words. Turkish: `SpecialCasing.txt` of Unicode, languages
//! `tr` and `az`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_script::{Script, UnicodeScript};

/// Letters that are looked at, at most.
const LETTERS: usize = 200_000;

/// Which letters are made alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Normalization {
    /// None.
    #[default]
    None,
    /// A letter and its accents are one character where Unicode has one (NFC).
    Nfc,
    /// NFC; short vowels (tashkeel) and tatweel are left out, and an alef with hamza, madda or wasla is the bare one.
    Arabic,
    /// NFC; the lower case of I is ı, that of İ is i.
    Turkish,
}

impl Normalization {
    /// What fits the letters of the texts, and why, where that changes what is read.
    ///
    /// # Examples
    /// ```
    /// use ninefold_text::tokenize::Normalization;
    ///
    /// assert_eq!(Normalization::fitting(["a good film"]).0, Normalization::None);
    /// assert_eq!(Normalization::fitting(["هذا فيلم جيد"]).0, Normalization::Arabic);
    /// ```
    pub fn fitting<'a>(texts: impl IntoIterator<Item = &'a str>) -> (Normalization, Option<&'static str>) {
        let letters = Letters::count(texts);
        if letters.are_arabic() {
            return (Normalization::Arabic, Some("the texts are Arabic"));
        }
        if letters.are_turkish() {
            return (Normalization::Turkish, Some("the texts have letters of Turkish or Azerbaijani"));
        }
        if letters.have_accents() {
            return (
                Normalization::Nfc,
                letters.have_decomposed().then_some("letters and their accents are separate characters"),
            );
        }
        (Normalization::None, None)
    }

    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Normalization::None => "none",
            Normalization::Nfc => "nfc",
            Normalization::Arabic => "arabic",
            Normalization::Turkish => "turkish",
        }
    }

    /// The text with such letters in one form. `lowercase`: capital letters will be made small ones.
    ///
    /// # Examples
    /// ```
    /// use ninefold_text::tokenize::Normalization;
    ///
    /// assert_eq!(Normalization::Arabic.apply("أَحْمَد", true), "احمد");
    /// assert_eq!(Normalization::Turkish.apply("ISPARTA", true).to_lowercase(), "ısparta");
    /// ```
    pub fn apply(self, text: &str, lowercase: bool) -> Cow<'_, str> {
        if self == Normalization::None || text.is_ascii() && self != Normalization::Turkish {
            return Cow::Borrowed(text);
        }
        let composed = composed(text);
        match self {
            Normalization::None | Normalization::Nfc => composed,
            Normalization::Arabic => replaced(composed, is_changed_in_arabic, |letters| {
                letters.chars().filter(|&letter| !is_left_out_of_arabic(letter)).map(bare_alef).collect()
            }),
            Normalization::Turkish if lowercase => {
                replaced(composed, |letter| matches!(letter, 'I' | 'İ' | DOT_ABOVE), turkish)
            }
            Normalization::Turkish => composed,
        }
    }
}

fn composed(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(text.nfc().collect()),
    }
}

fn replaced(text: Cow<'_, str>, is_changed: impl Fn(char) -> bool, change: impl Fn(&str) -> String) -> Cow<'_, str> {
    if text.contains(is_changed) { Cow::Owned(change(&text)) } else { text }
}

const TATWEEL: char = '\u{640}';
const SUPERSCRIPT_ALEF: char = '\u{670}';
const ALEF: char = '\u{627}';

/// Tatweel, the short vowels and their like: fathatan to sukun.
fn is_left_out_of_arabic(letter: char) -> bool {
    matches!(letter, TATWEEL | '\u{64b}'..='\u{652}' | SUPERSCRIPT_ALEF)
}

/// An alef with madda, hamza above, hamza below or wasla as the bare one.
fn bare_alef(letter: char) -> char {
    if matches!(letter, '\u{622}' | '\u{623}' | '\u{625}' | '\u{671}') { ALEF } else { letter }
}

fn is_changed_in_arabic(letter: char) -> bool {
    is_left_out_of_arabic(letter) || bare_alef(letter) != letter
}

const DOT_ABOVE: char = '\u{307}';

/// I and İ in lower case; i with a separate dot, which other programs make of İ, is i.
fn turkish(text: &str) -> String {
    let mut changed = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            'I' => changed.push('ı'),
            'İ' => changed.push('i'),
            DOT_ABOVE if changed.ends_with('i') => {}
            other => changed.push(other),
        }
    }
    changed
}

/// What is counted of texts.
#[derive(Clone, Copy, Debug, Default)]
struct Letters {
    all: usize,
    arabic: usize,
    /// Letters of the Arabic script that Arabic does not have: Persian, Urdu, Kurdish, ...
    other_arabic: usize,
    /// ı, ğ, İ and ə: together in no other languages than Turkish and its nearest relatives.
    turkish: usize,
    /// Letters that can be written with separate accents.
    accented: usize,
    /// Separate accents.
    separate: usize,
}

impl Letters {
    fn count<'a>(texts: impl IntoIterator<Item = &'a str>) -> Letters {
        let mut found = Letters::default();
        for character in texts.into_iter().flat_map(str::chars) {
            if found.all >= LETTERS {
                break;
            }
            if unicode_normalization::char::is_combining_mark(character) {
                found.separate += usize::from(composes(character));
                continue;
            }
            if character.is_alphabetic() {
                found.add(character);
            }
        }
        found
    }

    fn add(&mut self, letter: char) {
        self.all += 1;
        if letter.is_ascii() {
            return;
        }
        if letter.script() == Script::Arabic {
            self.arabic += 1;
            self.other_arabic += usize::from(!matches!(letter, '\u{621}'..='\u{64a}' | '\u{671}'));
        }
        self.turkish += usize::from(matches!(letter, 'ı' | 'ğ' | 'Ğ' | 'İ' | 'ə' | 'Ə'));
        self.accented += usize::from(letter.nfd().nth(1).is_some());
    }

    fn is_fraction(&self, part: usize, least: f64) -> bool {
        part > 0 && part as f64 >= least * self.all as f64
    }

    fn are_arabic(&self) -> bool {
        self.is_fraction(self.arabic, 0.2) && (self.other_arabic as f64) < 0.05 * self.arabic as f64
    }

    fn are_turkish(&self) -> bool {
        self.is_fraction(self.turkish, 0.02)
    }

    fn have_accents(&self) -> bool {
        self.is_fraction(self.accented + self.separate, 0.01)
    }

    fn have_decomposed(&self) -> bool {
        self.is_fraction(self.separate, 0.01)
    }
}

/// Whether a mark may be part of one character with the letter before it.
fn composes(mark: char) -> bool {
    is_nfc_quick(std::iter::once(mark)) == IsNormalized::Maybe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_of_the_texts_decides() {
        let fitting = |text: &str| Normalization::fitting([text]).0;
        assert_eq!(fitting(&("one café among ".to_string() + &"plain words ".repeat(20))), Normalization::None);
        assert_eq!(fitting("Das größte Übel der Ärzte: schöne Straßen"), Normalization::Nfc);
        assert_eq!(fitting("Phim này rất hay và cảm động"), Normalization::Nfc);
        assert_eq!(fitting("한국어 텍스트"), Normalization::Nfc);
        assert_eq!(
            fitting("Bu film çok güzeldi ama biraz uzundu, ağır aksak ilerliyor ve sıkıcı"),
            Normalization::Turkish
        );
        assert_eq!(fitting("Bu film çox gözəl idi"), Normalization::Turkish);
        assert_eq!(fitting("هذا الفيلم جيد جدا وأنصح به"), Normalization::Arabic);
        assert_eq!(fitting("این فیلم خیلی خوب بود و من آن را دوست داشتم"), Normalization::Nfc);
        assert_eq!(fitting("یہ فلم بہت اچھی ہے"), Normalization::None);
        assert_eq!(fitting("12 34 !!!"), Normalization::None);
    }

    #[test]
    fn notice_is_for_what_changes_the_texts() {
        let because = |text: &str| Normalization::fitting([text]).1;
        assert_eq!(because("Das größte Übel"), None);
        let decomposed: String = "Phim này rất hay".nfd().collect();
        assert_eq!(because(&decomposed), Some("letters and their accents are separate characters"));
    }

    #[test]
    fn arabic_loses_vowels_and_tatweel_and_has_one_alef() {
        let arabic = |text: &str| Normalization::Arabic.apply(text, true).into_owned();
        assert_eq!(arabic("مُحَمَّدٌ"), "محمد");
        assert_eq!(arabic("جميـــل"), "جميل");
        assert_eq!(arabic("أحمد إلى آخر ٱلله"), "احمد الى اخر الله");
        assert_eq!(arabic("ا\u{654}حمد"), "احمد", "a separate hamza");
        assert_eq!(arabic("مدرسة على"), "مدرسة على", "teh marbuta and alef maksura stay");
        assert_eq!(arabic("plain"), "plain");
    }

    #[test]
    fn turkish_has_two_letters_i() {
        let lower = |text: &str| Normalization::Turkish.apply(text, true).to_lowercase();
        assert_eq!(lower("ISPARTA İZMİR Iğdır"), "ısparta izmir ığdır");
        assert_eq!(lower("i\u{307}zmir"), "izmir", "as other programs write the small İ");
        assert_eq!(Normalization::Turkish.apply("IĞDIR", false), "IĞDIR");
    }

    #[test]
    fn accents_tone_marks_and_umlauts_stay() {
        let text = "Phở rất ngon, schöne Straße, às, Ελλάς, हिन्दी";
        for normalization in [Normalization::Nfc, Normalization::Arabic, Normalization::Turkish] {
            let decomposed: String = text.nfd().collect();
            assert_eq!(normalization.apply(text, true), text);
            assert_eq!(normalization.apply(&decomposed, true), text.nfc().collect::<String>());
        }
        assert_eq!(Normalization::None.apply("e\u{301}", true), "e\u{301}");
    }
}
