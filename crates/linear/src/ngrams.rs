//! Bags of word n-grams: which n-grams the training texts have, and how often each text has them.
//!
//! Takes texts as token ids -> gives a [`Csr`] of counts, a column per n-gram. A trie over ids finds an n-gram from its
//! first n - 1 tokens' number and its last token, so that no n-gram is ever written out as a string.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::Csr;
use ninefold_core::error::{Error, Result};
use ninefold_core::memory::{map_bytes, slice_bytes};
use ninefold_text::vocab::{UNK, Vocab};

/// Stands before the first token of every n-gram.
const ROOT: u32 = u32::MAX;
/// The column of an n-gram that is too short or too rare to have one.
const NONE: u32 = u32::MAX;

/// Texts that are counted before their counts become rows.
const COUNTED_TOGETHER: usize = 1 << 14;

/// Nodes by what leads to them: the node of the first n - 1 tokens and the last token.
#[derive(Clone, Debug, Default)]
struct Trie {
    first: Vec<u32>, // [tokens] of one token, which most steps lead to; NONE where there is no node
    further: FxHashMap<(u32, u32), u32>, // of several
}

impl Trie {
    fn step(&self, node: u32, token: u32) -> Option<u32> {
        match node {
            ROOT => self.first.get(token as usize).copied().filter(|&node| node != NONE),
            _ => self.further.get(&(node, token)).copied(),
        }
    }

    /// The same; where there is no node, `fresh` is put there.
    fn step_or_insert(&mut self, node: u32, token: u32, fresh: u32) -> u32 {
        if node != ROOT {
            return *self.further.entry((node, token)).or_insert(fresh);
        }
        let place = token as usize;
        if self.first.len() <= place {
            self.first.resize(place + 1, NONE);
        }
        if self.first[place] == NONE {
            self.first[place] = fresh;
        }
        self.first[place]
    }

    /// Every node with what leads to it.
    fn keys(&self) -> impl Iterator<Item = (u32, (u32, u32))> {
        let first =
            (0..).zip(&self.first).filter(|&(_, &node)| node != NONE).map(|(token, &node)| (node, (ROOT, token)));
        first.chain(self.further.iter().map(|(&key, &node)| (node, key)))
    }

    fn memory_bytes(&self) -> usize {
        slice_bytes(&self.first) + map_bytes::<(u32, u32), u32>(self.further.capacity())
    }
}

/// Every n-gram of some texts, in the order in which they first occur: nodes of a trie that is not needed any more.
struct Seen {
    keys: Vec<(u32, u32)>, // [nodes] what leads to each
    lengths: Vec<u32>,     // [nodes]
    texts_with: Vec<u32>,  // [nodes]
}

impl Seen {
    fn of(texts: &[Vec<u32>], max_n: usize) -> Seen {
        let mut seen = Seen { keys: Vec::new(), lengths: Vec::new(), texts_with: Vec::new() };
        let (mut trie, mut last_text) = (Trie::default(), Vec::new()); // last_text [nodes]
        for (number, text) in (0..).zip(texts) {
            for start in 0..text.len() {
                let mut node = ROOT;
                for (length, &token) in (1..).zip(text[start..].iter().take(max_n)) {
                    if token == UNK {
                        break;
                    }
                    let (key, fresh) = ((node, token), seen.keys.len() as u32);
                    node = trie.step_or_insert(node, token, fresh);
                    if node == fresh {
                        seen.keys.push(key);
                        seen.lengths.push(length);
                        seen.texts_with.push(0);
                        last_text.push(u32::MAX);
                    }
                    if last_text[node as usize] != number {
                        last_text[node as usize] = number;
                        seen.texts_with[node as usize] += 1;
                    }
                }
            }
        }
        seen
    }

    /// Which nodes are wanted, or lead to one that is. `[nodes]`
    fn leading_to(&self, is_wanted: impl Fn(usize) -> bool) -> Vec<bool> {
        let mut leads_on: Vec<bool> = (0..self.keys.len()).map(is_wanted).collect();
        for (node, &(before, _)) in self.keys.iter().enumerate().rev() {
            if leads_on[node] && before != ROOT {
                leads_on[before as usize] = true;
            }
        }
        leads_on
    }
}

/// The n-grams of some training texts that are frequent enough, each with a column.
#[derive(Clone, Debug, Default)]
pub struct Ngrams {
    max_n: usize,
    trie: Trie,
    columns: Vec<u32>,     // [nodes]
    ends: Vec<(u32, u32)>, // [columns] the key of each column's node
    texts_with: Vec<u32>,  // [columns] training texts that have the n-gram
    too_rare: Vec<usize>,  // [min_df] n-grams without a column by the number of training texts that have them
    texts: usize,
}

