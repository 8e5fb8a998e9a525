//! The kinds of word vectors, each with its own settings; and the settings by their names, as flat tables.
//!
//! A setting is declared once, at the trainer's struct: name, documentation, default and check come from there.

use documented::DocumentedFields;
use serde::{Deserialize, Serialize, Serializer};
use toml::{Table, Value};

use crate::config::refusal::{Refusal, Setting, near_sibling, unknown_setting};
use ninefold_core::Auto;
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;
use ninefold_embeddings::fasttext::{self, FastTextConfig};
use ninefold_embeddings::glove::{self, GloveConfig};
use ninefold_embeddings::word2vec::{self, Word2VecConfig};
use ninefold_embeddings::{Resources, Sentences};
use ninefold_nn::batch::Encoded;
use ninefold_text::vocab::{SPECIAL, Vocab};
use ninefold_vectors::WordVectors;

/// The length of vectors that is not known before they are read.
const USUAL_DIM: usize = 100;

/// How word vectors are made, with the settings of that kind.
#[derive(Clone, Debug, PartialEq)]
pub enum EmbeddingKind {
    /// Skip-gram or CBOW over words.
    Word2vec(Word2VecConfig),
    /// The same over words and their n-grams.
    Fasttext(FastTextConfig),
    /// Trained on co-occurrence counts.
    Glove(GloveConfig),
    /// Read from a file.
    Pretrained(PretrainedConfig),
}

/// Word vectors that somebody else trained.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct PretrainedConfig {
    /// Path of a file with word vectors, or the name of a member of glove.6B.zip such as "6B.100d" (found in NINEFOLD_DATA_DIR or
    /// downloaded).
    pub path: String,
    /// Length of the vectors, checked against the file where it is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dim: Option<usize>,
    /// Whether lines of a text file that are no word with its numbers are skipped and counted; otherwise they are errors.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub skip_bad_lines: bool,
}

impl PretrainedConfig {
    fn validate(&self) -> Result<()> {
        if self.path.trim().is_empty() {
            return Err(Error::invalid_value(
                "path",
                "a file with word vectors, or a name such as \"6B.100d\"",
                "nothing",
            ));
        }
        Ok(())
    }
}

/// FastText's name for the settings that it shares with Word2Vec. They are written beside its own, not below this name.
const SHARED: &str = "word2vec";

impl EmbeddingKind {
    /// The names of all kinds.
    pub const NAMES: [&str; 4] = ["word2vec", "fasttext", "glove", "pretrained"];

