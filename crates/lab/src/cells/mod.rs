//! A comparison as cells: units of work for a scheduler, which may run on any machines, in any order, and as often as needed.
//!
//! ```text
//! config, texts --list_cells--> cells --run_cell--> a folder each --finish_cells--> the run folder of the whole comparison
//! ```
//!
//! A cell makes the vectors of one embedding, or trains one row: a network with one seed, or a baseline. It is a line of JSON with all
//! settings; texts travel apart and are known by their checksum. Ensembles, statistics and the diagnosis need all rows, so that
//! `finish_cells` makes them.
//!
//! *Invariant:* cells give the bits of [`run`](crate::run()) with as many threads and the same instruction set.

mod finish;
mod folder;
mod work;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::config::resolve;
use crate::run::baselines::Baselines;
use crate::run::texts::as_read;
use crate::run::{in_memory, pair, scope};
use crate::store::{environment, keys};
use crate::{Config, Embedding, EmbeddingKind, Session};
pub use finish::finish_cells;
pub use folder::CellResult;
use ninefold_core::error::{Error, Result};
use ninefold_data::Corpus;
use ninefold_models::bundle::sha256;
pub use work::run_cell;

/// The version of the form of a [`Cell`].
const FORMAT: u32 = 1;
/// How the parts that are vectors begin.
const VECTORS: &str = "vectors/";

/// A unit of work: what one line of `ninefold cell list` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    format: u32,
    /// The program that listed it: another version may give other results.
    program: String,
    /// Of the comparison: its settings, texts, threads and instruction set. Cells with the same key belong together.
    key: String,
    part: String,
    data: CellData,
    /// The parts whose vectors the row reads.
    vectors: Vec<String>,
    threads: usize,
    instruction_set: String,
    /// The settings of the whole comparison, as TOML.
    config: String,
}

/// The texts of a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CellData {
    /// Of all parts with their labels, after the split.
    sha256: String,
    /// What the protocol calls them: their paths, or the checksum of texts in memory.
    name: String,
}

/// Where the texts are on this machine; empty: where they were when the cells were listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellPlaces {
    /// In place of `corpus.data` and `corpus.more_data`.
    pub data: Vec<String>,
    /// In place of `corpus.validation_data`.
    pub validation: Option<String>,
    /// In place of `corpus.test`.
    pub test: Option<String>,
}

/// What a cell does.
enum Work {
    Vectors(Embedding),
    Row,
}

/// The cells of a comparison: vectors first, then rows in the order of the leaderboard. Each will work with so many threads, and with the
/// instruction set of this process.
///
/// # Errors
/// [`Error::InvalidValue`] for settings without a meaning, [`Error::Conflict`] for a limit of time.
pub fn list_cells(config: &Config, corpus: &Corpus, threads: usize) -> Result<Vec<Cell>> {
    config.validate()?;
    corpus.num_folds(config.folds)?;
    if config.minutes > 0.0 {
        let reason =
            "nobody knows when other machines run the cells: leave minutes out, and choose fewer models or epochs";
        return Err(Error::conflict("minutes", "cells", reason));
    }
    let text = toml::to_string(&resolve::to_table(config)?)
        .map_err(|error| Error::internal(format!("settings that are no TOML: {error}")))?;
    let data = CellData { sha256: checksum(corpus), name: corpus.protocol.data.clone() };
    let (program, instruction_set) = (environment::program(), instruction_set(config).to_string());
    let key = keys::of(&json!([FORMAT, program, text, data, threads, instruction_set]))?;
    let cell = |part: String, vectors: Vec<String>| Cell {
        format: FORMAT,
        program: program.clone(),
        key: key.clone(),
        part,
        data: data.clone(),
        vectors,
        threads,
        instruction_set: instruction_set.clone(),
        config: text.clone(),
    };
    let rows: Vec<(String, Vec<String>)> = rows(config);
    let mut vectors: Vec<&String> = Vec::new();
    for part in rows.iter().flat_map(|(_, needed)| needed) {
        if !vectors.contains(&part) {
            vectors.push(part);
        }
    }
    let vectors: Vec<Cell> = vectors.into_iter().map(|part| cell(part.clone(), Vec::new())).collect();
    Ok(vectors.into_iter().chain(rows.into_iter().map(|(part, needed)| cell(part, needed))).collect())
}

/// As [`list_cells`], of a comparison whose corpus is in memory, as [`run_corpus`](crate::run_corpus) makes it.
///
/// # Errors
/// As [`list_cells`].
pub fn list_corpus_cells(config: &Config, corpus: &Corpus, threads: usize) -> Result<Vec<Cell>> {
    list_cells(&in_memory(config, corpus), corpus, threads)
}

