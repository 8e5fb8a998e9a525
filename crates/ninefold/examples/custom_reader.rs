//! Texts from anywhere: a format that ninefold does not read becomes pairs of text and label, and everything works with them.
//!
//! `cargo run --release --example custom_reader`. The format here: records of `key: value` lines, separated by empty lines.

#![allow(clippy::print_stdout, clippy::print_stderr)] // an example talks to the terminal

use ninefold::prelude::*;

/// What a mail program exported.
const RECORDS: &str = "\
folder: work
subject: minutes of the meeting on monday

folder: home
subject: shopping list for the weekend
";

/// Each record as its text and its label.
fn read(records: &str) -> Vec<(String, String)> {
    let field = |record: &str, key: &str| {
        record.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": ")).map(str::to_owned)
    };
    records.split("\n\n").filter_map(|record| Some((field(record, "subject")?, field(record, "folder")?))).collect()
}

fn main() -> Result<()> {
    let mut texts = read(RECORDS);
    println!("{} records, the first: {:?}", texts.len(), texts[0]);

    // Enough texts to learn from: in a real program they come from the file.
    for n in 0..40 {
        texts.push((format!("agenda and minutes for meeting {n}"), "work".to_owned()));
        texts.push((format!("shopping and cooking for weekend {n}"), "home".to_owned()));
    }

    // A stratified test part is cut off; the second argument takes one that exists already.
    let corpus = Corpus::from_texts(&texts, None, &CorpusConfig::default())?;
    let model = TextClassifier::baseline("tfidf_svm").fit(&corpus)?;
    let prediction = model.predict("who writes the minutes?")?;
    println!("{model}: {} ({:.2})", model.labels()[prediction.label as usize], prediction.probability());
    Ok(())
}
