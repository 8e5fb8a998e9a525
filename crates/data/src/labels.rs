//! From the names of classes to their numbers.
//!
//! Takes the labels as they were written -> gives the sorted list of classes, numbers documents by it, and says which
//! spellings look like one class by accident.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::document::{Document, Labelled};
use ninefold_core::error::{Error, Location, Result};
use ninefold_core::phrasing::{counted, did_you_mean, listed, nearest, quoted};

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

/// The number of the class that a line of a file names.
///
/// # Errors
/// [`Error::Format`] with the place where no class has that name.
pub fn class_number(labels: &[String], name: &str, place: Location) -> Result<usize> {
    labels.iter().position(|label| label == name).ok_or_else(|| {
        let known: Vec<&str> = labels.iter().map(String::as_str).collect();
        let hint = did_you_mean(nearest(name, &known));
        Error::format(place, format!("a class of the corpus{hint}"), format!("`{name}`"))
    })
}

/// What the user accepts to be changed about labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LabelChanges {
    /// Labels that are equal but for their spelling become one class.
    pub merge_equal: bool,
    /// Texts whose label looks like a missing one are left out.
    pub drop_missing: bool,
}

/// The words that pandas' `read_csv` takes for a missing value.
const MISSING: [&str; 14] =
    ["#N/A", "#NA", "-NaN", "-nan", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null", "NAN"];

/// Removes texts whose label looks like a missing one; their number.
pub(crate) fn drop_missing(documents: &mut Vec<Labelled>) -> usize {
    let before = documents.len();
    documents.retain(|document| !MISSING.contains(&document.label.as_str()));
    before - documents.len()
}

/// A sentence about classes whose names look like a missing label.
pub(crate) fn missing_notice(counts: &BTreeMap<&str, usize>) -> Option<String> {
    let missing: Vec<String> =
        counts.iter().filter(|(label, _)| MISSING.contains(label)).map(|(label, &texts)| shown(label, texts)).collect();
    (!missing.is_empty()).then(|| {
        let labels = listed(&missing);
        format!(
            "labels that look like a missing label are classes: {labels}; --labels drop_missing leaves these texts out"
        )
    })
}

/// What labels may differ in, and the form that they then share.
type Equality = (&'static str, fn(&str) -> String);

/// How the spellings of labels that are equal otherwise can differ; the first that explains a difference is named.
const EQUALITIES: [Equality; 4] = [
    ("are the same number", number_of),
    ("differ only in their Unicode form (NFC, NFD)", composed),
    ("differ only in characters that cannot be seen", visible),
    ("differ only in case or white space", folded),
];

/// What is equal for labels that are probably one class: all equalities together.
fn key(label: &str) -> String {
    number_of(&folded(&visible(&composed(label))))
}

/// A decimal number without what does not change it: `1.0`, `01` and `+1` are `1`. Anything else stays as it is.
fn number_of(label: &str) -> String {
    let plain = |number: &str| {
        let (sign, digits) = match number.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", number.strip_prefix('+').unwrap_or(number)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        (are_digits(whole) && are_digits(fraction) && whole.len() + fraction.len() > 0).then(|| {
            let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
            match (whole, fraction) {
                ("", "") => "0".to_string(),
                (whole, "") => format!("{sign}{whole}"),
                (whole, fraction) => format!("{sign}{whole}.{fraction}"),
            }
        })
    };
    let with_exponent = || {
        let has_exponent = label.contains(['e', 'E']) && label.contains(|letter: char| letter.is_ascii_digit());
        label.parse::<f64>().ok().filter(|number| has_exponent && number.is_finite()).map(|number| number.to_string())
    };
    plain(label).or_else(|| plain(&with_exponent()?)).unwrap_or_else(|| label.to_string())
}

fn composed(label: &str) -> String {
    label.nfc().collect()
}

