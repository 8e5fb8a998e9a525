//! Words to leave out: none, the function words of English, or the user's own.
//!
//! Takes the setting `stop_words` -> gives a list of words. The English list is compiled from the closed word classes of
//! the grammar, so that a reader can check it by class; it holds no verb, noun or adjective that could name a topic.

use std::fmt;
use std::path::PathBuf;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use ninefold_core::error::Result;
use ninefold_core::files::read_text;

/// The words to leave out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StopWords {
    /// None are left out.
    #[default]
    None,
    /// English function words.
    English,
    /// A UTF-8 file with one word per line; lines that begin with `#` are comments.
    File(PathBuf),
    /// These words.
    List(Vec<String>),
}

impl StopWords {
    /// The words, as they are written.
    ///
    /// # Errors
    /// [`Error::Io`](ninefold_core::Error::Io) when the file cannot be read, [`Error::Format`](ninefold_core::Error::Format) with the line when it is not UTF-8.
    pub fn words(&self) -> Result<Vec<String>> {
        match self {
            StopWords::None => Ok(Vec::new()),
            StopWords::English => Ok(ENGLISH.split_whitespace().map(str::to_owned).collect()),
            StopWords::List(words) => Ok(words.clone()),
            StopWords::File(path) => {
                let text = read_text("read the stop words", path)?;
                let lines = text.lines().map(str::trim);
                Ok(lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect())
            }
        }
    }
}

/// As it is written in a config file.
impl fmt::Display for StopWords {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StopWords::None => write!(out, "\"none\""),
            StopWords::English => write!(out, "\"english\""),
            StopWords::File(path) => write!(out, "{path:?}"),
            StopWords::List(words) => write!(out, "{words:?}"),
        }
    }
}

impl Serialize for StopWords {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            StopWords::None => serializer.serialize_str("none"),
            StopWords::English => serializer.serialize_str("english"),
            StopWords::File(path) => path.serialize(serializer),
            StopWords::List(words) => words.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for StopWords {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct TextOrList;
        impl<'de> Visitor<'de> for TextOrList {
            type Value = StopWords;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("\"none\", \"english\", the path of a file or a list of words")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<StopWords, E> {
                match text {
                    "none" => Ok(StopWords::None),
                    "english" => Ok(StopWords::English),
                    "" => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                    path => Ok(StopWords::File(PathBuf::from(path))),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<StopWords, A::Error> {
                let mut words = Vec::new();
                while let Some(word) = list.next_element()? {
                    words.push(word);
                }
                Ok(StopWords::List(words))
            }
        }
        deserializer.deserialize_any(TextOrList)
    }
}

/// One class of function words per paragraph.
const ENGLISH: &str = "
a an the

i me my mine myself we us our ours ourselves you your yours yourself yourselves
he him his himself she her hers herself it its itself they them their theirs themselves
one oneself someone somebody something anyone anybody anything everyone everybody everything nobody nothing none

this that these those such same other another others each every either neither both all any some
few many much more most several less least enough own

who whom whose which what when where why how whoever whatever whichever whenever wherever however

about above across after against along among around as at before behind below beneath beside besides between beyond
by despite down during except for from in inside into like near of off on onto out outside over past per since
through throughout till to toward towards under until up upon via with within without

and but or nor so yet if because although though unless while whereas whether than then else

am is are was were be been being have has had having do does did doing done
will would shall should can could may might must ought cannot

ain't aren't can't couldn't didn't doesn't don't hadn't hasn't haven't isn't mightn't mustn't needn't shan't shouldn't
wasn't weren't won't wouldn't
i'm you're we're they're he's she's it's that's there's here's what's who's where's how's let's
i've you've we've they've i'd you'd he'd she'd it'd we'd they'd i'll you'll he'll she'll it'll we'll they'll that'll

no not only very too also just even still again ever never always often once already
here there now thus hence therefore perhaps maybe rather quite almost
";

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::*;
    use crate::tokenize::{Tokenizer, TokenizerConfig};

    #[test]
    fn every_english_stop_word_is_one_token_and_listed_once() {
        let words = StopWords::English.words().unwrap();
        let tokenizer = Tokenizer::new(&TokenizerConfig::default()).unwrap();
        for word in &words {
            assert_eq!(tokenizer.tokenize(word), [word.as_str()]);
        }
        let distinct: std::collections::BTreeSet<_> = words.iter().collect();
        assert_eq!(distinct.len(), words.len());
    }

    #[test]
    fn a_file_gives_its_lines_without_comments() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stop.txt");
        fs::write(&path, "\u{feff}# mine\nsubject\r\n\n  re \nÜber").unwrap();
        assert_eq!(StopWords::File(path.clone()).words().unwrap(), ["subject", "re", "Über"]);

        let config = TokenizerConfig { stop_words: StopWords::File(path), ..Default::default() };
        let tokens = Tokenizer::new(&config).unwrap().tokenize("Re: SUBJECT über alles");
        assert_eq!(tokens, ["alles"]);
        let alone = config.self_contained().unwrap();
        folder.close().unwrap();
        assert_eq!(Tokenizer::new(&alone).unwrap().tokenize("Re: SUBJECT über alles"), tokens);
    }

    #[test]
    fn a_missing_or_broken_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stop.txt");
        let failure = || StopWords::File(path.clone()).words().unwrap_err().to_string();
        assert!(failure().contains("stop.txt: cannot read the stop words"), "{}", failure());
        fs::write(&path, b"the\nand\n\xff\n").unwrap();
        assert!(failure().ends_with("stop.txt:3: expected UTF-8 text, found the byte 0xff"), "{}", failure());
    }

    #[test]
    fn the_setting_reads_as_it_writes() {
        for words in [
            StopWords::None,
            StopWords::English,
            StopWords::File("lists/stop.txt".into()),
            StopWords::List(vec!["re".into(), "fwd".into()]),
        ] {
            let written = serde_json::to_string(&words).unwrap();
            assert_eq!(serde_json::from_str::<StopWords>(&written).unwrap(), words);
        }
        let wrong = serde_json::from_str::<StopWords>("3").unwrap_err().to_string();
        assert!(wrong.contains("the path of a file or a list of words"), "{wrong}");
    }
}
