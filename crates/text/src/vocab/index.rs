//! Tokens -> ids, with one place in memory to look at for most tokens.
//!
//! A vocabulary is larger than the caches near a processor, so that every string looked up in a map of strings waits for memory twice: for
//! the entry, and for the string's bytes. Here an entry of 16 bytes has room for those of a short token, and the tokens of a text are
//! looked up one right after another, so that a processor fetches the entries of several at a time.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use ninefold_core::memory::map_bytes;

/// The longest token whose bytes are all in its [`Key`].
const SHORT: usize = 11;

/// Length and bytes of a token; of a long one the first seven bytes and the last four.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Key([u32; 3]); // four bytes; three bytes and the length on top; the last four bytes, some of them the same

impl Key {
    pub(super) fn of(token: &str) -> Key {
        let bytes = token.as_bytes();
        let (length, four) =
            (bytes.len(), |at: usize| bytes[at..].first_chunk().map_or(0, |&four| u32::from_le_bytes(four)));
        let byte = |at: usize| u64::from(bytes[at]) << (8 * at);
        let (first, last) = match length {
            0 => (0, 0),
            1..4 => (byte(0) | byte(length / 2) | byte(length - 1), 0),
            4..8 => (u64::from(four(0)) | u64::from(four(length - 4)) << (8 * (length - 4)), four(length - 4)),
            _ => (u64::from(four(0)) | u64::from(four(4)) << 32, four(length - 4)),
        };
        Key([first as u32, (first >> 32) as u32 & (u32::MAX >> 8) | (length.min(255) as u32) << 24, last])
    }

    /// Whether it has all bytes of its token.
    pub(super) fn is_whole(self) -> bool {
        self.0[1] >> 24 <= SHORT as u32
    }

    /// Of a long token; that of a short one depends on its key alone.
    fn hash(self, token: &str) -> u64 {
        if self.is_whole() { self.short_hash() } else { FxBuildHasher.hash_one(token) }
    }

    fn short_hash(self) -> u64 {
        let [a, b, c] = self.0;
        FxBuildHasher.hash_one((u64::from(a) | u64::from(b) << 32, c))
    }
}

/// The ids of tokens that lie in a list by id.
#[derive(Clone, Debug)]
pub(super) struct Index {
    entries: HashTable<(Key, u32)>,
}

impl Index {
    pub(super) fn with_capacity(tokens: usize) -> Index {
        Index { entries: HashTable::with_capacity(tokens) }
    }

    /// Takes in token number `id` of the list; false where an equal one is there.
    pub(super) fn insert(&mut self, tokens: &[String], id: u32) -> bool {
        let token = tokens[id as usize].as_str();
        let key = Key::of(token);
        if self.find(tokens, token).is_some() {
            return false;
        }
        self.entries.insert_unique(key.hash(token), (key, id), |&(key, id)| key.hash(&tokens[id as usize]));
        true
    }

    pub(super) fn find(&self, tokens: &[String], token: &str) -> Option<u32> {
        let key = Key::of(token);
        if key.is_whole() {
            return self.find_short(key);
        }
        let is_same = |&(other, id): &(Key, u32)| other == key && tokens[id as usize] == token;
        self.entries.find(key.hash(token), is_same).map(|&(_, id)| id)
    }

    /// The token whose key is whole.
    pub(super) fn find_short(&self, key: Key) -> Option<u32> {
        self.entries.find(key.short_hash(), |&(other, _)| other == key).map(|&(_, id)| id)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        map_bytes::<(Key, u32), ()>(self.entries.capacity())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_every_length_are_distinguished() {
        let of_length = |length: usize| {
            let same = "a".repeat(length);
            let changed = (0..length).map(move |at| format!("{}b{}", "a".repeat(at), "a".repeat(length - at - 1)));
            changed.chain([same])
        };
        let tokens: Vec<String> =
            (1..300).flat_map(of_length).chain(["".into(), "\0".into(), "\0\0".into(), "é".into()]).collect();
        let mut index = Index::with_capacity(3); // it grows
        assert!((0..tokens.len() as u32).all(|id| index.insert(&tokens, id)));
        assert!((0..tokens.len() as u32).all(|id| !index.insert(&tokens, id)));
        for (id, token) in (0..).zip(&tokens) {
            assert_eq!(index.find(&tokens, token), Some(id), "{token:?}");
        }
        assert_eq!(index.find(&tokens, "c"), None);
        assert_eq!(index.find(&tokens, &"a".repeat(300)), None);
    }
}
