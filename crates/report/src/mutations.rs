//! Damaged records of run folders: refused, or read and shown; never a panic, and memory stays in proportion to the input.
//!
//! `NINEFOLD_FUZZ_INPUTS=1000000 cargo test --release -p ninefold-report mutations` runs longer.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::html::{RunReport, diagnosis_page, ladder_page, page, search_page};
use crate::{
    Column, View, diagnosis_text, insights, ladder_insights, ladder_table, leaderboard_csv, leaderboard_latex,
    leaderboard_markdown, leaderboard_table, sample, search_insights, search_table,
};
use ninefold_metrics::Confusion;
use ninefold_mutate::{CountingAllocator, survive};
use ninefold_records::{PairRecord, Row, RunRecords, VectorCoverage};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Inputs have less than 100 KB.
const MOST_BYTES: usize = 256 << 20;
/// Inputs of which whole pages are drawn, which takes milliseconds.
const PAGES: usize = 500;

fn json(record: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec_pretty(record).unwrap()
}

/// Mutations of a file `name` of a run folder that `prepare` has put other files into; `show` draws what was read of it.
fn mutated<T>(
    name: &str,
    valid: Vec<Vec<u8>>,
    inputs: Option<usize>,
    read: impl Fn(&RunRecords) -> Option<T>,
    show: impl Fn(&T),
) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let records = RunRecords::at(folder.path());
    let report = survive(name, valid, inputs, MOST_BYTES, |bytes| {
        fs::write(&path, bytes).unwrap();
        let record = read(&records);
        record.iter().for_each(&show);
        record.is_some()
    });
    eprintln!("{name}: {report:?}");
}

#[test]
fn damaged_leaderboards_never_panic() {
    let valid = [sample::leaderboard(), sample::judged(), sample::ensembles()].map(|board| json(&board));
    mutated(
        "leaderboard.json",
        valid.to_vec(),
        None,
        |records| records.leaderboard().ok(),
        |board| {
            let sort = Column::of_score(board.main_score);
            let insights = insights(board, None);
            leaderboard_table(board, sort, &insights, &View::default());
            leaderboard_markdown(board, sort, &insights);
            leaderboard_latex(board, sort);
            leaderboard_csv(board, sort);
        },
    );
}

fn row() -> Row {
    Row { folder: "pairs/word2vec-gru".to_string(), ..sample::row("word2vec", "gru", 0.7, 0.6, 3.0) }
}

fn pair_record() -> PairRecord {
    let labels = ["ham", "spam"].map(str::to_owned);
    let confusion = Confusion::of(2, &[0, 1, 1], &[0, 1, 0]);
    PairRecord { confusion, ..PairRecord::unscored("key", row(), VectorCoverage::default(), &labels) }
}

#[test]
fn damaged_metrics_of_models_never_panic() {
    let name = "pairs/word2vec-gru/metrics.json";
    mutated(
        name,
        vec![json(&pair_record())],
        None,
        |records| records.record(&row()).ok()?,
        |record| {
            record.confusion.class_scores();
        },
    );
}

#[test]
fn damaged_searches_and_ablations_never_panic() {
    mutated(
        "search.json",
        vec![json(&sample::search())],
        None,
        |records| records.search().ok()?,
        |results| {
            search_table(results, &View::default());
            search_insights(results);
        },
    );
    mutated(
        "ladder.json",
        vec![json(&sample::ladder())],
        None,
        |records| records.ladder().ok()?,
        |results| {
            ladder_table(results, &View::default());
            ladder_insights(results);
        },
    );
}

#[test]
fn damaged_diagnoses_never_panic() {
    mutated(
        "diagnosis.json",
        vec![json(&sample::diagnosis())],
        None,
        |records| records.diagnosis().ok()?,
        |record| {
            diagnosis_text(&record.diagnosis, 100);
        },
    );
}

/// The files of a run with one finished row.
fn write_run(folder: &Path) {
    let records = RunRecords::at(folder);
    fs::create_dir_all(records.folder(&row())).unwrap();
    records.write_leaderboard(&ninefold_records::Leaderboard { rows: vec![row()], ..sample::leaderboard() }).unwrap();
    records.write_record(&pair_record()).unwrap();
    let predictions = "source,truth,predicted,probability\na:1,ham,ham,0.9\na:2,spam,spam,0.8\na:3,spam,ham,0.6\n";
    fs::write(records.predictions_path(&row()), predictions).unwrap();
}

#[test]
fn pages_of_damaged_records_never_panic() {
    let files = ["leaderboard.json", "pairs/word2vec-gru/metrics.json", "pairs/word2vec-gru/predictions.csv"];
    for name in files {
        let folder = tempfile::tempdir().unwrap();
        write_run(folder.path());
        let path = folder.path().join(name);
        let records = RunRecords::at(folder.path());
        let report = survive(name, vec![fs::read(&path).unwrap()], Some(PAGES), MOST_BYTES, |bytes| {
            fs::write(&path, bytes).unwrap();
            RunReport::read(&records, 1).and_then(|report| page(&[report])).is_ok()
        });
        eprintln!("report.html of {name}: {report:?}");
    }
    let (search, ladder, diagnosis) = (sample::search(), sample::ladder(), sample::diagnosis());
    mutated(
        "search.json",
        vec![json(&search)],
        Some(PAGES),
        |records| records.search().ok()?,
        |results| {
            let _ = search_page(results, "");
        },
    );
    mutated(
        "ladder.json",
        vec![json(&ladder)],
        Some(PAGES),
        |records| records.ladder().ok()?,
        |results| {
            let _ = ladder_page(results, "");
        },
    );
    mutated(
        "diagnosis.json",
        vec![json(&diagnosis)],
        Some(PAGES),
        |records| records.diagnosis().ok()?,
        |record| {
            let _ = diagnosis_page(record);
        },
    );
}
