//! Words -> vectors: [`WordVectors`], and the file formats that they are stored in.
//!
//! ```
//! use ninefold_core::progress::Silent;
//! use ninefold_vectors::formats;
//! use ninefold_vectors::nearest::Neighbours;
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("vectors.txt");
//! std::fs::write(&path, "king 0.9 0.1\nqueen 0.8 0.2\napple 0.0 1.0\n")?;
//! let vectors = formats::load(&path, &Silent)?; // GloVe text; the content decides
//! assert_eq!((vectors.len(), vectors.dim()), (3, 2));
//! let king = vectors.vector("king").ok_or("a known word")?;
//! let nearest = Neighbours::new(&vectors).nearest(&king, 1, &[0]);
//! assert_eq!(vectors.words()[nearest[0].id], "queen");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod evaluate;
pub mod formats;
pub mod map;
pub mod matrix;
pub mod nearest;
pub mod oov;
pub mod pretrained;
pub mod subwords;
pub mod wordpieces;

use std::borrow::Cow;
use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use ninefold_core::error::{Error, Result};
use subwords::Subwords;
use wordpieces::Wordpieces;

/// Words and their vectors.
#[derive(Clone, Debug)]
pub struct WordVectors {
    words: Vec<String>,  // [num_words]
    ids: HashTable<u32>, // word -> row, without a second copy of the words
    dim: usize,
    matrix: Vec<f32>, // [num_words, dim]
    unseen: Option<Unseen>,
    duplicates: usize,
}

/// The source of vectors for words that are not in the table.
#[derive(Clone, Debug)]
enum Unseen {
    Ngrams(Subwords),
    Wordpieces(Box<Wordpieces>),
}

impl WordVectors {
    /// Words with their vectors; where a word occurs twice, its first vector counts and the others are dropped.
    ///
    /// ```
    /// use ninefold_vectors::WordVectors;
    ///
    /// let words = ["cat", "dog"].map(String::from).to_vec();
    /// let vectors = WordVectors::new(words, 2, vec![1.0, 2.0, 3.0, 4.0])?;
    /// assert_eq!(vectors.get("dog"), Some(&[3.0, 4.0][..]));
    /// # Ok::<(), ninefold_core::Error>(())
    /// ```
    ///
    /// # Shapes
    /// `words` `[num_words]`, `matrix` `[num_words, dim]`.
    ///
    /// # Errors
    /// [`Error::Data`] when there is no word or no dimension, the sizes do not agree, or a vector holds NaN or an infinity
    /// (the word is named).
    pub fn new(mut words: Vec<String>, dim: usize, mut matrix: Vec<f32>) -> Result<WordVectors> {
        if words.is_empty() || dim == 0 {
            return Err(Error::data(format!("{} words of {dim} dimensions: there are no word vectors", words.len())));
        }
        if Some(matrix.len()) != words.len().checked_mul(dim) || u32::try_from(words.len()).is_err() {
            let (num_words, found) = (words.len(), matrix.len());
            return Err(Error::data(format!("{num_words} words of {dim} dimensions cannot have {found} numbers")));
        }
        if let Some(position) = matrix.iter().position(|value| !value.is_finite()) {
            let (row, value) = (position / dim, matrix[position]);
            let word = &words[row];
            return Err(Error::data(format!("the vector of {word:?} (word {}) holds {value}", row + 1)));
        }
        let (ids, again) = index(&words);
        if again.is_empty() {
            return Ok(WordVectors { words, ids, dim, matrix, unseen: None, duplicates: 0 });
        }
        drop_rows(&mut words, &mut matrix, dim, &again);
        let (ids, _) = index(&words);
        Ok(WordVectors { words, ids, dim, matrix, unseen: None, duplicates: again.len() })
    }

    /// The same vectors, with n-grams from which other words get theirs.
    ///
    /// # Errors
    /// [`Error::Data`] when the n-grams have another dimension.
    pub fn with_subwords(mut self, subwords: Subwords) -> Result<WordVectors> {
        if subwords.dim() != self.dim {
            let (dim, other) = (self.dim, subwords.dim());
            return Err(Error::data(format!("words of {dim} dimensions cannot go with n-grams of {other}")));
        }
        self.unseen = Some(Unseen::Ngrams(subwords));
        Ok(self)
    }

    /// The same vectors, with a tokenizer's wordpieces from which other words get theirs.
    ///
    /// # Errors
    /// [`Error::Data`] when the wordpieces have another dimension.
    pub fn with_wordpieces(mut self, wordpieces: Wordpieces) -> Result<WordVectors> {
        if wordpieces.dim() != self.dim {
            let (dim, other) = (self.dim, wordpieces.dim());
            return Err(Error::data(format!("words of {dim} dimensions cannot go with wordpieces of {other}")));
        }
        self.unseen = Some(Unseen::Wordpieces(Box::new(wordpieces)));
        Ok(self)
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Never: vectors without a word are refused.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Length of every vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Refuses vectors of another dimension than a network wants.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with both.
    pub fn expect_dim(&self, embedding_dim: usize) -> Result<()> {
        if embedding_dim == self.dim {
            return Ok(());
        }
        Err(Error::invalid_value("embedding_dim", format!("{}, which the vectors have", self.dim), embedding_dim))
    }

    /// The words by row. `[num_words]`
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// All vectors, one after another. `[num_words, dim]`
    pub fn matrix(&self) -> &[f32] {
        &self.matrix
    }

    /// The vectors of n-grams, when there are any.
    pub fn subwords(&self) -> Option<&Subwords> {
        match &self.unseen {
            Some(Unseen::Ngrams(subwords)) => Some(subwords),
            _ => None,
        }
    }

    /// The vectors of a tokenizer's wordpieces, when there are any.
    pub fn wordpieces(&self) -> Option<&Wordpieces> {
        match &self.unseen {
            Some(Unseen::Wordpieces(wordpieces)) => Some(wordpieces),
            _ => None,
        }
    }

    /// How many vectors were dropped because their word already had one.
    pub fn duplicates(&self) -> usize {
        self.duplicates
    }

    /// The row of a word that is in the table.
    pub fn id(&self, word: &str) -> Option<usize> {
        let found = self.ids.find(FxBuildHasher.hash_one(word), |&id| self.words[id as usize] == word);
        found.map(|&id| id as usize)
    }

    /// The vector of row `id`. `[dim]`
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, id: usize) -> &[f32] {
        &self.matrix[id * self.dim..][..self.dim]
    }

