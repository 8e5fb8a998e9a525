//! A vocabulary as a file that people can read and compare: a first line that says what it is and how many tokens follow,
//! then one line per token, in the order of the ids: the token, a tab, its count.
//!
//! Takes a [`Vocab`] -> gives a file, and back. A backslash, tab or line break inside a token is written `\\`, `\t`, `\n`
//! or `\r`. A file that was cut short or altered is refused with the line.

use std::io::Write;
use std::path::Path;

use super::{SPECIAL, Vocab};
use ninefold_core::error::{Error, Location, Result};
use ninefold_core::files::{read_text, write_atomically};

const TITLE: &str = "# ninefold vocabulary, tokens: ";

impl Vocab {
    /// Writes the vocabulary.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        write_atomically(path, |out| {
            writeln!(out, "{TITLE}{}", self.len())?;
            for (token, count) in self.tokens.iter().zip(&self.counts) {
                writeln!(out, "{}\t{count}", escape(token))?;
            }
            Ok(())
        })
    }

    /// Reads what [`save`](Vocab::save) wrote.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be read, [`Error::Format`] with the line when it is not a whole vocabulary.
    pub fn load(path: &Path) -> Result<Vocab> {
        let text = read_text("read the vocabulary", path)?;
        let wrong =
            |line: usize, expected: &str, found: String| Error::format(Location::line(path, line), expected, found);
        let (title, body) = text.split_once('\n').unwrap_or((&text, ""));
        let announced = title.strip_prefix(TITLE).and_then(|number| number.parse::<usize>().ok());
        let Some(announced) = announced else {
            return Err(wrong(1, "a vocabulary (# ninefold vocabulary, tokens: N)", quoted(title)));
        };

        let (mut tokens, mut counts) = (Vec::new(), Vec::new());
        for (index, line) in body.split_terminator('\n').enumerate() {
            let parsed = line.split_once('\t').and_then(|(token, count)| Some((unescape(token)?, count.parse().ok()?)));
            let Some((token, count)) = parsed else {
                return Err(wrong(index + 2, "a token, a tab and a count", quoted(line)));
            };
            if SPECIAL.get(index).is_some_and(|&special| special != token) {
                return Err(wrong(index + 2, SPECIAL[index], quoted(&token)));
            }
            tokens.push(token);
            counts.push(count);
        }
        if tokens.len() != announced || tokens.len() < SPECIAL.len() || !text.ends_with('\n') {
            let found = if text.ends_with('\n') { "the end of the file" } else { "a cut line" };
            let expected = format!("{announced} tokens, of which {} are here", tokens.len());
            return Err(wrong(tokens.len() + 1, &expected, found.to_owned()));
        }
        Vocab::new(tokens, counts)
            .map_err(|(token, id)| wrong(id + 2, "a token that was not there before", quoted(&token)))
    }
}

/// At most 40 characters of what was found, so that a binary file does not fill the screen.
fn quoted(text: &str) -> String {
    let mut start: String = text.chars().take(40).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    format!("{start:?}")
}

fn escape(token: &str) -> String {
    token.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
}

/// Nothing when a backslash is followed by what [`escape`] does not write.
fn unescape(written: &str) -> Option<String> {
    let mut token = String::with_capacity(written.len());
    let mut characters = written.chars();
    while let Some(character) = characters.next() {
        token.push(match character {
            '\\' => match characters.next()? {
                '\\' => '\\',
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                _ => return None,
            },
            other => other,
        });
    }
    Some(token)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::*;
    use crate::vocab::{TokenCounts, VocabConfig};
    use proptest::prelude::*;

    fn built(tokens: &[String]) -> Vocab {
        let counts: TokenCounts = tokens.iter().collect();
        Vocab::build(&counts, &VocabConfig { min_count: 1, ..Default::default() }).unwrap()
    }

    fn refusal(content: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vocab.txt");
        fs::write(&path, content).unwrap();
        let error = Vocab::load(&path).unwrap_err().to_string();
        error.rsplit_once('/').map_or(error.clone(), |(_, end)| end.to_owned())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..Default::default() })]

        #[test]
        fn any_tokens_come_back_as_they_were(tokens in prop::collection::vec("([a-z]|\\\\|\t|\n|\r|\u{85}|\u{2028}|é| |#|<unk>){0,4}", 1..30)) {
            prop_assume!(tokens.iter().any(|token| !SPECIAL.contains(&token.as_str())));
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("model/vocab.txt");
            let vocab = built(&tokens);
            vocab.save(&path).unwrap();
            prop_assert_eq!(Vocab::load(&path).unwrap(), vocab);
        }
    }

    #[test]
    fn the_file_reads_as_a_table() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vocab.txt");
        built(&["a".into(), "b\tc".into(), "a".into()]).save(&path).unwrap();
        let written = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("\u{feff}{written}")).unwrap();
        assert_eq!(Vocab::load(&path).unwrap().len(), 4, "a byte order mark is passed over");
        assert_eq!(written, "# ninefold vocabulary, tokens: 4\n<pad>\t0\n<unk>\t0\na\t2\nb\\tc\t1\n");
    }

    #[test]
    fn a_damaged_file_is_refused_by_line() {
        const WHOLE: &str = "# ninefold vocabulary, tokens: 4\n<pad>\t0\n<unk>\t0\na\t2\nb\t1\n";
        let altered = |from: &str, to: &str| refusal(WHOLE.replace(from, to).as_bytes());
        assert_eq!(altered("a\t2", "a 2"), "vocab.txt:4: expected a token, a tab and a count, found \"a 2\"");
        assert_eq!(altered("a\t2", "a\tx"), "vocab.txt:4: expected a token, a tab and a count, found \"a\\tx\"");
        assert_eq!(altered("a\t2", "\\a\t2"), "vocab.txt:4: expected a token, a tab and a count, found \"\\\\a\\t2\"");
        assert_eq!(altered("b\t1", "a\t1"), "vocab.txt:5: expected a token that was not there before, found \"a\"");
        assert_eq!(altered("<unk>", "unk"), "vocab.txt:3: expected <unk>, found \"unk\"");
        assert_eq!(
            altered("b\t1\n", ""),
            "vocab.txt:4: expected 4 tokens, of which 3 are here, found the end of the file"
        );
        assert_eq!(altered("b\t1\n", "b\t1"), "vocab.txt:5: expected 4 tokens, of which 4 are here, found a cut line");
        assert_eq!(
            altered("# nine", "# seven"),
            "vocab.txt:1: expected a vocabulary (# ninefold vocabulary, tokens: N), found \
             \"# sevenfold vocabulary, tokens: 4\""
        );
        let mut bytes = WHOLE.as_bytes().to_vec();
        bytes[WHOLE.len() - 4] = 0xff;
        assert_eq!(refusal(&bytes), "vocab.txt:5: expected UTF-8 text, found the byte 0xff");
        for length in 0..WHOLE.len() {
            refusal(&WHOLE.as_bytes()[..length]);
        }
    }
}
