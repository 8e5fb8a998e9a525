//! Pairs of neighbouring words as features: beside each token's own vector stands a learned one of the token before it and itself.
//!
//! *takes* a [`Batch`] -> *gives* a row of `bigrams.weight` for each of its tokens. Pairs share rows as chance has it: they are hashed
//! into a fixed number of buckets, as word n-grams are in fastText's classifier (Joulin et al. 2016; `linear/supervised.rs`).

use crate::batch::Batch;
use crate::layers::Parameter;
use ninefold_core::rng::mix;
use ninefold_kernels::embedding;
use ninefold_text::vocab::{PAD, UNK};

/// The row of a token that has none.
const NONE: u32 = u32::MAX;

/// The table of pairs, and which rows the last batch reads.
#[derive(Debug)]
pub(super) struct Bigrams {
    pub(super) weight: Parameter, // bigrams.weight [buckets, dim]
    rows: Vec<u32>,               // [tokens]
}

/// The bucket of two tokens, the first of them read first.
fn bucket(previous: u32, token: u32, buckets: usize) -> u32 {
    (mix(mix(u64::from(previous)) ^ u64::from(token)) % buckets as u64) as u32
}

impl Bigrams {
    /// A table of zeros, with which a network gives what it gives without. Its steps are those of the rows that a batch reads.
    pub(super) fn new(buckets: usize, dim: usize) -> Bigrams {
        let mut weight = Parameter::new("bigrams.weight", &[buckets, dim], vec![0.0; buckets * dim]);
        weight.set_sparse(true);
        Bigrams { weight, rows: Vec::new() }
    }

    /// Adds to each token's vector that of its pair. The first token of a text has none, `<pad>` has none, and a word outside of the
    /// vocabulary counts as `<unk>`: its id is another wherever it is read.
    ///
    /// # Shapes
    /// `x` `[tokens, padded(dim)]`
    pub(super) fn forward(&mut self, batch: &Batch, vocab_size: usize, x: &mut [f32]) {
        let [buckets, dim] = [self.weight.shape[0], self.weight.shape[1]];
        self.rows.clear();
        self.rows.resize(batch.tokens(), NONE);
        let id = |token: u32| Some(batch.ids[token as usize]).filter(|&id| (id as usize) < vocab_size).unwrap_or(UNK);
        for row in 0..batch.rows() {
            for pair in batch.tokens_of(row).windows(2) {
                let [previous, token] = [id(pair[0]), id(pair[1])];
                if token != PAD {
                    self.rows[pair[1] as usize] = bucket(previous, token, buckets);
                }
            }
        }
        embedding::add(&self.weight.value, dim, &self.rows, x);
    }

    /// The gradients of the tokens' vectors -> those of the rows that the last batch read.
    ///
    /// # Shapes
    /// `d_x` `[tokens, padded(dim)]`
    pub(super) fn backward(&mut self, d_x: &[f32]) {
        let dim = self.weight.shape[1];
        self.weight.note_rows(self.rows.iter().copied().filter(|&row| row != NONE));
        embedding::backward(d_x, dim, &self.rows, NONE, &mut self.weight.gradient);
    }
}
