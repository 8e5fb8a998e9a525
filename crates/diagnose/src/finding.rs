//! What a diagnosis says, as types: a finding per check, the budget of errors, remedies, the verdict.
//!
//! All fractions are in \[0, 1\]; gains are fractions of texts that would be answered right in addition.

use serde::{Deserialize, Serialize};

use ninefold_metrics::{ConfidenceLevel, Interval};

/// A whole diagnosis.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Diagnosis {
    /// The answer, in a sentence and by its kind.
    pub verdict: Verdict,
    /// What the errors consist of; `None` where there are too few texts for a probe.
    pub budget: Option<Budget>,
    /// What each remedy is worth, the largest first.
    pub remedies: Vec<Remedy>,
    /// One per check, in their order.
    pub findings: Vec<Finding>,
    /// Texts whose label is suspicious, the most suspicious first. A suspicion is no proof of an error.
    pub suspects: Vec<Suspect>,
    /// The linear models that were trained for the diagnosis.
    pub probes: Vec<ProbeScore>,
    /// The accuracy of always answering the largest class.
    pub chance: f64,
    /// Texts that were looked at, and all.
    pub texts: Texts,
    /// The level of all intervals.
    pub confidence_level: ConfidenceLevel,
}

impl Diagnosis {
    /// The same without the texts of its examples and suspicious labels; sources, labels and single words remain.
    pub fn without_texts(mut self) -> Diagnosis {
        self.findings.iter_mut().flat_map(|finding| &mut finding.examples).for_each(|example| example.text.clear());
        self.suspects.iter_mut().for_each(|suspect| suspect.text.clear());
        self
    }
}

/// How many texts a diagnosis looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    /// Of train and validation.
    pub learned: usize,
    /// Of these there are.
    pub learned_total: usize,
    /// Of test.
    pub test: usize,
    /// Of these there are.
    pub test_total: usize,
    /// Classes.
    pub classes: usize,
}

/// The accuracies of a linear model that was trained for the diagnosis.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProbeScore {
    /// "tfidf_svm".
    pub name: String,
    /// On train and validation, each text answered by a model that has not seen it.
    pub held_out: f64,
    /// On test; `None` without labelled test texts.
    pub test: Option<f64>,
    /// Whether its errors are those of the budget.
    pub is_reference: bool,
}

/// Where the limit is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// The score itself cannot be trusted.
    Score,
    /// Another model gains more than other data.
    Model,
    /// Other data gain more than another model.
    Data,
    /// No effect is large enough to be seen with so few texts.
    #[default]
    NotEnoughEvidence,
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Verdict {
    /// Its kind.
    pub limit: Limit,
    /// The answer with its numbers.
    pub sentence: String,
    /// The checks that it rests on, the largest effect first.
    pub checks: Vec<String>,
    /// What would give evidence where there is not enough.
    pub needs: Vec<String>,
}

/// Whether a check found something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Above its threshold.
    Found,
    /// Looked for and not found.
    NotFound,
    /// Not judged: too few texts, or no labels.
    NotEnoughEvidence,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The name of the check.
    pub check: String,
    /// Whether it found something.
    pub status: Status,
    /// What was measured.
    pub sentence: String,
    /// The numbers behind the sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Figure>,
    /// What it is worth to do something about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<Remedy>,
    /// A few texts that show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Example>,
    /// What would be needed to judge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<String>,
    /// What only this check has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Detail>,
}

impl Finding {
    /// A finding of that status, without figures.
    pub(crate) fn new(check: &str, status: Status, sentence: impl Into<String>) -> Finding {
        Finding {
            check: check.to_string(),
            status,
            sentence: sentence.into(),
            figures: Vec::new(),
            remedies: Vec::new(),
            examples: Vec::new(),
            needs: None,
            detail: None,
        }
    }

    /// Found or not.
    pub(crate) fn judged(check: &str, is_found: bool, sentence: impl Into<String>) -> Finding {
        Finding::new(check, if is_found { Status::Found } else { Status::NotFound }, sentence)
    }

    /// Not judged, with what would be needed.
    pub(crate) fn unknown(check: &str, sentence: impl Into<String>, needs: impl Into<String>) -> Finding {
        Finding { needs: Some(needs.into()), ..Finding::new(check, Status::NotEnoughEvidence, sentence) }
    }

    /// The same with its learning curve.
    pub(crate) fn with_curve(self, curve: Curve) -> Finding {
        Finding { detail: Some(Detail::Curve(curve)), ..self }
    }

    /// True if the check found something.
    pub fn is_found(&self) -> bool {
        self.status == Status::Found
    }

    /// The figure of that name.
    pub fn figure(&self, name: &str) -> Option<f64> {
        self.figures.iter().find(|figure| figure.name == name).map(|figure| figure.value)
    }
}

/// A number with its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// "test texts with a copy in train".
    pub name: String,
    /// Its value.
    pub value: f64,
    /// How far chance moves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// How it is written.
    pub unit: Unit,
}

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// As a percentage.
    Fraction,
    /// As points of accuracy.
    Points,
    /// As it is, with two decimals.
    Number,
    /// As a whole number.
    Count,
}

impl Figure {
    pub(crate) fn new(name: &str, value: f64, unit: Unit) -> Figure {
        Figure { name: name.to_string(), value, interval: None, unit }
    }

    pub(crate) fn fraction(name: &str, value: f64) -> Figure {
        Figure::new(name, value, Unit::Fraction)
    }

    pub(crate) fn within(self, interval: Interval) -> Figure {
        Figure { interval: Some(interval), ..self }
    }
}

