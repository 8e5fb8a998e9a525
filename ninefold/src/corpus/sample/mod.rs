//! (stands in until the made corpus comes)

use serde::{Deserialize, Serialize};

use super::Document;
use crate::error::Result;

/// Settings of the made corpus.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, documented::DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct SampleConfig {}

impl SampleConfig {
    /// Checks every setting.
    ///
    /// # Errors
    /// None.
    pub fn validate(&self) -> Result<()> {
        Ok(())
    }
}

/// The made corpus.
pub struct SampleCorpus {
    /// Class names, sorted.
    pub labels: Vec<String>,
    /// The training part.
    pub train: Vec<Document>,
    /// The test part.
    pub test: Vec<Document>,
}

/// Makes the corpus.
///
/// # Errors
/// None.
pub fn generate(config: &SampleConfig) -> Result<SampleCorpus> {
    let SampleConfig {} = config;
    let labels = vec!["a".to_string(), "b".to_string()];
    let make = |part: &str, count: u32| {
        (0..count)
            .map(|n| Document { text: format!("text {n}"), label: n % 2, source: format!("{part}/{n}") })
            .collect()
    };
    Ok(SampleCorpus { train: make("train", 40), test: make("test", 10), labels })
}
