//! How much of some texts a vocabulary, or a file of vectors, knows.
//!
//! Takes a part of a corpus and what is known -> gives shares of unknown tokens and the lengths of the texts, to be
//! reported with every result: a model cannot use what it cannot see.

use std::cmp::Reverse;
use std::fmt;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::counts::TokenCounts;
use crate::tokenize::Tokenizer;

/// How many of the commonest unknown tokens are named.
const NAMED: usize = 10;

/// What is known of some texts, and how long they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// Number of texts.
    pub texts: usize,
    /// Texts without a token.
    pub empty_texts: usize,
    /// Tokens of all texts.
    pub tokens: u64,
    /// Tokens that are not known.
    pub unknown_tokens: u64,
    /// Different tokens.
    pub distinct: usize,
    /// Different tokens that are not known.
    pub unknown_distinct: usize,
    /// The commonest unknown tokens with their counts.
    pub commonest_unknown: Vec<(String, u64)>,
    /// Symbols beyond ASCII that are no tokens because of `tokenizer.symbols`.
    #[serde(default)]
    pub symbols_left_out: u64,
    /// Tokens per text.
    pub lengths: Lengths,
}

/// How much of each part the vocabulary knows, and how long its texts are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartCoverage {
    /// Of the texts that the vocabulary was made from.
    pub train: Coverage,
    /// Of the validation part.
    pub validation: Coverage,
    /// Of the test part.
    pub test: Coverage,
}

/// The distribution of the number of tokens per text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lengths {
    /// Half of the texts are at most so long.
    pub median: f64,
    /// The mean.
    pub mean: f64,
    /// 90 % of the texts are at most so long.
    pub p90: f64,
    /// The longest text.
    pub max: usize,
}

impl Coverage {
    /// Looks at `texts`; `is_known` says whether a token is in the vocabulary, or in a file of vectors.
    pub fn measure(tokenizer: &Tokenizer, texts: &[&str], is_known: impl Fn(&str) -> bool) -> Coverage {
        let piece = |texts: &[&str]| {
            let mut counts = TokenCounts::default();
            let length = |text: &&str| {
                let before = counts.total();
                tokenizer.for_each(text, |token| counts.add(token));
                (counts.total() - before) as usize
            };
            let lengths: Vec<usize> = texts.iter().map(length).collect();
            (counts, lengths)
        };
        let (counts, lengths) = texts.par_chunks(1024).map(piece).reduce(Default::default, |mut left, right| {
            left.1.extend(right.1);
            (left.0.merge(right.0), left.1)
        });

        let mut unknown: Vec<(&str, u64)> = counts.iter().filter(|(token, _)| !is_known(token)).collect();
        unknown.sort_unstable_by_key(|&(token, count)| (Reverse(count), token));
        Coverage {
            texts: texts.len(),
            empty_texts: lengths.iter().filter(|&&length| length == 0).count(),
            tokens: counts.total(),
            unknown_tokens: unknown.iter().map(|(_, count)| count).sum(),
            distinct: counts.distinct(),
            unknown_distinct: unknown.len(),
            commonest_unknown: unknown.iter().take(NAMED).map(|&(token, count)| (token.to_owned(), count)).collect(),
            symbols_left_out: texts.par_iter().map(|text| tokenizer.left_out_symbols(text) as u64).sum(),
            lengths: Lengths::of(lengths),
        }
    }

    /// The share of tokens that are not known, in \[0, 1\]: how much of what is read is lost.
    pub fn out_of_vocabulary(&self) -> f64 {
        share(self.unknown_tokens as f64, self.tokens as f64)
    }

    /// The share of different tokens that are not known, in \[0, 1\].
    pub fn out_of_vocabulary_distinct(&self) -> f64 {
        share(self.unknown_distinct as f64, self.distinct as f64)
    }
}

fn share(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}

impl PartCoverage {
    /// "unknown tokens: train 3.1 %, validation 8.0 %, test 9.2 %"; with the symbols that are no tokens, where there are any.
    pub fn unknown(&self) -> String {
        let percent = |coverage: &Coverage| format!("{:.1} %", 100.0 * coverage.out_of_vocabulary());
        let [train, validation, test] = [&self.train, &self.validation, &self.test].map(percent);
        let mut sentence = format!("unknown tokens: train {train}, validation {validation}, test {test}");
        let left_out = [&self.train, &self.validation, &self.test].map(|coverage| coverage.symbols_left_out);
        if let [train, validation, test] = left_out
            && train + validation + test > 0
        {
            sentence += &format!(
                "; symbols left out: train {train}, validation {validation}, test {test} (tokenizer.symbols = \"all\" keeps them)"
            );
        }
        sentence
    }
}

