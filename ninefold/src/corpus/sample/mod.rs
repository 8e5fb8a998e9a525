//! The built-in sample corpus: posts on a forum about twenty hobbies, made for this project, so that everything can be
//! tried without data of one's own.
//!
//! Takes a [`SampleConfig`] -> gives a [`SampleCorpus`] in two parts, and the list of the faults that were planted in it.
//! Same config, same bytes, on any machine. A document depends on the seed and its own number only: asking for more
//! documents adds some and leaves the others as they are.
//!
//! How a post comes about: `grammar` reads the word lists and sentence patterns in `families/`, `speak` makes sentences
//! of them, `compose` makes posts of sentences, `edit` plants what people do to texts.

mod compose;
mod edit;
mod grammar;
mod speak;

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::corpus::Document;
use crate::error::{Error, Result};
use crate::rng::{Rng, fold};
use grammar::Topic;
use speak::Era;

/// What the sample corpus is made like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, documented::DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct SampleConfig {
    /// Texts in all, the same number for each of the 20 classes (give or take one).
    pub documents: usize,
    /// The share of texts that go to the test part.
    pub test_fraction: f64,
    /// Another seed makes other posts from the same words.
    pub seed: u64,
    /// The share of texts with a wrong label: half the time a sibling's (the same family), else any other.
    pub label_noise: f64,
    /// The share of texts that are lightly edited copies of another text of the class, in either part.
    pub near_duplicates: f64,
    /// The share of texts with nothing in them.
    pub empty_texts: f64,
    /// How far the words of the test part have moved on, from 0 (not at all) to 1 (what people own and buy has changed).
    pub date_shift: f64,
}

impl Default for SampleConfig {
    fn default() -> SampleConfig {
        SampleConfig {
            documents: 4000,
            test_fraction: 0.25,
            seed: 0,
            label_noise: 0.0,
            near_duplicates: 0.0,
            empty_texts: 0.0,
            date_shift: 0.0,
        }
    }
}

impl SampleConfig {
    /// Checks that every setting has a meaning.
    ///
    /// # Errors
    /// [`Error::Config`] that names the first setting that has none.
    pub fn validate(&self) -> Result<()> {
        if self.documents < 100 {
            return Err(Error::config("documents", "at least 100, five for each class", self.documents));
        }
        if !(0.0..1.0).contains(&self.test_fraction) {
            return Err(Error::config("test_fraction", "a share from 0 up to, not including, 1", self.test_fraction));
        }
        let shares = [
            ("label_noise", self.label_noise),
            ("near_duplicates", self.near_duplicates),
            ("empty_texts", self.empty_texts),
            ("date_shift", self.date_shift),
        ];
        match shares.into_iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            Some((key, share)) => Err(Error::config(key, "a share between 0 and 1", share)),
            None => Ok(()),
        }
    }
}

/// The sample corpus, in the order in which a reader of its written folder meets the texts: by label, then by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleCorpus {
    /// Class names, sorted; a document's `label` points in here.
    pub labels: Vec<String>,
    /// What is learned from.
    pub train: Vec<Document>,
    /// What is kept for the end.
    pub test: Vec<Document>,
    /// What was planted and where, in the order of the documents' numbers: the truth that diagnostics are measured by.
    pub planted: Vec<Planted>,
}

/// A fault that was planted on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// The `source` of the document that has it.
    pub source: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// The kinds of faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The label is wrong.
    Mislabelled {
        /// The label that the text was written for.
        truth: u32,
    },
    /// A lightly edited copy.
    NearDuplicate {
        /// The `source` of the document that it was copied from.
        original: String,
    },
    /// Nothing but white space.
    Empty,
}

