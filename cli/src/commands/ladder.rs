//! `ninefold ladder`: from some settings to others step by step, and what each step is worth.

use std::path::PathBuf;

use anyhow::Result;
use ninefold::Error;
use ninefold::experiment::{Config, PRESETS, Sources, ladder, ladder_folder, resolve};

use crate::args::LadderArgs;
use crate::commands::compare::again;
use crate::options::{self, Usage};
use crate::output::Output;
use crate::progress::Bars;

/// Runs the command.
pub fn run(args: &LadderArgs, output: &Output) -> Result<()> {
    let (foot, top) = (foot(&args.from)?, args.config.resolve()?);
    options::set_threads(args.threads)?;
    let path = args.run_dir.clone().unwrap_or_else(|| ladder_folder(&top));
    output.say(&format!("ladder folder: {}", path.display()));
    let results = ladder(&foot, &top, &path, &Bars::new(output)).map_err(|error| match error {
        Error::Interrupted => anyhow::anyhow!("interrupted; to go on: {}", again(&path)),
        error => error.into(),
    })?;
    if args.json {
        return output.print_json(&results);
    }
    output.print(&results.to_table(&output.view()))?;
    output.print(&format!("\nladder folder: {} (open ladder.html in it)\n", path.display()))
}

/// The settings of a preset or a file.
fn foot(from: &str) -> Result<Config> {
    let sources = match PRESETS.contains(&from) {
        true => Sources { preset: Some(from.to_string()), ..Sources::default() },
        false if PathBuf::from(from).is_file() => Sources { file: Some(from.into()), ..Sources::default() },
        false => {
            let presets = PRESETS.join(", ");
            return Err(
                Usage(format!("--from: expected one of {presets}, or a file of settings, found {from:?}")).into()
            );
        }
    };
    resolve(&sources).map_err(|error| Usage(format!("--from: {error}")).into())
}
