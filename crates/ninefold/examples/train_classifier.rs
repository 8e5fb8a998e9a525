//! Trains a network on labelled texts, scores it on texts that it has not seen, and saves it.
//!
//! `cargo run --release --example train_classifier -- reviews.csv MODEL_FOLDER`; without arguments: on a built-in corpus.

#![allow(clippy::print_stdout, clippy::print_stderr)] // an example talks to the terminal

use ninefold::data;
use ninefold::prelude::*;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let corpus = match arguments.next() {
        Some(path) => Corpus::read(path)?,
        None => data::load(&CorpusConfig::default(), &Folders::default(), &Silent)?,
    };
    let folder = arguments.next().unwrap_or_else(|| "model".to_string());
    println!("{}", corpus.protocol);

    // Word vectors are trained on the training texts; validation chooses the best epoch.
    let model = TextClassifier::swem().embedding("word2vec").epochs(20).seed(1).fit(&corpus)?;
    let scores = model.evaluate(&corpus.test)?;
    println!("{model}: accuracy {:.3}, macro F1 {:.3} on the test part", scores.accuracy, scores.f1_macro);

    // A baseline is as easily trained, and often hard to beat.
    let baseline = TextClassifier::baseline("complement_nb").fit(&corpus)?;
    println!("{baseline}: accuracy {:.3}", baseline.evaluate(&corpus.test)?.accuracy);

    model.save(&folder)?;
    println!("saved in {folder}: cargo run --release --example load_and_predict -- {folder} \"some text\"");
    Ok(())
}
