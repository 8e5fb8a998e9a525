//! One config -> every embedding with every network, beside the baselines, trained, scored and kept in a run folder.
//!
//! ```text
//! preset, file, flags --> resolve --> Config --> texts --> vectors --> pair (train, score, save) --> judge --> Leaderboard
//!                                       |                                |
//!                                       +---------- run folder ----------+   what is finished is not done again
//! ```
//!
//! Knows no terminal: whoever watches passes a [`Progress`].

mod config;
mod distill;
mod ladder;
mod page;
mod run;
mod search;
mod store;

pub use config::embedding::EmbeddingConfig;
pub use config::embedding_kind::{Embedding, EmbeddingKind};
pub use config::ensemble::EnsembleKind;
pub use config::keep_models::KeepModels;
pub use config::presets::{PRESETS, preset};
pub use config::resolve::{Sources, resolve};
pub use config::{Config, ModelConfig};
pub use distill::{DistillConfig, Distilled, DistilledRow, distill};
pub use ladder::{is_ladder, ladder, read_ladder};
pub use ninefold_linear::{BaselineConfig, BaselineKind};
pub use page::report;
pub use run::run;
pub use run::vectors::VectorCoverage;
pub use search::{SearchConfig, is_search, read_results, search};
pub use store::environment::Environment;
pub use store::folder::{RunFolder, default_folder};
pub use store::logs::LogKind;
pub use store::looks;
pub use store::record::{ClassRow, Mistake, PairRecord};
