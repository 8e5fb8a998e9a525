//! Words -> vectors: [`WordVectors`], the trainers that make them and the file formats that people keep them in.

pub mod formats;
pub mod subwords;
pub mod trainer;

use rustc_hash::FxHashMap;

/// Words and their vectors.
#[derive(Clone, Debug)]
pub struct WordVectors {
    words: Vec<String>,          // [num_words]
    ids: FxHashMap<String, u32>, // word -> row
    dim: usize,
    matrix: Vec<f32>, // [num_words, dim]
}
impl WordVectors {
    /// (stands in until the vectors branch is merged)
    pub fn new(words: Vec<String>, dim: usize, matrix: Vec<f32>) -> crate::Result<WordVectors> {
        let ids = words.iter().cloned().zip(0..).collect();
        Ok(WordVectors { words, ids, dim, matrix })
    }
    /// (stands in)
    pub fn with_subwords(self, _: subwords::Subwords) -> crate::Result<WordVectors> {
        Ok(self)
    }
    /// (stands in)
    pub fn words(&self) -> &[String] {
        &self.words
    }
    /// (stands in)
    pub fn matrix(&self) -> &[f32] {
        &self.matrix
    }
    /// Number of words.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// True when there is no word.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Length of every vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The vector of a word that is in the table. `[dim]`
    pub fn get(&self, word: &str) -> Option<&[f32]> {
        let row = *self.ids.get(word)? as usize;
        Some(&self.matrix[row * self.dim..(row + 1) * self.dim])
    }
}
