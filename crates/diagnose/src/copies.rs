//! Exact and near copies among all texts.
//!
//! Takes texts as token ids -> gives which texts have a copy, where, and with which label. Candidates share three-word shingles
//! that at most [`MAX_POSTINGS`] texts have; their Jaccard similarity decides. Exact copies are found by their tokens, however many
//! there are. Texts with few words are not compared: two short texts are equal by chance.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::DiagnosisConfig;
use crate::data::Data;
use ninefold_core::rng::mix;

/// Shingles of more texts are phrases, and make no candidates.
const MAX_POSTINGS: usize = 40;

/// Two texts that are copies. Learned texts have the first numbers, test texts follow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct CopiedPair {
    pub(crate) first: usize,
    pub(crate) second: usize,
    pub(crate) similarity: f64,
}

/// Which texts have copies.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    /// Pairs, the most similar first; of a group of equal texts each with the first one.
    pub(crate) pairs: Vec<CopiedPair>,
    /// Whether another learned text is a copy. `[learned texts]`
    pub(crate) learned: Vec<bool>,
    /// Whether a learned text that is a copy has another label. `[learned texts]`
    pub(crate) other_label: Vec<bool>,
    /// Whether a learned text is a copy. `[test texts]`
    pub(crate) test: Vec<bool>,
}

impl Copies {
    /// Finds all copies.
    pub(crate) fn of(data: &Data, settings: &DiagnosisConfig) -> Copies {
        let texts: Vec<&[u32]> = data.learned.ids.iter().chain(&data.test.ids).map(Vec::as_slice).collect();
        let is_compared: Vec<bool> = texts.iter().map(|text| text.len() >= settings.copy_min_words).collect();
        let shingles: Vec<Vec<u64>> = texts
            .par_iter()
            .zip(&is_compared)
            .map(|(text, &is_compared)| if is_compared { shingles(text) } else { Vec::new() })
            .collect();
        let mut pairs = equal(&texts, &is_compared);
        pairs.extend(near(&shingles, settings.copy_similarity, &texts));
        pairs.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then((a.first, a.second).cmp(&(b.first, b.second))));
        let learned = data.learned.len();
        let mut copies = Copies {
            learned: vec![false; learned],
            other_label: vec![false; learned],
            test: vec![false; data.test.len()],
            pairs,
        };
        for &CopiedPair { first, second, .. } in &copies.pairs {
            match second.checked_sub(learned) {
                Some(test) if first < learned => copies.test[test] = true,
                Some(_) => {}
                None => {
                    [first, second].into_iter().for_each(|text| copies.learned[text] = true);
                    if data.learned.labels[first] != data.learned.labels[second] {
                        [first, second].into_iter().for_each(|text| copies.other_label[text] = true);
                    }
                }
            }
        }
        copies
    }
}

/// The hashes of a text's three-word shingles, sorted, each once.
fn shingles(text: &[u32]) -> Vec<u64> {
    let hash = |words: &[u32]| words.iter().fold(0, |hash, &word| mix(hash ^ u64::from(word)));
    let mut shingles: Vec<u64> = text.windows(3).map(hash).collect();
    shingles.sort_unstable();
    shingles.dedup();
    shingles
}

/// Texts with the same tokens, each paired with the first of them.
fn equal(texts: &[&[u32]], is_compared: &[bool]) -> Vec<CopiedPair> {
    let mut first_of: FxHashMap<&[u32], usize> = FxHashMap::default();
    let mut pairs = Vec::new();
    for (second, &text) in texts.iter().enumerate().filter(|(text, _)| is_compared[*text]) {
        let first = *first_of.entry(text).or_insert(second);
        if first != second {
            pairs.push(CopiedPair { first, second, similarity: 1.0 });
        }
    }
    pairs
}

/// Pairs whose shingles are similar enough, equal texts aside.
fn near(shingles: &[Vec<u64>], least: f64, texts: &[&[u32]]) -> Vec<CopiedPair> {
    let mut all: Vec<(u64, u32)> = shingles
        .iter()
        .enumerate()
        .flat_map(|(text, of_text)| of_text.iter().map(move |&hash| (hash, text as u32)))
        .collect();
    all.par_sort_unstable();
    let mut groups: Vec<&[(u64, u32)]> = Vec::new();
    let mut of_text: Vec<Vec<u32>> = vec![Vec::new(); shingles.len()];
    for group in all.chunk_by(|a, b| a.0 == b.0).filter(|group| (2..=MAX_POSTINGS).contains(&group.len())) {
        group.iter().for_each(|&(_, text)| of_text[text as usize].push(groups.len() as u32));
        groups.push(group);
    }
    let pairs_of = |second: usize| {
        let mut shared: FxHashMap<u32, u32> = FxHashMap::default();
        for &group in &of_text[second] {
            let earlier = groups[group as usize].iter().take_while(|(_, text)| (*text as usize) < second);
            earlier.for_each(|&(_, text)| *shared.entry(text).or_insert(0) += 1);
        }
        let mut pairs = Vec::new();
        for (first, count) in shared {
            let first = first as usize;
            let (a, b) = (&shingles[first], &shingles[second]);
            // Similar texts share a third of all their shingles; half of those may be common phrases.
            let needed = least / (1.0 + least) * (a.len() + b.len()) as f64;
            if f64::from(count) < 0.5 * needed || texts[first] == texts[second] {
                continue;
            }
            let similarity = jaccard(a, b);
            if similarity >= least {
                pairs.push(CopiedPair { first, second, similarity });
            }
        }
        pairs
    };
    (0..shingles.len()).into_par_iter().flat_map_iter(pairs_of).collect()
}

/// The fraction of common elements of two sorted sets.
fn jaccard(a: &[u64], b: &[u64]) -> f64 {
    let (mut i, mut j, mut common) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => (i, j, common) = (i + 1, j + 1, common + 1),
        }
    }
    common as f64 / (a.len() + b.len() - common).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similarity_is_the_fraction_of_common_shingles() {
        assert_eq!(jaccard(&[1, 2, 3], &[2, 3, 4]), 0.5);
        assert_eq!(jaccard(&[], &[]), 0.0);
    }

    #[test]
    fn equal_and_similar_texts_are_pairs_once() {
        let long: Vec<u32> = (2..40).collect();
        let mut edited = long.clone();
        edited[5] = 99;
        let texts: Vec<&[u32]> = vec![&long, &edited, &long];
        let of_texts: Vec<Vec<u64>> = texts.iter().map(|text| shingles(text)).collect();
        assert_eq!(equal(&texts, &[true; 3]), [CopiedPair { first: 0, second: 2, similarity: 1.0 }]);
        let near = near(&of_texts, 0.5, &texts);
        assert_eq!(near.iter().map(|pair| (pair.first, pair.second)).collect::<Vec<_>>(), [(0, 1), (1, 2)]);
        assert!(near[0].similarity > 0.8 && near[0].similarity < 1.0);
    }
}