    /// Its name in settings, and in the names of cached files.
    pub fn name(&self) -> &'static str {
        match self {
            EmbeddingKind::Word2vec(_) => "word2vec",
            EmbeddingKind::Fasttext(_) => "fasttext",
            EmbeddingKind::Glove(_) => "glove",
            EmbeddingKind::Pretrained(_) => "pretrained",
        }
    }

    /// The kind of that name with some of its settings, the others being the defaults of its trainer.
    ///
    /// # Errors
    /// [`Error::UnknownKey`] for an unknown setting, with the nearest known one; [`Error::InvalidValue`] for an unknown kind or a value of
    /// the wrong type.
    pub fn new(name: &str, settings: Table) -> Result<EmbeddingKind> {
        let keys: Vec<&str> = fields(name).into_iter().map(|(key, _)| key).collect();
        if let Some(unknown) = settings.keys().find(|key| !keys.contains(&key.as_str())) {
            return Err(unknown_setting(unknown, near_sibling(unknown, unknown, &keys)));
        }
        match name {
            "word2vec" => read(settings).map(EmbeddingKind::Word2vec),
            "fasttext" => {
                let (own, shared) =
                    settings.into_iter().partition(|(key, _)| FastTextConfig::FIELD_NAMES.contains(&key.as_str()));
                let own: FastTextConfig = read(own)?;
                Ok(EmbeddingKind::Fasttext(FastTextConfig { word2vec: read(shared)?, ..own }))
            }
            "glove" => read(settings).map(EmbeddingKind::Glove),
            "pretrained" => read(settings).map(EmbeddingKind::Pretrained),
            other => {
                let (expected, found) = (format!("one of {}", EmbeddingKind::NAMES.join(", ")), format!("\"{other}\""));
                Err(Error::invalid_value("kind", expected, found))
            }
        }
    }

    /// All settings by their names; those without a value are left out.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] when a value cannot be written, which none of them is.
    pub fn settings(&self) -> Result<Table> {
        let table = match self {
            EmbeddingKind::Word2vec(config) => Table::try_from(config),
            EmbeddingKind::Fasttext(config) => Table::try_from(config),
            EmbeddingKind::Glove(config) => Table::try_from(config),
            EmbeddingKind::Pretrained(config) => Table::try_from(config),
        };
        let mut table =
            table.map_err(|error| Error::invalid_value("embedding", "settings that TOML can hold", error))?;
        if let Some(Value::Table(shared)) = table.remove(SHARED) {
            table.extend(shared);
        }
        Ok(table)
    }

    /// Refuses settings that have no meaning.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the setting's name.
    pub fn validate(&self) -> Result<()> {
        match self {
            EmbeddingKind::Word2vec(config) => config.validate(),
            EmbeddingKind::Fasttext(config) => config.validate(),
            EmbeddingKind::Glove(config) => config.validate(),
            EmbeddingKind::Pretrained(config) => config.validate(),
        }
    }

    /// The same for texts with these words and so many of them, where it says "auto".
    #[must_use]
    pub fn fitted(&self, vocab: &Vocab) -> EmbeddingKind {
        let words = vocab.tokens().get(SPECIAL.len()..).unwrap_or_default();
        let in_texts = vocab.counts().iter().skip(SPECIAL.len()).sum();
        match self.clone() {
            EmbeddingKind::Word2vec(config) => EmbeddingKind::Word2vec(config.fitted(in_texts)),
            EmbeddingKind::Fasttext(config) => {
                let word2vec = config.word2vec.fitted(in_texts);
                EmbeddingKind::Fasttext(FastTextConfig { word2vec, ..config.fitted(words) })
            }
            other => other,
        }
    }

    /// The same with this seed, trained on so many threads; a file is what it is.
    #[must_use]
    pub fn seeded(mut self, seed: u64, threads: usize) -> EmbeddingKind {
        match &mut self {
            EmbeddingKind::Word2vec(config) => (config.seed, config.threads) = (seed, threads),
            EmbeddingKind::Fasttext(FastTextConfig { word2vec, .. }) => {
                (word2vec.seed, word2vec.threads) = (seed, threads);
            }
            EmbeddingKind::Glove(config) => (config.seed, config.threads) = (seed, threads),
            EmbeddingKind::Pretrained(_) => {}
        }
        self
    }

    /// Trains the vectors of a vocabulary on texts of its ids.
    pub(crate) fn train(&self, texts: &Encoded, vocab: &Vocab, progress: &dyn Progress) -> Result<WordVectors> {
        let sentences = Sentences::Joined { ids: texts.ids(), ends: texts.ends() };
        let resources = Resources::default();
        match self {
            EmbeddingKind::Word2vec(config) => word2vec::train_on(config, sentences, vocab, &resources, progress),
            EmbeddingKind::Fasttext(config) => fasttext::train_on(config, sentences, vocab, &resources, progress),
            EmbeddingKind::Glove(config) => glove::train_on(config, sentences, vocab, &resources, progress),
            EmbeddingKind::Pretrained(from) => {
                Err(Error::data(format!("{}: vectors of a file are not trained", from.path)))
            }
        }
    }

    /// Passes over the training texts, where they are left to the program until it has [`fitted`](EmbeddingKind::fitted) them.
    pub(crate) fn epochs(&self) -> Option<Auto<usize>> {
        match self {
            EmbeddingKind::Word2vec(config) => Some(config.epochs),
            EmbeddingKind::Fasttext(config) => Some(config.word2vec.epochs),
            EmbeddingKind::Glove(_) | EmbeddingKind::Pretrained(_) => None,
        }
    }

    /// The length of a vector; a usual one where it is not known before a file is read.
    pub(crate) fn dim(&self) -> usize {
        match self {
            EmbeddingKind::Word2vec(config) => config.dim,
            EmbeddingKind::Fasttext(config) => config.word2vec.dim,
            EmbeddingKind::Glove(config) => config.dim,
            EmbeddingKind::Pretrained(config) => config.dim.unwrap_or(USUAL_DIM),
        }
    }

    /// The same with so many passes over the training texts; GloVe and a file are what they are.
    #[must_use]
    pub(crate) fn with_epochs(&self, epochs: usize) -> EmbeddingKind {
        let mut kind = self.clone();
        match &mut kind {
            EmbeddingKind::Word2vec(config) => config.epochs = Auto::Value(epochs),
            EmbeddingKind::Fasttext(config) => config.word2vec.epochs = Auto::Value(epochs),
            EmbeddingKind::Glove(_) | EmbeddingKind::Pretrained(_) => {}
        }
        kind
    }

    /// False where there cannot be n-grams; what a file has, only reading it tells.
    pub(crate) fn may_have_ngrams(&self) -> bool {
        matches!(self, EmbeddingKind::Fasttext(_) | EmbeddingKind::Pretrained(_))
    }
}

