//! Tokens <-> ids: which tokens a model knows, and how much of a text that covers.
//!
//! Takes the counts of the training texts' tokens -> gives a [`Vocab`]: `<pad>` 0, `<unk>` 1, then the tokens by falling
//! count. The order depends on nothing but the counts, so that the same texts give the same ids on every machine.

mod counts;
mod coverage;
mod file;
mod index;

use std::cmp::Reverse;

use documented::DocumentedFields;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::index::{Index, Key};
use crate::tokenize::Tokenizer;
pub use counts::TokenCounts;
pub use coverage::{Coverage, Lengths, PartCoverage};
use ninefold_core::error::{Error, Result};
use ninefold_core::memory::{slice_bytes, string_bytes};

/// The id of `<pad>`.
pub const PAD: u32 = 0;
/// The id of `<unk>`, which stands for every token that is not in the vocabulary.
pub const UNK: u32 = 1;
/// How the ids that are no token of any text are written.
pub const SPECIAL: [&str; 2] = ["<pad>", "<unk>"];

/// Which tokens of the training texts a model knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct VocabConfig {
    /// Tokens with fewer occurrences in the training texts are unknown.
    pub min_count: u64,
    /// Maximum size of the vocabulary, `<pad>` and `<unk>` included; the most frequent tokens are kept. Not set: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_vocab_size: Option<usize>,
}

impl Default for VocabConfig {
    fn default() -> Self {
        VocabConfig { min_count: 2, max_vocab_size: None }
    }
}

impl VocabConfig {
    /// Refuses settings that have no meaning.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the key.
    pub fn validate(&self) -> Result<()> {
        if self.min_count == 0 {
            return Err(Error::invalid_value("min_count", "1 or more", 0));
        }
        match self.max_vocab_size {
            Some(size) if size <= SPECIAL.len() => {
                Err(Error::invalid_value("max_vocab_size", "3 or more (<pad> and <unk> are two of them)", size))
            }
            _ => Ok(()),
        }
    }
}

/// The tokens that a model knows, by id: `<pad>` 0, `<unk>` 1, then by falling count, ties by the token's bytes.
///
/// A text that holds the letters `<pad>` or `<unk>` cannot reach those ids' meaning: both are unknown like any other.
#[derive(Clone, Debug)]
pub struct Vocab {
    tokens: Vec<String>, // [vocab_size]
    counts: Vec<u64>,    // [vocab_size] occurrences in the training texts; 0 for <pad>; <unk>: the rest
    ids: Index,          // without the special ones
}

impl PartialEq for Vocab {
    fn eq(&self, other: &Vocab) -> bool {
        self.tokens == other.tokens && self.counts == other.counts
    }
}

impl Vocab {
    /// Bytes of its tables in memory.
    pub fn memory_bytes(&self) -> usize {
        string_bytes(&self.tokens) + slice_bytes(&self.counts) + self.ids.memory_bytes()
    }

    /// The vocabulary of texts with these counts.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] as [`VocabConfig::validate`], [`Error::Data`] when there is no token or none is common enough.
    pub fn build(counts: &TokenCounts, config: &VocabConfig) -> Result<Vocab> {
        config.validate()?;
        let mut kept: Vec<(&str, u64)> = counts.iter().filter(|(token, _)| !SPECIAL.contains(token)).collect();
        let commonest = kept.iter().copied().max_by_key(|&(token, count)| (count, Reverse(token)));
        kept.retain(|&(_, count)| count >= config.min_count);
        if kept.is_empty() {
            return Err(Error::data(match commonest {
                None => {
                    "the training texts have no token: they are empty, or the tokenizer leaves everything out".into()
                }
                Some((token, count)) => format!(
                    "no token is seen min_count = {} times in the training texts: the commonest, {token:?}, is seen {count} \
                     times; lower min_count to {count} or less, or give more texts",
                    config.min_count
                ),
            }));
        }
        kept.sort_unstable_by_key(|&(token, count)| (Reverse(count), token));
        kept.truncate(config.max_vocab_size.map_or(usize::MAX, |size| size - SPECIAL.len()));

        let known: u64 = kept.iter().map(|&(_, count)| count).sum();
        let words = kept.into_iter().map(|(token, count)| (token.to_owned(), count));
        let special = [(SPECIAL[0].to_owned(), 0), (SPECIAL[1].to_owned(), counts.total() - known)];
        let (tokens, counts) = special.into_iter().chain(words).unzip();
        Ok(Vocab::new(tokens, counts).expect("the keys of a map are distinct"))
    }

