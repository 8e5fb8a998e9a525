//! Cross-validation: every text is tested once, by models that did not learn from it.
//!
//! Takes a corpus -> gives a corpus per fold, whose test part is the fold, and one whose train and validation parts are all texts. Each
//! class is spread evenly over the folds (scikit-learn's `StratifiedKFold` with shuffling); texts of a group stay in one fold.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::config::CorpusConfig;
use crate::corpus::Corpus;
use crate::document::Document;
use crate::protocol::TestSplit;
use ninefold_core::Auto;
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::counted;
use ninefold_core::rng::Rng;
use ninefold_metrics::stratified_folds;

/// Below this number of texts a single test part says little.
const FEW_TEXTS: usize = 1000;
/// The number of folds where the program chooses.
const USUAL: usize = 5;
/// The largest number of folds.
const MOST: usize = 100;

/// The corpora of a cross-validation.
#[derive(Debug)]
pub struct Folds {
    /// One per fold: its test part is the fold, its train and validation parts are the other texts.
    pub folds: Vec<Corpus>,
    /// All texts in train and validation, and in its test part once more, fold after fold.
    pub whole: Corpus,
}

/// Refuses numbers of folds that have no meaning.
///
/// # Errors
/// [`Error::InvalidValue`].
pub fn check_folds(folds: Auto<usize>) -> Result<()> {
    match folds {
        Auto::Value(value) if value == 1 || value > MOST => {
            Err(Error::invalid_value("folds", format!("\"auto\", 0 (a single test part) or 2 to {MOST}"), value))
        }
        _ => Ok(()),
    }
}

impl Corpus {
    /// The number of folds that a setting means for this corpus, 0 for none: "auto" is 5 where there are fewer than 1,000 texts and no test
    /// part was given.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] for folds of a corpus with a test part of its own.
    pub fn num_folds(&self, folds: Auto<usize>) -> Result<usize> {
        let is_cut = matches!(self.protocol.split, TestSplit::Cut { .. });
        let texts = self.train.len() + self.validation.len() + self.test.len();
        match folds {
            Auto::Auto if is_cut && texts < FEW_TEXTS => Ok(USUAL.min(texts / 2)),
            Auto::Auto | Auto::Value(0) => Ok(0),
            Auto::Value(folds) if is_cut => Ok(folds),
            Auto::Value(folds) => {
                let expected = "0, as the data have a test part of their own (split = \"random\" divides all texts)";
                Err(Error::invalid_value("folds", expected, folds))
            }
        }
    }

    /// Divides the texts into so many folds.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] for more folds than texts or groups, [`Error::Data`] when what is left of a fold cannot be learned from.
    ///
    /// # Examples
    /// ```
    /// use ninefold_data::{Corpus, CorpusConfig};
    ///
    /// let texts: Vec<(String, &str)> = (0..20)
    ///     .flat_map(|n| [(format!("a good film, number {n}"), "pos"), (format!("a bad film, number {n}"), "neg")])
    ///     .collect();
    /// let corpus = Corpus::from_texts(&texts, None, &CorpusConfig::default())?;
    /// let divided = corpus.into_folds(4, &CorpusConfig::default())?;
    /// assert!(divided.folds.iter().all(|fold| fold.test.len() == 10));
    /// assert_eq!(divided.whole.train.len() + divided.whole.validation.len(), 40);
    /// # Ok::<(), ninefold_core::Error>(())
    /// ```
    pub fn into_folds(mut self, folds: usize, config: &CorpusConfig) -> Result<Folds> {
        let validation = (self.protocol.validation == "given").then(|| std::mem::take(&mut self.validation));
        let mut documents = std::mem::take(&mut self.train);
        documents.append(&mut self.validation);
        documents.append(&mut self.test);
        let fold_of = assign(&documents, self.labels.len(), folds, config.split_seed)?;
        let untested = fold_of.iter().filter(|fold| fold.is_none()).count();
        if untested > 0 {
            let texts = counted(untested, "text");
            self.notices
                .push(format!("{texts} without another one of the class: in train in every fold, never tested"));
        }
        let divided = |fold: usize| -> Result<Corpus> {
            let (test, train): (Vec<_>, Vec<_>) =
                documents.iter().zip(&fold_of).partition(|(_, of)| **of == Some(fold));
            let [train, test] =
                [train, test].map(|part| part.into_iter().map(|(document, _)| document.clone()).collect());
            let corpus = Corpus { notices: Vec::new(), ..self.clone() };
            corpus.with_parts(train, validation.clone(), test, config)
        };
        let parts = (0..folds).map(divided).collect::<Result<Vec<Corpus>>>()?;
        let tested: Vec<Document> = parts.iter().flat_map(|fold| fold.test.iter().cloned()).collect();
        self.protocol.split = TestSplit::Folds { folds, seed: config.split_seed };
        let whole = self.with_parts(documents, validation, tested, config)?;
        Ok(Folds { folds: parts, whole })
    }

