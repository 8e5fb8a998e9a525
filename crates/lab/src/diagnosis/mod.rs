//! What limits the scores: of a corpus alone, or of a comparison with the answers of its rows.
//!
//! *takes* a corpus, and the predictions of a run folder -> *gives* a [`DiagnosisRecord`], in a run folder beside the leaderboard. A
//! diagnosis that is there already is not made again. On request a row of the comparison is trained again on other texts
//! ([`Retrainings`]).

mod measure;
mod retrain;

use std::path::Path;
use std::time::Instant;

use serde_json::json;

use crate::run::texts::as_read;
use crate::run::{judge, plan::Plan};
use crate::store::test_evaluations::TestEvaluations;
use crate::store::{intact, keys};
use crate::{Config, RunFolder, Session};
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;
use ninefold_data::{Corpus, Document};
use ninefold_diagnose::{Answered, Input, Item, ModelAnswers};
use ninefold_records::{DiagnosisRecord, Leaderboard, Row, picked};
use ninefold_text::tokenize::Tokenizer;

/// Changes whenever the same input gives another diagnosis.
const VERSION: u32 = 3;

/// The sections that a diagnosis depends on.
const SECTIONS: [&str; 4] = ["corpus", "tokenizer", "statistics", "diagnosis"];

/// What is trained again for a diagnosis: the row to deploy, on other texts, with the settings that it has. Each training is scored on
/// the test texts and counts as an evaluation of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retrainings {
    /// Without the suspicious labels, and without as many other texts of the same classes.
    pub clean: bool,
    /// With training texts exchanged for texts of one half of the test part; the other half is scored.
    pub exchange: bool,
    /// On an eighth, a quarter and half of the training texts, in place of the learning curve of a probe.
    pub curve: bool,
}

impl Retrainings {
    fn is_any(self) -> bool {
        self.clean || self.exchange || self.curve
    }
}

/// Diagnoses the corpus of a config. Its models are linear ones that are trained for that alone.
///
/// # Errors
/// Those of the corpus and the settings; [`Error::Interrupted`] when the session's progress says so.
pub fn diagnose(config: &Config, session: &Session) -> Result<DiagnosisRecord> {
    config.validate()?;
    session.install(|| of_corpus(&load(config, session)?, config, session))
}

/// As [`diagnose`], of a corpus that is in memory already. The config's section `corpus` has no effect.
///
/// # Errors
/// As [`diagnose`].
pub fn diagnose_corpus(corpus: &Corpus, config: &Config, session: &Session) -> Result<DiagnosisRecord> {
    config.validate()?;
    session.install(|| of_corpus(corpus, config, session))
}

fn of_corpus(corpus: &Corpus, config: &Config, session: &Session) -> Result<DiagnosisRecord> {
    let key = key(config, corpus, &[])?;
    let (tokenizer, notice) = tokenizer(config, corpus)?;
    notice.iter().for_each(|notice| session.progress.notice(notice));
    let record = make(config, corpus, &tokenizer, &[], key, session)?;
    let evaluations = TestEvaluations::of(&corpus.test, &corpus.all_labels(), session.folders);
    let scored = record.diagnosis.probes.iter().filter(|probe| probe.test.is_some());
    scored.for_each(|probe| evaluations.register(&format!("{}-{}", record.key, probe.name), "diagnose"));
    Ok(record)
}

/// Whether a diagnosis depends on a setting: `seed`, and those of corpus, tokenizer, statistics and diagnosis.
///
/// # Errors
/// [`Error::NotApplicable`] for another one.
pub fn expect_effect_on_diagnosis(key: &str) -> Result<()> {
    if key == "corpus.weight_column" {
        return Err(Error::not_applicable(key, "trainings; a diagnosis counts every text the same"));
    }
    let section = key.split('.').next().unwrap_or_default();
    if key == "seed" || SECTIONS.contains(&section) {
        return Ok(());
    }
    Err(Error::not_applicable(
        key,
        "comparisons; a diagnosis depends only on settings of corpus, tokenizer, statistics, diagnosis",
    ))
}