/// Without control and format characters (zero-width spaces, direction marks, soft hyphens, variation selectors).
fn visible(label: &str) -> String {
    let is_invisible = |character: &char| {
        matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
            || (character.is_control() && !character.is_whitespace())
    };
    label.chars().filter(|character| !is_invisible(character)).collect()
}

fn folded(label: &str) -> String {
    label.split_whitespace().flat_map(str::chars).flat_map(char::to_lowercase).collect()
}

/// A label with the number of its texts; characters that cannot be seen, and accents that are characters of their own, as escapes.
fn shown(label: &str, texts: usize) -> String {
    let escaped: String = format!("{label:?}")
        .chars()
        .map(|character| match character {
            _ if is_combining_mark(character) || visible(&character.to_string()).is_empty() => {
                character.escape_unicode().to_string()
            }
            '\u{a0}' | '\u{3000}' => character.escape_unicode().to_string(),
            _ => character.to_string(),
        })
        .collect();
    format!("{escaped} ({})", counted(texts, "text"))
}

/// Labels that are equal but for their spelling, more than one a group, with their texts.
fn equal_groups<'a>(counts: &BTreeMap<&'a str, usize>) -> Vec<Vec<(&'a str, usize)>> {
    let mut groups: BTreeMap<String, Vec<(&str, usize)>> = BTreeMap::new();
    for (&label, &texts) in counts {
        groups.entry(key(label)).or_default().push((label, texts));
    }
    groups.into_values().filter(|group| group.len() > 1).collect()
}

/// Warnings about classes whose names are equal but for their spelling.
pub(crate) fn spelling_notices(counts: &BTreeMap<&str, usize>) -> Vec<String> {
    let sentence = |group: Vec<(&str, usize)>| {
        let is_explained =
            |(_, form): &&(&str, fn(&str) -> String)| group.iter().all(|(label, _)| form(label) == form(group[0].0));
        let differ = EQUALITIES.iter().find(is_explained).map_or("differ only in their spelling", |(differ, _)| differ);
        let labels: Vec<String> = group.iter().map(|&(label, texts)| shown(label, texts)).collect();
        format!(
            "labels that {differ} are kept as different classes: {}; --labels merge_equal makes them one",
            listed(&labels)
        )
    };
    equal_groups(counts).into_iter().map(sentence).collect()
}

/// Which spelling replaces which: of labels that are equal, the one among `known` (the classes of a saved model), else the commonest.
pub(crate) fn merged<'a>(counts: &BTreeMap<&'a str, usize>, known: &[String]) -> BTreeMap<String, &'a str> {
    let mut replaced = BTreeMap::new();
    for group in equal_groups(counts) {
        let rank = |&&(label, texts): &&(&str, usize)| (known.iter().any(|known| known == label), texts);
        let Some(&(kept, _)) = group.iter().rev().max_by_key(rank) else { continue };
        replaced.extend(group.iter().filter(|(label, _)| *label != kept).map(|(label, _)| (label.to_string(), kept)));
    }
    replaced
}

/// The labels of `counts` that are not among `labels`, sorted.
pub(crate) fn unseen(counts: &BTreeMap<&str, usize>, labels: &[String]) -> Vec<String> {
    counts.keys().filter(|label| !labels.iter().any(|known| known == *label)).map(|label| label.to_string()).collect()
}

/// Replaces names by their positions in `labels` and, behind these, `unseen`; each is in one of them.
pub(crate) fn number(documents: Vec<Labelled>, labels: &[String], unseen: &[String]) -> Vec<Document> {
    let numbers: FxHashMap<&str, u32> = labels.iter().chain(unseen).map(String::as_str).zip(0..).collect();
    let numbered = |document: Labelled| Document {
        label: numbers[document.label.as_str()],
        text: document.text.into(),
        source: document.source.into(),
        group: document.group,
        weight: document.weight,
    };
    documents.into_iter().map(numbered).collect()
}

