//! One embedding of a comparison: a name, a kind with its settings, and what becomes of words without a vector.

use documented::DocumentedFields;
use toml::{Table, Value};

use crate::EmbeddingKind;
use crate::config::embedding_kind::{PretrainedConfig, fields};
use crate::config::refusal::{Setting, near_sibling, unknown_setting};
use ninefold_core::Auto;
use ninefold_core::error::{Error, Result};
use ninefold_embeddings::glove::GloveConfig;
use ninefold_embeddings::word2vec::Word2VecConfig;
use ninefold_text::vocab::Vocab;
use ninefold_vectors::matrix::Unknown;
use ninefold_vectors::oov::OutOfVocabulary;

/// How word vectors are made, and what they are called.
#[derive(Clone, Debug, PartialEq, DocumentedFields)]
pub struct EmbeddingSpec {
    /// Its name in `embeddings`, in folders and in leaderboards.
    pub name: String,
    /// "word2vec", "fasttext" or "glove", which are trained on the training texts, or "pretrained": read from a file.
    pub kind: EmbeddingKind,
    /// What its tokens are: "same" as in the whole comparison (`tokenizer.unit`), or a unit of its own as there: "characters", "bpe", ...
    /// Networks over characters can so stand and answer beside those over words.
    pub unit: String,
    /// Vector of a word that has none: "random" (of the same variance as the others), "mean" or "zero".
    pub unknown: Unknown,
    /// What networks read where a token is not in the vocabulary: "unk" (one vector for all), or "subwords": the mean of the vectors
    /// of its n-grams, for embeddings that have n-grams (FastText, or a fastText model as a file). Those of the vocabulary's words
    /// count; they stay as they come, and the saved model keeps them. "auto": "subwords" for FastText where more than a fifth of the
    /// validation tokens are unknown, else "unk".
    pub out_of_vocabulary: Auto<OutOfVocabulary>,
}

/// The specs that exist without being declared, in the order of their rows. Each has the name of its kind.
pub(crate) const BUILT_IN: [&str; 3] = ["word2vec", "fasttext", "glove"];

/// The unit of an embedding that reads what the comparison reads.
const SAME: &str = "same";

/// Settings of trainers that are those of the run.
const OF_RUN: [&str; 2] = ["seed", "threads"];

/// The built-in specs; what the trainers share is the same for all, so that rows differ by method alone. `epochs` are those of
/// Word2Vec and FastText.
pub(crate) fn built_in(dim: usize, window: usize, epochs: Auto<usize>) -> Vec<EmbeddingSpec> {
    let word2vec = Word2VecConfig { dim, window, epochs, ..Word2VecConfig::default() };
    let kinds = [
        EmbeddingKind::Word2vec(word2vec.clone()),
        EmbeddingKind::Fasttext(word2vec.into()),
        EmbeddingKind::Glove(GloveConfig { dim, window, ..GloveConfig::default() }),
    ];
    kinds.into_iter().map(|kind| EmbeddingSpec::new(kind.name(), kind)).collect()
}

impl EmbeddingSpec {
    /// A spec whose words without a vector are treated as usual.
    pub fn new(name: impl Into<String>, kind: EmbeddingKind) -> EmbeddingSpec {
        let (unit, unknown) = (SAME.to_string(), Unknown::default());
        EmbeddingSpec { name: name.into(), kind, unit, unknown, out_of_vocabulary: Auto::Auto }
    }

    /// The unit of its tokens, where it has one of its own.
    pub(crate) fn own_unit(&self) -> Option<&str> {
        Some(self.unit.as_str()).filter(|unit| *unit != SAME)
    }

    /// Whether networks read words outside of the vocabulary by their n-grams.
    pub(crate) fn reads_subwords(&self) -> bool {
        self.out_of_vocabulary == Auto::Value(OutOfVocabulary::Subwords)
    }

    /// The spec for texts with so many unknown tokens that n-grams are worth reading, or for others, and for the words of their
    /// vocabulary, where it says "auto".
    pub(crate) fn fitted(&self, has_many_unknown: bool, vocab: &Vocab) -> EmbeddingSpec {
        let chosen = match &self.kind {
            EmbeddingKind::Fasttext(_) if has_many_unknown => OutOfVocabulary::Subwords,
            _ => OutOfVocabulary::Unk,
        };
        let kind = self.kind.fitted(vocab);
        EmbeddingSpec { kind, out_of_vocabulary: Auto::Value(self.out_of_vocabulary.or(chosen)), ..self.clone() }
    }

