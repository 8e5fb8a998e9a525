//! Labelled texts: reads them from whatever people keep them in, and splits them.
//!
//! Takes a path or a known name -> gives a [`Corpus`] of train, validation and test documents with its [`Protocol`].
//!
//! ```text
//! source ---> folder | table | jsonl | labelled_lines | newsgroups | sample      files -> texts with label names
//!    |           (decode: bytes -> text;  columns, guess: which one is the text)
//!    v
//! strip ----> labels ----> split                                                 names -> numbers -> three parts
//! ```

use std::collections::BTreeSet;

use rayon::prelude::*;

mod columns;
mod config;
mod decode;
mod encodings;
mod folder;
mod format;
mod guess;
mod jsonl;
mod labelled_lines;
mod labels;
mod natural;
mod newsgroups;
mod protocol;
pub mod sample;
mod source;
mod split;
pub mod stream;
mod table;
pub mod texts;

pub use config::{CorpusConfig, Header, Pick, Split};
pub use newsgroups::Strip;
pub use protocol::{PartCounts, Protocol};

use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::{counted, percent, quoted, rounded_percent};
use ninefold_core::progress::Progress;
use source::{Labelled, Parts};

/// One labelled text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The text, decoded, as the file had it.
    pub text: String,
    /// Index into [`Corpus::labels`].
    pub label: u32,
    /// Where it came from, relative to the corpus: `train/sci.space/60150`, `reviews.csv:17`.
    pub source: String,
}

/// Documents in three parts, with the names of their classes and the protocol that every result must carry.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// Class names, sorted; a document's `label` points in here.
    pub labels: Vec<String>,
    /// What is learned from.
    pub train: Vec<Document>,
    /// Cut from train; every choice of epoch or model is made here.
    pub validation: Vec<Document>,
    /// Looked at once, at the end.
    pub test: Vec<Document>,
    /// How the parts came about.
    pub protocol: Protocol,
    /// Sentences about what was noticed while reading (encodings, label spellings, empty texts).
    pub notices: Vec<String>,
}

/// Reads a corpus and cuts it into train, validation and test.
///
/// # Errors
/// [`Error::Config`] for settings without meaning, [`Error::Io`] and [`Error::Format`] with the place for what cannot be
/// read, [`Error::Data`] for texts that cannot be learned from (one class only, nothing left to test).
pub fn load(config: &CorpusConfig, progress: &dyn Progress) -> Result<Corpus> {
    let (mut parts, mut corpus) = read(config, progress)?;
    let train = std::mem::take(&mut parts.train.documents);
    let test = parts.test.take().map(|test| test.documents);
    corpus.labels = labels::count(train.iter().chain(test.iter().flatten())).into_keys().map(str::to_string).collect();
    let train = labels::number(train, &corpus.labels)?;
    let test = test.map(|test| labels::number(test, &corpus.labels)).transpose()?;

    let (train, test) = match (config.split, test) {
        (Split::Auto | Split::Given | Split::Bydate, Some(test)) => {
            corpus.protocol.split = parts.split.to_string();
            (train, test)
        }
        (Split::Given | Split::Bydate, None) => {
            let found = "no test part (test names one; split = \"random\" cuts one)";
            return Err(Error::format(&config.data, "a given split", found));
        }
        (Split::Auto | Split::Random | Split::Last, test) => {
            let all: Vec<Document> = train.into_iter().chain(test.into_iter().flatten()).collect();
            let pick = config.split.pick().unwrap_or_default();
            corpus.protocol.split = own_split(config, pick);
            corpus.cut(all, config.test_fraction, (pick, config.split_seed), "test")?
        }
    };
    let pick = (config.validation, config.split_seed);
    let (train, validation) = corpus.cut(train, config.validation_fraction, pick, "validation")?;
    corpus.protocol.validation =
        format!("{} of train, {}", percent(config.validation_fraction), config.validation.describe(config.split_seed));
    (corpus.train, corpus.validation, corpus.test) = (train, validation, test);
    corpus.check_parts()?;
    corpus.count();
    Ok(corpus)
}

/// Reads labelled texts to try a saved model on: `labels` are the model's classes. All of them stand in
/// [`Corpus::test`]; `train` and `validation` are empty. They are the data's test part where it has one, or what a cut
/// would test on when the config asks for one, else every text. A single class is enough here.
///
/// # Errors
/// As [`load`]; [`Error::Data`] that names the labels which the model does not know.
pub fn load_to_evaluate(config: &CorpusConfig, labels: &[String], progress: &dyn Progress) -> Result<Corpus> {
    if config.split.pick().is_some() {
        let mut corpus = load(config, progress)?;
        (corpus.train, corpus.validation) = (Vec::new(), Vec::new());
        return corpus.with_labels(labels);
    }
    let (mut parts, mut corpus) = read(config, progress)?;
    let documents = match parts.test.take() {
        Some(test) => {
            corpus.protocol.split = format!("{} (test part)", parts.split);
            test.documents
        }
        None => {
            corpus.protocol.split = "none (every text)".to_string();
            parts.train.documents
        }
    };
    corpus.labels = labels.to_vec();
    corpus.test = labels::number(documents, labels)?;
    corpus.count();
    Ok(corpus)
}

