//! Labels that a person has checked.
//!
//! *takes* a table with the columns source, label and correct -> *gives* the documents of a corpus with the correct labels, and a line of the
//! protocol. Texts stay in their parts: only labels change. Other columns are passed over, so that `suspects.csv` with a column
//! `correct` will do.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use crate::corpus::Corpus;
use crate::document::Document;
use crate::labels::class_number;
use ninefold_core::error::{Error, Location, Result};
use ninefold_core::files::write_atomically;
use ninefold_core::phrasing::{CsvCells, counted, plain_cell};

const COLUMNS: [&str; 3] = ["source", "label", "correct"];

/// The label of one text, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedLabel {
    /// Where the text came from: [`Document::source`](crate::Document::source).
    pub source: String,
    /// The label that it had.
    pub label: String,
    /// The label that it should have; `None` where the person could not tell.
    pub correct: Option<String>,
}

/// A file of checked labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedLabels {
    path: PathBuf,
    /// What it holds, in its order.
    pub labels: Vec<CheckedLabel>,
}

impl CheckedLabels {
    /// Those of a file; none where there is no file.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Format`] with the line where it is no table with these columns.
    ///
    /// # Examples
    /// ```
    /// use ninefold_data::checked::{CheckedLabel, CheckedLabels};
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("checked.csv");
    /// let mut checked = CheckedLabels::open(&path)?;
    /// let correct = Some("ham".to_owned());
    /// checked.labels.push(CheckedLabel { source: "mail.csv:17".into(), label: "spam".into(), correct });
    /// checked.save()?;
    /// assert_eq!(CheckedLabels::open(&path)?.labels, checked.labels);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(path: &Path) -> Result<CheckedLabels> {
        let read = if path.is_file() { read(path)? } else { Vec::new() };
        let labels = read.into_iter().map(|(_, label)| label).collect();
        Ok(CheckedLabels { path: path.to_path_buf(), labels })
    }

    /// Writes the file.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self) -> Result<()> {
        let mut table = csv::Writer::from_writer(Vec::new());
        let in_memory = |error: csv::Error| Error::data(format!("checked labels cannot be written: {error}"));
        table.write_record(COLUMNS).map_err(in_memory)?;
        for CheckedLabel { source, label, correct } in &self.labels {
            let cells = [source, label, correct.as_ref().unwrap_or(&String::new())]
                .map(|cell| CsvCells::Guarded.cell(cell).into_owned());
            table.write_record(cells).map_err(in_memory)?;
        }
        let bytes = table.into_inner().map_err(|error| Error::data(error.to_string()))?;
        write_atomically(&self.path, |out| out.write_all(&bytes))
    }
}

/// The lines of a file, with their numbers.
fn read(path: &Path) -> Result<Vec<(usize, CheckedLabel)>> {
    let bytes = fs::read(path).map_err(Error::io("read", path))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let expected = || format!("the columns {}", COLUMNS.join(", "));
    let head = reader.headers().map_err(Error::parse(Location::line(path, 1), expected()))?.clone();
    let place = |name: &str| {
        let found = head.iter().position(|cell| cell.trim().eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            Error::format(Location::line(path, 1), expected(), head.iter().collect::<Vec<_>>().join(", "))
        })
    };
    let [source, label, correct] = [place(COLUMNS[0])?, place(COLUMNS[1])?, place(COLUMNS[2])?];
    let mut checked = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(Error::parse(Location::line(path, index + 2), "a line of a table"))?;
        let cell = |place: usize| plain_cell(record.get(place).unwrap_or_default()).trim().to_owned();
        let correct = Some(cell(correct)).filter(|correct| !correct.is_empty());
        let line = record.position().map_or(index + 2, |position| position.line() as usize);
        checked.push((line, CheckedLabel { source: cell(source), label: cell(label), correct }));
    }
    Ok(checked)
}

