//! `ninefold sample`: writes the built-in corpus as a folder of texts.

use anyhow::Result;
use ninefold::data::sample::{SampleConfig, generate};

use crate::args::SampleArgs;
use crate::output::Output;

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