/// What both ways of loading begin with: texts read, stripped, their labels trimmed; a corpus that has notices and the
/// first lines of its protocol, but no documents yet.
fn read(config: &CorpusConfig, progress: &dyn Progress) -> Result<(Parts, Corpus)> {
    config.validate()?;
    let mut parts = source::read(config, progress)?;
    let strip = config.strip()?;
    let mut notices = Vec::new();
    let mut encodings = encodings::Encodings::default();
    let mut unlabelled = 0;
    let mut trimmed = 0;
    for reading in [Some(&mut parts.train), parts.test.as_mut()].into_iter().flatten() {
        if strip != Strip::default() {
            let apply = |document: &mut Labelled| document.text = strip.apply(&document.text);
            reading.documents.par_iter_mut().with_min_len(64).for_each(apply);
        }
        trimmed += labels::trim(&mut reading.documents);
        unlabelled += reading.unlabelled;
        encodings.merge(std::mem::take(&mut reading.encodings));
        notices.append(&mut reading.notices);
    }
    notices.extend(encodings.notices());
    if trimmed > 0 {
        notices.push(format!("white space around the labels of {} was removed", counted(trimmed, "text")));
    }
    let all = || parts.train.documents.iter().chain(parts.test.iter().flat_map(|test| &test.documents));
    notices.extend(labels::spelling_notices(&labels::count(all())));
    let data = match config.test.as_str() {
        "" => config.data.clone(),
        test => format!("{}, test from {test}", config.data),
    };
    let protocol =
        Protocol { data, strip: strip.names(), encodings: encodings.names(), unlabelled, ..Protocol::default() };
    let (train, validation, test) = (Vec::new(), Vec::new(), Vec::new());
    Ok((parts, Corpus { labels: Vec::new(), train, validation, test, protocol, notices }))
}

/// "random 80/20, stratified, seed 0".
fn own_split(config: &CorpusConfig, pick: Pick) -> String {
    let (train, test) = (rounded_percent(1.0 - config.test_fraction), rounded_percent(config.test_fraction));
    match pick {
        Pick::Random => format!("random {train}/{test}, {}", pick.describe(config.split_seed)),
        Pick::Last => format!("{train}/{test}, {}", pick.describe(config.split_seed)),
    }
}

impl Corpus {
    /// The same documents, numbered by `labels`: the classes of a saved model.
    ///
    /// # Errors
    /// [`Error::Data`] that names the labels of documents which are not among `labels`.
    pub fn with_labels(mut self, labels: &[String]) -> Result<Corpus> {
        for part in [&mut self.train, &mut self.validation, &mut self.test] {
            let named = |document: Document| Labelled {
                label: self.labels[document.label as usize].clone(),
                text: document.text,
                source: document.source,
            };
            *part = labels::number(std::mem::take(part).into_iter().map(named).collect(), labels)?;
        }
        self.labels = labels.to_vec();
        self.count();
        Ok(self)
    }

    /// Cuts a part off and says which classes were too small for it.
    fn cut(
        &mut self,
        documents: Vec<Document>,
        fraction: f64,
        pick: (Pick, u64),
        part: &str,
    ) -> Result<(Vec<Document>, Vec<Document>)> {
        let classes: BTreeSet<u32> = documents.iter().map(|document| document.label).collect();
        if let [only] = Vec::from_iter(&classes)[..] {
            let what = format!(
                "{}: all {} have the label {:?}, but a classifier needs at least two classes (is it the right column or folder?)",
                self.protocol.data,
                counted(documents.len(), "training text"),
                self.labels[*only as usize],
            );
            return Err(Error::data(what));
        }
        let total = documents.len();
        let parts = split::cut(documents, &self.labels, fraction, pick, part);
        if parts.cut.is_empty() {
            let what = format!(
                "{}: no {part} part can be cut: each of the {} has a single text ({} in all; is it the right column or folder?)",
                self.protocol.data,
                counted(classes.len(), "class"),
                counted(total, "text"),
            );
            return Err(Error::data(what));
        }
        if !parts.too_small.is_empty() {
            let names: Vec<&String> = parts.too_small.iter().map(|&label| &self.labels[label as usize]).collect();
            self.notices.push(format!(
                "{} with a single text, which stays in train, so that the {part} part has none: {}",
                counted(names.len(), "class"),
                quoted(&names),
            ));
        }
        Ok((parts.kept, parts.cut))
    }

    /// Every part has documents; classes that are missing from one are said aloud.
    fn check_parts(&mut self) -> Result<()> {
        if self.test.is_empty() {
            return Err(Error::data(format!("{}: the test part is empty", self.protocol.data)));
        }
        let in_part = |part: &[Document]| part.iter().map(|document| document.label).collect::<BTreeSet<u32>>();
        let (train, test) = (in_part(&self.train), in_part(&self.test));
        let names =
            |labels: Vec<&u32>| labels.iter().map(|&&label| self.labels[label as usize].clone()).collect::<Vec<_>>();
        let unseen = names(test.difference(&train).collect());
        let untested = names(train.difference(&test).collect());
        if !unseen.is_empty() {
            let count = counted(unseen.len(), "class");
            self.notices
                .push(format!("{count} in test but not in train, so that no model can know it: {}", quoted(&unseen)));
        }
        if !untested.is_empty() && !self.protocol.split.starts_with("random") {
            let count = counted(untested.len(), "class");
            self.notices
                .push(format!("{count} in train but not in test, so that no score shows it: {}", quoted(&untested)));
        }
        Ok(())
    }

    /// Fills in the counts of the protocol.
    fn count(&mut self) {
        let in_parts = |of: fn(&[Document]) -> usize| PartCounts {
            train: of(&self.train),
            validation: of(&self.validation),
            test: of(&self.test),
        };
        self.protocol.num_classes = self.labels.len();
        self.protocol.texts = in_parts(<[Document]>::len);
        self.protocol.empty_texts =
            in_parts(|part| part.iter().filter(|document| document.text.trim().is_empty()).count());
    }
}