/// As `settings()` with the kind's name: what keys are made of.
impl Serialize for EmbeddingKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut table = self.settings().map_err(serde::ser::Error::custom)?;
        table.insert("kind".to_string(), Value::from(self.name()));
        table.serialize(serializer)
    }
}

/// The settings of the kind of that name with their documentation, in the order in which they are written; none where there is
/// no such kind.
pub(crate) fn fields(kind: &str) -> Vec<(&'static str, &'static str)> {
    fn of<T: DocumentedFields>() -> impl Iterator<Item = (&'static str, &'static str)> {
        T::FIELD_NAMES.iter().copied().zip(T::FIELD_DOCS.iter().copied())
    }
    match kind {
        "word2vec" => of::<Word2VecConfig>().collect(),
        "fasttext" => {
            of::<Word2VecConfig>().chain(of::<FastTextConfig>().filter(|(name, _)| *name != SHARED)).collect()
        }
        "glove" => of::<GloveConfig>().collect(),
        "pretrained" => of::<PretrainedConfig>().collect(),
        _ => Vec::new(),
    }
}

/// The settings of a struct; the key of an error is that of the setting.
fn read<T: serde::de::DeserializeOwned>(settings: Table) -> Result<T> {
    serde_path_to_error::deserialize(Setting::of(settings)).map_err(|error: serde_path_to_error::Error<Refusal>| {
        let key = error.path().to_string();
        error.into_inner().into_error(&key, None)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ninefold_core::Auto;

    #[test]
    fn every_kind_reads_back_the_settings_that_it_writes() {
        for name in EmbeddingKind::NAMES {
            let kind = EmbeddingKind::new(name, Table::new()).unwrap();
            assert_eq!(kind.name(), name);
            let settings = kind.settings().unwrap();
            assert_eq!(EmbeddingKind::new(name, settings.clone()).unwrap(), kind);
            let named: Vec<&str> = fields(name).into_iter().map(|(key, _)| key).collect();
            assert!(settings.keys().all(|key| named.contains(&key.as_str())), "{name}: {settings:?}");
        }
    }

    #[test]
    fn fasttext_has_the_settings_of_word2vec_beside_its_own() {
        let settings: Table = toml::from_str("window = 3\nmin_n = 2\narchitecture = \"cbow\"").unwrap();
        let kind = EmbeddingKind::new("fasttext", settings).unwrap();
        let EmbeddingKind::Fasttext(config) = &kind else { panic!("{kind:?}") };
        assert_eq!((config.word2vec.window, config.min_n, config.max_n), (3, Auto::Value(2), Auto::Auto));
        let written = kind.settings().unwrap();
        assert_eq!((written["window"].as_integer(), written.contains_key(SHARED)), (Some(3), false));
    }

    #[test]
    fn a_setting_that_is_none_or_of_the_wrong_type_is_named() {
        let refused = |name: &str, settings: &str| {
            EmbeddingKind::new(name, toml::from_str(settings).unwrap()).unwrap_err().to_string()
        };
        assert_eq!(refused("fasttext", "min_m = 2"), "min_m: no such setting (did you mean `min_n`?)");
        assert!(refused("word2vec", "min_n = 2").starts_with("min_n: no such setting"));
        assert!(refused("glove", "dim = \"long\"").starts_with("dim: expected a whole number"));
        let error = refused("word2vec", "architecture = \"skipgram\"");
        assert!(error.contains("(did you mean `skip_gram`?)"), "{error}");
        assert!(refused("elmo", "").starts_with("kind: expected one of word2vec, fasttext, glove, pretrained"));
    }
}
