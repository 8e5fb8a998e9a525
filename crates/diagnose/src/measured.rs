//! What the chosen model itself gains by other training texts: measured by training it again, which the caller does.
//!
//! Takes the answers of both models to the same texts -> gives a finding with a paired interval, whose remedies are measured, not
//! forecast.

use crate::DiagnosisConfig;
use crate::checks::curve;
use crate::finding::{Basis, CurvePoint, Figure, Finding, Remedy, Side, Unit};
use crate::numbers::{errors, mean_interval, points_within};
use crate::probes::accuracy;
use ninefold_core::phrasing::{counted, thousands};
use ninefold_metrics::paired::{discordant, mcnemar};
use ninefold_metrics::{ConfidenceLevel, Interval};

/// The names of the findings.
pub const CLEANING: &str = "cleaning";
/// Training texts exchanged for later ones.
pub const EXCHANGE: &str = "exchange";
/// The learning curve, of a probe or of the chosen model.
pub const CURVE: &str = "more_texts";
/// A learning curve needs so many numbers of texts.
pub const SMALLEST_CURVE: usize = 3;

/// The chosen model and the texts that it is scored on.
#[derive(Clone, Copy, Debug)]
pub struct Retrained<'a> {
    /// Its name: "word2vec + gru".
    pub model: &'a str,
    /// The classes of the test texts.
    pub labels: &'a [u32],
    /// Its answers as it was compared.
    pub before: &'a [u32],
}

/// How many texts were left out of training.
#[derive(Clone, Copy, Debug)]
pub struct Removed {
    /// Suspects.
    pub suspects: usize,
    /// Training and validation texts there were.
    pub of: usize,
}

/// What was trained again, and its answers to the test texts.
#[derive(Clone, Copy, Debug)]
pub enum Measurement<'a> {
    /// Without the suspects.
    Cleaning {
        /// The model as it was.
        model: Retrained<'a>,
        /// Answers without the suspects.
        cleaned: &'a [u32],
        /// Answers without as many other texts of the same classes.
        control: &'a [u32],
        /// How many; where there are no suspects, nothing needs to be trained.
        removed: Removed,
    },
    /// With training texts exchanged for test texts.
    Exchange {
        /// The model as it was.
        model: Retrained<'a>,
        /// Answers to each test text by a model that was trained on texts of the other half of the test part.
        exchanged: &'a [u32],
        /// How many texts were exchanged.
        texts: usize,
    },
    /// On parts of the training texts.
    Curve {
        /// The model as it was, trained on all texts.
        model: Retrained<'a>,
        /// Numbers of training texts with the answers of a model that learned from so many, the smallest number first; without all
        /// texts.
        parts: &'a [(usize, Vec<u32>)],
        /// Training texts of the model as it was.
        texts: usize,
    },
}

impl Measurement<'_> {
    /// What it says.
    pub(crate) fn finding(&self, settings: &DiagnosisConfig, level: ConfidenceLevel) -> Finding {
        match *self {
            Measurement::Cleaning { model, cleaned, control, removed } => {
                cleaning(&model, cleaned, control, removed, settings, level)
            }
            Measurement::Exchange { model, exchanged, texts } => exchange(&model, exchanged, texts, settings, level),
            Measurement::Curve { model, parts, texts } => learning_curve(&model, parts, texts, settings, level),
        }
    }
}

/// A paired gain in accuracy.
struct Gain {
    points: f64,
    interval: Interval,
    /// Of McNemar's exact test.
    p: f64,
}

impl Gain {
    /// Of `after` over `before`, on the same texts.
    fn of(labels: &[u32], before: &[u32], after: &[u32], level: ConfidenceLevel) -> Gain {
        let differences: Vec<f64> =
            errors(before, labels).iter().zip(errors(after, labels)).map(|(before, after)| before - after).collect();
        let (points, interval) = mean_interval(&differences, level.z());
        let (only_before, only_after) = discordant(labels, before, after);
        Gain { points, interval, p: mcnemar(only_before, only_after) }
    }

    fn said(&self) -> String {
        points_within(self.points, self.interval)
    }

    fn figure(&self, name: &str) -> Figure {
        Figure::new(name, self.points, Unit::Points).within(self.interval)
    }

    fn remedy(&self, check: &str, action: String, cost: String, settings: &DiagnosisConfig) -> Remedy {
        Remedy {
            check: check.to_string(),
            action,
            side: Side::Data,
            gain: self.points,
            interval: self.interval,
            basis: Basis::Measured,
            cost,
            is_reported: self.interval.low >= settings.min_gain,
        }
    }
}

fn cleaning(
    model: &Retrained,
    cleaned: &[u32],
    control: &[u32],
    removed: Removed,
    settings: &DiagnosisConfig,
    level: ConfidenceLevel,
) -> Finding {
    if removed.suspects == 0 {
        return Finding::judged(
            CLEANING,
            false,
            "No label is suspicious: no text was left out, and nothing trained again.",
        );
    }
    let &Retrained { model: name, labels, before } = model;
    let (gain, of_control) = (Gain::of(labels, before, cleaned, level), Gain::of(labels, before, control, level));
    let beyond = Gain::of(labels, control, cleaned, level);
    let suspects = format!("{} with a suspicious label", counted(removed.suspects, "text"));
    let sentence = format!(
        "Trained without the {suspects}, of {} training and validation texts, {name} gains {} on the test texts; without \
         as many other texts of the same classes {}. The difference of both is {}.",
        thousands(removed.of),
        gain.said(),
        of_control.said(),
        beyond.said()
    );
    let action = format!("leave the {suspects} out of training");
    let remedy = gain.remedy(CLEANING, action, "none; suspects.csv has the texts".to_string(), settings);
    Finding {
        figures: vec![
            gain.figure("gain without suspects"),
            of_control.figure("gain without as many other texts"),
            beyond.figure("gain of leaving out suspects in place of other texts"),
            Figure::new("p of the gain without suspects", gain.p, Unit::Number),
            Figure::new("suspects left out", removed.suspects as f64, Unit::Count),
        ],
        remedies: vec![remedy],
        ..Finding::judged(CLEANING, gain.interval.low >= settings.min_gain, sentence)
    }
}