    /// The vocabulary of these tokens in this order, all counts 0. `<pad>` and `<unk>` are put first unless they are there.
    ///
    /// # Errors
    /// [`Error::Data`] when a token comes twice, or `<pad>` or `<unk>` stands where it does not belong.
    pub fn from_tokens(mut tokens: Vec<String>) -> Result<Vocab> {
        if !tokens.starts_with(&SPECIAL.map(str::to_owned)) {
            tokens.splice(0..0, SPECIAL.map(str::to_owned));
        }
        let counts = vec![0; tokens.len()];
        Vocab::new(tokens, counts).map_err(|(token, id)| {
            Error::data(format!("a vocabulary cannot hold {token:?} as token {id}: it is there already as another one"))
        })
    }

    /// `tokens` begin with the special ones. Fails with a token that comes again, and its id.
    fn new(mut tokens: Vec<String>, counts: Vec<u64>) -> std::result::Result<Vocab, (String, usize)> {
        tokens.shrink_to_fit();
        assert_eq!(tokens[..2], SPECIAL, "a vocabulary begins with the special tokens");
        assert_eq!(tokens.len(), counts.len(), "one count per token");
        let mut ids = Index::with_capacity(tokens.len());
        for id in SPECIAL.len()..tokens.len() {
            if SPECIAL.contains(&tokens[id].as_str()) || !ids.insert(&tokens, id as u32) {
                return Err((tokens[id].clone(), id));
            }
        }
        Ok(Vocab { tokens, counts, ids })
    }

    /// Number of tokens, `<pad>` and `<unk>` included.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Never: `<pad>` and `<unk>` are always there.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// All tokens by id.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// Occurrences in the training texts by id: 0 for `<pad>`, those of all other tokens for `<unk>`.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The id of a token, [`UNK`] when it is not known.
    pub fn id(&self, token: &str) -> u32 {
        self.ids.find(&self.tokens, token).unwrap_or(UNK)
    }

    /// True when a token of a text has an id of its own.
    pub fn contains(&self, token: &str) -> bool {
        self.ids.find(&self.tokens, token).is_some()
    }

    /// The ids of tokens.
    pub fn encode<T: AsRef<str>>(&self, tokens: &[T]) -> Vec<u32> {
        tokens.iter().map(|token| self.id(token.as_ref())).collect()
    }

    /// The ids of a text's tokens.
    pub fn encode_text(&self, tokenizer: &Tokenizer, text: &str) -> Vec<u32> {
        self.encode_reusing(&mut Vec::new(), tokenizer, text)
    }

    /// `keys` is room that is used again.
    fn encode_reusing(&self, keys: &mut Vec<Key>, tokenizer: &Tokenizer, text: &str) -> Vec<u32> {
        keys.clear();
        let mut long = Vec::new();
        tokenizer.for_each(text, |token| {
            let key = Key::of(token);
            if !key.is_whole() {
                long.push((keys.len(), self.id(token)));
            }
            keys.push(key);
        });
        let mut ids: Vec<u32> = keys.iter().map(|&key| self.ids.find_short(key).unwrap_or(UNK)).collect();
        long.into_iter().for_each(|(at, id)| ids[at] = id);
        ids
    }

    /// The ids of each text's tokens, on all threads.
    pub fn encode_texts(&self, tokenizer: &Tokenizer, texts: &[&str]) -> Vec<Vec<u32>> {
        texts.par_iter().map_init(Vec::new, |keys, text| self.encode_reusing(keys, tokenizer, text)).collect()
    }

