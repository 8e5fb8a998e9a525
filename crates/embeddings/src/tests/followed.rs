//! With as many negative samples as there are other words, they are all other words, and nothing but the start is random: whole
//! trainings can be followed step by step in f64. In a tree nothing is drawn at all.

use super::*;
use crate::skipgram::huffman::Huffman;
use crate::skipgram::output_layer::LONG_WINDOW;
use crate::skipgram::window::part_of;
use ninefold_vectors::subwords::ngram_buckets;

const EPOCHS: usize = 12;
const RATE: f64 = 0.3;
/// No two share an n-gram, and they have different numbers of them.
const WORDS: [&str; 5] = ["abc", "defgh", "ijklmno", "pqrs", "tuvwxyz"];

/// Each holds every word once, so that no two words within reach share a row.
fn sentences() -> Vec<Vec<u32>> {
    [[2, 3, 4, 5, 6], [5, 2, 6, 3, 4], [4, 6, 2, 5, 3], [6, 5, 4, 3, 2]].map(|sentence| sentence.to_vec()).to_vec()
}

/// Words as the means of their parts, each of which learns by itself.
struct Parts {
    rows: Rows,             // [num_parts, dim]
    words: Vec<Vec<usize>>, // [num_words] parts
}

impl Parts {
    /// As Word2Vec starts: a word is one part.
    fn of_word2vec(words: usize) -> Parts {
        Parts { rows: start(words, "word vectors"), words: (0..words).map(|word| vec![word]).collect() }
    }

    /// As FastText starts: each part from the row that represents it.
    fn of_fasttext(config: &FastTextConfig, words: &[&str]) -> Parts {
        let names: Vec<String> = words.iter().map(ToString::to_string).collect();
        let (min_n, max_n) = config.lengths();
        let layout =
            SubwordRows::new(&names, &vec![1; words.len()], |word| ngram_buckets(word, min_n, max_n, config.bucket));
        let all = start(layout.stands_for().len(), "word and n-gram vectors");
        let own = |word: usize| {
            let of_ngrams = |row: u32| layout.of_buckets().iter().filter(|&&other| other == row).count();
            let stands_for_more = |&&row: &&u32| layout.stands_for()[row as usize] as usize > of_ngrams(row);
            *layout.of(word as u32).rows.iter().find(stands_for_more).unwrap()
        };
        let rows = (0..words.len()).map(own).chain(layout.of_buckets().iter().copied());
        let first = |row: u32| {
            let shrink = f64::from(layout.stands_for()[row as usize]).sqrt();
            all[row as usize].iter().map(|value| value / shrink).collect()
        };
        let part_of = |bucket| words.len() + layout.buckets().binary_search(&bucket).unwrap();
        let parts_of = |(word, text): (usize, &&str)| {
            let ngrams = ngram_buckets(text, min_n, max_n, config.bucket);
            std::iter::once(word).chain(ngrams.into_iter().map(part_of)).collect()
        };
        Parts { rows: rows.map(first).collect(), words: words.iter().enumerate().map(parts_of).collect() }
    }

    /// Whether a part is in two words, or in one twice.
    fn shared(&self) -> bool {
        self.rows.len() < self.words.iter().map(Vec::len).sum()
    }

    /// The parts of a word.
    fn of(&self, word: usize) -> Rows {
        self.words[word].iter().map(|&part| self.rows[part].clone()).collect()
    }

    fn mean(&self, word: usize) -> Vec<f64> {
        let parts = self.of(word);
        reference::hidden(&parts, &vec![1.0 / parts.len() as f64; parts.len()])
    }

    /// Adds what the parts of some words, one after another, have learned since they were `old`.
    fn learn(&mut self, words: &[usize], old: &Rows, new: &Rows) {
        let parts = words.iter().flat_map(|&word| &self.words[word]);
        for ((&part, old), new) in parts.zip(old).zip(new) {
            self.rows[part].iter_mut().zip(old.iter().zip(new)).for_each(|(value, (old, new))| *value += new - old);
        }
    }
}

/// The output rows that each word is predicted with, and how many of them, the first ones, should say yes.
fn outputs_of(loss: Loss) -> Vec<(Vec<usize>, usize)> {
    let tree = Huffman::new(&[4; 5]);
    let words = 0..WORDS.len();
    let outputs = |word: usize| match loss {
        Loss::Ns => (std::iter::once(word).chain(words.clone().filter(|&other| other != word)).collect(), 1),
        Loss::Hs => {
            let (rows, positives) = tree.way(word as u32);
            (rows.iter().map(|&row| row as usize).collect(), positives)
        }
    };
    words.clone().map(outputs).collect()
}

