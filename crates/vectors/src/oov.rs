//! Out-of-vocabulary words, read by their n-grams: vectors for them, and ids that continue where the vocabulary ends.
//!
//! *takes* word vectors and the [`Vocab`] of a table -> *gives* [`OovVectors`], which read texts as ids: a token of the vocabulary
//! keeps its own; another whose n-grams have vectors gets the next id that is free, and a row; what is left is `<unk>`.
//!
//! The n-grams are those of the vocabulary's words, which a saved model keeps: other n-grams are left out of
//! the mean, in training as in prediction, so that a word has one vector wherever it is read.
//!
//! Source: Bojanowski et al., "Enriching Word Vectors with Subword Information" (2017).

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::WordVectors;
use super::matrix::{Unknown, UnknownRows};
use super::subwords::Subwords;
use ninefold_text::tokenize::Tokenizer;
use ninefold_text::vocab::{SPECIAL, UNK, Vocab};

/// What a network reads where a token is not in the vocabulary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutOfVocabulary {
    /// `<unk>`, one vector for all.
    #[default]
    Unk,
    /// The mean of the vectors of its n-grams, where there are any.
    Subwords,
}

impl OutOfVocabulary {
    /// Whether nothing is said about it.
    pub fn is_unk(&self) -> bool {
        *self == OutOfVocabulary::Unk
    }
}

/// The columns that one kind of word vectors gives an out-of-vocabulary word.
#[derive(Clone, Debug, PartialEq)]
pub struct OovColumns {
    /// Number of columns.
    pub dim: usize,
    /// N-grams of the vocabulary's words, where these vectors have any.
    pub ngrams: Option<Subwords>,
    /// The columns of a word that has none of them.
    pub unknown_rows: UnknownRows,
}

impl OovColumns {
    /// What vectors that were cut to `vocab` have for other words.
    pub fn new(vectors: &WordVectors, vocab: &Vocab, unknown: Unknown, seed: u64) -> OovColumns {
        let words = &vocab.tokens()[SPECIAL.len()..];
        let ngrams = vectors.subwords().map(|subwords| subwords.of_words(words));
        OovColumns { dim: vectors.dim(), ngrams, unknown_rows: UnknownRows::new(unknown, vectors, seed) }
    }
}

/// Vectors for out-of-vocabulary words.
#[derive(Clone, Debug, PartialEq)]
pub struct OovVectors {
    parts: Vec<OovColumns>, // side by side
}

/// Some texts as ids, those of out-of-vocabulary words included.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OovTexts {
    /// Text by text; ids from the vocabulary's size up name rows of `rows`.
    pub ids: Vec<Vec<u32>>,
    /// The vectors of out-of-vocabulary words. `[words, dim]`
    pub rows: Vec<f32>,
    /// How many words those are.
    pub words: usize,
    /// Words of these texts that are `<unk>` all the same, each counted once.
    pub unknown: usize,
}

/// A position in a text, and the token there.
type TokenAt = (usize, String);

impl OovVectors {
    /// Bytes of their n-grams in memory.
    pub fn memory_bytes(&self) -> usize {
        self.parts.iter().filter_map(|part| part.ngrams.as_ref()).map(Subwords::memory_bytes).sum()
    }

    /// Parts side by side; `None` where none of them has n-grams.
    pub fn new(parts: Vec<OovColumns>) -> Option<OovVectors> {
        parts.iter().any(|part| part.ngrams.is_some()).then_some(OovVectors { parts })
    }

    /// The parts, in their order.
    pub fn parts(&self) -> &[OovColumns] {
        &self.parts
    }

    /// Length of every vector.
    pub fn dim(&self) -> usize {
        self.parts.iter().map(|part| part.dim).sum()
    }

    /// The vector of a word that is not in the vocabulary; none where no n-gram of it has one. `[dim]`
    pub fn vector(&self, word: &str) -> Option<Vec<f32>> {
        let made: Vec<Option<Vec<f32>>> =
            self.parts.iter().map(|part| part.ngrams.as_ref().and_then(|ngrams| ngrams.vector(word))).collect();
        if made.iter().all(Option::is_none) {
            return None;
        }
        let columns = self.parts.iter().zip(made).flat_map(|(part, made)| {
            made.unwrap_or_else(|| {
                let mut row = vec![0.0; part.dim];
                part.unknown_rows.fill(word, &mut row);
                row
            })
        });
        Some(columns.collect())
    }

