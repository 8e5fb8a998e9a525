//! How a corpus was read and split: the lines that stand above every result.

use std::fmt;

use serde::{Deserialize, Serialize};

use ninefold_core::phrasing::{counted, thousands};

/// How a corpus was read and split: without it a score means nothing. Printed, it is three plain lines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Protocol {
    /// The name or path that was given.
    pub data: String,
    /// "bydate", "given", "random 80/20, stratified, seed 0".
    pub split: String,
    /// "10 % of train, stratified, seed 0".
    pub validation: String,
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

impl fmt::Display for Protocol {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let strip = if self.strip.is_empty() { "nothing".to_string() } else { self.strip.join(", ") };
        writeln!(out, "data: {}; {}; {}", self.data, counted(self.num_classes, "class"), self.texts)?;
        write!(out, "split: {}", self.split)?;
        if !self.validation.is_empty() {
            write!(out, "; validation: {}", self.validation)?;
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
        Ok(())
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
        };
        let expected = "data: 20newsgroups; 20 classes; train 10,183, validation 1,131, test 7,532\n\
            split: bydate; validation: 10 % of train, stratified, seed 0\n\
            stripped: headers, quotes; empty texts (kept): train 3, validation 0, test 1; without a label (left out): 2; \
            encoding: latin-1";
        assert_eq!(protocol.to_string(), expected);
    }

    #[test]
    fn what_did_not_happen_is_said_in_a_word() {
        let protocol = Protocol { data: "x.csv".into(), num_classes: 1, split: "given".into(), ..Protocol::default() };
        let expected = "data: x.csv; 1 class; train 0, validation 0, test 0\nsplit: given\n\
            stripped: nothing; empty texts (kept): none";
        assert_eq!(protocol.to_string(), expected);
    }
}
