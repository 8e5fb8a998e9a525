//! The settings of word vectors, shared by the three that are compared.
//!
//! One `dim`, one `window`, one number of epochs for all: what differs between rows of a leaderboard is the method.

use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

use ninefold_core::error::{Error, Result};
use ninefold_embeddings::Architecture;
use ninefold_embeddings::fasttext::FastTextConfig;
use ninefold_embeddings::glove::GloveConfig;
use ninefold_embeddings::word2vec::Word2VecConfig;
use ninefold_vectors::matrix::Unknown;
use ninefold_vectors::outside::OutOfVocabulary;

/// How word vectors are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct EmbeddingConfig {
    /// Length of the vectors.
    pub dim: usize,
    /// Most words on either side that count as context.
    pub window: usize,
    /// Passes of Word2Vec and FastText over the training texts.
    pub epochs: usize,
    /// Word2Vec and FastText: "skip_gram" (each context word predicts the middle word) or "cbow" (their mean does).
    pub architecture: Architecture,
    /// Word2Vec and FastText: noise words that each prediction is told apart from.
    pub negative: usize,
    /// Word2Vec and FastText: noise words are drawn by count to this power.
    pub ns_exponent: f64,
    /// Word2Vec and FastText: words more frequent than about this share of the text are thinned out; 0: none is.
    pub sample: f64,
    /// Word2Vec and FastText: learning rate at the start; it falls linearly to almost nothing.
    pub learning_rate: f64,
    /// FastText: shortest n-gram, in characters.
    pub min_n: usize,
    /// FastText: longest n-gram.
    pub max_n: usize,
    /// FastText: number of buckets that n-grams are hashed into.
    pub bucket: u32,
    /// "train" trains GloVe on the training texts; else the path of a file with pretrained vectors, or a member of
    /// glove.6B.zip such as "6B.100d" (found in NINEFOLD_DATA_DIR or fetched).
    pub glove: String,
    /// GloVe: passes over the co-occurrences.
    pub glove_epochs: usize,
    /// GloVe: AdaGrad's learning rate.
    pub glove_learning_rate: f64,
    /// GloVe: co-occurrences above this count all weigh the same.
    pub x_max: f64,
    /// GloVe: rarer ones weigh (count / x_max) to this power.
    pub weight_exponent: f64,
    /// Vector of a word that has none: "random" (of the same variance as the others), "mean" or "zero".
    pub unknown: Unknown,
    /// What networks read where a token is not in the vocabulary: "unk" (one vector for all), or "subwords": the mean of the vectors
    /// of its n-grams, for embeddings that have n-grams (FastText, or a fastText model as glove). Those of the vocabulary's words
    /// count; they stay as they come, and the saved model keeps them.
    pub out_of_vocabulary: OutOfVocabulary,
}

impl Default for EmbeddingConfig {
    fn default() -> EmbeddingConfig {
        let (word2vec, fasttext, glove) =
            (Word2VecConfig::default(), FastTextConfig::default(), GloveConfig::default());
        EmbeddingConfig {
            dim: 100,
            window: 5,
            epochs: 10,
            architecture: word2vec.architecture,
            negative: word2vec.negative,
            ns_exponent: word2vec.ns_exponent,
            sample: word2vec.sample,
            learning_rate: word2vec.learning_rate,
            min_n: fasttext.min_n,
            max_n: fasttext.max_n,
            bucket: fasttext.bucket,
            glove: "train".to_string(),
            glove_epochs: glove.epochs,
            glove_learning_rate: glove.learning_rate,
            x_max: glove.x_max,
            weight_exponent: glove.weight_exponent,
            unknown: Unknown::default(),
            out_of_vocabulary: OutOfVocabulary::default(),
        }
    }
}

impl EmbeddingConfig {
    /// Refuses settings that have no meaning. Reads no file.
    ///
    /// # Errors
    /// [`Error::Config`](ninefold_core::Error::Config) with the key.
    pub fn validate(&self) -> Result<()> {
        if self.glove.trim().is_empty() {
            return Err(Error::config("glove", "\"train\", a name such as \"6B.100d\", or a path", "nothing"));
        }
        self.word2vec(0, 1).validate()?;
        self.fasttext(0, 1).validate()?;
        self.glove(0, 1).validate().map_err(|error| match error {
            Error::Config { key, expected, found } if key == "epochs" || key == "learning_rate" => {
                Error::Config { key: format!("glove_{key}"), expected, found }
            }
            other => other,
        })
    }

    /// True when GloVe is trained rather than loaded.
    pub fn trains_glove(&self) -> bool {
        self.glove == "train"
    }

    /// The settings of Word2Vec.
    pub fn word2vec(&self, seed: u64, threads: usize) -> Word2VecConfig {
        Word2VecConfig {
            dim: self.dim,
            architecture: self.architecture,
            window: self.window,
            negative: self.negative,
            ns_exponent: self.ns_exponent,
            sample: self.sample,
            epochs: self.epochs,
            learning_rate: self.learning_rate,
            seed,
            threads,
            ..Word2VecConfig::default()
        }
    }

    /// The settings of FastText.
    pub fn fasttext(&self, seed: u64, threads: usize) -> FastTextConfig {
        FastTextConfig {
            min_n: self.min_n,
            max_n: self.max_n,
            bucket: self.bucket,
            ..self.word2vec(seed, threads).into()
        }
    }

    /// The settings of GloVe, where it is trained.
    pub fn glove(&self, seed: u64, threads: usize) -> GloveConfig {
        GloveConfig {
            dim: self.dim,
            window: self.window,
            epochs: self.glove_epochs,
            learning_rate: self.glove_learning_rate,
            x_max: self.x_max,
            weight_exponent: self.weight_exponent,
            seed,
            threads,
            ..GloveConfig::default()
        }
    }
}
