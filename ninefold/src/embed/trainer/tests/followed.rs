//! With as many noise words as there are other words, the noise is all of them, and nothing but the start is random: whole
//! trainings can be followed step by step in f64. In a tree nothing is drawn at all.

use super::super::huffman::Huffman;
use super::super::objective::LONG_WINDOW;
use super::super::window::part_of;
use super::*;

const EPOCHS: usize = 10;
const RATE: f64 = 0.3;
/// No two share an n-gram, and they have different numbers of them.
const WORDS: [&str; 5] = ["abc", "defgh", "ijklmno", "pqrs", "tuvwxyz"];

/// Each holds every word once, so that no two words within reach share a row.
fn sentences() -> Vec<Vec<u32>> {
    [[2, 3, 4, 5, 6], [5, 2, 6, 3, 4], [4, 6, 2, 5, 3], [6, 5, 4, 3, 2]].map(|sentence| sentence.to_vec()).to_vec()
}

fn mean(rows: &Rows) -> Vec<f64> {
    reference::hidden(rows, &vec![1.0 / rows.len() as f64; rows.len()])
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

/// All steps of all epochs in f64; `words` holds the rows of each word, whose mean is its vector.
fn follow(words: &mut [Rows], window: usize, architecture: Architecture, shared_negatives: bool, loss: Loss) {
    let mut all = vec![vec![0.0; 20]; WORDS.len()];
    let outputs_of = outputs_of(loss);
    for epoch in 0..EPOCHS {
        let rate = RATE - (RATE - 1e-4) * epoch as f64 / EPOCHS as f64;
        for sentence in sentences() {
            let sentence: Vec<usize> = sentence.iter().map(|&id| id as usize - 2).collect();
            for (middle, &target) in sentence.iter().enumerate() {
                let near = middle.saturating_sub(window)..sentence.len().min(middle + window + 1);
                let contexts: Vec<usize> = near.filter(|&p| p != middle).map(|p| sentence[p]).collect();
                let (chosen, positives) = &outputs_of[target];
                let mut outputs: Rows = chosen.iter().map(|&row| all[row].clone()).collect();
                let in_turn = loss == Loss::Hs || window >= LONG_WINDOW;
                let skip_gram =
                    |contexts: &[usize]| together(words, contexts, &mut outputs, (*positives, in_turn), rate);
                match architecture {
                    Architecture::SkipGram => {
                        let alone = loss == Loss::Ns && !shared_negatives;
                        let part = if alone { 1 } else { part_of(contexts.len()) };
                        contexts.chunks(part).for_each(skip_gram);
                    }
                    Architecture::Cbow => {
                        let mut rows: Rows = contexts.iter().flat_map(|&word| words[word].clone()).collect();
                        let shares = vec![1.0 / rows.len() as f64; rows.len()];
                        reference::cbow(&mut rows, &shares, 1.0, &mut outputs, *positives, rate);
                        let mut rows = rows.into_iter();
                        contexts.iter().for_each(|&word| words[word].fill_with(|| rows.next().unwrap()));
                    }
                }
                chosen.iter().zip(outputs).for_each(|(&row, output)| all[row] = output);
            }
        }
    }
}

/// One step of skip-gram of several contexts, what each word learns added to all its rows.
fn together(
    words: &mut [Rows],
    contexts: &[usize],
    outputs: &mut Rows,
    (positives, in_turn): (usize, bool),
    rate: f64,
) {
    let old: Rows = contexts.iter().map(|&word| mean(&words[word])).collect();
    let mut new = old.clone();
    reference::skip_gram(&mut new, outputs, positives, in_turn, rate);
    for (i, &word) in contexts.iter().enumerate() {
        for row in &mut words[word] {
            row.iter_mut().enumerate().for_each(|(d, value)| *value += new[i][d] - old[i][d]);
        }
    }
}

/// The same for CBOW with noise, four windows a step: of the eight words four are its targets and the others all its noise, each
/// of which counts half.
fn follow_in_fours(words: &mut [Rows], window: usize) {
    let mut all = vec![vec![0.0; 20]; EIGHT.len()];
    for epoch in 0..EPOCHS {
        let rate = RATE - (RATE - 1e-4) * epoch as f64 / EPOCHS as f64;
        for sentence in sentences_of_eight() {
            let sentence: Vec<usize> = sentence.iter().map(|&id| id as usize - 2).collect();
            for first in [0, 4] {
                let targets = &sentence[first..first + 4];
                let noise: Vec<usize> = (0..EIGHT.len()).filter(|word| !targets.contains(word)).collect();
                // Rows of all words of the sentence, one after another.
                let mut rows: Rows = sentence.iter().flat_map(|&word| words[word].clone()).collect();
                let owners: Vec<usize> =
                    sentence.iter().enumerate().flat_map(|(place, &word)| vec![place; words[word].len()]).collect();
                let windows: Vec<_> = (first..first + 4)
                    .map(|middle| {
                        let near = |place: usize| place != middle && place.abs_diff(middle) <= window;
                        let places: Vec<usize> = (0..rows.len()).filter(|&row| near(owners[row])).collect();
                        let shares = vec![1.0 / places.len() as f64; places.len()];
                        (places, shares, 1.0)
                    })
                    .collect();
                let mut own: Rows = targets.iter().map(|&word| all[word].clone()).collect();
                let mut shared: Rows = noise.iter().map(|&word| all[word].clone()).collect();
                reference::cbow_together(&mut rows, &windows, (&mut own, &mut shared), 0, 0.5, rate);
                targets
                    .iter()
                    .chain(&noise)
                    .zip(own.into_iter().chain(shared))
                    .for_each(|(&word, row)| all[word] = row);
                let mut rows = rows.into_iter();
                sentence.iter().for_each(|&word| words[word].fill_with(|| rows.next().unwrap()));
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

fn assert_followed(name: &str, vectors: &WordVectors, words: &[Rows]) {
    for (row, rows) in words.iter().enumerate() {
        let expected = mean(rows);
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

fn ways() -> impl Iterator<Item = (Architecture, bool, Loss, usize)> {
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

#[test]
fn word2vec_follows_the_reference_to_the_end() {
    for (architecture, shared_negatives, loss, window) in ways() {
        let mut words: Vec<Rows> = start(5, "word vectors").into_iter().map(|row| vec![row]).collect();
        follow(&mut words, window, architecture, shared_negatives, loss);
        let config = Word2VecConfig {
            architecture,
            shared_negatives,
            loss,
            window,
            shrink_windows: false,
            negative: 4,
            learning_rate: RATE,
            epochs: EPOCHS,
            ..small_word2vec()
        };
        let vectors = word2vec::train(&config, &sentences(), &vocab(&WORDS), &Silent).unwrap();
        assert_followed(&format!("{architecture:?} {shared_negatives} {loss:?} {window}"), &vectors, &words);
    }
}

#[test]
fn fasttext_follows_the_reference_to_the_end() {
    for (architecture, shared_negatives, loss, window) in ways() {
        let config = FastTextConfig {
            architecture,
            shared_negatives,
            loss,
            window,
            shrink_windows: false,
            negative: 4,
            learning_rate: RATE,
            epochs: EPOCHS,
            ..small_fasttext()
        };
        let vocab = vocab(&WORDS);
        let layout = SubwordRows::new(&config, &vocab.tokens()[2..], &[4; 5]);
        let all = start(layout.len(), "word and n-gram vectors");
        let rows_of = |word| layout.of(word).iter().map(|&row| all[row as usize].clone()).collect::<Rows>();
        let mut words: Vec<Rows> = (0..5).map(rows_of).collect();
        assert_eq!(words.iter().map(Vec::len).sum::<usize>(), all.len(), "the words share no row");
        follow(&mut words, window, architecture, shared_negatives, loss);
        let vectors = fasttext::train(&config, &sentences(), &vocab, &Silent).unwrap();
        assert_followed(&format!("{architecture:?} {shared_negatives} {loss:?} {window}"), &vectors, &words);
    }
}

#[test]
fn four_windows_a_step_follow_the_reference_to_the_end() {
    for window in [1, 2, 5, 9] {
        let config = Word2VecConfig {
            architecture: Architecture::Cbow,
            window,
            shrink_windows: false,
            negative: 2,
            learning_rate: RATE,
            epochs: EPOCHS,
            ..small_word2vec()
        };
        let mut words: Vec<Rows> = start(8, "word vectors").into_iter().map(|row| vec![row]).collect();
        follow_in_fours(&mut words, window);
        let vectors = word2vec::train(&config, &sentences_of_eight(), &vocab(&EIGHT), &Silent).unwrap();
        assert_followed(&format!("word2vec {window}"), &vectors, &words);

        let Word2VecConfig { architecture, shrink_windows, negative, learning_rate, epochs, .. } = config;
        let config = FastTextConfig {
            architecture,
            window,
            shrink_windows,
            negative,
            learning_rate,
            epochs,
            ..small_fasttext()
        };
        let vocab = vocab(&EIGHT);
        let layout = SubwordRows::new(&config, &vocab.tokens()[2..], &[3; 8]);
        let all = start(layout.len(), "word and n-gram vectors");
        let rows_of = |word| layout.of(word).iter().map(|&row| all[row as usize].clone()).collect::<Rows>();
        let mut words: Vec<Rows> = (0..8).map(rows_of).collect();
        assert_eq!(words.iter().map(Vec::len).sum::<usize>(), all.len(), "the words share no row");
        follow_in_fours(&mut words, window);
        let vectors = fasttext::train(&config, &sentences_of_eight(), &vocab, &Silent).unwrap();
        assert_followed(&format!("fasttext {window}"), &vectors, &words);
    }
}
