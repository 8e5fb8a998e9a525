//! `ninefold ablation`: what each difference between two sets of settings is worth.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use ninefold::Folders;
use ninefold::lab::{Config, PRESETS, Session, Sources, ladder, resolve};
use ninefold::records::RunRecords;
use ninefold::report::{ladder_table, write_ladder_pages};

use crate::flags::config::{ConfigArgs, SeedsArgs};
use crate::flags::output::FormatArgs;
use crate::flags::run_dir::RunDirArgs;
use crate::flags::threads::ThreadsArgs;
use crate::output::Output;
use crate::progress::Bars;
use crate::usage::Usage;

/// Measure what each difference between two sets of settings is worth
///
/// The baseline is the settings of --from, the target those of --preset, --config and --set. Settings that depend on each other form
/// one step. Each step is added to the steps before it, and removed alone from the target: n steps need 2n trainings of each pair and
/// seed. Scores are those of validation texts; test labels are not used.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold ablation --data posts/ --embeddings word2vec --models gru --seeds 3
  ninefold ablation --data posts/ --from round1 --preset round2 --models gru
  ninefold ablation --from default --set model.pooling=max --set training.label_smoothing=0.1
  ninefold ablation --from ninefold-runs/A/config.toml --config ninefold-runs/B/config.toml")]
pub struct AblationArgs {
    /// The settings of the target.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The seeds.
    #[command(flatten)]
    pub seeds: SeedsArgs,
    /// The settings of the baseline: a preset or a TOML file
    ///
    /// Texts, pairs and seeds are those of the target.
    #[arg(long, value_name = "NAME|FILE", default_value = "round1", help_heading = "Settings")]
    pub from: String,
    /// The folder of records.
    #[command(flatten)]
    pub run_dir: RunDirArgs,
    /// The number of threads.
    #[command(flatten)]
    pub threads: ThreadsArgs,
    /// How the result is printed.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// Runs the command.
pub fn run(args: &AblationArgs, output: &Output) -> Result<()> {
    let baseline = baseline(&args.from)?;
    let target = args.config.resolve(|config| {
        args.seeds.apply(config);
        Ok(())
    })?;
    let (folders, bars) = (Folders::from_env(), Bars::new(output));
    let session = Session { folders: &folders, threads: args.threads.count(), progress: &bars };
    let path = args.run_dir.folder("ladder-", &target);
    output.say(&format!("ablation folder: {}", path.display()));
    let results = ladder(&baseline, &target, &path, &session)?;
    write_ladder_pages(&RunRecords::at(&path), &results)?;
    if args.format.is_json() {
        return output.print_json(&results);
    }
    output.print(&ladder_table(&results, &output.view()))?;
    output.print(&format!("\nablation folder: {} (open ladder.html in it)\n", path.display()))
}

/// The settings of a preset or a file.
fn baseline(from: &str) -> Result<Config> {
    let sources = match PRESETS.contains(&from) {
        true => Sources { preset: Some(from.to_string()), ..Sources::default() },
        false if PathBuf::from(from).is_file() => Sources { file: Some(from.into()), ..Sources::default() },
        false => {
            let presets = PRESETS.join(", ");
            let error = format!("--from: expected one of {presets}, or a TOML file of settings, found {from:?}");
            return Err(Usage(error).into());
        }
    };
    resolve(&sources).map_err(|error| Usage(format!("--from: {error}")).into())
}
