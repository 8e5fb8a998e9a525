//! Several saved models that answer together, as a folder.
//!
//! ```text
//! config.json   format version, members with their weights and checksums, temperature, facts
//! README.md     the model card
//! members/      the members' own folders, copied; a comparison's ensembles point to the folders of its rows instead
//! ```
//!
//! *takes* saved models -> *gives* a folder that is read wherever a saved model is. A member is known by the checksum of its
//! `config.json`, which holds the checksums of its other files.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{
    CARD, CONFIG, FORMAT_VERSION, LABELS, NGRAMS, SUBWORDS, VOCAB, WEIGHTS, checksum, migrate, read_json_of_version,
};
use crate::model::Model;
use ninefold_core::error::{Error, Result};
use ninefold_core::files::{read_json, write_atomically, write_json};
use ninefold_metrics::{Rule, Scores};

/// `config.json` of a saved ensemble.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnsembleConfig {
    /// [`FORMAT_VERSION`] of the program that wrote it.
    pub format_version: u32,
    /// The program: "ninefold 0.1.0".
    pub made_by: String,
    /// Who answers.
    pub members: Vec<EnsembleMember>,
    /// How the members' probabilities become one.
    #[serde(default, skip_serializing_if = "Rule::is_mean")]
    pub rule: Rule,
    /// The logarithms of what comes of it are divided by this before it becomes probabilities; 1 leaves it as it is.
    pub temperature: f64,
    /// How it came about.
    #[serde(default)]
    pub training: EnsembleFacts,
}

/// One of several models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnsembleMember {
    /// What it is: "word2vec + gru".
    pub name: String,
    /// Its folder, from the ensemble's.
    pub path: String,
    /// How much it counts beside the others; of a product the power to which its probabilities are raised.
    pub weight: f64,
    /// Checksum of its `config.json`.
    pub sha256: String,
}

/// How an ensemble came about and how good it turned out, for people and for its card.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnsembleFacts {
    /// The protocol of the data, as it is printed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub protocol: String,
    /// Scores on the validation part, by texts that had no say in the weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Scores>,
    /// Scores on the test part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Scores>,
    /// What else is to be known about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl EnsembleMember {
    /// The saved model at `path`, as seen from the ensemble's folder, which is there already.
    ///
    /// # Errors
    /// [`Error::Io`] when it is not there.
    pub fn of(ensemble: &Path, path: String, name: String, weight: f64) -> Result<EnsembleMember> {
        let sha256 = checksum::of_file(&ensemble.join(&path).join(CONFIG))?;
        Ok(EnsembleMember { name, path, weight, sha256 })
    }
}

impl EnsembleConfig {
    /// Writes card and config, the config last; the members are there already.
    ///
    /// # Errors
    /// [`Error::Io`] when the folder cannot be written.
    pub fn save(&self, folder: &Path, labels: &[String]) -> Result<()> {
        fs::create_dir_all(folder).map_err(Error::io("create the folder", folder))?;
        let card = self.card(labels);
        write_atomically(&folder.join(CARD), |out| std::io::Write::write_all(out, card.as_bytes()))?;
        write_json(&folder.join(CONFIG), self)
    }

