//! The trainings of every rung with their answers to the validation texts -> what each step is worth.

use ninefold_data::Protocol;
use ninefold_metrics::bootstrap::{Resampled, mean_and_deviation};
use ninefold_metrics::compare::Evaluation;
use ninefold_metrics::paired::holm;
use ninefold_records::{Gain, LadderResults, LadderRun, LadderStep, LadderVariant};

/// A training, and the class that it gave each validation text.
pub(crate) type Answered = (LadderRun, Vec<u32>);

/// Judges a ladder. `variants` are the rungs from the foot to the top, then the top without each step.
///
/// # Panics
/// When there are not `2 * steps + 1` variants, or answers are missing.
pub(crate) fn judge(
    protocol: Protocol,
    mut steps: Vec<LadderStep>,
    variants: Vec<Vec<Answered>>,
    evaluation: &Evaluation,
) -> LadderResults {
    assert_eq!(variants.len(), 2 * steps.len() + 1, "rungs for {} steps", steps.len());
    let resampled = resampled(&variants, evaluation);
    let mut rungs: Vec<LadderVariant> = variants
        .into_iter()
        .zip(&resampled)
        .map(|(runs, resampled)| rung(runs, resampled.as_ref(), evaluation))
        .collect();
    let gain = |of: usize, over: usize| {
        let difference = rungs[of].score? - rungs[over].score?;
        let (interval, p) = evaluation.difference(difference, resampled[of].as_ref()?, resampled[over].as_ref()?);
        Some(Gain { difference, interval, p })
    };
    let top = steps.len();
    for (place, step) in steps.iter_mut().enumerate() {
        step.added = gain(place + 1, place);
        step.left_out = gain(top, top + 1 + place);
    }
    let whole = gain(top, 0);
    correct(&mut steps);
    let without = rungs.split_off(top + 1);
    LadderResults {
        protocol,
        main_score: evaluation.main_score,
        steps,
        rungs,
        without,
        whole,
        n_resamples: evaluation.statistics.n_resamples,
        confidence_level: evaluation.statistics.level(),
    }
}

/// The scores of every variant in the same resamples; `None` of one in which a training failed.
fn resampled(variants: &[Vec<Answered>], evaluation: &Evaluation) -> Vec<Option<Resampled>> {
    let is_sound = |runs: &[Answered]| runs.iter().all(|(run, _)| run.score.is_some());
    let sound: Vec<Vec<&[u32]>> = variants
        .iter()
        .filter(|runs| is_sound(runs))
        .map(|runs| runs.iter().map(|(_, answers)| answers.as_slice()).collect())
        .collect();
    let mut resampled = evaluation.resampled(&sound).into_iter();
    variants.iter().map(|runs| if is_sound(runs) { resampled.next() } else { None }).collect()
}

fn rung(runs: Vec<Answered>, resampled: Option<&Resampled>, evaluation: &Evaluation) -> LadderVariant {
    let runs: Vec<LadderRun> = runs.into_iter().map(|(run, _)| run).collect();
    let scores: Option<Vec<f64>> = runs.iter().map(|run| run.score).collect();
    let seconds: Vec<f64> = runs.iter().map(|run| run.seconds).collect();
    LadderVariant {
        score: scores.map(|scores| mean_and_deviation(&scores).0),
        interval: resampled.map(|resampled| evaluation.interval(resampled.of(evaluation.main_score))),
        seconds: mean_and_deviation(&seconds).0,
        runs,
    }
}

/// Holm's correction over the gains of all steps.
fn correct(steps: &mut [LadderStep]) {
    let gains: Vec<&mut Gain> =
        steps.iter_mut().flat_map(|step| [&mut step.added, &mut step.left_out]).flatten().collect();
    let corrected = holm(&gains.iter().map(|gain| gain.p).collect::<Vec<_>>());
    gains.into_iter().zip(corrected).for_each(|(gain, p)| gain.p = p);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use ninefold_metrics::{ConfidenceLevel, MainScore, StatisticsConfig};

    /// Two trainings that get about `right` of 200 texts right.
    fn variant(right: usize) -> Vec<Answered> {
        let run = |right: usize, seed: u64| {
            let score = Some(right as f64 / 200.0);
            (LadderRun { seed, score, ..LadderRun::default() }, (0..200).map(|text| u32::from(text >= right)).collect())
        };
        vec![run(right - 2, 0), run(right + 2, 1)]
    }

    /// A ladder of two steps, of which the first helps.
    fn judged(change: impl FnOnce(&mut Vec<Vec<Answered>>)) -> LadderResults {
        let steps = ["pooling", "mean weights"].map(|name| LadderStep { name: name.into(), ..LadderStep::default() });
        let mut variants: Vec<Vec<Answered>> = [100, 140, 141, 104, 140].map(variant).into();
        change(&mut variants);
        let (truth, statistics) = (vec![0; 200], StatisticsConfig::default());
        let main_score = MainScore::Accuracy;
        let evaluation = Evaluation { truth: &truth, num_classes: 2, main_score, statistics: &statistics, seed: 0 };
        judge(Protocol::default(), steps.into(), variants, &evaluation)
    }

    #[test]
    fn step_with_an_effect_is_significant_and_one_without_is_not() {
        let results = judged(|_| ());
        let level = ConfidenceLevel::default();
        let [pooling, mean] = results.steps.as_slice() else { panic!("two steps") };
        let (added, left_out) = (pooling.added.unwrap(), pooling.left_out.unwrap());
        assert!((added.difference - 0.2).abs() < 1e-12 && added.is_significant(level), "{added:?}");
        assert!(added.interval.low > 0.1 && added.interval.high < 0.3, "{added:?}");
        assert!((left_out.difference - 37.0 / 200.0).abs() < 1e-12, "{left_out:?}");
        assert!(!mean.is_significant(level), "{mean:?}");
        assert_eq!((results.rungs.len(), results.without.len()), (3, 2));
    }

    #[test]
    fn a_rung_that_failed_has_no_score_and_its_steps_no_gain() {
        let failed = LadderRun { score: None, error: Some("diverged".into()), ..LadderRun::default() };
        let results = judged(|variants| variants[1][0] = (failed, Vec::new()));
        assert_eq!((results.rungs[1].score, results.steps[0].added, results.steps[1].added), (None, None, None));
        assert!(results.steps[0].left_out.is_some());
    }
}
