//! `ninefold search`: random settings, the better ones trained longer, the best one as a config file.

use anyhow::Result;
use clap::Args;
use ninefold::Folders;
use ninefold::lab::{Config, Session, search};
use ninefold::records::RunRecords;
use ninefold::report::{search_table, write_search_page};

use crate::flags::config::ConfigArgs;
use crate::flags::output::FormatArgs;
use crate::flags::run_dir::RunDirArgs;
use crate::flags::threads::ThreadsArgs;
use crate::flags::values::count;
use crate::output::Output;
use crate::progress::Bars;
use crate::terminal::shell;

/// Search for settings by random search with successive halving
///
/// Each trial draws an embedding, a network and settings. All trials are trained for a few epochs and scored on validation texts; the
/// best third continues for three times as many epochs, and so on (asynchronous successive halving). Test labels are not used. The best
/// settings are written to best.toml, for `ninefold compare --config`. The config file says what is searched; by default a space that
/// suits most texts:
///
/// [search.space.model] hidden_size = [32, 64, 128, 256], dropout = { low = 0.0, high = 0.6 };
/// [search.space.training] learning_rate = { low = 3e-4, high = 1e-2, log = true }
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold search --data posts/ --trials 50
  ninefold search --data posts/ --embeddings word2vec --models gru --minutes 30
  ninefold search --set 'search.space.training.learning_rate={low=1e-4,high=1e-2,log=true}'
  ninefold search --config search.toml --run-dir ninefold-runs/S    (again: resumes, also with a larger budget)")]
pub struct SearchArgs {
    /// The settings.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Number of trials
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Run")]
    pub trials: Option<usize>,
    /// Minutes after which no trial starts
    #[arg(long, value_name = "M", help_heading = "Run")]
    pub minutes: Option<f64>,
    /// Trials that run at the same time, each on its part of the threads [default: one per thread]
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Run")]
    pub parallel: Option<usize>,
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
pub fn run(args: &SearchArgs, output: &Output) -> Result<()> {
    let config = args.config.resolve(|config| {
        args.set_limits(config);
        Ok(())
    })?;
    let (folders, bars) = (Folders::from_env(), Bars::new(output));
    let session = Session { folders: &folders, threads: args.threads.count(), progress: &bars };
    let path = args.run_dir.folder("search-", &config);
    output.say(&format!("search folder: {}", path.display()));
    let results = search(&config, &path, &session)?;
    write_search_page(&RunRecords::at(&path), &results)?;
    if args.format.is_json() {
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

impl SearchArgs {
    /// A limit that is given replaces the limits of the config: `--minutes` alone ends the search by time, not by number.
    fn set_limits(&self, config: &mut Config) {
        let limits = &mut config.search;
        (limits.trials, limits.minutes) = match (self.trials, self.minutes) {
            (None, None) => (limits.trials, limits.minutes),
            (None, Some(minutes)) => (0, minutes),
            (Some(trials), minutes) => (trials, minutes.unwrap_or(0.0)),
        };
        limits.parallel = self.parallel.unwrap_or(limits.parallel);
    }
}