    fn with_parts(
        mut self,
        train: Vec<Document>,
        validation: Option<Vec<Document>>,
        test: Vec<Document>,
        config: &CorpusConfig,
    ) -> Result<Corpus> {
        (self.train, self.validation) = self.hold_out(train, validation, config)?;
        self.test = test;
        self.count();
        Ok(self)
    }
}

/// The fold of each text; `None` for the only text of a class.
fn assign(documents: &[Document], num_classes: usize, folds: usize, seed: u64) -> Result<Vec<Option<usize>>> {
    if documents.iter().any(|document| !document.group.is_empty()) {
        return assign_groups(documents, folds, seed);
    }
    if folds > documents.len() {
        return Err(Error::invalid_value("folds", format!("at most {}, one a text", documents.len()), folds));
    }
    let mut sizes = vec![0; num_classes];
    documents.iter().for_each(|document| sizes[document.label as usize] += 1);
    let tested: Vec<usize> = (0..documents.len()).filter(|&index| sizes[documents[index].label as usize] > 1).collect();
    let labels: Vec<u32> = tested.iter().map(|&index| documents[index].label).collect();
    let mut fold_of = vec![None; documents.len()];
    for (index, fold) in tested.into_iter().zip(stratified_folds(&labels, num_classes, folds, seed)) {
        fold_of[index] = Some(fold);
    }
    Ok(fold_of)
}

/// Large groups first, each into the fold with the fewest texts; a text without a group is a group of its own.
fn assign_groups(documents: &[Document], folds: usize, seed: u64) -> Result<Vec<Option<usize>>> {
    let mut groups: BTreeMap<(&str, usize), Vec<usize>> = BTreeMap::new();
    for (index, document) in documents.iter().enumerate() {
        let key = if document.group.is_empty() { ("", index) } else { (document.group.as_str(), 0) };
        groups.entry(key).or_default().push(index);
    }
    if folds > groups.len() {
        return Err(Error::invalid_value("folds", format!("at most {}, one a group", groups.len()), folds));
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    Rng::for_purpose(seed, "folds of groups").shuffle(&mut groups);
    groups.sort_by_key(|group| Reverse(group.len()));
    let (mut fold_of, mut sizes) = (vec![None; documents.len()], vec![0; folds]);
    for group in groups {
        let smallest = (0..folds).min_by_key(|&fold| sizes[fold]).unwrap_or_default();
        sizes[smallest] += group.len();
        group.into_iter().for_each(|index| fold_of[index] = Some(smallest));
    }
    Ok(fold_of)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn documents(classes: &[usize], group_size: usize) -> Vec<Document> {
        let labels = classes.iter().enumerate().flat_map(|(label, &size)| vec![label as u32; size]);
        let document = |(index, label): (usize, u32)| Document {
            text: format!("text {index}").into(),
            label,
            source: index.to_string().into(),
            group: index.checked_div(group_size).map_or(String::new(), |author| format!("author {author}")),
            weight: 1.0,
        };
        labels.enumerate().map(document).collect()
    }

    #[test]
    fn classes_are_spread_evenly_and_single_texts_are_never_tested() {
        let documents = documents(&[23, 10, 1], 0);
        let fold_of = assign(&documents, 3, 5, 0).unwrap();
        for fold in 0..5 {
            let of_class =
                |label| (0..34).filter(|&at| fold_of[at] == Some(fold) && documents[at].label == label).count();
            assert!((4..=5).contains(&of_class(0)) && of_class(1) == 2 && of_class(2) == 0);
        }
        assert_eq!(fold_of[33], None);
        assert_eq!(fold_of, assign(&documents, 3, 5, 0).unwrap());
        assert_ne!(fold_of, assign(&documents, 3, 5, 1).unwrap());
    }

    #[test]
    fn groups_stay_together() {
        let documents = documents(&[30, 30], 4);
        let fold_of = assign(&documents, 2, 3, 0).unwrap();
        let fold = |index: usize| fold_of[index / 4 * 4];
        assert!((0..60).all(|index| fold_of[index] == fold(index)));
        assert!((0..3).all(|fold| fold_of.iter().filter(|of| **of == Some(fold)).count() == 20));
        assert!(assign(&documents, 2, 16, 0).is_err(), "15 groups");
    }

    #[test]
    fn only_few_texts_without_a_test_part_are_divided_unasked() {
        let texts: Vec<(String, &str)> = (0..30).map(|n| (format!("text {n}"), ["a", "b"][n % 2])).collect();
        let cut = Corpus::from_texts(&texts, None, &CorpusConfig::default()).unwrap();
        assert_eq!([Auto::Auto, Auto::Value(0), Auto::Value(3)].map(|folds| cut.num_folds(folds).unwrap()), [5, 0, 3]);
        let given = Corpus::from_texts(&texts, Some(&texts[..4]), &CorpusConfig::default()).unwrap();
        assert_eq!(given.num_folds(Auto::Auto).unwrap(), 0);
        let error = given.num_folds(Auto::Value(3)).unwrap_err().to_string();
        assert!(error.contains("folds: expected 0, as the data have a test part of their own"), "{error}");
        assert!(check_folds(Auto::Value(1)).is_err() && check_folds(Auto::Value(101)).is_err());
    }
}
