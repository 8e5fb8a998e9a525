//! Bytes of unknown encoding -> text: byte order mark, UTF-8, else windows-1252 or EUC-KR (cp949).
//!
//! Takes the bytes of one file -> gives its text and which encoding that was. Each file of a folder is decided alone.
//! The guess between the two legacy encodings is chardetng's (Firefox's detector). NUL is white space wherever it occurs, as in
//! fastText; its number is reported.

use encoding_rs::{DecoderResult, EUC_KR, Encoding, UTF_8, WINDOWS_1252};

use crate::census::{Census, Guess};
use ninefold_core::error::{Error, Location, Result};

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
    /// NUL characters that became spaces.
    pub nuls: usize,
}

impl Outcome {
    /// Decoded without any loss.
    pub fn clean(encoding: &'static str) -> Outcome {
        Outcome { encoding, replaced: 0, suspected: None, nuls: 0 }
    }
}

/// A whole file -> text. `place` is its name, for errors.
///
/// # Errors
/// [`Error::Format`] with line and byte when the file is binary, or not text of the encoding that was asked for.
pub(crate) fn decode(bytes: Vec<u8>, charset: Charset, place: &str) -> Result<Decoded> {
    refuse_binary(&bytes, charset, place)?;
    decode_part(bytes, charset, place, 1)
}

/// As [`decode`], for a part of a file of which [`refuse_binary`] has seen the beginning. `first_line` is the number of the part's
/// first line.
///
/// # Errors
/// [`Error::Format`] with line and byte for bytes that are not text of the encoding that was asked for.
pub(crate) fn decode_part(bytes: Vec<u8>, charset: Charset, place: &str, first_line: usize) -> Result<Decoded> {
    let mut decoded = match (charset, Encoding::for_bom(&bytes)) {
        (Charset::Latin1, _) => {
            Decoded { text: encoding_rs::mem::decode_latin1(&bytes).into(), outcome: Outcome::clean("latin-1") }
        }
        (Charset::Named(encoding), _) | (Charset::Detect, Some((encoding, _))) => {
            strictly(&bytes, encoding, place, first_line)?
        }
        (Charset::Detect, None) => match String::from_utf8(bytes) {
            Ok(text) => Decoded { text, outcome: Outcome::clean("utf-8") },
            Err(error) => guessed(error.as_bytes()),
        },
    };
    decoded.outcome.nuls = decoded.text.bytes().filter(|&byte| byte == 0).count();
    if decoded.outcome.nuls > 0 {
        decoded.text = decoded.text.replace('\0', " ");
    }
    Ok(decoded)
}

/// Refuses a binary file by its first bytes. A few NUL bytes in a text are no reason: a text is refused when more than a fifth of
/// its bytes are control characters, or when it has NUL bytes beside other control characters and is not UTF-8.
///
/// # Errors
/// [`Error::Format`] with the offset of the first NUL byte.
pub(crate) fn refuse_binary(head: &[u8], charset: Charset, place: &str) -> Result<()> {
    const LOOKED_AT: usize = 8000; // as Git does
    if charset != Charset::Detect || Encoding::for_bom(head).is_some() {
        return Ok(());
    }
    let head = &head[..head.len().min(LOOKED_AT)];
    let Some(first_nul) = head.iter().position(|&byte| byte == 0) else { return Ok(()) };
    let is_control = |byte: &&u8| matches!(byte, 1..=7 | 0x0e..=0x19 | 0x1c..=0x1f);
    let nuls = head.iter().filter(|&&byte| byte == 0).count();
    let controls = head.iter().filter(is_control).count();
    // An error without a length is a character that is cut off at the end.
    let is_utf8 = std::str::from_utf8(head).map_or_else(|error| error.error_len().is_none(), |_| true);
    let many = nuls > 1 && 5 * (nuls + controls) > head.len();
    if many || (controls > 0 && !is_utf8) {
        let expected = "text (a binary file? utf-16 without a byte order mark needs encoding = \"utf-16le\")";
        return Err(Error::format(place, expected, format!("a zero byte at offset {first_nul}")));
    }
    Ok(())
}

