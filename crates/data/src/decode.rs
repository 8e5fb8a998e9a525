//! Bytes of unknown encoding -> text: byte order mark, UTF-8, else windows-1252 or EUC-KR (cp949).
//!
//! Takes the bytes of one file -> gives its text and which encoding that was. Each file of a folder is decided alone.
//! The guess between the two legacy encodings is chardetng's
//! (Firefox's detector).

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, DecoderResult, EUC_JP, EUC_KR, Encoding, GBK, SHIFT_JIS, UTF_8, WINDOWS_1252};

use ninefold_core::error::{Error, Result};

/// How bytes are to be read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Charset {
    /// Found out from the bytes.
    Detect,
    /// ISO 8859-1 as Python means it: every byte is the code point of the same number. (WHATWG's "latin1" is
    /// windows-1252, which differs in 0x80-0x9f.)
    Latin1,
    /// As the user says.
    Named(&'static Encoding),
}

impl Charset {
    /// True when the bytes can be cut into lines before they are decoded, in an encoding of which these are the first.
    pub fn has_ascii_lines(self, head: &[u8]) -> bool {
        match self {
            Charset::Latin1 => true,
            Charset::Named(encoding) => encoding.is_ascii_compatible(),
            Charset::Detect => Encoding::for_bom(head).is_none_or(|(encoding, _)| encoding.is_ascii_compatible()),
        }
    }
}

/// The text of one file, and how it was reached.
#[derive(Debug, PartialEq)]
pub(crate) struct Decoded {
    pub text: String,
    pub outcome: Outcome,
}

/// Which encoding a file had.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub encoding: &'static str,
    /// Broken UTF-8 sequences that became U+FFFD.
    pub replaced: usize,
    /// What the bytes look like, where that is an encoding that is never guessed.
    pub suspected: Option<&'static str>,
}

impl Outcome {
    /// Nothing to remark.
    pub fn clean(encoding: &'static str) -> Outcome {
        Outcome { encoding, replaced: 0, suspected: None }
    }
}

/// Bytes -> text. `place` is the file's name, for errors.
///
/// # Errors
/// [`Error::Format`] with line and byte when the bytes are no text, or not text of the encoding that was asked for.
pub(crate) fn decode(bytes: Vec<u8>, charset: Charset, place: &str) -> Result<Decoded> {
    match charset {
        Charset::Latin1 => {
            Ok(Decoded { text: encoding_rs::mem::decode_latin1(&bytes).into(), outcome: Outcome::clean("latin-1") })
        }
        Charset::Named(encoding) => strictly(&bytes, encoding, place),
        Charset::Detect => {
            if let Some((encoding, _)) = Encoding::for_bom(&bytes) {
                return strictly(&bytes, encoding, place);
            }
            if let Some(zero) = bytes.iter().take(8000).position(|&byte| byte == 0) {
                let expected = "text (a binary file? utf-16 without a byte order mark needs encoding = \"utf-16le\")";
                return Err(Error::format(place, expected, format!("a zero byte at offset {zero}")));
            }
            Ok(match String::from_utf8(bytes) {
                Ok(text) => Decoded { text, outcome: Outcome::clean("utf-8") },
                Err(error) => guessed(error.as_bytes()),
            })
        }
    }
}

/// Bytes that are neither marked nor valid UTF-8.
fn guessed(bytes: &[u8]) -> Decoded {
    if let Some(decoded) = nearly_utf8(bytes) {
        return decoded;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    // A few syllables alone could be Chinese or Japanese as well; of these only Korean is on offer.
    let korean = guess == EUC_KR || ([GBK, BIG5, SHIFT_JIS, EUC_JP].contains(&guess) && is_mostly_hangul(bytes));
    if korean && let Some(text) = EUC_KR.decode_without_bom_handling_and_without_replacement(bytes) {
        return Decoded { text: text.into(), outcome: Outcome::clean(name_of(EUC_KR)) };
    }
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
    let suspected = (guess != WINDOWS_1252).then(|| name_of(guess));
    Decoded { text: text.into(), outcome: Outcome { suspected, ..Outcome::clean(name_of(WINDOWS_1252)) } }
}

/// True when most bytes above ASCII form the 2,350 common syllables of EUC-KR (rows 0xb0 to 0xc8).
fn is_mostly_hangul(bytes: &[u8]) -> bool {
    let (mut high, mut in_syllables, mut at) = (0, 0, 0);
    while at < bytes.len() {
        let is_syllable = (0xb0..=0xc8).contains(&bytes[at]) && bytes.get(at + 1).is_some_and(|&trail| trail >= 0xa1);
        let width = if is_syllable { 2 } else { 1 };
        high += if bytes[at].is_ascii() { 0 } else { width };
        in_syllables += if is_syllable { 2 } else { 0 };
        at += width;
    }
    2 * in_syllables > high
}

/// UTF-8 with a rare broken sequence (a cut-off text, a row pasted from elsewhere) stays UTF-8: read as windows-1252,
/// every accent in it would be spoiled.
fn nearly_utf8(bytes: &[u8]) -> Option<Decoded> {
    let (mut characters, mut replaced) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        characters += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        replaced += usize::from(!chunk.invalid().is_empty());
    }
    (characters > 4 * replaced).then(|| Decoded {
        text: String::from_utf8_lossy(bytes).into(),
        outcome: Outcome { replaced, ..Outcome::clean("utf-8") },
    })
}

