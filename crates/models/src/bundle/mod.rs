//! A saved model: everything between a text and its label, as a folder.
//!
//! ```text
//! config.json         format version, tokenizer, shape, reading, facts of training, checksums of the files below
//! vocab.txt           tokens by id
//! labels.json         class names by label id
//! model.safetensors   parameters under PyTorch's names and in its shapes; embedding.weight is one of them
//! subwords.safetensors  n-grams that give words outside of vocab.txt their vectors, in models that read by them
//! README.md           the model card
//! ```
//!
//! *takes* a [`Bundle`] -> *gives* the folder, and back, to the same bits. `config.json` is written last and holds the
//! checksums, its own included, so that incomplete or modified folders are detected.

mod card;
mod checksum;
mod config_file;
mod ensemble;
mod kind;
mod linear;
mod migrate;
mod ngrams;
mod pytorch;
mod subwords;
mod weights;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

pub use card::Card;
pub(crate) use checksum::read_checked;
pub use checksum::sha256;
use config_file::ConfigFile;
pub use config_file::{check, renew_checksum, set_decision};
pub(crate) use ensemble::read_config as read_ensemble;
pub use ensemble::{EnsembleConfig, EnsembleMember, EnsembleSummary, MemberPaths, Placing, bytes, copy, same_labels};
pub use kind::{Kind, is_ensemble, kind};
pub use linear::{LinearBundle, LinearConfig, LinearTag};
use ninefold_core::error::{Error, Location, Result};
use ninefold_core::files::{read_json, write_atomically, write_json};
use ninefold_data::InputFormat;
use ninefold_metrics::Scores;
use ninefold_metrics::decision::Decision;
use ninefold_nn::batch::Padding;
use ninefold_nn::model::{Classifier, NeuralClassifier, NeuralConfig};
use ninefold_text::tokenize::{StopWords, TokenizerConfig};
use ninefold_text::vocab::Vocab;
use ninefold_vectors::oov::{OovVectors, OutOfVocabulary};

/// The version of the folder's form that this program writes; older ones it reads, newer ones it refuses.
pub const FORMAT_VERSION: u32 = 2;

pub(crate) const CONFIG: &str = "config.json";
const VOCAB: &str = "vocab.txt";
const LABELS: &str = "labels.json";
const WEIGHTS: &str = "model.safetensors";
const SUBWORDS: &str = "subwords.safetensors";
const NGRAMS: &str = "ngrams.txt";
const CARD: &str = "README.md";

/// A trained model with all that it needs to read texts.
#[derive(Debug)]
pub struct Bundle {
    /// What it is made of.
    pub config: BundleConfig,
    /// The tokens that it knows.
    pub vocab: Vocab,
    /// Class names by label id.
    pub labels: Vec<String>,
    /// The network.
    pub model: NeuralClassifier,
    /// Vectors for words outside of the vocabulary, where `config.out_of_vocabulary` says so.
    pub outside: Option<OovVectors>,
}

/// `config.json` of a saved model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleConfig {
    /// [`FORMAT_VERSION`] of the program that wrote it.
    pub format_version: u32,
    /// The program: "ninefold 0.1.0".
    pub made_by: String,
    /// How the training files were read, and new ones are.
    #[serde(default, skip_serializing_if = "InputFormat::is_default")]
    pub input: InputFormat,
    /// Tokenisation.
    #[serde(deserialize_with = "saved_tokenizer")]
    pub tokenizer: TokenizerConfig,
    /// Where the word vectors came from: "word2vec".
    pub embedding: String,
    /// The network.
    pub model: Shape,
    /// How much of a text is read.
    pub reading: BundleReading,
    /// What a token that is not in the vocabulary is read as.
    #[serde(default, skip_serializing_if = "OutOfVocabulary::is_unk")]
    pub out_of_vocabulary: OutOfVocabulary,
    /// Logits are divided by this before they become probabilities: fitted on validation, so that they can be believed.
    #[serde(default = "untempered")]
    pub temperature: f64,
    /// How it was trained.
    pub training: TrainingSummary,
    /// How probabilities become answers; `None`: the most probable class is the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Checksums of the other files by name; filled in by [`Bundle::save`].
    #[serde(default)]
    pub sha256: BTreeMap<String, String>,
}