/// The labels that a model does not know.
///
/// # Errors
/// [`Error::Data`] that names them when it knows none at all: then it is probably another model, or another column.
pub(crate) fn unknown_to_model(counts: &BTreeMap<&str, usize>, labels: &[String]) -> Result<Vec<String>> {
    let unseen = unseen(counts, labels);
    if !unseen.is_empty() && unseen.len() == counts.len() {
        let unknown: Vec<String> = counts.iter().map(|(label, &texts)| shown(label, texts)).collect();
        let what = format!("the model does not know the labels {}; it knows {}", listed(&unknown), quoted(labels));
        return Err(Error::data(what));
    }
    Ok(unseen)
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
            weight: 1.0,
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
        assert!(notices[1].contains(r#"classes: "Sports" (2 texts), "sports" (1 text)"#), "{notices:?}");
    }

    #[test]
    fn equal_labels_are_named_with_their_difference() {
        for (labels, differ, shown) in [
            (["1", "1.0"], "are the same number", r#""1" (1 text), "1.0" (1 text)"#),
            (["0", "-0.0"], "are the same number", r#""-0.0" (1 text), "0" (1 text)"#),
            (["100", "1e2"], "are the same number", r#""100" (1 text), "1e2" (1 text)"#),
            (
                ["caf\u{e9}", "cafe\u{301}"],
                "differ only in their Unicode form",
                r#""cafe\u{301}" (1 text), "café" (1 text)"#,
            ),
            (["spam", "spam\u{200b}"], "differ only in characters that cannot be seen", r#""spam\u{200b}" (1 text)"#),
            (["sci fi", "sci\u{a0}fi"], "differ only in case or white space", r#""sci\u{a0}fi" (1 text)"#),
            (["Caf\u{e9}", "cafe\u{301}"], "differ only in their spelling", "Café"),
        ] {
            let documents = labelled(&labels);
            let notices = spelling_notices(&count(&documents));
            assert!(notices.len() == 1 && notices[0].contains(differ) && notices[0].contains(shown), "{notices:?}");
        }
        for different in
            [["1", "10"], ["18446744073709551616", "18446744073709551617"], ["nan", "inf"], ["a", "\u{e1}"]]
        {
            assert_eq!(spelling_notices(&count(&labelled(&different))), Vec::<String>::new());
        }
    }

    #[test]
    fn equal_labels_merge_into_the_known_or_the_commonest() {
        let documents = labelled(&["1.0", "1.0", "1", "a", "A"]);
        let counts = count(&documents);
        assert_eq!(merged(&counts, &[]), [("1".to_string(), "1.0"), ("a".to_string(), "A")].into());
        assert_eq!(
            merged(&counts, &["1".into(), "a".into()]),
            [("1.0".to_string(), "1"), ("A".to_string(), "a")].into()
        );
    }

    #[test]
    fn labels_that_look_missing_are_named_and_left_out_on_request() {
        let mut documents = labelled(&["NaN", "spam", "null", "None", "none"]);
        let notice = missing_notice(&count(&documents)).unwrap();
        assert!(notice.contains(r#""NaN" (1 text), "None" (1 text), "null" (1 text)"#), "{notice}");
        assert_eq!((drop_missing(&mut documents), documents.len()), (3, 2));
        assert_eq!(missing_notice(&count(&documents)), None);
    }

    #[test]
    fn labels_outside_the_list_come_behind_it() {
        let known: Vec<String> = ["a", "b"].map(String::from).into();
        let documents = labelled(&["b", "c", "a"]);
        let unseen = unknown_to_model(&count(&documents), &known).unwrap();
        assert_eq!(unseen, ["c"]);
        let numbered = number(documents, &known, &unseen);
        assert_eq!(numbered.iter().map(|document| document.label).collect::<Vec<_>>(), [1, 2, 0]);
        let error = unknown_to_model(&count(&labelled(&["c", "c"])), &known).unwrap_err().to_string();
        assert_eq!(error, r#"the model does not know the labels "c" (2 texts); it knows "a", "b""#);
    }
}
