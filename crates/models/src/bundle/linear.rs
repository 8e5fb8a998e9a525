//! A saved baseline: a classifier without a network, with all that it needs to read a text, as a folder.
//!
//! ```text
//! config.json         kind = "linear", format version, baseline, tokenizer, settings, facts of training, checksums of the files below
//! vocab.txt           tokens by id
//! labels.json         class names by label id
//! ngrams.txt          the n-gram of each row of the weights, in models that count n-grams
//! model.safetensors   its numbers, 64-bit floats where it calculates with those
//! README.md           the model card
//! ```
//!
//! *takes* a [`LinearBundle`] -> *gives* the folder, and back, to the same bits.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use safetensors::tensor::{SafeTensors, TensorView};
use safetensors::{Dtype, serialize};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CARD, CONFIG, LABELS, NGRAMS, TrainingSummary, VOCAB, WEIGHTS, card, checksum, ngrams, sha256};
use super::{check_finite, check_self_contained, check_temperature, config_file, config_file::ConfigFile, untempered};
use ninefold_core::error::{Error, Location, Result};
use ninefold_core::files::{read_json, write_atomically, write_json};
use ninefold_data::InputFormat;
use ninefold_linear::BaselineKind;
use ninefold_linear::baseline::{Input, TrainedBaseline};
use ninefold_linear::state::{Numbers, State, Tensor};
use ninefold_linear::training::Chosen;
use ninefold_metrics::decision::Decision;
use ninefold_text::char_ngrams::CharNgrams;
use ninefold_text::tokenize::TokenizerConfig;
use ninefold_text::vocab::Vocab;

/// A trained baseline with all that it needs to read texts.
#[derive(Debug)]
pub struct LinearBundle {
    /// What it is made of.
    pub config: LinearConfig,
    /// The tokens that it knows.
    pub vocab: Vocab,
    /// Class names by label id.
    pub labels: Vec<String>,
    /// The classifier.
    pub model: Box<dyn TrainedBaseline>,
}

/// What sets the config apart from a network's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinearTag {
    /// A classifier without a network.
    Linear,
}

/// `config.json` of a saved baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearConfig {
    /// [`FORMAT_VERSION`](super::FORMAT_VERSION) of the program that wrote it.
    pub format_version: u32,
    /// Always "linear".
    pub kind: LinearTag,
    /// The program: "ninefold 0.1.0".
    pub made_by: String,
    /// Which baseline: "tfidf_svm".
    pub baseline: BaselineKind,
    /// Where its word vectors came from, if it reads any: "word2vec".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding: Option<String>,
    /// How the training files were read, and new ones are.
    #[serde(default, skip_serializing_if = "InputFormat::is_default")]
    pub input: InputFormat,
    /// Tokenisation.
    #[serde(deserialize_with = "super::saved_tokenizer")]
    pub tokenizer: TokenizerConfig,
    /// Minimum and maximum length of the character n-grams that it reads, if it reads such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub char_ngram_range: Option<[usize; 2]>,
    /// Settings that predicting needs; filled in by [`LinearBundle::save`].
    #[serde(default)]
    pub settings: BTreeMap<String, Value>,
    /// What validation chose.
    #[serde(default)]
    pub chosen: Chosen,
    /// Scores are divided by this before they become probabilities.
    #[serde(default = "untempered")]
    pub temperature: f64,
    /// How it was trained.
    pub training: TrainingSummary,
    /// How probabilities become answers; `None`: the most probable class is the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Checksums of the other files by name; filled in by [`LinearBundle::save`].
    #[serde(default)]
    pub sha256: BTreeMap<String, String>,
}

impl ConfigFile for LinearConfig {
    fn checksums(&mut self) -> &mut BTreeMap<String, String> {
        &mut self.sha256
    }

    fn decision(&mut self) -> &mut Option<Decision> {
        &mut self.decision
    }

    /// Baselines were first saved in version 2.
    fn migrated(config: Value) -> Value {
        config
    }
}

impl LinearConfig {
    /// Its name in leaderboards: "tfidf_svm", "word2vec + mean_logistic".
    pub fn name(&self) -> String {
        let baseline = self.baseline.name();
        self.embedding.as_ref().map_or(baseline.to_string(), |embedding| format!("{embedding} + {baseline}"))
    }
}

