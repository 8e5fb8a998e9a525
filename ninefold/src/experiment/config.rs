//! Everything that a comparison depends on, composed of the settings of the modules that do the work.
//!
//! A file's sections are the fields of [`Config`]; the doc comment of a field is what `ninefold config` prints above its key.

use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

use super::{BaselineConfig, BaselineKind, EmbeddingConfig, LogKind, SearchConfig};
use crate::corpus::CorpusConfig;
use crate::error::{Error, Result};
use crate::eval::StatisticsConfig;
use crate::model::RecurrentClassifierConfig;
use crate::nn::{CellKind, Pooling, Precision, RecurrentInit};
use crate::tokenize::TokenizerConfig;
use crate::train::TrainConfig;
use crate::vocab::VocabConfig;

/// One comparison: which texts, which embeddings, which networks, and every setting of each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Seed of word vectors, weights, dropout and shuffling. (The split has its own: corpus.split_seed.)
    pub seed: u64,
    /// Train every pair so many times: with this seed, the next, and so on. Vectors and split stay the same.
    pub seeds: usize,
    /// Embeddings to compare: any of "word2vec", "fasttext", "glove".
    pub embeddings: Vec<EmbeddingKind>,
    /// Networks to compare: any of "rnn", "lstm", "gru".
    pub models: Vec<CellKind>,
    /// Baselines beside them: any of "majority", "multinomial_nb", "complement_nb", "tfidf_logistic", "tfidf_svm",
    /// "mean_logistic", "fasttext_supervised".
    pub baselines: Vec<BaselineKind>,
    /// Logs of each training that other programs read: any of "tensorboard", "jsonl".
    pub log: Vec<LogKind>,
    /// The texts, their labels and how they are split.
    pub corpus: CorpusConfig,
    /// How texts become tokens.
    pub tokenizer: TokenizerConfig,
    /// Which tokens are known.
    pub vocab: VocabConfig,
    /// How tokens become vectors.
    pub embedding: EmbeddingConfig,
    /// The shape of the networks.
    pub model: ModelConfig,
    /// How the networks are trained.
    pub training: TrainConfig,
    /// The baselines.
    pub baseline: BaselineConfig,
    /// Intervals and comparisons.
    pub statistics: StatisticsConfig,
    /// `ninefold search`: how long, and over what.
    pub search: SearchConfig,
}

/// Which word vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EmbeddingKind {
    /// Skip-gram or CBOW over words.
    Word2vec,
    /// The same over words and their n-grams.
    Fasttext,
    /// From co-occurrence counts, or pretrained.
    Glove,
}

impl EmbeddingKind {
    /// All of them.
    pub const ALL: [EmbeddingKind; 3] = [EmbeddingKind::Word2vec, EmbeddingKind::Fasttext, EmbeddingKind::Glove];

    /// Its name in settings, folders and leaderboards.
    pub fn name(self) -> &'static str {
        match self {
            EmbeddingKind::Word2vec => "word2vec",
            EmbeddingKind::Fasttext => "fasttext",
            EmbeddingKind::Glove => "glove",
        }
    }
}

/// The shape that all networks share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct ModelConfig {
    /// Units of each direction of each layer.
    pub hidden_size: usize,
    /// Recurrent layers.
    pub num_layers: usize,
    /// Read every text from both ends.
    pub bidirectional: bool,
    /// Share of values dropped in training: on embeddings, between layers and before the head.
    pub dropout: f64,
    /// Drop the same values at all tokens of a text (locked, or variational, dropout), not others at each.
    pub locked_dropout: bool,
    /// Share of tokens whose whole vector is dropped in training.
    pub word_dropout: f64,
    /// Share of the recurrent weights (weight_hh) dropped in training, the same in all steps of a batch (as in AWD-LSTM).
    pub recurrent_dropout: f64,
    /// Normalise the states of every layer (layer normalisation), with a learned gain and bias for each unit.
    pub layer_norm: bool,
    /// How the recurrent weights begin: "uniform" (as in PyTorch) or "orthogonal" (and the LSTM's forget gate open).
    pub recurrent_init: RecurrentInit,
    /// How the states of a text become one vector: "last", "mean", "max", "mean_max_last" (side by side), "segments" (the
    /// largest of each of some equal segments), "attention" (a learned mean).
    pub pooling: Pooling,
    /// Segments of pooling = "segments". A text with fewer tokens leaves some empty: zeros.
    pub segments: usize,
    /// Cut texts into even chunks of at most so many tokens, which are read side by side, each from a fresh state, and pooled
    /// together: long texts take fewer steps, and nothing has to be remembered for longer. Not with pooling = "last". 0: whole.
    pub chunk_len: usize,
    /// Keep the word vectors as they come; false trains them on with the network.
    pub freeze_embeddings: bool,
    /// The numbers of the recurrent layers' matrix products: "f32", or "bf16" where the processor multiplies them
    /// (AVX-512 BF16: about twice as fast; sums, states and weights stay f32).
    pub precision: Precision,
}

