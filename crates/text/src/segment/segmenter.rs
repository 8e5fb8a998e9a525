//! What a segmenter is.

use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use super::symbols::Symbols;
use ninefold_core::error::Result;

/// Cuts texts into raw tokens. Lower case, numbers, stop words and lengths are the tokenizer's business afterwards.
pub trait Segmenter: Debug + Send + Sync {
    /// Its name in settings and saved models: `tokenizer.unit`.
    fn name(&self) -> &str;

    /// Hands the tokens of `text` to `give`, in order. A token is not empty.
    fn segment(&self, text: &str, give: &mut dyn FnMut(Token<'_>));

    /// Whether tokens are words, so that stop words, marks of capitals and a least length have a meaning.
    fn gives_words(&self) -> bool {
        true
    }

    /// Whether a text that is ASCII throughout has the same tokens in lower case, but for their case. The tokenizer then makes the
    /// whole text lower case at once.
    fn ignores_ascii_case(&self) -> bool {
        false
    }

    /// The segmenter that hands out these symbols; `None` where a choice of symbols has no meaning.
    fn with_symbols(&self, _symbols: Symbols) -> Option<Arc<dyn Segmenter>> {
        None
    }

    /// Learns rules from the training texts, of which at most `size` tokens come; `None` for a segmenter that learns nothing.
    ///
    /// # Errors
    /// Those of the learning.
    fn learn(&self, _texts: &[&str], _size: usize, _lowercase: bool) -> Result<Option<Vec<String>>> {
        Ok(None)
    }

    /// The segmenter with rules that it learned, of words in lower case or as they are; `None` for one that learns nothing.
    ///
    /// # Errors
    /// [`Error::InvalidValue`](ninefold_core::Error::InvalidValue) for rules that it cannot have learned.
    fn with_rules(&self, _rules: &[String], _lowercase: bool) -> Result<Option<Arc<dyn Segmenter>>> {
        Ok(None)
    }

    /// Number of symbols of a text that are not handed out because of that choice.
    fn left_out_symbols(&self, _text: &str) -> usize {
        0
    }
}

/// One token of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// As it is in the text, or as the segmenter writes it.
    pub text: &'a str,
    /// Its bytes in the text, where the segmenter can tell.
    pub range: Option<Range<usize>>,
}

impl<'a> Token<'a> {
    /// `token`, which is a part of `text`.
    pub(super) fn part_of(text: &str, token: &'a str) -> Token<'a> {
        let start = token.as_ptr() as usize - text.as_ptr() as usize;
        Token { text: token, range: Some(start..start + token.len()) }
    }
}

impl<S: Segmenter + ?Sized> Segmenter for &S {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn segment(&self, text: &str, give: &mut dyn FnMut(Token<'_>)) {
        (**self).segment(text, give);
    }

    fn gives_words(&self) -> bool {
        (**self).gives_words()
    }

    fn ignores_ascii_case(&self) -> bool {
        (**self).ignores_ascii_case()
    }

    fn with_symbols(&self, symbols: Symbols) -> Option<Arc<dyn Segmenter>> {
        (**self).with_symbols(symbols)
    }

    fn learn(&self, texts: &[&str], size: usize, lowercase: bool) -> Result<Option<Vec<String>>> {
        (**self).learn(texts, size, lowercase)
    }

    fn with_rules(&self, rules: &[String], lowercase: bool) -> Result<Option<Arc<dyn Segmenter>>> {
        (**self).with_rules(rules, lowercase)
    }

    fn left_out_symbols(&self, text: &str) -> usize {
        (**self).left_out_symbols(text)
    }
}
