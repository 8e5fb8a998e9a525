//! Everything that a comparison depends on, composed of the settings of the modules that do the work.
//!
//! A file's sections are the fields of [`Config`]; the doc comment of a field is what `ninefold config` prints above its key.

mod changes;
mod commented;
pub(crate) mod diagnose;
pub(crate) mod embedding;
pub(crate) mod embedding_kind;
pub(crate) mod embedding_list;
pub(crate) mod embedding_name;
mod embeddings;
pub(crate) mod ensemble;
pub(crate) mod keep_models;
pub(crate) mod model;
pub(crate) mod presets;
pub(crate) mod refit;
pub(crate) mod refusal;
pub(crate) mod resolve;
pub(crate) mod sections;
mod selection;

use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

use crate::search::config::check_minutes;
use crate::{
    BaselineConfig, BaselineKind, Diagnose, DistillConfig, Embedding, EmbeddingSpec, EnsembleKind, KeepModels, LogKind,
    ModelConfig, Refit, SearchConfig,
};
use ninefold_core::Auto;
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::CsvCells;
use ninefold_data::{CorpusConfig, check_folds};
use ninefold_diagnose::DiagnosisConfig;
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
    /// Number of trainings of each pair, with consecutive seeds from `seed` on. Word vectors and split stay the same.
    pub seeds: usize,
    /// Comparisons: after validation has selected epochs, C, smoothing and temperatures, train a second time on train + validation:
    /// "baselines", "all" (networks too), or "none". Test scores and saved models come from the second training, which takes about
    /// as long as the first.
    pub refit: Refit,
    /// Comparisons: cross-validation with so many folds: each text is tested once, by models that were not trained on it, and the saved
    /// models are trained on all texts. 0: a single test part; "auto": 5 where a file or folder has fewer than 1,000 texts and no test part.
    pub folds: Auto<usize>,
    /// Comparisons: a limit of time in minutes, in which networks have fewer epochs or are left out, which is told; 0: no limit.
    pub minutes: f64,
    /// Comparisons: a file of what wrong answers cost: lines "class,cost", or a matrix with a line per true class and a column per answer.
    /// The best model is then the one with the lowest mean cost on validation, and answers so that it costs least. Empty: the best
    /// model has the best score.
    pub costs: String,
    /// Comparisons: which trained models are kept in the run folder: "all", "best" (only `best` and `best-network`, the best rows
    /// by validation), or "none".
    pub keep_models: KeepModels,
    /// Comparisons and diagnoses: whether mistakes, confusions and suspicious labels keep the beginning of their texts. false leaves
    /// every text out of the run folder and its page; sources, labels, and the words and n-grams of saved models stay.
    pub keep_texts: bool,
    /// Comparisons: what limits the scores is diagnosed at the end ("default"), or not ("none").
    pub diagnose: Diagnose,
    /// CSV files: text that a spreadsheet would run as a formula (`=1+1`) has an apostrophe in front ("guarded"), or stands as it is
    /// ("plain"). ninefold reads both.
    pub csv_cells: CsvCells,
    /// Embeddings to compare: names of `[[embedding]]` below, of which "word2vec", "fasttext" and "glove" always exist, or several
    /// side by side as one input, such as "word2vec+glove".
    pub embeddings: Vec<Embedding>,
    /// Networks to compare: any of "rnn", "lstm", "gru", "cnn" (a convolution), "swem" (word vectors, pooled).
    pub models: Vec<ModelKind>,
    /// Baselines to compare: any of "majority", "multinomial_nb", "complement_nb", "tfidf_logistic", "tfidf_svm",
    /// "char_nb", "char_svm" (over character n-grams), "mean_logistic", "fasttext_supervised".
    pub baselines: Vec<BaselineKind>,
    /// Ensembles of the trained models; they need no training: any of "vote_seeds" (the seeds of each pair), "vote_networks" (all
    /// networks), "vote_selected" (models selected on validation, baselines included), "stacked" (all models, combined by
    /// logistic regression).
    pub ensembles: Vec<EnsembleKind>,
    /// Training logs for other programs: any of "tensorboard", "jsonl".
    pub log: Vec<LogKind>,
    /// The texts, their labels and how they are split.
    pub corpus: CorpusConfig,
    /// Tokenisation.
    pub tokenizer: TokenizerConfig,
    /// The vocabulary.
    pub vocab: VocabConfig,
    /// Word embeddings. `[[embedding]]` declares an embedding with a new name, or changes the one with that name; `[embedding]`
    /// changes a setting of every embedding that has it.
    #[serde(with = "crate::config::embedding_list")]
    pub embedding: Vec<EmbeddingSpec>,
    /// Settings of all networks.
    pub model: ModelConfig,
    /// Pretraining of recurrent networks as language models, before they see a label.
    pub pretraining: PretrainConfig,
    /// How the networks are trained.
    pub training: TrainConfig,
    /// The baselines.
    pub baseline: BaselineConfig,
    /// Intervals and comparisons.
    pub statistics: StatisticsConfig,
    /// `ninefold diagnose`, and the diagnosis of comparisons: from when on something is reported.
    pub diagnosis: DiagnosisConfig,
    /// `ninefold distill`: the weight of the teacher in the loss.
    pub distill: DistillConfig,
    /// `ninefold search`: budget and search space.
    pub search: SearchConfig,
}

