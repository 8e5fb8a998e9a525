//! One class under two labels: classes that no text distinguishes.

use super::Check;
use crate::evidence::{Evidence, Trained};
use crate::finding::{Basis, ClassPair, Detail, Figure, Finding, Remedy, Side, Unit};
use crate::numbers::{percent, points};
use ninefold_core::error::Result;
use ninefold_core::phrasing::counted;
use ninefold_metrics::{Interval, roc_auc};

#[derive(Debug)]
pub(super) struct SameClass;

/// Texts that either class must have.
const FEWEST_TEXTS: usize = 20;
/// Pairs of classes that are kept.
const PAIRS: usize = 10;

impl Check for SameClass {
    fn name(&self) -> &'static str {
        "classes"
    }

    fn about(&self) -> &'static str {
        "Two labels for one class"
    }

    fn run(&self, evidence: &Evidence, trained: &Trained) -> Result<Finding> {
        let mut pairs = pairs(evidence, trained);
        if pairs.is_empty() {
            let sentence = "No two classes with enough texts are confused.";
            return Ok(Finding::judged(self.name(), false, sentence));
        }
        let is_same = |pair: &ClassPair| pair.interval.high < evidence.settings.same_class_auc;
        pairs.sort_by(|a, b| (is_same(b), b.confused).partial_cmp(&(is_same(a), a.confused)).expect("no NaN"));
        let same: Vec<&ClassPair> = pairs.iter().filter(|pair| is_same(pair)).collect();
        let least = pairs.iter().min_by(|a, b| a.auc.total_cmp(&b.auc)).expect("there are pairs");
        let sentence = match same.as_slice() {
            [] => format!(
                "All classes differ; {} and {} differ least (area under the ROC curve {:.2}).",
                least.a, least.b, least.auc
            ),
            [first, others @ ..] => format!(
                "{} and {} cannot be distinguished (area under the ROC curve {:.2}){}.",
                first.a,
                first.b,
                first.auc,
                if others.is_empty() {
                    String::new()
                } else {
                    format!(", nor can {}", counted(others.len(), "other pair"))
                }
            ),
        };
        let remedy = |pair: &&ClassPair| Remedy {
            check: self.name().to_string(),
            action: format!("make {} and {} one class", pair.a, pair.b),
            side: Side::Data,
            gain: pair.confused,
            interval: interval(pair, evidence),
            basis: Basis::AtMost,
            cost: format!("the two classes are no longer distinguished ({} of the texts)", percent(pair.confused)),
            is_reported: true,
        };
        let remedies = same.iter().map(remedy).collect();
        let figures = vec![
            Figure::new("pairs that cannot be distinguished", same.len() as f64, Unit::Count),
            Figure::new("smallest area under the ROC curve", least.auc, Unit::Number).within(least.interval),
            Figure::new("points of the most confused pair", pairs[0].confused, Unit::Points),
        ];
        let is_found = !same.is_empty();
        let more = format!(
            " Merging {} and {} would gain {} points at most.",
            pairs[0].a,
            pairs[0].b,
            points(pairs[0].confused)
        );
        pairs.truncate(PAIRS);
        Ok(Finding {
            figures,
            remedies,
            detail: Some(Detail::Classes(pairs)),
            ..Finding::judged(self.name(), is_found, sentence + &more)
        })
    }
}

fn interval(pair: &ClassPair, evidence: &Evidence) -> Interval {
    ninefold_metrics::wilson(pair.confused, evidence.data.learned.len() as f64, evidence.level)
}

/// All pairs of large enough classes of which a text is taken for the other.
fn pairs(evidence: &Evidence, trained: &Trained) -> Vec<ClassPair> {
    let (data, probed) = (evidence.data, &trained.probed);
    let (labels, num_classes) = (&data.learned.labels, data.classes.len());
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); num_classes];
    let mut confused = vec![0u32; num_classes * num_classes];
    for (text, (&label, &predicted)) in labels.iter().zip(&probed.mean_predicted).enumerate() {
        members[label as usize].push(text);
        confused[label as usize * num_classes + predicted as usize] += u32::from(label != predicted);
    }
    let large: Vec<usize> = (0..num_classes).filter(|&class| members[class].len() >= FEWEST_TEXTS).collect();
    let mut pairs = Vec::new();
    for (place, &a) in large.iter().enumerate() {
        for &b in &large[place + 1..] {
            let count = confused[a * num_classes + b] + confused[b * num_classes + a];
            if count == 0 {
                continue;
            }
            let scored =
                members[a].iter().map(|&text| (text, true)).chain(members[b].iter().map(|&text| (text, false)));
            let log_odds = |text: usize| {
                let row = probed.probabilities(text);
                f64::from(row[a].max(f32::MIN_POSITIVE)).ln() - f64::from(row[b].max(f32::MIN_POSITIVE)).ln()
            };
            let Some(auc) = roc_auc(&scored.map(|(text, is_a)| (log_odds(text), is_a)).collect::<Vec<_>>()) else {
                continue;
            };
            let half = evidence.level.z() * auc.error;
            pairs.push(ClassPair {
                a: data.classes[a].clone(),
                b: data.classes[b].clone(),
                confused: f64::from(count) / labels.len() as f64,
                auc: auc.area,
                interval: Interval { low: (auc.area - half).max(0.0), high: (auc.area + half).min(1.0) },
            });
        }
    }
    pairs
}
