//! Which encoding bytes have that are neither marked nor UTF-8, found out line by line: the bytes need not be in memory together.
//!
//! Lines of a file -> a [`Guess`]. A line ends in the same byte in every encoding that is guessed, and no character reaches beyond it.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GBK, SHIFT_JIS, WINDOWS_1252};

/// What bytes are taken for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Guess {
    /// UTF-8 with so many broken sequences.
    NearlyUtf8 { replaced: usize },
    /// EUC-KR (cp949).
    Korean,
    /// windows-1252; where the bytes look like another encoding, which one.
    Windows1252 { suspected: Option<&'static Encoding> },
}

/// What is counted in the lines of a file.
pub(crate) struct Census {
    detector: EncodingDetector,
    /// Characters above ASCII that are valid UTF-8, and sequences that are not.
    utf8_characters: usize,
    utf8_broken: usize,
    /// Bytes above ASCII, and those of them that form common syllables of EUC-KR.
    high: usize,
    in_syllables: usize,
    /// The text as EUC-KR and as GBK; `None` once a line is not valid.
    korean: Option<KoreanCounts>,
    common_chinese: Option<usize>,
}

/// Characters of a text that was read as EUC-KR.
#[derive(Default)]
struct KoreanCounts {
    hangul: usize,
    hanja: usize,
    common: usize,
}

impl Census {
    pub fn new() -> Census {
        Census {
            detector: EncodingDetector::new(Iso2022JpDetection::Deny),
            utf8_characters: 0,
            utf8_broken: 0,
            high: 0,
            in_syllables: 0,
            korean: Some(KoreanCounts::default()),
            common_chinese: Some(0),
        }
    }

    /// Counts whole lines; only the last ones of a file may lack their end.
    pub fn add(&mut self, lines: &[u8]) {
        self.detector.feed(lines, false);
        for chunk in lines.utf8_chunks() {
            self.utf8_characters += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
            self.utf8_broken += usize::from(!chunk.invalid().is_empty());
        }
        self.count_syllables(lines);
        let common = |text: &str, list: &str| text.chars().filter(|&it| !it.is_ascii() && list.contains(it)).count();
        let decoded = |encoding: &'static Encoding| encoding.decode_without_bom_handling_and_without_replacement(lines);
        self.korean = self.korean.take().and_then(|counts| {
            let text = decoded(EUC_KR)?;
            Some(KoreanCounts {
                hangul: counts.hangul + text.chars().filter(|it| ('가'..='힣').contains(it)).count(),
                hanja: counts.hanja + text.chars().filter(|it| ('\u{4e00}'..='\u{9fff}').contains(it)).count(),
                common: counts.common + common(&text, KOREAN),
            })
        });
        self.common_chinese = self.common_chinese.and_then(|count| Some(count + common(&decoded(GBK)?, CHINESE)));
    }

    fn count_syllables(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while at < bytes.len() {
            let is_syllable =
                (0xb0..=0xc8).contains(&bytes[at]) && bytes.get(at + 1).is_some_and(|&trail| trail >= 0xa1);
            let width = if is_syllable { 2 } else { 1 };
            self.high += if bytes[at].is_ascii() { 0 } else { width };
            self.in_syllables += if is_syllable { 2 } else { 0 };
            at += width;
        }
    }

    /// What all lines are taken for.
    ///
    /// UTF-8 with a rare broken sequence (a cut-off text, a row pasted from elsewhere) stays UTF-8: read as windows-1252, every accent in
    /// it would be spoiled.
    pub fn guess(mut self) -> Guess {
        if self.utf8_characters > 4 * self.utf8_broken {
            return Guess::NearlyUtf8 { replaced: self.utf8_broken };
        }
        self.detector.feed(&[], true);
        let guess = self.detector.guess(None, Utf8Detection::Deny);
        if self.is_korean(guess) {
            return Guess::Korean;
        }
        Guess::Windows1252 { suspected: (guess != WINDOWS_1252).then_some(guess) }
    }

    /// A few syllables alone could be Chinese or Japanese as well; of these only Korean is ever guessed.
    fn is_korean(&self, guess: &'static Encoding) -> bool {
        let is_mostly_hangul = 2 * self.in_syllables > self.high;
        let is_possible = guess == EUC_KR || ([GBK, BIG5, SHIFT_JIS, EUC_JP].contains(&guess) && is_mostly_hangul);
        let Some(korean) = self.korean.as_ref().filter(|_| is_possible) else { return false };
        // Valid EUC-KR reads better as GBK where it holds more Chinese characters that Korean rarely uses, or more of the commonest
        // characters of Chinese than of the commonest syllables of Korean.
        let is_rather_chinese = |common: usize| 4 * korean.hanja > korean.hangul || common > korean.common;
        !self.common_chinese.is_some_and(is_rather_chinese)
    }
}

/// The commonest syllables of Korean, the particles and endings first; they make up about half of running text.
const KOREAN: &str = "이다는에의을가고한하를은도로지기사서어시자리나아대인수정일으과만그여전해있게부라보스주제상장원구동들면조마적성비안무신\
    경유요습니세했었좋화영우소오관된년국미업할";
/// The commonest characters of Chinese; they make up about half of running text.
const CHINESE: &str = "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方\
    多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又\
    关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教\
    儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德\
    资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规\
    万取拉格望觉术领共确传师观清今切院让识候带导争运";

#[cfg(test)]
mod tests {
    use super::*;

    fn of_lines<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Guess {
        let mut census = Census::new();
        lines.into_iter().for_each(|lines| census.add(lines));
        census.guess()
    }

    #[test]
    fn guess_does_not_depend_on_how_lines_are_put_together() {
        let korean = EUC_KR.encode("이 영화는 정말\n재미있었고 배우들의\n연기도\n훌륭했습니다.").0.into_owned();
        let german = WINDOWS_1252.encode("naß und\nüber den Häusern\nschöner Frühnebel").0.into_owned();
        let chinese = GBK.encode("这个产品很好\n我不喜欢\n质量太差了\n").0.into_owned();
        let nearly_utf8 = [b"d\xc3\xa9j\xc3\xa0 vu, \xc3\xa7a va\n".repeat(3), b"caf\xe9\n \xc3".to_vec()].concat();
        let cut = [korean.clone(), b"\xb0\nxyz".to_vec()].concat();
        for bytes in [korean, german, chinese, nearly_utf8, cut] {
            let whole = of_lines([bytes.as_slice()]);
            assert_eq!(of_lines(bytes.split_inclusive(|&byte| byte == b'\n')), whole);
        }
    }
}
