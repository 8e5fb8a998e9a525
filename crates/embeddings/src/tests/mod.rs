//! What holds for all trainers: they learn what was planted, repeat to the byte, refuse and stop when they should.

#![allow(clippy::unwrap_used)]

mod followed;
mod scale;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::*;
use crate::matrix::SharedMatrix;
use crate::reference::{self, Rows};
use crate::skipgram::subword_rows::SubwordRows;
use ninefold_core::Auto;
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::{Progress, Silent};
use ninefold_core::rng::Rng;
use ninefold_text::vocab::{PAD, UNK, Vocab};
use ninefold_vectors::WordVectors;

fn vocab(words: &[&str]) -> Vocab {
    Vocab::from_tokens(words.iter().map(|word| word.to_string()).collect()).unwrap()
}

const FAMILIES: usize = 5;
const MEMBERS: usize = 8;

/// Families of made-up words; a sentence is of one family.
fn planted() -> (Vec<Vec<u32>>, Vocab) {
    let mut rng = Rng::new(11);
    let names: Vec<String> =
        (0..FAMILIES * MEMBERS).map(|_| (0..6).map(|_| char::from(b'a' + rng.below(26) as u8)).collect()).collect();
    let mut member = |family: usize| 2 + (MEMBERS * family + rng.below(MEMBERS)) as u32;
    let sentences: Vec<Vec<u32>> =
        (0..800).map(|number| (0..12).map(|_| member(number % FAMILIES)).collect()).collect();
    let vocab = Vocab::from_tokens(names).unwrap();
    (sentences, vocab)
}

/// Number of words whose nearest word, by cosine, is not of their family.
fn strays(vectors: &WordVectors) -> usize {
    let cosine = |a: usize, b: usize| {
        let dot = |a: usize, b: usize| vectors.row(a).iter().zip(vectors.row(b)).map(|(a, b)| a * b).sum::<f32>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    };
    let words = 0..FAMILIES * MEMBERS;
    let nearest = |word: usize| {
        let others = words.clone().filter(|&other| other != word);
        others.max_by(|&a, &b| cosine(word, a).total_cmp(&cosine(word, b))).unwrap()
    };
    words.clone().filter(|&word| nearest(word) / MEMBERS != word / MEMBERS).count()
}

fn small_word2vec() -> Word2VecConfig {
    Word2VecConfig { dim: 20, sample: 0.0, learning_rate: 0.05, epochs: 20.into(), ..Word2VecConfig::default() }
}

fn small_fasttext() -> FastTextConfig {
    small_word2vec().into()
}

fn small_glove() -> GloveConfig {
    GloveConfig { dim: 20, ..GloveConfig::default() }
}

type Trained<'a> = Box<dyn Fn(&[Vec<u32>], &Vocab, &dyn Progress) -> Result<WordVectors> + 'a>;

/// Every trainer in every way that it can be set, by name.
fn every_trainer(threads: usize, seed: u64) -> Vec<(String, Trained<'static>)> {
    let mut all: Vec<(String, Trained)> = Vec::new();
    for architecture in [Architecture::SkipGram, Architecture::Cbow] {
        for (shared_negatives, cbow_mean, loss) in
            [(true, true, Loss::Ns), (false, false, Loss::Ns), (true, true, Loss::Hs)]
        {
            let name = |method: &str| format!("{method} {architecture:?} {shared_negatives} {cbow_mean} {loss:?}");
            let word2vec =
                Word2VecConfig { architecture, shared_negatives, cbow_mean, loss, threads, seed, ..small_word2vec() };
            let fasttext = word2vec.clone().into();
            all.push((name("word2vec"), Box::new(move |s, v, p| word2vec::train(&word2vec, s, v, p))));
            all.push((name("fasttext"), Box::new(move |s, v, p| fasttext::train(&fasttext, s, v, p))));
        }
    }
    for symmetric in [true, false] {
        let glove = GloveConfig { symmetric, threads, seed, ..small_glove() };
        all.push((format!("glove {symmetric}"), Box::new(move |s, v, p| glove::train(&glove, s, v, p))));
    }
    all
}