/// What only one check has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// The learning curve.
    Curve(Curve),
    /// Pairs of classes, those first that are confused most.
    Classes(Vec<ClassPair>),
    /// Other models, the largest gain first.
    Models(Vec<ModelGain>),
}

/// The accuracy by the number of training texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// The model that was trained.
    pub model: String,
    /// The texts that it was scored on: "test texts".
    #[serde(default)]
    pub scored: String,
    /// What was measured, the smallest number of texts first.
    pub points: Vec<CurvePoint>,
    /// What more texts would give.
    pub forecasts: Vec<Forecast>,
    /// The accuracy of all texts, forecast from at most half of them, beside the measured one.
    pub backtest: Option<Backtest>,
}

/// A measured point of a learning curve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Training texts.
    pub texts: usize,
    /// Accuracy on texts that were not learned from; the mean over subsets where there are several of this size.
    pub accuracy: f64,
    /// Standard error beside the other points.
    pub error: f64,
}

/// The forecast for so many times the texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// 2, 4 or 10.
    pub times: usize,
    /// Training texts.
    pub texts: usize,
    /// The accuracy.
    pub accuracy: f64,
    /// Its interval.
    pub interval: Interval,
}

/// A forecast that could be checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Backtest {
    /// The accuracy that at most half of the texts forecast.
    pub forecast: f64,
    /// Its interval.
    pub interval: Interval,
    /// The accuracy that was measured.
    pub measured: f64,
}

/// Two classes that are confused.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClassPair {
    /// One class.
    pub a: String,
    /// The other.
    pub b: String,
    /// Fraction of all texts that are taken for the other of both: what merging them would gain at most.
    pub confused: f64,
    /// Area under the ROC curve between both.
    pub auc: f64,
    /// Its interval.
    pub interval: Interval,
}

/// What another model gains on the test texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelGain {
    /// Its name.
    pub name: String,
    /// Its accuracy.
    pub accuracy: f64,
    /// Its accuracy minus that of the model that was chosen.
    pub gain: f64,
    /// Of the gain, corrected for the number of models.
    pub interval: Interval,
}

/// Whom a remedy changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// It makes the score believable; it may fall.
    Score,
    /// Another model.
    Model,
    /// Other, more or better labelled texts.
    Data,
}

/// How a gain is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// It was done, and measured.
    Measured,
    /// Extrapolated.
    Forecast,
    /// No more than this can be gained.
    AtMost,
}

/// Something that can be done, and what it is worth. Gains of several remedies must not be added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Remedy {
    /// The check that it comes from.
    pub check: String,
    /// What to do: "twice the training texts".
    pub action: String,
    /// What it changes.
    pub side: Side,
    /// The gain in accuracy.
    pub gain: f64,
    /// Its interval.
    pub interval: Interval,
    /// How the gain is known.
    pub basis: Basis,
    /// What it takes.
    pub cost: String,
    /// Whether the evidence suffices.
    pub is_reported: bool,
}

/// A text that shows a finding.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// Where it came from.
    pub source: String,
    /// Its label.
    pub label: String,
    /// How it begins.
    pub text: String,
    /// Why it is shown.
    pub why: String,
}

/// A text whose label is suspicious. It may well be right.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    /// Its index among the training texts and the validation texts behind them.
    #[serde(default)]
    pub index: usize,
    /// Where it came from.
    pub source: String,
    /// Its label.
    pub label: String,
    /// The label that the probes give it.
    pub suggested: String,
    /// The probability of its label, out of fold.
    pub probability: f64,
    /// The probability of the other label, out of fold.
    pub suggested_probability: f64,
    /// Whether all probes agree and are sure.
    pub is_sure: bool,
    /// Why it is suspicious.
    pub why: String,
    /// How it begins.
    pub text: String,
}

/// What the error consists of: the shares add up to it exactly.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// Whose errors: the model that validation chose, or the reference probe.
    pub model: String,
    /// The probe whose held-out errors are divided.
    pub reference: String,
    /// Its error on test, or on all texts where it was cross-validated; without labelled test texts the held-out error of the reference
    /// probe.
    pub error: f64,
    /// Of the error.
    pub interval: Interval,
    /// The parts, in the order of [`Cause`].
    pub shares: Vec<Share>,
}

impl Budget {
    /// Whether the errors are those of a test part; else each text was answered by a model that was not trained on it.
    pub fn is_of_test(&self) -> bool {
        self.shares.iter().any(|share| share.cause == Cause::Shift)
    }
}

/// A part of the error.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// What causes it.
    pub cause: Cause,
    /// Fraction of all texts that are wrong because of it; negative where it helps.
    pub error: f64,
    /// Of the error.
    pub interval: Interval,
    /// Fraction of texts that have the cause, where texts have it.
    pub texts: Option<f64>,
}

/// What an error is due to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Test minus held out: test texts differ from training texts. A cross-validation has no such part.
    Shift,
    /// No known word in the text.
    NoWords,
    /// Few known words in the text.
    FewWords,
    /// Rather few known words in the text.
    RatherFewWords,
    /// A copy of the text has another label.
    CopyWithOtherLabel,
    /// The label is suspicious, and all probes agree on another one.
    SuspectLabel,
    /// None of these, and another probe is right.
    OtherModelRight,
    /// None of these, and no probe is right.
    NoModelRight,
    /// The chosen model makes more errors than the reference probe, or fewer (negative).
    ChosenModel,
}

impl Cause {
    /// Causes that a text has, as opposed to what is left.
    pub(crate) const OF_TEXTS: [Cause; 5] =
        [Cause::NoWords, Cause::FewWords, Cause::RatherFewWords, Cause::CopyWithOtherLabel, Cause::SuspectLabel];
}