/// One line for people: `4.2 % of 12034 tokens (61.0 % of 3021 distinct) unknown; ...`.
impl fmt::Display for Coverage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{:.1} % of {} tokens ({:.1} % of {} distinct) unknown; tokens per text: median {:.0}, mean {:.0}, \
             90 % up to {:.0}, longest {}",
            100.0 * self.out_of_vocabulary(),
            self.tokens,
            100.0 * self.out_of_vocabulary_distinct(),
            self.distinct,
            self.lengths.median,
            self.lengths.mean,
            self.lengths.p90,
            self.lengths.max,
        )?;
        match self.empty_texts {
            0 => Ok(()),
            1 => write!(out, "; 1 text without a token"),
            n => write!(out, "; {n} texts without a token"),
        }
    }
}

impl Lengths {
    /// The distribution of these lengths; all zero when there are none. Quantiles lie between two lengths where they must,
    /// as NumPy's `percentile` has them.
    pub fn of(mut lengths: Vec<usize>) -> Lengths {
        let Some(last) = lengths.len().checked_sub(1) else { return Lengths::default() };
        lengths.sort_unstable();
        let quantile = |share: f64| {
            let at = share * last as f64;
            let (low, high) = (lengths[at.floor() as usize] as f64, lengths[at.ceil() as usize] as f64);
            low + (high - low) * at.fract()
        };
        let sum: usize = lengths.iter().sum();
        Lengths {
            median: quantile(0.5),
            mean: sum as f64 / lengths.len() as f64,
            p90: quantile(0.9),
            max: lengths[last],
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::tokenize::TokenizerConfig;
    use crate::vocab::{Vocab, VocabConfig};

    fn measured(texts: &[&str], known: &str) -> Coverage {
        let tokenizer = Tokenizer::new(&TokenizerConfig::default()).unwrap();
        let config = VocabConfig { min_count: 1, ..Default::default() };
        let vocab = Vocab::build(&TokenCounts::of(&tokenizer, &[known]), &config).unwrap();
        Coverage::measure(&tokenizer, texts, |token| vocab.contains(token))
    }

    #[test]
    fn unknown_tokens_are_counted_once_as_tokens_and_once_as_words() {
        let coverage = measured(&["a b a", "", "c c d a"], "a d");
        assert_eq!((coverage.texts, coverage.empty_texts), (3, 1));
        assert_eq!((coverage.tokens, coverage.unknown_tokens), (7, 3));
        assert_eq!((coverage.distinct, coverage.unknown_distinct), (4, 2));
        assert_eq!(coverage.commonest_unknown, [("c".to_owned(), 2), ("b".to_owned(), 1)]);
        assert_eq!(coverage.out_of_vocabulary(), 3.0 / 7.0);
        assert_eq!(coverage.out_of_vocabulary_distinct(), 0.5);
        assert_eq!(
            coverage.to_string(),
            "42.9 % of 7 tokens (50.0 % of 4 distinct) unknown; tokens per text: median 3, mean 2, 90 % up to 4, \
             longest 4; 1 text without a token"
        );
    }

    #[test]
    fn no_texts_have_no_unknown_share() {
        let coverage = measured(&[], "a");
        assert_eq!(coverage, Coverage::default());
        assert_eq!((coverage.out_of_vocabulary(), coverage.out_of_vocabulary_distinct()), (0.0, 0.0));
    }

    #[test]
    fn symbols_that_are_no_tokens_are_counted() {
        let train = measured(&["a → b", "5 €", "a"], "a");
        assert_eq!(train.symbols_left_out, 2);
        let sentence = PartCoverage { train, ..PartCoverage::default() }.unknown();
        assert!(sentence.contains("symbols left out: train 2, validation 0, test 0 (tokenizer.symbols"), "{sentence}");
    }

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy.percentile([1, 2, 3, 10, 20, 40], [50, 90]) is [6.5, 30.0]
        let lengths = Lengths::of(vec![10, 1, 40, 3, 20, 2]);
        assert_eq!(lengths, Lengths { median: 6.5, mean: 76.0 / 6.0, p90: 30.0, max: 40 });
        assert_eq!(Lengths::of(vec![7]), Lengths { median: 7.0, mean: 7.0, p90: 7.0, max: 7 });
    }
}
