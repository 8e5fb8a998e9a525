//! Which word vectors a network reads: one kind, or several kinds side by side as one input.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A kind of word vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
        Embedding::from(self).name()
    }
}

/// An embedding of a comparison: one kind of word vectors, or several whose vectors stand side by side, each word's in the order
/// of [`EmbeddingKind::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Embedding(u8); // a bit per kind, at least one of them

/// Names of all embeddings, by their bits.
const NAMES: [&str; 8] = [
    "",
    "word2vec",
    "fasttext",
    "word2vec+fasttext",
    "glove",
    "word2vec+glove",
    "fasttext+glove",
    "word2vec+fasttext+glove",
];

impl Embedding {
    /// One kind each: what is compared where nothing else is asked for.
    pub const SINGLE: [Embedding; 3] = [Embedding(1), Embedding(2), Embedding(4)];

    /// Its kinds.
    pub fn kinds(self) -> impl Iterator<Item = EmbeddingKind> {
        EmbeddingKind::ALL.into_iter().filter(move |&kind| self.contains(kind))
    }

    /// Whether vectors of that kind are part of it.
    pub fn contains(self, kind: EmbeddingKind) -> bool {
        self.0 & Embedding::from(kind).0 != 0
    }

    /// Its name in settings, folders and leaderboards: "word2vec+glove".
    pub fn name(self) -> &'static str {
        NAMES[usize::from(self.0)]
    }
}

impl From<EmbeddingKind> for Embedding {
    fn from(kind: EmbeddingKind) -> Embedding {
        Embedding(1 << kind as u8)
    }
}

impl fmt::Display for Embedding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// A name that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownEmbedding;

impl FromStr for Embedding {
    type Err = UnknownEmbedding;

    /// Kinds in any order, with a plus between them.
    fn from_str(name: &str) -> Result<Embedding, UnknownEmbedding> {
        name.split('+').try_fold(Embedding(0), |so_far, name| {
            let kind =
                EmbeddingKind::ALL.into_iter().find(|kind| kind.name() == name.trim()).ok_or(UnknownEmbedding)?;
            if so_far.contains(kind) {
                Err(UnknownEmbedding)
            } else {
                Ok(Embedding(so_far.0 | Embedding::from(kind).0))
            }
        })
    }
}

impl Serialize for Embedding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Embedding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Embedding, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(|_| D::Error::unknown_variant(&name, &NAMES[1..]))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_name_is_read_as_the_embedding_that_has_it() {
        for name in &NAMES[1..] {
            let embedding: Embedding = name.parse().unwrap();
            assert_eq!(embedding.name(), *name);
            let kinds: Vec<&str> = embedding.kinds().map(EmbeddingKind::name).collect();
            assert_eq!(kinds.join("+"), *name);
        }
        assert_eq!("glove + word2vec".parse::<Embedding>().unwrap().name(), "word2vec+glove");
        for name in ["", "glove+", "elmo", "glove+glove"] {
            assert_eq!(name.parse::<Embedding>(), Err(UnknownEmbedding), "{name}");
        }
    }
}
