//! `ninefold diagnose --check N`: suspicious labels one after another -> marks of a person, kept in a file, and what they say of the rest.

use std::io::{self, BufRead};
use std::path::Path;

use anyhow::Result;
use ninefold::data::checked::{CheckedLabel, CheckedLabels};
use ninefold::diagnose::Suspect;
use ninefold::metrics::{ConfidenceLevel, wilson};
use ninefold::phrasing::{counted, printable};
use ninefold::records::DiagnosisRecord;
use ninefold::rng::Rng;

use crate::output::Output;
use crate::stop;
use crate::terminal::shell;

/// The file's name in the folder of the diagnosis.
const FILE: &str = "labels_checked.csv";

/// Asks about `most` suspects, drawn at random from those that have no mark yet. A mark is kept as soon as it is given.
pub fn check_labels(record: &DiagnosisRecord, most: usize, folder: &Path, output: &Output) -> Result<()> {
    stop::on_interrupt("the marks so far are kept");
    let path = folder.join(FILE);
    let mut checked = CheckedLabels::open(&path)?;
    let suspects = &record.diagnosis.suspects;
    let is_marked = |suspect: &&Suspect| !checked.labels.iter().any(|mark| mark.source == suspect.source);
    let mut waiting: Vec<&Suspect> = suspects.iter().filter(is_marked).collect();
    Rng::for_purpose(0, "labels to check").shuffle(&mut waiting);
    waiting.truncate(most);
    let mut lines = io::stdin().lock().lines();
    for (number, suspect) in waiting.iter().enumerate() {
        output.print(&question(suspect, number + 1, waiting.len()))?;
        let Some(correct) = answer(&mut lines, suspect, output)? else { break };
        let (source, label) = (suspect.source.clone(), suspect.label.clone());
        checked.labels.push(CheckedLabel { source, label, correct });
        checked.save()?;
    }
    output.print(&summary(&checked, suspects, &path))
}

fn question(suspect: &Suspect, number: usize, of: usize) -> String {
    let Suspect { source, label, suggested, why, text, .. } = suspect;
    let [source, label, suggested, why, text] = [source, label, suggested, why, text].map(|cell| printable(cell));
    format!(
        "\n{number} of {of}: {source}\n  {text}\n  {why}\n  label: {label}\n  suggested: {suggested}\n\
         Which is right? [l]abel, [s]uggested, [u]nsure, [q]uit, or the name of another class: "
    )
}

/// The correct label, `Some(None)` where the person is unsure; `None` at the end.
fn answer(
    lines: &mut impl Iterator<Item = io::Result<String>>,
    suspect: &Suspect,
    output: &Output,
) -> Result<Option<Option<String>>> {
    loop {
        let Some(line) = lines.next().transpose()? else { return Ok(None) };
        return Ok(Some(match line.trim() {
            "l" => Some(suspect.label.clone()),
            "s" => Some(suspect.suggested.clone()),
            "u" => None,
            "q" => return Ok(None),
            "" => {
                output.print("l, s, u, q, or the name of a class: ")?;
                continue;
            }
            class => Some(class.to_owned()),
        }));
    }
}

/// How many of the checked labels were wrong, and what that says of all suspects.
fn summary(checked: &CheckedLabels, suspects: &[Suspect], path: &Path) -> String {
    let is_suspect = |mark: &&CheckedLabel| suspects.iter().any(|suspect| suspect.source == mark.source);
    let decided: Vec<&CheckedLabel> =
        checked.labels.iter().filter(is_suspect).filter(|mark| mark.correct.is_some()).collect();
    if decided.is_empty() {
        return "\nnothing was checked\n".to_owned();
    }
    let wrong = decided.iter().filter(|mark| mark.correct.as_ref() != Some(&mark.label)).count();
    let level = ConfidenceLevel::default();
    let interval = wilson(wrong as f64 / decided.len() as f64, decided.len() as f64, level);
    let of_all = |share: f64| (share * suspects.len() as f64).round();
    let path = shell(path);
    format!(
        "\n{wrong} of {} checked labels were wrong; of all {}, {} to {} ({level} interval)\nmarks: {path}\n\
         Try next: ninefold compare with the same texts and --labels-checked {path}\n",
        decided.len(),
        counted(suspects.len(), "suspect"),
        of_all(interval.low),
        of_all(interval.high)
    )
}
