//! Trains word vectors on a text file (one text a line), looks at neighbours, and writes a file that gensim reads.
//!
//! `cargo run --release --example word_vectors -- TEXT_FILE WORD...`; without arguments: on a built-in corpus.

#![allow(clippy::print_stdout, clippy::print_stderr)] // an example talks to the terminal

use ninefold::data;
use ninefold::prelude::*;
use ninefold::vectors::formats::{self, Format};

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let texts: Vec<String> = match arguments.next() {
        Some(path) => std::fs::read_to_string(path)?.lines().map(str::to_owned).collect(),
        None => {
            let corpus = data::load(&CorpusConfig::default(), &Folders::default(), &Silent)?;
            corpus.train.into_iter().map(|document| document.text.into()).collect()
        }
    };
    let mut words: Vec<String> = arguments.collect();
    if words.is_empty() {
        words = ["guitar", "flight"].map(String::from).to_vec();
    }

    // Skip-gram with negative sampling; `FastTextConfig` and `GloveConfig` are used in the same way.
    let vectors = Word2VecConfig { dim: 50, epochs: 30.into(), ..Word2VecConfig::default() }.fit(&texts)?;
    println!("{} words of {} dimensions", vectors.len(), vectors.dim());
    for word in &words {
        match vectors.most_similar(word, 5) {
            Some(neighbours) => {
                let shown: Vec<String> =
                    neighbours.iter().map(|(word, cosine)| format!("{word} {cosine:.2}")).collect();
                println!("{word}: {}", shown.join(", "));
            }
            None => println!("{word}: occurs too rarely to have a vector"),
        }
    }

    formats::save(&vectors, "vectors.vec".as_ref(), Format::named("word2vec-text")?, &Silent)?;
    println!("vectors.vec: KeyedVectors.load_word2vec_format(\"vectors.vec\") reads it");
    Ok(())
}