    /// The settings of specs of a kind with their documentation, in the order in which they are written: without `name` and
    /// `kind`, which say what it is, and without those of the run.
    pub(crate) fn fields(kind: &str) -> Vec<(&'static str, &'static str)> {
        let common = EmbeddingSpec::FIELD_NAMES.iter().copied().zip(EmbeddingSpec::FIELD_DOCS.iter().copied());
        let own = fields(kind).into_iter().filter(|(key, _)| !OF_RUN.contains(key));
        own.chain(common.filter(|(key, _)| !["name", "kind"].contains(key))).collect()
    }

    /// Whether a spec of its kind has a setting of that name.
    pub(crate) fn has(&self, key: &str) -> bool {
        EmbeddingSpec::fields(self.kind.name()).iter().any(|(name, _)| *name == key)
    }

    /// Everything about it: one of the tables of `[[embedding]]`.
    pub(crate) fn to_table(&self) -> Result<Table> {
        let unwritable =
            |error: toml::ser::Error| Error::invalid_value("embedding", "settings that TOML can hold", error);
        let mut table = self.kind.settings()?;
        table.retain(|key, _| !OF_RUN.contains(&key));
        table.insert("name".to_string(), Value::from(self.name.as_str()));
        table.insert("kind".to_string(), Value::from(self.kind.name()));
        table.insert("unit".to_string(), Value::from(self.unit.as_str()));
        table.insert("unknown".to_string(), Value::try_from(self.unknown).map_err(unwritable)?);
        table.insert("out_of_vocabulary".to_string(), Value::try_from(self.out_of_vocabulary).map_err(unwritable)?);
        Ok(table)
    }

    /// The value of a setting; `None` where it has none.
    pub(crate) fn get(&self, key: &str) -> Result<Option<Value>> {
        Ok(self.to_table()?.remove(key))
    }

    /// Changes a setting; without a value it is the default again.
    ///
    /// # Errors
    /// [`Error::UnknownKey`] for a setting that specs of this kind do not have, [`Error::InvalidValue`] for a value of the wrong type;
    /// the key is `path`.
    pub(crate) fn set(&mut self, path: &str, key: &str, value: Option<&Value>) -> Result<()> {
        if !self.has(key) {
            let known: Vec<&str> = EmbeddingSpec::fields(self.kind.name()).into_iter().map(|(name, _)| name).collect();
            return Err(unknown_setting(path, near_sibling(path, key, &known)));
        }
        match (key, value) {
            ("unit", value) => self.unit = value.map_or(Ok(SAME.to_string()), |value| typed(path, value))?,
            ("unknown", value) => self.unknown = value.map_or(Ok(Unknown::default()), |value| typed(path, value))?,
            ("out_of_vocabulary", value) => {
                self.out_of_vocabulary = value.map_or(Ok(Auto::Auto), |value| typed(path, value))?;
            }
            (key, value) => {
                let mut settings = self.kind.settings()?;
                settings.remove(key);
                settings.extend(value.map(|value| (key.to_string(), value.clone())));
                self.kind = EmbeddingKind::new(self.kind.name(), settings)
                    .map_err(|error| error.about(|_| path.to_string()))?;
            }
        }
        Ok(())
    }

    /// Refuses settings that have no meaning. Reads no file.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the key.
    pub fn validate(&self) -> Result<()> {
        let first = |char: char| char.is_ascii_alphanumeric();
        let is_fine = self.name.starts_with(first) && self.name.chars().all(|char| first(char) || "._-".contains(char));
        if !is_fine {
            let expected = "letters and digits, and after the first of them also . _ - (folders have this name)";
            return Err(Error::invalid_value("name", expected, format!("\"{}\"", self.name)));
        }
        self.kind.validate()
    }

    /// The same, read from a file, whose vectors are as long as they are.
    pub(crate) fn pretrained(&self, path: &str) -> EmbeddingSpec {
        let own = match &self.kind {
            EmbeddingKind::Pretrained(config) => config.clone(),
            _ => PretrainedConfig::default(),
        };
        let kind = EmbeddingKind::Pretrained(PretrainedConfig { path: path.to_string(), ..own });
        EmbeddingSpec { kind, ..self.clone() }
    }
}

impl EmbeddingSpec {
    /// Vectors of a file have to be as long as all vectors were set to be, even if the file was named later.
    pub(crate) fn expect_dim(&mut self, dim: usize) {
        if let EmbeddingKind::Pretrained(config) = &mut self.kind {
            config.dim.get_or_insert(dim);
        }
    }
}

fn typed<T: serde::de::DeserializeOwned>(path: &str, value: &Value) -> Result<T> {
    Setting(value.clone()).read().map_err(|refusal| refusal.into_error(path, None))
}
