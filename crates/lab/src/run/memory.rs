//! What is left out because it would not fit into memory, known before it is tried.

use crate::Config;
use crate::run::texts::Texts;
use ninefold_core::machine::available_memory;
use ninefold_core::phrasing::{all_listed, gigabytes};
use ninefold_linear::baseline::Input;

/// Bytes that a byte of text takes in the features of a baseline for each length of n-grams: column and weight of those that a text has
/// once, of which there are fewer than bytes.
const NGRAM: u64 = 8;
/// The fraction of the available memory that features may take.
const MOST: f64 = 0.5;

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
mod tests {
    use super::*;

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
