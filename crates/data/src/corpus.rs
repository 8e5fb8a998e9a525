//! Documents in three parts.
//!
//! Takes [`Parts`] whose labels are names -> gives a [`Corpus`] whose labels are numbers, with its [`Protocol`].

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::config::CorpusConfig;
use crate::document::{Document, Labelled};
use crate::encodings::Encodings;
use crate::input_format::InputFormat;
use crate::labels::{self, LabelChanges};
use crate::protocol::{PartCounts, Protocol, TestSplit};
use crate::reading::Parts;
use crate::split::{self, Pick, Split};
use crate::strip::Strip;
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::{counted, listed, percent, quoted, thousands};

/// Documents in three parts, with the names of their classes and the protocol that every result must carry.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// Names of the classes that training texts have (of a saved model that is evaluated: its classes), sorted; a document's `label`
    /// points in here.
    pub labels: Vec<String>,
    /// Labels that only test texts have, sorted. They are no outputs of a model. The `label` of such a document is `labels.len()` and
    /// more, so that every answer to it is wrong.
    pub unseen_labels: Vec<String>,
    /// What is learned from.
    pub train: Vec<Document>,
    /// Given, or cut from train; every choice of epoch or model is made here.
    pub validation: Vec<Document>,
    /// Looked at once, at the end.
    pub test: Vec<Document>,
    /// How the parts came about.
    pub protocol: Protocol,
    /// How the training files were read: what a saved model needs to read new ones in the same way.
    pub input: InputFormat,
    /// Sentences about what was noticed while reading (encodings, label spellings, empty texts).
    pub notices: Vec<String>,
}

impl Corpus {
    /// The name of every label that a document can have: [`labels`](Corpus::labels), then [`unseen_labels`](Corpus::unseen_labels).
    pub fn all_labels(&self) -> Vec<String> {
        [self.labels.as_slice(), &self.unseen_labels].concat()
    }

    /// The same documents, numbered by `labels`: the classes of a saved model. Other labels become
    /// [`unseen_labels`](Corpus::unseen_labels), with a notice.
    ///
    /// # Errors
    /// [`Error::Data`] that names the labels of documents when none is among `labels`.
    pub fn with_labels(mut self, labels: &[String]) -> Result<Corpus> {
        let names = self.all_labels();
        let parts = [&mut self.train, &mut self.validation, &mut self.test].map(|part| {
            let named = |document: Document| Labelled {
                label: names[document.label as usize].clone(),
                text: document.text.into(),
                source: document.source.into(),
                group: document.group,
                weight: document.weight,
            };
            std::mem::take(part).into_iter().map(named).collect::<Vec<Labelled>>()
        });
        self.unseen_labels = labels::unknown_to_model(&labels::count(parts.iter().flatten()), labels)?;
        self.labels = labels.to_vec();
        [self.train, self.validation, self.test] = parts.map(|part| labels::number(part, labels, &self.unseen_labels));
        self.note_unknown_labels();
        self.count();
        Ok(self)
    }

    fn note_unknown_labels(&mut self) {
        if !self.unseen_labels.is_empty() {
            let labels = counted(self.unseen_labels.len(), "label");
            let names = quoted(&self.unseen_labels);
            let texts = self.count_unseen();
            self.notices.push(format!("{labels} that the model does not know: {names} (counted as wrong: {texts})"));
        }
    }

    /// The test texts with a label that no training text has, in words.
    fn count_unseen(&self) -> String {
        let is_unseen = |document: &&Document| document.label as usize >= self.labels.len();
        counted(self.test.iter().filter(is_unseen).count(), "text")
    }

