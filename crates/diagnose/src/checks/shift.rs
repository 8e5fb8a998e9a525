//! Test texts that differ from the training texts, and what that costs.

use super::Check;
use crate::data::Answered;
use crate::evidence::{Evidence, Trained};
use crate::finding::{Basis, Figure, Finding, Remedy, Side, Unit};
use crate::numbers::{difference_interval, errors, needed_texts, points, points_within};
use crate::probes::two_fold_scores;
use ninefold_core::error::Result;
use ninefold_metrics::roc_auc;

#[derive(Debug)]
pub(super) struct Shift;

/// How many standard errors the area under the ROC curve must be above 0.5.
const FEWEST_STANDARD_ERRORS: f64 = 4.0;
/// A domain classifier needs so many texts of each part.
const FEWEST_TEXTS: usize = 50;

impl Check for Shift {
    fn name(&self) -> &'static str {
        "shift"
    }

    fn about(&self) -> &'static str {
        "Test texts that differ from the training texts"
    }

    fn run(&self, evidence: &Evidence, trained: &Trained) -> Result<Finding> {
        let (data, probed) = (evidence.data, &trained.probed);
        if data.answered == Answered::Learned {
            let sentence = "Not looked for in a cross-validation: its texts are all of one part, and each is answered by a model \
                            that was trained on the others.";
            return Ok(Finding::judged(self.name(), false, sentence));
        }
        if !data.test.is_labelled() {
            let sentence = "Train and test are not compared: there are no labelled test texts.";
            return Ok(Finding::unknown(self.name(), sentence, "labelled test texts"));
        }
        let Some(area) = domain_area(evidence, trained) else {
            let sentence = "Train and test are not compared: there are too few texts with words and without copies.";
            return Ok(Finding::unknown(self.name(), sentence, format!("{FEWEST_TEXTS} test texts with known words")));
        };
        let reference = probed.reference();
        let held_out = errors(&reference.held_out_predicted, &data.learned.labels);
        let test = errors(&reference.test_predicted, &data.test.labels);
        let (loss, interval) = difference_interval(&test, &held_out, evidence.level.z());
        let differs = area.area >= evidence.settings.shift_auc
            && area.area - 0.5 >= FEWEST_STANDARD_ERRORS * area.error_of_chance;
        let is_found = differs && interval.low >= evidence.settings.min_gain;
        let how = if differs { "can be distinguished from" } else { "cannot be distinguished from" };
        let sentence = format!(
            "Test texts {how} training texts by their words (area under the ROC curve {:.2}); {} loses {} between held-out \
             training texts and test texts.",
            area.area,
            reference.probe.name(),
            points_within(loss, interval)
        );
        let remedy = Remedy {
            check: self.name().to_string(),
            action: "training texts like the test texts (of the same time and source)".to_string(),
            side: Side::Data,
            gain: loss,
            interval,
            basis: Basis::AtMost,
            cost: "label texts of the kind that will come".to_string(),
            is_reported: is_found,
        };
        let is_wide = differs && !is_found && loss >= evidence.settings.min_gain;
        Ok(Finding {
            figures: vec![
                Figure::new("area under the ROC curve between train and test", area.area, Unit::Number),
                Figure::new("loss between held-out and test texts", loss, Unit::Points).within(interval),
                Figure::fraction("held-out accuracy", 1.0 - mean(&held_out)),
                Figure::fraction("test accuracy", 1.0 - mean(&test)),
            ],
            remedies: if differs { vec![remedy] } else { Vec::new() },
            needs: is_wide.then(|| {
                let texts = needed_texts(data.test.len(), interval, 0.5 * loss, "test texts");
                format!("about {texts} to tell a loss of {} points from chance", points(loss))
            }),
            ..Finding::judged(self.name(), is_found, sentence)
        })
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// How well test texts are distinguished from training texts, empty ones and copies aside.
fn domain_area(evidence: &Evidence, trained: &Trained) -> Option<ninefold_metrics::RocAuc> {
    let (data, probed, copies) = (evidence.data, &trained.probed, &evidence.copies);
    let learned = (0..data.learned.len()).filter(|&text| probed.known_words[text] > 0 && !copies.learned[text]);
    let test = (0..data.test.len()).filter(|&text| probed.test_known_words[text] > 0 && !copies.test[text]);
    let (learned, test): (Vec<usize>, Vec<usize>) = (learned.collect(), test.collect());
    if learned.len() < FEWEST_TEXTS || test.len() < FEWEST_TEXTS {
        return None;
    }
    let ids = learned.iter().map(|&text| &data.learned.ids[text]).chain(test.iter().map(|&text| &data.test.ids[text]));
    let ids: Vec<Vec<u32>> = ids.cloned().collect();
    let parts: Vec<u32> = (0..ids.len()).map(|text| u32::from(text >= learned.len())).collect();
    let scores = two_fold_scores(&ids, &parts, 2, evidence.seed);
    let scored: Vec<(f64, bool)> =
        scores.chunks_exact(2).zip(&parts).map(|(row, &part)| (row[1] - row[0], part == 1)).collect();
    roc_auc(&scored)
}
