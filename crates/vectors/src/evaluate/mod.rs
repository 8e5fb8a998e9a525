//! How well vectors agree with human judgements: similarity of pairs, and analogies.
//!
//! A file of pairs with scores -> Spearman's correlation with the cosines. A file of fours (`Athens Greece Oslo Norway`) ->
//! the fraction whose fourth word is nearest to `Greece - Athens + Oslo` (vectors of length 1, the three words left out).
//!
//! Words are looked up regardless of case, the first word of the table that fits, as gensim does; pairs and questions with a
//! word that has no vector are left out and counted.
//!
//! Sources: Finkelstein et al., "Placing search in context" (2002); Mikolov, Yih & Zweig, "Linguistic regularities in
//! continuous space word representations" (2013).

mod judgements;

use std::borrow::Cow;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::WordVectors;
use super::nearest::Neighbours;
pub use judgements::Judgements;

/// The score of vectors on one file.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// On pairs.
    Similarity(Similarity),
    /// On analogies.
    Analogies(Analogies),
}

/// Agreement with judged pairs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Similarity {
    /// Spearman's rank correlation over the covered pairs; none for fewer than two of them, or where all are equal.
    pub spearman: Option<f64>,
    /// Pairs in the file.
    pub pairs: usize,
    /// Pairs of which both words have a vector.
    pub covered: usize,
    /// Covered pairs with a word whose vector comes from its n-grams or wordpieces.
    pub by_subwords: usize,
}

/// Answers to analogies.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Analogies {
    /// Fraction of the covered questions that were answered right.
    pub accuracy: Option<f64>,
    /// Questions in the file.
    pub questions: usize,
    /// Questions whose four words have a vector among the words that were searched.
    pub covered: usize,
    /// Those answered right.
    pub right: usize,
    /// The same by section, in the order of the file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Section>,
}

/// One section of analogies.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Section {
    /// Its title in the file.
    pub section: String,
    /// As in [`Analogies`].
    pub questions: usize,
    /// As in [`Analogies`].
    pub covered: usize,
    /// As in [`Analogies`].
    pub right: usize,
}

/// Vectors, ready to be judged.
pub struct Judge<'a> {
    vectors: &'a WordVectors,
    neighbours: Neighbours<'a>,
    folded: FxHashMap<String, usize>, // lower-cased word -> the first row that has it
}

impl<'a> Judge<'a> {
    /// Only the first `most` words are known (gensim's default is 300,000); n-grams and wordpieces serve pairs in any case.
    pub fn new(vectors: &'a WordVectors, most: usize) -> Judge<'a> {
        let mut folded = FxHashMap::default();
        for (id, word) in vectors.words().iter().enumerate().take(most) {
            folded.entry(word.to_lowercase()).or_insert(id);
        }
        Judge { vectors, neighbours: Neighbours::new(vectors).among_first(most), folded }
    }

    /// Scores the vectors on a file.
    ///
    /// ```
    /// use ninefold_vectors::WordVectors;
    /// use ninefold_vectors::evaluate::{Judge, Judgements, Outcome};
    ///
    /// let words = ["cat", "dog", "sun"].map(String::from).to_vec();
    /// let vectors = WordVectors::new(words, 2, vec![1.0, 0.1, 0.9, 0.2, 0.0, 1.0])?;
    /// let pair = |a: &str, b: &str, score| (a.to_owned(), b.to_owned(), score);
    /// let pairs = Judgements::Pairs(vec![pair("cat", "dog", 9.0), pair("cat", "sun", 1.0), pair("cat", "yak", 7.0)]);
    /// let Outcome::Similarity(found) = Judge::new(&vectors, 300_000).judge(&pairs) else { unreachable!() };
    /// assert_eq!((found.spearman, found.covered, found.pairs), (Some(1.0), 2, 3));
    /// # Ok::<(), ninefold_core::Error>(())
    /// ```
    pub fn judge(&self, judgements: &Judgements) -> Outcome {
        match judgements {
            Judgements::Pairs(pairs) => Outcome::Similarity(self.similarity(pairs)),
            Judgements::Analogies(sections) => Outcome::Analogies(self.analogies(sections)),
        }
    }

    fn id(&self, word: &str) -> Option<usize> {
        self.folded.get(&word.to_lowercase()).copied()
    }

    /// A word's vector, and whether it is made of n-grams or wordpieces.
    fn vector(&self, word: &str) -> Option<(Cow<'_, [f32]>, bool)> {
        match self.id(word) {
            Some(id) => Some((Cow::Borrowed(self.vectors.row(id)), false)),
            None if self.vectors.get(word).is_some() => None, // beyond the first words
            None => self.vectors.vector(word).map(|vector| (vector, true)),
        }
    }

    fn similarity(&self, pairs: &[(String, String, f64)]) -> Similarity {
        let (mut cosines, mut scores, mut by_subwords) = (Vec::new(), Vec::new(), 0);
        for (a, b, score) in pairs {
            if let (Some((a, a_made)), Some((b, b_made))) = (self.vector(a), self.vector(b)) {
                cosines.push(cosine(&a, &b));
                scores.push(*score);
                by_subwords += usize::from(a_made || b_made);
            }
        }
        Similarity { spearman: spearman(&cosines, &scores), pairs: pairs.len(), covered: scores.len(), by_subwords }
    }

    fn analogies(&self, sections: &[(String, Vec<[String; 4]>)]) -> Analogies {
        let sections: Vec<Section> = sections.iter().map(|(title, questions)| self.section(title, questions)).collect();
        let sum = |of: fn(&Section) -> usize| sections.iter().map(of).sum::<usize>();
        let (questions, covered, right) = (sum(|it| it.questions), sum(|it| it.covered), sum(|it| it.right));
        let accuracy = (covered > 0).then(|| right as f64 / covered as f64);
        Analogies { accuracy, questions, covered, right, sections }
    }

    fn section(&self, title: &str, questions: &[[String; 4]]) -> Section {
        let known = |question: &[String; 4]| {
            let [a, b, c, d] = question.each_ref().map(|word| self.id(word));
            Some([a?, b?, c?, d?])
        };
        let known: Vec<[usize; 4]> = questions.iter().filter_map(known).collect();
        let queries: Vec<Vec<f32>> = known.iter().map(|&[a, b, c, _]| offset(&self.neighbours, [a, b, c])).collect();
        let without: Vec<Vec<usize>> = known.iter().map(|&[a, b, c, _]| vec![a, b, c]).collect();
        // A few, since one may be another spelling of a word of the question ("Oslo" beside "oslo").
        let found = self.neighbours.nearest_of_each(&queries, 5, &without);
        let right = known.iter().zip(found).filter(|(question, found)| {
            let folded = |id: usize| self.vectors.words()[id].to_lowercase();
            let asked = question.map(folded);
            let answer = found.iter().map(|neighbour| folded(neighbour.id)).find(|word| !asked[..3].contains(word));
            answer.as_ref() == Some(&asked[3])
        });
        Section { section: title.to_owned(), questions: questions.len(), covered: known.len(), right: right.count() }
    }
}

/// Where the fourth word should be: b - a + c, each of length 1. `[dim]`
pub fn offset(neighbours: &Neighbours, [a, b, c]: [usize; 3]) -> Vec<f32> {
    let [a, b, c] = [a, b, c].map(|id| neighbours.unit(id));
    a.iter().zip(b).zip(c).map(|((a, b), c)| b - a + c).collect()
}

/// The cosine of two vectors; 0 where one is zero.
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let norms = (dot(a, a) * dot(b, b)).sqrt();
    if norms > 0.0 { dot(a, b) / norms } else { 0.0 }
}

