//! Cutting a part off, stratified: by seed, or the last texts.
//!
//! Takes documents and a share -> gives two parts in which every class has that share. Each class draws from its own
//! stream of random numbers, so that one class more or less does not change how the others are cut.

use std::cmp::Reverse;
use std::collections::BTreeMap;

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
    let (kept, cut) = parts_of(documents, is_cut);
    Cut { kept, cut, too_small }
}

/// The share of `cut` texts in `total` where it differs from `fraction` by a percentage point or more: in small classes, where a whole
/// text is more than the fraction.
pub(crate) fn differing(cut: usize, total: usize, fraction: f64) -> Option<f64> {
    let actual = cut as f64 / total as f64;
    ((actual - fraction).abs() >= 0.01).then_some(actual)
}

/// Cuts whole groups off, so that each class gives about `fraction` of its texts. Groups are visited in random order, and each is cut
/// that brings the classes nearer to their fractions; a text without a group is a group of its own.
pub(crate) fn cut_groups(documents: Vec<Document>, classes: usize, fraction: f64, seed: u64, purpose: &str) -> Cut {
    let mut groups: BTreeMap<(&str, usize), Vec<usize>> = BTreeMap::new();
    let mut sizes = vec![0.0; classes];
    for (index, document) in documents.iter().enumerate() {
        let key = if document.group.is_empty() { ("", index) } else { (document.group.as_str(), 0) };
        groups.entry(key).or_default().push(index);
        sizes[document.label as usize] += 1.0;
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    Rng::for_purpose(seed, &format!("{purpose} part of groups")).shuffle(&mut groups);

    let mut missing: Vec<f64> = vec![fraction; classes]; // the fraction of each class that is still to be cut
    let taken_from = |missing: &[f64], group: &[usize]| {
        let mut left = missing.to_vec();
        for &index in group {
            let label = documents[index].label as usize;
            left[label] -= 1.0 / sizes[label];
        }
        left
    };
    let distance = |missing: &[f64]| missing.iter().map(|fraction| fraction.abs()).sum::<f64>();
    let mut is_cut = vec![false; documents.len()];
    for group in &groups {
        let left = taken_from(&missing, group);
        if distance(&left) < distance(&missing) {
            missing = left;
            group.iter().for_each(|&index| is_cut[index] = true);
        }
    }
    if groups.len() > 1 && !is_cut.contains(&true) {
        let smallest = groups.iter().min_by_key(|group| group.len()).into_iter().flatten();
        smallest.for_each(|&index| is_cut[index] = true);
    }
    let (kept, cut) = parts_of(documents, is_cut);
    Cut { kept, cut, too_small: Vec::new() }
}

/// The documents that stay, and those that are cut off, each in the old order.
fn parts_of(documents: Vec<Document>, is_cut: Vec<bool>) -> (Vec<Document>, Vec<Document>) {
    let (mut kept, mut cut) = (Vec::new(), Vec::new());
    for (document, is_cut) in documents.into_iter().zip(is_cut) {
        if is_cut { cut.push(document) } else { kept.push(document) }
    }
    (kept, cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corpus(sizes: &[usize]) -> (Vec<Document>, Vec<String>) {
        let labels: Vec<String> = (0..sizes.len()).map(|label| format!("class {label}")).collect();
        let of_class = |(label, &size): (usize, &usize)| {
            (0..size)
                .map(move |n| Document {
                    text: format!("{n}").into(),
                    label: label as u32,
                    source: format!("{label}/{n}").into(),
                    group: String::new(),
                    weight: 1.0,
                })
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
    fn no_group_is_divided_and_every_class_gives_about_its_fraction() {
        let (mut documents, labels) = corpus(&[90, 60]);
        for (index, document) in documents.iter_mut().enumerate() {
            document.group = format!("author {}", index % 30);
        }
        let parts = cut_groups(documents.clone(), labels.len(), 0.2, 0, "test");
        assert_eq!((parts.kept.len() + parts.cut.len(), sizes(&parts.cut, 2)), (150, vec![18, 12]));
        assert!(parts.cut.iter().all(|cut| parts.kept.iter().all(|kept| kept.group != cut.group)));
        assert_ne!(parts, cut_groups(documents.clone(), labels.len(), 0.2, 1, "test"));
        documents.iter_mut().for_each(|document| document.group = format!("half {}", document.label));
        assert_eq!(cut_groups(documents, labels.len(), 0.2, 0, "test").cut.len(), 60, "one group at least is cut");
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
