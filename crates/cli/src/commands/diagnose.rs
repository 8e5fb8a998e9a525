//! `ninefold diagnose`: labelled texts, or the folder of a comparison -> what limits the score.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueHint};
use ninefold::Folders;
use ninefold::lab::{
    Config, Retrainings, RunFolder, Session, Sources, diagnose, diagnose_run_with, expect_effect_on_diagnosis,
    resolve_with,
};
use ninefold::phrasing::CsvCells;
use ninefold::records::{DiagnosisRecord, RunRecords};
use ninefold::report::{diagnosis_text, write_diagnosis_page, write_run_page, write_tables};

use crate::commands::check_labels::check_labels;
use crate::flags::config::Assignment;
use crate::flags::data::DataArgs;
use crate::flags::output::FormatArgs;
use crate::flags::replace;
use crate::flags::threads::ThreadsArgs;
use crate::flags::values::{count, setting};
use crate::output::Output;
use crate::progress::Bars;
use crate::stop;
use crate::usage::Usage;

/// Say whether the model or the data limits the score, and what each remedy is worth
///
/// Trains linear models out of fold, in seconds. Looks for leaks, copies, wrong labels, two labels for one class, texts without known
/// words, test texts that differ from the training texts; forecasts what more texts would give. Says "not enough evidence" where
/// there are too few texts.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold diagnose --data reviews.csv
  ninefold diagnose --data 20newsgroups -o diagnosis
  ninefold diagnose --run ninefold-runs/RUN             with the answers of its models
  ninefold diagnose --run RUN --check 50                mark suspicious labels as right or wrong
  ninefold diagnose --run RUN --clean --curve           train the row to deploy again, and measure")]
pub struct DiagnoseArgs {
    /// Which texts.
    #[command(flatten)]
    pub data: DataArgs,
    /// The folder of a comparison: its texts and the answers of its models. The diagnosis is left there
    #[arg(long, value_name = "RUN", value_hint = ValueHint::DirPath)]
    pub run: Option<PathBuf>,
    /// A single setting of corpus, tokenizer, statistics or diagnosis: --set diagnosis.folds=10
    #[arg(long, value_name = "SECTION.KEY=VALUE", help_heading = "Settings")]
    pub set: Vec<Assignment>,
    /// Seed of folds and resamples [default: 0]
    #[arg(long, value_name = "N", help_heading = "Settings")]
    pub seed: Option<u64>,
    /// A folder for diagnosis.json, suspects.csv and diagnosis.html
    #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub output: Option<PathBuf>,
    /// Whether text that spreadsheets would run as a formula has an apostrophe in front in DIR/suspects.csv [default: guarded]
    #[arg(long, value_name = "CELLS", value_parser = setting::<CsvCells>())]
    pub csv_cells: Option<CsvCells>,
    /// Ask about so many suspicious labels: which is right? The marks are kept in labels_checked.csv of the folder
    ///
    /// The suspects are drawn at random, so that the share of wrong ones among them says something of all. `--labels-checked` uses the
    /// marks.
    #[arg(long, value_name = "N", value_parser = count, conflicts_with_all = ["format", "json"])]
    pub check: Option<usize>,
    /// Train the row to deploy again without the suspicious labels: what does that gain on the test texts?
    ///
    /// And, to compare, without as many other texts of the same classes. Nothing is removed from test. Both trainings count as
    /// evaluations of the test texts. A training that is finished is not repeated.
    #[arg(long, requires = "run")]
    pub clean: bool,
    /// Train the row to deploy again with training texts exchanged for test texts: what are texts like those of test worth?
    ///
    /// One half of the test texts takes the place of as many training texts (at most half of them) and the other half is scored, then
    /// the other way round. The test labels are used for training; the two trainings count as evaluations of them.
    #[arg(long, requires = "run")]
    pub exchange: bool,
    /// Train the row to deploy again on an eighth, a quarter and half of its texts: a learning curve of that model, with a forecast
    ///
    /// It replaces the curve of the probe. Scored on the test texts; the three trainings count as evaluations of them.
    #[arg(long, requires = "run")]
    pub curve: bool,
    /// Leave every text out of the diagnosis, for texts that must not be copied; sources and labels stay
    #[arg(long, help_heading = "Settings")]
    pub no_texts: bool,
    /// How the result is printed.
    #[command(flatten)]
    pub format: FormatArgs,
    /// How many threads work.
    #[command(flatten)]
    pub threads: ThreadsArgs,
}

