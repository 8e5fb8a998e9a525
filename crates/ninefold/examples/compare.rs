//! Compares two networks and two baselines, prints the leaderboard, and writes the report page.
//!
//! `cargo run --release --example compare -- reviews.csv RUN_FOLDER`; without arguments: on a built-in corpus.

#![allow(clippy::print_stdout, clippy::print_stderr)] // an example talks to the terminal

use std::path::PathBuf;

use ninefold::lab;
use ninefold::prelude::*;
use ninefold::records::RunRecords;
use ninefold::report;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut config = Config { models: vec![ModelKind::Swem, ModelKind::Gru], ..Config::default() };
    config.embeddings.truncate(1);
    config.set("baselines", "[\"complement_nb\", \"tfidf_svm\"]")?;
    config.ensembles.clear();
    config.set("training.epochs", "10")?;
    if let Some(path) = arguments.next() {
        config.corpus.data = path;
    }
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "run".to_string()));

    // Word vectors are cached in the platform's cache folder; `Folders::default()` would cache nothing.
    let folders = Folders::from_env();
    let leaderboard = lab::run(&config, &folder, &Session::new(&folders))?;
    for row in &leaderboard.rows {
        let accuracy = row.test.map_or("failed".to_owned(), |scores| format!("{:.3}", scores.accuracy));
        println!("{:>2}  {:<24} {accuracy}", row.rank.unwrap_or_default(), row.pair());
    }

    report::write_run_page(&RunRecords::at(&folder), config.trainings())?;
    println!("report: {}, the best model: {}", folder.join("report.html").display(), folder.join("best").display());
    Ok(())
}
