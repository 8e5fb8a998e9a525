//! From the names of classes to their numbers.
//!
//! Takes the labels as they were written -> gives the sorted list of classes, numbers documents by it, and says which
//! spellings look like one class by accident.

use std::collections::BTreeMap;

use crate::document::{Document, Labelled};
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::{counted, listed, quoted};

/// Removes the white space around every label; how many had some.
pub(crate) fn trim(documents: &mut [Labelled]) -> usize {
    let mut trimmed = 0;
    for document in documents {
        let label = document.label.trim();
        if label.len() < document.label.len() {
            document.label = label.to_string();
            trimmed += 1;
        }
    }
    trimmed
}

/// Texts per class, by name.
pub(crate) fn count<'a>(documents: impl IntoIterator<Item = &'a Labelled>) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for document in documents {
        *counts.entry(document.label.as_str()).or_default() += 1;
    }
    counts
}

/// Warnings about classes whose names differ only in case or white space.
pub(crate) fn spelling_notices(counts: &BTreeMap<&str, usize>) -> Vec<String> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (&label, &texts) in counts {
        let key: String = label.split_whitespace().flat_map(str::chars).flat_map(char::to_lowercase).collect();
        groups.entry(key).or_default().push(format!("{label:?} ({})", counted(texts, "text")));
    }
    let alike = groups.into_values().filter(|group| group.len() > 1);
    let sentence = |group: Vec<String>| {
        format!("labels that differ only in case or white space are kept as different classes: {}", listed(&group))
    };
    alike.map(sentence).collect()
}

/// Replaces names by their positions in `labels`.
///
/// # Errors
/// [`Error::Data`] that names the labels which are not in the list.
pub(crate) fn number(documents: Vec<Labelled>, labels: &[String]) -> Result<Vec<Document>> {
    let numbers: BTreeMap<&str, u32> = labels.iter().zip(0..).map(|(label, number)| (label.as_str(), number)).collect();
    let unknown: Vec<String> = count(&documents)
        .into_iter()
        .filter(|(label, _)| !numbers.contains_key(label))
        .map(|(label, texts)| format!("{label:?} ({})", counted(texts, "text")))
        .collect();
    if !unknown.is_empty() {
        let what = format!("the model does not know the labels {}; it knows {}", listed(&unknown), quoted(labels));
        return Err(Error::data(what));
    }
    let numbered = |document: Labelled| Document {
        label: numbers[document.label.as_str()],
        text: document.text,
        source: document.source,
        group: document.group,
    };
    Ok(documents.into_iter().map(numbered).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn labelled(labels: &[&str]) -> Vec<Labelled> {
        let document = |label: &&str| Labelled {
            text: "x".into(),
            label: label.to_string(),
            source: "s".into(),
            group: String::new(),
        };
        labels.iter().map(document).collect()
    }

    #[test]
    fn spellings_that_differ_in_case_or_space_are_warned_about_and_kept() {
        let mut documents = labelled(&[" Sports", "sports", "Sports", "sci fi", "SciFi", "art"]);
        assert_eq!(trim(&mut documents), 1);
        let counts = count(&documents);
        assert_eq!(counts.len(), 5);
        let notices = spelling_notices(&counts);
        assert_eq!(notices.len(), 2);
        assert!(notices[1].ends_with(r#""Sports" (2 texts), "sports" (1 text)"#), "{notices:?}");
    }

    #[test]
    fn labels_outside_the_list_are_named() {
        let known: Vec<String> = ["a", "b"].map(String::from).into();
        let documents = number(labelled(&["b", "a"]), &known).unwrap();
        assert_eq!(documents.iter().map(|document| document.label).collect::<Vec<_>>(), [1, 0]);
        let error = number(labelled(&["a", "c", "c"]), &known).unwrap_err().to_string();
        assert_eq!(error, r#"the model does not know the labels "c" (2 texts); it knows "a", "b""#);
    }
}
