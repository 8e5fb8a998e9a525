//! One cell at work, in a folder of its own.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::cells::folder::CellFolder;
use crate::cells::{Cell, CellResult, VECTORS, Work};
use crate::run::scope::Scope;
use crate::run::{Source, compare};
use crate::store::environment::{environment, with_peak_memory};
use crate::{Config, Embedding, EmbeddingKind, Session};
use ninefold_core::Folders;
use ninefold_core::error::{Error, Result};
use ninefold_data::Corpus;

/// Does the work of a cell in `folder`, or resumes it there. It works with the threads of the cell, not of the session, and caches
/// nothing elsewhere. `vectors` are folders of finished cells, or folders of such folders; without any, the cell trains the vectors that it
/// reads itself.
///
/// A row that cannot be trained is a result, too.
///
/// # Errors
/// As [`run`](crate::run()); [`Error::InvalidValue`] for a cell of another version or instruction set, [`Error::Data`] when the texts are
/// others, the folder is not this cell's, or vectors are missing.
pub fn run_cell(
    cell: &Cell,
    corpus: Corpus,
    vectors: &[PathBuf],
    folder: &Path,
    session: &Session,
) -> Result<CellResult> {
    let config = cell.config()?;
    let work = cell.work(&config)?;
    cell.check_machine(&config)?;
    cell.check_data(&corpus)?;
    let place = CellFolder::begin(folder, cell)?;
    if let Some(result) = place.result {
        session.progress.notice(&format!("{cell}: finished earlier"));
        return Ok(result);
    }
    take_vectors(&place, &config, vectors)?;
    let folders = Folders { cache: Some(place.path().to_path_buf()), ..session.folders.clone() };
    let session = &Session { folders: &folders, threads: cell.threads, progress: session.progress };
    let scope = match &work {
        Work::Vectors(embedding) => Scope::Vectors(embedding),
        Work::Row => Scope::Row(cell.part()),
    };
    let start = Instant::now();
    session.install(|| {
        let began = environment();
        let board = compare(&config, Source::Memory(corpus), &place.run(), session, &mut |_| Ok(()), scope)?;
        let left_out = || Error::data(format!("{cell}: left out on this machine: {}", board.shortened.join("; ")));
        let row = board.rows.first().cloned().ok_or_else(left_out)?;
        let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        place.finish(row.error, milliseconds, with_peak_memory(began))
    })
}

/// Takes the vectors that the cell reads from the folders of the cells that made them.
fn take_vectors(place: &CellFolder, config: &Config, folders: &[PathBuf]) -> Result<()> {
    let cell = &place.cell;
    if folders.is_empty() {
        return if cell.threads > 1 { expect_exact(cell, config) } else { Ok(()) };
    }
    let there = CellFolder::all(folders)?;
    for part in cell.vectors() {
        let made = there.iter().find(|other| other.cell.key == cell.key && other.cell.part == *part);
        let made = made.filter(|other| other.result.is_some()).ok_or_else(|| {
            let names: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
            Error::data(format!(
                "{}: no finished {part} of this comparison, which {cell} reads: run that cell first",
                names.join(", ")
            ))
        })?;
        if made.result.as_ref().is_some_and(|result| result.error.is_none()) {
            place.take_vectors(made)?; // else the cell fails as that one did
        }
    }
    Ok(())
}

/// That every cell would train the same vectors.
fn expect_exact(cell: &Cell, config: &Config) -> Result<()> {
    let is_exact = |part: &&String| {
        let embedding: Option<Embedding> = part.strip_prefix(VECTORS).and_then(|name| name.parse().ok());
        let glove =
            |embedding: &Embedding| config.specs(embedding).all(|spec| matches!(spec.kind, EmbeddingKind::Glove(_)));
        embedding.is_some_and(|embedding| glove(&embedding))
    };
    match cell.vectors().iter().find(|part| !is_exact(part)) {
        None => Ok(()),
        Some(part) => Err(Error::data(format!(
            "{cell}: needs the folder of {part} (--vectors): trained with {} threads, the vectors of each cell would differ",
            cell.threads
        ))),
    }
}
