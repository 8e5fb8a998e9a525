//! Which rows make up a word of FastText: its own and those of its character n-grams.
//!
//! Two million buckets at 100 dimensions are 800 MB, of which a vocabulary uses a tenth or less: only buckets that some word
//! of the vocabulary falls into have a row. And parts (a word as a whole, a bucket) of the very same words learn the same in
//! every step: one row represents all of them, with that weight. Of 26,432 words of 20 Newsgroups with their n-grams that
//! leaves 62,464 rows of 165,521. They are ordered by how often training visits them, so that a thread's copies of the first
//! rows (see `view`) are those that matter.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

/// Rows of words and n-grams in one matrix.
pub(crate) struct SubwordRows {
    rows: Vec<u32>,       // of all words, one after another
    shares: Vec<f32>,     // of all words, as rows
    starts: Vec<usize>,   // [num_words + 1]
    num_parts: Vec<u32>,  // [num_words]
    stands_for: Vec<u32>, // [num_rows] how many parts
    buckets: Vec<u32>,    // [num_buckets] buckets in use, rising
    of_bucket: Vec<u32>,  // [num_buckets] their rows
}

/// A word as a sum of rows.
#[derive(Clone, Copy)]
pub(crate) struct Mean<'a> {
    /// The rows, each as often as the parts that it represents occur in the word.
    pub(crate) rows: &'a [u32],
    /// The share of each; they sum to 1.
    pub(crate) shares: &'a [f32],
}

impl SubwordRows {
    /// Lays out rows for words that were counted so often; `ngrams_of` says into which buckets the n-grams of a word fall.
    pub(crate) fn new(words: &[String], counts: &[u64], ngrams_of: impl Fn(&str) -> Vec<u32>) -> SubwordRows {
        let ngrams: Vec<Vec<u32>> = words.iter().map(|word| ngrams_of(word)).collect();
        let mut buckets: Vec<u32> = ngrams.iter().flatten().copied().collect();
        buckets.sort_unstable();
        buckets.dedup();

        // Parts: the words, then the buckets in use.
        let part_of_bucket = |bucket: u32| (words.len() + buckets.partition_point(|&other| other < bucket)) as u32;
        let parts_of = |(word, ngrams): (usize, &Vec<u32>)| {
            let mut parts = vec![word as u32];
            parts.extend(ngrams.iter().map(|&bucket| part_of_bucket(bucket)));
            parts.sort_unstable();
            parts
        };
        let parts: Vec<Vec<u32>> = ngrams.iter().enumerate().map(parts_of).collect();
        let mut row_of = alike(&parts, words.len() + buckets.len());
        by_visits(&mut row_of, &parts, counts);

        let mut stands_for = vec![0; row_of.iter().max().map_or(0, |&last| last as usize + 1)];
        row_of.iter().for_each(|&row| stands_for[row as usize] += 1);
        let (mut rows, mut shares, mut starts) = (Vec::new(), Vec::new(), vec![0]);
        for parts in &parts {
            rows.extend(rows_of(parts, &row_of));
            let share = |&row: &u32| stands_for[row as usize] as f32 / parts.len() as f32;
            shares.extend(rows[shares.len()..].iter().map(share));
            starts.push(rows.len());
        }
        let num_parts = parts.iter().map(|parts| parts.len() as u32).collect();
        SubwordRows { rows, shares, starts, num_parts, stands_for, of_bucket: row_of.split_off(words.len()), buckets }
    }

    /// For each row, how many words and buckets it represents. `[num_rows]`
    pub(crate) fn stands_for(&self) -> &[u32] {
        &self.stands_for
    }

    /// What a word is the mean of.
    pub(crate) fn of(&self, word: u32) -> Mean<'_> {
        let range = self.starts[word as usize]..self.starts[word as usize + 1];
        Mean { rows: &self.rows[range.clone()], shares: &self.shares[range] }
    }

    /// How many parts a word has: itself and its n-grams.
    pub(crate) fn num_parts(&self, word: u32) -> u32 {
        self.num_parts[word as usize]
    }

    /// The buckets in use, rising. `[num_buckets]`
    pub(crate) fn buckets(&self) -> &[u32] {
        &self.buckets
    }

    /// The rows of the buckets in use, in the same order. `[num_buckets]`
    pub(crate) fn of_buckets(&self) -> &[u32] {
        &self.of_bucket
    }
}

/// A class for each part, the same for those that are in the very same words, equally often: each word (its parts, sorted) splits
/// the classes that it has some parts of. `[num_parts]`
fn alike(words: &[Vec<u32>], num_parts: usize) -> Vec<u32> {
    let mut classes = vec![0; num_parts];
    let (mut last, mut split) = (0, FxHashMap::default());
    for parts in words {
        split.clear();
        for occurrences in parts.chunk_by(u32::eq) {
            let class = &mut classes[occurrences[0] as usize];
            *class = *split.entry((*class, occurrences.len())).or_insert_with(|| {
                last += 1;
                last
            });
        }
    }
    classes
}

