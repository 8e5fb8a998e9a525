//! Word vectors cut to a vocabulary: the table that a network looks its ids up in.
//!
//! [`WordVectors`] and a [`Vocab`] -> one row per id: zeros for `<pad>`; a word's own vector, else that of its lower-cased
//! form, else the mean of its n-grams'; and for words without any, and for `<unk>`, what [`Unknown`] says.

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use super::WordVectors;
use ninefold_core::rng::Rng;
use ninefold_text::vocab::{PAD, UNK, Vocab};

/// Vectors that cover a smaller fraction of a vocabulary are probably of other texts.
const FEW: f64 = 0.3;

/// The row of a word that has no vector.
///
/// The default is the simplest, because nothing better was found: on 20 Newsgroups (stripped, split by date) with GloVe
/// vectors that lack a fifth of all tokens, a frozen bidirectional GRU came to 40.7 % with zeros, 40.5 % with the mean and
/// 40.4 % with random rows after five epochs (one seed, 0.6 points of sampling error), a ridge classifier on mean vectors
/// to 38.8, 38.8 and 38.2 to 39.3 % (three seeds).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unknown {
    /// Zeros; all unknown words have the same row.
    #[default]
    Zero,
    /// The mean of all vectors; all unknown words have the same row.
    Mean,
    /// Random numbers with the variance of the known vectors, drawn from the seed and the word's letters: unknown words
    /// have different rows, and the same word gets the same row in every vocabulary.
    ///
    /// # Source
    /// Kim, "Convolutional Neural Networks for Sentence Classification" (2014), section 3.2: uniform in [-a, a] with a such
    /// that the variance is that of the pretrained vectors.
    Random,
}

/// The embedding matrix of a vocabulary, and how much of it the vectors cover.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddingMatrix {
    /// Length of every row.
    pub dim: usize,
    /// The rows by id. `[vocab_size, dim]`
    pub data: Vec<f32>,
    /// Words that have a vector, as they are or lower-cased. `<pad>` and `<unk>` are counted nowhere.
    pub found: usize,
    /// Those of them that were found lower-cased only.
    pub lowercased: usize,
    /// Words whose vector is the mean of their n-grams'.
    pub by_subwords: usize,
    /// Words without a vector.
    pub unknown: usize,
    /// Ids of those, the most frequent first.
    pub missing: Vec<u32>,
    /// Occurrences in the training texts of words that have a vector (found or by subwords).
    pub covered_tokens: u64,
    /// All occurrences in the training texts, those of `<unk>` included.
    pub tokens: u64,
    /// Where each row comes from. `[vocab_size]`
    origins: Vec<Origin>,
}

/// Where the vector of a word comes from, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    /// `<pad>` and `<unk>`: counted nowhere.
    Special,
    Own,
    Lowercased,
    Subwords,
    None,
}

impl EmbeddingMatrix {
    /// One row per id of `vocab`.
    ///
    /// ```
    /// use ninefold_text::vocab::Vocab;
    /// use ninefold_vectors::WordVectors;
    /// use ninefold_vectors::matrix::{EmbeddingMatrix, Unknown};
    ///
    /// let vectors = WordVectors::new(vec!["cat".into()], 2, vec![1.0, 2.0])?;
    /// let vocab = Vocab::from_tokens(vec!["Cat".into(), "zebra".into()])?;
    /// let matrix = EmbeddingMatrix::build(&vectors, &vocab, Unknown::Zero, 1);
    /// assert_eq!(matrix.data, [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0]); // <pad>, <unk>, Cat, zebra
    /// assert_eq!((matrix.found, matrix.lowercased, matrix.unknown), (1, 1, 1));
    /// # Ok::<(), ninefold_core::Error>(())
    /// ```
    pub fn build(vectors: &WordVectors, vocab: &Vocab, unknown: Unknown, seed: u64) -> EmbeddingMatrix {
        EmbeddingMatrix::of(vectors, vocab.tokens(), vocab.counts(), unknown, seed)
    }

    /// The rows of several matrices of one vocabulary side by side, in their order: a word counts as known where one of them
    /// knows it.
    ///
    /// # Panics
    /// When the matrices are of different vocabularies, or there is none.
    pub fn side_by_side(parts: &[EmbeddingMatrix], vocab: &Vocab) -> EmbeddingMatrix {
        assert!(parts.iter().all(|part| part.origins.len() == vocab.len()), "matrices of {} words", vocab.len());
        let row = |id: usize| parts.iter().flat_map(move |part| &part.data[id * part.dim..][..part.dim]);
        let data = (0..vocab.len()).flat_map(row).copied().collect();
        let best = |id: usize| parts.iter().map(|part| part.origins[id]).min();
        let origins = (0..vocab.len()).filter_map(best).collect();
        EmbeddingMatrix::counted(parts.iter().map(|part| part.dim).sum(), data, origins, vocab.counts())
    }

