//! How a corpus was read and split: the lines that stand above every result.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::split::Pick;
use ninefold_core::phrasing::{counted, rounded_percent, thousands};

/// How a corpus was read and split: without it a score means nothing. Printed, it is three plain lines, and one for each file whose columns were found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Protocol {
    /// The name or path that was given.
    pub data: String,
    /// How the test part came about.
    pub split: TestSplit,
    /// "10 % of train, stratified, seed 0"; "given" when the data have a validation part.
    pub validation: String,
    /// The column whose groups no split divides; empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group_column: String,
    /// How many labels a file of checked ones corrected; empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub labels_checked: String,
    /// The range of the weights of the training texts: "0.5 to 3"; empty where all are 1.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub weights: String,
    /// How tables and JSON were read: `reviews.csv: text from "body", label from "topic" (the first line is a header)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reading: Vec<String>,
    /// What was removed from each text: "headers", "footers", "quotes".
    pub strip: Vec<String>,
    /// Encodings met, commonest first: "utf-8", "windows-1252".
    pub encodings: Vec<String>,
    /// Number of classes.
    pub num_classes: usize,
    /// Texts in each part.
    pub texts: PartCounts,
    /// Texts with nothing but white space in each part, after stripping; they are kept.
    pub empty_texts: PartCounts,
    /// Rows that have no label and were left out.
    #[serde(default)]
    pub unlabelled: usize,
}

/// How a test part came about. Files keep the sentence that it prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum TestSplit {
    /// The data came with it: "given", "bydate".
    Given(String),
    /// The data came with it, and nothing else was read: "given (test part)".
    TestOnly(String),
    /// Cut from all texts: "random 80/20, stratified, seed 0", "80/20, the last of each class".
    Cut {
        /// Which texts of each class.
        pick: Pick,
        /// The fraction that was asked for.
        fraction: f64,
        /// Of random cuts.
        seed: u64,
        /// The fraction that was cut, where small classes make it differ: each gives one text at least.
        actual: Option<f64>,
    },
    /// Every text is a test text once, of a model that was not trained on it: "5-fold cross-validation, stratified, seed 0".
    Folds {
        /// The number of parts.
        folds: usize,
        /// Of the division.
        seed: u64,
    },
    /// Every text was read as a test text: "none (every text)".
    EveryText,
    /// Every text is for training: "none (no test part)".
    NoTest,
}

/// Between what was cut and what was asked for: "random 67/33 (80/20 requested), ...".
const BUT: &str = " (";
const REQUESTED: &str = " requested)";
const FOLDS: &str = "-fold cross-validation, stratified, seed ";
const TEST_ONLY: &str = " (test part)";
const EVERY_TEXT: &str = "none (every text)";
const NO_TEST: &str = "none (no test part)";

impl Default for TestSplit {
    fn default() -> TestSplit {
        TestSplit::Given(String::new())
    }
}

impl fmt::Display for TestSplit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TestSplit::Given(name) => write!(out, "{name}"),
            TestSplit::TestOnly(name) => write!(out, "{name}{TEST_ONLY}"),
            TestSplit::EveryText => write!(out, "{EVERY_TEXT}"),
            TestSplit::NoTest => write!(out, "{NO_TEST}"),
            TestSplit::Folds { folds, seed } => write!(out, "{folds}{FOLDS}{seed}"),
            TestSplit::Cut { pick, fraction, seed, actual } => {
                let percents = |test: f64| format!("{}/{}", rounded_percent(1.0 - test), rounded_percent(test));
                out.write_str(if *pick == Pick::Random { "random " } else { "" })?;
                match actual {
                    Some(actual) => write!(out, "{}{BUT}{}{REQUESTED}", percents(*actual), percents(*fraction))?,
                    None => write!(out, "{}", percents(*fraction))?,
                }
                write!(out, ", {}", pick.describe(*seed))
            }
        }
    }
}

impl TestSplit {
    /// The cross-validation that a sentence describes, if it describes one.
    fn folds(sentence: &str) -> Option<TestSplit> {
        let (folds, seed) = sentence.split_once(FOLDS)?;
        Some(TestSplit::Folds { folds: folds.parse().ok()?, seed: seed.parse().ok()? })
    }

    /// The cut that a sentence describes, if it describes one.
    fn cut(sentence: &str) -> Option<TestSplit> {
        let (percents, how) = sentence.split_once(", ")?;
        let percents = percents.strip_prefix("random ").unwrap_or(percents);
        let fraction_of = |percents: &str| Some(percents.split_once('/')?.1.parse::<f64>().ok()? / 100.0);
        let (fraction, actual) = match percents.split_once(BUT) {
            Some((actual, requested)) => (fraction_of(requested.strip_suffix(REQUESTED)?)?, Some(fraction_of(actual)?)),
            None => (fraction_of(percents)?, None),
        };
        let (pick, seed) = match how.strip_prefix("stratified, seed ") {
            Some(seed) => (Pick::Random, seed.parse().ok()?),
            None => (Pick::Last, 0),
        };
        let cut = TestSplit::Cut { pick, fraction, seed, actual };
        (cut.to_string() == sentence).then_some(cut)
    }
}

