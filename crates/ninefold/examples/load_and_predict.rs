//! Loads a saved model and labels texts.
//!
//! `cargo run --release --example load_and_predict -- MODEL_FOLDER "a text" "another text"`; a model is made by the example
//! `train_classifier` or by `ninefold compare`.

#![allow(clippy::print_stdout, clippy::print_stderr)] // an example talks to the terminal

use ninefold::prelude::*;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next() else {
        eprintln!("usage: load_and_predict MODEL_FOLDER TEXT...");
        std::process::exit(2);
    };
    let texts: Vec<String> = arguments.collect();

    // A predictor can be shared between threads: `predict` takes `&self`.
    let predictor = Predictor::load(&folder)?;
    println!("{}: {} classes", predictor.name(), predictor.labels().len());
    for (text, prediction) in texts.iter().zip(predictor.predict(&texts, &Silent)?) {
        println!("{text}");
        for (label, probability) in prediction.top(3) {
            println!("  {:5.1} %  {}", 100.0 * probability, predictor.labels()[label as usize]);
        }
    }
    Ok(())
}