/// The largest `seeds`.
const MAX_SEEDS: usize = 10_000;

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
        if self.seeds > MAX_SEEDS {
            return Err(Error::invalid_value("seeds", format!("at most {MAX_SEEDS}"), self.seeds));
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
        check_folds(self.folds)?;
        check_minutes(self.minutes)?;
        within("corpus.sample", self.corpus.sample.validate())?;
        within("corpus", self.corpus.validate())?;
        within("tokenizer", self.tokenizer.validate())?;
        within("vocab", self.vocab.validate())?;
        self.validate_embeddings()?;
        within("model", self.model.validate(&self.models, self.training.max_len()))?;
        within("pretraining", self.pretraining.validate())?;
        within("training", self.training.validate())?;
        within("baseline", self.baseline.validate())?;
        within("statistics", self.statistics.validate())?;
        within("diagnosis", self.diagnosis.validate())?;
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
            minutes: 0.0,
            costs: String::new(),
            keep_models: KeepModels::default(),
            diagnose: Diagnose::default(),
            diagnosis: DiagnosisConfig::default(),
            csv_cells: CsvCells::default(),
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
    result.map_err(|error| {
        error.about(|key| {
            let short = key.strip_prefix(section).and_then(|key| key.strip_prefix('.')).unwrap_or(key);
            format!("{section}.{short}")
        })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use documented::DocumentedFields;
    use toml::Value;

    use super::*;
    use crate::config::sections;
    use crate::{Sources, resolve};

    /// Settings that may be any whole number: a large one costs neither memory nor time.
    const UNBOUNDED: [&str; 14] = [
        "seed", // up to i64::MAX
        "corpus.split_seed",
        "corpus.sample.seed",
        "tokenizer.max_token_length",
        "vocab.min_count",
        "vocab.max_vocab_size",
        "training.patience",
        "training.frozen_epochs",
        "baseline.min_df",
        "baseline.char_min_df",
        "diagnosis.few_words",
        "search.min_epochs",
        "search.reduction_factor",
        "search.parallel",
    ];

    /// Every setting that `ninefold config` prints.
    fn all_settings() -> Vec<String> {
        let top = Config::FIELD_NAMES.iter().map(|name| name.to_string());
        let of_sections = sections::all()
            .into_iter()
            .flat_map(|section| section.keys.iter().map(|key| format!("{}.{key}", section.path)).collect::<Vec<_>>());
        top.chain(of_sections).collect()
    }

    /// The value of a setting in a config.
    fn value(config: &Config, key: &str) -> Option<Value> {
        if let Some(name) = key.strip_prefix("embedding.") {
            let own = name.strip_prefix("glove_").unwrap_or(name);
            return config.embedding.iter().find_map(|spec| spec.get(own).unwrap());
        }
        let table = resolve::to_table(config).unwrap();
        key.split('.').try_fold(Value::Table(table), |value, key| value.get(key).cloned())
    }

    /// Numbers that no setting with so written a value should have; `None` for a setting that is no number, or none so written.
    fn absurd(key: &str, written: &str) -> Option<&'static [&'static str]> {
        let mut config = Config::default();
        config.set(key, written).ok()?;
        let first = match value(&config, key)? {
            Value::Array(items) => items.into_iter().next()?,
            value => value,
        };
        match first {
            Value::Integer(_) => Some(&["9223372036854775807"]),
            Value::Float(_) => Some(&["inf", "nan"]),
            _ => None,
        }
    }

    /// The error of a setting with this value, if there is one.
    fn refusal(key: &str, value: &str) -> Option<String> {
        let sources = Sources { settings: vec![(key.to_string(), value.to_string())], ..Sources::default() };
        resolve::resolve(&sources).err().map(|error| error.to_string())
    }

    #[test]
    fn every_numeric_setting_has_bounds() {
        let (mut unbounded, mut numeric) = (Vec::new(), 0);
        for key in all_settings() {
            let mut written = ["1", "[1]", "[1, 2]"].into_iter();
            let Some((written, absurd)) = written.find_map(|written| Some((written, absurd(&key, written)?))) else {
                continue;
            };
            numeric += 1;
            for number in absurd {
                let value = written.replace(['1', '2'], number);
                let name = key.rsplit('.').next().unwrap_or(&key);
                match refusal(&key, &value) {
                    Some(error) if error.contains(name) => (),
                    Some(error) => unbounded.push(format!("{key} = {value}: {error}")),
                    None => unbounded.push(format!("{key} = {value}")),
                }
            }
        }
        assert!(numeric > 80, "{numeric}");
        unbounded.retain(|setting| !UNBOUNDED.contains(&setting.split(' ').next().unwrap_or_default()));
        assert!(unbounded.is_empty(), "{unbounded:#?}");
    }

    #[test]
    fn absurd_values_are_refused_by_their_setting() {
        let settings = [
            ("seeds", "9223372036854775807"),
            ("training.epochs", "9223372036854775807"),
            ("training.batch_size", "9223372036854775807"),
            ("training.max_len", "9223372036854775807"),
            ("training.learning_rate", "inf"),
            ("model.recurrent.hidden_size", "10000000"),
            ("model.recurrent.num_layers", "10000000"),
            ("model.cnn.filters", "9223372036854775807"),
            ("statistics.n_resamples", "9223372036854775807"),
            ("search.trials", "9223372036854775807"),
            ("search.minutes", "1e300"),
            ("search.minutes", "nan"),
        ];
        for (key, value) in settings {
            let sources = Sources { settings: vec![(key.to_string(), value.to_string())], ..Sources::default() };
            let error = resolve(&sources).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{key}: expected ")), "{key} = {value}: {error}");
        }
    }
}
