//! The setting `model.pooling`: one pooling for all networks, or each network's own. *takes and gives* it as a word.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

use ninefold_nn::layers::Pooling;

/// Every word; the first stands for each network's own pooling.
const WORDS: [&str; 1 + Pooling::ALL.len()] = {
    let mut words = ["own"; 1 + Pooling::ALL.len()];
    let mut place = 0;
    while place < Pooling::ALL.len() {
        words[1 + place] = Pooling::ALL[place].name();
        place += 1;
    }
    words
};

pub(crate) fn serialize<S: Serializer>(pooling: &Option<Pooling>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(pooling.map_or(WORDS[0], Pooling::name))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Pooling>, D::Error> {
    let word = String::deserialize(deserializer)?;
    match WORDS.iter().position(|known| *known == word) {
        Some(place) => Ok(place.checked_sub(1).map(|place| Pooling::ALL[place])),
        None => Err(D::Error::unknown_variant(&word, &WORDS)),
    }
}
