//! `cargo bench --bench embeddings`: words per second of every trainer on a made-up text, then the search of nearest words.
//! `cargo bench --bench embeddings -- fasttext cbow 200d` measures what these words name.

#![allow(clippy::print_stdout)]

use std::time::Instant;

use ninefold::embeddings::{Architecture, GloveConfig, Loss, Word2VecConfig, fasttext, glove, word2vec};
use ninefold::progress::Silent;
use ninefold::rng::Rng;
use ninefold::text::vocab::Vocab;
use ninefold::vectors::WordVectors;
use ninefold::vectors::nearest::Neighbours;

const WORDS: usize = 1_000_000;
const VOCAB: usize = 30_000;
const REPEATS: usize = 3;

fn main() -> ninefold::Result<()> {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.iter().all(|wanted| name.split(' ').any(|word| word == wanted));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (sentences, vocab) = text();
    println!("{threads} threads; {WORDS} words of a vocabulary of {VOCAB} by Zipf's law; the median of {REPEATS}");
    for (dim, window) in [(100, 5), (200, 10)] {
        for (way, architecture, loss) in [
            ("skip_gram ns", Architecture::SkipGram, Loss::Ns),
            ("cbow ns", Architecture::Cbow, Loss::Ns),
            ("skip_gram hs", Architecture::SkipGram, Loss::Hs),
        ] {
            let word2vec =
                Word2VecConfig { dim, window, architecture, loss, threads, epochs: 1.into(), ..Default::default() };
            let fasttext = word2vec.clone().into();
            let name = |method: &str| format!("{method} {way} {dim}d window {window}");
            measure(&name("word2vec"), is_wanted, || word2vec::train(&word2vec, &sentences, &vocab, &Silent))?;
            measure(&name("fasttext"), is_wanted, || fasttext::train(&fasttext, &sentences, &vocab, &Silent))?;
        }
        let glove = GloveConfig { dim, window, threads, epochs: 1, ..Default::default() };
        let name = format!("glove {dim}d window {window}");
        measure(&name, is_wanted, || glove::train(&glove, &sentences, &vocab, &Silent))?;
    }
    for rows in [400_000, 2_000_000] {
        if is_wanted(&format!("nearest {rows} 100d")) {
            nearest(rows)?;
        }
    }
    Ok(())
}

/// Sentences of 40 words by Zipf's law; a word is a number in letters, so that n-grams are shared.
fn text() -> (Vec<Vec<u32>>, Vocab) {
    let mut rng = Rng::new(1);
    let letters = |number: usize| -> String {
        let digits = (0..6).scan(number * 7919 + 13, |rest, _| {
            let digit = *rest % 26;
            *rest /= 26;
            Some(char::from(b'a' + digit as u8))
        });
        digits.collect()
    };
    let vocab = Vocab::from_tokens((0..VOCAB).map(letters).collect()).expect("numbers differ");
    let word = |rng: &mut Rng| 2 + ((VOCAB as f64 + 1.0).powf(rng.uniform()) as u32 - 1).min(VOCAB as u32 - 1);
    let sentences = (0..WORDS / 40).map(|_| (0..40).map(|_| word(&mut rng)).collect()).collect();
    (sentences, vocab)
}

fn measure(
    name: &str,
    is_wanted: impl Fn(&str) -> bool,
    train: impl Fn() -> ninefold::Result<WordVectors>,
) -> ninefold::Result<()> {
    if !is_wanted(name) {
        return Ok(());
    }
    let mut seconds = Vec::new();
    for _ in 0..REPEATS {
        let start = Instant::now();
        train()?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    println!("{name:<40} {:>12.0} words/s", WORDS as f64 / seconds[REPEATS / 2]);
    Ok(())
}

fn nearest(rows: usize) -> ninefold::Result<()> {
    let mut rng = Rng::new(2);
    let matrix = (0..rows * 100).map(|_| rng.uniform() as f32 - 0.5).collect();
    let vectors = WordVectors::new((0..rows).map(|row| format!("w{row}")).collect(), 100, matrix)?;
    let start = Instant::now();
    let neighbours = Neighbours::new(&vectors);
    let prepared = start.elapsed().as_secs_f64();
    let mut seconds: Vec<f64> = (0..21)
        .map(|word| {
            let start = Instant::now();
            assert_eq!(neighbours.nearest(vectors.row(word), 10, &[]).first().map(|first| first.id), Some(word));
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    let (median, most) = (1e3 * seconds[10], 1e3 * seconds[20]);
    println!(
        "nearest of {rows} rows, 100d: {median:.1} ms, at most {most:.1} ms; lengths measured once in {prepared:.2} s"
    );
    Ok(())
}
