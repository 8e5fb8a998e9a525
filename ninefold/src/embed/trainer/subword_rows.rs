//! Which rows make up a word of FastText: its own and those of its n-grams.
//!
//! Two million buckets at 100 dimensions are 800 MB, of which a vocabulary uses a tenth or less. Here only buckets that some
//! word of the vocabulary falls into have a row. Rows are ordered by how often training visits them, so that a thread's
//! copies of the first rows (see `view`) are those that matter.

use super::FastTextConfig;
use crate::embed::subwords::ngram_buckets;

/// Rows of words and n-grams in one matrix.
pub(super) struct SubwordRows {
    rows: Vec<u32>,      // of all words, one after another: the word's own row, then its n-grams'
    starts: Vec<usize>,  // [num_words + 1]
    buckets: Vec<u32>,   // [num_buckets] buckets in use, rising
    of_bucket: Vec<u32>, // [num_buckets] their rows
}

impl SubwordRows {
    /// Lays out rows for words that were counted so often.
    pub(super) fn new(config: &FastTextConfig, words: &[String], counts: &[u64]) -> SubwordRows {
        let ngrams: Vec<Vec<u32>> =
            words.iter().map(|word| ngram_buckets(word, config.min_n, config.max_n, config.bucket)).collect();
        let mut buckets: Vec<u32> = ngrams.iter().flatten().copied().collect();
        buckets.sort_unstable();
        buckets.dedup();

        // Units: words, then used buckets. Each gets the row of its rank by visits.
        let unit_of_bucket = |bucket: u32| words.len() + buckets.partition_point(|&other| other < bucket);
        let mut visits: Vec<u64> = counts.to_vec();
        visits.resize(words.len() + buckets.len(), 0);
        let mut units = Vec::new();
        let mut starts = vec![0];
        for (word, ngrams) in ngrams.iter().enumerate() {
            units.push(word as u32);
            for &bucket in ngrams {
                let unit = unit_of_bucket(bucket);
                visits[unit] += counts[word];
                units.push(unit as u32);
            }
            starts.push(units.len());
        }
        let mut by_visits: Vec<u32> = (0..visits.len() as u32).collect();
        by_visits.sort_by_key(|&unit| (std::cmp::Reverse(visits[unit as usize]), unit));
        let mut row_of = vec![0; visits.len()];
        by_visits.iter().zip(0..).for_each(|(&unit, row)| row_of[unit as usize] = row);

        let rows = units.iter().map(|&unit| row_of[unit as usize]).collect();
        SubwordRows { rows, starts, of_bucket: row_of.split_off(words.len()), buckets }
    }

    /// All rows, of words and n-grams.
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1 + self.buckets.len()
    }

    /// The rows of a word: its own, then those of its n-grams.
    pub(super) fn of(&self, word: u32) -> &[u32] {
        &self.rows[self.starts[word as usize]..self.starts[word as usize + 1]]
    }

    /// The buckets in use, rising. `[num_buckets]`
    pub(super) fn buckets(&self) -> &[u32] {
        &self.buckets
    }

    /// The rows of the buckets in use, in the same order. `[num_buckets]`
    pub(super) fn of_buckets(&self) -> &[u32] {
        &self.of_bucket
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> (Vec<String>, SubwordRows) {
        let words: Vec<String> = ["the", "there", "cat", "한국어"].map(String::from).to_vec();
        let config = FastTextConfig { min_n: 3, max_n: 4, bucket: 1000, ..FastTextConfig::default() };
        let rows = SubwordRows::new(&config, &words, &[50, 20, 10, 1]);
        (words, rows)
    }

    #[test]
    fn every_word_has_a_row_of_its_own_and_rows_for_its_ngrams() {
        let (words, rows) = layout();
        for (word, text) in words.iter().enumerate() {
            let expected: Vec<u32> = ngram_buckets(text, 3, 4, 1000)
                .iter()
                .map(|bucket| rows.of_buckets()[rows.buckets().binary_search(bucket).unwrap_or(usize::MAX)])
                .collect();
            assert_eq!(rows.of(word as u32)[1..], expected, "{text}");
        }
        let mut own: Vec<u32> = (0..4).map(|word| rows.of(word)[0]).chain(rows.of_buckets().iter().copied()).collect();
        own.sort_unstable();
        assert_eq!(own, (0..rows.len() as u32).collect::<Vec<_>>(), "each row belongs to one word or one bucket");
    }

    #[test]
    fn the_most_visited_rows_come_first() {
        let (_, rows) = layout();
        let shared = rows.of(0)[1..].iter().filter(|row| rows.of(1)[1..].contains(row)).count() as u32;
        assert!(shared >= 2, "<th and the are in both words");
        assert!(rows.of(0)[1..].iter().filter(|row| rows.of(1)[1..].contains(row)).all(|&row| row < shared));
    }
}
