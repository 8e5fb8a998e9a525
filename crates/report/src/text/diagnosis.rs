//! A diagnosis as a few lines: the verdict, what the errors consist of, what remedies are worth, what was looked for.

use std::fmt::Write;

use crate::phrases::{percent, points, range, wrap};
use ninefold_core::phrasing::{all_listed, counted, printable_lines, thousands};
use ninefold_diagnose::{Basis, CLEANING, CURVE, Cause, Diagnosis, EXCHANGE, Finding, Remedy, Side, Status};

/// Remedies that are printed beside those that were measured on request.
const REMEDIES: usize = 4;
/// The smallest part of the errors that is printed.
const LEAST: f64 = 0.0005;

/// The verdict and what it rests on, wrapped at `width`.
pub fn diagnosis_text(diagnosis: &Diagnosis, width: usize) -> String {
    wrapped(std::slice::from_ref(&diagnosis.verdict.sentence), width) + &diagnosis_details(diagnosis, width)
}

/// The same without the verdict, which stands among the insights of a comparison.
pub fn diagnosis_details(diagnosis: &Diagnosis, width: usize) -> String {
    let mut paragraphs = Vec::from_iter(errors(diagnosis));
    paragraphs.extend(remedies(diagnosis));
    paragraphs.extend(on_request(diagnosis).map(|finding| finding.sentence.clone()));
    paragraphs.extend(checked(diagnosis));
    if !diagnosis.verdict.needs.is_empty() {
        paragraphs.push(format!("More evidence would come from: {}.", diagnosis.verdict.needs.join("; ")));
    }
    paragraphs.extend(sampled(diagnosis));
    wrapped(&paragraphs, width)
}

fn wrapped(paragraphs: &[String], width: usize) -> String {
    let mut text = String::new();
    for line in paragraphs.iter().flat_map(|paragraph| paragraph.lines()) {
        let _ = match line.strip_prefix("  ") {
            Some(item) => writeln!(text, "  {}", wrap(item, width - 4).replace('\n', "\n    ")),
            None => writeln!(text, "{}", wrap(line, width)),
        };
    }
    printable_lines(&text).into_owned()
}

/// What a cause is called.
pub(crate) fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Shift => "train and test differ",
        Cause::NoWords => "no known word",
        Cause::FewWords => "few known words",
        Cause::RatherFewWords => "rather few known words",
        Cause::CopyWithOtherLabel => "copy with another label",
        Cause::SuspectLabel => "suspicious label",
        Cause::OtherModelRight => "another model is right",
        Cause::NoModelRight => "no model is right",
        Cause::ChosenModel => "chosen model against probe",
    }
}

/// How a gain is known.
pub(crate) fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Measured => "measured",
        Basis::Forecast => "forecast",
        Basis::AtMost => "at most",
    }
}

fn errors(diagnosis: &Diagnosis) -> Option<String> {
    let budget = diagnosis.budget.as_ref()?;
    let shares = budget.shares.iter().filter(|share| share.error.abs() >= LEAST);
    let shares: Vec<String> = shares.map(|share| format!("{} {}", cause(share.cause), percent(share.error))).collect();
    let of =
        if budget.is_of_test() { "test texts" } else { "texts, each answered by a model that was not trained on it" };
    let error = percent(budget.error);
    Some(match shares.is_empty() {
        true => format!("Errors of {}: {error} % of the {of}.", budget.model),
        false => format!("Errors of {}: {error} % of the {of} = {}.", budget.model, shares.join(" + ")),
    })
}

/// Whether a finding was measured because somebody asked for it.
fn is_on_request(check: &str) -> bool {
    [CLEANING, EXCHANGE].contains(&check)
}

fn on_request(diagnosis: &Diagnosis) -> impl Iterator<Item = &Finding> {
    diagnosis.findings.iter().filter(|finding| is_on_request(&finding.check))
}

fn remedies(diagnosis: &Diagnosis) -> Option<String> {
    let is_shown = |remedy: &&Remedy| remedy.side != Side::Score && remedy.interval.high > 0.0;
    let (asked, others): (Vec<&Remedy>, Vec<&Remedy>) =
        diagnosis.remedies.iter().partition(|remedy| is_on_request(&remedy.check));
    let shown: Vec<&Remedy> = others.into_iter().filter(is_shown).take(REMEDIES).chain(asked).collect();
    if shown.is_empty() {
        return None;
    }
    let mut text = "Remedies, in points of accuracy (not to be added):".to_owned();
    for remedy in shown {
        let mark = if remedy.is_reported { "" } else { ", uncertain" };
        let (gain, interval) = (points(remedy.gain), range(remedy.interval));
        text += &format!("\n  {gain} ({interval}; {}{mark})  {}", basis(remedy.basis), remedy.action);
    }
    Some(text)
}

fn checked(diagnosis: &Diagnosis) -> Vec<String> {
    let names = |status: Status| {
        let is_named = move |finding: &&Finding| finding.status == status && !is_on_request(&finding.check);
        let names = diagnosis.findings.iter().filter(is_named);
        names.map(|finding| title(&finding.check)).collect::<Vec<_>>()
    };
    let mut lines = Vec::new();
    let (quiet, unknown) = (names(Status::NotFound), names(Status::NotEnoughEvidence));
    if !quiet.is_empty() {
        lines.push(format!("Looked for and not found: {}.", all_listed(&quiet)));
    }
    if !unknown.is_empty() {
        lines.push(format!("Not judged: {}.", all_listed(&unknown)));
    }
    if let Some(suspects) = Some(diagnosis.suspects.len()).filter(|&suspects| suspects > 0) {
        let sure = diagnosis.suspects.iter().filter(|suspect| suspect.is_sure).count();
        lines.push(format!("{} may be wrong ({} of them surely).", counted(suspects, "label"), thousands(sure)));
    }
    lines
}

/// What a check looks for, in few words.
pub(crate) fn title(check: &str) -> &str {
    match check {
        "leak" => "leaks",
        "copies" => "copies across parts",
        "shift" => "train and test that differ",
        "labels" => "wrong labels",
        "classes" => "two labels for one class",
        "words" => "texts without known words",
        CURVE => "gain from more texts",
        "models" => "a better model",
        "unread" => "text that is not read",
        CLEANING => "gain without suspicious labels",
        EXCHANGE => "gain from texts like the test texts",
        other => other,
    }
}

fn sampled(diagnosis: &Diagnosis) -> Option<String> {
    let texts = &diagnosis.texts;
    let is_sampled = texts.learned < texts.learned_total || texts.test < texts.test_total;
    is_sampled.then(|| {
        format!(
            "A sample was looked at: {} of {} training and validation texts, {} of {} test texts.",
            thousands(texts.learned),
            thousands(texts.learned_total),
            thousands(texts.test),
            thousands(texts.test_total)
        )
    })
}
