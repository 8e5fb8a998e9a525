//! Wrong labels: how many at least and at most, in one class alone, and which.
//!
//! At least: of the texts that the probes are surest of, whatever their label, the fraction whose label differs. At most: the
//! estimated joint distribution of given and true labels, which counts hard texts as well.

use super::Check;
use crate::evidence::{Evidence, Trained};
use crate::finding::{Basis, Figure, Finding, Remedy, Side, Unit};
use crate::numbers::percent;
use crate::probes::Probed;
use ninefold_core::error::Result;
use ninefold_core::phrasing::counted;
use ninefold_metrics::{Interval, wilson, wilson_at};

#[derive(Debug)]
pub(super) struct WrongLabels;

/// Fractions of the texts, the surest first.
const SUREST: [f64; 3] = [0.1, 0.2, 0.3];
/// Of one class: standard errors of its bound, its surest fraction, and the least fraction of all labels.
const CLASS_Z: f64 = 3.0;
const CLASS_SUREST: f64 = 0.3;
const CLASS_WEIGHT: f64 = 0.01;

impl Check for WrongLabels {
    fn name(&self) -> &'static str {
        "labels"
    }

    fn about(&self) -> &'static str {
        "Wrong labels, in all classes or in one"
    }

    fn run(&self, evidence: &Evidence, trained: &Trained) -> Result<Finding> {
        let (data, probed, settings) = (evidence.data, &trained.probed, evidence.settings);
        let suspects = &trained.suspects;
        let sure = suspects.list.iter().filter(|(_, is_sure)| *is_sure).count();
        let at_most = suspects.wrong_at_most;
        let texts_per_class = data.learned.len() / data.classes.len().max(1);
        let mut figures = vec![
            Figure::fraction("wrong labels at most", at_most),
            Figure::new("suspects", suspects.list.len() as f64, Unit::Count),
            Figure::new("sure suspects", sure as f64, Unit::Count),
        ];
        if texts_per_class < settings.label_texts {
            let sentence = format!(
                "With {} per class wrong labels cannot be distinguished from hard texts; {} are suspicious.",
                counted(texts_per_class, "text"),
                counted(suspects.list.len(), "label")
            );
            let needs = format!("{} per class", counted(settings.label_texts, "text"));
            return Ok(Finding { figures, ..Finding::unknown(self.name(), sentence, needs) });
        }
        let at_least = wrong_at_least(evidence, probed).min(at_most);
        figures.insert(0, Figure::fraction("wrong labels at least", at_least));
        let block = worst_class(evidence, probed);
        let is_everywhere = at_least >= settings.wrong_labels;
        let is_found = is_everywhere || block.is_some();
        let mut sentence = match is_everywhere {
            true => format!("Between {} and {} of the labels are wrong", percent(at_least), percent(at_most)),
            false => format!("At most {} of the labels are wrong", percent(at_most)),
        };
        let mut cost = Interval { low: at_least, high: at_most };
        if let Some(block) = &block {
            figures.push(Figure::fraction("wrong labels at least in one class", block.bound));
            sentence += &format!(
                "; of the texts that the probes take for {} at least {} are labelled otherwise, most of them {}",
                data.class(block.class),
                percent(block.bound),
                data.class(block.labelled)
            );
            cost.low = cost.low.max(block.weight);
            cost.high = cost.high.max(block.weight);
        }
        sentence += &format!("; {} suspicious, {sure} of them surely.", is_are(suspects.list.len()));
        let remedy = Remedy {
            check: self.name().to_string(),
            action: "check the suspects and correct wrong labels".to_string(),
            side: Side::Data,
            gain: 0.5 * (cost.low + cost.high),
            interval: cost,
            basis: Basis::AtMost,
            cost: format!("look at {}", counted(suspects.list.len(), "text")),
            is_reported: is_found,
        };
        Ok(Finding {
            figures,
            remedies: if is_found { vec![remedy] } else { Vec::new() },
            ..Finding::judged(self.name(), is_found, sentence)
        })
    }
}

fn is_are(labels: usize) -> String {
    format!("{} {}", counted(labels, "label"), if labels == 1 { "is" } else { "are" })
}

/// Learned texts, the surest answer first, whatever the label.
fn by_sureness(probed: &Probed, texts: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut texts: Vec<usize> = texts.collect();
    let sureness = |text: usize| probed.probabilities(text)[probed.mean_predicted[text] as usize];
    texts.sort_by(|&a, &b| sureness(b).total_cmp(&sureness(a)).then(a.cmp(&b)));
    texts
}

/// The fraction of labels that are certainly wrong.
fn wrong_at_least(evidence: &Evidence, probed: &Probed) -> f64 {
    let labels = &evidence.data.learned.labels;
    let sorted = by_sureness(probed, 0..labels.len());
    let bound = |fraction: f64| {
        let count = (fraction * labels.len() as f64).ceil() as usize;
        let differ = sorted[..count].iter().filter(|&&text| probed.mean_predicted[text] != labels[text]).count();
        wilson(differ as f64 / count as f64, count as f64, evidence.level).low
    };
    SUREST.into_iter().map(bound).fold(1.0, f64::min).max(0.0)
}

/// A class whose texts have another label too often.
struct Block {
    class: u32,
    /// The label that most of them have.
    labelled: u32,
    /// The fraction of the texts answered with the class whose labels are wrong, at least.
    bound: f64,
    /// The same as a fraction of all labels.
    weight: f64,
}

fn worst_class(evidence: &Evidence, probed: &Probed) -> Option<Block> {
    let (labels, num_classes) = (&evidence.data.learned.labels, evidence.data.classes.len());
    let mut answered: Vec<Vec<usize>> = vec![Vec::new(); num_classes];
    probed.mean_predicted.iter().enumerate().for_each(|(text, &class)| answered[class as usize].push(text));
    let block = |(class, texts): (u32, Vec<usize>)| {
        let total = texts.len();
        let mut surest = by_sureness(probed, texts.into_iter());
        surest.truncate((CLASS_SUREST * total as f64).ceil() as usize);
        let mut others = vec![0usize; num_classes];
        surest.iter().filter(|&&text| labels[text] != class).for_each(|&text| others[labels[text] as usize] += 1);
        let differ: usize = others.iter().sum();
        let bound = wilson_at(differ as f64 / surest.len().max(1) as f64, surest.len() as f64, CLASS_Z).low;
        let labelled = (0..num_classes).max_by_key(|&label| others[label]).unwrap_or(0) as u32;
        Block { class, labelled, bound, weight: bound * total as f64 / labels.len() as f64 }
    };
    let is_found =
        |block: &Block| block.bound >= evidence.settings.wrong_labels_of_class && block.weight >= CLASS_WEIGHT;
    (0..).zip(answered).map(block).filter(is_found).max_by(|a, b| a.weight.total_cmp(&b.weight))
}
