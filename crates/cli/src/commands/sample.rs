//! `ninefold sample`: writes the built-in corpus as a folder of texts.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueHint};
use ninefold::data::sample::{SampleConfig, generate};

use crate::flags::replace;
use crate::flags::values::{count, fraction};
use crate::output::Output;
use crate::terminal::shell;

/// Write the built-in sample corpus as a folder of texts
///
/// The corpus are made-up forum posts about 20 topics.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold sample -o posts/
  ninefold sample -o noisy/ --documents 2000 --label-noise 0.1 --seed 7
  ninefold compare --data posts/")]
pub struct SampleArgs {
    /// The folder to write: train/ and test/, a folder per class, a file per text
    #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub output: PathBuf,
    /// Number of texts [default: 4000]
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Corpus")]
    pub documents: Option<usize>,
    /// Seed of the texts
    #[arg(long, value_name = "N", help_heading = "Corpus")]
    pub seed: Option<u64>,
    /// Fraction of the texts in the test part
    #[arg(long, value_name = "FRACTION", value_parser = fraction, help_heading = "Corpus")]
    pub test_fraction: Option<f64>,
    /// Fraction of the texts with a wrong label
    #[arg(long, value_name = "FRACTION", value_parser = fraction, help_heading = "Corpus")]
    pub label_noise: Option<f64>,
    /// Fraction of the texts that are edited copies of other texts
    #[arg(long, value_name = "FRACTION", value_parser = fraction, help_heading = "Corpus")]
    pub near_duplicates: Option<f64>,
    /// Fraction of the texts that are empty
    #[arg(long, value_name = "FRACTION", value_parser = fraction, help_heading = "Corpus")]
    pub empty_texts: Option<f64>,
    /// Fraction of the texts with any other label, every one equally likely
    #[arg(long, value_name = "FRACTION", value_parser = fraction, help_heading = "Corpus")]
    pub uniform_noise: Option<f64>,
    /// Fraction of the texts of the first class that have the label of a similar one
    #[arg(long, value_name = "FRACTION", value_parser = fraction, help_heading = "Corpus")]
    pub class_noise: Option<f64>,
    /// Fraction of the texts of the last class that have a second name for it as their label
    #[arg(long, value_name = "FRACTION", value_parser = fraction, help_heading = "Corpus")]
    pub dealt_class: Option<f64>,
    /// Fraction of the texts that end with a word that only texts of their label have
    #[arg(long, value_name = "FRACTION", value_parser = fraction, help_heading = "Corpus")]
    pub leaked_words: Option<f64>,
    /// Fraction of the texts of which only the first three words are left
    #[arg(long, value_name = "FRACTION", value_parser = fraction, help_heading = "Corpus")]
    pub cut_texts: Option<f64>,
    /// How far the words of the test part have drifted from those of the training part, 0 to 1
    #[arg(long, value_name = "FRACTION", value_parser = fraction, help_heading = "Corpus")]
    pub date_shift: Option<f64>,
}

/// Runs the command.
pub fn run(args: &SampleArgs, output: &Output) -> Result<()> {
    let mut config = SampleConfig::default();
    replace(&mut config.documents, &args.documents);
    replace(&mut config.seed, &args.seed);
    replace(&mut config.test_fraction, &args.test_fraction);
    replace(&mut config.label_noise, &args.label_noise);
    replace(&mut config.near_duplicates, &args.near_duplicates);
    replace(&mut config.empty_texts, &args.empty_texts);
    replace(&mut config.uniform_noise, &args.uniform_noise);
    replace(&mut config.class_noise, &args.class_noise);
    replace(&mut config.dealt_class, &args.dealt_class);
    replace(&mut config.leaked_words, &args.leaked_words);
    replace(&mut config.cut_texts, &args.cut_texts);
    replace(&mut config.date_shift, &args.date_shift);
    config.validate()?;
    let sample = generate(&config)?;
    sample.write(&args.output)?;
    let (train, test) = (sample.train.len(), sample.test.len());
    output.say(&format!(
        "{}: {train} training and {test} test texts in {} classes; try: ninefold compare --data {}",
        args.output.display(),
        sample.labels.len(),
        shell(&args.output),
    ));
    Ok(())
}
