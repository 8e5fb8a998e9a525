//! The folder of a cell.
//!
//! ```text
//! cell.json   the cell, and its result when it is finished
//! run/        a run folder with the one row, and with the runs of its folds        vectors/  the vectors that it made
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use safetensors::tensor::SafeTensors;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cells::Cell;
use ninefold_core::error::{Error, Result};
use ninefold_core::files::{is_temporary, read_json, write_json};
use ninefold_records::Environment;

const RECORD: &str = "cell.json";
const RUN: &str = "run";
/// As in a cache folder, which the folder of a cell is while it works.
const VECTORS: &str = "vectors";
/// What else a cache folder holds.
const OTHERS: [&str; 2] = ["locks", "looks"];

/// What a finished cell found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellResult {
    /// Why there are no vectors, or no scores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The vectors that were made or read: their files, and the checksum of each one's numbers.
    pub vectors: BTreeMap<String, String>,
    /// Milliseconds that it took when it ran last.
    pub milliseconds: u64,
    /// On what it ran.
    pub environment: Environment,
}

#[derive(Serialize, Deserialize)]
struct Record {
    cell: Cell,
    result: Option<CellResult>,
}

/// A cell in its folder.
pub(super) struct CellFolder {
    path: PathBuf,
    pub(super) cell: Cell,
    pub(super) result: Option<CellResult>,
}

impl CellFolder {
    /// Takes an absent or empty folder for a cell, or the one in which the same cell was begun.
    ///
    /// # Errors
    /// [`Error::Data`] when it holds something else, [`Error::Io`] when it cannot be written.
    pub(super) fn begin(path: &Path, cell: &Cell) -> Result<CellFolder> {
        if path.join(RECORD).is_file() {
            let there = CellFolder::open(path)?;
            if there.cell == *cell {
                return Ok(there);
            }
            let whose = if there.cell.key == cell.key { "this" } else { "another" };
            let (path, part) = (path.display(), &there.cell.part);
            return Err(Error::data(format!("{path}: holds {part} of {whose} comparison: choose another folder")));
        }
        let is_other =
            |entry: std::io::Result<fs::DirEntry>| entry.is_ok_and(|entry| !is_temporary(&entry.file_name()));
        if fs::read_dir(path).is_ok_and(|mut entries| entries.any(is_other)) {
            let path = path.display();
            return Err(Error::data(format!(
                "{path}: holds files but no cell: choose another folder, or an empty one"
            )));
        }
        let folder = CellFolder { path: path.to_path_buf(), cell: cell.clone(), result: None };
        folder.write()?;
        Ok(folder)
    }

    /// The folder in which a cell was begun.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Format`] when it is none.
    pub(super) fn open(path: &Path) -> Result<CellFolder> {
        let Record { cell, result } = read_json(&path.join(RECORD))?;
        Ok(CellFolder { path: path.to_path_buf(), cell, result })
    }

    /// Those in which cells were begun: each path is such a folder, or holds such folders.
    ///
    /// # Errors
    /// [`Error::Format`] for a path that is neither; those of [`open`](CellFolder::open).
    pub(super) fn all(paths: &[PathBuf]) -> Result<Vec<CellFolder>> {
        let is_one = |path: &PathBuf| path.join(RECORD).is_file();
        let mut found = Vec::new();
        for path in paths {
            if is_one(path) {
                found.push(path.clone());
                continue;
            }
            let inside = fs::read_dir(path).map_err(Error::io("read the folder", path))?;
            let is_hidden = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with('.');
            let inside = inside.filter_map(|entry| entry.ok().filter(|entry| !is_hidden(entry)));
            let mut inside: Vec<PathBuf> = inside.map(|entry| entry.path()).filter(is_one).collect();
            if inside.is_empty() {
                return Err(Error::format(
                    path.as_path(),
                    "the folder of a cell, or a folder with such folders",
                    format!("a folder without {RECORD}"),
                ));
            }
            inside.sort();
            found.append(&mut inside);
        }
        found.iter().map(|path| CellFolder::open(path)).collect()
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The run folder in which the cell works.
    pub(super) fn run(&self) -> PathBuf {
        self.path.join(RUN)
    }

    /// Takes vectors that another cell made.
    ///
    /// # Errors
    /// [`Error::Io`] when a file cannot be linked or copied.
    pub(super) fn take_vectors(&self, other: &CellFolder) -> Result<()> {
        copy_folder(&other.path.join(VECTORS), &self.path.join(VECTORS))
    }

    /// Keeps the result, and of the rest what is needed to finish the comparison.
    ///
    /// # Errors
    /// Those of the disk.
    pub(super) fn finish(
        mut self,
        error: Option<String>,
        milliseconds: u64,
        environment: Environment,
    ) -> Result<CellResult> {
        let result = CellResult { error, vectors: self.checksums()?, milliseconds, environment };
        for name in OTHERS.into_iter().chain((!self.cell.is_vectors()).then_some(VECTORS)) {
            let folder = self.path.join(name);
            if folder.is_dir() {
                fs::remove_dir_all(&folder).map_err(Error::io("remove", folder))?;
            }
        }
        self.result = Some(result.clone());
        self.write()?;
        Ok(result)
    }

    fn write(&self) -> Result<()> {
        write_json(&self.path.join(RECORD), &Record { cell: self.cell.clone(), result: self.result.clone() })
    }

    /// Of the numbers in each file of vectors: the notes beside them say how long a training took.
    fn checksums(&self) -> Result<BTreeMap<String, String>> {
        let folder = self.path.join(VECTORS);
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.map_err(Error::io("read", &folder))?.path();
            let bytes = fs::read(&path).map_err(Error::io("read", &path))?;
            let tensors =
                SafeTensors::deserialize(&bytes).map_err(Error::parse(path.as_path(), "vectors in safetensors"))?;
            let mut tensors = tensors.tensors();
            tensors.sort_by(|a, b| a.0.cmp(&b.0));
            let mut hash = Sha256::new();
            for (name, tensor) in tensors {
                hash.update(format!("{name} {:?} {:?}\n", tensor.dtype(), tensor.shape()));
                hash.update(tensor.data());
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            found.insert(name, hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        Ok(found)
    }
}

/// Gives a folder the files of another one: linked where the disk can, else copied. No file of a run is ever changed in place.
///
/// # Errors
/// [`Error::Io`].
pub(super) fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).map_err(Error::io("create the folder", to))?;
    for entry in fs::read_dir(from).map_err(Error::io("read the folder", from))? {
        let entry = entry.map_err(Error::io("read the folder", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_folder(&source, &target)?;
        } else if !target.is_file() && fs::hard_link(&source, &target).is_err() {
            fs::copy(&source, &target).map_err(Error::io("copy", &source))?;
        }
    }
    Ok(())
}