    /// README.md: who is in it, how good it is, how to use it.
    fn card(&self, labels: &[String]) -> String {
        let facts = &self.training;
        let total: f64 = self.members.iter().map(|member| member.weight).sum();
        let (what, counts) = match self.rule {
            Rule::Mean => ("A vote: the mean of their probabilities", "counts"),
            Rule::Product => ("Stacked: the product of their probabilities, each raised to a power", "power"),
        };
        let mut card = format!(
            "# Text classifier: {} models together\n\n{what}, made by {}. It gives a text one of {} labels and their \
             probabilities.\n\n| member | {counts} | folder |\n| --- | ---: | --- |\n",
            self.members.len(),
            self.made_by,
            labels.len()
        );
        for EnsembleMember { name, path, weight, .. } in &self.members {
            let _ = match self.rule {
                Rule::Mean => writeln!(card, "| {name} | {:.1} % | {path} |", 100.0 * weight / total),
                Rule::Product => writeln!(card, "| {name} | {weight:.3} | {path} |"),
            };
        }
        if !facts.note.is_empty() {
            let _ = writeln!(card, "\n{}", facts.note);
        }
        if !facts.protocol.is_empty() {
            let _ = writeln!(card, "\n## Data\n\n```text\n{}\n```", facts.protocol);
        }
        let _ = writeln!(card, "\nLabels: {}", labels.join(", "));
        if facts.validation.is_some() || facts.test.is_some() {
            card += "\n";
            card += &super::card::scores([("validation", &facts.validation), ("test", &facts.test)]);
        }
        card += "\n## Use\n\n```sh\necho 'a text' | ninefold predict THIS_FOLDER\n```\n\nEach member's own card shows how to use it; ";
        card += match self.rule {
            Rule::Mean => "the probabilities of all of them are to be averaged by what they count",
            Rule::Product => {
                "the logarithms of their probabilities are to be added up, each times its power, for a softmax"
            }
        };
        if self.temperature != 1.0 {
            let _ =
                write!(card, ", their logarithms divided by {:?}, and the softmax taken of those", self.temperature);
        }
        card + ".\n"
    }
}

/// A saved ensemble with its members.
#[derive(Debug)]
pub struct Ensemble {
    /// What it is made of.
    pub config: EnsembleConfig,
    /// The members, in the config's order.
    pub members: Vec<Model>,
}

impl Ensemble {
    /// Reads a folder that [`EnsembleConfig::save`] wrote, and its members.
    ///
    /// # Errors
    /// Those of [`Model::load`]; [`Error::Checksum`] when a member is another than it was, [`Error::Format`] when the config
    /// was altered, [`Error::Data`] when members have different labels.
    pub fn load(folder: &Path) -> Result<Ensemble> {
        let config = read_config(folder)?;
        let mut members: Vec<Model> = Vec::new();
        for EnsembleMember { path, sha256, .. } in &config.members {
            let place = folder.join(path);
            checksum::read_checked(&place.join(CONFIG), Some(sha256))?;
            members.push(Model::load(&place)?);
            if let (Some(first), Some(last)) = (members.first(), members.last()) {
                let first_place = folder.join(&config.members[0].path);
                same_labels((&first_place, first.labels()), (&place, last.labels()))?;
            }
        }
        Ok(Ensemble { config, members })
    }
}

/// What a folder holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A network, or no model at all: who loads it as a network is told.
    Network,
    /// A baseline.
    Linear,
    /// Several models.
    Ensemble,
}

/// What the `config.json` of a folder says that it holds.
pub fn kind(folder: &Path) -> Kind {
    match read_json::<serde_json::Value>(&folder.join(CONFIG)) {
        Ok(value) if value.get("members").is_some() => Kind::Ensemble,
        Ok(value) if value.get("kind").is_some_and(|kind| kind == "linear") => Kind::Linear,
        _ => Kind::Network,
    }
}

/// True for the folder of a saved ensemble; false for everything else.
pub fn is_ensemble(folder: &Path) -> bool {
    kind(folder) == Kind::Ensemble
}

/// The size of a saved model's files; of an ensemble with those of its members.
///
/// # Errors
/// [`Error::Io`] when a file is missing, [`Error::Format`] when an ensemble's config was altered.
pub fn bytes(folder: &Path) -> Result<u64> {
    let size = |name: &str| {
        let path = folder.join(name);
        fs::metadata(&path).map(|file| file.len()).map_err(Error::io("read", &path))
    };
    if !is_ensemble(folder) {
        let optional = [SUBWORDS, NGRAMS].into_iter().filter(|name| folder.join(name).is_file());
        return [CONFIG, VOCAB, LABELS, WEIGHTS].into_iter().chain(optional).map(size).sum();
    }
    let members = read_config(folder)?.members;
    let sizes = members.iter().map(|member| bytes(&folder.join(&member.path)));
    Ok(size(CONFIG)? + sizes.sum::<Result<u64>>()?)
}

