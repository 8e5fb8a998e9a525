//! Text -> subwords of a vocabulary that is learned from the training texts: byte pair encoding over the characters of each word.
//!
//! Frequent words stay whole, rare ones become several frequent pieces, so that hardly a token is unknown; for languages such as
//! Korean, Finnish or Turkish that write many endings into a word. The first piece of a word begins with ▁ (U+2581), as in
//! SentencePiece.
//!
//! Needs the cargo feature `bpe`. Source: Sennrich, Haddow & Birch, "Neural machine translation of rare words with subword units"
//! (2016); learned and applied by the crate tokenizers.

use std::sync::Arc;

use tokenizers::models::bpe::{BPE, BpeTrainer, Vocab};
use tokenizers::{Model, Trainer};

use super::segmenter::{Segmenter, Token};
use super::symbols::Symbols;
use super::words::Words;
use ninefold_core::error::{Error, Result};

/// Begins the first piece of a word.
const WORD_START: char = '\u{2581}';
/// What the library calls a character that no rule has.
const UNKNOWN: &str = "<unk>";

/// Subwords by byte pair encoding.
#[derive(Clone, Debug)]
pub struct Bpe {
    /// Which symbols are tokens.
    pub symbols: Symbols,
    /// `None` until rules were learned: then words are cut into characters.
    learned: Option<Arc<Learned>>,
}

#[derive(Debug)]
struct Learned {
    model: BPE,
    lowercase: bool,
}

impl Bpe {
    /// One that has learned nothing yet.
    pub const fn new(symbols: Symbols) -> Bpe {
        Bpe { symbols, learned: None }
    }
}

impl Segmenter for Bpe {
    fn name(&self) -> &str {
        "bpe"
    }

    fn gives_words(&self) -> bool {
        false
    }

    fn segment(&self, text: &str, give: &mut dyn FnMut(Token<'_>)) {
        let mut give = |text: &str| give(Token { text, range: None });
        Words { symbols: self.symbols }.segment(text, &mut |word| match &self.learned {
            Some(learned) => {
                let word = marked(word.text, learned.lowercase);
                match learned.model.tokenize(&word) {
                    Ok(pieces) => pieces.iter().for_each(|piece| give(&word[piece.offsets.0..piece.offsets.1])),
                    Err(_) => give(&word), // it fails on unknown characters without a token for them, and there is one
                }
            }
            None => marked(word.text, false).split_inclusive(|_| true).for_each(&mut give),
        });
    }

    fn with_symbols(&self, symbols: Symbols) -> Option<Arc<dyn Segmenter>> {
        Some(Arc::new(Bpe { symbols, learned: self.learned.clone() }))
    }

    fn learn(&self, texts: &[&str], size: usize, lowercase: bool) -> Result<Option<Vec<String>>> {
        let words_of = |text: &str| {
            let mut words = Vec::new();
            Words { symbols: self.symbols }.segment(text, &mut |word| words.push(marked(word.text, lowercase)));
            Ok(words)
        };
        let failed = |error| Error::internal(format!("byte pair encoding: {error}"));
        let mut trainer = BpeTrainer::builder().show_progress(false).vocab_size(size).min_frequency(2).build();
        trainer.feed(texts.iter(), words_of).map_err(failed)?;
        let mut model = BPE::default();
        trainer.train(&mut model).map_err(failed)?;
        rules_of(&model).map(Some)
    }

    fn with_rules(&self, rules: &[String], lowercase: bool) -> Result<Option<Arc<dyn Segmenter>>> {
        let learned = Some(Arc::new(Learned { model: model_of(rules)?, lowercase }));
        Ok(Some(Arc::new(Bpe { symbols: self.symbols, learned })))
    }
}

/// A word as its pieces are cut from it.
fn marked(word: &str, lowercase: bool) -> String {
    if lowercase { format!("{WORD_START}{}", word.to_lowercase()) } else { format!("{WORD_START}{word}") }
}

/// The rules of a model, the first one first: "th e" joins "th" and "e".
fn rules_of(model: &BPE) -> Result<Vec<String>> {
    let unreadable = || Error::internal("byte pair encoding without merges");
    let json = serde_json::to_value(model).map_err(|_| unreadable())?;
    let merges = json["merges"].as_array().ok_or_else(unreadable)?;
    let rule = |merge: &serde_json::Value| Some(format!("{} {}", merge[0].as_str()?, merge[1].as_str()?));
    merges.iter().map(|merge| rule(merge).ok_or_else(unreadable)).collect()
}

fn model_of(rules: &[String]) -> Result<BPE> {
    let mut ids: Vocab = [(UNKNOWN.to_string(), 0)].into();
    let mut add = |piece: String| {
        let next = ids.len() as u32;
        ids.entry(piece).or_insert(next);
    };
    let mut merges = Vec::with_capacity(rules.len());
    for rule in rules {
        let (left, right) = pieces_of(rule).ok_or_else(|| {
            Error::invalid_value("subword_rules", "two pieces with a space between them", format!("{rule:?}"))
        })?;
        left.chars().chain(right.chars()).map(String::from).for_each(&mut add);
        add(format!("{left}{right}"));
        merges.push((left.to_string(), right.to_string()));
    }
    BPE::builder().vocab_and_merges(ids, merges).unk_token(UNKNOWN.to_string()).build().map_err(|error| {
        Error::invalid_value("subword_rules", "rules of byte pair encoding, each after those of its pieces", error)
    })
}

fn pieces_of(rule: &str) -> Option<(&str, &str)> {
    let (left, right) = rule.split_once(' ')?;
    (!left.is_empty() && !right.is_empty() && !right.contains(' ')).then_some((left, right))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TEXTS: [&str; 4] = ["lower low", "lowest newest", "the newer the wider", "low and lower"];

    fn pieces(segmenter: &dyn Segmenter, text: &str) -> Vec<String> {
        let mut pieces = Vec::new();
        segmenter.segment(text, &mut |piece| pieces.push(piece.text.to_owned()));
        pieces
    }

    fn learned(lowercase: bool) -> (Vec<String>, Arc<dyn Segmenter>) {
        let bpe = Bpe::new(Symbols::Emoji);
        let rules = bpe.learn(&TEXTS, 40, lowercase).unwrap().unwrap();
        let segmenter = bpe.with_rules(&rules, lowercase).unwrap().unwrap();
        (rules, segmenter)
    }

    #[test]
    fn frequent_words_stay_whole_and_rare_ones_are_cut() {
        let (rules, bpe) = learned(true);
        assert_eq!(pieces(&*bpe, "LOW, low!"), ["\u{2581}low", "\u{2581}low"]);
        let rare = pieces(&*bpe, "slower");
        assert!(rare.len() > 1 && rare.concat() == "\u{2581}slower", "{rare:?} {rules:?}");
        assert_eq!(pieces(&*bpe, "\u{d55c} ❤").concat(), "\u{2581}\u{d55c}\u{2581}❤", "unknown characters stay");
    }

    #[test]
    fn learning_twice_gives_the_same_rules() {
        assert_eq!(learned(true).0, learned(true).0);
        assert!(!learned(true).0.is_empty());
    }

    #[test]
    fn without_rules_words_are_cut_into_characters() {
        assert_eq!(pieces(&Bpe::new(Symbols::Emoji), "Ab c"), ["\u{2581}", "A", "b", "\u{2581}", "c"]);
    }

    #[test]
    fn rules_that_make_no_sense_are_refused() {
        let refused = |rule: &str| Bpe::new(Symbols::Emoji).with_rules(&[rule.to_string()], true).is_err();
        assert!(refused("ab") && refused(" b") && refused("a b c"));
    }
}