/// The tokenizer of a saved model. A model that was saved before emoji were tokens, or before letters were made alike, reads texts
/// without that, as it was trained.
pub(crate) fn saved_tokenizer<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<TokenizerConfig, D::Error> {
    let mut settings = serde_json::Map::deserialize(deserializer)?;
    if settings.get("unit").is_none_or(|unit| unit == "words") {
        settings.entry("symbols").or_insert_with(|| "none".into());
    }
    settings.entry("normalization").or_insert_with(|| "none".into());
    TokenizerConfig::deserialize(serde_json::Value::Object(settings)).map_err(serde::de::Error::custom)
}

/// The temperature of a model without one.
fn untempered() -> f64 {
    1.0
}

/// The network: its settings, and the sizes of what it reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Tokens, `<pad>` and `<unk>` included.
    pub vocab_size: usize,
    /// Length of a word's vector.
    pub embedding_dim: usize,
    /// The settings that it was built and trained with.
    pub network: NeuralConfig,
}

/// How much of a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleReading {
    /// Tokens of a text at most.
    pub max_len: usize,
    /// What is done with shorter texts.
    pub padding: Padding,
}

/// How a model was trained and how good it turned out, for people and for its card.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSummary {
    /// The protocol of the data, as it is printed.
    pub protocol: String,
    /// Seed of the training.
    pub seed: u64,
    /// Epochs trained.
    pub epochs: usize,
    /// The epoch whose parameters these are.
    pub best_epoch: usize,
    /// Scores on the validation part, on which the epoch was chosen.
    pub validation: Option<Scores>,
    /// Scores on the test part.
    pub test: Option<Scores>,
    /// The model whose probabilities it learned from, beside the labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teacher: Option<String>,
}

impl Shape {
    /// The shape of a network.
    pub fn of(model: &NeuralClassifier) -> Shape {
        Shape { vocab_size: model.vocab_size(), embedding_dim: model.dim(), network: model.config().clone() }
    }
}

impl BundleConfig {
    /// Its name in leaderboards: "word2vec + gru".
    pub fn name(&self) -> String {
        format!("{} + {}", self.embedding, self.model.network.kind().name())
    }
}

impl Bundle {
    /// Writes the folder, its config last.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be written.
    ///
    /// # Panics
    /// When `config` and `outside` say different things of words outside of the vocabulary.
    pub fn save(&mut self, folder: &Path) -> Result<()> {
        assert_eq!(
            self.config.out_of_vocabulary.is_unk(),
            self.outside.is_none(),
            "n-grams, and nothing of them in the config"
        );
        fs::create_dir_all(folder).map_err(Error::io("create the folder", folder))?;
        let weights = weights::to_bytes(&self.model.parameters())?;
        self.vocab.save(&folder.join(VOCAB))?;
        write_json(&folder.join(LABELS), &self.labels)?;
        write_atomically(&folder.join(WEIGHTS), |out| std::io::Write::write_all(out, &weights))?;
        let card = Card { config: &self.config, labels: &self.labels }.to_string();
        write_atomically(&folder.join(CARD), |out| std::io::Write::write_all(out, card.as_bytes()))?;
        for name in [VOCAB, LABELS] {
            self.config.sha256.insert(name.to_string(), checksum::of_file(&folder.join(name))?);
        }
        self.config.sha256.insert(WEIGHTS.to_string(), sha256(&weights));
        if let Some(outside) = &self.outside {
            let subwords = subwords::to_bytes(outside)?;
            write_atomically(&folder.join(SUBWORDS), |out| std::io::Write::write_all(out, &subwords))?;
            self.config.sha256.insert(SUBWORDS.to_string(), sha256(&subwords));
        }
        config_file::write(folder, &mut self.config)
    }

