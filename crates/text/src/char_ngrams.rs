//! Character n-grams inside words: what is left of spelling, stems and endings when a word itself is rare.
//!
//! Takes a text -> gives the n-grams of its words, each word between two blanks: "as is" has the 2-grams "␣a", "as", "s␣", "␣i",
//! "is", "s␣". Words are what white space divides, punctuation included. No n-gram crosses a word's edge.
//!
//! # Source
//! `analyzer="char_wb"` of scikit-learn's `CountVectorizer`, whose values are in `crates/linear/tests/it/char_ngrams.rs`.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::tokenize::Normalization;
use crate::vocab::{SPECIAL, UNK, Vocab};
use ninefold_core::error::{Error, Result};

/// Texts that one thread encodes with the same table of words.
const CHUNK: usize = 256;
/// Characters of an n-gram at most.
const MAX_N: usize = 32;

/// Which n-grams a text is divided into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CharNgrams {
    min_n: usize,
    max_n: usize,
    lowercase: bool,
    normalization: Normalization,
}

impl CharNgrams {
    /// N-grams of `range[0]` to `range[1]` characters, in lower case where `lowercase` says so.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] for a range that is empty, begins at 0 or goes beyond 32.
    pub fn new([min_n, max_n]: [usize; 2], lowercase: bool) -> Result<CharNgrams> {
        if min_n == 0 || min_n > max_n || max_n > MAX_N {
            let expected = format!("two numbers from 1 to {MAX_N}, the smaller first");
            return Err(Error::invalid_value("char_ngram_range", expected, format!("[{min_n}, {max_n}]")));
        }
        Ok(CharNgrams { min_n, max_n, lowercase, normalization: Normalization::None })
    }

    /// The same, of normalised texts.
    #[must_use]
    pub fn with_normalization(self, normalization: Normalization) -> CharNgrams {
        CharNgrams { normalization, ..self }
    }

    /// Hands the n-grams of `text` to `give`: word after word, in each word the short ones first. A word with its blanks that is
    /// shorter than all of them is given once as it is.
    ///
    /// # Examples
    /// ```
    /// use ninefold_text::char_ngrams::CharNgrams;
    ///
    /// let mut found = Vec::new();
    /// CharNgrams::new([2, 3], true)?.for_each("No :)", |ngram| found.push(ngram.to_string()));
    /// assert_eq!(found, [" n", "no", "o ", " no", "no ", " :", ":)", ") ", " :)", ":) "]);
    /// # Ok::<(), ninefold_core::Error>(())
    /// ```
    pub fn for_each(&self, text: &str, mut give: impl FnMut(&str)) {
        let (mut padded, mut starts) = (String::new(), Vec::new());
        for word in self.cased(text).split_whitespace() {
            self.of_word(word, &mut padded, &mut starts, &mut give);
        }
    }

    /// The normalised text in the case that n-grams are counted in.
    fn cased(&self, text: &str) -> String {
        let text = self.normalization.apply(text, self.lowercase);
        if self.lowercase { text.to_lowercase() } else { text.into_owned() }
    }

    /// `padded` and `starts` are buffers.
    fn of_word(&self, word: &str, padded: &mut String, starts: &mut Vec<usize>, give: &mut impl FnMut(&str)) {
        padded.clear();
        padded.extend([" ", word, " "]);
        starts.clear();
        starts.extend(padded.char_indices().map(|(start, _)| start).chain([padded.len()]));
        let length = starts.len() - 1; // in characters
        for n in self.min_n..=self.max_n {
            if n >= length {
                give(padded);
                break; // counted once, and not again for every larger n
            }
            starts.iter().zip(&starts[n..]).for_each(|(&start, &end)| give(&padded[start..end]));
        }
    }

