//! Everything that a comparison depends on, composed of the settings of the modules that do the work.
//!
//! A file's sections are the fields of [`Config`]; the doc comment of a field is what `ninefold config` prints above its key.

mod commented;
pub(crate) mod embedding;
pub(crate) mod embedding_kind;
pub(crate) mod ensemble;
pub(crate) mod keep_models;
mod own_pooling;
pub(crate) mod presets;
pub(crate) mod resolve;

use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

use crate::{
    BaselineConfig, BaselineKind, DistillConfig, Embedding, EmbeddingConfig, EmbeddingKind, EnsembleKind, KeepModels,
    LogKind, SearchConfig,
};
use ninefold_core::error::{Error, Result};
use ninefold_data::CorpusConfig;
use ninefold_metrics::StatisticsConfig;
use ninefold_nn::layers::{Pooling, Precision, RecurrentInit};
use ninefold_nn::model::{ModelKind, NeuralConfig};
use ninefold_nn::train::TrainConfig;
use ninefold_nn::train::pretrain::PretrainConfig;
use ninefold_text::tokenize::TokenizerConfig;
use ninefold_text::vocab::VocabConfig;
use ninefold_vectors::outside::OutOfVocabulary;

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
    /// Embeddings to compare: any of "word2vec", "fasttext", "glove", or several side by side as one input, such as
    /// "word2vec+glove".
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
    /// How tokens become vectors.
    pub embedding: EmbeddingConfig,
    /// The shape of the networks.
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

/// Buckets of pairs of words at most: twice those of fastText. At 100 dimensions training them takes 7 GB.
const MAX_BUCKETS: usize = 1 << 22;

/// The shape that all networks share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct ModelConfig {
    /// Recurrent networks: units of each direction of each layer.
    pub hidden_size: usize,
    /// Recurrent networks: layers.
    pub num_layers: usize,
    /// Recurrent networks: read every text from both ends.
    pub bidirectional: bool,
    /// Share of values dropped in training: on embeddings, between layers and before the head.
    pub dropout: f64,
    /// Drop the same values at all tokens of a text (locked, or variational, dropout), not others at each.
    pub locked_dropout: bool,
    /// Share of tokens whose whole vector is dropped in training.
    pub word_dropout: f64,
    /// Recurrent networks: share of the weights between states (weight_hh) dropped in training, the same in all steps of a
    /// batch (as in AWD-LSTM).
    pub recurrent_dropout: f64,
    /// Recurrent networks: normalise the states of every layer (layer normalisation), with a learned gain and bias for each
    /// unit.
    pub layer_norm: bool,
    /// Recurrent networks: how the weights begin, "uniform" (as in PyTorch) or "orthogonal" (and the LSTM's forget gate open).
    pub recurrent_init: RecurrentInit,
    /// Convolutions: how many words a filter sees, rising; for each width there are as many filters.
    pub filter_widths: Vec<usize>,
    /// Convolutions: how many filters of each width.
    pub filters: usize,
    /// How the vectors of a text's tokens become one: "last" (the last states of a recurrent network), "mean", "max",
    /// "mean_max" and "mean_max_last" (side by side), "segments" (the largest of each of some equal segments), "attention" (a
    /// learned mean), or "own": what each network is known by, "last" for rnn, lstm and gru, "max" for cnn, "mean_max" for
    /// swem.
    #[serde(with = "crate::config::own_pooling")]
    pub pooling: Option<Pooling>,
    /// Segments of pooling = "segments". A text with fewer tokens leaves some empty: zeros.
    pub segments: usize,
    /// Recurrent networks: cut texts into even chunks of at most so many tokens, which are read side by side, each from a fresh
    /// state, and pooled together: long texts take fewer steps, and nothing has to be remembered for longer. Not with
    /// pooling = "last". 0: whole.
    pub chunk_len: usize,
    /// Keep the word vectors as they come; false trains them on with the network.
    pub freeze_embeddings: bool,
    /// Add to each token's vector a learned one of the token before it and itself. Pairs are hashed into so many buckets (131072 will
    /// do for most texts); their vectors begin at zero, learn at the rate of word vectors also where those are frozen, and take a
    /// step only with a batch that reads them. 0: none.
    pub bigram_buckets: usize,
    /// The numbers of the matrix products of recurrent networks and convolutions: "f32", or "bf16" where the processor
    /// multiplies them (AVX-512 BF16: about twice as fast; sums, states and weights stay f32).
    pub precision: Precision,
}