    /// A corpus without documents yet, with what is to be said about those of `parts`, whose texts are stripped and whose
    /// labels are trimmed and changed on the way. `data` is what the protocol calls them, `known` are the classes of a saved model
    /// where there is one.
    pub(crate) fn begin(
        parts: &mut Parts,
        data: String,
        strip: Strip,
        changes: LabelChanges,
        known: &[String],
    ) -> Corpus {
        let mut notices = Vec::new();
        let mut encodings = Encodings::default();
        let mut unlabelled = 0;
        let mut trimmed = 0;
        let mut decided = Vec::new();
        for reading in parts.all_mut() {
            if strip != Strip::default() {
                let apply = |document: &mut Labelled| document.text = strip.apply(&document.text);
                reading.documents.par_iter_mut().with_min_len(64).for_each(apply);
            }
            trimmed += labels::trim(&mut reading.documents);
            if changes.drop_missing {
                unlabelled += labels::drop_missing(&mut reading.documents);
            }
            unlabelled += reading.unlabelled;
            encodings.merge(std::mem::take(&mut reading.encodings));
            notices.append(&mut reading.notices);
            decided.append(&mut reading.decided);
        }
        notices.extend(encodings.notices());
        if trimmed > 0 {
            notices.push(format!("white space around the labels of {} was removed", counted(trimmed, "text")));
        }
        notices.extend(adapt_labels(parts, changes, known));
        let (removed, encodings) = (strip.names(), encodings.names());
        let protocol =
            Protocol { data, strip: removed, encodings, unlabelled, reading: decided, ..Protocol::default() };
        let input = InputFormat { strip, ..std::mem::take(&mut parts.train.format) };
        let (train, validation, test) = (Vec::new(), Vec::new(), Vec::new());
        Corpus { labels: Vec::new(), unseen_labels: Vec::new(), train, validation, test, protocol, input, notices }
    }

    /// The parts of a corpus, split as the config says. `self` has notices and the first lines of its protocol, but no
    /// documents yet.
    ///
    /// # Errors
    /// [`Error::Format`] when a given split has no test part, [`Error::Data`] for texts that cannot be learned from.
    pub(crate) fn split(mut self, parts: Parts, config: &CorpusConfig) -> Result<Corpus> {
        let Parts { train, validation, test, split } = parts;
        let (train, validation) = (train.documents, validation.map(|validation| validation.documents));
        let test = test.map(|test| test.documents);
        let mut counts = labels::count(train.iter().chain(validation.iter().flatten()));
        match &test {
            Some(test) if config.split.pick().is_none() => {
                let names: Vec<String> = counts.keys().map(|label| label.to_string()).collect();
                self.unseen_labels = labels::unseen(&labels::count(test), &names);
            }
            other => counts.extend(labels::count(other.iter().flatten())),
        }
        self.labels = counts.into_keys().map(str::to_string).collect();
        let number = |documents| labels::number(documents, &self.labels, &self.unseen_labels);
        let (train, validation, test) = (number(train), validation.map(number), test.map(number));

        let (train, test) = match (config.split, test) {
            (Split::Auto | Split::Given | Split::Bydate, Some(test)) => {
                self.protocol.split = TestSplit::Given(split.to_string());
                (train, test)
            }
            (Split::Given | Split::Bydate, None) => {
                let found = "no test part (test names one; split = \"random\" cuts one)";
                return Err(Error::format(&config.data, "a given split", found));
            }
            (Split::Auto | Split::Random | Split::Last, test) => {
                let all: Vec<Document> = train.into_iter().chain(test.into_iter().flatten()).collect();
                let (fraction, seed) = (config.test_fraction, config.split_seed);
                let pick = config.split.pick().unwrap_or_default();
                let (train, test) = self.cut(all, fraction, (pick, seed), "test")?;
                let actual = split::differing(test.len(), train.len() + test.len(), fraction);
                self.protocol.split = TestSplit::Cut { pick, fraction, seed, actual };
                (train, test)
            }
        };
        (self.train, self.validation) = self.hold_out(train, validation, config)?;
        self.test = test;
        self.correct_labels(&config.labels_checked)?;
        self.check_weights()?;
        self.protocol.group_column.clone_from(&config.group_column);
        self.check_parts()?;
        self.check_identical_texts();
        self.count();
        Ok(self)
    }

