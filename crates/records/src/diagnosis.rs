//! What limits the scores of a run: `diagnosis.json`, and the suspicious labels as a table, `suspects.csv`.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::model::write_csv;
use ninefold_core::error::Result;
use ninefold_core::phrasing::CsvCells;
use ninefold_data::Protocol;
use ninefold_diagnose::Diagnosis;

/// A diagnosis, with what it was made of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DiagnosisRecord {
    /// Of the texts, the answers of the models and the settings: a diagnosis of others is not taken for this one.
    pub key: String,
    /// How the texts were read and split.
    pub protocol: Protocol,
    /// Wall-clock seconds that it took.
    pub seconds: f64,
    /// What was found.
    pub diagnosis: Diagnosis,
}

/// `suspects.csv`: the most suspicious label first.
///
/// # Errors
/// [`Error::Io`](ninefold_core::Error::Io) when the file cannot be written.
pub(crate) fn write_suspects(path: &Path, diagnosis: &Diagnosis, cells: CsvCells) -> Result<()> {
    write_csv(path, |table| {
        table.write_record([
            "source",
            "label",
            "suggested",
            "probability",
            "suggested_probability",
            "sure",
            "why",
            "text",
        ])?;
        diagnosis.suspects.iter().try_for_each(|suspect| {
            let numbers = [suspect.probability, suspect.suggested_probability].map(|number| format!("{number:.6}"));
            let [probability, suggested_probability] = numbers;
            let [source, label, suggested, why, text] =
                [&suspect.source, &suspect.label, &suspect.suggested, &suspect.why, &suspect.text]
                    .map(|text| cells.cell(text).into_owned());
            let sure = suspect.is_sure.to_string();
            table.write_record([source, label, suggested, probability, suggested_probability, sure, why, text])
        })
    })
}
