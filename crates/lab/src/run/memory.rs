//! What is left out or refused because it would not fit into memory, known before it is tried.

use crate::Config;
use crate::run::texts::Texts;
use ninefold_core::error::{Error, Result};
use ninefold_core::machine::available_memory;
use ninefold_core::phrasing::{all_listed, gigabytes, thousands};
use ninefold_data::Corpus;
use ninefold_linear::baseline::Input;

/// Bytes that a byte of text takes in the features of a baseline for each length of n-grams: column and weight of those that a text has
/// once, of which there are fewer than bytes.
const NGRAM: u64 = 8;
/// The fraction of the available memory that features, or the answers of a model, may take.
const MOST: f64 = 0.5;

/// Refuses texts in so many classes that what a single model says about them would not fit.
///
/// # Errors
/// [`Error::Data`] with the figure.
pub(crate) fn check_answers(corpus: &Corpus) -> Result<()> {
    let texts = corpus.train.len() + corpus.validation.len() + corpus.test.len();
    answers_within(texts, corpus.labels.len(), available_memory())
}

/// A score takes eight bytes.
fn answers_within(texts: usize, classes: usize, available: Option<u64>) -> Result<()> {
    let bytes = 8 * texts as u64 * classes as u64;
    let available = available.unwrap_or(u64::MAX);
    if bytes as f64 <= MOST * available as f64 {
        return Ok(());
    }
    Err(Error::data(format!(
        "{} classes are too many for this machine: the scores that a single model gives {} texts take {} of the {} of memory that are \
         available. A class has {:.1} texts on average: is it the right label column?",
        thousands(classes),
        thousands(texts),
        gigabytes(bytes),
        gigabytes(available),
        texts as f64 / classes.max(1) as f64
    )))
}

/// Leaves the baselines out whose features would not fit, and says so.
pub(crate) fn fit(config: &mut Config, texts: &Texts) -> Option<String> {
    let features = features(config, texts);
    within(config, features, available_memory())
}

/// Bytes of the character n-grams of all parts.
fn features(config: &Config, texts: &Texts) -> u64 {
    let [shortest, longest] = config.baseline.char_ngram_range;
    let corpus = &texts.corpus;
    let bytes: usize =
        [&corpus.train, &corpus.validation, &corpus.test].into_iter().flatten().map(|it| it.text.len()).sum();
    let trainings = 1 + u64::from(texts.whole.is_some());
    bytes as u64 * (1 + longest.saturating_sub(shortest)) as u64 * NGRAM * trainings
}

fn within(config: &mut Config, features: u64, available: Option<u64>) -> Option<String> {
    let reads_characters = |kind: &crate::BaselineKind| kind.input() == Input::Characters;
    let most = available.map_or(u64::MAX, |available| (MOST * available as f64) as u64);
    let left_out: Vec<String> =
        config.baselines.iter().filter(|kind| reads_characters(kind)).map(|kind| kind.name().to_owned()).collect();
    if features <= most || left_out.is_empty() {
        return None;
    }
    config.baselines.retain(|kind| !reads_characters(kind));
    Some(format!(
        "left out: {}, whose character n-grams would take about {} of the available {} of memory",
        all_listed(&left_out),
        gigabytes(features),
        gigabytes(available.unwrap_or_default())
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn more_classes_than_memory_are_refused_with_the_figure() {
        assert!(answers_within(400_000, 100_000, None).is_ok(), "nothing is known of this machine");
        assert!(answers_within(200_000, 150, Some(8_000_000_000)).is_ok());
        let error = answers_within(400_000, 100_000, Some(16_000_000_000)).unwrap_err().to_string();
        assert!(
            error.starts_with("100,000 classes are too many for this machine: the scores that a single model"),
            "{error}"
        );
        assert!(error.contains("320.0 GB of the 16.0 GB") && error.contains("has 4.0 texts on average"), "{error}");
    }

    #[test]
    fn baselines_that_do_not_fit_are_left_out_and_named() {
        let all = Config::default();
        let mut config = all.clone();
        assert_eq!(within(&mut config, 10_000, Some(20_000)), None);
        assert_eq!(within(&mut config, u64::MAX, None), None, "nothing is known of this machine");
        assert_eq!(config, all);
        let said = within(&mut config, 10_001, Some(20_000));
        assert!(said.is_some_and(|said| said.starts_with("left out: char_nb and char_svm, whose")));
        assert_eq!(config.baselines.len() + 2, all.baselines.len());
    }
}
