//! Exact and near copies: of training texts among the test texts, and with another label.

use super::Check;
use crate::copies::CopiedPair;
use crate::data::excerpt;
use crate::evidence::{Evidence, Scored, Trained};
use crate::finding::{Basis, Example, Figure, Finding, Remedy, Side, Unit};
use crate::numbers::{errors, mean_interval, percent, points};
use ninefold_core::error::Result;
use ninefold_metrics::Interval;

#[derive(Debug)]
pub(super) struct Copied;

const EXAMPLES: usize = 6;

impl Check for Copied {
    fn name(&self) -> &'static str {
        "copies"
    }

    fn about(&self) -> &'static str {
        "Exact and near copies of training texts among the test texts, and copies with another label"
    }

    fn run(&self, evidence: &Evidence, trained: &Trained) -> Result<Finding> {
        let (data, copies, settings) = (evidence.data, &evidence.copies, evidence.settings);
        let fraction = |flags: &[bool]| flags.iter().filter(|&&flag| flag).count() as f64 / flags.len().max(1) as f64;
        let (within, other_label, across) =
            (fraction(&copies.learned), fraction(&copies.other_label), fraction(&copies.test));
        let mut figures = vec![
            Figure::fraction("training texts with a copy", within),
            Figure::fraction("training texts with a copy of another label", other_label),
        ];
        let examples = examples(evidence);
        if data.test.len() == 0 {
            let sentence = format!(
                "{} of the training texts have a copy among the others, {} one with another label.",
                percent(within),
                percent(other_label)
            );
            return Ok(Finding { figures, examples, ..Finding::judged(self.name(), false, sentence) });
        }
        figures.push(Figure::fraction("test texts with a copy in train", across));
        let mut sentence =
            format!("{} of the test texts have an exact or near copy among the training texts", percent(across));
        let mut is_found = across >= settings.copied;
        let mut remedies = Vec::new();
        let scored = evidence.scored(&trained.probed).filter(|_| across > 0.0 && across < 1.0);
        if let Some(Scored { explained: (model, predicted), labels, .. }) = scored {
            let right: Vec<f64> = errors(predicted, labels).iter().map(|error| 1.0 - error).collect();
            let without: Vec<f64> =
                right.iter().zip(&copies.test).filter(|(_, is_copy)| !**is_copy).map(|(right, _)| *right).collect();
            let z = evidence.level.z();
            let ((all, interval), (rest, of_rest)) = (mean_interval(&right, z), mean_interval(&without, z));
            let fall = all - rest;
            is_found |= fall > 0.5 * (interval.high - interval.low);
            figures.push(Figure::fraction("accuracy without copies", rest).within(of_rest));
            figures.push(Figure::new("accuracy lost without copies", fall, Unit::Points));
            sentence += &format!("; without them {model} scores {} instead of {}", percent(rest), percent(all));
            remedies.push(Remedy {
                check: self.name().to_string(),
                action: "remove the test texts with a copy in train".to_string(),
                side: Side::Score,
                gain: -fall,
                interval: Interval { low: of_rest.low - all, high: of_rest.high - all },
                basis: Basis::Measured,
                cost: "none".to_string(),
                is_reported: is_found,
            });
        }
        sentence += &format!(
            ". {} of the training texts have a copy with another label ({} points of error at most).",
            percent(other_label),
            points(other_label)
        );
        Ok(Finding { figures, examples, remedies, ..Finding::judged(self.name(), is_found, sentence) })
    }
}

/// Copies across parts first, then those with another label.
fn examples(evidence: &Evidence) -> Vec<Example> {
    let (data, learned) = (evidence.data, evidence.data.learned.len());
    let label = |text: usize| match text.checked_sub(learned) {
        Some(test) => data.test.labels.get(test).copied(),
        None => Some(data.learned.labels[text]),
    };
    let item =
        |text: usize| text.checked_sub(learned).map_or_else(|| data.learned.items[text], |test| data.test.items[test]);
    let example = |pair: &CopiedPair| {
        let (first, second) = (item(pair.first), item(pair.second));
        let name = |text: usize| label(text).map_or("", |label| data.class(label));
        Example {
            source: second.source.to_string(),
            label: name(pair.second).to_string(),
            text: excerpt(second.text),
            why: format!(
                "{} of the shingles of {}, labelled {}",
                percent(pair.similarity),
                first.source,
                name(pair.first)
            ),
        }
    };
    let pairs = &evidence.copies.pairs;
    let across = pairs.iter().filter(|pair| pair.first < learned && pair.second >= learned);
    let conflicting = pairs.iter().filter(|pair| pair.second < learned && label(pair.first) != label(pair.second));
    across.take(EXAMPLES / 2).chain(conflicting.take(EXAMPLES / 2)).map(example).collect()
}
