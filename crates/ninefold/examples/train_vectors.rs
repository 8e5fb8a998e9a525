//! Trains word vectors on a text file (one document a line, words between spaces) and writes them as word2vec text:
//!
//! `cargo run --release --example train_vectors -- word2vec TEXT VECTORS min_count=5 window=5 threads=2`
//!
//! `unseen=FILE` names words, one a line, that are written behind the vocabulary where the method makes vectors of them.

#![allow(clippy::print_stderr)]

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use ninefold::embeddings::{fasttext, glove, word2vec};
use ninefold::files::write_atomically;
use ninefold::lab::EmbeddingKind;
use ninefold::progress::{Progress, Silent};
use ninefold::text::vocab::{TokenCounts, Vocab, VocabConfig};
use ninefold::vectors::WordVectors;
use ninefold::{Error, Result};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [method, text, vectors, settings @ ..] = arguments.as_slice() else {
        eprintln!("usage: train_vectors word2vec|fasttext|glove TEXT VECTORS [KEY=VALUE ...]");
        std::process::exit(2);
    };
    if let Err(error) = run(method, Path::new(text), Path::new(vectors), settings) {
        eprintln!("train_vectors: {error}");
        std::process::exit(1);
    }
}

fn run(method: &str, text: &Path, out: &Path, settings: &[String]) -> Result<()> {
    let (own, settings): (Vec<&String>, Vec<&String>) =
        settings.iter().partition(|setting| setting.starts_with("min_count=") || setting.starts_with("unseen="));
    let own = |key| own.iter().find_map(|setting| setting.strip_prefix(key));
    let min_count = own("min_count=").and_then(|count| count.parse().ok()).unwrap_or(5);
    let unseen =
        own("unseen=").map(Path::new).map(|path| std::fs::read_to_string(path).map_err(Error::io("read", path)));
    let unseen = unseen.transpose()?.unwrap_or_default();
    let (sentences, vocab) = read(text, min_count)?;
    let words = sentences.iter().flatten().filter(|&&id| id > 1).count();

    let settings = settings.iter().map(|setting| setting.as_str()).collect::<Vec<_>>().join("\n");
    let (began, cpu_before) = (Instant::now(), cpu_seconds());
    let (vectors, epochs) = train(method, &settings, &sentences, &vocab, &Silent)?;
    let (seconds, cpu_s) = (began.elapsed().as_secs_f64(), cpu_seconds() - cpu_before);
    let words_per_s = (words * epochs) as f64 / seconds;
    eprintln!(
        "{{\"words\": {words}, \"vocab\": {}, \"train_s\": {seconds:.3}, \"cpu_s\": {cpu_s:.2}, \"words_per_s\": {words_per_s:.0}}}",
        vectors.len()
    );

    let unseen = unseen.lines().filter(|word| vectors.get(word).is_none());
    let unseen: Vec<_> = unseen.filter_map(|word| Some((word, vectors.vector(word)?))).collect();
    write_atomically(out, |file| {
        writeln!(file, "{} {}", vectors.len() + unseen.len(), vectors.dim())?;
        let seen = vectors.words().iter().map(String::as_str).zip(vectors.matrix().chunks(vectors.dim()));
        for (word, row) in seen.chain(unseen.iter().map(|(word, row)| (*word, row.as_ref()))) {
            write!(file, "{word}")?;
            row.iter().try_for_each(|value| write!(file, " {value}"))?;
            writeln!(file)?;
        }
        Ok(())
    })
}

/// Seconds that processors have worked for this process, in hundredths; 0 where the system does not tell (other than Linux).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    behind_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn train(
    method: &str,
    settings: &str,
    sentences: &[Vec<u32>],
    vocab: &Vocab,
    progress: &dyn Progress,
) -> Result<(WordVectors, usize)> {
    let wrong =
        |error: toml::de::Error| Error::invalid_value("settings", "the settings of the method", error.message());
    let words = vocab.counts().iter().skip(2).sum(); // without <pad> and <unk>
    match EmbeddingKind::new(method, toml::from_str(settings).map_err(wrong)?)? {
        EmbeddingKind::Word2vec(config) => {
            Ok((word2vec::train(&config, sentences, vocab, progress)?, config.epochs_for(words)))
        }
        EmbeddingKind::Fasttext(config) => {
            Ok((fasttext::train(&config, sentences, vocab, progress)?, config.word2vec.epochs_for(words)))
        }
        EmbeddingKind::Glove(config) => Ok((glove::train(&config, sentences, vocab, progress)?, config.epochs)),
        EmbeddingKind::Pretrained(_) => Err(Error::invalid_value("method", "word2vec, fasttext or glove", method)),
    }
}

fn read(path: &Path, min_count: u64) -> Result<(Vec<Vec<u32>>, Vocab)> {
    let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
    let counts: TokenCounts = text.split_whitespace().collect();
    let vocab = Vocab::build(&counts, &VocabConfig { min_count, ..VocabConfig::default() })?;
    let sentences = text.lines().map(|line| line.split_whitespace().map(|word| vocab.id(word)).collect()).collect();
    Ok((sentences, vocab))
}
