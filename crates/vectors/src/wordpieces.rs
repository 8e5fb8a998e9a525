//! Static embeddings (model2vec, potion): a vector per wordpiece of a subword tokenizer, and words made of those.
//!
//! `"playing"` -> `play ##ing` -> the mean of their rows, each times its weight where the model has weights. A word that is a
//! wordpiece by itself is in the table of [`WordVectors`](super::WordVectors); every other word gets its vector here.
//!
//! Source: Tulkens & van Dongen, "Model2Vec" (2024), whose `StaticModel.encode` takes the same mean over a whole text. Its
//! last step, to normalise the mean, is left out: the length of a vector says how much the word weighs.

use rayon::prelude::*;
use tokenizers::Tokenizer;

use ninefold_core::error::{Error, Result};

/// A tokenizer and the vectors of its wordpieces.
#[derive(Clone, Debug)]
pub struct Wordpieces {
    tokenizer: Tokenizer,
    unknown: Option<u32>, // the wordpiece that stands for what the tokenizer cannot cut
    dim: usize,
    matrix: Vec<f32>, // [num_pieces, dim]
}

impl Wordpieces {
    /// The tokenizer of a `tokenizer.json` with a row per wordpiece.
    ///
    /// # Shapes
    /// `matrix` `[num_pieces, dim]`, by the tokenizer's ids.
    ///
    /// # Errors
    /// [`Error::Format`] at `place` when this is no tokenizer; [`Error::Data`] when it has more wordpieces than there are rows,
    /// or a number is not finite.
    pub fn new(place: &str, tokenizer: &[u8], dim: usize, matrix: Vec<f32>) -> Result<Wordpieces> {
        let broken = |found: String| Error::format(place, "a tokenizer (Hugging Face's tokenizer.json)", found);
        let settings: serde_json::Value =
            serde_json::from_slice(tokenizer).map_err(|error| broken(error.to_string()))?;
        let mut tokenizer = Tokenizer::from_bytes(tokenizer).map_err(|error| broken(error.to_string()))?;
        let endless = tokenizer.with_padding(None).with_truncation(None).map(|_| ());
        endless.map_err(|error| broken(error.to_string()))?;
        let rows = matrix.len().checked_div(dim).unwrap_or(0);
        let last = tokenizer.get_vocab(true).into_values().max();
        if last.is_none_or(|last| last as usize >= rows) || rows * dim != matrix.len() {
            let wordpieces = last.map_or(0, |last| u64::from(last) + 1);
            return Err(Error::data(format!(
                "{rows} rows of {dim} numbers for a tokenizer of {wordpieces} wordpieces"
            )));
        }
        if let Some(position) = matrix.iter().position(|value| !value.is_finite()) {
            return Err(Error::data(format!("the vector of wordpiece {} holds {}", position / dim, matrix[position])));
        }
        let model = &settings["model"];
        let unknown = match model["unk_token"].as_str() {
            Some(token) => tokenizer.token_to_id(token),
            None => model["unk_id"].as_u64().map(|id| id as u32),
        };
        Ok(Wordpieces { tokenizer, unknown, dim, matrix })
    }

    /// Length of every row.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The wordpieces of a word by id, without those that stand for something unknown.
    fn ids(&self, word: &str) -> Vec<u32> {
        let encoded = self.tokenizer.encode_fast(word, false);
        let ids = encoded.map(|encoding| encoding.get_ids().to_vec()).unwrap_or_default();
        ids.into_iter().filter(|&id| Some(id) != self.unknown).collect()
    }

    /// The mean of the rows of a word's wordpieces; a word of unknown wordpieces only has no vector. `[dim]`
    pub fn vector(&self, word: &str) -> Option<Vec<f32>> {
        let ids = self.ids(word);
        let mut sum = vec![0.0; self.dim];
        for &id in &ids {
            let row = &self.matrix[id as usize * self.dim..][..self.dim];
            sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        sum.iter_mut().for_each(|value| *value /= ids.len() as f32);
        (!ids.is_empty()).then_some(sum)
    }

    /// The words that are one wordpiece, with their vectors one after another, in the order of the ids. `[num_words, dim]`
    pub fn whole_words(&self) -> (Vec<String>, Vec<f32>) {
        // Where spaces are part of a wordpiece (SentencePiece), the wordpiece of the word "cat" is written "▁cat".
        let surface = |wordpiece: String| wordpiece.strip_prefix('▁').map(str::to_owned).unwrap_or(wordpiece);
        let mut wordpieces: Vec<(u32, String)> =
            self.tokenizer.get_vocab(true).into_iter().map(|(p, id)| (id, p)).collect();
        wordpieces.sort_unstable();
        let is_word = |(id, wordpiece): (u32, String)| {
            let word = surface(wordpiece);
            (!word.is_empty() && self.ids(&word) == [id]).then_some((id, word))
        };
        let words: Vec<(u32, String)> = wordpieces.into_par_iter().filter_map(is_word).collect();
        let row = |id: u32| &self.matrix[id as usize * self.dim..][..self.dim];
        let matrix = words.iter().flat_map(|&(id, _)| row(id)).copied().collect();
        (words.into_iter().map(|(_, word)| word).collect(), matrix)
    }
}
