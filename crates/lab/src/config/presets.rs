//! The built-in sets of settings: the default, and the notebook's two rounds.
//!
//! All figures that are not a module's own default stand here.

use crate::config::embedding::built_in;
use crate::{
    BaselineConfig, BaselineKind, Config, DistillConfig, Embedding, EnsembleKind, ModelConfig, Refit, SearchConfig,
};
use ninefold_core::Auto;
use ninefold_core::error::{Error, Result};
use ninefold_metrics::StatisticsConfig;
use ninefold_nn::families::recurrent::Recurrent;
use ninefold_nn::families::{Families, ModelKind, SharedConfig};
use ninefold_nn::layers::Pooling;
use ninefold_nn::train::{Schedule, TrainConfig};
use ninefold_text::tokenize::{Numbers, StopWords, TokenizerConfig};
use ninefold_text::vocab::VocabConfig;

/// Names of the presets, in the order in which help texts list them.
pub const PRESETS: [&str; 4] = ["default", "strong", "round1", "round2"];

/// The settings of a preset.
///
/// # Errors
/// [`Error::InvalidValue`] when there is none of that name.
pub fn preset(name: &str) -> Result<Config> {
    match name {
        "default" => Ok(Config::default()),
        "strong" => Ok(lifted(round(ROUND1))),
        "round1" => Ok(round(ROUND1)),
        "round2" => Ok(round(ROUND2)),
        other => Err(Error::invalid_value("preset", PRESETS.join(", "), other)),
    }
}

/// The recipe, over texts as they come: every word and number is read.
impl Default for Config {
    fn default() -> Config {
        lifted(plain())
    }
}

/// Every module's own defaults.
fn plain() -> Config {
    Config {
        seed: 0,
        seeds: 1,
        refit: Refit::default(),
        folds: Auto::Auto,
        minutes: 0.0,
        costs: String::new(),
        keep_models: Default::default(),
        keep_texts: true,
        diagnose: Default::default(),
        csv_cells: Default::default(),
        embeddings: Embedding::built_in(),
        models: ModelKind::RECURRENT.to_vec(),
        baselines: BaselineKind::all().collect(),
        ensembles: vec![EnsembleKind::VoteSelected, EnsembleKind::Stacked],
        log: Vec::new(),
        corpus: Default::default(),
        tokenizer: Default::default(),
        vocab: VocabConfig::default(),
        embedding: built_in(100, 5, Auto::Value(10)),
        model: ModelConfig::default(),
        pretraining: Default::default(),
        training: TrainConfig::default(),
        baseline: BaselineConfig::default(),
        diagnosis: Default::default(),
        statistics: StatisticsConfig::default(),
        distill: DistillConfig::default(),
        search: SearchConfig::default(),
    }
}

/// The recipe: what lifts networks, chosen on validation texts of 20 Newsgroups. docs/internals/recipe.md says what each step is worth
/// (`ninefold ablation --from round1 --preset strong`) and what was tried in vain.
fn lifted(config: Config) -> Config {
    Config {
        vocab: VocabConfig { min_count: 2, ..config.vocab },
        embedding: built_in(100, 10, Auto::Auto),
        model: ModelConfig {
            shared: SharedConfig {
                dropout: 0.5,
                word_dropout: 0.2,
                pooling: Some(Pooling::MeanMax),
                freeze_embeddings: false,
                ..config.model.shared
            },
            families: Families {
                recurrent: Recurrent {
                    hidden_size: 128,
                    num_layers: 1,
                    layer_norm: true,
                    ..config.model.families.recurrent
                },
                ..config.model.families
            },
        },
        training: TrainConfig {
            epochs: Auto::Auto,
            batch_size: 32,
            learning_rate: 3e-3,
            schedule: Schedule::Cosine,
            warmup: 0.05,
            sparse_embeddings: true,
            max_grad_norm: 0.25,
            patience: 0,
            ..config.training
        },
        ..config
    }
}

/// What tells the notebook's rounds apart.
struct Round {
    dim: usize,
    window: usize,
    vector_epochs: usize,
    max_len: usize,
    batch_size: usize,
    hidden_size: usize,
    dropout: f64,
    learning_rate: f64,
}

const ROUND1: Round = Round {
    dim: 100,
    window: 5,
    vector_epochs: 10,
    max_len: 150,
    batch_size: 64,
    hidden_size: 128,
    dropout: 0.5,
    learning_rate: 1e-3,
};

/// Every size doubled, the learning rate a tenth.
const ROUND2: Round = Round {
    dim: 200,
    window: 10,
    vector_epochs: 20,
    max_len: 400,
    batch_size: 32,
    hidden_size: 256,
    dropout: 0.3,
    learning_rate: 1e-4,
};

/// The notebook's settings: words of letters without stop words, Adam for 20 epochs, of which the best on validation is kept.
/// The limit on gradients is not the notebook's: of 0.1, 0.25, 0.5, 1 and none, 0.25 gave the vanilla network, which else
/// wanders, its best validation accuracy on 20 Newsgroups with Word2Vec; gated networks hardly notice it.
fn round(round: Round) -> Config {
    Config {
        tokenizer: TokenizerConfig {
            stop_words: StopWords::English,
            min_token_length: 2,
            numbers: Numbers::Drop,
            ..TokenizerConfig::default()
        },
        vocab: VocabConfig { min_count: 5, ..VocabConfig::default() },
        embedding: built_in(round.dim, round.window, Auto::Value(round.vector_epochs)),
        model: ModelConfig {
            shared: SharedConfig { dropout: round.dropout, freeze_embeddings: true, ..SharedConfig::default() },
            families: Families {
                recurrent: Recurrent {
                    hidden_size: round.hidden_size,
                    num_layers: 2,
                    bidirectional: true,
                    ..Recurrent::default()
                },
                ..Families::default()
            },
        },
        training: TrainConfig {
            epochs: Auto::Value(20),
            batch_size: round.batch_size,
            learning_rate: round.learning_rate,
            max_len: Auto::Value(round.max_len),
            max_grad_norm: 0.25,
            patience: 0,
            ..TrainConfig::default()
        },
        ..plain()
    }
}
