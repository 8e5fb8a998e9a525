//! What a network did not read: tokens behind `max_len`.

use super::Check;
use crate::evidence::{Evidence, Trained};
use crate::finding::{Basis, Figure, Finding, Remedy, Side, Unit};
use crate::numbers::{difference_interval, errors, percent, points_within};
use ninefold_core::error::Result;
use ninefold_metrics::Interval;

#[derive(Debug)]
pub(super) struct Unread;

impl Check for Unread {
    fn name(&self) -> &'static str {
        "unread"
    }

    fn about(&self) -> &'static str {
        "Texts that are longer than what a network reads"
    }

    fn run(&self, evidence: &Evidence, trained: &Trained) -> Result<Finding> {
        let chosen = evidence.data.chosen().and_then(|model| Some((model, model.max_len?)));
        let (Some((model, max_len)), Some(scored)) = (chosen, evidence.scored(&trained.probed)) else {
            return Ok(Finding::judged(self.name(), false, "The model that is explained reads whole texts."));
        };
        let is_cut: Vec<bool> = scored.ids.iter().map(|text| text.len() > max_len).collect();
        let cut = is_cut.iter().filter(|&&is_cut| is_cut).count() as f64 / is_cut.len() as f64;
        let reference = trained.probed.reference();
        let (of_model, of_reference) =
            (errors(&model.predicted, scored.labels), errors(scored.reference, scored.labels));
        // How far the model falls behind the probe, which reads all: on cut texts more than on others?
        let behind = |wanted: bool| -> Vec<f64> {
            let all = of_model.iter().zip(&of_reference).zip(&is_cut);
            all.filter(|(_, is_cut)| **is_cut == wanted).map(|((model, probe), _)| model - probe).collect()
        };
        let (difference, interval) = difference_interval(&behind(true), &behind(false), evidence.level.z());
        let (gain, interval) = (cut * difference, Interval { low: cut * interval.low, high: cut * interval.high });
        let is_found = interval.low >= evidence.settings.min_gain;
        let sentence = format!(
            "{} of the {} are longer than the {max_len} tokens that {} reads; compared with {}, which reads all, this costs {}.",
            percent(cut),
            scored.texts,
            model.name,
            reference.probe.name(),
            points_within(gain, interval)
        );
        let remedy = Remedy {
            check: self.name().to_string(),
            action: "a larger training.max_len".to_string(),
            side: Side::Model,
            gain,
            interval,
            basis: Basis::AtMost,
            cost: "training time grows with the length of texts".to_string(),
            is_reported: is_found,
        };
        Ok(Finding {
            figures: vec![
                Figure::fraction("test texts that are cut", cut),
                Figure::new("points lost on cut texts", gain, Unit::Points).within(interval),
            ],
            remedies: if is_found { vec![remedy] } else { Vec::new() },
            ..Finding::judged(self.name(), is_found, sentence)
        })
    }
}
