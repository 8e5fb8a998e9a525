//! Texts in memory and their diagnosis.

use ninefold_core::progress::Silent;
use ninefold_data::Document;
use ninefold_diagnose::{Answered, Diagnosis, DiagnosisConfig, Input, Item, ModelAnswers, diagnose};
use ninefold_metrics::ConfidenceLevel;
use ninefold_text::tokenize::{Tokenizer, TokenizerConfig};

/// Texts with their labels in two parts.
#[derive(Clone, Debug, Default)]
pub struct Corpus {
    pub classes: Vec<String>,
    pub learned: Vec<Document>,
    pub test: Vec<Document>,
    /// Whether the test labels are known.
    pub is_test_labelled: bool,
    pub models: Vec<ModelAnswers>,
    pub answered: Answered,
}

pub fn document(text: impl AsRef<str>, label: u32) -> Document {
    Document { text: text.as_ref().into(), label, source: "memory".into(), group: String::new(), weight: 1.0 }
}

impl Corpus {
    /// Classes named "c0", "c1", ...; the last quarter is the test part.
    pub fn of(num_classes: usize, documents: Vec<Document>) -> Corpus {
        let mut learned = documents;
        let test = learned.split_off(3 * learned.len() / 4);
        let classes = (0..num_classes).map(|class| format!("c{class}")).collect();
        Corpus { classes, learned, test, is_test_labelled: true, ..Corpus::default() }
    }

    pub fn diagnosis(&self) -> Diagnosis {
        let learned: Vec<Item> = self.learned.iter().map(|document| as_item(document, true)).collect();
        let test: Vec<Item> = self.test.iter().map(|document| as_item(document, self.is_test_labelled)).collect();
        let tokenizer = Tokenizer::new(&TokenizerConfig::default()).expect("default settings");
        let input = Input {
            tokenizer: &tokenizer,
            classes: &self.classes,
            learned: &learned,
            test: &test,
            models: &self.models,
            answered: self.answered,
        };
        diagnose(&input, &DiagnosisConfig::default(), ConfidenceLevel::default(), 0, &Silent)
            .expect("texts are no error")
    }
}

fn as_item(document: &Document, is_labelled: bool) -> Item<'_> {
    Item { text: &document.text, source: &document.source, label: is_labelled.then_some(document.label) }
}
