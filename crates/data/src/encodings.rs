//! Which encodings a corpus has, added up over its files.
//!
//! Takes what was decided for each file -> gives the list for the protocol, and sentences about whatever is not UTF-8.

use std::collections::BTreeMap;

use crate::decode::Outcome;
use ninefold_core::phrasing::{counted, listed};

/// How many files had which encoding.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Encodings {
    files: BTreeMap<&'static str, usize>,
    suspected: BTreeMap<&'static str, usize>,
    replaced: usize,
    first_replaced: Option<String>,
    nuls: usize,
    first_nul: Option<String>,
}

impl Encodings {
    /// Counts one file.
    pub fn add(&mut self, outcome: &Outcome, place: &str) {
        *self.files.entry(outcome.encoding).or_default() += 1;
        if let Some(suspected) = outcome.suspected {
            *self.suspected.entry(suspected).or_default() += 1;
        }
        if outcome.replaced > 0 {
            self.replaced += outcome.replaced;
            self.first_replaced.get_or_insert_with(|| place.to_string());
        }
        self.add_nuls(outcome.nuls, || place.to_string());
    }

    /// Counts NUL characters; `place` is where they are.
    pub fn add_nuls(&mut self, count: usize, place: impl FnOnce() -> String) {
        if count > 0 {
            self.nuls += count;
            self.first_nul.get_or_insert_with(place);
        }
    }

    /// Adds the counts of another part.
    pub fn merge(&mut self, other: Encodings) {
        for (ours, theirs) in [(&mut self.files, other.files), (&mut self.suspected, other.suspected)] {
            for (name, count) in theirs {
                *ours.entry(name).or_default() += count;
            }
        }
        self.replaced += other.replaced;
        self.first_replaced = self.first_replaced.take().or(other.first_replaced);
        self.nuls += other.nuls;
        self.first_nul = self.first_nul.take().or(other.first_nul);
    }

    /// Names, commonest first.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.files.iter().collect();
        names.sort_by_key(|&(name, &count)| (std::cmp::Reverse(count), *name));
        names.into_iter().map(|(name, _)| name.to_string()).collect()
    }

    /// A sentence about NUL characters, where there were any.
    pub fn nul_notice(&self) -> Option<String> {
        let place = self.first_nul.as_ref()?;
        let were = if self.nuls == 1 { "was" } else { "were" };
        Some(format!("{} {were} read as white space (first in {place})", counted(self.nuls, "NUL character")))
    }

    /// Sentences about whatever is not plain UTF-8.
    pub fn notices(&self) -> Vec<String> {
        let mut notices = Vec::new();
        if self.files.keys().any(|&name| name != "utf-8") {
            let each: Vec<String> = self
                .names()
                .iter()
                .map(|name| format!("{name} ({})", counted(self.files[name.as_str()], "file")))
                .collect();
            notices.push(format!("encodings: {}", listed(&each)));
        }
        if let Some(place) = &self.first_replaced {
            notices.push(format!(
                "{} broken UTF-8 and replaced by U+FFFD (first in {place}); set encoding if the file is something else",
                if self.replaced == 1 {
                    "1 byte sequence was".into()
                } else {
                    format!("{} byte sequences were", self.replaced)
                },
            ));
        }
        notices.extend(self.nul_notice());
        let guessed = self.files.get("windows-1252").copied().unwrap_or(0);
        if let Some((name, &count)) = self.suspected.iter().max_by_key(|&(_, &count)| count)
            && count * 2 > guessed
        {
            notices.push(format!(
                "{} read as windows-1252 but look more like {name}: if words come out garbled, set encoding = {:?}",
                counted(count, "file"),
                name.to_lowercase(),
            ));
        }
        notices
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::decode::{Charset, decode};

    #[test]
    fn encodings_are_counted_and_oddities_said_aloud() {
        let russian =
            encoding_rs::WINDOWS_1251.encode("Сегодня вечером состоится футбольный матч в Москве").0.into_owned();
        let mut encodings = Encodings::default();
        for bytes in [b"plain".to_vec(), b"ascii".to_vec(), russian] {
            encodings.add(&decode(bytes, Charset::Detect, "x").unwrap().outcome, "x");
        }
        assert_eq!(encodings.names(), ["utf-8", "windows-1252"]);
        let notices = encodings.notices().join("\n");
        assert!(notices.contains("utf-8 (2 files), windows-1252 (1 file)"), "{notices}");
        assert!(notices.contains("set encoding = \"windows-1251\""), "{notices}");
        let mut plain = Encodings::default();
        plain.add(&Outcome::clean("utf-8"), "x");
        assert_eq!(plain.notices(), Vec::<String>::new());
    }
}
