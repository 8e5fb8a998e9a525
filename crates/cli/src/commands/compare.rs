//! `ninefold compare`: trains every pair, prints the leaderboard, names the files written and the next commands to try.

use std::path::Path;

use anyhow::Result;
use clap::Args;
use ninefold::Folders;
use ninefold::lab::{Config, Diagnose, RunFolder, Session, run_watched};
use ninefold::records::{Leaderboard, Row, RowKind, RunRecords};
use ninefold::report::{diagnosis_details, insights_of, write_run_page, write_tables};

use crate::flags::config::{ComparisonArgs, ConfigArgs};
use crate::flags::data::typed;
use crate::flags::output::{LeaderboardArgs, LeaderboardFormat};
use crate::flags::run_dir::RunDirArgs;
use crate::flags::threads::ThreadsArgs;
use crate::output::Output;
use crate::progress::Bars;
use crate::terminal::shell;

/// Train and compare embeddings, networks, baselines and ensembles
///
/// The same seed gives the same figures on any number of threads, with one exception: with more than one thread Word2Vec and FastText
/// train without locks, so their vectors differ slightly from run to run. --threads 1 makes them exact.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold compare
  ninefold compare --data 20newsgroups --preset round1
  ninefold compare --data reviews.csv --text-column title,body --label-column stars
  ninefold compare --data posts/ --seeds 3
  ninefold compare --data posts/ --embeddings word2vec --models gru,lstm --epochs 5
  ninefold compare --data posts/ --models gru,cnn,swem
  ninefold compare --data train.jsonl --test test.jsonl --run-dir runs/a    (again: resumes)")]
pub struct CompareArgs {
    /// The settings.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The settings of comparisons.
    #[command(flatten)]
    pub comparison: ComparisonArgs,
    /// The folder of records.
    #[command(flatten)]
    pub run_dir: RunDirArgs,
    /// The number of threads.
    #[command(flatten)]
    pub threads: ThreadsArgs,
    /// How the leaderboard is printed.
    #[command(flatten)]
    pub leaderboard: LeaderboardArgs,
}

/// Runs the command.
pub fn run(args: &CompareArgs, output: &Output) -> Result<()> {
    args.leaderboard.check()?;
    let config = args.config.resolve(|config| args.comparison.apply(config))?;
    let (folders, bars) = (Folders::from_env(), Bars::new(output));
    let session = Session { folders: &folders, threads: args.threads.count(), progress: &bars };
    let path = args.run_dir.folder("", &config);
    output.say(&format!("run folder: {}", path.display()));
    let records = RunRecords::at(&path);
    let mut save_tables = |board: &_| write_tables(&records, board);
    let leaderboard = run_watched(&config, &path, &session, &mut save_tables)?;
    write_run_page(&records, config.trainings())?;
    args.leaderboard.print(&leaderboard, &insights_of(&records, &leaderboard)?, output)?;
    if args.leaderboard.format() != LeaderboardFormat::Table {
        return Ok(());
    }
    if let Some(record) = records.diagnosis()?.filter(|_| config.diagnose == Diagnose::Default) {
        output.print(&format!("\n{}", diagnosis_details(&record.diagnosis, output.view().width)))?;
    }
    output.print(&format!("\nrun folder: {} (open report.html in it)\n", path.display()))?;
    let wanted =
        if config.models.is_empty() || !leaderboard.shortened.is_empty() { RowKind::Baseline } else { RowKind::Pair };
    if leaderboard.merged().chosen(wanted).is_none() {
        let what = if wanted == RowKind::Pair { "network" } else { "baseline" };
        return Err(anyhow::anyhow!("no {what} could be trained: the table above says why"));
    }
    output.print(&next_commands(&config, &leaderboard, &RunFolder::open(&path)?.best())?)
}

/// Commands that can help, with the flags of these texts: to label a text; more seeds, where networks tie; a search, where a network
/// is among the best and there are wrong answers on validation, by which a search chooses.
fn next_commands(config: &Config, board: &Leaderboard, best: &Path) -> Result<String> {
    let data = typed(&config.corpus)?;
    let data = if data.is_empty() { data } else { format!(" {data}") };
    let mut commands = Vec::new();
    if best.is_dir() {
        commands.push(format!("echo 'a text of your own' | ninefold predict {}", shell(best)));
    }
    let board = board.merged();
    let ties = board.rows.iter().filter(|row| row.kind == RowKind::Pair && row.rank == Some(1)).count();
    if ties > 1 && config.seeds == 1 {
        commands.push(format!("ninefold compare{data} --seeds 3"));
    }
    let can_be_better = |row: &Row| board.main_score.of(&row.validation.unwrap_or_default()) < 1.0;
    if let Some(row) = board.chosen(RowKind::Pair).filter(|row| row.rank == Some(1) && can_be_better(row)) {
        let is_trained_here = Config::default().embeddings.iter().any(|embedding| embedding.name() == row.embedding);
        let embedding = if is_trained_here { format!(" --embeddings {}", row.embedding) } else { String::new() };
        commands.push(format!("ninefold search{data}{embedding} --models {}", row.model));
    }
    Ok(commands.iter().fold("Try next:\n".to_owned(), |text, command| text + "  " + command + "\n"))
}