    /// The ids of each text's tokens, and the vectors that belong to those beyond the vocabulary's. A word has the same vector
    /// whatever is read beside it; which id it has depends on that.
    pub fn read(&self, vocab: &Vocab, tokenizer: &Tokenizer, texts: &[&str]) -> OovTexts {
        // Per text its ids, and the tokens that are not in the vocabulary.
        let tokens = |text: &&str| {
            let (mut ids, mut oov) = (Vec::new(), Vec::new());
            tokenizer.for_each(text, |token| {
                let id = vocab.id(token);
                if id == UNK {
                    oov.push((ids.len(), token.to_owned()));
                }
                ids.push(id);
            });
            (ids, oov)
        };
        let read: Vec<(Vec<u32>, Vec<TokenAt>)> = texts.par_iter().map(tokens).collect();
        let mut found = OovTexts::default();
        let mut known: FxHashMap<String, u32> = FxHashMap::default();
        for (mut ids, oov) in read {
            for (position, token) in oov {
                ids[position] = match known.get(&token) {
                    Some(&id) => id,
                    None => {
                        let vector = self.vector(&token);
                        let id = if vector.is_some() { (vocab.len() + found.words) as u32 } else { UNK };
                        found.words += usize::from(vector.is_some());
                        found.unknown += usize::from(vector.is_none());
                        found.rows.extend(vector.into_iter().flatten());
                        known.insert(token, id);
                        id
                    }
                };
            }
            found.ids.push(ids);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::subwords::ngram_buckets;
    use ninefold_text::tokenize::TokenizerConfig;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(ToString::to_string).collect()
    }

    /// Vectors with n-grams of three characters: bucket b has the row [b, 1].
    fn with_ngrams() -> WordVectors {
        let rows = (0..1000).flat_map(|bucket| [bucket as f32, 1.0]).collect();
        let subwords = Subwords::new((3, 3), 1000, 2, None, rows).unwrap();
        WordVectors::new(words(&["cat", "dog"]), 2, vec![1.0, 2.0, 3.0, 4.0]).unwrap().with_subwords(subwords).unwrap()
    }

    fn without() -> WordVectors {
        WordVectors::new(words(&["cat", "catty"]), 1, vec![5.0, 7.0]).unwrap()
    }

    fn vocab() -> Vocab {
        Vocab::from_tokens(words(&["cat", "dog"])).unwrap()
    }

    #[test]
    fn an_oov_word_is_the_mean_of_its_ngrams_that_words_of_the_vocabulary_have() {
        let oov = OovVectors::new(vec![OovColumns::new(&with_ngrams(), &vocab(), Unknown::Zero, 0)]).unwrap();
        let bucket = |ngram: &str| ngram_buckets(ngram, 3, 3, 1000)[1] as f32; // <xyz> -> <xy xyz yz>
        // Of <cats> cat and <ca are n-grams of the vocabulary, ats and ts> are not.
        let start = ngram_buckets("ca", 3, 3, 1000)[0] as f32; // <ca
        assert_eq!(oov.vector("cats").unwrap(), [(start + bucket("cat")) / 2.0, 1.0]);
        assert_eq!(oov.vector("xyzzy"), None);
        let kept = oov.parts()[0].ngrams.as_ref().unwrap();
        assert_eq!(kept.matrix().len(), 2 * 6, "<ca cat at> <do dog og>");
        assert!(kept.buckets().unwrap().is_sorted());
    }

    #[test]
    fn other_columns_are_filled_as_unknown_words_are() {
        let part = |vectors: &WordVectors| OovColumns::new(vectors, &vocab(), Unknown::Mean, 0);
        assert_eq!(OovVectors::new(vec![part(&without())]), None);
        let oov = OovVectors::new(vec![part(&without()), part(&with_ngrams())]).unwrap();
        assert_eq!(oov.dim(), 3);
        let vector = oov.vector("catty").unwrap(); // which the first vectors know, and the vocabulary does not
        assert_eq!((vector.len(), vector[0], vector[2]), (3, 6.0, 1.0));
        assert_eq!(oov.vector("xyzzy"), None);
    }

    #[test]
    fn ids_go_on_where_the_vocabulary_ends_and_name_rows() {
        let oov = OovVectors::new(vec![OovColumns::new(&with_ngrams(), &vocab(), Unknown::Zero, 0)]).unwrap();
        let tokenizer = Tokenizer::new(&TokenizerConfig::default()).unwrap();
        let texts = ["dog cats xyzzy cat", "", "doggy cats xyzzy"];
        let read = oov.read(&vocab(), &tokenizer, &texts);
        assert_eq!(read.ids, [vec![3, 4, UNK, 2], vec![], vec![5, 4, UNK]]);
        assert_eq!((read.words, read.unknown), (2, 1));
        assert_eq!(read.rows, [oov.vector("cats").unwrap(), oov.vector("doggy").unwrap()].concat());
        let alone = oov.read(&vocab(), &tokenizer, &texts[2..]);
        assert_eq!((alone.ids[0].as_slice(), &alone.rows[..2]), ([4, 5, UNK].as_slice(), &read.rows[2..]));
    }
}