/// Runs the command.
pub fn run(args: &DiagnoseArgs, output: &Output) -> Result<()> {
    if args.data.weight_column.is_some() {
        return Err(Usage::no_effect("--weight-column", "a diagnosis counts every text the same").into());
    }
    if args.csv_cells.is_some() && args.output.is_none() {
        return Err(Usage::no_effect("--csv-cells", "without -o DIR no table is written for it").into());
    }
    stop::on_interrupt(match &args.run {
        Some(_) if args.clean || args.exchange || args.curve => "finished trainings are kept: the same command resumes",
        _ => "the diagnosis is not written",
    });
    let folder = args.output.as_ref().or(args.run.as_ref());
    if args.check.is_some() && folder.is_none() {
        return Err(Usage("--check needs a folder for the marks: --run RUN or -o DIR".to_owned()).into());
    }
    let (folders, bars) = (Folders::from_env(), Bars::new(output));
    let session = Session { folders: &folders, threads: args.threads.count(), progress: &bars };
    let record = match &args.run {
        Some(run) => of_run(args, run, &session)?,
        None => diagnose(&config(args)?, &session)?,
    };
    if let Some(folder) = &args.output {
        let records = RunRecords::at(folder).with_csv_cells(csv_cells(args)?);
        records.write_diagnosis(&record)?;
        write_diagnosis_page(&records, &record)?;
    }
    print(args, &record, output)?;
    match (args.check, folder) {
        (Some(most), Some(folder)) => check_labels(&record, most, folder, output),
        _ => Ok(()),
    }
}

fn print(args: &DiagnoseArgs, record: &DiagnosisRecord, output: &Output) -> Result<()> {
    if args.format.is_json() {
        return output.print_json(record);
    }
    let text = diagnosis_text(&record.diagnosis, output.view().width);
    output.print(&format!("{text}\n{}\n", record.protocol))?;
    match args.output.as_ref().or(args.run.as_ref()) {
        Some(folder) => output.print(&format!("\nfiles: {} (diagnosis.json, suspects.csv)\n", folder.display())),
        None => output.print("\nTry next: the same with -o DIR for the page and the list of suspicious labels\n"),
    }
}

/// As the flag says, else as the run does.
fn csv_cells(args: &DiagnoseArgs) -> Result<CsvCells> {
    match (args.csv_cells, &args.run) {
        (Some(cells), _) => Ok(cells),
        (None, Some(run)) => Ok(RunFolder::open(run)?.config()?.csv_cells),
        (None, None) => Ok(CsvCells::default()),
    }
}

fn config(args: &DiagnoseArgs) -> Result<Config> {
    let settings: Vec<(String, String)> = args.set.iter().map(Assignment::pair).collect();
    settings.iter().try_for_each(|(key, _)| expect_effect_on_diagnosis(key))?;
    let resolved = resolve_with(&Sources { settings, ..Sources::default() }, |config| {
        args.data.apply(&mut config.corpus);
        replace(&mut config.seed, &args.seed);
        if args.no_texts {
            config.keep_texts = false;
        }
        Ok(())
    });
    resolved.map_err(|error| Usage(error.to_string()).into())
}

fn of_run(args: &DiagnoseArgs, run: &Path, session: &Session) -> Result<DiagnosisRecord> {
    let given = [
        ("--set", !args.set.is_empty()),
        ("--seed", args.seed.is_some()),
        ("--no-texts", args.no_texts),
        ("a flag about data", args.data != DataArgs::default()),
    ];
    if let Some((flag, _)) = given.into_iter().find(|(_, is_given)| *is_given) {
        return Err(Usage::no_effect(flag, "--run has the texts and the settings of its comparison").into());
    }
    let retrainings = Retrainings { clean: args.clean, exchange: args.exchange, curve: args.curve };
    let record = diagnose_run_with(run, retrainings, session)?;
    let folder = RunFolder::open(run)?;
    write_tables(folder.records(), &folder.leaderboard()?)?;
    write_run_page(folder.records(), folder.config()?.trainings())?;
    Ok(record)
}