    /// The texts without a test part. `self` is as for [`split`](Corpus::split).
    ///
    /// # Errors
    /// [`Error::Data`] for texts that cannot be learned from.
    pub(crate) fn train_only(mut self, parts: Parts, config: &CorpusConfig) -> Result<Corpus> {
        let (train, validation) = (parts.train.documents, parts.validation.map(|validation| validation.documents));
        let counts = labels::count(train.iter().chain(validation.iter().flatten()));
        self.labels = counts.into_keys().map(str::to_string).collect();
        let number = |documents| labels::number(documents, &self.labels, &[]);
        let (train, validation) = (number(train), validation.map(number));
        self.protocol.split = TestSplit::NoTest;
        (self.train, self.validation) = self.hold_out(train, validation, config)?;
        self.correct_labels(&config.labels_checked)?;
        self.check_weights()?;
        self.count();
        Ok(self)
    }

    /// Every text as a test text, or the test part alone where there is one, numbered by the classes of a saved model.
    ///
    /// # Errors
    /// [`Error::Data`] that names the labels when the model knows none of them.
    pub(crate) fn unsplit(mut self, parts: Parts, labels: &[String]) -> Result<Corpus> {
        let (documents, split) = match parts.test {
            Some(test) => (test.documents, TestSplit::TestOnly(parts.split.to_string())),
            None => (parts.train.documents, TestSplit::EveryText),
        };
        self.protocol.split = split;
        self.labels = labels.to_vec();
        self.unseen_labels = labels::unknown_to_model(&labels::count(&documents), labels)?;
        self.test = labels::number(documents, labels, &self.unseen_labels);
        self.note_unknown_labels();
        self.count();
        Ok(self)
    }

    /// Train and validation: the given one, or one that is cut from train.
    pub(crate) fn hold_out(
        &mut self,
        train: Vec<Document>,
        validation: Option<Vec<Document>>,
        config: &CorpusConfig,
    ) -> Result<(Vec<Document>, Vec<Document>)> {
        let Some(validation) = validation else { return self.cut_validation(train, config) };
        self.check_classes(&train)?;
        self.protocol.validation = "given".to_string();
        Ok((train, validation))
    }

    /// Cuts validation from train and says how.
    fn cut_validation(
        &mut self,
        train: Vec<Document>,
        config: &CorpusConfig,
    ) -> Result<(Vec<Document>, Vec<Document>)> {
        let (fraction, pick) = (config.validation_fraction, (config.validation, config.split_seed));
        let (train, validation) = self.cut(train, fraction, pick, "validation")?;
        let share = match split::differing(validation.len(), train.len() + validation.len(), fraction) {
            Some(actual) => format!("{} of train ({} requested)", percent(actual), percent(fraction)),
            None => format!("{} of train", percent(fraction)),
        };
        self.protocol.validation = format!("{share}, {}", config.validation.describe(config.split_seed));
        Ok((train, validation))
    }

    /// Refuses training texts of a single class.
    fn check_classes(&self, documents: &[Document]) -> Result<usize> {
        let classes: BTreeSet<u32> = documents.iter().map(|document| document.label).collect();
        let [only] = Vec::from_iter(&classes)[..] else { return Ok(classes.len()) };
        let what = format!(
            "{}: all {} have the label {:?}, but a classifier needs at least two classes (is it the right column or folder?)",
            self.protocol.data,
            counted(documents.len(), "training text"),
            self.labels[*only as usize],
        );
        Err(Error::data(what))
    }

    /// Refuses a class whose training texts all have the weight 0: as if it had none. The protocol gets the range of the weights.
    fn check_weights(&mut self) -> Result<()> {
        let weights = self.train.iter().map(|document| document.weight);
        let (low, high) = weights.fold((1.0_f64, 1.0_f64), |(low, high), weight| (low.min(weight), high.max(weight)));
        if low == high {
            return Ok(()); // all are 1
        }
        let mut sums: BTreeMap<u32, f64> = BTreeMap::new();
        self.train.iter().for_each(|document| *sums.entry(document.label).or_default() += document.weight);
        if let Some((&label, _)) = sums.iter().find(|(_, sum)| **sum == 0.0) {
            let what = format!(
                "{}: the training texts of the class {:?} all have the weight zero: leave the class out, or give texts of it a weight \
                 above 0",
                self.protocol.data, self.labels[label as usize],
            );
            return Err(Error::data(what));
        }
        self.protocol.weights = format!("{low} to {high}");
        Ok(())
    }

