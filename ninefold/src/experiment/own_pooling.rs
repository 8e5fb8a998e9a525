//! The setting `model.pooling`: one pooling for all networks, or each network's own. *takes and gives* it as a word.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::nn::Pooling;

/// The words.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Own,
    Last,
    Mean,
    Max,
    MeanMax,
    MeanMaxLast,
    Segments,
    Attention,
}

const WORDS: [(Word, Pooling); 7] = [
    (Word::Last, Pooling::Last),
    (Word::Mean, Pooling::Mean),
    (Word::Max, Pooling::Max),
    (Word::MeanMax, Pooling::MeanMax),
    (Word::MeanMaxLast, Pooling::MeanMaxLast),
    (Word::Segments, Pooling::Segments),
    (Word::Attention, Pooling::Attention),
];

pub(super) fn serialize<S: Serializer>(pooling: &Option<Pooling>, serializer: S) -> Result<S::Ok, S::Error> {
    let word = WORDS.into_iter().find(|(_, of)| Some(*of) == *pooling).map_or(Word::Own, |(word, _)| word);
    word.serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Pooling>, D::Error> {
    let word = Word::deserialize(deserializer)? as usize;
    Ok(WORDS.into_iter().find(|(other, _)| *other as usize == word).map(|(_, pooling)| pooling))
}
