//! Whether another model answers more texts right, and texts that no model answers right.

use super::Check;
use crate::evidence::{Evidence, Trained};
use crate::finding::{Basis, Detail, Figure, Finding, ModelGain, Remedy, Side, Unit};
use crate::numbers::{corrected, errors, mean_interval, needed_texts, percent, points_within};
use crate::probes::accuracy;
use ninefold_core::error::Result;
use ninefold_metrics::wilson;

#[derive(Debug)]
pub(super) struct OtherModels;

/// Models that are kept.
const MODELS: usize = 12;

impl Check for OtherModels {
    fn name(&self) -> &'static str {
        "models"
    }

    fn about(&self) -> &'static str {
        "Another model, or several together"
    }

    fn run(&self, evidence: &Evidence, trained: &Trained) -> Result<Finding> {
        let Some(scored) = evidence.scored(&trained.probed) else {
            let sentence = "Models are not compared: there are no labelled test texts.";
            return Ok(Finding::unknown(self.name(), sentence, "labelled test texts"));
        };
        let (labels, (chosen, chosen_answers)) = (scored.labels, scored.explained);
        let probes = scored.probes.iter().copied();
        let together = ("mean of the probes", scored.mean);
        let models = evidence.data.models.iter().map(|model| (model.name.as_str(), model.predicted.as_slice()));
        // A row of the comparison goes before a probe of the same name.
        let mut others: Vec<(&str, &[u32])> = Vec::new();
        for (name, predicted) in models.chain(probes).chain([together]) {
            if name != chosen && others.iter().all(|(other, _)| *other != name) {
                others.push((name, predicted));
            }
        }
        let z = corrected(evidence.level, others.len());
        let wrong = errors(chosen_answers, labels);
        let mut gains: Vec<ModelGain> = others
            .iter()
            .map(|&(name, predicted)| {
                let differences: Vec<f64> =
                    wrong.iter().zip(errors(predicted, labels)).map(|(chosen, other)| chosen - other).collect();
                let (gain, interval) = mean_interval(&differences, z);
                ModelGain { name: name.to_string(), accuracy: accuracy(predicted, labels), gain, interval }
            })
            .collect();
        gains.sort_by(|a, b| b.gain.total_cmp(&a.gain));
        let is_right = |text: usize| {
            chosen_answers[text] == labels[text] || others.iter().any(|(_, predicted)| predicted[text] == labels[text])
        };
        let none = (0..labels.len()).filter(|&text| !is_right(text)).count() as f64 / labels.len() as f64;
        let none_figure = Figure::fraction("test texts that no model answers right", none).within(wilson(
            none,
            labels.len() as f64,
            evidence.level,
        ));
        let Some(best) = gains.first().cloned() else {
            let sentence =
                format!("{chosen} is the only model; it answers {} of the {} wrong.", percent(none), scored.texts);
            let unknown = Finding::unknown(self.name(), sentence, "a second model");
            return Ok(Finding { figures: vec![none_figure], ..unknown });
        };
        let least = evidence.settings.min_gain;
        let is_found = best.interval.low >= least;
        let sentence = format!(
            "{} answers {} more right than {chosen}, the best of {} other models; no model is right on {} of the {}.",
            best.name,
            points_within(best.gain, best.interval),
            gains.len(),
            percent(none),
            scored.texts
        );
        let remedy = |gain: &ModelGain| Remedy {
            check: self.name().to_string(),
            action: format!("use {} in place of {chosen}", gain.name),
            side: Side::Model,
            gain: gain.gain,
            interval: gain.interval,
            basis: Basis::Measured,
            cost: "its training time and size".to_string(),
            is_reported: gain.interval.low >= least,
        };
        let is_wide = !is_found && best.gain >= least;
        let needs = is_wide.then(|| {
            let texts = needed_texts(labels.len(), best.interval, 0.5 * best.gain, scored.texts);
            format!("about {texts} to tell the gain of {} from chance", best.name)
        });
        let remedies = gains.iter().take(2).filter(|gain| gain.gain > 0.0).map(remedy).collect();
        gains.truncate(MODELS);
        Ok(Finding {
            figures: vec![
                Figure::new("gain of the best other model", best.gain, Unit::Points).within(best.interval),
                none_figure,
            ],
            remedies,
            needs,
            detail: Some(Detail::Models(gains)),
            ..Finding::judged(self.name(), is_found, sentence)
        })
    }
}
