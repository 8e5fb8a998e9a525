//! What limits the score of a text classifier: the model or the data.
//!
//! ```text
//! texts, labels --> tokens --> probes out of fold, copies, suspects --> checks --> findings --> budget, remedies, verdict
//! answers of models to the test texts -----------------------------------^
//! ```
//!
//! Takes texts with labels in two parts, and the answers of models where there are any -> gives a [`Diagnosis`]: typed findings with
//! intervals. The probes are linear models of words that are trained here in seconds.
//!
//! *Invariant:* nothing here prints, reads files or starts threads; the bits do not depend on the number of threads. Bad input is no
//! error: a diagnosis says that there is not enough evidence.
//!
//! Each check is a file in `checks/` and a line in its list. docs/concepts/diagnosis.md says how each works and what it finds.

mod budget;
mod checks;
mod copies;
mod data;
mod evidence;
mod finding;
mod joint;
mod measured;
mod numbers;
mod power_law;
mod probes;
mod settings;
mod verdict;

pub use data::{Answered, Input, Item, ModelAnswers};
pub use finding::{
    Backtest, Basis, Budget, Cause, ClassPair, Curve, CurvePoint, Detail, Diagnosis, Example, Figure, Finding,
    Forecast, Limit, ModelGain, ProbeScore, Remedy, Share, Side, Status, Suspect, Texts, Unit, Verdict,
};
pub use measured::{CLEANING, CURVE, EXCHANGE, Measurement, Removed, Retrained, SMALLEST_CURVE};
pub use settings::DiagnosisConfig;

pub use checks::curve::smallest_part;

use checks::CHECKS;
use data::Data;
use evidence::{Evidence, Trained};
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;
use ninefold_metrics::ConfidenceLevel;
use probes::accuracy;

/// The name of every check and what it looks for.
pub fn checks() -> impl Iterator<Item = (&'static str, &'static str)> {
    CHECKS.iter().map(|check| (check.name(), check.about()))
}

/// Diagnoses, on the threads of the pool that it is called in.
///
/// # Errors
/// [`Error::InvalidValue`] for settings without meaning, [`Error::Interrupted`] when `progress` says so.
///
/// # Panics
/// When a model has not one answer per text of the part that it answers.
///
/// # Examples
/// ```
/// use ninefold_core::progress::Silent;
/// use ninefold_diagnose::{Answered, DiagnosisConfig, Input, Item, Limit, diagnose};
/// use ninefold_metrics::ConfidenceLevel;
/// use ninefold_text::tokenize::{Tokenizer, TokenizerConfig};
///
/// let item = |text, label| Item { text, source: "memory", label: Some(label) };
/// let learned = [item("a good film", 0), item("a bad film", 1)];
/// let tokenizer = Tokenizer::new(&TokenizerConfig::default())?;
/// let classes = ["good".to_string(), "bad".to_string()];
/// let input = Input { tokenizer: &tokenizer, classes: &classes, learned: &learned, test: &[], models: &[], answered: Answered::Test };
/// let diagnosis = diagnose(&input, &DiagnosisConfig::default(), ConfidenceLevel::default(), 0, &Silent)?;
/// assert_eq!(diagnosis.verdict.limit, Limit::NotEnoughEvidence);
/// # Ok::<(), ninefold_core::Error>(())
/// ```
pub fn diagnose(
    input: &Input,
    settings: &DiagnosisConfig,
    level: ConfidenceLevel,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Diagnosis> {
    settings.validate()?;
    let data = Data::of(input, settings, seed);
    let evidence = Evidence::gather(&data, settings, level, seed, progress)?;
    let texts = Texts {
        learned: data.learned.len(),
        learned_total: input.learned.len(),
        test: data.test.len(),
        test_total: input.test.len(),
        classes: data.classes.len(),
    };
    let Some(trained) = &evidence.trained else {
        let verdict = too_few(&texts);
        return Ok(Diagnosis { verdict, texts, confidence_level: level, ..Diagnosis::default() });
    };
    let findings = findings(&evidence, trained)?;
    let sure: Vec<usize> =
        trained.suspects.list.iter().filter(|(_, is_sure)| *is_sure).map(|(text, _)| *text).collect();
    let budget = budget::budget(&evidence, &trained.probed, &sure);
    let mut diagnosis = Diagnosis {
        verdict: Verdict::default(),
        budget: Some(budget),
        suspects: trained.suspects.records(&data, &trained.probed, &evidence.copies.other_label),
        probes: probe_scores(&evidence, trained),
        chance: evidence.chance(),
        remedies: Vec::new(),
        findings,
        texts,
        confidence_level: level,
    };
    diagnosis.conclude(settings.min_gain, !input.models.is_empty());
    Ok(diagnosis)
}

impl Diagnosis {
    /// The same with what was measured by training the chosen model again, in place of an earlier finding of that name. Remedies and
    /// verdict follow.
    #[must_use]
    pub fn with_measured(mut self, measurement: &Measurement, settings: &DiagnosisConfig) -> Diagnosis {
        let finding = measurement.finding(settings, self.confidence_level);
        match self.findings.iter_mut().find(|other| other.check == finding.check) {
            Some(other) => *other = finding,
            None => self.findings.push(finding),
        }
        self.conclude(settings.min_gain, true);
        self
    }

    /// Draws remedies and verdict from the findings.
    fn conclude(&mut self, min_gain: f64, has_models: bool) {
        self.remedies = self.findings.iter().flat_map(|finding| finding.remedies.clone()).collect();
        self.remedies.sort_by(|a, b| (b.is_reported.cmp(&a.is_reported)).then(b.gain.total_cmp(&a.gain)));
        if let Some(budget) = &self.budget {
            self.verdict = verdict::verdict(self, budget, min_gain, has_models);
        }
    }
}

fn findings(evidence: &Evidence, trained: &Trained) -> Result<Vec<Finding>> {
    let run = |check: &&dyn checks::Check| match evidence.progress.is_cancelled() {
        true => Err(Error::Interrupted),
        false => check.run(evidence, trained),
    };
    CHECKS.iter().map(run).collect()
}

fn probe_scores(evidence: &Evidence, trained: &Trained) -> Vec<ProbeScore> {
    let (data, probed) = (evidence.data, &trained.probed);
    let of_probe = |probe: &probes::ProbeAnswers| ProbeScore {
        name: probe.probe.name().to_string(),
        held_out: accuracy(&probe.held_out_predicted, &data.learned.labels),
        test: data.test.is_labelled().then(|| accuracy(&probe.test_predicted, &data.test.labels)),
        is_reference: probe.probe == probed.reference().probe,
    };
    probed.probes.iter().map(of_probe).collect()
}

fn too_few(texts: &Texts) -> Verdict {
    let sentence = format!(
        "Not enough evidence: a diagnosis needs labelled training texts of at least two classes, and there are {} in {}.",
        ninefold_core::phrasing::counted(texts.learned, "text"),
        ninefold_core::phrasing::counted(texts.classes, "class"),
    );
    let needs = vec!["20 training texts of two classes at least, better 100 per class".to_string()];
    Verdict { limit: Limit::NotEnoughEvidence, sentence, checks: Vec::new(), needs }
}
