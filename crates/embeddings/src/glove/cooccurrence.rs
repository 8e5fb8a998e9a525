//! How often words occur near each other: sentences -> the rows of GloVe's matrix of weighted counts.
//!
//! Each pair of words at distance d within the window counts 1 / d, as a whole number of units of 2^-32, so that sums do not depend
//! on the order of adding. A row is counted at once: an index lists the positions of its word, and the neighbours of those
//! positions are added up in an array as long as the vocabulary. So nothing has to be sorted and merged, and a row does not
//! depend on the thread that counts it.

use crate::stream::sentences::Sentences;
use crate::stream::text::words_of;
use ninefold_core::error::{Error, Result};

/// Separates sentences; no window reaches over it.
const BOUNDARY: u32 = u32::MAX;

/// The weight of a pair side by side.
pub(crate) const ONE: u64 = 1 << 32;

/// The weight of a pair by its distance.
pub(crate) struct DistanceWeights(Vec<u64>); // [window]

impl DistanceWeights {
    /// Up to the distance of `window`.
    pub(crate) fn new(window: usize) -> DistanceWeights {
        DistanceWeights((1..=window).map(|distance| (ONE as f64 / distance as f64).round() as u64).collect())
    }

    /// Of distance 1, 2, ...
    pub(crate) fn by_distance(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().copied()
    }
}

/// All words one after another, with an index of the positions of each.
pub(crate) struct Cooccurrences {
    line: Vec<u32>,      // words, sentences apart
    positions: Vec<u32>, // of word 0, then of word 1, ...
    starts: Vec<usize>,  // [num_words + 1]
    weights: DistanceWeights,
    symmetric: bool,
}

/// The array that a thread adds up a row in.
pub(crate) struct Accumulator {
    counts: Vec<u64>, // [num_words] zeros between rows
    touched: Vec<u32>,
}

impl Accumulator {
    /// For a vocabulary of `num_words`.
    pub(crate) fn new(num_words: usize) -> Accumulator {
        Accumulator { counts: vec![0; num_words], touched: Vec::new() }
    }
}

impl Cooccurrences {
    /// Indexes `sentences` of vocabulary ids, in which word w occurs `word_counts[w]` times; `<pad>` and `<unk>` are taken out before distances are measured.
    ///
    /// # Errors
    /// [`Error::Data`] for four billion words and more.
    pub(crate) fn new(
        sentences: Sentences,
        word_counts: &[u64],
        window: usize,
        symmetric: bool,
    ) -> Result<Cooccurrences> {
        let num_words = word_counts.len();
        let mut line = vec![BOUNDARY];
        sentences.each_chunk(|chunk, _| {
            line.extend(words_of(chunk));
            line.push(BOUNDARY);
            Ok(())
        })?;
        if line.len() >= u32::MAX as usize {
            return Err(Error::data(format!("GloVe counts at most {} words at once, found {}", u32::MAX, line.len())));
        }
        let mut starts = vec![0; num_words + 1];
        for (word, &count) in word_counts.iter().enumerate() {
            starts[word + 1] = starts[word] + count as usize;
        }
        let mut ends = starts.clone();
        let mut positions = vec![0; starts[num_words]];
        for (position, &word) in line.iter().enumerate().filter(|(_, word)| **word != BOUNDARY) {
            positions[ends[word as usize]] = position as u32;
            ends[word as usize] += 1;
        }
        Ok(Cooccurrences { line, positions, starts, weights: DistanceWeights::new(window), symmetric })
    }

    /// Visits the non-zero cells (column, sum of weights) of a word's row, columns rising. With `symmetric` the neighbours on both
    /// sides count, without it those on the left.
    pub(crate) fn row(&self, word: usize, accumulator: &mut Accumulator, mut cell: impl FnMut(u32, u64)) {
        let Accumulator { counts, touched } = accumulator;
        let mut add = |(&neighbour, share): (&u32, u64)| {
            let count = &mut counts[neighbour as usize];
            if *count == 0 {
                touched.push(neighbour);
            }
            *count += share;
        };
        for &position in &self.positions[self.starts[word]..self.starts[word + 1]] {
            let position = position as usize;
            let left = self.line[..position].iter().rev().take_while(|&&word| word != BOUNDARY);
            left.zip(self.weights.by_distance()).for_each(&mut add);
            if self.symmetric {
                let right = self.line[position + 1..].iter().take_while(|&&word| word != BOUNDARY);
                right.zip(self.weights.by_distance()).for_each(&mut add);
            }
        }
        touched.sort_unstable();
        for column in touched.drain(..) {
            cell(column, std::mem::take(&mut counts[column as usize]));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stream::text::FIRST_WORD;
    use std::collections::BTreeMap;

    fn all_rows(sentences: &[Vec<u32>], num_words: usize, window: usize, symmetric: bool) -> BTreeMap<(u32, u32), f32> {
        let occurrences = |word: u32| sentences.iter().flatten().filter(|&&id| id == word + FIRST_WORD).count() as u64;
        let word_counts: Vec<u64> = (0..num_words as u32).map(occurrences).collect();
        let counted = Cooccurrences::new(Sentences::Memory(sentences), &word_counts, window, symmetric).unwrap();
        let mut accumulator = Accumulator::new(num_words);
        let mut cells = BTreeMap::new();
        for word in 0..num_words {
            counted.row(word, &mut accumulator, |column, count| {
                let count = count as f64 / ONE as f64;
                assert_eq!(cells.insert((word as u32, column), count as f32), None);
            });
        }
        cells
    }

    #[test]
    fn near_pairs_count_by_the_inverse_of_their_distance() {
        // Words 0 1 2 0 (ids are two higher), an unknown word between 1 and 2 that must not count as distance.
        let sentences = [vec![2, 3, 1, 4, 2], vec![], vec![3, 0, 2]];
        let cells = all_rows(&sentences, 3, 2, true);
        let expected = [
            ((0, 1), 1.0 + 0.5 + 1.0), // 0 1, 1 . 0, and 1 0 in the last sentence
            ((0, 2), 0.5 + 1.0),
            ((1, 0), 2.5),
            ((1, 2), 1.0),
            ((2, 0), 1.5),
            ((2, 1), 1.0),
        ];
        assert_eq!(cells, BTreeMap::from(expected));
    }

    #[test]
    fn a_word_beside_itself_counts_from_both_ends() {
        assert_eq!(all_rows(&[vec![2, 2]], 1, 5, true), BTreeMap::from([((0, 0), 2.0)]));
        assert_eq!(all_rows(&[vec![2, 2]], 1, 5, false), BTreeMap::from([((0, 0), 1.0)]));
    }

    #[test]
    fn without_symmetry_only_the_left_counts() {
        let cells = all_rows(&[vec![2, 3, 4]], 3, 5, false);
        assert_eq!(cells, BTreeMap::from([((1, 0), 1.0), ((2, 0), 0.5), ((2, 1), 1.0)]));
    }
}
