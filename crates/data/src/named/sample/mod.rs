//! The built-in sample corpus: posts on a forum about twenty hobbies, made for this project, so that everything can be
//! tried without data of one's own.
//!
//! Takes a [`SampleConfig`] -> gives a [`SampleCorpus`] in two parts, and the list of the faults that were planted in
//! it. Same config, same bytes, on any machine. Every document draws from a stream of its own: asking for more
//! documents adds some and leaves the others as they are.
//!
//! How a post comes about: `grammar` and `pattern` read the word lists and sentence patterns in `families/`, `speak`
//! makes sentences of them, `compose` makes posts of sentences, `edit` does to texts what hasty people do.

pub(crate) mod config;

mod compose;
mod edit;
mod grammar;
mod pattern;
mod speak;

use std::fs;
use std::path::Path;

use rustc_hash::FxHashSet;

use super::named_corpus::NamedCorpus;
use crate::document::{Document, Labelled};
use crate::reading::{Parts, Reading};
use crate::strip::Strip;
pub use config::SampleConfig;
use grammar::Topic;
use ninefold_core::checksum::Crc32;
use ninefold_core::error::{Error, Result};
use ninefold_core::files::UnfinishedFolder;
use ninefold_core::rng::{Rng, fold};
use speak::Era;

/// `data = "sample"`.
pub(crate) const CORPUS: NamedCorpus = NamedCorpus {
    name: "sample",
    split: "given",
    strip: Strip { headers: false, footers: false, quotes: false },
    read: |config, _, _| {
        let sample = generate(&config.sample)?;
        let named = |documents: Vec<Document>| {
            let labelled = |document: Document| Labelled {
                label: sample.labels[document.label as usize].clone(),
                text: document.text.into(),
                source: document.source.into(),
                group: document.group,
                weight: document.weight,
            };
            Reading { documents: documents.into_iter().map(labelled).collect(), ..Reading::default() }
        };
        Ok(Parts { split: CORPUS.split, ..Parts::given(named(sample.train), Some(named(sample.test))) })
    },
};

/// The sample corpus, in the order in which a reader of its written folder meets the texts: by label, then by number.
#[derive(Clone, Debug, PartialEq)]
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
    /// The last word tells the label.
    LeakedWord {
        /// That word.
        word: String,
    },
    /// The first words are left.
    Cut,
    /// The label is another name of the same class.
    DealtClass,
}

/// Makes the sample corpus.
///
/// # Errors
/// [`Error::InvalidValue`] for a setting without meaning.
pub fn generate(config: &SampleConfig) -> Result<SampleCorpus> {
    config.validate()?;
    let topics = grammar::topics()?;
    let mut maker = Maker {
        config,
        topics: &topics,
        labels: labels(&topics, config),
        made: Vec::new(),
        texts: FxHashSet::default(),
        originals: Vec::new(),
        planted: Vec::new(),
    };
    (0..config.documents).for_each(|number| maker.make(number));
    let Maker { mut made, planted, labels, .. } = maker;
    made.sort_by_key(|document| document.label); // stable: numbers stay in order within a label
    let (test, train) = made.into_iter().partition(|document| document.source.starts_with("test/"));
    Ok(SampleCorpus { labels, train, test, planted })
}

/// The name of each topic, and last the second name of the last one, where that is dealt into two.
fn labels(topics: &[Topic], config: &SampleConfig) -> Vec<String> {
    let mut labels: Vec<String> = topics.iter().map(|topic| topic.label.clone()).collect();
    if let Some(last) = labels.last().filter(|_| config.dealt_class > 0.0) {
        labels.push(format!("{last}.more"));
    }
    labels
}

/// Makes the documents one after another. Document `number` belongs to topic `number % topics.len()`.
struct Maker<'a> {
    config: &'a SampleConfig,
    topics: &'a [Topic],
    labels: Vec<String>,
    made: Vec<Document>,
    /// Every text so far, so that no post is written twice by chance.
    texts: FxHashSet<String>,
    /// For each document the number of the one that it was copied from, which is its own when it was not.
    originals: Vec<usize>,
    planted: Vec<Planted>,
}

