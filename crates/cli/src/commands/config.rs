//! `ninefold config`: prints the config that preset, file and flags add up to, with a comment per key.

use anyhow::Result;
use clap::Args;

use crate::flags::config::{ComparisonArgs, ConfigArgs};
use crate::output::Output;

/// Print the settings that preset, file and flags add up to, with a comment per key
///
/// What is printed is a config file: save it, edit it, and pass it with --config.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold config > settings.toml
  ninefold config --preset round1 --models gru")]
pub struct PrintConfigArgs {
    /// The settings.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The settings of comparisons.
    #[command(flatten)]
    pub comparison: ComparisonArgs,
}

/// Runs the command.
pub fn run(args: &PrintConfigArgs, output: &Output) -> Result<()> {
    let config = args.config.resolve(|config| args.comparison.apply(config))?;
    output.print(&config.to_commented_toml()?)
}