/// Numbers classes anew, from 0, by how often they are visited.
fn by_visits(classes: &mut [u32], words: &[Vec<u32>], counts: &[u64]) {
    let mut visits: FxHashMap<u32, u64> = FxHashMap::default();
    for (parts, &count) in words.iter().zip(counts) {
        rows_of(parts, classes).for_each(|class| *visits.entry(class).or_default() += count);
    }
    let mut order: Vec<(u32, u64)> = visits.into_iter().collect();
    order.sort_unstable_by_key(|&(class, visits)| (Reverse(visits), class));
    let number: FxHashMap<u32, u32> = order.iter().map(|&(class, _)| class).zip(0..).collect();
    classes.iter_mut().for_each(|class| *class = number[class]);
}

/// The rows of a word's parts, which are sorted: each as often as a part of it occurs in the word.
fn rows_of(parts: &[u32], row_of: &[u32]) -> impl Iterator<Item = u32> {
    let occurrences = parts.chunk_by(u32::eq);
    let mut rows: Vec<(u32, usize)> =
        occurrences.map(|occurrences| (row_of[occurrences[0] as usize], occurrences.len())).collect();
    rows.sort_unstable();
    rows.dedup();
    rows.into_iter().flat_map(|(row, times)| std::iter::repeat_n(row, times))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ninefold_vectors::subwords::ngram_buckets;

    fn layout(bucket: u32, words: &[&str], counts: &[u64]) -> (Vec<String>, SubwordRows) {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let rows = SubwordRows::new(&words, counts, |word| ngram_buckets(word, 3, 4, bucket));
        (words, rows)
    }

    /// Layouts with many collisions, with few and with none.
    fn layouts() -> impl Iterator<Item = (u32, Vec<String>, SubwordRows)> {
        let words = ["the", "there", "cat", "한국어", "aaaaaaa", "aaaaa", "cats", "concatenate"];
        [7, 30, 1000].into_iter().map(move |bucket| {
            let (words, rows) = layout(bucket, &words, &[50, 20, 10, 1, 1, 1, 1, 1]);
            (bucket, words, rows)
        })
    }

    #[test]
    fn a_word_is_the_mean_of_itself_and_its_ngrams() {
        for (bucket, words, rows) in layouts() {
            for (word, text) in words.iter().enumerate() {
                let ngrams = ngram_buckets(text, 3, 4, bucket);
                assert_eq!(rows.num_parts(word as u32) as usize, 1 + ngrams.len(), "{text}");
                let share = 1.0 / (1 + ngrams.len()) as f32;
                let mut expected = vec![0.0; rows.stands_for().len()];
                for used in ngrams {
                    let place = rows.buckets().binary_search(&used).unwrap_or(usize::MAX);
                    expected[rows.of_buckets()[place] as usize] += share;
                }
                let Mean { rows, shares } = rows.of(word as u32);
                let mut found = vec![0.0; expected.len()];
                rows.iter().zip(shares).for_each(|(&row, share)| found[row as usize] += share);
                // All but the word itself are n-grams.
                let differ: Vec<f32> = found.iter().zip(expected).map(|(found, expected)| found - expected).collect();
                let own = differ.iter().filter(|difference| (*difference - share).abs() < 1e-6).count();
                let none = differ.iter().filter(|difference| difference.abs() < 1e-6).count();
                assert_eq!((own, none), (1, differ.len() - 1), "{text} in {bucket} buckets");
            }
        }
    }

    #[test]
    fn parts_share_a_row_when_no_word_tells_them_apart() {
        for (bucket, words, rows) in layouts() {
            let in_words = |part: u32| {
                let count = |word: &String| ngram_buckets(word, 3, 4, bucket).iter().filter(|&&b| b == part).count();
                words.iter().map(count).collect::<Vec<_>>()
            };
            let found: Vec<_> = rows.buckets().iter().map(|&bucket| in_words(bucket)).zip(rows.of_buckets()).collect();
            for (one, row) in &found {
                for (other, other_row) in &found {
                    assert_eq!(one == other, row == other_row, "{one:?} and {other:?} in {bucket} buckets");
                }
            }
        }
        let (_, rows) = layout(1000, &["cat", "the"], &[1, 1]);
        assert_eq!(rows.stands_for(), [6, 6], "<ca <cat cat cat> at> and the word");
    }

    #[test]
    fn the_most_visited_rows_come_first() {
        let (_, rows) = layout(1000, &["cat", "the", "there"], &[10, 50, 20]);
        assert_eq!(rows.of(1).rows, [0, 1], "<th <the the (of both, 70 visits), then what is its own");
        assert_eq!(rows.of(2).rows, [0, 2]);
        assert_eq!(rows.of(0).rows, [3]);
    }
}