    fn of(vectors: &WordVectors, tokens: &[String], counts: &[u64], rule: Unknown, seed: u64) -> EmbeddingMatrix {
        let dim = vectors.dim();
        let mut data = vec![0.0; tokens.len() * dim]; // [vocab_size, dim]
        let unknown_rows = UnknownRows::new(rule, vectors, seed);
        let fill = |(id, (token, row)): (u32, (&String, &mut [f32]))| match id {
            PAD => Origin::Special,
            // GloVe's own files end with a trained `<unk>`; n-grams of its five letters would mean nothing.
            UNK => {
                match vectors.get(token) {
                    Some(vector) => row.copy_from_slice(vector),
                    None => unknown_rows.fill(token, row),
                }
                Origin::Special
            }
            _ => {
                if let Some(vector) = vectors.get(token) {
                    row.copy_from_slice(vector);
                    Origin::Own
                } else if let Some(vector) = vectors.get(&token.to_lowercase()) {
                    row.copy_from_slice(vector);
                    Origin::Lowercased
                } else if let Some(vector) = vectors.vector(token) {
                    row.copy_from_slice(&vector);
                    Origin::Subwords
                } else {
                    unknown_rows.fill(token, row);
                    Origin::None
                }
            }
        };
        let origins = (0..).zip(tokens.iter().zip(data.chunks_exact_mut(dim))).map(fill).collect();
        EmbeddingMatrix::counted(dim, data, origins, counts)
    }

    /// Rows with where they come from -> how many come from where.
    fn counted(dim: usize, data: Vec<f32>, origins: Vec<Origin>, counts: &[u64]) -> EmbeddingMatrix {
        let number = |of: &[Origin]| origins.iter().filter(|origin| of.contains(origin)).count();
        let ids = (0..).zip(&origins).filter(|(_, origin)| **origin == Origin::None);
        let mut missing: Vec<u32> = ids.map(|(id, _)| id).collect();
        missing.sort_by_key(|&id| std::cmp::Reverse(counts[id as usize]));
        let known = |origin: &Origin| !matches!(origin, Origin::Special | Origin::None);
        EmbeddingMatrix {
            dim,
            data,
            found: number(&[Origin::Own, Origin::Lowercased]),
            lowercased: number(&[Origin::Lowercased]),
            by_subwords: number(&[Origin::Subwords]),
            unknown: missing.len(),
            missing,
            covered_tokens: origins
                .iter()
                .zip(counts)
                .filter(|(origin, _)| known(origin))
                .map(|(_, count)| count)
                .sum(),
            tokens: counts.iter().sum(),
            origins,
        }
    }

    /// Where these vectors cover few of the words of the vocabulary: a sentence that says so, with the likely reason and what
    /// to do. A word counts as covered when it is found as it is, in lower case, or by its n-grams.
    pub fn coverage_warning(&self, vectors: &WordVectors, vocab: &Vocab) -> Option<String> {
        let (covered, words) = (self.found + self.by_subwords, self.found + self.by_subwords + self.unknown);
        if words == 0 || covered as f64 >= FEW * words as f64 {
            return None;
        }
        let counted = format!(
            "vectors for only {covered} of {words} words of the vocabulary ({:.1} %), of which {} were found in lower case",
            100.0 * covered as f64 / words as f64,
            self.lowercased,
        );
        let folded: FxHashSet<String> = vectors.words().iter().map(|word| word.to_lowercase()).collect();
        let other_case = |id: &&u32| folded.contains(&vocab.tokens()[**id as usize].to_lowercase());
        let by_case = self.missing.iter().filter(other_case).count();
        let reason = if 2 * by_case > self.missing.len() {
            let (first, words) = (first_words(vectors.words().iter()), self.missing.len());
            format!(
                "The likely reason is case: {by_case} of the other {words} words are in the file in another case. Its first                  words are {first}; write the file's words in lower case, as the vocabulary's are"
            )
        } else {
            let missing = self.missing.iter().map(|&id| &vocab.tokens()[id as usize]);
            format!(
                "Is it the right file? Its first words are {}, while the texts have {}",
                first_words(vectors.words().iter()),
                first_words(missing)
            )
        };
        Some(format!("{counted}. {reason}."))
    }

