//! Text -> tokens -> ids.
//!
//! *Invariant:* the order of ids depends on counts and bytes only. `<pad>` is 0, `<unk>` is 1.

pub mod char_ngrams;
pub mod segment;
pub mod tokenize;
pub mod vocab;
