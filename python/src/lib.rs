//! The Rust side of the Python package `ninefold`: texts and settings in, models, records and arrays out.
//!
//! ```text
//! column      list[str], or a column over Arrow's C stream -> texts
//! corpus      texts with labels, in parts
//! watch       long work on a thread of its own; the calling thread reports progress and hears Ctrl-C
//! train       texts with labels -> a model
//! compare     texts with labels -> a run folder
//! cells       the same in units of work for other machines
//! search      texts with labels -> the best settings
//! diagnose    texts with labels, or a run folder -> what limits the scores
//! model       a saved model -> probabilities
//! vectors     texts -> word vectors
//! program     the command line
//! ```
//!
//! *Invariant:* nothing here is process-wide: every call has its own threads, so that processes can be forked. What a Python user
//! needs to know is documented in the Python modules; names and types are those of `_ninefold.pyi`.

mod cells;
mod column;
mod compare;
mod corpus;
mod diagnose;
mod errors;
mod model;
mod program;
mod search;
mod settings;
mod train;
mod vectors;
mod watch;

use pyo3::prelude::*;

/// The extension module.
#[pymodule]
mod _ninefold {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::cells::{finish_cells, instruction_set, list_cells, run_cell};
    #[pymodule_export]
    use super::column::Texts;
    #[pymodule_export]
    use super::compare::{Run, compare, default_run_dir};
    #[pymodule_export]
    use super::corpus::{Corpus, Part};
    #[pymodule_export]
    use super::diagnose::{diagnose, diagnose_run, read_diagnosis};
    #[pymodule_export]
    use super::errors::NinefoldError;
    #[pymodule_export]
    use super::model::Model;
    #[pymodule_export]
    use super::program::run_program;
    #[pymodule_export]
    use super::search::{run_trial, search};
    #[pymodule_export]
    use super::train::{fit, model_names, reads_vectors};
    #[pymodule_export]
    use super::vectors::{Vectors, load_vectors, train_vectors};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}

/// A Python object with the methods `begin`, `advance`, `status`, `end`, `notice` and `warn`; `None`: nobody watches.
pub(crate) type Watcher = Option<Py<PyAny>>;