impl ModelConfig {
    /// Refuses settings that have no meaning.
    ///
    /// # Errors
    /// [`Error::Config`] with the key.
    pub fn validate(&self) -> Result<()> {
        let counts = [("hidden_size", self.hidden_size), ("num_layers", self.num_layers), ("segments", self.segments)];
        for (key, value) in counts {
            if value == 0 {
                return Err(Error::config(key, "at least 1", value));
            }
        }
        if self.chunk_len > 0 && self.pooling == Pooling::Last {
            let expected = "a pooling over all tokens, such as \"mean_max_last\", as model.chunk_len is set (\"last\" would \
                            read the first and the last chunk of a text alone)";
            return Err(Error::config("pooling", expected, "last"));
        }
        let shares = [
            ("dropout", self.dropout),
            ("word_dropout", self.word_dropout),
            ("recurrent_dropout", self.recurrent_dropout),
        ];
        match shares.into_iter().find(|(_, value)| !(0.0..1.0).contains(value)) {
            Some((key, value)) => Err(Error::config(key, "a share from 0 to below 1", value)),
            None => Ok(()),
        }
    }

    /// The classifier of one cell for so many classes.
    pub fn classifier(&self, cell: CellKind, num_classes: usize) -> RecurrentClassifierConfig {
        RecurrentClassifierConfig {
            cell,
            hidden_size: self.hidden_size,
            num_layers: self.num_layers,
            bidirectional: self.bidirectional,
            dropout: self.dropout,
            locked_dropout: self.locked_dropout,
            word_dropout: self.word_dropout,
            recurrent_dropout: self.recurrent_dropout,
            layer_norm: self.layer_norm,
            recurrent_init: self.recurrent_init,
            pooling: self.pooling,
            segments: self.segments,
            chunk_len: self.chunk_len,
            freeze_embeddings: self.freeze_embeddings,
            num_classes,
            precision: self.precision,
        }
    }
}

impl Config {
    /// Checks every setting of every section.
    ///
    /// # Errors
    /// [`Error::Config`] names the first one without meaning, as `section.key`.
    pub fn validate(&self) -> Result<()> {
        if self.seed > i64::MAX as u64 {
            return Err(Error::config("seed", format!("at most {}", i64::MAX), self.seed));
        }
        if self.seeds == 0 {
            return Err(Error::config("seeds", "at least 1", 0));
        }
        distinct("embeddings", &self.embeddings)?;
        distinct("models", &self.models)?;
        if !self.baselines.is_empty() {
            distinct("baselines", &self.baselines)?;
        }
        within("corpus.sample", self.corpus.sample.validate())?;
        within("corpus", self.corpus.validate())?;
        within("tokenizer", self.tokenizer.validate())?;
        within("vocab", self.vocab.validate())?;
        within("embedding", self.embedding.validate())?;
        within("model", self.model.validate())?;
        within("training", self.training.validate())?;
        if self.model.pooling == Pooling::Segments && self.model.segments > self.training.max_len {
            let expected = format!("at most training.max_len, {}", self.training.max_len);
            return Err(Error::config("model.segments", expected, self.model.segments));
        }
        if self.model.chunk_len > self.training.max_len {
            let expected = format!("at most training.max_len, {} (0: no chunks)", self.training.max_len);
            return Err(Error::config("model.chunk_len", expected, self.model.chunk_len));
        }
        within("baseline", self.baseline.validate())?;
        within("statistics", self.statistics.validate())?;
        within("search", self.search.validate())
    }

    /// The seeds of each pair.
    pub fn all_seeds(&self) -> impl Iterator<Item = u64> + use<> {
        self.seed..self.seed.saturating_add(self.seeds as u64)
    }

    /// The same without what has no say in any score.
    pub(super) fn settled(&self) -> Config {
        Config { search: SearchConfig::default(), log: Vec::new(), ..self.clone() }
    }

    /// True when GloVe takes part and is loaded rather than trained.
    pub(super) fn loads_glove(&self) -> bool {
        self.embeddings.contains(&EmbeddingKind::Glove) && !self.embedding.trains_glove()
    }

    /// The pairs to train, one embedding's networks after another.
    pub fn pairs(&self) -> impl Iterator<Item = (EmbeddingKind, CellKind)> + '_ {
        self.embeddings.iter().flat_map(|&embedding| self.models.iter().map(move |&model| (embedding, model)))
    }
}

/// At least one, and none twice.
fn distinct<T: PartialEq + std::fmt::Debug>(key: &str, list: &[T]) -> Result<()> {
    let repeated = list.iter().enumerate().any(|(place, item)| list[..place].contains(item));
    if list.is_empty() || repeated {
        return Err(Error::config(key, "one or more, each once", format!("{list:?}").to_lowercase()));
    }
    Ok(())
}

/// Puts the section's name before the key of a config error.
fn within(section: &str, result: Result<()>) -> Result<()> {
    result.map_err(|error| match error {
        Error::Config { key, expected, found } => {
            let short = key.strip_prefix(section).and_then(|key| key.strip_prefix('.')).unwrap_or(&key);
            Error::Config { key: format!("{section}.{short}"), expected, found }
        }
        other => other,
    })
}