    /// The vector of a word that is in the table. `[dim]`
    pub fn get(&self, word: &str) -> Option<&[f32]> {
        self.id(word).map(|id| self.row(id))
    }

    /// The vector of a word: its own, else the mean of its n-grams' or wordpieces' where there are any. `[dim]`
    pub fn vector(&self, word: &str) -> Option<Cow<'_, [f32]>> {
        if let Some(known) = self.get(word) {
            return Some(Cow::Borrowed(known));
        }
        let made = match self.unseen.as_ref()? {
            Unseen::Ngrams(subwords) => subwords.vector(word),
            Unseen::Wordpieces(wordpieces) => wordpieces.vector(word),
        };
        made.map(Cow::Owned)
    }
}

/// The hash table from words to rows, and the rows of duplicate words.
fn index(words: &[String]) -> (HashTable<u32>, Vec<usize>) {
    let mut ids = HashTable::with_capacity(words.len());
    let mut again = Vec::new();
    for (row, word) in words.iter().enumerate() {
        let hash = |word: &String| FxBuildHasher.hash_one(word.as_str());
        let same = |&id: &u32| words[id as usize] == *word;
        match ids.entry(hash(word), same, |&id| hash(&words[id as usize])) {
            hashbrown::hash_table::Entry::Occupied(_) => again.push(row),
            hashbrown::hash_table::Entry::Vacant(entry) => {
                entry.insert(row as u32);
            }
        }
    }
    (ids, again)
}

/// Removes the rows named in `dropped`, which are in rising order.
fn drop_rows(words: &mut Vec<String>, matrix: &mut Vec<f32>, dim: usize, dropped: &[usize]) {
    let mut row = 0;
    let mut next = dropped.iter().copied().peekable();
    let mut kept = 0;
    words.retain(|_| {
        let keep = next.next_if_eq(&row).is_none();
        if keep {
            matrix.copy_within(row * dim..(row + 1) * dim, kept * dim);
            kept += 1;
        }
        row += 1;
        keep
    });
    matrix.truncate(kept * dim);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_word_gives_its_row() {
        let vectors = WordVectors::new(words(&["cat", "dog"]), 2, vec![1.0, 2.0, 3.0, 4.0]).unwrap();
        assert_eq!(vectors.get("dog").unwrap(), [3.0, 4.0]);
        assert_eq!(vectors.get("Dog"), None);
        assert_eq!(vectors.vector("bird"), None);
        vectors.expect_dim(2).unwrap();
        let refusal = vectors.expect_dim(3).unwrap_err().to_string();
        assert_eq!(refusal, "embedding_dim: expected 2, which the vectors have, found 3");
    }

    #[test]
    fn the_first_vector_of_a_word_counts() {
        let names = words(&["a", "b", "a", "c", "b", "d"]);
        let vectors = WordVectors::new(names, 1, vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!(vectors.words(), ["a", "b", "c", "d"]);
        assert_eq!(vectors.matrix(), [0.0, 1.0, 3.0, 5.0]);
        assert_eq!(vectors.duplicates(), 2);
        assert_eq!(vectors.get("d").unwrap(), [5.0]);
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let refusal = |names: &[&str], dim, matrix: &[f32]| {
            WordVectors::new(words(names), dim, matrix.to_vec()).unwrap_err().to_string()
        };
        assert_eq!(refusal(&["a", "b"], 1, &[1.0, f32::NAN]), "the vector of \"b\" (word 2) holds NaN");
        assert_eq!(refusal(&["a"], 2, &[1.0, f32::INFINITY]), "the vector of \"a\" (word 1) holds inf");
        assert_eq!(refusal(&["a"], 2, &[1.0]), "1 words of 2 dimensions cannot have 1 numbers");
        assert_eq!(refusal(&["a"], 0, &[]), "1 words of 0 dimensions: there are no word vectors");
        assert_eq!(refusal(&[], 2, &[]), "0 words of 2 dimensions: there are no word vectors");
    }

    #[test]
    fn an_unknown_word_gets_the_mean_of_its_ngrams() {
        let vectors = WordVectors::new(words(&["cat"]), 1, vec![9.0]).unwrap();
        assert!(vectors.clone().with_subwords(Subwords::new((3, 3), 1, 2, None, vec![1.0; 2]).unwrap()).is_err());
        let vectors = vectors.with_subwords(Subwords::new((3, 3), 1, 1, None, vec![4.0]).unwrap()).unwrap();
        assert_eq!(vectors.vector("cat").unwrap().as_ref(), [9.0]);
        assert_eq!(vectors.vector("cats").unwrap().as_ref(), [4.0]);
        assert_eq!(vectors.get("cats"), None);
    }
}