impl Corpus {
    /// Gives texts the labels that a file says are correct; nothing where the path is empty.
    ///
    /// # Errors
    /// As [`CheckedLabels::open`]; [`Error::Io`] where there is no file; [`Error::Format`] with the line of a label that is no class.
    pub(crate) fn correct_labels(&mut self, path: &str) -> Result<()> {
        if path.is_empty() {
            return Ok(());
        }
        let checked = read(Path::new(path))?;
        let mut wanted: FxHashMap<&str, (&str, u32, bool)> = FxHashMap::default();
        for (line, checked) in &checked {
            let Some(correct) = &checked.correct else { continue };
            let class = class_number(&self.labels, correct, Location::line(path, *line))?;
            wanted.insert(&checked.source, (&checked.label, class as u32, false));
        }
        let names = self.all_labels();
        let correct = |documents: &mut Vec<Document>, wanted: &mut FxHashMap<&str, (&str, u32, bool)>| {
            let mut corrected = 0;
            for document in documents {
                if let Some((label, class, is_met)) = wanted.get_mut(document.source.as_str())
                    && names[document.label as usize] == *label
                {
                    *is_met = true;
                    corrected += usize::from(document.label != *class);
                    document.label = *class;
                }
            }
            corrected
        };
        let [train, validation, test] =
            [&mut self.train, &mut self.validation, &mut self.test].map(|part| correct(part, &mut wanted));
        let unmet = wanted.values().filter(|(.., is_met)| !is_met).count();
        if unmet > 0 {
            let lines = counted(unmet, "line");
            self.notices.push(format!("{path}: {lines} of it name no text of this corpus with that label: not used"));
        }
        let corrected = counted(train + validation + test, "label");
        self.protocol.labels_checked = format!(
            "{corrected} of {} checked ones corrected by {path} (train {train}, validation {validation}, test {test})",
            wanted.len()
        );
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::CorpusConfig;

    fn corpus(checked: &str) -> Result<Corpus> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checked.csv");
        fs::write(&path, checked).unwrap();
        let texts: Vec<(String, &str)> =
            (0..20).flat_map(|n| [(format!("good film {n}"), "pos"), (format!("bad film {n}"), "neg")]).collect();
        let labels_checked = path.display().to_string();
        Corpus::from_texts(&texts, None, &CorpusConfig { labels_checked, ..CorpusConfig::default() })
    }

    #[test]
    fn checked_labels_replace_others_and_texts_stay_in_their_parts() {
        let lines =
            "source,label,correct,why\ntrain:1,pos,neg,x\ntrain:2,neg,neg,\ntrain:3,neg,pos,\ntrain:4,neg,,unsure\n";
        let (plain, corrected) = (corpus("source,label,correct\n").unwrap(), corpus(lines).unwrap());
        let all = |corpus: &Corpus| -> Vec<(String, u32)> {
            let parts = [&corpus.train, &corpus.validation, &corpus.test].into_iter().flatten();
            parts.map(|document| (document.source.to_string(), document.label)).collect()
        };
        let changed: Vec<_> = all(&plain).into_iter().zip(all(&corrected)).filter(|(a, b)| a != b).collect();
        assert_eq!(changed, [(("train:1".to_owned(), 1), ("train:1".to_owned(), 0))]);
        let said = &corrected.protocol.labels_checked;
        assert!(said.starts_with("1 label of 3 checked ones corrected by "), "{said}");
        assert!(corrected.notices.iter().any(|notice| notice.contains("1 line of it name no text")), "train:3 was pos");
    }

    #[test]
    fn tables_that_say_something_else_are_refused_by_line() {
        let refused = |text: &str| corpus(text).unwrap_err().to_string();
        assert!(
            refused("source,label\n")
                .contains("checked.csv:1: expected the columns source, label, correct, found source, label")
        );
        let wrong = refused("source,label,correct\ntrain:2,neg,poss\n");
        assert!(
            wrong.contains("checked.csv:2: expected a class of the corpus (did you mean `pos`?), found `poss`"),
            "{wrong}"
        );
    }
}