impl Maker<'_> {
    fn make(&mut self, number: usize) {
        let topic = number % self.topics.len();
        let late = is_test(number / self.topics.len(), self.config.test_fraction);
        let (label, label_fault) = self.label(number, topic);
        let part = if late { "test" } else { "train" };
        let source = format!("{part}/{}/{number:05}", self.labels[label]);
        let mut faults = Vec::from_iter(label_fault);
        let mut chance = self.stream(number, "faults");
        let mut original = number;
        let text = if chance.chance(self.config.empty_texts) {
            faults.push(Fault::Empty);
            chance.choose(&["", "\n", "  \n"]).to_string()
        } else if let Some(copied) = self.original(number, &mut chance) {
            original = copied;
            faults.push(Fault::NearDuplicate { original: self.made[copied].source.to_string() });
            edit::retouched(&self.made[copied].text, &mut chance)
        } else {
            self.written(number, Era { late, shift: self.config.date_shift })
        };
        let text = self.damaged(text, number, label, &mut faults);
        self.originals.push(original);
        self.texts.insert(text.clone());
        self.planted.extend(faults.into_iter().map(|fault| Planted { source: source.clone(), fault }));
        let (text, source) = (text.into(), source.into());
        self.made.push(Document { text, label: label as u32, source, group: String::new(), weight: 1.0 });
    }

    /// The label that the document gets, and what is wrong with it.
    fn label(&self, number: usize, topic: usize) -> (usize, Option<Fault>) {
        let mut chance = self.stream(number, "label");
        let any_other = |chance: &mut Rng| (topic + 1 + chance.below(self.topics.len() - 1)) % self.topics.len();
        let mut label = if !chance.chance(self.config.label_noise) {
            topic
        } else if chance.chance(0.5) {
            *chance.choose(&self.siblings(topic))
        } else {
            any_other(&mut chance)
        };
        let mut chance = self.stream(number, "uniform noise");
        if chance.chance(self.config.uniform_noise) {
            label = any_other(&mut chance);
        }
        if topic == 0 && self.stream(number, "class noise").chance(self.config.class_noise) {
            label = self.siblings(topic)[0];
        }
        let last = self.topics.len() - 1;
        if label == last && self.stream(number, "dealt class").chance(self.config.dealt_class) {
            return (self.labels.len() - 1, Some(Fault::DealtClass));
        }
        (label, (label != topic).then_some(Fault::Mislabelled { truth: topic as u32 }))
    }

    /// The text cut to its first words, or with a word that tells its label.
    fn damaged(&self, text: String, number: usize, label: usize, faults: &mut Vec<Fault>) -> String {
        const WORDS_LEFT: usize = 3;
        let mut text = text;
        if self.stream(number, "cut").chance(self.config.cut_texts) {
            faults.push(Fault::Cut);
            text = text.split(' ').take(WORDS_LEFT).collect::<Vec<_>>().join(" ");
        }
        if self.stream(number, "leaked word").chance(self.config.leaked_words) {
            let word = format!("zq{}", char::from(b'a' + label as u8));
            text = format!("{text} {word}");
            faults.push(Fault::LeakedWord { word });
        }
        text
    }

    /// The earlier document of the same topic that this one copies, if it is to be a copy; never itself a copy.
    fn original(&self, number: usize, chance: &mut Rng) -> Option<usize> {
        let (earlier, topic) = (number / self.topics.len(), number % self.topics.len());
        if !chance.chance(self.config.near_duplicates) || earlier == 0 {
            return None;
        }
        let original = self.originals[topic + self.topics.len() * chance.below(earlier)];
        (!self.made[original].text.trim().is_empty()).then_some(original)
    }

    /// A new post; a short one may have been written before, then there is another try.
    fn written(&self, number: usize, era: Era) -> String {
        let topic = number % self.topics.len();
        let siblings: Vec<&Topic> = self.siblings(topic).into_iter().map(|sibling| &self.topics[sibling]).collect();
        let mut rng = self.stream(number, "text");
        let mut text = compose::compose(&self.topics[topic], &siblings, era, &mut rng);
        for _ in 0..20 {
            if !self.texts.contains(&text) {
                break;
            }
            text = compose::compose(&self.topics[topic], &siblings, era, &mut rng);
        }
        text
    }

    /// The other topics of the family.
    fn siblings(&self, topic: usize) -> Vec<usize> {
        let family = self.topics[topic].family();
        (0..self.topics.len()).filter(|&other| other != topic && self.topics[other].family() == family).collect()
    }

    /// The random numbers of one document for one purpose, whatever the other documents draw.
    fn stream(&self, number: usize, purpose: &str) -> Rng {
        Rng::for_purpose(fold(&[self.config.seed, number as u64]), purpose)
    }
}

/// Spreads the test part evenly over the documents of a class, so that every class has its share of it.
fn is_test(rank: usize, test_fraction: f64) -> bool {
    let before = |rank: usize| (rank as f64 * test_fraction) as usize;
    before(rank + 1) > before(rank)
}

/// The name under which a written corpus is made.
const FOLDER: &str = "corpus";

impl SampleCorpus {
    /// Writes a folder per class under `train` and `test`, a file per text, as the folder reader reads them.
    ///
    /// # Errors
    /// [`Error::Data`] when `folder` holds something already, [`Error::Io`] when it cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let unfinished = UnfinishedFolder::begin(folder, &self.checksum())?;
        let corpus = unfinished.part(FOLDER);
        for document in self.train.iter().chain(&self.test) {
            let path = corpus.join(format!("{}.txt", document.source));
            let class = path.parent().unwrap_or(&corpus);
            fs::create_dir_all(class).map_err(Error::io("create the folder", class))?;
            fs::write(&path, &document.text).map_err(Error::io("write", &path))?;
        }
        unfinished.finish(FOLDER)
    }

    fn checksum(&self) -> String {
        let mut checksum = Crc32::default();
        for Document { source, text, .. } in self.train.iter().chain(&self.test) {
            [source, text].into_iter().for_each(|part| checksum.update(part.as_bytes()));
        }
        format!("{:08x}", checksum.value())
    }
}