fn read_config(folder: &Path) -> Result<EnsembleConfig> {
    let path = folder.join(CONFIG);
    let config: EnsembleConfig = read_json_of_version(folder, migrate::ensemble)?;
    let wrong = |expected: &str, found: String| Err(Error::format(path.display(), expected, found));
    if config.members.is_empty() {
        return wrong("at least one member", "none".to_string());
    }
    let is_positive = |number: f64| number > 0.0 && number.is_finite();
    let (weights, is_weight): (&str, fn(f64) -> bool) = match config.rule {
        Rule::Mean => ("weights above 0", is_positive),
        Rule::Product => ("finite weights", f64::is_finite),
    };
    if let Some(member) = config.members.iter().find(|member| !is_weight(member.weight)) {
        return wrong(weights, format!("{} for {}", member.weight, member.path));
    }
    if !is_positive(config.temperature) {
        return wrong("a temperature above 0", config.temperature.to_string());
    }
    Ok(config)
}

/// Models can answer together only where their labels are the same, in the same order.
///
/// # Errors
/// [`Error::Data`] with both folders and the first label that differs.
pub fn same_labels(a: (&Path, &[String]), b: (&Path, &[String])) -> Result<()> {
    let ((place_a, a), (place_b, b)) = (a, b);
    let Some(place) = (0..a.len().max(b.len())).find(|&place| a.get(place) != b.get(place)) else { return Ok(()) };
    let named = |labels: &[String]| labels.get(place).map_or("none".to_string(), |label| format!("{label:?}"));
    Err(Error::data(format!(
        "{} and {} have different labels: number {} is {} in the one and {} in the other",
        place_a.display(),
        place_b.display(),
        place + 1,
        named(a),
        named(b)
    )))
}

/// How the files of a model come to another folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placing {
    /// Copied.
    Copy,
    /// Linked where the disk can, so that they take no more room; else copied. No file of a model is ever changed in place.
    Link,
}

impl Placing {
    fn place(self, from: &Path, to: &Path) -> Result<()> {
        if self == Placing::Link && fs::hard_link(from, to).is_ok() {
            return Ok(());
        }
        fs::copy(from, to).map(drop).map_err(Error::io("copy", from))
    }
}

/// Copies a saved model to `target`, an ensemble with its members inside of it: the copy can be moved.
///
/// # Errors
/// [`Error::Io`] when a file is missing or cannot be written, [`Error::Format`] when an ensemble's config was altered.
pub fn copy(model: &Path, target: &Path, placing: Placing) -> Result<()> {
    fs::create_dir_all(target).map_err(Error::io("create the folder", target))?;
    if is_ensemble(model) {
        let mut config = read_config(model)?;
        let places: Vec<PathBuf> = config.members.iter().map(|member| model.join(&member.path)).collect();
        config.place_members(&places, target, placing)?;
        return config.save(target, &labels(model)?);
    }
    let optional = [CARD, SUBWORDS, NGRAMS]; // whoever needs one was loaded with it
    for name in [VOCAB, LABELS, WEIGHTS, SUBWORDS, NGRAMS, CARD, CONFIG] {
        let from = model.join(name);
        if !optional.contains(&name) || from.is_file() {
            placing.place(&from, &target.join(name))?;
        }
    }
    Ok(())
}

impl EnsembleConfig {
    /// Puts the members, which lie at `places`, into `target`, and points to them there.
    fn place_members(&mut self, places: &[PathBuf], target: &Path, placing: Placing) -> Result<()> {
        for ((number, member), from) in (1..).zip(&mut self.members).zip(places) {
            let stem = if is_ensemble(from) { "ensemble".to_string() } else { member.name.replace(" + ", "-") };
            let plain = |letter: char| if letter.is_alphanumeric() || "+-_.".contains(letter) { letter } else { '-' };
            let stem: String = stem.chars().map(plain).collect();
            let path = format!("members/{number}-{stem}");
            copy(from, &target.join(&path), placing)?;
            *member = EnsembleMember::of(target, path, std::mem::take(&mut member.name), member.weight)?;
        }
        Ok(())
    }
}