impl Ngrams {
    /// Bytes of its tables in memory.
    pub fn memory_bytes(&self) -> usize {
        let tables = slice_bytes(&self.columns) + slice_bytes(&self.ends) + slice_bytes(&self.texts_with);
        self.trie.memory_bytes() + tables
    }

    /// The n-grams of `ngram_range.0` to `ngram_range.1` tokens that at least `min_df` texts have, in the order in which
    /// they first occur.
    ///
    /// # Panics
    /// When the range is empty or begins at 0.
    ///
    /// # Examples
    /// ```
    /// use ninefold_linear::Ngrams;
    ///
    /// let ngrams = Ngrams::fit(&[vec![2, 3], vec![2, 3, 4]], [1, 2], 2);
    /// assert_eq!(ngrams.ids(), [vec![2], vec![2, 3], vec![3]]);
    /// ```
    pub fn fit(texts: &[Vec<u32>], ngram_range: [usize; 2], min_df: usize) -> Ngrams {
        let [min_n, max_n] = ngram_range;
        assert!(0 < min_n && min_n <= max_n, "n-grams of {min_n} to {max_n} tokens");
        let seen = Seen::of(texts, max_n);
        let has_length = |node: usize| seen.lengths[node] as usize >= min_n;
        let is_wanted = |node: usize| has_length(node) && seen.texts_with[node] as usize >= min_df;
        let leads_on = seen.leading_to(is_wanted);
        let mut ngrams = Ngrams { max_n, too_rare: vec![0; min_df], texts: texts.len(), ..Ngrams::default() };
        let mut renumbered = vec![NONE; seen.keys.len()];
        for node in 0..seen.keys.len() {
            if has_length(node) && !is_wanted(node) {
                ngrams.too_rare[seen.texts_with[node] as usize] += 1;
            }
            if !leads_on[node] {
                continue;
            }
            let (before, token) = seen.keys[node];
            let key = (if before == ROOT { ROOT } else { renumbered[before as usize] }, token);
            renumbered[node] = ngrams.trie.step_or_insert(key.0, key.1, ngrams.columns.len() as u32);
            if is_wanted(node) {
                ngrams.columns.push(ngrams.ends.len() as u32);
                ngrams.ends.push(key);
                ngrams.texts_with.push(seen.texts_with[node]);
            } else {
                ngrams.columns.push(NONE);
            }
        }
        ngrams.without_spare_room()
    }

    /// Gives back the memory in which lists could still grow.
    fn without_spare_room(mut self) -> Ngrams {
        [&mut self.trie.first, &mut self.columns, &mut self.texts_with].into_iter().for_each(Vec::shrink_to_fit);
        self.ends.shrink_to_fit();
        self
    }

    /// How many n-grams at least `min_df` of the training texts have.
    pub(super) fn len_with(&self, min_df: usize) -> usize {
        let rarer: usize = self.too_rare.get(min_df..).unwrap_or_default().iter().sum();
        rarer + self.texts_with.iter().filter(|&&texts| texts as usize >= min_df).count()
    }

    /// These n-grams, a column each in their order. How many texts have them is not known.
    ///
    /// # Errors
    /// [`Error::Format`] for an n-gram without tokens, with an unknown one, or that comes twice.
    pub fn of(ngrams: &[Vec<u32>]) -> Result<Ngrams> {
        let wrong = |column: usize, found: &str| Err(Error::format(format!("n-gram {column}"), "known tokens", found));
        let mut made = Ngrams::default();
        for (column, ngram) in ngrams.iter().enumerate() {
            if ngram.is_empty() || ngram.contains(&UNK) {
                return wrong(column, "none, or unknown ones");
            }
            let (mut node, mut key) = (ROOT, (ROOT, ROOT));
            for &token in ngram {
                let fresh = made.columns.len() as u32;
                key = (node, token);
                node = made.trie.step_or_insert(node, token, fresh);
                if node == fresh {
                    made.columns.push(NONE);
                }
            }
            if std::mem::replace(&mut made.columns[node as usize], column as u32) != NONE {
                return wrong(column, "those of an n-gram before it");
            }
            made.ends.push(key);
            made.max_n = made.max_n.max(ngram.len());
        }
        Ok(made.without_spare_room())
    }

    /// Number of n-grams.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True when no n-gram is frequent enough.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Training texts.
    pub(super) fn texts(&self) -> usize {
        self.texts
    }

