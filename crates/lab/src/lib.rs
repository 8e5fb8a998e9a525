//! One config -> every embedding with every network, beside the baselines, trained, scored and kept in a run folder.
//!
//! ```text
//! preset, file, flags --> resolve --> Config --> texts --> vectors --> pair (train, score, save) --> judge --> Leaderboard
//!                                       |                                |
//!                                       +---------- run folder ----------+   what is finished is not done again
//! ```
//!
//! Knows no terminal, no table and no page: whoever shows results reads the records ([`ninefold_records`]) that are returned and
//! left in the run folder. Knows no folder and no thread but those of the call's [`Session`]:
//!
//! ```
//! use ninefold_core::Folders;
//! use ninefold_lab::{Config, Session, run};
//! use ninefold_nn::model::ModelKind;
//!
//! let mut config = Config { embeddings: vec!["word2vec".parse()?], ..Config::default() };
//! config.models = vec![ModelKind::Gru];
//! config.corpus.sample.documents = 300;
//! for (key, value) in [("embedding.epochs", "1"), ("training.epochs", "1"), ("model.hidden_size", "8")] {
//!     config.set(key, value)?;
//! }
//!
//! let place = tempfile::tempdir()?;
//! let folders = Folders { cache: Some(place.path().join("cache")), ..Folders::default() };
//! let session = Session { threads: 2, ..Session::new(&folders) };
//! let leaderboard = run(&config, &place.path().join("run"), &session)?;
//! assert!(leaderboard.best().is_some());
//! # // The process's own pool of threads was never started.
//! # assert!(rayon::ThreadPoolBuilder::new().num_threads(1).build_global().is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cells;
mod classifier;
mod config;
mod diagnosis;
mod distill;
mod ladder;
mod run;
mod search;
mod session;
mod store;

pub use cells::{Cell, CellPlaces, CellResult, finish_cells, list_cells, list_corpus_cells, run_cell};
pub use classifier::{FittedClassifier, TextClassifier};
pub use config::Config;
pub use config::diagnose::Diagnose;
pub use config::embedding::EmbeddingSpec;
pub use config::embedding_kind::{EmbeddingKind, PretrainedConfig};
pub use config::embedding_name::Embedding;
pub use config::ensemble::EnsembleKind;
pub use config::keep_models::KeepModels;
pub use config::model::ModelConfig;
pub use config::presets::{PRESETS, preset};
pub use config::refit::Refit;
pub use config::resolve::{Sources, resolve, resolve_with};
pub use diagnosis::{
    Retrainings, diagnose, diagnose_corpus, diagnose_run, diagnose_run_with, expect_effect_on_diagnosis,
};
pub use distill::{DistillConfig, distill};
pub use ladder::ladder;
pub use ninefold_linear::{BaselineConfig, BaselineKind};
pub use run::{OnResults, run, run_corpus, run_watched};
pub use search::{SearchConfig, TrialFiles, TrialWorkers, run_trial, search, search_corpus};
pub use session::Session;
pub use store::environment::environment;
pub use store::folder::{RunFolder, default_folder};
pub use store::logs::LogKind;
pub use store::test_evaluations::TestEvaluations;
