//! Which embeddings a comparison has: the names in `embeddings` -> the specs that they stand for.

use crate::config::embedding_list::written_key;
use crate::{Config, Embedding, EmbeddingKind, EmbeddingSpec};
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::{did_you_mean, nearest};

impl Config {
    /// Every spec by itself, and that each name in `embeddings` is one's.
    pub(super) fn validate_embeddings(&self) -> Result<()> {
        for (place, spec) in self.embedding.iter().enumerate() {
            if self.embedding[..place].iter().any(|other| other.name == spec.name) {
                let found = format!("\"{}\" twice", spec.name);
                return Err(Error::invalid_value("embedding.name", "another name for each [[embedding]]", found));
            }
            spec.validate().map_err(|error| error.about(|key| written_key(spec, key)))?;
        }
        let known: Vec<&str> = self.embedding.iter().map(|spec| spec.name.as_str()).collect();
        match self.embeddings.iter().flat_map(Embedding::specs).find(|name| !known.contains(name)) {
            Some(unknown) => {
                let hint = did_you_mean(nearest(unknown, &known));
                let expected = format!("names of embeddings: {}{hint}", known.join(", "));
                Err(Error::invalid_value("embeddings", expected, format!("\"{unknown}\"")))
            }
            None => self.validate_subwords(),
        }
    }

    /// That something can have n-grams where words are to be read by them.
    fn validate_subwords(&self) -> Result<()> {
        if !self.reads_subwords().is_empty() && !self.may_have_ngrams() {
            let names: Vec<&str> = self.embeddings.iter().map(|embedding| embedding.name()).collect();
            let expected = format!(
                "\"unk\", as {} has no n-grams (fasttext has, and a fastText model given as embedding.glove)",
                names.join(", ")
            );
            return Err(Error::invalid_value("embedding.out_of_vocabulary", expected, "\"subwords\""));
        }
        Ok(())
    }

    /// The specs of an embedding that [`validate`](Config::validate) has passed.
    pub fn specs<'a>(&'a self, embedding: &'a Embedding) -> impl Iterator<Item = &'a EmbeddingSpec> {
        embedding.specs().filter_map(|name| self.embedding.iter().find(|spec| spec.name == name))
    }

    /// The specs that take part in a comparison.
    pub(crate) fn compared_specs(&self) -> impl Iterator<Item = &EmbeddingSpec> {
        self.embeddings.iter().flat_map(|embedding| self.specs(embedding))
    }

    /// True when vectors of the embedding are loaded rather than trained.
    pub(crate) fn loads(&self, embedding: &Embedding) -> bool {
        self.specs(embedding).any(|spec| matches!(spec.kind, EmbeddingKind::Pretrained(_)))
    }

    /// The specs that read words outside of the vocabulary by their n-grams.
    fn reads_subwords(&self) -> Vec<&EmbeddingSpec> {
        self.compared_specs().filter(|spec| spec.reads_subwords()).collect()
    }

    /// False when no embedding that is to read words by their n-grams can have n-grams.
    pub(crate) fn may_have_ngrams(&self) -> bool {
        self.reads_subwords().iter().any(|spec| spec.kind.may_have_ngrams())
    }
}