    /// Training texts that have each n-gram. `[columns]`
    pub(super) fn texts_with(&self) -> &[u32] {
        &self.texts_with
    }

    /// How often each text has each n-gram, on all threads; what was not seen in training is not counted.
    ///
    /// # Shapes
    /// -> `[texts, columns]`
    pub fn count(&self, texts: &[Vec<u32>]) -> Csr {
        let columns_of = |text: &Vec<u32>| {
            let mut found = Vec::new();
            for start in 0..text.len() {
                let mut node = ROOT;
                for &token in text[start..].iter().take(self.max_n) {
                    match self.trie.step(node, token) {
                        Some(next) => node = next,
                        None => break,
                    }
                    let column = self.columns[node as usize];
                    if column != NONE {
                        found.push(column);
                    }
                }
            }
            found.sort_unstable();
            found
        };
        let mut matrix = Csr::new(self.len());
        for texts in texts.chunks(COUNTED_TOGETHER) {
            let found: Vec<Vec<u32>> = texts.par_iter().map(columns_of).collect();
            for found in &found {
                matrix.push(found.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as f64)));
            }
        }
        matrix
    }

    /// The token ids of the n-gram of each column.
    pub fn ids(&self) -> Vec<Vec<u32>> {
        let mut keys = vec![(ROOT, ROOT); self.columns.len()];
        self.trie.keys().for_each(|(node, key)| keys[node as usize] = key);
        let ids = |&(mut node, token): &(u32, u32)| {
            let mut ids = vec![token];
            while node != ROOT {
                let (before, token) = keys[node as usize];
                ids.push(token);
                node = before;
            }
            ids.reverse();
            ids
        };
        self.ends.iter().map(ids).collect()
    }

    /// The n-gram of each column, its tokens with a blank between them.
    pub fn names(&self, vocab: &Vocab) -> Vec<String> {
        self.ids().iter().map(|ids| vocab.decode(ids).join(" ")).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn ngrams_are_counted_and_the_unseen_are_not() {
        let vocab = Vocab::from_tokens(["a", "b", "c"].map(str::to_owned).to_vec()).unwrap();
        let ids = |text: &str| vocab.encode(&text.split(' ').collect::<Vec<_>>());
        let train = [ids("a b a b"), ids("b c")];
        let ngrams = Ngrams::fit(&train, [1, 2], 1);
        let names = ngrams.names(&vocab);
        let counts = ngrams.count(&[ids("a b a b c x c")]);
        let (columns, values) = counts.row(0);
        let mut found: Vec<(&str, f64)> =
            columns.iter().zip(values).map(|(&column, &value)| (names[column as usize].as_str(), value)).collect();
        found.sort_by(|a, b| a.0.cmp(b.0));
        assert_eq!(found, [("a", 2.0), ("a b", 2.0), ("b", 2.0), ("b a", 1.0), ("b c", 1.0), ("c", 2.0)]);
    }

    #[test]
    fn rare_and_short_ngrams_have_no_column() {
        let train = [vec![2, 3, 2, 3], vec![2, 3, 4]];
        assert_eq!(Ngrams::fit(&train, [2, 2], 1).len(), 3, "23 32 34");
        let frequent = Ngrams::fit(&train, [1, 2], 2);
        assert_eq!(frequent.len(), 3, "2 3 23");
        assert_eq!(frequent.texts_with(), [2, 2, 2]);
        assert!(Ngrams::fit(&train, [1, 1], 9).is_empty());
        for min_df in 1..4 {
            let lengths: Vec<usize> =
                (1..4).map(|wanted| Ngrams::fit(&train, [1, 2], min_df).len_with(wanted)).collect();
            assert_eq!(lengths, [6, 3, 0], "2 3 4 23 32 34, of which both texts have 2 3 23");
        }
    }

    #[test]
    fn a_rare_ngram_still_leads_to_a_longer_one_and_only_that_is_kept() {
        let train = [vec![2, 3, 4], vec![2, 3, 4, 5]];
        let ngrams = Ngrams::fit(&train, [3, 3], 2);
        assert_eq!((ngrams.ids(), ngrams.columns.len()), (vec![vec![2, 3, 4]], 3));
        assert_eq!(ngrams.count(&[vec![2, 3, 4, 2, 3, 4, 5]]).row(0), (&[0][..], &[2.0][..]));
    }

    #[test]
    fn an_unknown_token_ends_an_ngram() {
        let ngrams = Ngrams::fit(&[vec![2, UNK, 3]], [1, 2], 1);
        assert_eq!(ngrams.len(), 2);
    }
}