#[test]
fn words_that_keep_company_get_like_vectors() {
    let (sentences, vocab) = planted();
    for threads in [1, 3] {
        for (name, train) in every_trainer(threads, 1) {
            let vectors = train(&sentences, &vocab, &Silent).unwrap();
            // Threads that race on so small a matrix lose updates; chance alone would leave 33 of the 40 astray.
            let (strays, allowed) = (strays(&vectors), if threads == 1 { 0 } else { 4 });
            assert!(strays <= allowed, "{name}, {threads} threads: {strays} words astray");
        }
    }
}

#[test]
fn one_thread_and_a_seed_give_the_same_bytes() {
    let (sentences, vocab) = planted();
    for ((name, train), (_, other)) in every_trainer(1, 7).into_iter().zip(every_trainer(1, 8)) {
        let first = train(&sentences, &vocab, &Silent).unwrap();
        assert_eq!(first.matrix(), train(&sentences, &vocab, &Silent).unwrap().matrix(), "{name}");
        assert_ne!(first.matrix(), other(&sentences, &vocab, &Silent).unwrap().matrix(), "{name}");
    }
}

#[test]
fn glove_gives_the_same_bits_for_any_number_of_threads() {
    // More words than fit one part, so that there are tiles to share out.
    let mut rng = Rng::new(5);
    let names: Vec<String> = (0..3000).map(|number| format!("w{number}")).collect();
    let sentences: Vec<Vec<u32>> =
        (0..500).map(|_| (0..40).map(|_| 2 + (3000.0 * rng.uniform().powi(3)) as u32).collect()).collect();
    let vocab = Vocab::from_tokens(names).unwrap();
    let train = |threads| {
        let config = GloveConfig { epochs: 3, threads, ..small_glove() };
        glove::train(&config, &sentences, &vocab, &Silent).unwrap()
    };
    let one = train(1);
    for threads in [2, 3, 8] {
        assert!(one.matrix() == train(threads).matrix(), "{threads} threads differ");
    }
}

#[test]
fn padding_and_unknown_words_are_no_words() {
    let (sentences, vocab) = planted();
    let strewn: Vec<Vec<u32>> =
        sentences.iter().map(|s| s.iter().flat_map(|&id| [UNK, id, PAD]).collect::<Vec<u32>>()).collect();
    for (name, train) in every_trainer(1, 1) {
        let plain = train(&sentences, &vocab, &Silent).unwrap();
        assert_eq!(plain.matrix(), train(&strewn, &vocab, &Silent).unwrap().matrix(), "{name}");
    }
}

#[test]
fn a_vocabulary_of_one_word_gets_a_vector() {
    let sentences = vec![vec![2; 30]; 10];
    let vocab = vocab(&["lonely"]);
    for (name, train) in every_trainer(1, 1) {
        let vectors = train(&sentences, &vocab, &Silent).unwrap();
        assert_eq!((vectors.len(), vectors.dim()), (1, 20), "{name}");
    }
}

#[test]
fn texts_without_words_are_refused_and_empty_ones_among_others_are_not() {
    let (mut sentences, vocab) = planted();
    for (name, train) in every_trainer(1, 1) {
        for nothing in [vec![], vec![vec![]], vec![vec![PAD, UNK]; 3]] {
            let refusal = train(&nothing, &vocab, &Silent).unwrap_err();
            assert!(matches!(refusal, Error::Data { .. }), "{name}: {refusal}");
        }
    }
    let (_, train) = every_trainer(1, 1).remove(0);
    let plain = train(&sentences, &vocab, &Silent).unwrap();
    sentences.insert(0, vec![]);
    sentences.push(vec![UNK]);
    assert_eq!(plain.matrix(), train(&sentences, &vocab, &Silent).unwrap().matrix());
}

