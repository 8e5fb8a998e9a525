//! With as many noise words as there are other words, the noise is all of them, and nothing but the start is random: whole
//! trainings can be followed step by step in f64. In a tree nothing is drawn at all.

use super::super::huffman::Huffman;
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
                let mut skip_gram = |contexts: &[usize]| together(words, contexts, &mut outputs, *positives, rate);
                match architecture {
                    Architecture::SkipGram if shared_negatives => skip_gram(&contexts),
                    Architecture::SkipGram => contexts.iter().for_each(|&context| skip_gram(&[context])),
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
fn together(words: &mut [Rows], contexts: &[usize], outputs: &mut Rows, positives: usize, rate: f64) {
    let old: Rows = contexts.iter().map(|&word| mean(&words[word])).collect();
    let mut new = old.clone();
    reference::skip_gram(&mut new, outputs, positives, rate);
    for (i, &word) in contexts.iter().enumerate() {
        for row in &mut words[word] {
            row.iter_mut().enumerate().for_each(|(d, value)| *value += new[i][d] - old[i][d]);
        }
    }
}

fn assert_followed(name: &str, vectors: &WordVectors, words: &[Rows]) {
    for (row, rows) in words.iter().enumerate() {
        let expected = mean(rows);
        let far = vectors.row(row).iter().zip(&expected).map(|(&x, e)| (f64::from(x) - e).abs()).fold(0.0, f64::max);
        let size = expected.iter().map(|x| x.abs()).fold(0.0, f64::max);
        assert!(size > 0.06 && far < 1e-5, "{name}, {}: off by {far:e} of {size}", WORDS[row]);
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
