//! Texts without a known word, or with few.

use super::Check;
use crate::data::excerpt;
use crate::evidence::{Evidence, Scored, Trained};
use crate::finding::{Basis, Example, Figure, Finding, Remedy, Side};
use crate::numbers::{difference_interval, errors, percent};
use ninefold_core::error::Result;
use ninefold_metrics::{Interval, wilson};

#[derive(Debug)]
pub(super) struct KnownWords;

const EXAMPLES: usize = 5;

impl Check for KnownWords {
    fn name(&self) -> &'static str {
        "words"
    }

    fn about(&self) -> &'static str {
        "Texts without a word that a model knows from other texts, or with few"
    }

    fn run(&self, evidence: &Evidence, trained: &Trained) -> Result<Finding> {
        let (data, probed) = (evidence.data, &trained.probed);
        // Without test texts, the learned ones show what comes.
        let (known, part, name) = match data.test.len() {
            0 => (&probed.known_words, &data.learned, "training"),
            _ => (&probed.test_known_words, &data.test, "test"),
        };
        let [few, rather_few] = evidence.settings.few_words;
        let fraction = |range: std::ops::Range<usize>| {
            known.iter().filter(|&&known| range.contains(&(known as usize))).count() as f64 / known.len().max(1) as f64
        };
        let (none, few_known, rather) = (fraction(0..1), fraction(1..few), fraction(few..rather_few));
        let sentence = format!(
            "{} of the {name} texts have no known word, {} have 1 to {}, {} have {few} to {}.",
            percent(none),
            percent(few_known),
            few - 1,
            percent(rather),
            rather_few - 1
        );
        let empty = (0..known.len()).filter(|&text| known[text] == 0).take(EXAMPLES);
        let examples = empty.map(|text| Example {
            source: part.items[text].source.to_string(),
            label: part.labels.get(text).map_or("", |&label| data.class(label)).to_string(),
            text: excerpt(part.items[text].text),
            why: "no known word".to_string(),
        });
        let interval = wilson(none, known.len() as f64, evidence.level);
        let is_found = none >= evidence.settings.no_words;
        let scored = evidence.scored(probed).filter(|_| is_found);
        let remedies = scored.map(|scored| self.remedy(&scored, evidence)).into_iter().collect();
        Ok(Finding {
            figures: vec![
                Figure::fraction("no known word", none).within(interval),
                Figure::fraction("few known words", few_known),
                Figure::fraction("rather few known words", rather),
            ],
            examples: examples.collect(),
            remedies,
            ..Finding::judged(self.name(), is_found, sentence)
        })
    }
}

impl KnownWords {
    /// What could be gained if texts without known words were answered as well as the others. Texts with words that are not known are
    /// a matter of the model, texts without any of the data.
    fn remedy(&self, scored: &Scored, evidence: &Evidence) -> Remedy {
        let wrong = errors(scored.explained.1, scored.labels);
        let of = |is_wanted: &dyn Fn(usize) -> bool| -> Vec<f64> {
            (0..wrong.len()).filter(|&text| is_wanted(text)).map(|text| wrong[text]).collect()
        };
        let is_unknown = |text: usize| scored.known_words[text] == 0;
        let (without, with) = (of(&is_unknown), of(&|text| !is_unknown(text)));
        let fraction = without.len() as f64 / wrong.len() as f64;
        let (difference, interval) = difference_interval(&without, &with, evidence.level.z());
        let (gain, interval) =
            (fraction * difference, Interval { low: fraction * interval.low, high: fraction * interval.high });
        let unknown = (0..wrong.len()).filter(|&text| is_unknown(text) && !scored.ids[text].is_empty()).count();
        let (side, action, cost) = match 2 * unknown > without.len() {
            true => (Side::Model, "read parts of words (character n-grams, subwords)", "a model that reads them"),
            false => (Side::Data, "find the words of empty texts", "look at how texts were cut or stripped"),
        };
        Remedy {
            check: self.name().to_string(),
            action: action.to_string(),
            side,
            gain,
            interval,
            basis: Basis::AtMost,
            cost: cost.to_string(),
            is_reported: interval.low >= evidence.settings.min_gain,
        }
    }
}