#[test]
fn one_sentence_of_a_million_words_is_shared_among_threads() {
    let (_, vocab) = planted();
    let mut rng = Rng::new(3);
    let words = vocab.len() - 2;
    let sentences = vec![(0..1_000_000).map(|_| 2 + rng.below(words) as u32).collect()];
    let word2vec = Word2VecConfig { dim: 4, epochs: 1.into(), threads: 2, ..Word2VecConfig::default() };
    assert_eq!(word2vec::train(&word2vec, &sentences, &vocab, &Silent).unwrap().len(), words);
    let fasttext = word2vec.clone().into();
    assert_eq!(fasttext::train(&fasttext, &sentences, &vocab, &Silent).unwrap().len(), words);
    let glove = GloveConfig { dim: 4, epochs: 1, threads: 2, ..GloveConfig::default() };
    assert_eq!(glove::train(&glove, &sentences, &vocab, &Silent).unwrap().len(), words);
}

/// Watches: what was announced, what was done, the last figures; cancels at the given question.
#[derive(Default)]
struct Watch {
    total: AtomicU64,
    done: AtomicU64,
    status: Mutex<String>,
    questions: AtomicUsize,
    cancel_at: Option<usize>,
}

impl Progress for Watch {
    fn begin(&self, _task: &str, _unit: &'static str, total: Option<u64>) {
        self.total.fetch_add(total.unwrap_or(0), Ordering::Relaxed);
    }
    fn advance(&self, amount: u64) {
        self.done.fetch_add(amount, Ordering::Relaxed);
    }
    fn status(&self, text: &str) {
        *self.status.lock().unwrap() = text.to_owned();
    }
    fn is_cancelled(&self) -> bool {
        Some(self.questions.fetch_add(1, Ordering::Relaxed)) >= self.cancel_at.map(Some).unwrap_or(Some(usize::MAX))
    }
}

#[test]
fn progress_ends_where_it_said_and_tells_the_loss() {
    let (sentences, vocab) = planted();
    for (name, train) in every_trainer(2, 1) {
        let watch = Watch::default();
        train(&sentences, &vocab, &watch).unwrap();
        let (total, done) = (watch.total.into_inner(), watch.done.into_inner());
        assert!(total > 0 && total == done, "{name}: {done} of {total}");
        let status = watch.status.into_inner().unwrap();
        assert!(status.starts_with("epoch ") && status.contains("loss "), "{name}: {status:?}");
    }
}

#[test]
fn a_cancelled_training_stops() {
    let (sentences, vocab) = planted();
    for threads in [1, 2] {
        for (name, train) in every_trainer(threads, 1) {
            for cancel_at in [0, 2] {
                let watch = Watch { cancel_at: Some(cancel_at), ..Watch::default() };
                let stopped = train(&sentences, &vocab, &watch);
                assert!(matches!(stopped, Err(Error::Interrupted)), "{name}, {threads} threads, {cancel_at}");
            }
        }
    }
}

#[test]
fn senseless_settings_are_refused_by_name() {
    let word2vec = Word2VecConfig::default;
    let refusals = [
        (Word2VecConfig { dim: 0, ..word2vec() }, "dim: expected at least 1, found 0"),
        (Word2VecConfig { window: 0, ..word2vec() }, "window: expected at least 1, found 0"),
        (Word2VecConfig { negative: 0, ..word2vec() }, "negative: expected at least 1, found 0"),
        (Word2VecConfig { epochs: 0.into(), ..word2vec() }, "epochs: expected at least 1, found 0"),
        (Word2VecConfig { threads: 0, ..word2vec() }, "threads: expected at least 1, found 0"),
        (Word2VecConfig { sample: 1.0, ..word2vec() }, "sample: expected a fraction from 0 to below 1, found 1"),
        (Word2VecConfig { ns_exponent: f64::NAN, ..word2vec() }, "ns_exponent: expected -4 to 4, found NaN"),
        (Word2VecConfig { learning_rate: 0.0, ..word2vec() }, "learning_rate: expected a number above 0, found 0"),
        (Word2VecConfig { min_learning_rate: 1.0, ..word2vec() }, "min_learning_rate: expected 0 to 0.025, found 1"),
    ];
    for (config, message) in refusals {
        assert_eq!(config.validate().unwrap_err().to_string(), message);
    }
    let fasttext = FastTextConfig::default;
    let refusals = [
        (FastTextConfig { bucket: 0, ..fasttext() }, "bucket: expected at least 1, found 0"),
        (FastTextConfig { min_n: Auto::Value(0), ..fasttext() }, "min_n: expected 1 to 64, found 0"),
        (FastTextConfig { max_n: Auto::Value(1 << 40), ..fasttext() }, "max_n: expected 1 to 64, found 1099511627776"),
        (
            FastTextConfig { min_n: Auto::Value(7), max_n: Auto::Value(6), ..fasttext() },
            "max_n: expected at least min_n (7), found 6",
        ),
        (Word2VecConfig { window: 0, ..word2vec() }.into(), "window: expected at least 1, found 0"),
    ];
    for (config, message) in refusals {
        assert_eq!(config.validate().unwrap_err().to_string(), message);
    }
    let glove = GloveConfig::default;
    let refusals = [
        (GloveConfig { x_max: 0.0, ..glove() }, "x_max: expected a number above 0, found 0"),
        (GloveConfig { weight_exponent: -1.0, ..glove() }, "weight_exponent: expected 0 to 4, found -1"),
        (GloveConfig { window: 0, ..glove() }, "window: expected at least 1, found 0"),
    ];
    for (config, message) in refusals {
        assert_eq!(config.validate().unwrap_err().to_string(), message);
    }
    for config in [toml::to_string(&word2vec()), toml::to_string(&fasttext()), toml::to_string(&glove())] {
        assert!(!config.unwrap().contains("alpha"));
    }
}

