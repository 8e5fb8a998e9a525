//! Turns patterns into sentences: draws words for the slots, keeps to the post's subject, gets articles and capitals
//! right.
//!
//! Takes a [`Topic`] and a random stream -> gives sentences that never repeat within a post.

use super::grammar::{Pattern, Topic};
use super::pattern::Piece;
use ninefold_core::rng::Rng;

/// When a post was written, which decides the words it prefers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Era {
    /// A post of the test part.
    pub(super) late: bool,
    /// The share of draws that stick to the era's own words.
    pub(super) shift: f64,
}

/// Somebody writing one post about one topic: remembers what was said.
pub(super) struct Speaker<'a> {
    pub(super) topic: &'a Topic,
    era: Era,
    /// The word that the post stays with, for each list that is kept.
    kept: Vec<Option<usize>>,
    /// Words already used, for each list.
    used: Vec<Vec<usize>>,
    /// Patterns already used, by id.
    spoken: Vec<bool>,
}

impl<'a> Speaker<'a> {
    pub(super) fn new(topic: &'a Topic, era: Era) -> Speaker<'a> {
        Speaker {
            topic,
            era,
            kept: vec![None; topic.lists.len()],
            used: vec![Vec::new(); topic.lists.len()],
            spoken: vec![false; topic.num_patterns],
        }
    }

    /// One of `patterns` that the post has not used yet, as a sentence that still lacks its capital;
    /// `None` when all are used.
    pub(super) fn say(&mut self, patterns: &[Pattern], rng: &mut Rng) -> Option<String> {
        let fresh: Vec<&Pattern> = patterns.iter().filter(|pattern| !self.spoken[pattern.id]).collect();
        if fresh.is_empty() {
            return None;
        }
        let pattern = *rng.choose(&fresh);
        self.spoken[pattern.id] = true;
        let mut sentence = String::new();
        self.expand(&pattern.pieces, rng, &mut sentence);
        Some(sentence)
    }

    /// The next paragraph may turn to another subject.
    pub(super) fn change_subject(&mut self) {
        self.kept.fill(None);
    }

    fn expand(&mut self, pieces: &[Piece], rng: &mut Rng, out: &mut String) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Number { low, high, step } => {
                    let number = low + step * rng.below((high - low) / step + 1);
                    out.push_str(&number.to_string());
                }
                Piece::Choice(options) => {
                    let option = rng.choose(options);
                    self.expand(option, rng, out);
                }
                Piece::Slot { list, article, plural, other } => {
                    let index = self.draw(*list, *other, rng);
                    let word = &self.topic.lists[*list].words[index];
                    let word = if *plural { &word.plural } else { &word.singular };
                    if *article {
                        out.push_str(article_of(word));
                        out.push(' ');
                    }
                    out.push_str(word);
                }
            }
        }
    }

    /// The index of a word of `list`: the kept one, else one that the post has not used, as far as there is one.
    fn draw(&mut self, list: usize, other: bool, rng: &mut Rng) -> usize {
        let words = &self.topic.lists[list];
        if let Some(index) = self.kept[list].filter(|_| words.keep && !other) {
            return index;
        }
        let faithful = rng.chance(self.era.shift);
        let range = match words.late_from {
            Some(bar) if faithful && self.era.late => bar..words.words.len(),
            Some(bar) if faithful => 0..bar,
            _ => 0..words.words.len(),
        };
        let mut candidates: Vec<usize> = range.clone().filter(|index| !self.used[list].contains(index)).collect();
        if candidates.is_empty() {
            self.used[list].clear();
            candidates = range.collect();
        }
        let index = *rng.choose(&candidates);
        self.used[list].push(index);
        if words.keep && !other {
            self.kept[list] = Some(index);
        }
        index
    }
}

/// "a" or "an", by the sound that `phrase` begins with.
pub(super) fn article_of(phrase: &str) -> &'static str {
    let first = phrase.split([' ', '-']).next().unwrap_or_default();
    let spelled_out = !first.is_empty() && first.chars().all(|letter| letter.is_ascii_uppercase());
    let vowel = if spelled_out {
        first.starts_with(['A', 'E', 'F', 'H', 'I', 'L', 'M', 'N', 'O', 'R', 'S', 'X'])
    } else {
        let lower = first.to_lowercase();
        let starts = |beginnings: &[&str]| beginnings.iter().any(|beginning| lower.starts_with(beginning));
        let silent_h = starts(&["hour", "honest", "heir"]);
        let spoken_yu = starts(&["uni", "use", "usu", "eu", "one", "uku", "ute"]) && !starts(&["unin", "unim"]);
        silent_h || (starts(&["a", "e", "i", "o", "u"]) && !spoken_yu)
    };
    if vowel { "an" } else { "a" }
}

/// Capitals at the beginning of every sentence: a slot may stand there.
pub(super) fn capitalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut begins, mut stopped) = (true, false);
    for letter in text.chars() {
        if letter.is_whitespace() {
            begins |= stopped;
        } else if begins && letter.is_alphanumeric() {
            out.extend(letter.to_uppercase());
            (begins, stopped) = (false, false);
            continue;
        }
        stopped = matches!(letter, '.' | '?' | '!') || (stopped && matches!(letter, '"' | ')'));
        out.push(letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_article_follows_the_sound() {
        for phrase in
            ["apple", "hour", "heirloom", "old unit", "LED bar", "unusual pot", "open G", "X-ray", "Aeroplane"]
        {
            assert_eq!(article_of(phrase), "an", "{phrase}");
        }
        for phrase in
            ["spade", "ukulele", "used car", "one-way ticket", "European rail pass", "UV clarifier", "T-bone", "unit"]
        {
            assert_eq!(article_of(phrase), "a", "{phrase}");
        }
    }

    #[test]
    fn every_sentence_begins_with_a_capital() {
        assert_eq!(
            capitalise("so: why? because. \n\nit is 2.5 kg, \"no!\" well."),
            "So: why? Because. \n\nIt is 2.5 kg, \"no!\" Well."
        );
        assert_eq!(capitalise("> is it? yes."), "> Is it? Yes.");
    }
}