impl LinearConfig {
    /// How it divides a text into character n-grams; `None` where it reads words.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] for lengths that no n-gram has.
    pub fn char_ngrams(&self) -> Result<Option<CharNgrams>> {
        self.char_ngram_range.map(|range| self.tokenizer.char_ngrams(range)).transpose()
    }
}

impl LinearBundle {
    /// Writes the folder, its config last.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be written.
    pub fn save(&mut self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).map_err(Error::io("create the folder", folder))?;
        let State { settings, tensors, ngrams } = self.model.state();
        let write = |name: &str, bytes: &[u8]| {
            write_atomically(&folder.join(name), |out| std::io::Write::write_all(out, bytes)).map(|()| sha256(bytes))
        };
        self.config.settings = settings;
        self.config.sha256.insert(WEIGHTS.to_string(), write(WEIGHTS, &to_bytes(&tensors)?)?);
        if let Some(ngrams) = &ngrams {
            let text = ngrams::to_text(ngrams, &self.vocab);
            self.config.sha256.insert(NGRAMS.to_string(), write(NGRAMS, text.as_bytes())?);
        }
        self.vocab.save(&folder.join(VOCAB))?;
        write_json(&folder.join(LABELS), &self.labels)?;
        for name in [VOCAB, LABELS] {
            self.config.sha256.insert(name.to_string(), checksum::of_file(&folder.join(name))?);
        }
        write(CARD, self.card().as_bytes())?;
        config_file::write(folder, &mut self.config)
    }

    /// Reads a folder that [`save`](LinearBundle::save) wrote.
    ///
    /// # Errors
    /// [`Error::Io`] when a file is missing, [`Error::Checksum`] when one was altered, [`Error::Format`] when it is no saved
    /// baseline, one of a newer program, or its parts do not belong together.
    pub fn load(folder: &Path) -> Result<LinearBundle> {
        let config: LinearConfig = config_file::read(folder)?;
        check_temperature(config.temperature, folder)?;
        check_self_contained(&config.tokenizer, folder)?;
        check_char_ngrams(&config, folder)?;
        config_file::check_file_names(&config.sha256, &[VOCAB, LABELS, WEIGHTS, NGRAMS], folder)?;
        let read = |name: &str| checksum::read_checked(&folder.join(name), config.sha256.get(name));
        let (weights, _, _) = (read(WEIGHTS)?, read(VOCAB)?, read(LABELS)?);
        let vocab = Vocab::load(&folder.join(VOCAB))?;
        let labels: Vec<String> = read_json(&folder.join(LABELS))?;
        if labels.is_empty() {
            return Err(Error::format(folder.join(LABELS), "at least one label", "none"));
        }
        let ngrams = match config.sha256.contains_key(NGRAMS) {
            false => None,
            true => {
                let (bytes, path) = (read(NGRAMS)?, folder.join(NGRAMS));
                let text = String::from_utf8(bytes).map_err(Error::parse(&path, "UTF-8 text"))?;
                Some(ngrams::from_text(&text, &vocab, &path)?)
            }
        };
        let tensors = from_bytes(&weights, &folder.join(WEIGHTS))?;
        let state = State { settings: config.settings.clone(), tensors, ngrams };
        let model = config.baseline.load(state, vocab.len(), labels.len()).map_err(|error| match error {
            Error::Format { location, expected, found, source } => {
                let location = Box::new(format!("{}: {location}", folder.display()).into());
                Error::Format { location, expected, found, source }
            }
            other => other,
        })?;
        Ok(LinearBundle { config, vocab, labels, model })
    }

    /// README.md: what it is, how good it is, how to use it.
    fn card(&self) -> String {
        let LinearConfig { baseline, training, temperature, made_by, .. } = &self.config;
        let (name, about) = (self.config.name(), baseline.about());
        let (numbers, classes) = (self.model.parameter_count(), self.labels.len());
        let mut card = format!(
            "# Text classifier: {name}\n\n{about}; {numbers} numbers, made by {made_by}. It gives a text one of {classes} labels \
             and their probabilities.\n\n## Data\n\n```text\n{}\n```\n\nLabels: {}\n\n",
            training.protocol,
            self.labels.join(", "),
        );
        card += &card::scores([("validation", &training.validation), ("test", &training.test)]);
        let chosen: Vec<String> = self.config.chosen.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        if !chosen.is_empty() {
            let _ = writeln!(card, "\nValidation chose {}.", chosen.join(", "));
        }
        let _ = writeln!(
            card,
            "\n## Use\n\n```sh\necho 'a text' | ninefold predict THIS_FOLDER\n```\n\n`model.safetensors` holds its numbers by name. \
             The scores of the classes, divided by {temperature:?} (fitted on validation), become probabilities by a softmax.\n\n\
             Every text gets one of the labels above, also one that is about none of them."
        );
        card
    }
}