/// Diagnoses a finished comparison in its folder, and leaves the diagnosis there.
///
/// # Errors
/// As [`diagnose`]; [`Error::Format`] when the folder holds no comparison, or one of other texts.
pub fn diagnose_run(path: &Path, session: &Session) -> Result<DiagnosisRecord> {
    diagnose_run_with(path, Retrainings::default(), session)
}

/// As [`diagnose_run`], with what the chosen model gains by other training texts, measured. What was trained already is not trained
/// again.
///
/// # Errors
/// As [`diagnose_run`]; [`Error::Data`] where there is no test part to score on, or too few texts; those of the training.
/// [`Error::Interrupted`]: finished trainings stay.
pub fn diagnose_run_with(path: &Path, retrainings: Retrainings, session: &Session) -> Result<DiagnosisRecord> {
    let folder = RunFolder::open(path)?;
    if !folder.records().is_comparison() {
        return Err(Error::format(path, "the folder of a comparison", "none, or one without a finished row"));
    }
    let (config, board) = (folder.config()?, folder.leaderboard()?);
    session.install(|| {
        let corpus = load(&config, session)?;
        let corpus = match corpus.num_folds(config.folds)? {
            0 => corpus,
            folds => corpus.into_folds(folds, &config.corpus)?.whole,
        };
        if retrainings.is_any() && (corpus.test.is_empty() || corpus.protocol.is_cross_validated()) {
            return Err(Error::data(NO_TEST_PART));
        }
        let record = in_run(&board, &config, &corpus, &folder, session)?;
        if !retrainings.is_any() {
            return Ok(record);
        }
        let config = Plan::kept(&folder, &config).apply(&config);
        let run = measure::Run { board: &board, config: &config, corpus: &corpus, folder: &folder, session };
        run.measure(record, retrainings)
    })
}

/// Why nothing is trained again for a diagnosis.
const NO_TEST_PART: &str = "a model that is trained again for a diagnosis is scored on the test part, and this comparison has none: compare with \
     a test part (--test FILE, or --folds 0)";

/// Removes a damaged diagnosis from the folder of a comparison that is about to be resumed, which a notice tells: others read it before
/// it is made again.
///
/// # Errors
/// Those of the disk.
pub(crate) fn discard_damaged(folder: &RunFolder, progress: &dyn Progress) -> Result<()> {
    match folder.records().diagnosis() {
        Err(error) if intact::is_damage(&error) => {
            progress.notice(&format!("{error}; {AGAIN}"));
            folder.records().remove_diagnosis()
        }
        kept => kept.map(drop),
    }
}

/// What is done about a damaged diagnosis.
const AGAIN: &str = "the comparison is diagnosed again";

/// Diagnoses the rows of a comparison, unless that is done.
///
/// # Errors
/// As [`diagnose_run`].
pub(crate) fn in_run(
    board: &Leaderboard,
    config: &Config,
    corpus: &Corpus,
    folder: &RunFolder,
    session: &Session,
) -> Result<DiagnosisRecord> {
    let rows = rows(board);
    let key = key(config, corpus, &row_keys(&rows, folder)?)?;
    let kept = intact::or_again(folder.records().diagnosis(), AGAIN, session.progress)?;
    if let Some(record) = kept.filter(|record| record.key == key) {
        session.progress.notice("diagnosis: finished earlier");
        return Ok(record);
    }
    let models = models(&rows, board, corpus, folder)?;
    let record = make(config, corpus, &tokenizer(config, corpus)?.0, &models, key, session)?;
    folder.records().clone().with_csv_cells(config.csv_cells).write_diagnosis(&record)?;
    session.progress.notice(&format!("diagnosis: {:.1} s", record.seconds));
    Ok(record)
}

