//! What the errors consist of.
//!
//! ```text
//! error on test = (test - held out) + Σ share of a cause + what is left + (chosen model - reference probe)
//! of a cross-validation:              Σ share of a cause + what is left + (chosen model - reference probe)
//!
//! excess of a text   = 1 if wrong, 0 if right, minus the mean error of texts of its class that have no cause
//! share of a cause   = Σ over its texts of excess / number of the text's causes, divided by all texts
//! ```
//!
//! Sharing a text's excess equally among its causes is the Shapley value of removing causes. Causes are counted on held-out answers:
//! where the test part differs, errors there look like wrong labels.

use rayon::prelude::*;

use crate::data::Answered;
use crate::evidence::Evidence;
use crate::finding::{Budget, Cause, Share};
use crate::numbers::{errors, mean_interval};
use crate::probes::Probed;
use ninefold_core::rng::{Rng, fold};
use ninefold_metrics::bootstrap::percentile_interval;

/// A learned text as the budget sees it.
struct Counted {
    class: usize,
    is_wrong: bool,
    /// Whether another probe is right.
    is_other_right: bool,
    /// A bit per cause of [`Cause::OF_TEXTS`].
    causes: u8,
}

/// The shares, in the order of [`Cause`].
const CAUSES: [Cause; 9] = [
    Cause::Shift,
    Cause::NoWords,
    Cause::FewWords,
    Cause::RatherFewWords,
    Cause::CopyWithOtherLabel,
    Cause::SuspectLabel,
    Cause::OtherModelRight,
    Cause::NoModelRight,
    Cause::ChosenModel,
];

/// Divides the error of the chosen model, or of the reference probe.
pub(crate) fn budget(evidence: &Evidence, probed: &Probed, sure_suspects: &[usize]) -> Budget {
    let texts = counted(evidence, probed, sure_suspects);
    let scored = scored_errors(evidence, probed);
    let shares_of =
        |texts: &mut dyn Iterator<Item = &Counted>, scored: Option<[f64; 2]>| shares(texts, probed.num_classes, scored);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let means = scored.as_ref().map(|scored| [mean(&scored.reference), mean(&scored.explained)]);
    let found = shares_of(&mut texts.iter(), means);
    let resampled: Vec<[f64; 9]> = (0..evidence.settings.n_resamples)
        .into_par_iter()
        .map(|draw| {
            let mut rng = Rng::for_purpose(fold(&[evidence.seed, draw as u64]), "budget");
            let drawn: Vec<&Counted> = texts.iter().map(|_| &texts[rng.below(texts.len())]).collect();
            let of_scored = scored.as_ref().map(|scored| {
                let (mut sums, count) = ([0.0; 2], scored.reference.len());
                for _ in 0..count {
                    let text = rng.below(count);
                    sums = [sums[0] + scored.reference[text], sums[1] + scored.explained[text]];
                }
                sums.map(|sum| sum / count as f64)
            });
            shares_of(&mut drawn.into_iter(), of_scored)
        })
        .collect();
    let interval = |index: usize| {
        let values: Vec<f64> = resampled.iter().map(|shares| shares[index]).collect();
        percentile_interval(&values, evidence.level.fraction())
    };
    let has_cause = |cause: Cause| {
        let bit = Cause::OF_TEXTS.iter().position(|of_texts| *of_texts == cause)?;
        let with = texts.iter().filter(|text| text.causes >> bit & 1 == 1).count();
        Some(with as f64 / texts.len() as f64)
    };
    let is_part = |cause: Cause| match cause {
        // Of a cross-validation there is no other part: the held-out texts are the scored ones.
        Cause::Shift => scored.is_some() && evidence.data.answered == Answered::Test,
        Cause::ChosenModel => scored.is_some() && evidence.data.chosen().is_some(),
        _ => true,
    };
    let shares = CAUSES.into_iter().enumerate().filter(|(_, cause)| is_part(*cause)).map(|(index, cause)| Share {
        cause,
        error: found[index],
        interval: interval(index),
        texts: has_cause(cause),
    });
    let held_out = errors(&probed.reference().held_out_predicted, &evidence.data.learned.labels);
    let (error, interval) =
        mean_interval(scored.as_ref().map_or(&held_out, |scored| &scored.explained), evidence.level.z());
    Budget {
        model: evidence.explained_name(probed).to_string(),
        reference: probed.reference().probe.name().to_string(),
        error,
        interval,
        shares: shares.collect(),
    }
}

