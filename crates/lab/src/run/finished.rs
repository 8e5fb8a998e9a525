//! Which rows an earlier run finished: those of the same key whose kept state is intact.

use std::path::Path;

use crate::RunFolder;
use crate::run::judge;
use crate::run::texts::Texts;
use crate::store::intact;
use crate::store::kept::{self, Part};
use ninefold_core::error::Result;
use ninefold_core::progress::Progress;
use ninefold_models::bundle;
use ninefold_records::{Row, RunRecords};

/// The row of that key as an earlier run left it, here or where its files were copied from; it has the names that it has here.
/// `None` where the row is to be computed: also where something of it is damaged, which a notice tells.
///
/// # Errors
/// Those of the disk.
pub(crate) fn finished(
    row: &Row,
    key: &str,
    texts: &Texts,
    folder: &RunFolder,
    progress: &dyn Progress,
) -> Result<Option<Row>> {
    let again = format!("{} is computed again", row.pair());
    intact::or_again(read(row, key, texts, folder), &again, progress)
}

fn read(row: &Row, key: &str, texts: &Texts, folder: &RunFolder) -> Result<Option<Row>> {
    let Some(record) = folder.record(row)?.filter(|record| record.key == key) else { return Ok(None) };
    let Row { embedding, model, folder: path, .. } = row.clone();
    let row = Row { embedding, model, folder: path, ..record.row };
    if row.is_scored() {
        check_answers(&row, texts, folder)?;
    }
    check_reports(&row, folder.records())?;
    check_model(&folder.model(&row))?;
    Ok(Some(row))
}

/// What statistics, ensembles and folds are computed from.
fn check_answers(row: &Row, texts: &Texts, folder: &RunFolder) -> Result<()> {
    if row.accuracy().is_some() {
        judge::predicted(row, &texts.corpus.labels, texts.test.len(), folder)?;
    }
    let path: &Path = &folder.folder(row);
    let classes = texts.corpus.labels.len();
    for (part, size) in [(Part::Validation, texts.validation.len()), (Part::Test, texts.test.len())] {
        kept::load(path, part, size, classes)?;
    }
    Ok(())
}

/// What predicts, unless it was not to be kept.
fn check_model(folder: &Path) -> Result<()> {
    if folder.is_dir() { bundle::check(folder) } else { Ok(()) }
}

/// What pages are made of.
fn check_reports(row: &Row, records: &RunRecords) -> Result<()> {
    records.history(row)?;
    records.mistakes(row)?;
    records.examples(row).map(drop)
}