/// All steps of all epochs in f64.
fn follow(words: &mut Parts, sentences: &[Vec<u32>], (architecture, shared_negatives, loss, window): Way) {
    let mut all = vec![vec![0.0; 20]; WORDS.len()];
    let outputs_of = outputs_of(loss);
    for epoch in 0..EPOCHS {
        let rate = RATE - (RATE - 1e-4) * epoch as f64 / EPOCHS as f64;
        for sentence in sentences {
            let sentence: Vec<usize> = sentence.iter().map(|&id| id as usize - 2).collect();
            for (middle, &target) in sentence.iter().enumerate() {
                let near = middle.saturating_sub(window)..sentence.len().min(middle + window + 1);
                let contexts: Vec<usize> = near.filter(|&p| p != middle).map(|p| sentence[p]).collect();
                let (chosen, positives) = &outputs_of[target];
                let mut outputs: Rows = chosen.iter().map(|&row| all[row].clone()).collect();
                let sequential = loss == Loss::Hs || window >= LONG_WINDOW;
                let skip_gram =
                    |contexts: &[usize]| together(words, contexts, &mut outputs, (*positives, sequential), rate);
                match architecture {
                    Architecture::SkipGram => {
                        let alone = loss == Loss::Ns && !shared_negatives;
                        let part = if alone { 1 } else { part_of(contexts.len()) };
                        contexts.chunks(part).for_each(skip_gram);
                    }
                    Architecture::Cbow => {
                        let old: Rows = contexts.iter().flat_map(|&word| words.of(word)).collect();
                        let (mut new, shares) = (old.clone(), vec![1.0 / old.len() as f64; old.len()]);
                        reference::cbow(&mut new, &shares, 1.0, &mut outputs, *positives, rate);
                        words.learn(&contexts, &old, &new);
                    }
                }
                chosen.iter().zip(outputs).for_each(|(&row, output)| all[row] = output);
            }
        }
    }
}

/// One step of skip-gram of several contexts, what each word learns added to all its parts.
fn together(
    words: &mut Parts,
    contexts: &[usize],
    outputs: &mut Rows,
    (positives, sequential): (usize, bool),
    rate: f64,
) {
    let old: Rows = contexts.iter().map(|&word| words.mean(word)).collect();
    let mut new = old.clone();
    reference::skip_gram(&mut new, outputs, positives, sequential, rate);
    for (i, &word) in contexts.iter().enumerate() {
        let each = |vector: &Vec<f64>| vec![vector.clone(); words.words[word].len()];
        let (old, new) = (each(&old[i]), each(&new[i]));
        words.learn(&[word], &old, &new);
    }
}

/// The same for CBOW with negative samples, four windows a step: of the eight words four are its targets and the others all its negative samples, each
/// of which counts half.
fn follow_in_fours(words: &mut Parts, window: usize) {
    let mut all = vec![vec![0.0; 20]; EIGHT.len()];
    for epoch in 0..EPOCHS {
        let rate = RATE - (RATE - 1e-4) * epoch as f64 / EPOCHS as f64;
        for sentence in sentences_of_eight() {
            let sentence: Vec<usize> = sentence.iter().map(|&id| id as usize - 2).collect();
            for first in [0, 4] {
                let targets = &sentence[first..first + 4];
                let negatives: Vec<usize> = (0..EIGHT.len()).filter(|word| !targets.contains(word)).collect();
                // Parts of all words of the sentence, one after another.
                let old: Rows = sentence.iter().flat_map(|&word| words.of(word)).collect();
                let parts = |(place, &word): (usize, &usize)| vec![place; words.words[word].len()];
                let owners: Vec<usize> = sentence.iter().enumerate().flat_map(parts).collect();
                let windows: Vec<_> = (first..first + 4)
                    .map(|middle| {
                        let near = |place: usize| place != middle && place.abs_diff(middle) <= window;
                        let places: Vec<usize> = (0..old.len()).filter(|&part| near(owners[part])).collect();
                        let shares = vec![1.0 / places.len() as f64; places.len()];
                        (places, shares, 1.0)
                    })
                    .collect();
                let mut own: Rows = targets.iter().map(|&word| all[word].clone()).collect();
                let mut shared: Rows = negatives.iter().map(|&word| all[word].clone()).collect();
                let mut new = old.clone();
                reference::cbow_together(&mut new, &windows, (&mut own, &mut shared), 0, 0.5, rate);
                targets
                    .iter()
                    .chain(&negatives)
                    .zip(own.into_iter().chain(shared))
                    .for_each(|(&word, row)| all[word] = row);
                words.learn(&sentence, &old, &new);
            }
        }
    }
}

/// As [`WORDS`], three more.
const EIGHT: [&str; 8] = ["abc", "defgh", "ijklmno", "pqrs", "tuvwxyz", "1234", "56", "789.:;"];

