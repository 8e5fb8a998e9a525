//! The built-in sets of settings: the default, and the notebook's two rounds.
//!
//! All figures that are not a module's own default stand here.

use crate::{
    BaselineConfig, BaselineKind, Config, DistillConfig, Embedding, EmbeddingConfig, EnsembleKind, ModelConfig,
    SearchConfig,
};
use ninefold_core::error::{Error, Result};
use ninefold_metrics::StatisticsConfig;
use ninefold_nn::layers::{Pooling, Precision, RecurrentInit};
use ninefold_nn::model::ModelKind;
use ninefold_nn::train::{Schedule, TrainConfig};
use ninefold_text::tokenize::{Numbers, StopWords, TokenizerConfig};
use ninefold_text::vocab::VocabConfig;

/// Names of the presets, in the order in which help texts list them.
pub const PRESETS: [&str; 4] = ["default", "strong", "round1", "round2"];

/// The settings of a preset.
///
/// # Errors
/// [`Error::Config`] when there is none of that name.
pub fn preset(name: &str) -> Result<Config> {
    match name {
        "default" => Ok(Config::default()),
        "strong" => Ok(lifted(round(ROUND1))),
        "round1" => Ok(round(ROUND1)),
        "round2" => Ok(round(ROUND2)),
        other => Err(Error::config("preset", PRESETS.join(", "), other)),
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
        refit: false,
        keep_models: Default::default(),
        embeddings: Embedding::SINGLE.to_vec(),
        models: ModelKind::RECURRENT.to_vec(),
        baselines: BaselineKind::all().collect(),
        ensembles: vec![EnsembleKind::VoteSelected, EnsembleKind::Stacked],
        log: Vec::new(),
        corpus: Default::default(),
        tokenizer: Default::default(),
        vocab: VocabConfig::default(),
        embedding: EmbeddingConfig::default(),
        model: ModelConfig::default(),
        pretraining: Default::default(),
        training: TrainConfig::default(),
        baseline: BaselineConfig::default(),
        statistics: StatisticsConfig::default(),
        distill: DistillConfig::default(),
        search: SearchConfig::default(),
    }
}

impl Default for ModelConfig {
    fn default() -> ModelConfig {
        ModelConfig {
            hidden_size: 64,
            num_layers: 1,
            bidirectional: true,
            dropout: 0.3,
            locked_dropout: false,
            word_dropout: 0.0,
            recurrent_dropout: 0.0,
            layer_norm: false,
            recurrent_init: RecurrentInit::Uniform,
            filter_widths: vec![3, 4, 5],
            filters: 100,
            pooling: None,
            segments: 4,
            chunk_len: 0,
            freeze_embeddings: false,
            bigram_buckets: 0,
            precision: Precision::F32,
        }
    }
}

/// The recipe: what lifts networks, chosen on validation texts of 20 Newsgroups. docs/recipe.md says what each step is worth
/// (`ninefold ladder --from round1 --preset strong`) and what was tried in vain.
fn lifted(config: Config) -> Config {
    Config {
        vocab: VocabConfig { min_count: 2, ..config.vocab },
        embedding: EmbeddingConfig { window: 10, epochs: 20, ..config.embedding },
        model: ModelConfig {
            hidden_size: 128,
            num_layers: 1,
            dropout: 0.5,
            word_dropout: 0.2,
            layer_norm: true,
            pooling: Some(Pooling::MeanMax),
            freeze_embeddings: false,
            ..config.model
        },
        training: TrainConfig {
            epochs: 12,
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
        embedding: EmbeddingConfig {
            dim: round.dim,
            window: round.window,
            epochs: round.vector_epochs,
            ..EmbeddingConfig::default()
        },
        model: ModelConfig {
            hidden_size: round.hidden_size,
            num_layers: 2,
            bidirectional: true,
            dropout: round.dropout,
            freeze_embeddings: true,
            ..ModelConfig::default()
        },
        training: TrainConfig {
            epochs: 20,
            batch_size: round.batch_size,
            learning_rate: round.learning_rate,
            max_len: round.max_len,
            max_grad_norm: 0.25,
            patience: 0,
            ..TrainConfig::default()
        },
        ..plain()
    }
}
