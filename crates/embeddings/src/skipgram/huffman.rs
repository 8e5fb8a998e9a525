//! The binary tree of hierarchical softmax: word counts -> for each word the inner nodes on its way from the root.
//!
//! A word's probability is the product of the decisions at these nodes, each a logistic regression on the node's output row,
//! so that a step costs about log2(vocabulary) rows in place of all of them, and no negative sample is drawn. Frequent words have short
//! ways (Huffman, 1952).
//!
//! Source: Morin & Bengio, "Hierarchical probabilistic neural network language model" (2005), as Mikolov et al. (2013) use it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The ways to all words.
pub(crate) struct Huffman {
    rows: Vec<u32>,      // of all words, one after another
    starts: Vec<usize>,  // [num_words + 1]
    positives: Vec<u32>, // [num_words] how many of a word's rows, its first ones, are to say yes
}

impl Huffman {
    /// The tree of `counts`. Inner nodes are numbered from the root on, so that the rows that every word visits are the first.
    pub(crate) fn new(counts: &[u64]) -> Huffman {
        let num_words = counts.len();
        let mut parents = vec![(0, false); 2 * num_words]; // of words, then of inner nodes: parent, its answer
        let mut open: BinaryHeap<_> = counts.iter().copied().zip(0..).map(Reverse).collect();
        for node in num_words..(2 * num_words).saturating_sub(1) {
            let mut join = |answer| {
                let Reverse((count, child)) =
                    open.pop().expect("as many nodes are open as joins are left, and one more");
                parents[child] = (node, answer);
                count
            };
            let count = join(true) + join(false);
            open.push(Reverse((count, node)));
        }
        let root = (2 * num_words).saturating_sub(2);
        let mut tree = Huffman { rows: Vec::new(), starts: vec![0], positives: Vec::with_capacity(num_words) };
        let mut negatives = Vec::new();
        for word in 0..num_words {
            let (first, mut node) = (tree.rows.len(), word);
            while node != root {
                let (parent, answer) = parents[node];
                let row = (root - parent) as u32;
                if answer {
                    tree.rows.push(row)
                } else {
                    negatives.push(row)
                }
                node = parent;
            }
            tree.positives.push((tree.rows.len() - first) as u32);
            tree.rows.append(&mut negatives);
            tree.starts.push(tree.rows.len());
        }
        tree
    }

    /// The rows on the way to a word, and how many of them, the first ones, are to say yes. None for the only word there is.
    pub(crate) fn way(&self, word: u32) -> (&[u32], usize) {
        let word = word as usize;
        (&self.rows[self.starts[word]..self.starts[word + 1]], self.positives[word] as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_words_have_short_ways_and_no_two_the_same() {
        // Joined: 1 + 2, 3 + 3, 6 + 5, 11 + 20. Ways of 1, 2, 3, 4 and 4 nodes.
        let counts = [20, 5, 3, 2, 1];
        let tree = Huffman::new(&counts);
        let lengths: Vec<usize> = (0..5).map(|word| tree.way(word).0.len()).collect();
        assert_eq!(lengths, [1, 2, 3, 4, 4]);
        let mut ways = Vec::new();
        for word in 0..5 {
            let (rows, positives) = tree.way(word);
            assert!(rows.contains(&0), "the root is on every way");
            let (mut yes, mut no) = (rows[..positives].to_vec(), rows[positives..].to_vec());
            yes.sort_unstable();
            no.sort_unstable();
            ways.push((yes, no));
        }
        ways.sort();
        ways.dedup();
        assert_eq!(ways.len(), 5);
    }

    #[test]
    fn the_probabilities_of_all_words_sum_to_one() {
        let counts: Vec<u64> = (1..=100).map(|rank| 1000 / rank).collect();
        let tree = Huffman::new(&counts);
        let score = |row: u32| (f64::from(row) * 0.7).sin() * 3.0; // any
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let probability = |word| {
            let (rows, positives) = tree.way(word);
            let yes: f64 = rows[..positives].iter().map(|&row| sigmoid(score(row))).product();
            let no: f64 = rows[positives..].iter().map(|&row| sigmoid(-score(row))).product();
            yes * no
        };
        let sum: f64 = (0..100).map(probability).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{sum}");
    }

    #[test]
    fn one_word_needs_no_decision() {
        assert_eq!(Huffman::new(&[7]).way(0), (&[][..], 0));
    }
}