impl From<&str> for TestSplit {
    /// From the sentence; one that no split of this version prints is the name of a given split.
    fn from(sentence: &str) -> TestSplit {
        match (sentence.strip_suffix(TEST_ONLY), TestSplit::cut(sentence).or_else(|| TestSplit::folds(sentence))) {
            _ if sentence == EVERY_TEXT => TestSplit::EveryText,
            _ if sentence == NO_TEST => TestSplit::NoTest,
            (Some(name), _) => TestSplit::TestOnly(name.to_string()),
            (_, Some(cut)) => cut,
            (None, None) => TestSplit::Given(sentence.to_string()),
        }
    }
}

impl From<String> for TestSplit {
    fn from(sentence: String) -> TestSplit {
        TestSplit::from(sentence.as_str())
    }
}

impl From<TestSplit> for String {
    fn from(split: TestSplit) -> String {
        split.to_string()
    }
}

/// One count per part of a corpus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartCounts {
    /// In the training part.
    pub train: usize,
    /// In the validation part.
    pub validation: usize,
    /// In the test part.
    pub test: usize,
}

impl PartCounts {
    /// All parts together.
    pub fn total(&self) -> usize {
        self.train + self.validation + self.test
    }
}

impl fmt::Display for PartCounts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [train, validation, test] = [self.train, self.validation, self.test].map(thousands);
        write!(out, "train {train}, validation {validation}, test {test}")
    }
}

impl Protocol {
    /// Whether every text is a test text once: then the test part holds texts of the training part.
    pub fn is_cross_validated(&self) -> bool {
        matches!(self.split, TestSplit::Folds { .. })
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let strip = if self.strip.is_empty() { "nothing".to_string() } else { self.strip.join(", ") };
        writeln!(out, "data: {}; {}; {}", self.data, counted(self.num_classes, "class"), self.texts)?;
        write!(out, "split: {}", self.split)?;
        if !self.validation.is_empty() {
            write!(out, "; validation: {}", self.validation)?;
        }
        if !self.group_column.is_empty() {
            write!(out, "; groups kept together: {:?}", self.group_column)?;
        }
        write!(out, "\nstripped: {strip}; empty texts (kept): ")?;
        match self.empty_texts.total() {
            0 => write!(out, "none")?,
            _ => write!(out, "{}", self.empty_texts)?,
        }
        if self.unlabelled > 0 {
            write!(out, "; without a label (left out): {}", thousands(self.unlabelled))?;
        }
        if !self.encodings.is_empty() {
            write!(out, "; encoding: {}", self.encodings.join(", "))?;
        }
        if !self.labels_checked.is_empty() {
            write!(out, "\nlabels: {}", self.labels_checked)?;
        }
        if !self.weights.is_empty() {
            write!(out, "\nweights of the training texts: {} (scores do not depend on them)", self.weights)?;
        }
        self.reading.iter().try_for_each(|reading| write!(out, "\nread: {reading}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_is_three_plain_lines() {
        let protocol = Protocol {
            data: "20newsgroups".into(),
            split: "bydate".into(),
            validation: "10 % of train, stratified, seed 0".into(),
            strip: vec!["headers".into(), "quotes".into()],
            encodings: vec!["latin-1".into()],
            num_classes: 20,
            texts: PartCounts { train: 10_183, validation: 1_131, test: 7_532 },
            empty_texts: PartCounts { train: 3, validation: 0, test: 1 },
            unlabelled: 2,
            group_column: String::new(),
            labels_checked: String::new(),
            weights: String::new(),
            reading: Vec::new(),
        };
        let expected = "data: 20newsgroups; 20 classes; train 10,183, validation 1,131, test 7,532\n\
            split: bydate; validation: 10 % of train, stratified, seed 0\n\
            stripped: headers, quotes; empty texts (kept): train 3, validation 0, test 1; without a label (left out): 2; \
            encoding: latin-1";
        assert_eq!(protocol.to_string(), expected);
    }

    #[test]
    fn a_split_is_read_back_from_its_sentence() {
        let cut = |pick, fraction, seed| TestSplit::Cut { pick, fraction, seed, actual: None };
        let third = TestSplit::Cut { pick: Pick::Random, fraction: 0.2, seed: 0, actual: Some(0.3333) };
        for (split, sentence) in [
            (TestSplit::Given("bydate".into()), "bydate"),
            (TestSplit::TestOnly("given".into()), "given (test part)"),
            (TestSplit::EveryText, "none (every text)"),
            (cut(Pick::Random, 0.2, 0), "random 80/20, stratified, seed 0"),
            (cut(Pick::Random, 0.125, 17), "random 87.5/12.5, stratified, seed 17"),
            (third, "random 66.67/33.33 (80/20 requested), stratified, seed 0"),
            (cut(Pick::Last, 0.34, 0), "66/34, the last of each class"),
            (TestSplit::Given("random 80/20, seed 0".into()), "random 80/20, seed 0"),
        ] {
            assert_eq!((split.to_string().as_str(), TestSplit::from(sentence)), (sentence, split));
        }
        let third = TestSplit::from(cut(Pick::Random, 1.0 / 3.0, 1).to_string());
        assert_eq!(third.to_string(), "random 66.67/33.33, stratified, seed 1");
    }

    #[test]
    fn what_did_not_happen_is_said_in_a_word() {
        let protocol = Protocol { data: "x.csv".into(), num_classes: 1, split: "given".into(), ..Protocol::default() };
        let expected = "data: x.csv; 1 class; train 0, validation 0, test 0\nsplit: given\n\
            stripped: nothing; empty texts (kept): none";
        assert_eq!(protocol.to_string(), expected);
    }
}
