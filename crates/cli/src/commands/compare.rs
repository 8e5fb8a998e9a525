//! `ninefold compare`: trains every pair, prints the leaderboard, says where everything lies and what to try next.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use ninefold::Folders;
use ninefold::lab::{RunFolder, Session, run_watched};
use ninefold::records::{RowKind, RunRecords};
use ninefold::report::{Column, insights_of, write_run_page, write_tables};

use crate::flags::config::ConfigArgs;
use crate::flags::output::{Format, column};
use crate::flags::run_dir;
use crate::flags::threads::ThreadsArgs;
use crate::output::Output;
use crate::progress::Bars;
use crate::terminal::shell;

/// `ninefold compare`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold compare
  ninefold compare --data 20newsgroups --preset round1
  ninefold compare --data reviews.csv --text-column title,body --label-column stars
  ninefold compare --data posts/ --seeds 3
  ninefold compare --data posts/ --embeddings word2vec --models gru,lstm --epochs 5
  ninefold compare --data posts/ --models gru,cnn,swem
  ninefold compare --data train.jsonl --test test.jsonl --run-dir runs/a    (again: goes on where it was)

The same seed gives the same figures for any number of threads, but for one thing: with more than one thread word2vec and
fastText train without locks, so their vectors differ a little from run to run. --threads 1 makes those exact, too.")]
pub struct CompareArgs {
    /// The settings.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The run folder; one that holds an unfinished run of the same settings is gone on with
    #[arg(long, value_name = "DIR")]
    pub run_dir: Option<PathBuf>,
    /// How many threads work.
    #[command(flatten)]
    pub threads: ThreadsArgs,
    /// The column that rows are sorted by: accuracy, f1, f1_macro, seconds, parameters, embedding, model, ...
    /// [default: accuracy; f1_macro where classes are uneven]
    #[arg(long, value_name = "COLUMN")]
    pub sort: Option<String>,
    /// How the leaderboard is printed
    #[arg(long, value_name = "HOW", default_value = "table")]
    pub format: Format,
    /// Print the leaderboard as JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(args: &CompareArgs, output: &Output) -> Result<()> {
    let config = args.config.resolve()?;
    let sort = column(args.sort.as_deref())?;
    let (folders, bars) = (Folders::from_env(), Bars::new(output));
    let session = Session { folders: &folders, threads: args.threads.count()?, progress: &bars };
    let path = run_dir::folder(args.run_dir.as_deref(), "", &config);
    output.say(&format!("run folder: {}", path.display()));
    let records = RunRecords::at(&path);
    let mut keep_tables = |board: &_| write_tables(&records, board);
    let leaderboard =
        run_watched(&config, &path, &session, &mut keep_tables).map_err(|error| run_dir::resumable(error, &path))?;
    write_run_page(&records, config.trainings())?;
    if args.json {
        return output.print_json(&leaderboard);
    }
    let folder = RunFolder::open(&path)?;
    let sort = sort.unwrap_or(Column::of_score(leaderboard.main_score));
    output.print(&args.format.write(&leaderboard, sort, &insights_of(&records, &leaderboard)?, &output.view()))?;
    if args.format != Format::Table {
        return Ok(());
    }
    output.print(&format!("\nrun folder: {} (open report.html in it)\n", path.display()))?;
    let merged = leaderboard.merged();
    let wanted = if config.models.is_empty() { RowKind::Baseline } else { RowKind::Pair };
    if merged.chosen(wanted).is_none() {
        let what = if wanted == RowKind::Pair { "network" } else { "baseline" };
        return Err(anyhow::anyhow!("no {what} could be trained: the table above says why"));
    }
    let best = folder.best();
    let predict = match best.is_dir() {
        true => format!("  echo 'a text of your own' | ninefold predict {}\n", shell(&best)),
        false => String::new(), // keep_models = "none"
    };
    output.print(&format!(
        "Try next:\n{predict}  ninefold compare {}--preset round1\n  ninefold runs diff {} ANOTHER_RUN\n",
        if config.corpus.data == "sample" {
            String::new()
        } else {
            format!("--data {} ", shell(Path::new(&config.corpus.data)))
        },
        shell(&path),
    ))
}