    /// Reads a folder that [`save`](Bundle::save) wrote.
    ///
    /// # Errors
    /// [`Error::Io`] when a file is missing, [`Error::Checksum`] when one was altered, [`Error::Format`] when it is no saved
    /// model, one of a newer program, or its parts do not belong together.
    pub fn load(folder: &Path) -> Result<Bundle> {
        let config = read_config(folder)?;
        let read = |name: &str| checksum::read_checked(&folder.join(name), config.sha256.get(name));
        let weights = read(WEIGHTS)?;
        read(VOCAB)?;
        read(LABELS)?;
        let vocab = Vocab::load(&folder.join(VOCAB))?;
        let labels: Vec<String> = read_json(&folder.join(LABELS))?;
        let shape = &config.model;
        let counts = [(VOCAB, vocab.len(), shape.vocab_size), (LABELS, labels.len(), shape.network.num_classes)];
        if let Some((name, found, expected)) = counts.into_iter().find(|(_, found, expected)| found != expected) {
            return Err(Error::format(
                folder.join(name),
                format!("{expected} entries, as {CONFIG} says"),
                found.to_string(),
            ));
        }
        let model = weights::from_bytes(&weights, shape, &folder.join(WEIGHTS))?;
        let outside = match config.out_of_vocabulary {
            OutOfVocabulary::Unk => None,
            OutOfVocabulary::Subwords => {
                Some(subwords::from_bytes(&read(SUBWORDS)?, shape.embedding_dim, &folder.join(SUBWORDS))?)
            }
        };
        Ok(Bundle { config, vocab, labels, model, outside })
    }
}

/// What is said of a `config.json` that is none of a saved model.
fn foreign(folder: &Path, found: &str) -> Error {
    let expected = "a saved model's config.json (a folder such as RUN/pairs/word2vec-gru/model)";
    Error::format(folder.join(CONFIG).display(), expected, found)
}

/// The tokenizer of a saved model needs no other file: its stop words are in `config.json`.
fn check_self_contained(tokenizer: &TokenizerConfig, folder: &Path) -> Result<()> {
    match &tokenizer.stop_words {
        StopWords::File(path) => Err(Error::format(
            Location::from(folder.join(CONFIG)).entry("tokenizer.stop_words"),
            "\"none\", \"english\" or a list of words (a saved model reads no other file)",
            format!("the path {path:?}"),
        )),
        _ => Ok(()),
    }
}

/// Refuses temperatures by which no score can be divided.
fn check_temperature(temperature: f64, folder: &Path) -> Result<()> {
    if temperature > 0.0 && temperature.is_finite() {
        return Ok(());
    }
    Err(Error::format(folder.join(CONFIG), "a temperature above 0", temperature.to_string()))
}

/// Refuses tensors that hold NaN or infinities.
fn check_finite(are_finite: bool, name: &str, path: &Path) -> Result<()> {
    if are_finite {
        return Ok(());
    }
    Err(Error::format(Location::from(path).entry(format!("the tensor `{name}`")), "finite numbers", "NaN or infinity"))
}

impl ConfigFile for BundleConfig {
    fn checksums(&mut self) -> &mut BTreeMap<String, String> {
        &mut self.sha256
    }

    fn decision(&mut self) -> &mut Option<Decision> {
        &mut self.decision
    }

    fn migrated(config: Value) -> Value {
        migrate::network(config)
    }
}

fn read_config(folder: &Path) -> Result<BundleConfig> {
    match kind(folder) {
        Kind::Network => (),
        Kind::Linear => return Err(foreign(folder, "a baseline, where a network is needed")),
        Kind::Ensemble => return Err(foreign(folder, "an ensemble, where a single network is needed")),
    }
    let config: BundleConfig = config_file::read(folder)?;
    let shape = &config.model;
    if [shape.network.num_classes, shape.embedding_dim, config.reading.max_len].contains(&0) {
        return Err(foreign(folder, "sizes of 0"));
    }
    shape.network.check().map_err(|error| foreign(folder, &error.to_string()))?;
    check_temperature(config.temperature, folder)?;
    check_self_contained(&config.tokenizer, folder)?;
    config_file::check_file_names(&config.sha256, &[VOCAB, LABELS, WEIGHTS, SUBWORDS], folder)?;
    Ok(config)
}