    /// The n-grams that at least `min_df` texts have, in the order in which they first occur.
    ///
    /// # Errors
    /// None for any texts: what cannot be a token of a vocabulary is left out.
    pub fn vocab<T: AsRef<str>>(&self, texts: &[T], min_df: usize) -> Result<Vocab> {
        let mut ids: FxHashMap<String, u32> = FxHashMap::default();
        let mut words: FxHashMap<String, Vec<u32>> = FxHashMap::default();
        let (mut texts_with, mut last_text): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new()); // [n-grams]
        let (mut padded, mut starts) = (String::new(), Vec::new());
        for (number, text) in texts.iter().enumerate() {
            for word in self.cased(text.as_ref()).split_whitespace() {
                if !words.contains_key(word) {
                    let mut of_word = Vec::new();
                    self.of_word(word, &mut padded, &mut starts, &mut |ngram| of_word.push(interned(&mut ids, ngram)));
                    texts_with.resize(ids.len(), 0);
                    last_text.resize(ids.len(), usize::MAX);
                    words.insert(word.to_owned(), of_word);
                }
                for &id in &words[word] {
                    if std::mem::replace(&mut last_text[id as usize], number) != number {
                        texts_with[id as usize] += 1;
                    }
                }
            }
        }
        let mut kept: Vec<(u32, String)> = ids.into_iter().map(|(ngram, id)| (id, ngram)).collect();
        kept.retain(|(id, ngram)| texts_with[*id as usize] >= min_df && !SPECIAL.contains(&ngram.as_str()));
        kept.sort_unstable_by_key(|&(id, _)| id);
        Vocab::from_tokens(kept.into_iter().map(|(_, ngram)| ngram).collect())
    }

    /// The ids of each text's n-grams, on all threads; those that `vocab` does not have are left out.
    pub fn encode<T: AsRef<str> + Sync>(&self, vocab: &Vocab, texts: &[T]) -> Vec<Vec<u32>> {
        texts.par_chunks(CHUNK).flat_map_iter(|texts| self.encode_chunk(vocab, texts)).collect()
    }

    fn encode_chunk<T: AsRef<str>>(&self, vocab: &Vocab, texts: &[T]) -> Vec<Vec<u32>> {
        let mut words: FxHashMap<String, Vec<u32>> = FxHashMap::default();
        let (mut padded, mut starts) = (String::new(), Vec::new());
        let mut encode = |text: &T| {
            let mut ids = Vec::new();
            for word in self.cased(text.as_ref()).split_whitespace() {
                match words.get(word) {
                    Some(known) => ids.extend_from_slice(known),
                    None => {
                        let before = ids.len();
                        let mut push = |ngram: &str| ids.extend(Some(vocab.id(ngram)).filter(|&id| id != UNK));
                        self.of_word(word, &mut padded, &mut starts, &mut push);
                        words.insert(word.to_owned(), ids[before..].to_vec());
                    }
                }
            }
            ids
        };
        texts.iter().map(&mut encode).collect()
    }
}

/// The number of an n-gram, a new one if it is new.
fn interned(ids: &mut FxHashMap<String, u32>, ngram: &str) -> u32 {
    if let Some(&id) = ids.get(ngram) {
        return id;
    }
    let fresh = ids.len() as u32;
    ids.insert(ngram.to_owned(), fresh);
    fresh
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn of(range: [usize; 2], text: &str) -> Vec<String> {
        let mut found = Vec::new();
        CharNgrams::new(range, true).unwrap().for_each(text, |ngram| found.push(ngram.to_string()));
        found
    }

    #[test]
    fn a_short_word_is_counted_once() {
        assert_eq!(of([4, 6], "a I'm"), [" a ", " i'm", "i'm ", " i'm "]);
        assert_eq!(of([3, 5], "a"), [" a "]);
        assert!(of([1, 2], " \t\n").is_empty());
    }

    #[test]
    fn characters_are_counted_and_not_bytes() {
        assert_eq!(of([2, 2], "É그"), [" é", "é그", "그 "]);
    }

    #[test]
    fn rare_ngrams_have_no_id_and_unknown_ones_are_left_out() {
        let ngrams = CharNgrams::new([3, 3], true).unwrap();
        let vocab = ngrams.vocab(&["ab ab", "ab cd"], 2).unwrap();
        assert_eq!(vocab.tokens()[SPECIAL.len()..], [" ab", "ab "]);
        assert_eq!(ngrams.encode(&vocab, &["CD AB", "xy", "ab ab"]), [vec![2, 3], vec![], vec![2, 3, 2, 3]]);
    }

    #[test]
    fn the_names_of_special_tokens_are_no_ngrams() {
        let ngrams = CharNgrams::new([5, 5], true).unwrap();
        let vocab = ngrams.vocab(&["<pad> <unk>"], 1).unwrap();
        assert_eq!(vocab.tokens()[SPECIAL.len()..], [" <pad", "pad> ", " <unk", "unk> "]);
    }

    #[test]
    fn an_empty_range_is_refused() {
        for range in [[0, 2], [3, 2], [2, 33]] {
            let error = CharNgrams::new(range, true).unwrap_err().to_string();
            assert!(error.starts_with("char_ngram_range: expected two numbers from 1 to 32"), "{error}");
        }
    }
}
