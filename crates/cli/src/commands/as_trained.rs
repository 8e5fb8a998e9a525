//! How a saved model's training files were read, for the commands that read new ones.

use anyhow::Result;
use ninefold::data::InputFormat;
use ninefold::models::predictor::Predictor;
use ninefold::progress::Progress;

use crate::usage::Usage;

/// What new files are read by: the model's columns, encoding and stripping. A notice says where `--text-column` overrules them.
///
/// # Errors
/// [`Usage`] where an ensemble's members were trained on different columns and no flag says which to read.
pub fn as_trained(predictor: &Predictor, text_column: &[String], progress: &dyn Progress) -> Result<InputFormat> {
    let columns = |input: &InputFormat| input.text_column.join(",");
    let Some(first) = predictor.inputs().first() else { return Ok(InputFormat::default()) };
    let other = predictor.inputs().iter().find(|input| input.text_column != first.text_column);
    match other {
        Some(other) if text_column.is_empty() => {
            let (one, two) = (columns(first), columns(other));
            let what = format!(
                "--text-column: members of this ensemble were trained on {one:?} and {two:?}: name the column to read"
            );
            return Err(Usage(what).into());
        }
        _ => (),
    }
    if !text_column.is_empty() && !first.text_column.is_empty() && text_column != first.text_column {
        let (given, trained) = (text_column.join(","), columns(first));
        progress.notice(&format!("--text-column {given}: the model was trained on {trained}"));
    }
    Ok(first.clone())
}