/// 1 for each wrong answer to a text whose errors are explained.
struct ScoredErrors {
    reference: Vec<f64>,
    explained: Vec<f64>,
}

fn scored_errors(evidence: &Evidence, probed: &Probed) -> Option<ScoredErrors> {
    let scored = evidence.scored(probed)?;
    Some(ScoredErrors {
        reference: errors(scored.reference, scored.labels),
        explained: errors(scored.explained.1, scored.labels),
    })
}

fn counted(evidence: &Evidence, probed: &Probed, sure_suspects: &[usize]) -> Vec<Counted> {
    let labels = &evidence.data.learned.labels;
    let mut is_suspect = vec![false; labels.len()];
    sure_suspects.iter().for_each(|&text| is_suspect[text] = true);
    let [few, rather_few] = short_texts(evidence.settings.few_words, &probed.known_words);
    let of_text = |text: usize| {
        let (label, known) = (labels[text], probed.known_words[text] as usize);
        let has = [
            known == 0,
            (1..few).contains(&known),
            (few..rather_few).contains(&known),
            evidence.copies.other_label[text],
            is_suspect[text],
        ];
        Counted {
            class: label as usize,
            is_wrong: probed.reference().held_out_predicted[text] != label,
            is_other_right: probed.probes.iter().any(|probe| probe.held_out_predicted[text] == label),
            causes: has.iter().enumerate().map(|(bit, &has)| u8::from(has) << bit).sum(),
        }
    };
    (0..labels.len()).map(of_text).collect()
}

/// Where texts are short by nature, being short is no cause: a limit below which too many texts are counts for none.
fn short_texts([few, rather_few]: [usize; 2], known_words: &[u32]) -> [usize; 2] {
    const TOO_MANY: f64 = 0.25;
    let is_rare = |limit: usize| {
        let below = known_words.iter().filter(|&&known| (1..limit).contains(&(known as usize))).count();
        below as f64 <= TOO_MANY * known_words.len() as f64
    };
    match (is_rare(few), is_rare(rather_few)) {
        (_, true) => [few, rather_few],
        (true, false) => [few, few],
        (false, false) => [1, 1],
    }
}

/// The shares of [`CAUSES`]; `scored` is the error of the reference probe and of the explained model on the scored texts.
fn shares(texts: &mut dyn Iterator<Item = &Counted>, num_classes: usize, scored: Option<[f64; 2]>) -> [f64; 9] {
    let texts: Vec<&Counted> = texts.collect();
    let count = texts.len().max(1) as f64;
    let mut plain = vec![(0.0, 0.0); num_classes]; // errors and texts without a cause, by class
    let (mut errors, mut plain_errors, mut plain_other_right) = (0.0, 0.0, 0.0);
    for text in &texts {
        errors += f64::from(text.is_wrong);
        if text.causes == 0 {
            plain[text.class].0 += f64::from(text.is_wrong);
            plain[text.class].1 += 1.0;
            plain_errors += f64::from(text.is_wrong);
            plain_other_right += f64::from(text.is_wrong && text.is_other_right);
        }
    }
    let plain_texts: f64 = plain.iter().map(|(_, texts)| texts).sum();
    let overall = plain_errors / plain_texts.max(1.0);
    let mut shares = [0.0; 9];
    for text in texts.iter().filter(|text| text.causes != 0) {
        let (class_errors, class_texts) = plain[text.class];
        let usual = if class_texts > 0.0 { class_errors / class_texts } else { overall };
        let excess = (f64::from(text.is_wrong) - usual) / f64::from(text.causes.count_ones());
        for bit in 0..Cause::OF_TEXTS.len() {
            if text.causes >> bit & 1 == 1 {
                shares[1 + bit] += excess / count;
            }
        }
    }
    let held_out = errors / count;
    let rest = held_out - shares[1..6].iter().sum::<f64>();
    let other_right = if plain_errors > 0.0 { plain_other_right / plain_errors } else { 0.0 };
    (shares[6], shares[7]) = (rest * other_right, rest * (1.0 - other_right));
    if let Some([reference, explained]) = scored {
        (shares[0], shares[8]) = (reference - held_out, explained - reference);
    }
    shares
}
