//! The settings that networks of all families share.

use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

use super::{fraction, size_within};
use crate::layers::{Pooling, Precision};
use ninefold_core::error::{Error, Result};

/// Buckets of pairs of words at most: twice those of fastText. At 100 dimensions training them takes 7 GB.
const MAX_BUCKETS: usize = 1 << 22;

/// Segments at most: as many as a long text has words.
const MAX_SEGMENTS: usize = 1024;

/// Settings of all networks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct SharedConfig {
    /// Fraction of values dropped in training: on embeddings, between layers and before the head.
    pub dropout: f64,
    /// Drop the same values at all tokens of a text (locked, or variational, dropout), not others at each.
    pub locked_dropout: bool,
    /// Fraction of tokens whose whole vector is dropped in training.
    pub word_dropout: f64,
    /// Pooling of the token vectors of a text: "last" (final states of a recurrent network), "mean", "max", "mean_max" and
    /// "mean_max_last" (concatenated), "segments" (max over equal segments), "attention" (learned weighted mean), or "own": the
    /// usual pooling of each network, "last" for rnn, lstm and gru, "max" for cnn, "mean_max" for swem.
    #[serde(with = "own_pooling")]
    pub pooling: Option<Pooling>,
    /// Number of segments of pooling = "segments". Empty segments of short texts are zeros.
    pub segments: usize,
    /// Keep the word vectors fixed; false trains them with the network.
    pub freeze_embeddings: bool,
    /// Add a learned bigram vector to each token's vector. Bigrams are hashed into this many buckets (131072 suffices for most
    /// texts); their vectors start at zero, use the learning rate of word vectors even where those are frozen, and are updated
    /// only in batches that contain them. 0: no bigrams.
    pub bigram_buckets: usize,
    /// Precision of matrix multiplications in recurrent networks and convolutions: "f32", or "bf16" on processors with AVX-512
    /// BF16 (accumulators, states and weights stay f32).
    pub precision: Precision,
}

impl Default for SharedConfig {
    fn default() -> SharedConfig {
        SharedConfig {
            dropout: 0.3,
            locked_dropout: false,
            word_dropout: 0.0,
            pooling: None,
            segments: 4,
            freeze_embeddings: false,
            bigram_buckets: 0,
            precision: Precision::F32,
        }
    }
}

impl SharedConfig {
    /// The defaults, with nothing dropped in training.
    pub fn without_dropout() -> SharedConfig {
        SharedConfig { dropout: 0.0, ..SharedConfig::default() }
    }

    /// Refuses settings that have no meaning.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the key.
    pub fn check(&self) -> Result<()> {
        size_within("segments", self.segments, MAX_SEGMENTS)?;
        if self.bigram_buckets > MAX_BUCKETS {
            let expected = format!("at most {MAX_BUCKETS} (131072 will do for most texts; 0: none)");
            return Err(Error::invalid_value("bigram_buckets", expected, self.bigram_buckets));
        }
        fraction("dropout", self.dropout)?;
        fraction("word_dropout", self.word_dropout)
    }
}

/// `pooling` as one word: a pooling, or "own" for `None`.
mod own_pooling {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::layers::Pooling;

    /// Every word; the first stands for each network's own pooling.
    const WORDS: [&str; 1 + Pooling::ALL.len()] = {
        let mut words = ["own"; 1 + Pooling::ALL.len()];
        let mut index = 0;
        while index < Pooling::ALL.len() {
            words[1 + index] = Pooling::ALL[index].name();
            index += 1;
        }
        words
    };

    pub(super) fn serialize<S: Serializer>(pooling: &Option<Pooling>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(pooling.map_or(WORDS[0], Pooling::name))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Pooling>, D::Error> {
        let word = String::deserialize(deserializer)?;
        match WORDS.iter().position(|known| *known == word) {
            Some(index) => Ok(index.checked_sub(1).map(|index| Pooling::ALL[index])),
            None => Err(D::Error::unknown_variant(&word, &WORDS)),
        }
    }
}