/// Those that read character n-grams say which, and no others do.
fn check_char_ngrams(config: &LinearConfig, folder: &Path) -> Result<()> {
    let wrong = |expected: &str, found: String| {
        Err(Error::format(Location::from(folder.join(CONFIG)).entry("char_ngram_range"), expected, found))
    };
    match (config.baseline.input(), config.char_ngram_range) {
        (Input::Characters, None) => wrong("two lengths", "none".to_string()),
        (Input::Characters, Some(range)) => match config.char_ngrams() {
            Err(Error::InvalidValue { expected, .. }) => wrong(&expected, format!("{range:?}")),
            _ => Ok(()),
        },
        (_, Some(range)) => wrong(&format!("none, as {} reads words", config.baseline.name()), format!("{range:?}")),
        (_, None) => Ok(()),
    }
}

/// A safetensors file of these tensors; the same tensors give the same bytes.
fn to_bytes(tensors: &BTreeMap<String, Tensor>) -> Result<Vec<u8>> {
    let failed = |error: safetensors::SafeTensorError| Error::data(format!("the model cannot be saved: {error}"));
    let bytes = |tensor: &Tensor| -> (Dtype, Vec<u8>) {
        match &tensor.numbers {
            Numbers::F32(numbers) => (Dtype::F32, numbers.iter().flat_map(|number| number.to_le_bytes()).collect()),
            Numbers::F64(numbers) => (Dtype::F64, numbers.iter().flat_map(|number| number.to_le_bytes()).collect()),
            Numbers::U32(numbers) => (Dtype::U32, numbers.iter().flat_map(|number| number.to_le_bytes()).collect()),
        }
    };
    let bytes: Vec<(Dtype, Vec<u8>)> = tensors.values().map(bytes).collect();
    let views = tensors
        .iter()
        .zip(&bytes)
        .map(|((name, tensor), (dtype, bytes))| Ok((name, TensorView::new(*dtype, tensor.shape.clone(), bytes)?)))
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(failed)?;
    serialize(views, None).map_err(failed)
}

/// The tensors of a safetensors file. `path` is named in errors.
fn from_bytes(bytes: &[u8], path: &Path) -> Result<BTreeMap<String, Tensor>> {
    let broken = |error| Error::format(path, "an intact safetensors file", format!("{error}"));
    let tensors = SafeTensors::deserialize(bytes).map_err(broken)?;
    let tensor = |(name, view): (String, TensorView<'_>)| {
        let numbers = match view.dtype() {
            Dtype::F32 => {
                Numbers::F32(view.data().as_chunks().0.iter().map(|&four| f32::from_le_bytes(four)).collect())
            }
            Dtype::F64 => {
                Numbers::F64(view.data().as_chunks().0.iter().map(|&eight| f64::from_le_bytes(eight)).collect())
            }
            Dtype::U32 => {
                Numbers::U32(view.data().as_chunks().0.iter().map(|&four| u32::from_le_bytes(four)).collect())
            }
            other => {
                let expected = format!("the tensor `{name}` as F32, F64 or U32");
                return Err(Error::format(path, expected, format!("{other:?}")));
            }
        };
        check_finite(numbers.are_finite(), &name, path)?;
        Ok((name, Tensor { shape: view.shape().to_vec(), numbers }))
    };
    tensors.tensors().into_iter().map(tensor).collect()
}
