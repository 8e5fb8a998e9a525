//! Texts without a known word, or with few.

use super::Check;
use crate::data::excerpt;
use crate::evidence::{Evidence, Trained};
use crate::finding::{Example, Figure, Finding};
use crate::numbers::percent;
use ninefold_core::error::Result;
use ninefold_metrics::wilson;

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
        Ok(Finding {
            figures: vec![
                Figure::fraction("no known word", none).within(interval),
                Figure::fraction("few known words", few_known),
                Figure::fraction("rather few known words", rather),
            ],
            examples: examples.collect(),
            ..Finding::judged(self.name(), none >= evidence.settings.no_words, sentence)
        })
    }
}
