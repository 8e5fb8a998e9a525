//! Text -> tokens.

use serde::{Deserialize, Serialize};

/// How texts are cut into tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenizerConfig {
    /// Put everything in lower case first.
    pub lowercase: bool,
}

impl Default for TokenizerConfig {
    fn default() -> Self {
        TokenizerConfig { lowercase: true }
    }
}

/// Cuts texts into tokens.
#[derive(Clone, Debug)]
pub struct Tokenizer {}

impl Tokenizer {
    /// Builds a tokenizer.
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config) for a setting that has no meaning.
    pub fn new(config: &TokenizerConfig) -> crate::Result<Tokenizer> {
        let _ = config;
        todo!()
    }

    /// The tokens of `text`, in order.
    pub fn tokenize(&self, text: &str) -> Vec<String> {
        let _ = text;
        todo!()
    }
}
