//! The rows of finished cells in one run folder, and what needs all of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cells::folder::{CellFolder, copy_folder};
use crate::cells::{Cell, instruction_set};
use crate::run::scope::Scope;
use crate::run::{OnResults, Source, compare, folds};
use crate::{Config, RunFolder, Session};
use ninefold_core::error::{Error, Result};
use ninefold_core::files::move_into_place;
use ninefold_data::Corpus;
use ninefold_records::{Leaderboard, Row, RunRecords};

/// Missing cells that a message names.
const NAMED: usize = 5;

/// Puts the rows of finished cells into the run folder of the whole comparison, and makes there what needs all of them: ensembles,
/// statistics, the best model, the diagnosis. `folders` are those of the cells, or folders of such folders; those of vectors are not
/// needed.
///
/// # Errors
/// As [`run`](crate::run()); [`Error::Data`] that names the cells that are missing, and for cells that do not belong together.
pub fn finish_cells(
    cells: &[Cell],
    corpus: Corpus,
    folders: &[PathBuf],
    run_dir: &Path,
    session: &Session,
    on_results: &mut OnResults,
) -> Result<Leaderboard> {
    let first = cells.first().ok_or_else(|| Error::data("no cells to finish"))?;
    if let Some((number, cell)) = (1..).zip(cells).find(|(_, cell)| cell.key != first.key) {
        return Err(Error::data(format!(
            "cell {number} ({cell}) is of another comparison than cell 1: list all cells at once"
        )));
    }
    let config = first.config()?;
    first.check_data(&corpus)?;
    RunFolder::check(run_dir, &config)?;
    let folders = CellFolder::all(folders)?;
    let finished = finished(cells, &folders)?;
    let here = instruction_set(&config);
    if here != first.instruction_set {
        let there = &first.instruction_set;
        session.progress.notice(&format!(
            "the cells ran with {there}, this process with {here}: ensembles and diagnosis may differ in the last bits"
        ));
    }
    let run = RunFolder::create(run_dir, &config)?;
    finished.iter().try_for_each(|cell| place_rows(cell, run_dir, &config))?;
    drop(run); // and with it the lock, which `compare` takes
    session.install(|| compare(&config, Source::Memory(corpus), run_dir, session, on_results, Scope::Finish))
}

/// The folder of every row, which all cells of rows must have.
///
/// # Errors
/// [`Error::Data`] for cells that are missing or that do not belong together.
fn finished<'a>(cells: &[Cell], folders: &'a [CellFolder]) -> Result<Vec<&'a CellFolder>> {
    let key = &cells[0].key;
    if let Some(other) = folders.iter().find(|folder| folder.cell.key != *key) {
        let (path, part) = (other.path().display(), &other.cell.part);
        return Err(Error::data(format!(
            "{path}: holds {part} of another comparison (other texts or settings): leave it out"
        )));
    }
    let of = |cell: &Cell| folders.iter().find(|folder| folder.cell.part == cell.part && folder.result.is_some());
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for (number, cell) in (1..).zip(cells).filter(|(_, cell)| !cell.is_vectors()) {
        match of(cell) {
            Some(folder) => found.push(folder),
            None => missing.push((number, cell)),
        }
    }
    not_missing(&missing)?;
    same_vectors(&found)?;
    Ok(found)
}

/// Names the cells that are missing, and how to run one.
fn not_missing(missing: &[(usize, &Cell)]) -> Result<()> {
    let Some((first, _)) = missing.first() else { return Ok(()) };
    let named: Vec<String> = missing.iter().take(NAMED).map(|(number, cell)| format!("{number} ({cell})")).collect();
    let more = match missing.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Err(Error::data(format!(
        "not finished: cell {}{more}: run each, such as `ninefold cell run CELLS --number {first} -o cells/{first}`, and finish again",
        named.join(", "),
    )))
}

/// That rows over one embedding were trained on the same vectors.
fn same_vectors(folders: &[&CellFolder]) -> Result<()> {
    let mut known: BTreeMap<&str, (&str, &CellFolder)> = BTreeMap::new();
    for folder in folders {
        for (file, sum) in folder.result.iter().flat_map(|result| &result.vectors) {
            let &mut (first, of) = known.entry(file).or_insert((sum, folder));
            if first != sum {
                let (a, b) = (of.path().display(), folder.path().display());
                return Err(Error::data(format!(
                    "{a} and {b} were trained on different vectors ({file}): run both again with --vectors and the same folder"
                )));
            }
        }
    }
    Ok(())
}

/// Puts the row of a cell into the run folder, and those of its folds into theirs.
fn place_rows(cell: &CellFolder, run_dir: &Path, config: &Config) -> Result<()> {
    let (from, part) = (cell.run(), &cell.cell.part);
    let is_scored = cell.result.as_ref().is_some_and(|result| result.error.is_none());
    if is_scored && !has_row(&from, part) {
        return Err(Error::format(from.join(part), "the files of a finished row", "none, or not all of them"));
    }
    place_row(&from, run_dir, part)?;
    for number in (1..).take_while(|&number| folds::folder(&from, number).is_dir()) {
        let fold = folds::folder(run_dir, number);
        drop(RunFolder::create(&fold, &folds::config_of_fold(config))?);
        place_row(&folds::folder(&from, number), &fold, part)?;
    }
    Ok(())
}

/// Puts the row into place at once, unless it is there.
fn place_row(from: &Path, to: &Path, part: &str) -> Result<()> {
    if !has_row(from, part) || key(from, part)? == key(to, part)? {
        return Ok(());
    }
    let (target, hidden) = (to.join(part), to.join(format!(".new-{}", part.replace('/', "-"))));
    for folder in [&hidden, &target] {
        if folder.is_dir() {
            fs::remove_dir_all(folder).map_err(Error::io("remove", folder))?;
        }
    }
    copy_folder(&from.join(part), &hidden)?;
    let parent = target.parent().unwrap_or(to);
    fs::create_dir_all(parent).map_err(Error::io("create the folder", parent))?;
    move_into_place(&hidden, &target)
}

fn has_row(run: &Path, part: &str) -> bool {
    run.join(part).join("metrics.json").is_file()
}

/// The key of a row's record; `None` where there is none.
fn key(run: &Path, part: &str) -> Result<Option<String>> {
    let row = Row { folder: part.to_string(), ..Row::default() };
    Ok(RunRecords::at(run).record(&row)?.map(|record| record.key))
}
