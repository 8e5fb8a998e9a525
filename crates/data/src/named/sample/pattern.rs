//! Sentence patterns: text with slots, numbers and alternatives.
//!
//! Takes a line such as `Use {a:tool}[ or {a:other:tool}|].` -> gives its [`Piece`]s, slots resolved to word lists.

use std::collections::BTreeMap;

use ninefold_core::error::{Error, Result};

/// What a pattern is made of.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Text(String),
    Slot {
        /// Index of the word list.
        list: usize,
        /// `a:`, put "a" or "an" before the word.
        article: bool,
        /// `s:`, take the plural.
        plural: bool,
        /// `other:`, a word that the post has not used, even from a list that is kept.
        other: bool,
    },
    Number {
        low: usize,
        high: usize,
        step: usize,
    },
    Choice(Vec<Vec<Piece>>),
}

/// Reads a pattern whose slots name the lists in `index`. The capital that it begins with is taken away, so that the
/// sentence can follow a link.
///
/// # Errors
/// [`Error::Format`] with `place` for a bracket without its other half or a slot that names no list.
pub(super) fn parse(pattern: &str, index: &BTreeMap<String, usize>, place: &str) -> Result<Vec<Piece>> {
    let mut pieces = Parser { rest: pattern, index, place }.pieces("")?;
    uncapitalise(&mut pieces);
    Ok(pieces)
}

/// Lower case for the first word, except "I" and the like of "F1". Names keep theirs: they only come from word lists.
fn uncapitalise(pieces: &mut [Piece]) {
    match pieces.first_mut() {
        Some(Piece::Text(text)) => {
            let mut letters = text.chars();
            let (first, second) = (letters.next(), letters.next());
            let is_word = (first == Some('A') && second == Some(' ')) || second.is_some_and(char::is_lowercase);
            if let Some(first) = first.filter(|_| is_word) {
                text.replace_range(..first.len_utf8(), &first.to_lowercase().to_string());
            }
        }
        Some(Piece::Choice(options)) => options.iter_mut().for_each(|option| uncapitalise(option)),
        _ => {}
    }
}

/// Reads from left to right.
struct Parser<'a> {
    rest: &'a str,
    index: &'a BTreeMap<String, usize>,
    place: &'a str,
}

impl<'a> Parser<'a> {
    /// Wordpieces up to one of the characters in `end`, which stays.
    fn pieces(&mut self, end: &str) -> Result<Vec<Piece>> {
        let mut pieces = Vec::new();
        while let Some(next) = self.rest.chars().next().filter(|&next| !end.contains(next)) {
            pieces.push(match next {
                '[' => self.choice()?,
                '{' => self.slot()?,
                '|' | ']' | '}' => return Err(self.expected("no bar or closing bracket without its opening one")),
                _ => {
                    let length = self.rest.find(['[', '{', '|', ']', '}']).unwrap_or(self.rest.len());
                    Piece::Text(self.take(length).to_string())
                }
            });
        }
        Ok(pieces)
    }

    fn choice(&mut self) -> Result<Piece> {
        let mut options = Vec::new();
        while self.rest.starts_with(['[', '|']) {
            self.take(1);
            options.push(self.pieces("|]")?);
        }
        if self.rest.is_empty() {
            return Err(self.expected("`]`"));
        }
        self.take(1);
        Ok(Piece::Choice(options))
    }

    fn slot(&mut self) -> Result<Piece> {
        let end = self.rest.find('}').ok_or_else(|| self.expected("`}`"))?;
        let slot = &self.take(end + 1)[1..end];
        if let Some(number) = number(slot) {
            return Ok(number);
        }
        let (flags, name) = slot.rsplit_once(':').unwrap_or(("", slot));
        let list = *self.index.get(name).ok_or_else(|| Error::format(self.place, "a slot that names a list", name))?;
        let (mut article, mut plural, mut other) = (false, false, false);
        for flag in flags.split(':').filter(|flag| !flag.is_empty()) {
            match flag {
                "a" => article = true,
                "s" => plural = true,
                "other" => other = true,
                _ => return Err(Error::format(self.place, "`a:`, `s:` or `other:` in a slot", flag)),
            }
        }
        Ok(Piece::Slot { list, article, plural, other })
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn expected(&self, what: &str) -> Error {
        let found = if self.rest.is_empty() { "the end of the pattern" } else { self.rest };
        Error::format(self.place, what, found)
    }
}

/// `3..7` or `40..90/10`.
fn number(slot: &str) -> Option<Piece> {
    let (low, high) = slot.split_once("..")?;
    let (high, step) = high.split_once('/').unwrap_or((high, "1"));
    let (low, high, step) = (low.parse().ok()?, high.parse().ok()?, step.parse().ok()?);
    (low <= high && step > 0).then_some(Piece::Number { low, high, step })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(pattern: &str) -> Result<Vec<Piece>> {
        parse(pattern, &BTreeMap::from([("tool".to_string(), 0)]), "garden.txt:7")
    }

    #[test]
    fn a_pattern_is_text_slots_numbers_and_choices() {
        let pieces = read("Use {a:other:tool} for {40..90/10} minutes[ [or so|at least]|].").unwrap();
        assert!(matches!(&pieces[0], Piece::Text(text) if text == "use "));
        assert!(matches!(pieces[1], Piece::Slot { list: 0, article: true, plural: false, other: true }));
        assert!(matches!(pieces[3], Piece::Number { low: 40, high: 90, step: 10 }));
        assert!(matches!(&pieces[5], Piece::Choice(options) if options.len() == 2 && options[1].is_empty()));
    }

    #[test]
    fn words_that_are_always_capital_stay_so() {
        for (pattern, first) in
            [("I dig.", "I dig."), ("A spade.", "a spade."), ("F1 seed.", "F1 seed."), ("Dig.", "dig.")]
        {
            assert!(matches!(&read(pattern).unwrap()[0], Piece::Text(text) if text == first), "{pattern}");
        }
    }

    #[test]
    fn a_broken_pattern_is_refused_with_its_place() {
        for broken in
            ["Use {tool.", "Use [a|b.", "Use a|b.", "Use a].", "Use {shovel}.", "Use {an:tool}.", "{7..3} times", "a}"]
        {
            let error = read(broken).unwrap_err().to_string();
            assert!(error.starts_with("garden.txt:7: expected"), "{broken}: {error}");
        }
    }
}