/// Every byte must belong to `encoding`.
fn strictly(bytes: &[u8], encoding: &'static Encoding, place: &str) -> Result<Decoded> {
    let mut decoder = encoding.new_decoder_with_bom_removal();
    let capacity = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(bytes.len());
    let mut text = String::with_capacity(capacity);
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true) {
        (DecoderResult::InputEmpty, _) => {
            text.shrink_to_fit();
            Ok(Decoded { text, outcome: Outcome::clean(name_of(encoding)) })
        }
        (DecoderResult::Malformed(length, after), read) => {
            let bad = read.saturating_sub(usize::from(length) + usize::from(after));
            let line = 1 + bytes[..bad].iter().filter(|&&byte| byte == b'\n').count();
            let found = format!("byte 0x{:02x} at offset {bad}", bytes[bad]);
            Err(Error::format(format!("{place}:{line}"), format!("{} text", name_of(encoding)), found))
        }
        (DecoderResult::OutputFull, _) => unreachable!("the buffer has the size that encoding_rs asks for"),
    }
}

/// Encodings by the names that are shown: lower case.
fn name_of(encoding: &'static Encoding) -> &'static str {
    match encoding {
        _ if encoding == UTF_8 => "utf-8",
        _ if encoding == EUC_KR => "euc-kr",
        _ if encoding == encoding_rs::UTF_16LE => "utf-16le",
        _ if encoding == encoding_rs::UTF_16BE => "utf-16be",
        _ => encoding.name(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn detected(bytes: &[u8]) -> (String, &'static str) {
        let decoded = decode(bytes.to_vec(), Charset::Detect, "x").unwrap();
        (decoded.text, decoded.outcome.encoding)
    }

    #[test]
    fn the_common_encodings_are_told_apart() {
        let german = "Die Straße war naß, und über den Häusern lag schöner Frühnebel.";
        let korean = "이 영화는 정말 재미있었고 배우들의 연기도 훌륭했습니다. 다시 보고 싶어요.";
        let french = "Le café où nous étions allés était fermé; ça ne m'a pas plu, hélas.";
        for text in [german, korean, french] {
            assert_eq!(detected(text.as_bytes()), (text.to_string(), "utf-8"));
        }
        for text in [german, french, "na\u{ef}ve", "caf\u{e9}", "it\u{2019}s 5 \u{20ac}"] {
            let bytes = WINDOWS_1252.encode(text).0;
            assert_eq!(detected(&bytes), (text.to_string(), "windows-1252"));
        }
        // A name in Big5, among English: not Korean, although its bytes could be.
        assert_eq!(detected(b"Lin ( \xaaL\xabT\xa7\xbb ) wrote about windows").1, "windows-1252");
        for text in [korean, "정치", "축구 경기가 열렸다", "안녕", "ok 좋아요 good", "뷁 똠방각하 펲시콜라"]
        {
            let bytes = EUC_KR.encode(text).0;
            assert_eq!(detected(&bytes), (text.to_string(), "euc-kr"), "{text}");
        }
    }

    #[test]
    fn byte_order_marks_decide_and_vanish() {
        assert_eq!(detected(b"\xef\xbb\xbftext"), ("text".into(), "utf-8"));
        assert_eq!(detected(b"\xff\xfet\0\xe9\0"), ("t\u{e9}".into(), "utf-16le"));
        assert_eq!(detected(b"\xfe\xff\0t"), ("t".into(), "utf-16be"));
    }

    #[test]
    fn latin_1_keeps_every_byte_as_its_code_point() {
        let bytes: Vec<u8> = (0..=255).collect();
        let decoded = decode(bytes, Charset::Latin1, "x").unwrap();
        assert!(decoded.text.chars().map(u32::from).eq(0..256));
    }

    #[test]
    fn a_rare_broken_sequence_does_not_spoil_utf_8() {
        let mut bytes = "déjà vu, ça va, très élégant, où êtes-vous, garçon".as_bytes().to_vec();
        bytes.push(0xe9);
        let decoded = decode(bytes, Charset::Detect, "x").unwrap();
        assert_eq!((decoded.outcome.encoding, decoded.outcome.replaced), ("utf-8", 1));
        assert!(decoded.text.starts_with("déjà") && decoded.text.ends_with('\u{fffd}'));
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_with_their_place() {
        let binary = decode(b"\x89PNG\0\0".to_vec(), Charset::Detect, "a.png").unwrap_err().to_string();
        assert!(binary.starts_with("a.png: expected text") && binary.ends_with("zero byte at offset 4"), "{binary}");
        let named = decode(b"fine\nb\xe9d".to_vec(), Charset::Named(UTF_8), "a.txt").unwrap_err().to_string();
        assert_eq!(named, "a.txt:2: expected utf-8 text, found byte 0xe9 at offset 6");
        let korean = decode(b"\xb0\xa1\n\xff".to_vec(), Charset::Named(EUC_KR), "k.txt").unwrap_err().to_string();
        assert_eq!(korean, "k.txt:2: expected euc-kr text, found byte 0xff at offset 3");
    }
}
