//! `ninefold ladder`: from some settings to others step by step, and what each step is worth.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use ninefold::Folders;
use ninefold::lab::{Config, PRESETS, Session, Sources, ladder, resolve};
use ninefold::records::RunRecords;
use ninefold::report::{ladder_table, write_ladder_pages};

use crate::flags::config::ConfigArgs;
use crate::flags::run_dir;
use crate::flags::threads::ThreadsArgs;
use crate::output::Output;
use crate::progress::Bars;
use crate::usage::Usage;

/// `ninefold ladder`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold ladder --data posts/ --embeddings word2vec --models gru --seeds 3
  ninefold ladder --data posts/ --from round1 --preset round2 --models gru
  ninefold ladder --from default --set model.pooling=max --set training.label_smoothing=0.1
  ninefold ladder --from ninefold-runs/A/config.toml --config ninefold-runs/B/config.toml

The ladder leads from the settings of --from to those of --preset, --config and --set. Settings that belong together are one
step. Every step is added to those before it, and left out of the top: of so many steps twice as many settings are trained,
each pair and seed of them. All is judged on validation texts; test labels are not looked at.")]
pub struct LadderArgs {
    /// The settings at the top.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The settings at the foot: a preset's name or a TOML file; texts, pairs and seeds are those of the top
    #[arg(long, value_name = "NAME|FILE", default_value = "round1")]
    pub from: String,
    /// The ladder's folder; one that holds a ladder to the same top is gone on with
    #[arg(long, value_name = "DIR")]
    pub run_dir: Option<PathBuf>,
    /// How many threads work.
    #[command(flatten)]
    pub threads: ThreadsArgs,
    /// Print all rungs as JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(args: &LadderArgs, output: &Output) -> Result<()> {
    let (foot, top) = (foot(&args.from)?, args.config.resolve()?);
    let (folders, bars) = (Folders::from_env(), Bars::new(output));
    let session = Session { folders: &folders, threads: args.threads.count()?, progress: &bars };
    let path = run_dir::folder(args.run_dir.as_deref(), "ladder-", &top);
    output.say(&format!("ladder folder: {}", path.display()));
    let results = ladder(&foot, &top, &path, &session).map_err(|error| run_dir::resumable(error, &path))?;
    write_ladder_pages(&RunRecords::at(&path), &results)?;
    if args.json {
        return output.print_json(&results);
    }
    output.print(&ladder_table(&results, &output.view()))?;
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