impl ModelConfig {
    /// Refuses settings that have no meaning.
    ///
    /// # Errors
    /// [`Error::Config`] with the key.
    pub fn validate(&self) -> Result<()> {
        let counts = [
            ("hidden_size", self.hidden_size),
            ("num_layers", self.num_layers),
            ("segments", self.segments),
            ("filters", self.filters),
        ];
        for (key, value) in counts {
            if value == 0 {
                return Err(Error::config(key, "at least 1", value));
            }
        }
        if self.bigram_buckets > MAX_BUCKETS {
            let expected = format!("at most {MAX_BUCKETS} (131072 will do for most texts; 0: none)");
            return Err(Error::config("bigram_buckets", expected, self.bigram_buckets));
        }
        let widths = &self.filter_widths;
        if widths.first().is_none_or(|&width| width == 0) || !widths.is_sorted_by(|a, b| a < b) {
            return Err(Error::config("filter_widths", "one or more widths from 1 up, rising", format!("{widths:?}")));
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

    /// False for a setting of this section that has no say in a network of that family.
    pub(crate) fn concerns(key: &str, kind: ModelKind) -> bool {
        match key {
            "hidden_size" | "num_layers" | "bidirectional" | "recurrent_init" => kind.cell().is_some(),
            "filter_widths" | "filters" => kind == ModelKind::Cnn,
            "precision" => kind != ModelKind::Swem,
            _ => true,
        }
    }

    /// How a network of that family pools.
    pub fn pooling_of(&self, kind: ModelKind) -> Pooling {
        self.pooling.unwrap_or(kind.own_pooling())
    }

    /// The classifier of one family for so many classes.
    pub fn classifier(&self, kind: ModelKind, num_classes: usize) -> NeuralConfig {
        NeuralConfig {
            kind,
            hidden_size: self.hidden_size,
            num_layers: self.num_layers,
            bidirectional: self.bidirectional,
            dropout: self.dropout,
            locked_dropout: self.locked_dropout,
            word_dropout: self.word_dropout,
            recurrent_dropout: self.recurrent_dropout,
            layer_norm: self.layer_norm,
            recurrent_init: self.recurrent_init,
            filter_widths: self.filter_widths.clone(),
            filters: self.filters,
            pooling: self.pooling_of(kind),
            segments: self.segments,
            chunk_len: self.chunk_len,
            freeze_embeddings: self.freeze_embeddings,
            bigram_buckets: self.bigram_buckets,
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
        if !self.ensembles.is_empty() {
            distinct("ensembles", &self.ensembles)?;
        }
        within("corpus.sample", self.corpus.sample.validate())?;
        within("corpus", self.corpus.validate())?;
        within("tokenizer", self.tokenizer.validate())?;
        within("vocab", self.vocab.validate())?;
        within("embedding", self.embedding.validate())?;
        if self.embedding.out_of_vocabulary == OutOfVocabulary::Subwords && !self.may_have_ngrams() {
            let names: Vec<&str> = self.embeddings.iter().map(|embedding| embedding.name()).collect();
            let expected = format!(
                "\"unk\", as {} has no n-grams (fasttext has, and a fastText model given as embedding.glove)",
                names.join(", ")
            );
            return Err(Error::config("embedding.out_of_vocabulary", expected, "\"subwords\""));
        }
        within("model", self.model.validate())?;
        within("pretraining", self.pretraining.validate())?;
        within("training", self.training.validate())?;
        if self.model.pooling == Some(Pooling::Segments) && self.model.segments > self.training.max_len {
            let expected = format!("at most training.max_len, {}", self.training.max_len);
            return Err(Error::config("model.segments", expected, self.model.segments));
        }
        let widest = self.model.filter_widths.last().copied().unwrap_or_default();
        if self.models.contains(&ModelKind::Cnn) && widest > self.training.max_len {
            let expected = format!("at most training.max_len, {}", self.training.max_len);
            return Err(Error::config("model.filter_widths", expected, widest));
        }
        let endless = self.models.iter().find(|kind| kind.cell().is_none());
        if let (Some(pooling), Some(kind)) = (self.model.pooling.filter(|pooling| pooling.needs_last()), endless) {
            let expected = format!("a pooling without the last state, which {} does not have", kind.name());
            return Err(Error::config("model.pooling", expected, format!("\"{}\"", pooling.name())));
        }
        let reads_ends = |kind: &ModelKind| kind.cell().is_some() && self.model.pooling_of(*kind) == Pooling::Last;
        if self.model.chunk_len > 0 && self.models.iter().any(reads_ends) {
            let expected = "a pooling over all tokens, such as \"mean_max_last\", as model.chunk_len is set (\"last\" would \
                            read the first and the last chunk of a text alone)";
            return Err(Error::config("model.pooling", expected, "last"));
        }
        if self.model.chunk_len > self.training.max_len {
            let expected = format!("at most training.max_len, {} (0: no chunks)", self.training.max_len);
            return Err(Error::config("model.chunk_len", expected, self.model.chunk_len));
        }
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

    /// True when GloVe takes part and is loaded rather than trained.
    pub(crate) fn loads_glove(&self) -> bool {
        !self.embedding.trains_glove()
            && self.embeddings.iter().any(|embedding| embedding.contains(EmbeddingKind::Glove))
    }

    /// False when no embedding can have n-grams; what a file has, only reading it tells.
    pub(crate) fn may_have_ngrams(&self) -> bool {
        self.loads_glove() || self.embeddings.iter().any(|embedding| embedding.contains(EmbeddingKind::Fasttext))
    }

    /// The pairs to train, one embedding's networks after another.
    pub fn pairs(&self) -> impl Iterator<Item = (Embedding, ModelKind)> + '_ {
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
