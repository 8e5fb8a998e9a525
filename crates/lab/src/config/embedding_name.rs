//! What a network reads: the word vectors of one spec, or of several side by side as one input.

use std::fmt;
use std::str::FromStr;

use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::config::embedding::BUILT_IN;

/// An embedding of a comparison: the name of an [`EmbeddingSpec`](crate::EmbeddingSpec), or names with a plus between them,
/// whose vectors are concatenated in that order. Built-in ones come first, in their own order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Embedding(Box<str>);

impl Embedding {
    /// The built-in ones alone: what is compared where nothing else is asked for.
    pub fn built_in() -> Vec<Embedding> {
        BUILT_IN.map(|name| Embedding(name.into())).to_vec()
    }

    /// The names of its specs.
    pub fn specs(&self) -> impl Iterator<Item = &str> {
        self.0.split('+')
    }

    /// Its name in settings, folders and leaderboards: "word2vec+glove".
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Embedding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Why a name is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidEmbedding(String);

impl fmt::Display for InvalidEmbedding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for InvalidEmbedding {}

impl FromStr for Embedding {
    type Err = InvalidEmbedding;

    /// Names with a plus between them. Whether there is such a spec, the config knows.
    fn from_str(text: &str) -> Result<Embedding, InvalidEmbedding> {
        let mut names: Vec<&str> = text.split('+').map(str::trim).collect();
        if names.contains(&"") {
            return Err(InvalidEmbedding(format!("\"{text}\" is not the name of an embedding, nor names joined by +")));
        }
        // Stable: names that are not built in stay in the order in which they were given.
        names.sort_by_key(|name| BUILT_IN.iter().position(|other| other == name).unwrap_or(BUILT_IN.len()));
        match names.iter().enumerate().find(|(place, name)| names[..*place].contains(name)) {
            Some((_, twice)) => Err(InvalidEmbedding(format!("\"{text}\" has {twice} twice"))),
            None => Ok(Embedding(names.join("+").into())),
        }
    }
}

impl Serialize for Embedding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Embedding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Embedding, D::Error> {
        let text = String::deserialize(deserializer)?;
        let expected = "the name of an embedding, or names joined by +, each once";
        text.parse().map_err(|_| D::Error::invalid_value(Unexpected::Str(&text), &expected))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn built_in_embeddings_come_first_in_their_own_order() {
        let name = |text: &str| text.parse::<Embedding>().unwrap().name().to_string();
        assert_eq!(name("glove + word2vec"), "word2vec+glove");
        assert_eq!(name("mine+fasttext+a"), "fasttext+mine+a");
        assert_eq!(name("w2v-wide"), "w2v-wide");
        let embedding: Embedding = "word2vec+glove".parse().unwrap();
        assert_eq!(embedding.specs().collect::<Vec<_>>(), ["word2vec", "glove"]);
    }

    #[test]
    fn a_name_that_is_empty_or_twice_in_a_sum_is_refused() {
        for text in ["", "glove+", "+", "glove+mine+glove"] {
            assert!(text.parse::<Embedding>().is_err(), "{text}");
        }
        let error = "glove+glove".parse::<Embedding>().unwrap_err().to_string();
        assert_eq!(error, "\"glove+glove\" has glove twice");
    }
}