    /// Fraction of the training tokens that have a vector, in [0, 1]; 1 without tokens.
    pub fn coverage(&self) -> f64 {
        if self.tokens == 0 { 1.0 } else { self.covered_tokens as f64 / self.tokens as f64 }
    }
}

fn first_words<'a>(words: impl Iterator<Item = &'a String>) -> String {
    let words: Vec<String> = words.take(4).map(|word| format!("{word:?}")).collect();
    words.join(", ")
}

/// The rows of unknown words: [`Unknown`] for given vectors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnknownRows {
    /// Zeros.
    Zero,
    /// The mean of all vectors. `[dim]`
    Mean(Vec<f32>),
    /// Numbers in ±bound, from the seed and the word's letters.
    Random {
        /// The largest.
        bound: f64,
        /// The seed.
        seed: u64,
    },
}

impl UnknownRows {
    pub(super) fn new(rule: Unknown, vectors: &WordVectors, seed: u64) -> UnknownRows {
        match rule {
            Unknown::Zero => UnknownRows::Zero,
            Unknown::Mean => {
                let mut sum = vec![0.0; vectors.dim()];
                for row in vectors.matrix().chunks_exact(vectors.dim()) {
                    sum.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value));
                }
                UnknownRows::Mean(sum.into_iter().map(|sum| (sum / vectors.len() as f64) as f32).collect())
            }
            Unknown::Random => {
                let numbers = vectors.matrix();
                let (sum, squares) = numbers.iter().fold((0.0, 0.0), |(sum, squares), &value| {
                    let value = f64::from(value);
                    (sum + value, squares + value * value)
                });
                let mean = sum / numbers.len() as f64;
                let variance = (squares / numbers.len() as f64 - mean * mean).max(0.0);
                UnknownRows::Random { bound: (3.0 * variance).sqrt(), seed } // uniform in [-a, a] has variance a^2 / 3
            }
        }
    }

    pub(super) fn fill(&self, token: &str, row: &mut [f32]) {
        match self {
            UnknownRows::Zero => {}
            UnknownRows::Mean(mean) => row.copy_from_slice(mean),
            UnknownRows::Random { bound, seed } => {
                let mut rng = Rng::for_purpose(*seed, token);
                row.iter_mut().for_each(|value| *value = rng.range(-bound, *bound) as f32);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::subwords::Subwords;
    use ninefold_text::vocab::{TokenCounts, VocabConfig};

    fn strings(words: &[&str]) -> Vec<String> {
        words.iter().map(ToString::to_string).collect()
    }

    fn vectors() -> WordVectors {
        WordVectors::new(strings(&["cat", "dog", "<pad>", "US"]), 2, vec![1.0, 2.0, 3.0, 4.0, 9.0, 9.0, 7.0, 9.0])
            .unwrap()
    }

    const TOKENS: [&str; 7] = ["<pad>", "<unk>", "Dog", "cat", "us", "zebra", "US"];
    const COUNTS: [u64; 7] = [0, 10, 6, 5, 4, 3, 2];

    fn build(vectors: &WordVectors, rule: Unknown) -> EmbeddingMatrix {
        EmbeddingMatrix::of(vectors, &strings(&TOKENS), &COUNTS, rule, 1)
    }

    #[test]
    fn rows_are_exact_words_then_lower_cased_ones() {
        let matrix = build(&vectors(), Unknown::Zero);
        let expected = [[0.0, 0.0], [0.0, 0.0], [3.0, 4.0], [1.0, 2.0], [0.0, 0.0], [0.0, 0.0], [7.0, 9.0]];
        assert_eq!(matrix.data, expected.concat());
        assert_eq!((matrix.found, matrix.lowercased, matrix.by_subwords, matrix.unknown), (3, 1, 0, 2));
        assert_eq!(matrix.missing, [4, 5], "us and zebra, the frequent one first");
        assert_eq!(matrix.coverage(), 13.0 / 30.0);
    }

    #[test]
    fn the_mean_rule_gives_the_average_word_and_never_touches_pad() {
        let matrix = build(&vectors(), Unknown::Mean);
        assert_eq!(matrix.data[..2], [0.0, 0.0]);
        assert_eq!(matrix.data[2..4], [5.0, 6.0], "<unk>");
        assert_eq!(matrix.data[10..12], [5.0, 6.0], "zebra");
    }

    #[test]
    fn random_rows_have_the_variance_of_the_known_and_belong_to_the_word() {
        let many =
            WordVectors::new(strings(&["a", "b"]), 20_000, [vec![0.5; 20_000], vec![-0.1; 20_000]].concat()).unwrap();
        let matrix = build(&many, Unknown::Random);
        let row = &matrix.data[5 * 20_000..6 * 20_000];
        let variance = row.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>() / 20_000.0;
        assert!((variance - 0.09).abs() < 0.003, "variance {variance}, that of the vectors is 0.09");
        assert_ne!(row, &matrix.data[4 * 20_000..5 * 20_000], "two unknown words differ");

        let fewer = EmbeddingMatrix::of(&many, &strings(&["<pad>", "<unk>", "zebra"]), &[0, 0, 1], Unknown::Random, 1);
        assert_eq!(fewer.data[2 * 20_000..], *row, "the same word in another vocabulary");
        let other = EmbeddingMatrix::of(&many, &strings(&["<pad>", "<unk>", "zebra"]), &[0, 0, 1], Unknown::Random, 2);
        assert_ne!(other.data[2 * 20_000..], *row, "another seed");
    }

    #[test]
    fn ngrams_help_words_but_not_unk() {
        let subwords = Subwords::new((2, 2), 1, 2, None, vec![0.25, 0.5]).unwrap();
        let matrix = build(&vectors().with_subwords(subwords).unwrap(), Unknown::Zero);
        assert_eq!(matrix.data[2..4], [0.0, 0.0], "<unk>");
        assert_eq!(matrix.data[10..12], [0.25, 0.5], "zebra");
        assert_eq!((matrix.found, matrix.by_subwords, matrix.unknown), (3, 2, 0));
        assert_eq!(matrix.coverage(), 20.0 / 30.0);
    }

    #[test]
    fn a_word_that_one_of_several_matrices_knows_is_known() {
        let mut counts = TokenCounts::default();
        ["cat", "zebra", "cat", "yak", "zebra", "cat"].iter().for_each(|word| counts.add(word));
        let vocab = Vocab::build(&counts, &VocabConfig { min_count: 1, max_vocab_size: None }).unwrap();
        let one = WordVectors::new(strings(&["cat"]), 2, vec![1.0, 2.0]).unwrap();
        let other = WordVectors::new(strings(&["zebra", "cat"]), 1, vec![5.0, 6.0]).unwrap();
        let parts = [&one, &other].map(|vectors| EmbeddingMatrix::build(vectors, &vocab, Unknown::Zero, 1));
        let both = EmbeddingMatrix::side_by_side(&parts, &vocab);
        assert_eq!(both.dim, 3);
        assert_eq!(both.data, [[0.0; 3], [0.0; 3], [1.0, 2.0, 6.0], [0.0, 0.0, 5.0], [0.0; 3]].concat());
        assert_eq!((both.found, both.unknown, both.missing.as_slice()), (2, 1, &[4][..]));
        assert_eq!((both.covered_tokens, both.tokens), (5, 6));
        assert_eq!(EmbeddingMatrix::side_by_side(&parts[..1], &vocab), parts[0]);
    }

    #[test]
    fn vectors_for_few_words_get_a_warning_with_the_likely_reason() {
        let mut counts = TokenCounts::default();
        ["cat", "zebra", "yak", "gnu"].iter().for_each(|word| counts.add(word));
        let vocab = Vocab::build(&counts, &VocabConfig { min_count: 1, max_vocab_size: None }).unwrap();
        let warning = |words: &[&str]| {
            let vectors = WordVectors::new(strings(words), 1, vec![1.0; words.len()]).unwrap();
            EmbeddingMatrix::build(&vectors, &vocab, Unknown::Zero, 1).coverage_warning(&vectors, &vocab)
        };
        assert_eq!(warning(&["cat", "yak"]), None);
        let case = warning(&["CAT", "ZEBRA", "YAK", "gnu"]).unwrap();
        assert!(case.starts_with("vectors for only 1 of 4 words of the vocabulary (25.0 %)"), "{case}");
        assert!(case.contains("The likely reason is case: 3 of the other 3 words"), "{case}");
        let wrong = warning(&["chat", "chien"]).unwrap();
        assert!(wrong.contains("Is it the right file? Its first words are \"chat\", \"chien\""), "{wrong}");
    }

    #[test]
    fn the_files_own_unk_is_used() {
        let own = WordVectors::new(strings(&["cat", "<unk>"]), 1, vec![1.0, 5.0]).unwrap();
        assert_eq!(build(&own, Unknown::Zero).data[1], 5.0);
    }
}
