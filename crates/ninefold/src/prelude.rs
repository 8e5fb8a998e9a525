//! What most programs need, by one `use ninefold::prelude::*;`.

pub use ninefold_core::progress::{Progress, Silent};
pub use ninefold_core::{Error, Folders, Result};
pub use ninefold_data::{Corpus, CorpusConfig, Document};
pub use ninefold_embeddings::{FastTextConfig, GloveConfig, TrainVectors, Word2VecConfig};
pub use ninefold_lab::{BaselineKind, Config, FittedClassifier, Session, TextClassifier};
pub use ninefold_metrics::Scores;
pub use ninefold_models::predictor::{Prediction, Predictor};
pub use ninefold_nn::families::ModelKind;
pub use ninefold_records::Leaderboard;
pub use ninefold_vectors::WordVectors;