    /// Says how many test texts are in train or validation as well.
    fn check_identical_texts(&mut self) {
        let learned: FxHashSet<&str> =
            self.train.iter().chain(&self.validation).map(|document| document.text.trim()).collect();
        let is_known = |document: &&Document| {
            let text = document.text.trim();
            !text.is_empty() && learned.contains(text)
        };
        let identical = self.test.iter().filter(is_known).count();
        if identical > 0 {
            self.notices.push(format!(
                "{} of {} {} identical to a training or validation text, which makes scores too high (remove duplicates)",
                thousands(identical),
                counted(self.test.len(), "test text"),
                if identical == 1 { "is" } else { "are" },
            ));
        }
    }

    /// Cuts a part off and says which classes were too small for it.
    fn cut(
        &mut self,
        documents: Vec<Document>,
        fraction: f64,
        pick: (Pick, u64),
        part: &str,
    ) -> Result<(Vec<Document>, Vec<Document>)> {
        let classes = self.check_classes(&documents)?;
        let total = documents.len();
        let is_grouped = documents.iter().any(|document| !document.group.is_empty());
        let parts = match is_grouped {
            true => split::cut_groups(documents, self.labels.len(), fraction, pick.1, part),
            false => split::cut(documents, &self.labels, fraction, pick, part),
        };
        if parts.cut.is_empty() && is_grouped {
            let what = format!(
                "{}: no {part} part can be cut: all {} belong to one group (is group_column the right one?)",
                self.protocol.data,
                counted(total, "text"),
            );
            return Err(Error::data(what));
        }
        if parts.cut.is_empty() {
            let what = format!(
                "{}: no {part} part can be cut: each of the {} has a single text ({} in all; is it the right column or folder?)",
                self.protocol.data,
                counted(classes, "class"),
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
        let all_labels = self.all_labels();
        let names =
            |labels: Vec<&u32>| labels.iter().map(|&&label| all_labels[label as usize].clone()).collect::<Vec<_>>();
        let unseen = names(test.difference(&train).collect());
        let untested = names(train.difference(&test).collect());
        if !unseen.is_empty() {
            let count = counted(unseen.len(), "class");
            let is_unseen = |document: &&Document| !train.contains(&document.label);
            let texts = counted(self.test.iter().filter(is_unseen).count(), "text");
            let names = quoted(&unseen);
            self.notices.push(format!(
                "{count} in test but not in train, so that no model can know it: {names} (counted as wrong: {texts})"
            ));
        }
        let is_random = matches!(self.protocol.split, TestSplit::Cut { pick: Pick::Random, .. });
        if !untested.is_empty() && !is_random {
            let count = counted(untested.len(), "class");
            self.notices
                .push(format!("{count} in train but not in test, so that no score shows it: {}", quoted(&untested)));
        }
        Ok(())
    }

    /// Fills in the counts of the protocol.
    pub(crate) fn count(&mut self) {
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

/// Merges equal labels where that is accepted, else says which look equal or missing.
fn adapt_labels(parts: &mut Parts, changes: LabelChanges, known: &[String]) -> Vec<String> {
    let others = [&parts.validation, &parts.test].into_iter().flatten();
    let all = parts.train.documents.iter().chain(others.flat_map(|part| &part.documents));
    let mut counts = labels::count(all);
    for label in known {
        counts.entry(label).or_default();
    }
    let mut notices = Vec::from_iter(labels::missing_notice(&counts));
    if !changes.merge_equal {
        notices.extend(labels::spelling_notices(&counts));
        return notices;
    }
    let replaced: BTreeMap<String, String> =
        labels::merged(&counts, known).into_iter().map(|(label, kept)| (label, kept.to_string())).collect();
    let documents = [Some(&mut parts.train), parts.validation.as_mut(), parts.test.as_mut()]
        .into_iter()
        .flatten()
        .flat_map(|part| &mut part.documents);
    documents.for_each(|document| {
        if let Some(kept) = replaced.get(&document.label) {
            document.label.clone_from(kept);
        }
    });
    if !replaced.is_empty() {
        let pairs: Vec<String> = replaced.iter().map(|(label, kept)| format!("{label:?} as {kept:?}")).collect();
        notices.push(format!("labels merged: {}", listed(&pairs)));
    }
    notices
}
