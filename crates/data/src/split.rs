//! Cutting a part off, stratified: by seed, or the last texts.
//!
//! Takes documents and a share -> gives two parts in which every class has that share. Each class draws from its own
//! stream of random numbers, so that one class more or less does not change how the others are cut.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::natural::natural;
use ninefold_core::rng::Rng;

/// How the test part comes about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Given if the data have a test part, else random.
    #[default]
    Auto,
    /// The data's own.
    Given,
    /// Stratified, by seed, over all texts.
    Random,
    /// The last of each class, over all texts.
    Last,
    /// 20 Newsgroups' own: train before test in time.
    Bydate,
}

impl Split {
    /// How the test part is cut off, where the settings ask for a cut.
    pub(crate) fn pick(self) -> Option<Pick> {
        match self {
            Split::Random => Some(Pick::Random),
            Split::Last => Some(Pick::Last),
            Split::Auto | Split::Given | Split::Bydate => None,
        }
    }
}

/// Which texts of each class are cut off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pick {
    /// Drawn by seed.
    #[default]
    Random,
    /// The last, as files are numbered or rows come.
    Last,
}

impl Pick {
    /// Its name in settings.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Pick::Random => "random",
            Pick::Last => "last",
        }
    }

    /// How a part was cut, for the protocol.
    pub(crate) fn describe(self, seed: u64) -> String {
        match self {
            Pick::Random => format!("stratified, seed {seed}"),
            Pick::Last => "the last of each class".to_string(),
        }
    }
}

/// Two parts of a list of documents, each in the old order.
#[derive(Debug, PartialEq)]
pub(crate) struct Cut {
    pub kept: Vec<Document>,
    pub cut: Vec<Document>,
    /// Classes with a single text: it is kept, and the other part has none of them.
    pub too_small: Vec<u32>,
}

/// Cuts `fraction` of every class off: rounded to whole texts, at least one, and never the last one.
/// `purpose` ("test", "validation") makes random cuts with the same seed independent.
pub(crate) fn cut(
    documents: Vec<Document>,
    labels: &[String],
    fraction: f64,
    (pick, seed): (Pick, u64),
    purpose: &str,
) -> Cut {
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); labels.len()];
    for (index, document) in documents.iter().enumerate() {
        members[document.label as usize].push(index);
    }
    let mut is_cut = vec![false; documents.len()];
    let mut too_small = Vec::new();
    for (label, mut members) in members.into_iter().enumerate() {
        match members.len() {
            0 => {}
            1 => too_small.push(label as u32),
            size => {
                let wanted = (size as f64 * fraction).round() as usize;
                match pick {
                    Pick::Random => {
                        Rng::for_purpose(seed, &format!("{purpose} part of {}", labels[label])).shuffle(&mut members);
                    }
                    Pick::Last => members.sort_by_cached_key(|&index| Reverse(natural(&documents[index].source))),
                }
                for &index in &members[..wanted.clamp(1, size - 1)] {
                    is_cut[index] = true;
                }
            }
        }
    }
    let (mut kept, mut cut) = (Vec::new(), Vec::new());
    for (document, is_cut) in documents.into_iter().zip(is_cut) {
        if is_cut { cut.push(document) } else { kept.push(document) }
    }
    Cut { kept, cut, too_small }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corpus(sizes: &[usize]) -> (Vec<Document>, Vec<String>) {
        let labels: Vec<String> = (0..sizes.len()).map(|label| format!("class {label}")).collect();
        let of_class = |(label, &size): (usize, &usize)| {
            (0..size)
                .map(move |n| Document { text: format!("{n}"), label: label as u32, source: format!("{label}/{n}") })
                .collect::<Vec<_>>()
        };
        (sizes.iter().enumerate().flat_map(of_class).collect(), labels)
    }

    fn sizes(documents: &[Document], classes: usize) -> Vec<usize> {
        (0..classes).map(|label| documents.iter().filter(|document| document.label == label as u32).count()).collect()
    }

    #[test]
    fn every_class_gives_its_share_and_nothing_is_lost() {
        let given = [100, 37, 5, 3, 2, 1, 0];
        let (documents, labels) = corpus(&given);
        let parts = cut(documents.clone(), &labels, 0.2, (Pick::Random, 7), "test");
        assert_eq!(sizes(&parts.cut, 7), [20, 7, 1, 1, 1, 0, 0]);
        assert_eq!(sizes(&parts.kept, 7), [80, 30, 4, 2, 1, 1, 0]);
        assert_eq!(parts.too_small, [5]);
        let mut all: Vec<Document> = parts.kept.into_iter().chain(parts.cut).collect();
        all.sort_by_key(|document| documents.iter().position(|other| other == document));
        assert_eq!(all, documents);
    }

    #[test]
    fn the_seed_and_the_purpose_decide_and_the_order_stays() {
        let (documents, labels) = corpus(&[60, 60]);
        let of = |seed, purpose| cut(documents.clone(), &labels, 0.5, (Pick::Random, seed), purpose);
        assert_eq!(of(1, "test"), of(1, "test"));
        assert_ne!(of(1, "test").cut, of(2, "test").cut);
        assert_ne!(of(1, "test").cut, of(1, "validation").cut);
        let order = |document: &Document| documents.iter().position(|other| other == document);
        assert!(of(1, "test").cut.iter().map(order).is_sorted());
    }

    #[test]
    fn a_class_more_does_not_change_how_the_others_are_cut() {
        let (documents, labels) = corpus(&[40, 30, 50]);
        let without: Vec<Document> = documents.iter().filter(|document| document.label != 1).cloned().collect();
        let all = cut(documents, &labels, 0.3, (Pick::Random, 0), "test").cut;
        let expected: Vec<Document> = all.into_iter().filter(|document| document.label != 1).collect();
        assert_eq!(cut(without, &labels, 0.3, (Pick::Random, 0), "test").cut, expected);
    }

    #[test]
    fn the_last_are_those_with_the_highest_numbers() {
        let (documents, labels) = corpus(&[12, 101]);
        let parts = cut(documents, &labels, 0.2, (Pick::Last, 0), "test");
        let names: Vec<&str> = parts.cut.iter().map(|document| document.source.as_str()).collect();
        assert_eq!(names[..4], ["0/10", "0/11", "1/81", "1/82"]);
        assert_eq!((names[names.len() - 1], names.len()), ("1/100", 22));
    }

    #[test]
    fn the_largest_share_still_leaves_a_text_in_train() {
        let (documents, labels) = corpus(&[4, 2]);
        assert_eq!(sizes(&cut(documents, &labels, 0.99, (Pick::Random, 0), "test").kept, 2), [1, 1]);
    }
}
