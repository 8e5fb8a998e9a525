//! N-grams <-> `ngrams.txt`, which people can read: a first line that says how many follow, then an n-gram a line, its tokens
//! with a blank between them, in the order of the columns of the weights.
//!
//! A blank, backslash, tab or line break inside a token is written `\s`, `\\`, `\t`, `\n` or `\r`.

use std::path::Path;

use ninefold_core::error::{Error, Location, Result};
use ninefold_text::vocab::{UNK, Vocab};

const TITLE: &str = "# ninefold n-grams: ";
const ESCAPES: [(char, char); 5] = [(' ', 's'), ('\\', '\\'), ('\t', 't'), ('\n', 'n'), ('\r', 'r')];

/// The text of the file; the ids are those of `vocab`.
pub(super) fn to_text(ngrams: &[Vec<u32>], vocab: &Vocab) -> String {
    let mut text = format!("{TITLE}{}\n", ngrams.len());
    for ngram in ngrams {
        for (index, token) in vocab.decode(ngram).into_iter().enumerate() {
            if index > 0 {
                text.push(' ');
            }
            token.chars().for_each(|letter| push_escaped(&mut text, letter));
        }
        text.push('\n');
    }
    text
}

fn push_escaped(text: &mut String, letter: char) {
    match ESCAPES.iter().find(|(plain, _)| *plain == letter) {
        Some((_, escaped)) => text.extend(['\\', *escaped]),
        None => text.push(letter),
    }
}

/// The ids of the n-grams of the file. `path` is named in errors.
pub(super) fn from_text(text: &str, vocab: &Vocab, path: &Path) -> Result<Vec<Vec<u32>>> {
    let wrong = |line: usize, expected: &str, found: &str| {
        Error::format(Location::line(path, line), expected, format!("{found:?}"))
    };
    let (title, body) = text.split_once('\n').unwrap_or((text, ""));
    let announced = title.strip_prefix(TITLE).and_then(|number| number.parse::<usize>().ok());
    let announced = announced.ok_or_else(|| wrong(1, "n-grams (# ninefold n-grams: N)", title))?;
    let mut ngrams = Vec::new();
    for (number, line) in (2..).zip(body.split_terminator('\n')) {
        let id = |token: &str| unescaped(token).map(|token| vocab.id(&token)).filter(|&id| id != UNK);
        let ids: Option<Vec<u32>> = line.split(' ').map(id).collect();
        ngrams.push(ids.ok_or_else(|| wrong(number, "tokens of vocab.txt", line))?);
    }
    if ngrams.len() != announced {
        let expected = format!("{announced} n-grams");
        return Err(Error::format(path, expected, ngrams.len().to_string()));
    }
    Ok(ngrams)
}

fn unescaped(token: &str) -> Option<String> {
    let mut plain = String::with_capacity(token.len());
    let mut letters = token.chars();
    while let Some(letter) = letters.next() {
        if letter == '\\' {
            let escaped = letters.next()?;
            plain.push(ESCAPES.iter().find(|(_, other)| *other == escaped)?.0);
        } else {
            plain.push(letter);
        }
    }
    Some(plain)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn ngrams_come_back_whatever_their_tokens_are() {
        let tokens = ["a", " ", "back\\slash", "tab\tand\nline\r", "é\u{2028}x", "\\s"];
        let vocab = Vocab::from_tokens(tokens.map(String::from).to_vec()).unwrap();
        let ngrams: Vec<Vec<u32>> = vec![vec![2], vec![3, 3, 2], vec![4, 5], vec![6], vec![7, 3]];
        let text = to_text(&ngrams, &vocab);
        assert_eq!(text.lines().next(), Some("# ninefold n-grams: 5"));
        assert_eq!(from_text(&text, &vocab, Path::new("n")).unwrap(), ngrams);
    }

    #[test]
    fn altered_file_is_refused_with_its_line() {
        let vocab = Vocab::from_tokens(vec!["a".to_string()]).unwrap();
        let refused = |text: &str| from_text(text, &vocab, Path::new("n.txt")).unwrap_err().to_string();
        assert!(refused("a b\n").starts_with("n.txt:1: expected n-grams (# ninefold n-grams: N)"));
        assert!(refused("# ninefold n-grams: 2\na\n").contains("n.txt: expected 2 n-grams, found 1"));
        for unknown in ["b", "", "a  a", "\\x"] {
            let error = refused(&format!("# ninefold n-grams: 2\na\n{unknown}\n"));
            assert!(error.starts_with("n.txt:3: expected tokens of vocab.txt"), "{error}");
        }
    }
}