/// The class names of a saved model.
fn labels(model: &Path) -> Result<Vec<String>> {
    match is_ensemble(model)
        .then(|| read_config(model))
        .transpose()?
        .and_then(|config| config.members.into_iter().next())
    {
        Some(member) => labels(&model.join(member.path)),
        None => read_json(&model.join(LABELS)),
    }
}

/// Makes an ensemble of saved models in `output`, their folders copied. `weights`: one per model, or none: all count the same.
///
/// A vote among them gives its members, which share its weight; a stacked ensemble stays whole. An ensemble given alone keeps its
/// rule, temperature and facts.
///
/// # Errors
/// [`Error::Config`] for weights that do not fit, [`Error::Data`] for a model that is given twice, for different labels, and
/// for an `output` that holds something already; otherwise as [`Model::load`].
pub fn put_together(models: &[PathBuf], weights: &[f64], output: &Path, made_by: String) -> Result<EnsembleConfig> {
    let weights = checked(weights, models.len())?;
    if fs::read_dir(output).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::data(format!("{}: holds files already: choose another folder", output.display())));
    }
    let alone = match models {
        [only] if is_ensemble(only) => Some(read_config(only)?),
        _ => None,
    };
    let mut parts: Vec<Part> = Vec::new();
    for (model, weight) in models.iter().zip(weights) {
        parts.extend(parts_of(model, weight, alone.is_some())?);
    }
    for (place, part) in parts.iter().enumerate() {
        if let Some(first) = parts[..place].iter().find(|first| first.member.sha256 == part.member.sha256) {
            let (one, other) = (first.place.display(), part.place.display());
            return Err(Error::data(format!(
                "{one} and {other} are the same model: give it once, with a larger weight"
            )));
        }
        same_labels((&parts[0].place, &parts[0].labels), (&part.place, &part.labels))?;
    }
    let labels = parts.first().map(|part| part.labels.clone()).unwrap_or_default();
    let (places, members) =
        parts.into_iter().map(|part| (part.place, part.member)).unzip::<_, _, Vec<PathBuf>, Vec<_>>();
    let (rule, temperature, training) = match alone {
        Some(config) => (config.rule, config.temperature, config.training),
        None => (Rule::Mean, 1.0, EnsembleFacts::default()),
    };
    let mut config = EnsembleConfig { format_version: FORMAT_VERSION, made_by, members, rule, temperature, training };
    config.place_members(&places, output, Placing::Copy)?;
    config.save(output, &labels)?;
    Ok(config)
}

/// A model on its way into an ensemble.
struct Part {
    place: PathBuf,
    labels: Vec<String>,
    member: EnsembleMember,
}

/// The members of a saved model, sharing its weight; given `alone` they keep their own. A stacked ensemble beside others stays
/// whole.
fn parts_of(model: &Path, weight: f64, alone: bool) -> Result<Vec<Part>> {
    let part = |place: PathBuf, weight: f64| -> Result<Part> {
        let model = Model::load(&place)?; // whole, or refused
        let member = EnsembleMember::of(&place, ".".to_string(), model.name(), weight)?;
        Ok(Part { labels: model.labels().to_vec(), place, member })
    };
    let config = is_ensemble(model).then(|| read_config(model)).transpose()?;
    let Some(config) = config.filter(|config| alone || config.rule.is_mean()) else {
        return Ok(vec![part(model.to_path_buf(), weight)?]);
    };
    let total: f64 = config.members.iter().map(|member| member.weight).sum();
    let share = |own: f64| if alone { own } else { weight * own / total };
    config.members.iter().map(|member| part(model.join(&member.path), share(member.weight))).collect()
}

/// One weight per model.
fn checked(weights: &[f64], models: usize) -> Result<Vec<f64>> {
    if models == 0 {
        return Err(Error::config("models", "at least one", 0));
    }
    if weights.is_empty() {
        return Ok(vec![1.0; models]);
    }
    if let Some(weight) = weights.iter().find(|weight| !(**weight > 0.0 && weight.is_finite())) {
        return Err(Error::config("weights", "numbers above 0", weight));
    }
    if weights.len() != models {
        return Err(Error::config("weights", format!("one per model, {models}"), weights.len()));
    }
    Ok(weights.to_vec())
}