#[test]
fn ngram_lengths_follow_the_script_unless_they_are_given() {
    let auto = FastTextConfig::default();
    let lengths = |config: &FastTextConfig, words: &[&str]| config.fitted(words).lengths();
    assert_eq!(lengths(&auto, &["film", "café", "фильм", "ภาพยนตร์"]), (3, 6));
    assert_eq!(lengths(&auto, &["영화", "재미있다"]), (1, 3));
    assert_eq!(lengths(&auto, &["映画", "面白い"]), (1, 3));
    let given = |min_n, max_n| FastTextConfig { min_n, max_n, ..FastTextConfig::default() };
    assert_eq!(lengths(&given(Auto::Value(2), Auto::Value(4)), &["영화"]), (2, 4));
    assert_eq!(lengths(&given(Auto::Auto, Auto::Value(2)), &["film"]), (2, 2));
    assert_eq!(lengths(&given(Auto::Value(5), Auto::Auto), &["영화"]), (5, 5));
    let fitted = auto.fitted(&["film"]);
    assert_eq!(fitted, given(Auto::Value(3), Auto::Value(6)), "as before there was a choice");
}

#[test]
fn large_texts_are_read_less_often_unless_the_passes_are_given() {
    let passes = |epochs, words| Word2VecConfig { epochs, ..Word2VecConfig::default() }.fitted(words).epochs;
    for (words, expected) in
        [(0, 20), (2_500_000, 20), (7_500_000, 20), (10_000_000, 15), (36_000_000, 4), (1 << 40, 1)]
    {
        assert_eq!(passes(Auto::Auto, words), Auto::Value(expected), "{words} words");
    }
    assert_eq!(passes(Auto::Value(30), 36_000_000), Auto::Value(30));
}

#[test]
fn korean_vectors_have_short_ngrams() {
    let vocab = vocab(&["영화", "재미", "음악", "노래"]);
    let sentences = vec![vec![2, 3, 2, 3], vec![4, 5, 4, 5]];
    let word2vec = Word2VecConfig { dim: 4, epochs: 1.into(), ..Word2VecConfig::default() };
    let vectors = fasttext::train(&word2vec.into(), &sentences, &vocab, &Silent).unwrap();
    let ngrams = vectors.subwords().unwrap();
    assert_eq!((ngrams.min_n(), ngrams.max_n()), (1, 3));
}

#[test]
fn an_unknown_word_is_made_of_ngrams() {
    let (sentences, vocab) = planted();
    let vectors = fasttext::train(&small_fasttext(), &sentences, &vocab, &Silent).unwrap();
    let unseen = format!("{}s", vectors.words()[0]);
    assert_eq!(vectors.get(&unseen), None);
    assert!(vectors.vector(&unseen).is_some(), "{unseen} shares n-grams with {}", vectors.words()[0]);
    assert_eq!(vectors.vector("123"), None, "no word of the vocabulary has any of its n-grams");
}
