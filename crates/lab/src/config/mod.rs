//! Everything that a comparison depends on, composed of the settings of the modules that do the work.
//!
//! A file's sections are the fields of [`Config`]; the doc comment of a field is what `ninefold config` prints above its key.

mod changes;
mod commented;
pub(crate) mod embedding;
pub(crate) mod embedding_kind;
pub(crate) mod embedding_list;
pub(crate) mod embedding_name;
mod embeddings;
pub(crate) mod ensemble;
pub(crate) mod keep_models;
mod mistakes;
pub(crate) mod model;
pub(crate) mod presets;
pub(crate) mod resolve;
pub(crate) mod sections;

use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

use crate::{
    BaselineConfig, BaselineKind, DistillConfig, Embedding, EmbeddingSpec, EnsembleKind, KeepModels, LogKind,
    ModelConfig, SearchConfig,
};
use ninefold_core::error::{Error, Result};
use ninefold_data::CorpusConfig;
use ninefold_metrics::StatisticsConfig;
use ninefold_nn::families::ModelKind;
use ninefold_nn::train::TrainConfig;
use ninefold_nn::train::pretrain::PretrainConfig;
use ninefold_text::tokenize::TokenizerConfig;
use ninefold_text::vocab::VocabConfig;

/// An embedding and a network.
pub(crate) type Pair = (Embedding, ModelKind);

/// One comparison: which texts, which embeddings, which networks, and every setting of each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Seed of word vectors, weights, dropout and shuffling. (The split has its own: corpus.split_seed.)
    pub seed: u64,
    /// Train every pair so many times: with this seed, the next, and so on. Vectors and split stay the same.
    pub seeds: usize,
    /// Comparisons: when validation has chosen (epochs, C, smoothing), train every network and baseline once more, on train and
    /// validation together. Test scores and saved models are those of that training; it takes about as long as the first.
    pub refit: bool,
    /// Comparisons: which trained models stay in the run folder when it is complete: "all", "best" (the copies in `best` and
    /// `best-network`, whose rows validation chooses), or "none".
    pub keep_models: KeepModels,
    /// Embeddings to compare: names of `[[embedding]]` below, of which "word2vec", "fasttext" and "glove" always exist, or several
    /// side by side as one input, such as "word2vec+glove".
    pub embeddings: Vec<Embedding>,
    /// Networks to compare: any of "rnn", "lstm", "gru", "cnn" (a convolution), "swem" (word vectors, pooled).
    pub models: Vec<ModelKind>,
    /// Baselines beside them: any of "majority", "multinomial_nb", "complement_nb", "tfidf_logistic", "tfidf_svm",
    /// "mean_logistic", "fasttext_supervised".
    pub baselines: Vec<BaselineKind>,
    /// Trained models that answer together, which trains nothing: any of "vote_seeds" (each pair's seeds), "vote_networks" (all
    /// networks), "vote_selected" (those that validation chooses, baselines too), "stacked" (all, weighted by a regression).
    pub ensembles: Vec<EnsembleKind>,
    /// Logs of each training that other programs read: any of "tensorboard", "jsonl".
    pub log: Vec<LogKind>,
    /// The texts, their labels and how they are split.
    pub corpus: CorpusConfig,
    /// How texts become tokens.
    pub tokenizer: TokenizerConfig,
    /// Which tokens are known.
    pub vocab: VocabConfig,
    /// How tokens become vectors. `[[embedding]]` declares one of a new name, or changes the one of that name; `[embedding]` instead
    /// changes a setting of all that have it.
    #[serde(with = "crate::config::embedding_list")]
    pub embedding: Vec<EmbeddingSpec>,
    /// What the networks of all families share.
    pub model: ModelConfig,
    /// What recurrent networks learn before they see a label.
    pub pretraining: PretrainConfig,
    /// How the networks are trained.
    pub training: TrainConfig,
    /// The baselines.
    pub baseline: BaselineConfig,
    /// Intervals and comparisons.
    pub statistics: StatisticsConfig,
    /// `ninefold distill`: how far the teacher is listened to.
    pub distill: DistillConfig,
    /// `ninefold search`: how long, and over what.
    pub search: SearchConfig,
}

impl Config {
    /// Checks every setting of every section.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] names the first one without meaning, as `section.key`.
    pub fn validate(&self) -> Result<()> {
        if self.seed > i64::MAX as u64 {
            return Err(Error::invalid_value("seed", format!("at most {}", i64::MAX), self.seed));
        }
        if self.seeds == 0 {
            return Err(Error::invalid_value("seeds", "at least 1", 0));
        }
        if !self.models.is_empty() || self.baselines.is_empty() {
            distinct("embeddings", &self.embeddings.iter().map(Embedding::name).collect::<Vec<_>>())?;
            distinct("models", &self.models)?;
        }
        if !self.baselines.is_empty() {
            distinct("baselines", &self.baselines)?;
        }
        if !self.ensembles.is_empty() {
            distinct("ensembles", &self.ensembles)?;
        }
        within("corpus.sample", self.corpus.sample.validate())?;
        within("corpus", self.corpus.validate())?;
        within("tokenizer", self.tokenizer.validate())?;
        within("vocab", self.vocab.validate())?;
        self.validate_embeddings()?;
        within("model", self.model.validate(&self.models, self.training.max_len))?;
        within("pretraining", self.pretraining.validate())?;
        within("training", self.training.validate())?;
        within("baseline", self.baseline.validate())?;
        within("statistics", self.statistics.validate())?;
        within("distill", self.distill.validate())?;
        within("search", self.search.validate())
    }

    /// The seeds of each pair.
    pub fn all_seeds(&self) -> impl Iterator<Item = u64> + use<> {
        self.seed..self.seed.saturating_add(self.seeds as u64)
    }

    /// The same without what has no say in any score of a pair or baseline.
    pub(crate) fn settled(&self) -> Config {
        Config {
            search: SearchConfig::default(),
            distill: DistillConfig::default(),
            log: Vec::new(),
            ensembles: Vec::new(),
            keep_models: KeepModels::default(),
            ..self.clone()
        }
    }

    /// The pairs to train, one embedding's networks after another.
    pub fn pairs(&self) -> impl Iterator<Item = (Embedding, ModelKind)> + '_ {
        self.embeddings.iter().flat_map(|embedding| self.models.iter().map(move |&model| (embedding.clone(), model)))
    }

    /// Number of networks to train: every pair with every seed.
    pub fn trainings(&self) -> usize {
        self.pairs().count() * self.seeds
    }
}

/// At least one, and none twice.
fn distinct<T: PartialEq + std::fmt::Debug>(key: &str, list: &[T]) -> Result<()> {
    let repeated = list.iter().enumerate().any(|(place, item)| list[..place].contains(item));
    if list.is_empty() || repeated {
        return Err(Error::invalid_value(key, "one or more, each once", format!("{list:?}").to_lowercase()));
    }
    Ok(())
}

/// Puts the section's name before the key of a config error.
fn within(section: &str, result: Result<()>) -> Result<()> {
    result.map_err(|error| match error {
        Error::InvalidValue { key, expected, found } => {
            let short = key.strip_prefix(section).and_then(|key| key.strip_prefix('.')).unwrap_or(&key);
            Error::InvalidValue { key: format!("{section}.{short}"), expected, found }
        }
        other => other,
    })
}