    /// The tokens of ids.
    ///
    /// # Panics
    /// When an id is not of this vocabulary.
    pub fn decode(&self, ids: &[u32]) -> Vec<&str> {
        ids.iter().map(|&id| self.tokens[id as usize].as_str()).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::tokenize::TokenizerConfig;

    fn counts(text: &str) -> TokenCounts {
        text.split(' ').collect()
    }

    fn build(text: &str, min_count: u64, max_vocab_size: Option<usize>) -> Result<Vocab> {
        Vocab::build(&counts(text), &VocabConfig { min_count, max_vocab_size })
    }

    #[test]
    fn ids_fall_by_count_then_rise_by_bytes() {
        let vocab = build("b a c b é z c b z", 1, None).unwrap();
        assert_eq!(vocab.tokens(), ["<pad>", "<unk>", "b", "c", "z", "a", "é"]);
        assert_eq!(vocab.counts(), [0, 0, 3, 2, 2, 1, 1]);
        assert_eq!(vocab.len(), 7);
    }

    #[test]
    fn rare_tokens_are_unknown_and_counted_there() {
        let vocab = build("b a c b é z c b z", 2, None).unwrap();
        assert_eq!(vocab.tokens(), ["<pad>", "<unk>", "b", "c", "z"]);
        assert_eq!(vocab.counts(), [0, 2, 3, 2, 2]);
        assert_eq!(vocab.encode(&["z", "a", "b", "never seen"]), [4, UNK, 2, UNK]);
        assert_eq!(vocab.decode(&[4, UNK, 2, PAD]), ["z", "<unk>", "b", "<pad>"]);
    }

    #[test]
    fn a_limited_vocabulary_keeps_the_commonest() {
        let vocab = build("b a c b é z c b z", 1, Some(4)).unwrap();
        assert_eq!(vocab.tokens(), ["<pad>", "<unk>", "b", "c"]);
        assert_eq!(vocab.counts(), [0, 4, 3, 2]);
    }

    #[test]
    fn a_text_cannot_write_the_special_tokens() {
        let vocab = build("<pad> <pad> <pad> <unk> a a", 1, None).unwrap();
        assert_eq!(vocab.tokens(), ["<pad>", "<unk>", "a"]);
        assert_eq!(vocab.counts(), [0, 4, 2]);
        assert_eq!(vocab.encode(&["<pad>", "<unk>", "a"]), [UNK, UNK, 2]);
        assert!(!vocab.contains("<pad>"));
    }

    #[test]
    fn a_corpus_without_a_common_token_says_how_common_the_commonest_is() {
        let error = build("a b b c c", 5, None).unwrap_err().to_string();
        assert!(error.starts_with("no token is seen min_count = 5 times"), "{error}");
        assert!(error.contains("the commonest, \"b\", is seen 2 times; lower min_count to 2 or less"), "{error}");
        let error = Vocab::build(&TokenCounts::default(), &VocabConfig::default()).unwrap_err().to_string();
        assert!(error.starts_with("the training texts have no token"), "{error}");
    }

    #[test]
    fn settings_without_meaning_are_refused() {
        let error = |min_count, size| build("a a", min_count, size).unwrap_err().to_string();
        assert_eq!(error(0, None), "min_count: expected 1 or more, found 0");
        assert_eq!(error(1, Some(2)), "max_vocab_size: expected 3 or more (<pad> and <unk> are two of them), found 2");
    }

    #[test]
    fn a_list_of_tokens_becomes_a_vocabulary_once() {
        let words = |list: &[&str]| Vocab::from_tokens(list.iter().map(|&word| word.to_owned()).collect());
        let vocab = words(&["b", "a"]).unwrap();
        assert_eq!(vocab.tokens(), ["<pad>", "<unk>", "b", "a"]);
        assert_eq!(words(&["<pad>", "<unk>", "b", "a"]).unwrap(), vocab);
        let error = words(&["b", "a", "b"]).unwrap_err().to_string();
        assert_eq!(error, "a vocabulary cannot hold \"b\" as token 4: it is there already as another one");
        assert!(words(&["b", "<unk>"]).is_err());
    }

    #[test]
    fn texts_are_encoded_as_their_tokens_are() {
        let tokenizer = Tokenizer::new(&TokenizerConfig::default()).unwrap();
        let texts = ["The cat sat.", "", "the dog"];
        let vocab = Vocab::build(&TokenCounts::of(&tokenizer, &texts), &VocabConfig::default()).unwrap();
        assert_eq!(vocab.tokens(), ["<pad>", "<unk>", "the"]);
        assert_eq!(vocab.encode_texts(&tokenizer, &texts), [vec![2, UNK, UNK], vec![], vec![2, UNK]]);
        assert_eq!(vocab.encode_text(&tokenizer, texts[0]), vocab.encode(&tokenizer.tokenize(texts[0])));
    }
}