/// Bytes that are neither marked nor valid UTF-8.
fn guessed(bytes: &[u8]) -> Decoded {
    let mut census = Census::new();
    census.add(bytes);
    match census.guess() {
        Guess::NearlyUtf8 { replaced } => Decoded {
            text: String::from_utf8_lossy(bytes).into(),
            outcome: Outcome { replaced, ..Outcome::clean("utf-8") },
        },
        Guess::Korean => {
            let (text, _) = EUC_KR.decode_without_bom_handling(bytes);
            Decoded { text: text.into(), outcome: Outcome::clean(name_of(EUC_KR)) }
        }
        Guess::Windows1252 { suspected } => {
            let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
            let suspected = suspected.map(name_of);
            Decoded { text: text.into(), outcome: Outcome { suspected, ..Outcome::clean(name_of(WINDOWS_1252)) } }
        }
    }
}

/// Every byte must belong to `encoding`.
fn strictly(bytes: &[u8], encoding: &'static Encoding, place: &str, first_line: usize) -> Result<Decoded> {
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
            let line = first_line + bytes[..bad].iter().filter(|&&byte| byte == b'\n').count();
            let found = if first_line == 1 {
                format!("byte 0x{:02x} at offset {bad}", bytes[bad])
            } else {
                format!("byte 0x{:02x}", bytes[bad])
            };
            Err(Error::format(Location::line(place, line), format!("{} text", name_of(encoding)), found))
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
    use encoding_rs::GBK;

    use super::*;

    fn detected(bytes: &[u8]) -> (String, &'static str) {
        let decoded = decode(bytes.to_vec(), Charset::Detect, "x").unwrap();
        (decoded.text, decoded.outcome.encoding)
    }

    #[test]
    fn common_encodings_are_distinguished() {
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
    fn short_chinese_text_is_not_taken_for_korean() {
        for text in [
            "这个产品很好",
            "我不喜欢",
            "质量太差了",
            "今天天气不错",
            "非常满意",
            "中国经济增长",
            "电影很好看",
            "价格便宜",
            "房间很干净，服务也很好。",
            "不推荐大家购买",
            "比赛开始了",
            "手机电池不行",
        ] {
            let bytes = GBK.encode(text).0;
            assert_ne!(detected(&bytes).1, "euc-kr", "{text}");
        }
        for text in
            ["좋은 영화", "재미없다", "가격이 저렴하고 좋아요", "최고", "배송이 느려요", "실망했습니다", "추천합니다"]
        {
            let bytes = EUC_KR.encode(text).0;
            assert_eq!(detected(&bytes), (text.to_string(), "euc-kr"), "{text}");
        }
    }

    #[test]
    fn nul_is_white_space_in_every_encoding() {
        let wide: Vec<u8> = "\u{feff}a\0b".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (bytes, charset) in [
            (b"a\0b".to_vec(), Charset::Detect),
            (b"a\0b".to_vec(), Charset::Named(UTF_8)),
            (b"a\0b".to_vec(), Charset::Latin1),
            (wide, Charset::Detect),
        ] {
            let decoded = decode(bytes, charset, "x").unwrap();
            assert_eq!((decoded.text.as_str(), decoded.outcome.nuls), ("a b", 1), "{charset:?}");
        }
    }

    #[test]
    fn latin_1_keeps_every_byte_as_its_code_point() {
        let bytes: Vec<u8> = (0..=255).collect();
        let decoded = decode(bytes, Charset::Latin1, "x").unwrap();
        let with_space_for_nul = std::iter::once(u32::from(b' ')).chain(1..256);
        assert!(decoded.text.chars().map(u32::from).eq(with_space_for_nul));
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