fn exchange(
    model: &Retrained,
    exchanged: &[u32],
    texts: usize,
    settings: &DiagnosisConfig,
    level: ConfidenceLevel,
) -> Finding {
    let &Retrained { model: name, labels, before } = model;
    let gain = Gain::of(labels, before, exchanged, level);
    let of_test = counted(texts, "training text");
    let sentence = format!(
        "With {of_test} exchanged for as many texts of one half of the test part, {name} gains {} on the other half (measured \
         both ways).",
        gain.said()
    );
    let action = format!("exchange {of_test} for texts like the test texts");
    let cost = format!("label about {} like the test texts", counted(texts, "text"));
    let remedy = gain.remedy(EXCHANGE, action, cost, settings);
    Finding {
        figures: vec![
            gain.figure("gain with exchanged texts"),
            Figure::new("p of the gain with exchanged texts", gain.p, Unit::Number),
            Figure::new("texts exchanged", texts as f64, Unit::Count),
        ],
        remedies: vec![remedy],
        ..Finding::judged(EXCHANGE, gain.interval.low >= settings.min_gain, sentence)
    }
}

fn learning_curve(
    model: &Retrained,
    parts: &[(usize, Vec<u32>)],
    texts: usize,
    settings: &DiagnosisConfig,
    level: ConfidenceLevel,
) -> Finding {
    let &Retrained { model: name, labels, before } = model;
    let answers: Vec<(usize, &[u32])> =
        parts.iter().map(|(texts, answers)| (*texts, answers.as_slice())).chain([(texts, before)]).collect();
    // The test texts are the same at all sizes: a point is as uncertain beside the others as the answers of neighbours differ.
    let discord = |a: &[u32], b: &[u32]| {
        let (only_a, only_b) = discordant(labels, a, b);
        (0.5 * (only_a + only_b) as f64).sqrt() / labels.len().max(1) as f64
    };
    let error = |index: usize| match index {
        0 => discord(answers[0].1, answers[1.min(answers.len() - 1)].1),
        _ => discord(answers[index - 1].1, answers[index].1),
    };
    let points = answers.iter().enumerate().map(|(index, (texts, answers))| CurvePoint {
        texts: *texts,
        accuracy: accuracy(answers, labels),
        error: error(index),
    });
    let curve = curve::forecast(name, "test texts", points.collect(), settings, level);
    curve::finding(CURVE, curve, settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1,000 texts of one class, of which the first are answered right.
    fn right(texts: usize) -> Vec<u32> {
        (0..1000).map(|text| u32::from(text >= texts)).collect()
    }

    #[test]
    fn gain_of_cleaning_is_paired_and_compared_with_its_control() {
        let (labels, before, cleaned, control) = (vec![0; 1000], right(800), right(850), right(795));
        let model = Retrained { model: "word2vec + gru", labels: &labels, before: &before };
        let removed = Removed { suspects: 40, of: 2000 };
        let measured = Measurement::Cleaning { model, cleaned: &cleaned, control: &control, removed };
        let finding = measured.finding(&DiagnosisConfig::default(), ConfidenceLevel::default());
        let remedy = &finding.remedies[0];
        assert!((remedy.gain - 0.05).abs() < 1e-12 && remedy.is_reported && remedy.basis == Basis::Measured);
        assert!(remedy.interval.low > 0.03 && remedy.interval.high < 0.07, "{remedy:?}");
        assert_eq!(finding.figure("gain without as many other texts"), Some(-0.005));
        assert!(finding.sentence.contains("40 texts with a suspicious label, of 2,000"), "{}", finding.sentence);
    }

    #[test]
    fn exchange_without_a_gain_is_not_found() {
        let (labels, before) = (vec![0; 1000], right(800));
        let model = Retrained { model: "tfidf_svm", labels: &labels, before: &before };
        let measured = Measurement::Exchange { model, exchanged: &before, texts: 300 };
        let finding = measured.finding(&DiagnosisConfig::default(), ConfidenceLevel::default());
        assert!(!finding.is_found() && finding.figure("p of the gain with exchanged texts") == Some(1.0));
    }

    #[test]
    fn curve_of_the_model_has_a_forecast_and_a_backtest() {
        let (labels, before) = (vec![0; 1000], right(800));
        let model = Retrained { model: "word2vec + gru", labels: &labels, before: &before };
        let parts = [(250, right(600)), (500, right(690)), (1000, right(755))];
        let measured = Measurement::Curve { model, parts: &parts, texts: 2000 };
        let finding = measured.finding(&DiagnosisConfig::default(), ConfidenceLevel::default());
        let Some(crate::finding::Detail::Curve(curve)) = &finding.detail else { panic!("no curve") };
        assert_eq!((curve.model.as_str(), curve.points.len(), curve.forecasts.len()), ("word2vec + gru", 4, 3));
        let backtest = curve.backtest.map(|backtest| (backtest.interval.low, backtest.interval.high));
        assert!(backtest.is_some_and(|(low, high)| low < 0.8 && 0.8 < high), "{backtest:?}");
        assert!(finding.sentence.starts_with("Twice the training texts would change the accuracy of word2vec + gru"));
    }
}