fn sentences_of_eight() -> Vec<Vec<u32>> {
    [[2, 3, 4, 5, 6, 7, 8, 9], [5, 9, 2, 6, 8, 3, 4, 7], [4, 8, 7, 6, 2, 5, 9, 3]]
        .map(|sentence| sentence.to_vec())
        .to_vec()
}

fn assert_followed(name: &str, vectors: &WordVectors, words: &Parts) {
    for row in 0..words.words.len() {
        let expected = words.mean(row);
        let far = vectors.row(row).iter().zip(&expected).map(|(&x, e)| (f64::from(x) - e).abs()).fold(0.0, f64::max);
        let size = expected.iter().map(|x| x.abs()).fold(0.0, f64::max);
        assert!(size > 0.06 && far < 1e-5, "{name}, {}: off by {far:e} of {size}", vectors.words()[row]);
    }
}

fn start(rows: usize, purpose: &str) -> Rows {
    let mut matrix = SharedMatrix::zeros(rows, 20).unwrap();
    matrix.randomize(1.0 / 20.0, &mut Rng::for_purpose(1, purpose));
    matrix.all_values().chunks(20).map(|row| row.iter().map(|&x| f64::from(x)).collect()).collect()
}

/// Architecture, `shared_negatives`, loss, window.
type Way = (Architecture, bool, Loss, usize);

fn ways() -> impl Iterator<Item = Way> {
    use Architecture::{Cbow, SkipGram};
    let ways = [
        (SkipGram, true, Loss::Ns),
        (SkipGram, false, Loss::Ns),
        (Cbow, true, Loss::Ns),
        (SkipGram, true, Loss::Hs),
        (Cbow, true, Loss::Hs),
    ];
    ways.into_iter()
        .flat_map(|(architecture, shared, loss)| [1, 2, 7].map(|window| (architecture, shared, loss, window)))
}

/// Word2Vec set in one of the [`ways`].
fn word2vec_in((architecture, shared_negatives, loss, window): Way, negative: usize) -> Word2VecConfig {
    Word2VecConfig {
        architecture,
        shared_negatives,
        loss,
        window,
        shrink_windows: false,
        negative,
        learning_rate: RATE,
        epochs: EPOCHS.into(),
        ..small_word2vec()
    }
}

#[test]
fn word2vec_follows_the_reference_to_the_end() {
    for way in ways() {
        let mut words = Parts::of_word2vec(5);
        follow(&mut words, &sentences(), way);
        let vectors = word2vec::train(&word2vec_in(way, 4), &sentences(), &vocab(&WORDS), &Silent).unwrap();
        assert_followed(&format!("{way:?}"), &vectors, &words);
    }
}

#[test]
fn fasttext_follows_the_reference_to_the_end() {
    for way in ways() {
        assert!(!fasttext_follows(way, &WORDS, &sentences()).shared(), "the words share no n-gram");
    }
}

/// Follows FastText that is set in one of the [`ways`]; gives the parts at the end.
fn fasttext_follows(way: Way, words: &[&str], sentences: &[Vec<u32>]) -> Parts {
    let config = word2vec_in(way, 4).into();
    let mut parts = Parts::of_fasttext(&config, words);
    follow(&mut parts, sentences, way);
    let vectors = fasttext::train(&config, sentences, &vocab(words), &Silent).unwrap();
    assert_followed(&format!("{way:?}"), &vectors, &parts);
    parts
}

#[test]
fn a_word_knows_what_another_has_taught_their_common_ngrams() {
    let words = ["sinking", "efg", "abcd", "opqrst", "linking"];
    // The two are never within reach of one window.
    let sentences = [[2, 3, 4, 5, 6], [6, 4, 5, 3, 2], [2, 5, 3, 4, 6]].map(|sentence| sentence.to_vec());
    for way in ways().filter(|&(.., window)| window == 1) {
        assert!(fasttext_follows(way, &words, &sentences).shared(), "they share n-grams");
    }
}

#[test]
fn four_windows_a_step_follow_the_reference_to_the_end() {
    for window in [1, 2, 5, 9] {
        let config = word2vec_in((Architecture::Cbow, true, Loss::Ns, window), 2);
        let mut words = Parts::of_word2vec(8);
        follow_in_fours(&mut words, window);
        let vectors = word2vec::train(&config, &sentences_of_eight(), &vocab(&EIGHT), &Silent).unwrap();
        assert_followed(&format!("word2vec {window}"), &vectors, &words);

        let config = config.into();
        let mut words = Parts::of_fasttext(&config, &EIGHT);
        assert!(!words.shared(), "the words share no n-gram");
        follow_in_fours(&mut words, window);
        let vectors = fasttext::train(&config, &sentences_of_eight(), &vocab(&EIGHT), &Silent).unwrap();
        assert_followed(&format!("fasttext {window}"), &vectors, &words);
    }
}
