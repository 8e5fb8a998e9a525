//! Tokens <-> ids.

use rustc_hash::FxHashMap;

/// The id of `<pad>`.
pub const PAD: u32 = 0;
/// The id of `<unk>`, which stands for every token that is not in the vocabulary.
pub const UNK: u32 = 1;

/// The tokens that a model knows, by id: `<pad>` 0, `<unk>` 1, then by falling count, ties by the token's bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Vocab {
    tokens: Vec<String>, // [vocab_size]
    counts: Vec<u64>,    // [vocab_size] occurrences in the training texts; 0 for <pad>; <unk>: the rest
    ids: FxHashMap<String, u32>,
}

impl Vocab {
    /// (stands in until the corpus branch is merged)
    pub fn from_counts(words: &[(String, u64)]) -> Vocab {
        let specials = [("<pad>".to_string(), 0), ("<unk>".to_string(), 0)];
        let all: Vec<_> = specials.iter().chain(words).cloned().collect();
        let ids = all.iter().map(|(t, _)| t.clone()).zip(0..).collect();
        let (tokens, counts) = all.into_iter().unzip();
        Vocab { tokens, counts, ids }
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

    /// Occurrences in the training texts by id.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The id of a token, [`UNK`] when it is not known.
    pub fn id(&self, token: &str) -> u32 {
        self.ids.get(token).copied().unwrap_or(UNK)
    }
}
