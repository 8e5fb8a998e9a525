//! How often each token occurs.
//!
//! Takes texts, or tokens one by one -> gives counts. They are whole numbers, so the order of adding does not matter and
//! all threads can count.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::tokenize::Tokenizer;

/// Occurrences per token.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TokenCounts {
    counts: FxHashMap<String, u64>,
    total: u64,
}

impl TokenCounts {
    /// Counts the tokens of texts, on all threads.
    pub fn of(tokenizer: &Tokenizer, texts: &[&str]) -> TokenCounts {
        let count = |texts: &[&str]| {
            let mut counts = TokenCounts::default();
            texts.iter().for_each(|text| tokenizer.for_each(text, |token| counts.add(token)));
            counts
        };
        texts.par_chunks(1024).map(count).reduce(TokenCounts::default, TokenCounts::merge)
    }

    /// One more occurrence of `token`.
    pub fn add(&mut self, token: &str) {
        self.total += 1;
        match self.counts.get_mut(token) {
            Some(count) => *count += 1,
            None => {
                self.counts.insert(token.to_owned(), 1);
            }
        }
    }

    /// The counts of both.
    pub fn merge(self, other: TokenCounts) -> TokenCounts {
        let (mut large, small) = if self.counts.len() < other.counts.len() { (other, self) } else { (self, other) };
        for (token, count) in small.counts {
            *large.counts.entry(token).or_default() += count;
        }
        large.total += small.total;
        large
    }

    /// Occurrences of all tokens together.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Number of different tokens.
    pub fn distinct(&self) -> usize {
        self.counts.len()
    }

    /// Each token with its count, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counts.iter().map(|(token, &count)| (token.as_str(), count))
    }
}

impl<T: AsRef<str>> FromIterator<T> for TokenCounts {
    fn from_iter<I: IntoIterator<Item = T>>(tokens: I) -> TokenCounts {
        let mut counts = TokenCounts::default();
        tokens.into_iter().for_each(|token| counts.add(token.as_ref()));
        counts
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::tokenize::TokenizerConfig;

    #[test]
    fn counting_on_all_threads_is_counting() {
        let owned: Vec<String> = (0..5000).map(|i| format!("word{} of {}", i % 700, i % 3)).collect();
        let texts: Vec<&str> = owned.iter().map(String::as_str).collect();
        let counts = TokenCounts::of(&Tokenizer::new(&TokenizerConfig::default()).unwrap(), &texts);
        assert_eq!(counts, texts.iter().flat_map(|text| text.split(' ')).collect());
        assert_eq!((counts.total(), counts.distinct()), (15_000, 704));
    }
}