/// Makes the sample corpus.
///
/// # Errors
/// [`Error::Config`] for a setting without meaning.
pub fn generate(config: &SampleConfig) -> Result<SampleCorpus> {
    config.validate()?;
    let topics = grammar::topics()?;
    let labels: Vec<String> = topics.iter().map(|topic| topic.label.clone()).collect();
    let siblings: Vec<Vec<usize>> = (0..topics.len()).map(|index| siblings_of(&topics, index)).collect();
    let mut made: Vec<(bool, Document)> = Vec::with_capacity(config.documents);
    let mut planted = Vec::new();

    for index in 0..config.documents {
        let topic = index % topics.len();
        let late = is_test(index / topics.len(), config.test_fraction);
        let label = given_label(config, index, topic, &siblings);
        let source = format!("{}/{}/{index:05}", if late { "test" } else { "train" }, labels[label]);
        if label != topic {
            planted.push(Planted { source: source.clone(), fault: Fault::Mislabelled { truth: topic as u32 } });
        }
        let mut chance = stream(config.seed, index, "faults");
        let text = if chance.chance(config.empty_texts) {
            planted.push(Planted { source: source.clone(), fault: Fault::Empty });
            chance.choose(&["", "\n", "  \n"]).to_string()
        } else if let Some(original) = original_of(config, index, topics.len(), &made, &mut chance) {
            let original = source_text(&made[original].1);
            planted.push(Planted { source: source.clone(), fault: Fault::NearDuplicate { original: original.0 } });
            edit::retouched(original.1, &mut chance)
        } else {
            let siblings: Vec<&Topic> = siblings[topic].iter().map(|&sibling| &topics[sibling]).collect();
            let era = Era { late, shift: config.date_shift };
            compose::compose(&topics[topic], &siblings, era, &mut stream(config.seed, index, "text"))
        };
        made.push((late, Document { text, label: label as u32, source }));
    }

    made.sort_by_key(|(_, document)| document.label); // stable: numbers stay in order within a label
    let (test, train): (Vec<_>, Vec<_>) = made.into_iter().partition(|(late, _)| *late);
    let documents = |part: Vec<(bool, Document)>| part.into_iter().map(|(_, document)| document).collect();
    Ok(SampleCorpus { labels, train: documents(train), test: documents(test), planted })
}

fn source_text(document: &Document) -> (String, &str) {
    (document.source.clone(), &document.text)
}

/// What document `index` draws for one purpose, whatever the other documents draw.
fn stream(seed: u64, index: usize, purpose: &str) -> Rng {
    Rng::for_purpose(fold(&[seed, index as u64]), purpose)
}

/// The other topics of the family.
fn siblings_of(topics: &[Topic], index: usize) -> Vec<usize> {
    let family = topics[index].family();
    (0..topics.len()).filter(|&other| other != index && topics[other].family() == family).collect()
}

/// Spreads the test part evenly over the `rank`s of a class, so that every class has its share of it.
fn is_test(rank: usize, test_fraction: f64) -> bool {
    let before = |rank: usize| (rank as f64 * test_fraction) as usize;
    before(rank + 1) > before(rank)
}

fn given_label(config: &SampleConfig, index: usize, topic: usize, siblings: &[Vec<usize>]) -> usize {
    let mut chance = stream(config.seed, index, "label");
    if !chance.chance(config.label_noise) {
        return topic;
    }
    if chance.chance(0.5) {
        return *chance.choose(&siblings[topic]);
    }
    (topic + 1 + chance.below(siblings.len() - 1)) % siblings.len()
}

/// The number of an earlier text of the same topic to copy, when `index` is to be a copy.
fn original_of(
    config: &SampleConfig,
    index: usize,
    num_topics: usize,
    made: &[(bool, Document)],
    chance: &mut Rng,
) -> Option<usize> {
    let earlier = index / num_topics;
    if !chance.chance(config.near_duplicates) || earlier == 0 {
        return None;
    }
    let original = index % num_topics + num_topics * chance.below(earlier);
    (!made[original].1.text.trim().is_empty()).then_some(original)
}

impl SampleCorpus {
    /// Writes a folder per class under `train` and `test`, a file per text, as the folder reader reads them.
    ///
    /// # Errors
    /// [`Error::Data`] when `folder` holds something already, [`Error::Io`] when it cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).map_err(Error::io("create the folder", folder))?;
        let mut entries = fs::read_dir(folder).map_err(Error::io("read the folder", folder))?;
        if entries.next().is_some() {
            return Err(Error::data(format!("{}: is not empty: name a new folder", folder.display())));
        }
        // Whole or not at all: parts are written aside and then moved into place.
        let aside = tempfile::Builder::new().prefix(".ninefold-").tempdir_in(folder);
        let aside = aside.map_err(Error::io("create a folder in", folder))?;
        for document in self.train.iter().chain(&self.test) {
            let path = aside.path().join(format!("{}.txt", document.source));
            let class = path.parent().unwrap_or(folder);
            fs::create_dir_all(class).map_err(Error::io("create the folder", class))?;
            fs::write(&path, &document.text).map_err(Error::io("write", &path))?;
        }
        for part in ["test", "train"] {
            let (from, to) = (aside.path().join(part), folder.join(part));
            if from.exists() {
                fs::rename(from, &to).map_err(Error::io("move into place", &to))?;
            }
        }
        aside.close().map_err(Error::io("remove a temporary folder in", folder))
    }
}