fn load(config: &Config, session: &Session) -> Result<Corpus> {
    let corpus = ninefold_data::load(&config.corpus, session.folders, session.progress)?;
    corpus.notices.iter().for_each(|notice| session.progress.notice(notice));
    Ok(corpus)
}

fn make(
    config: &Config,
    corpus: &Corpus,
    tokenizer: &Tokenizer,
    models: &[ModelAnswers],
    key: String,
    session: &Session,
) -> Result<DiagnosisRecord> {
    let start = Instant::now();
    let test: Vec<Item> = corpus.test.iter().map(item).collect();
    let (learned, test, answered) = match corpus.protocol.is_cross_validated() {
        true => (test, Vec::new(), Answered::Learned), // the test part is all texts, in the order of the answers
        false => (corpus.train.iter().chain(&corpus.validation).map(item).collect(), test, Answered::Test),
    };
    let input = Input { tokenizer, classes: &corpus.labels, learned: &learned, test: &test, models, answered };
    let level = config.statistics.level();
    let diagnosis = ninefold_diagnose::diagnose(&input, &config.diagnosis, level, config.seed, session.progress)?;
    let diagnosis = if config.keep_texts { diagnosis } else { diagnosis.without_texts() };
    let seconds = start.elapsed().as_secs_f64();
    Ok(DiagnosisRecord { key, protocol: corpus.protocol.clone(), seconds, diagnosis })
}

/// How the texts are divided into tokens, as in a comparison, and what is to be said about it.
fn tokenizer(config: &Config, corpus: &Corpus) -> Result<(Tokenizer, Option<String>)> {
    let train: Vec<&str> = corpus.train.iter().map(|document| document.text.as_str()).collect();
    let (settings, notice) = config.tokenizer.fitted(&train)?;
    Ok((Tokenizer::new(&settings)?, notice))
}

fn item(document: &Document) -> Item<'_> {
    Item { text: &document.text, source: &document.source, label: Some(document.label) }
}

/// The rows with scores; of several seeds the one that validation picks.
fn rows(board: &Leaderboard) -> Vec<&Row> {
    let scored: Vec<&Row> = board.rows.iter().filter(|row| row.accuracy().is_some()).collect();
    let mut rows: Vec<&Row> = Vec::new();
    for row in &scored {
        if rows.iter().any(|other| other.pair() == row.pair()) {
            continue;
        }
        let same: Vec<&Row> = scored.iter().copied().filter(|other| other.pair() == row.pair()).collect();
        rows.extend(picked(&same, board.main_score));
    }
    rows
}

fn models(rows: &[&Row], board: &Leaderboard, corpus: &Corpus, folder: &RunFolder) -> Result<Vec<ModelAnswers>> {
    let chosen = board.best_of(|_| true).map(Row::pair);
    let model = |row: &&Row| {
        let predicted = judge::predicted(row, &corpus.labels, corpus.test.len(), folder)?;
        Ok(ModelAnswers {
            name: row.pair(),
            predicted,
            max_len: row.unread.as_ref().map(|unread| unread.max_len),
            is_chosen: chosen.as_ref() == Some(&row.pair()),
        })
    };
    rows.iter().map(model).collect()
}

fn row_keys(rows: &[&Row], folder: &RunFolder) -> Result<Vec<String>> {
    let key = |row: &&Row| {
        let missing = || Error::data(format!("{}: has no metrics.json: run the comparison again", row.folder));
        folder.record(row)?.map(|record| record.key).ok_or_else(missing)
    };
    rows.iter().map(key).collect()
}

fn key(config: &Config, corpus: &Corpus, rows: &[String]) -> Result<String> {
    keys::of(&json!({
        "version": VERSION,
        "texts": as_read(corpus),
        "labels": corpus.all_labels(),
        "tokenizer": config.tokenizer,
        "settings": config.diagnosis,
        "level": config.statistics.level(),
        "seed": config.seed,
        "rows": rows,
    }))
}
