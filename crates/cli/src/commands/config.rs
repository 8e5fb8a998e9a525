//! `ninefold config`: prints what preset, file and flags add up to, as a config file with a comment per key.

use anyhow::Result;

use crate::flags::config::ConfigArgs;
use crate::output::Output;

/// Runs the command.
pub fn run(args: &ConfigArgs, output: &Output) -> Result<()> {
    output.print(&args.resolve()?.to_commented_toml()?)
}
