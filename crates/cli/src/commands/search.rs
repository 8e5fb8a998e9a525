//! `ninefold search`: random settings, the better ones trained further, the best one as a config file.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use ninefold::Folders;
use ninefold::lab::{Session, search};
use ninefold::records::RunRecords;
use ninefold::report::{search_table, write_search_page};

use crate::flags::config::ConfigArgs;
use crate::flags::run_dir;
use crate::flags::threads::ThreadsArgs;
use crate::output::Output;
use crate::progress::Bars;
use crate::terminal::shell;

/// `ninefold search`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold search --data posts/ --trials 50
  ninefold search --data posts/ --embeddings word2vec --models gru --minutes 30
  ninefold search --set 'search.space.model.hidden_size=[32, 64]' --set 'search.space.training.learning_rate={low=1e-4,high=1e-2,log=true}'
  ninefold search --config search.toml --run-dir ninefold-runs/S    (again: goes on, also with a larger budget)

What is tried stands in the config file; without it a space that suits most texts is searched:
  [search.space.model]
  hidden_size = [32, 64, 128, 256]
  dropout = { low = 0.0, high = 0.6 }
  [search.space.training]
  learning_rate = { low = 3e-4, high = 1e-2, log = true }

Every trial draws an embedding, a network and settings. All are trained a little and judged on validation; the best third goes
on for three times as many epochs, and so forth (asynchronous successive halving). Test labels are not looked at. The best
settings are written to best.toml, for ninefold compare --config.")]
pub struct SearchArgs {
    /// The settings.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Settings to try
    #[arg(long, value_name = "N")]
    pub trials: Option<usize>,
    /// Minutes after which nothing new is begun
    #[arg(long, value_name = "M")]
    pub minutes: Option<f64>,
    /// Trials at the same time, each on its share of the threads [default: one per thread]
    #[arg(long, value_name = "N")]
    pub parallel: Option<usize>,
    /// The search folder; one that holds an unfinished search of the same space is gone on with
    #[arg(long, value_name = "DIR")]
    pub run_dir: Option<PathBuf>,
    /// How many threads work.
    #[command(flatten)]
    pub threads: ThreadsArgs,
    /// Print all trials as JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(args: &SearchArgs, output: &Output) -> Result<()> {
    let mut config = args.config.resolve()?;
    let limits = &mut config.search;
    // Who says how long wants no other end.
    (limits.trials, limits.minutes) = match (args.trials, args.minutes) {
        (None, None) => (limits.trials, limits.minutes),
        (None, Some(minutes)) => (0, minutes),
        (Some(trials), minutes) => (trials, minutes.unwrap_or(0.0)),
    };
    limits.parallel = args.parallel.unwrap_or(limits.parallel);
    config.validate()?;
    let (folders, bars) = (Folders::from_env(), Bars::new(output));
    let session = Session { folders: &folders, threads: args.threads.count()?, progress: &bars };
    let path = run_dir::folder(args.run_dir.as_deref(), "search-", &config);
    output.say(&format!("search folder: {}", path.display()));
    let results = search(&config, &path, &session).map_err(|error| run_dir::resumable(error, &path))?;
    write_search_page(&RunRecords::at(&path), &results)?;
    if args.json {
        return output.print_json(&results);
    }
    output.print(&search_table(&results, &output.view()))?;
    if results.best.is_none() {
        return Err(anyhow::anyhow!("no trial could be trained"));
    }
    output.print(&format!(
        "\nsearch folder: {} (open search.html in it)\n\nTry next:\n  ninefold compare --config {} --seeds 3\n",
        path.display(),
        shell(&path.join("best.toml")),
    ))
}
