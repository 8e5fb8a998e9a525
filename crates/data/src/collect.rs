//! One file or folder -> its labelled texts.

use crate::columns::Request;
use crate::document::Labelled;
use crate::input::Input;
use crate::readers;
use crate::reading::{Place, Reading};
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::counted;

/// Reads every text that has a label. `prefix` goes before the sources of the files of a folder.
///
/// # Errors
/// [`Error::Format`] when the format is unknown, nothing has a label, or as the reader says.
pub(crate) fn labelled(mut input: Input, prefix: &str, request: &Request) -> Result<Reading> {
    let (place, name) = (input.place(), input.file_name());
    let reader = readers::find_for(&input.head(), request).ok_or_else(|| unknown(&input))?;
    let mut reading = Reading::default();
    let mut first_unlabelled = None;
    let found = (reader.read)(&mut input, request, &mut |row| {
        let row_place = row.place;
        if row.label.trim().is_empty() {
            reading.unlabelled += 1;
            first_unlabelled.get_or_insert(row_place);
            return Ok(());
        }
        let source = match row_place {
            Place::File(file) => format!("{prefix}{file}"),
            line => line.within(&name),
        };
        reading.documents.push(Labelled {
            text: row.text,
            label: row.label,
            source,
            group: row.group,
            weight: row.weight,
        });
        Ok(())
    })?;
    if reading.documents.is_empty() {
        return Err(Error::format(place, "texts with labels", "not one"));
    }
    if !request.weight.is_empty() && found.columns.is_none() {
        let what = "texts without weights (only tables and JSON have columns)";
        return Err(Error::format(place, format!("the column of weights {:?}", request.weight), what));
    }
    reading.decided.extend(found.columns.map(|columns| format!("{prefix}{name}: {columns}")));
    if !request.group.is_empty() && reading.documents.iter().all(|document| document.group.is_empty()) {
        let found = "texts without groups (only tables and JSON have columns)";
        return Err(Error::format(place, format!("the column of groups {:?}", request.group), found));
    }
    reading.notices.extend(found.notices.iter().map(|notice| format!("{name}: {notice}")));
    if let Some(Place::Line(line)) = first_unlabelled {
        let count = counted(reading.unlabelled, "row");
        reading.notices.push(format!("{name}: {count} without a label left out, the first in line {line}"));
    }
    (reading.layout, reading.format, reading.encodings) = (found.layout, found.format, input.encodings);
    Ok(reading)
}

fn unknown(input: &Input) -> Error {
    let head = input.head();
    let first = head.lines().next().map(|line| line.chars().take(40).collect());
    let found = first.map_or("an empty file".to_string(), |first: String| format!("{first:?}"));
    Error::format(input.place(), format!("labelled texts: {}", readers::labelled_formats()), found)
}