/// Every row: its folder, and the parts whose vectors it reads.
fn rows(config: &Config) -> Vec<(String, Vec<String>)> {
    let trained = |embedding: &Embedding| -> Vec<String> {
        let specs = config.specs(embedding).filter(|spec| !matches!(spec.kind, EmbeddingKind::Pretrained(_)));
        specs.map(|spec| format!("{VECTORS}{}", spec.name)).collect()
    };
    let pairs = scope::pairs(config).map(|(pair, seed)| (pair::row(&pair, seed, config).folder, trained(&pair.0)));
    let baselines = scope::baselines(config).map(|(kind, of)| {
        (Baselines::row(kind, of.as_ref(), config.seed).folder, of.as_ref().map(trained).unwrap_or_default())
    });
    pairs.chain(baselines).collect()
}

impl Cell {
    /// What it makes: the folder of a row ("pairs/word2vec-gru-seed1"), or vectors ("vectors/word2vec").
    pub fn part(&self) -> &str {
        &self.part
    }

    /// The parts that it reads, which are cells of their own.
    pub fn vectors(&self) -> &[String] {
        &self.vectors
    }

    /// Whether it makes vectors, which the cells of rows read.
    pub fn is_vectors(&self) -> bool {
        self.part.starts_with(VECTORS)
    }

    /// The settings of the whole comparison.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] for a cell of another version, or with settings that this version does not have.
    pub fn config(&self) -> Result<Config> {
        if self.format != FORMAT {
            return Err(Error::invalid_value("format", format!("{FORMAT} (list the cells again)"), self.format));
        }
        let program = environment::program();
        if self.program != program {
            let expected = format!("{program} (list the cells again, or run them with {})", self.program);
            return Err(Error::invalid_value("program", expected, &self.program));
        }
        let table = toml::from_str(&self.config).map_err(Error::parse("the config of a cell", "TOML"))?;
        resolve::from_table(table)
    }

    /// Reads the texts from where they are on this machine. The protocol names them as they were when the cells were listed.
    ///
    /// # Errors
    /// As [`Cell::config`] and [`ninefold_data::load`]; [`Error::Data`] when the texts are others.
    pub fn load(&self, places: &CellPlaces, session: &Session) -> Result<Corpus> {
        let mut here = self.config()?.corpus;
        if let Some((first, more)) = places.data.split_first() {
            here.data.clone_from(first);
            here.more_data = more.to_vec();
        }
        places.validation.iter().for_each(|place| here.validation_data.clone_from(place));
        places.test.iter().for_each(|place| here.test.clone_from(place));
        let mut corpus = session.install(|| ninefold_data::load(&here, session.folders, session.progress))?;
        self.check_data(&corpus)?;
        corpus.protocol.data.clone_from(&self.data.name);
        Ok(corpus)
    }

    /// That these are the texts that were listed.
    fn check_data(&self, corpus: &Corpus) -> Result<()> {
        let found = checksum(corpus);
        if found == self.data.sha256 {
            return Ok(());
        }
        Err(Error::data(format!(
            "{}: the texts have changed since the cells were listed (sha256 {}, now {}): list the cells again, or name the \
             place of the same texts",
            self.data.name,
            &self.data.sha256[..12],
            &found[..12],
        )))
    }

    /// That this process computes the same bits as the other cells.
    fn check_machine(&self, config: &Config) -> Result<()> {
        let found = instruction_set(config);
        if found == self.instruction_set {
            return Ok(());
        }
        let expected = format!(
            "{}, with which the cells were listed (NINEFOLD_SIMD selects it here, or one that all machines have when the cells \
             are listed)",
            self.instruction_set
        );
        Err(Error::invalid_value("instruction_set", expected, found))
    }

    fn work(&self, config: &Config) -> Result<Work> {
        let embedding = self.part.strip_prefix(VECTORS).and_then(|name| name.parse().ok());
        let has_spec = |embedding: &Embedding| config.specs(embedding).next().is_some();
        match embedding {
            Some(embedding) if has_spec(&embedding) => Ok(Work::Vectors(embedding)),
            None if rows(config).iter().any(|(part, _)| *part == self.part) => Ok(Work::Row),
            _ => Err(Error::invalid_value("part", "a part of the cell's own comparison", format!("{:?}", self.part))),
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.part)
    }
}

/// Of all texts and the names of their classes.
fn checksum(corpus: &Corpus) -> String {
    sha256(format!("{}{:?}", as_read(corpus), corpus.all_labels()).as_bytes())
}

/// The instructions that determine the bits: those of bf16 only where networks multiply with them.
fn instruction_set(config: &Config) -> &'static str {
    config.model.shared.precision.instruction_set().name()
}
