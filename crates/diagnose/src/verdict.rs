//! Which side limits the score, by rule.
//!
//! First comes what makes the score unbelievable: a leak, copies. Then the effect with the largest estimate among those whose
//! evidence suffices: the model's or the data's. Where none suffices, what would give evidence is named.

use crate::finding::{Basis, Budget, Diagnosis, Finding, Limit, Remedy, Side, Status, Verdict};
use crate::numbers::{percent, points_within};
use ninefold_core::phrasing::all_listed;
use ninefold_metrics::wilson;

/// Ends every sentence about a limit.
const REACH: &str = "as far as the models tried here tell";
/// The check whose remedies are multiples of the texts.
const CURVE: &str = "more_texts";
/// Causes that a sentence names.
const NAMED: usize = 2;

/// The verdict over the findings and remedies of a diagnosis, the largest remedy first. `min_gain` is the smallest gain that is
/// reported; `has_models`: whether models of a comparison were looked at beside the probes.
pub(crate) fn verdict(diagnosis: &Diagnosis, budget: &Budget, min_gain: f64, has_models: bool) -> Verdict {
    let Diagnosis { findings, remedies, .. } = diagnosis;
    if !is_above_chance(diagnosis) {
        return no_model(diagnosis);
    }
    let reported = |side: Side| remedies.iter().filter(move |remedy| remedy.side == side && remedy.is_reported);
    let of_score: Vec<&Remedy> = reported(Side::Score).collect();
    if !of_score.is_empty() {
        let said =
            of_score.iter().filter_map(|remedy| find(findings, &remedy.check)).map(|finding| finding.sentence.as_str());
        let accuracy = percent(1.0 - budget.error);
        let sentence = format!("The score of {accuracy} cannot be trusted. {}", said.collect::<Vec<_>>().join(" "));
        return Verdict { limit: Limit::Score, sentence, checks: checks(&of_score), needs: Vec::new() };
    }
    // One remedy per check: pairs of classes and models of one kind are not several causes.
    let mut effects: Vec<&Remedy> = Vec::new();
    for remedy in reported(Side::Model).chain(reported(Side::Data)) {
        if effects.iter().all(|effect| effect.check != remedy.check) {
            effects.push(remedy);
        }
    }
    // Several times the texts is the dearest remedy: it counts as much as twice the texts would gain, and the smallest multiple is named.
    let twice =
        remedies.iter().filter(|remedy| remedy.check == CURVE).map(|remedy| remedy.gain).fold(f64::INFINITY, f64::min);
    let weight = |remedy: &Remedy| if remedy.check == CURVE { twice } else { remedy.gain };
    let smallest = reported(Side::Data).filter(|remedy| remedy.check == CURVE).min_by(|a, b| a.gain.total_cmp(&b.gain));
    effects.iter_mut().filter(|effect| effect.check == CURVE).for_each(|effect| *effect = smallest.unwrap_or(effect));
    effects.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    let Some(first) = effects.first().copied() else { return not_enough(diagnosis, budget, min_gain, has_models) };
    let of_side: Vec<&Remedy> =
        effects.iter().copied().filter(|effect| effect.side == first.side).take(NAMED).collect();
    let named: Vec<String> = of_side.iter().map(|remedy| said(remedy)).collect();
    let right = percent(1.0 - budget.error);
    let (limit, whose) = match first.side {
        Side::Model => (Limit::Model, "the model's"),
        Side::Data | Side::Score => (Limit::Data, "the data's"),
    };
    let sentence = format!("The limit at {right} is {whose}, {REACH}: {}.", all_listed(&named));
    Verdict { limit, sentence, checks: checks(&effects), needs: Vec::new() }
}

/// A cause with its gain.
fn said(remedy: &Remedy) -> String {
    let gain = points_within(remedy.gain, remedy.interval);
    match (remedy.check.as_str(), remedy.basis) {
        ("shift", _) => format!("test texts differ from training texts, which costs {gain}"),
        ("labels", _) => {
            format!("labels are wrong, between {} and {}", percent(remedy.interval.low), percent(remedy.interval.high))
        }
        (_, Basis::Forecast) => format!("{} would gain {gain} by forecast", remedy.action),
        (_, Basis::Measured) => format!("to {} gains {gain}", remedy.action),
        (_, Basis::AtMost) => format!("to {} gains at most {gain}", remedy.action),
    }
}

fn checks(remedies: &[&Remedy]) -> Vec<String> {
    remedies.iter().map(|remedy| remedy.check.clone()).collect()
}

fn find<'a>(findings: &'a [Finding], check: &str) -> Option<&'a Finding> {
    findings.iter().find(|finding| finding.check == check)
}

/// The held-out accuracy of the reference probe.
fn held_out_accuracy(diagnosis: &Diagnosis) -> f64 {
    diagnosis.probes.iter().find(|probe| probe.is_reference).map_or(0.0, |probe| probe.held_out)
}

fn is_above_chance(diagnosis: &Diagnosis) -> bool {
    // A model that answers the largest class only on uneven data is no evidence either way.
    let texts = diagnosis.texts.learned as f64;
    wilson(held_out_accuracy(diagnosis), texts, diagnosis.confidence_level).low > diagnosis.chance
}

fn no_model(diagnosis: &Diagnosis) -> Verdict {
    let sentence = format!(
        "Not enough evidence: the best probe answers {} of the held-out texts right, no more than the {} of always answering the \
         largest class.",
        percent(held_out_accuracy(diagnosis)),
        percent(diagnosis.chance)
    );
    let needs = vec!["texts whose words depend on their labels, or more of them".to_string()];
    Verdict { limit: Limit::NotEnoughEvidence, sentence, checks: Vec::new(), needs }
}

fn not_enough(diagnosis: &Diagnosis, budget: &Budget, min_gain: f64, has_models: bool) -> Verdict {
    let Diagnosis { findings, remedies, .. } = diagnosis;
    let mut needs: Vec<String> = findings.iter().filter_map(|finding| finding.needs.clone()).collect();
    let largest = remedies
        .iter()
        .filter(|remedy| matches!(remedy.basis, Basis::Measured | Basis::Forecast) && remedy.side != Side::Score)
        .max_by(|a, b| a.gain.total_cmp(&b.gain));
    let near = largest.filter(|remedy| remedy.gain > 0.0).map_or(String::new(), |remedy| {
        format!("; nearest: {}, {}", remedy.action, points_within(remedy.gain, remedy.interval))
    });
    let unjudged = findings.iter().filter(|finding| finding.status == Status::NotEnoughEvidence).count();
    if !has_models {
        needs.push("networks, pretrained vectors and encoders, which were not tried (ninefold compare)".to_string());
    }
    if needs.is_empty() && unjudged == 0 {
        needs.push("models and texts that were not tried".to_string());
    }
    let sentence = format!(
        "Not enough evidence at {}: no remedy is sure to gain {} point, {REACH}{near}.",
        percent(1.0 - budget.error),
        100.0 * min_gain
    );
    Verdict { limit: Limit::NotEnoughEvidence, sentence, checks: Vec::new(), needs }
}
