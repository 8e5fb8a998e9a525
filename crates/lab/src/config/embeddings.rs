//! Which embeddings a comparison has: the names in `embeddings` -> the specs that they stand for.

use std::collections::BTreeMap;

use crate::config::embedding_list::written_key;
use crate::{Config, Embedding, EmbeddingKind, EmbeddingSpec};
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::{did_you_mean, nearest};
use ninefold_text::tokenize::TokenizerConfig;

impl Config {
    /// Every spec by itself, and that each name in `embeddings` is one's.
    pub(super) fn validate_embeddings(&self) -> Result<()> {
        for (place, spec) in self.embedding.iter().enumerate() {
            if self.embedding[..place].iter().any(|other| other.name == spec.name) {
                let found = format!("\"{}\" twice", spec.name);
                return Err(Error::invalid_value("embedding.name", "another name for each [[embedding]]", found));
            }
            let unit = spec.own_unit().map(|unit| self.tokenizer_of(unit).validate());
            let checked = spec.validate().and(unit.unwrap_or(Ok(())));
            checked.map_err(|error| error.about(|key| written_key(spec, key)))?;
        }
        let known: Vec<&str> = self.embedding.iter().map(|spec| spec.name.as_str()).collect();
        match self.embeddings.iter().flat_map(Embedding::specs).find(|name| !known.contains(name)) {
            Some(unknown) => {
                let hint = did_you_mean(nearest(unknown, &known));
                let expected = format!("names of embeddings: {}{hint}", known.join(", "));
                Err(Error::invalid_value("embeddings", expected, format!("\"{unknown}\"")))
            }
            None => self.validate_subwords().and_then(|()| self.validate_units()),
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

    /// That the specs of an embedding have the same tokens, side by side.
    fn validate_units(&self) -> Result<()> {
        for embedding in &self.embeddings {
            let mut units = self.specs(embedding).map(|spec| (spec, self.own_unit(spec)));
            let Some((_, first)) = units.next() else { continue };
            if let Some((spec, _)) = units.find(|(_, unit)| *unit != first) {
                let expected = format!(
                    "the unit of the other embeddings in \"{}\", which have a vector for each token",
                    embedding.name()
                );
                return Err(Error::invalid_value(written_key(spec, "unit"), expected, format!("\"{}\"", spec.unit)));
            }
        }
        Ok(())
    }

    /// The unit of a spec, where it is not that of the comparison.
    fn own_unit<'a>(&self, spec: &'a EmbeddingSpec) -> Option<&'a str> {
        spec.own_unit().filter(|unit| *unit != self.tokenizer.unit)
    }

    /// The tokenizer with another unit.
    pub(crate) fn tokenizer_of(&self, unit: &str) -> TokenizerConfig {
        TokenizerConfig { unit: unit.to_string(), subword_rules: Vec::new(), ..self.tokenizer.clone() }
    }

    /// The units of embeddings that are not that of the comparison, each with its embeddings.
    pub(crate) fn own_units(&self) -> BTreeMap<String, Vec<Embedding>> {
        let mut units: BTreeMap<String, Vec<Embedding>> = BTreeMap::new();
        for embedding in &self.embeddings {
            if let Some(unit) = self.specs(embedding).next().and_then(|spec| self.own_unit(spec)) {
                units.entry(unit.to_string()).or_default().push(embedding.clone());
            }
        }
        units
    }

    /// The same with the only unit of its embeddings as that of the tokenizer, for what reads all texts in one unit.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] for embeddings with several units.
    pub(crate) fn in_one_unit(&self) -> Result<Config> {
        let units = self.own_units();
        let Some((unit, embeddings)) = units.iter().next() else { return Ok(self.clone()) };
        if embeddings.len() < self.embeddings.len() {
            let expected = "embeddings with one unit for all: only `ninefold compare` reads texts in several units";
            return Err(Error::invalid_value("embeddings", expected, format!("\"{unit}\" beside others")));
        }
        Ok(Config { tokenizer: self.tokenizer_of(unit), ..self.clone() })
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
