//! A diagnosis as a few lines: the verdict, what the errors consist of, what remedies are worth, what was looked for.

use std::fmt::Write;

use crate::phrases::{percent, points, range, wrap};
use ninefold_core::phrasing::{all_listed, counted, printable_lines, thousands};
use ninefold_diagnose::{Basis, Cause, Diagnosis, Remedy, Side, Status};

/// Remedies that are printed.
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
    let is_test = budget.shares.iter().any(|share| share.cause == Cause::Shift);
    let shares = budget.shares.iter().filter(|share| share.error.abs() >= LEAST);
    let shares: Vec<String> = shares.map(|share| format!("{} {}", cause(share.cause), percent(share.error))).collect();
    let of = if is_test { "test texts" } else { "texts held out" };
    let error = percent(budget.error);
    Some(match shares.is_empty() {
        true => format!("Errors of {}: {error} % of the {of}.", budget.model),
        false => format!("Errors of {}: {error} % of the {of} = {}.", budget.model, shares.join(" + ")),
    })
}

fn remedies(diagnosis: &Diagnosis) -> Option<String> {
    let is_shown = |remedy: &&Remedy| remedy.side != Side::Score && remedy.interval.high > 0.0;
    let shown: Vec<&Remedy> = diagnosis.remedies.iter().filter(is_shown).take(REMEDIES).collect();
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
        let names = diagnosis.findings.iter().filter(move |finding| finding.status == status);
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
        "more_texts" => "gain from more texts",
        "models" => "a better model",
        "unread" => "text that is not read",
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
