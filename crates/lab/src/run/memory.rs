//! How much memory a run will take, and what is left out or refused because it would not fit, known before it is tried.

use crate::Config;
use crate::run::texts::Texts;
use ninefold_core::error::{Error, Result};
use ninefold_core::machine::{available_memory, peak_memory};
use ninefold_core::phrasing::{all_listed, gigabytes, thousands};
use ninefold_data::Corpus;
use ninefold_linear::baseline::Input;

/// Bytes that a byte of text takes in the features of a baseline for each length of n-grams: column and weight of those that a text has
/// once, of which there are fewer than bytes.
const NGRAM: u64 = 8;
/// The fraction of the available memory that features, or the answers of a model, may take.
const MOST: f64 = 0.5;

/// Bytes that a number of a feature takes, with its column.
const FEATURE: u64 = 12;
/// Forms in which features lie there at a time: as counts and weighted, or by rows and by columns.
const FORMS: u64 = 2;
/// Copies of the word vectors in a training: values, gradients, the optimizer's, the best so far; in each of two trainings.
const COPIES: u64 = 16;
/// Less than this is no news to anybody.
const WORTH_SAYING: u64 = 500_000_000;

/// About how much memory the run will take at most, where that is much. It is known roughly: default comparisons of four corpora and one of
/// a million texts took 0.9 to 1.25 times as much.
pub(crate) fn foreseen(config: &Config, texts: &Texts) -> Option<String> {
    described(peak_memory().unwrap_or_default(), still_to_come(config, texts), available_memory())
}

/// Bytes of the features of baselines and of the word vectors in training.
fn still_to_come(config: &Config, texts: &Texts) -> u64 {
    let reads = |input: Input| config.baselines.iter().any(|kind| kind.input() == input);
    let [shortest, longest] = config.baseline.ngram_range;
    let tokens = texts.coverage.train.tokens + texts.coverage.validation.tokens;
    let words = tokens * (1 + longest.saturating_sub(shortest)) as u64 * FEATURE * FORMS * trainings(texts);
    let dims = config.compared_specs().map(|spec| spec.kind.dim());
    let vectors = texts.vocab.len() as u64 * dims.max().unwrap_or_default() as u64 * size_of::<f32>() as u64 * COPIES;
    let parts = [
        (reads(Input::Words), words),
        (reads(Input::Characters), FORMS * features(config, texts)),
        (!config.models.is_empty(), vectors),
    ];
    parts.into_iter().filter_map(|(is_made, bytes)| is_made.then_some(bytes)).sum()
}

fn described(held: u64, more: u64, available: Option<u64>) -> Option<String> {
    let about = format!("memory: about {}", gigabytes(held + more));
    match available {
        _ if held + more < WORTH_SAYING => None,
        Some(available) if more > available => Some(format!(
            "{about}, {} more than are available: choose fewer baselines (--baselines), or texts",
            gigabytes(more - available)
        )),
        _ => Some(about),
    }
}

/// How often baselines are trained: with validation texts held out, and on all texts.
fn trainings(texts: &Texts) -> u64 {
    1 + u64::from(texts.whole.is_some())
}

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
    bytes as u64 * (1 + longest.saturating_sub(shortest)) as u64 * NGRAM * trainings(texts)
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
    fn much_memory_is_foreseen_and_too_much_is_a_warning() {
        assert_eq!(described(100_000_000, 100_000_000, Some(50_000_000)), None);
        assert_eq!(described(1_200_000_000, 4_300_000_000, Some(20_000_000_000)).unwrap(), "memory: about 5.5 GB");
        assert_eq!(described(1_200_000_000, 4_300_000_000, None).unwrap(), "memory: about 5.5 GB");
        let said = described(1_200_000_000, 4_300_000_000, Some(4_000_000_000)).unwrap();
        assert!(
            said.starts_with("memory: about 5.5 GB, 0.3 GB more than are available: choose fewer baselines"),
            "{said}"
        );
    }

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