/// Pearson's correlation of the ranks, equal values sharing the mean of theirs.
fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    let (a, b) = (ranks(a), ranks(b));
    let mean = (a.len() as f64 + 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
    let spread = (product(&a, &a) * product(&b, &b)).sqrt();
    (spread > 0.0).then(|| product(&a, &b) / spread)
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for equals in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = before as f64 + (equals.len() as f64 + 1.0) / 2.0;
        equals.iter().for_each(|&index| ranks[index] = rank);
        before += equals.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn equal_values_share_their_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[10.0, 20.0, 30.0]), Some(1.0));
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]), Some(-1.0));
        // scipy.stats.spearmanr([1, 2, 2, 4, 5], [5, 6, 7, 8, 7]) = 0.7631578947368421
        let tied = spearman(&[1.0, 2.0, 2.0, 4.0, 5.0], &[5.0, 6.0, 7.0, 8.0, 7.0]).unwrap();
        assert!((tied - 0.763_157_894_736_842_1).abs() < 1e-12, "{tied}");
        assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(spearman(&[], &[]), None);
    }

    #[test]
    fn a_square_answers_its_analogies_and_what_is_unknown_is_counted() {
        let words = ["Man", "woman", "king", "queen", "apple"].map(String::from).to_vec();
        let matrix = vec![1.0, 0.0, 0.2, 1.0, 0.9, 0.2, 0.0, 0.0, 1.0, 0.9, 1.0, 0.0, -1.0, -1.0, 0.3];
        let vectors = WordVectors::new(words, 3, matrix).unwrap();
        let judge = Judge::new(&vectors, 300_000);
        let question = |words: &str| words.split(' ').map(String::from).collect::<Vec<_>>().try_into().unwrap();
        let questions = ["man woman king queen", "man woman king apple", "man woman king prince"].map(question);
        let questions = Judgements::Analogies(vec![("s".into(), questions.to_vec())]);
        let Outcome::Analogies(found) = judge.judge(&questions) else { panic!() };
        assert_eq!((found.questions, found.covered, found.right, found.accuracy), (3, 2, 1, Some(0.5)));
        let pairs = [("woman", 9.0), ("apple", 1.0), ("prince", 5.0)];
        let pairs = Judgements::Pairs(pairs.map(|(other, score)| ("man".into(), other.into(), score)).to_vec());
        let Outcome::Similarity(found) = judge.judge(&pairs) else { panic!() };
        assert_eq!((found.spearman, found.pairs, found.covered, found.by_subwords), (Some(1.0), 3, 2, 0));
    }
}
