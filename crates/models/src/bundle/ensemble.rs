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

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::config_file::{self, ConfigFile};
use super::kind::is_ensemble;
use super::{CARD, CONFIG, LABELS, NGRAMS, SUBWORDS, VOCAB, WEIGHTS, checksum, migrate};
use ninefold_core::error::{Error, Location, Result};
use ninefold_core::files::{read_json, write_atomically};
use ninefold_metrics::decision::Decision;
use ninefold_metrics::{Rule, Scores};

/// `config.json` of a saved ensemble.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnsembleConfig {
    /// [`FORMAT_VERSION`](super::FORMAT_VERSION) of the program that wrote it.
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
    pub training: EnsembleSummary,
    /// How probabilities become answers; `None`: the most probable class is the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// The checksum of this file; filled in by [`EnsembleConfig::save`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sha256: BTreeMap<String, String>,
}

impl ConfigFile for EnsembleConfig {
    fn checksums(&mut self) -> &mut BTreeMap<String, String> {
        &mut self.sha256
    }

    fn decision(&mut self) -> &mut Option<Decision> {
        &mut self.decision
    }

    fn migrated(config: Value) -> Value {
        migrate::ensemble(config)
    }
}

/// From where an ensemble may take its members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemberPaths {
    /// From its own folder, and an ensemble at `RUN/ensembles/NAME/model` also from the rows of `RUN`.
    #[default]
    Inside,
    /// From any folder. For ensembles whose config you trust.
    Anywhere,
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
pub struct EnsembleSummary {
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
        config_file::write(folder, &mut self.clone())
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
    let members = read_config(folder, MemberPaths::Anywhere)?.members;
    let sizes = members.iter().map(|member| bytes(&folder.join(&member.path)));
    Ok(size(CONFIG)? + sizes.sum::<Result<u64>>()?)
}

/// The config of a saved ensemble, checked.
///
/// # Errors
/// [`Error::Format`] when it was altered or a member lies where `members` does not allow it, [`Error::Checksum`] when its checksum
/// differs, [`Error::Io`] when it cannot be read.
pub(crate) fn read_config(folder: &Path, members: MemberPaths) -> Result<EnsembleConfig> {
    let path = folder.join(CONFIG);
    let config: EnsembleConfig = config_file::read(folder)?;
    config_file::check_file_names(&config.sha256, &[], folder)?;
    if members == MemberPaths::Inside {
        config.members.iter().try_for_each(|member| check_inside(folder, &member.path))?;
    }
    let wrong = |expected: &str, found: String| Err(Error::format(&path, expected, found));
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

/// The folders of a run's rows.
const ROWS: [&str; 3] = ["pairs", "baselines", "ensembles"];

/// Refuses a member outside of the ensemble's folder and, for `RUN/ensembles/NAME/model`, outside of the rows of `RUN`, both as
/// the path is written and after symbolic links are followed.
fn check_inside(folder: &Path, member: &str) -> Result<()> {
    let refused = || {
        let expected = "a folder inside of the ensemble's, or a row of its run (`predict` and `evaluate` read any with \
                        `--any-member-folder`)";
        Err(Error::format(
            Location::from(folder.join(CONFIG)).entry("members"),
            expected,
            format!("the path {member:?}"),
        ))
    };
    let Some((levels_up, names)) = steps(member) else { return refused() };
    let is_row = levels_up == 3 && names.first().is_some_and(|name| ROWS.contains(name));
    if names.is_empty() || !(levels_up == 0 || is_row) {
        return refused();
    }
    let real = |path: &Path| fs::canonicalize(path).ok();
    let (Some(folder), Some(found)) = (real(folder), real(&folder.join(member))) else { return Ok(()) }; // reading it will fail
    if levels_up == 0 {
        return if found.starts_with(&folder) && found != folder { Ok(()) } else { refused() };
    }
    let run = folder.ancestors().nth(levels_up);
    let is_in_run = |run: &Path| {
        folder.strip_prefix(run).is_ok_and(|own| own.starts_with("ensembles"))
            && ROWS.iter().any(|row| found.starts_with(run.join(row)))
    };
    if found != folder && run.is_some_and(is_in_run) { Ok(()) } else { refused() }
}

/// A relative path as the number of leading `..` and the names after them; `None` for any other path.
fn steps(path: &str) -> Option<(usize, Vec<&str>)> {
    let mut levels_up = 0;
    let mut names = Vec::new();
    for component in Path::new(path).components() {
        match component {
            Component::CurDir => (),
            Component::ParentDir if names.is_empty() => levels_up += 1,
            Component::Normal(name) => names.push(name.to_str()?),
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some((levels_up, names))
}

/// Models can answer together only where their labels are the same, in the same order.
///
/// # Errors
/// [`Error::Data`] with both folders and the first label that differs.
pub fn same_labels(a: (&Path, &[String]), b: (&Path, &[String])) -> Result<()> {
    let ((folder_a, a), (folder_b, b)) = (a, b);
    let Some(index) = (0..a.len().max(b.len())).find(|&index| a.get(index) != b.get(index)) else { return Ok(()) };
    let named = |labels: &[String]| labels.get(index).map_or("none".to_string(), |label| format!("{label:?}"));
    Err(Error::data(format!(
        "{} and {} have different labels: number {} is {} in the one and {} in the other",
        folder_a.display(),
        folder_b.display(),
        index + 1,
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
        let mut config = read_config(model, MemberPaths::Anywhere)?;
        let folders: Vec<PathBuf> = config.members.iter().map(|member| model.join(&member.path)).collect();
        config.place_members(&folders, target, placing)?;
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
    /// Puts the members, which are at `folders`, into `target`, and points to them there.
    pub(crate) fn place_members(&mut self, folders: &[PathBuf], target: &Path, placing: Placing) -> Result<()> {
        for ((number, member), from) in (1..).zip(&mut self.members).zip(folders) {
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
        .then(|| read_config(model, MemberPaths::Anywhere))
        .transpose()?
        .and_then(|config| config.members.into_iter().next())
    {
        Some(member) => labels(&model.join(member.path)),
        None => read_json(&model.join(LABELS)),
    }
}
