//! `ninefold sample`: writes the built-in corpus as a folder of texts.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use ninefold::data::sample::{SampleConfig, generate};

use crate::output::Output;

/// `ninefold sample`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold sample -o posts/
  ninefold sample -o noisy/ --documents 2000 --label-noise 0.1 --seed 7
  ninefold compare --data posts/")]
pub struct SampleArgs {
    /// The folder to write: train/ and test/, a folder per class, a file per text
    #[arg(long, short, value_name = "DIR")]
    pub output: PathBuf,
    /// Texts in all [default: 4000]
    #[arg(long, value_name = "N")]
    pub documents: Option<usize>,
    /// Another seed makes other posts
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Share of texts for the test part
    #[arg(long, value_name = "SHARE")]
    pub test_fraction: Option<f64>,
    /// Share of texts with a wrong label
    #[arg(long, value_name = "SHARE")]
    pub label_noise: Option<f64>,
    /// Share of texts that are edited copies of another
    #[arg(long, value_name = "SHARE")]
    pub near_duplicates: Option<f64>,
    /// Share of texts with nothing in them
    #[arg(long, value_name = "SHARE")]
    pub empty_texts: Option<f64>,
    /// How far the words of the test part have moved on, 0 to 1
    #[arg(long, value_name = "SHARE")]
    pub date_shift: Option<f64>,
}

/// Runs the command.
pub fn run(args: &SampleArgs, output: &Output) -> Result<()> {
    let default = SampleConfig::default();
    let config = SampleConfig {
        documents: args.documents.unwrap_or(default.documents),
        seed: args.seed.unwrap_or(default.seed),
        test_fraction: args.test_fraction.unwrap_or(default.test_fraction),
        label_noise: args.label_noise.unwrap_or(default.label_noise),
        near_duplicates: args.near_duplicates.unwrap_or(default.near_duplicates),
        empty_texts: args.empty_texts.unwrap_or(default.empty_texts),
        date_shift: args.date_shift.unwrap_or(default.date_shift),
    };
    config.validate()?;
    let sample = generate(&config)?;
    sample.write(&args.output)?;
    let (train, test) = (sample.train.len(), sample.test.len());
    output.say(&format!(
        "{}: {train} training and {test} test texts in {} classes; try: ninefold compare --data {0}",
        args.output.display(),
        sample.labels.len(),
    ));
    Ok(())
}
