//! What names tell: the format of a file by its extension (or, failing that, its first line), the part that a file or
//! folder is by its stem.

use std::path::Path;

use super::labelled_lines;

/// What a file holds, by its extension and its first line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Format {
    /// With the delimiter that belongs to the extension.
    Table(u8),
    JsonLines,
    LabelledLines,
}

impl Format {
    /// `None` when neither name nor content tells.
    pub fn of(path: &Path, text: &str) -> Option<Format> {
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        match extension(path).as_str() {
            "csv" => Some(Format::Table(b',')),
            "tsv" | "tab" => Some(Format::Table(b'\t')),
            "jsonl" | "ndjson" | "json" => Some(Format::JsonLines),
            _ if first.trim_start().starts_with('{') => Some(Format::JsonLines),
            _ if text.lines().take(100).any(labelled_lines::has_label) => Some(Format::LabelledLines),
            _ if first.contains('\t') => Some(Format::Table(b'\t')),
            _ => None,
        }
    }
}

/// The extension in lower case, a `.gz` behind it left out.
fn extension(path: &Path) -> String {
    let name = file_name(path).to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.').map(|(_, extension)| extension.to_string()).unwrap_or_default()
}

/// True for the extensions of tables.
pub(super) fn is_table(path: &Path) -> bool {
    matches!(extension(path).as_str(), "csv" | "tsv" | "tab")
}

/// True for the extensions that hold many texts in one file.
pub(super) fn is_data_file(name: &str) -> bool {
    let path = Path::new(name);
    is_table(path) || matches!(extension(path).as_str(), "jsonl" | "ndjson" | "json" | "txt")
}

/// The role that a name gives: `train`, `train_small.csv`, `20news-bydate-test`, `dev.tsv`.
pub(super) fn part_of(name: &str) -> Option<Part> {
    let name = name.to_lowercase();
    let words: Vec<&str> = name.split(['-', '_', '.']).collect();
    let is = |word: &str| match word {
        "train" | "training" => Some(Part::Train),
        "test" | "testing" => Some(Part::Test),
        "validation" | "valid" | "val" | "dev" => Some(Part::Validation),
        _ => None,
    };
    let stem_end = if is_data_file(&name) { words.len() - 1 - usize::from(name.ends_with(".gz")) } else { words.len() };
    is(words[0]).or_else(|| is(words[stem_end.max(1) - 1]))
}

/// The three roles that a file or folder can have by its name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part {
    Train,
    Validation,
    Test,
}

/// The last part of a path.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_else(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_parts() {
        for name in
            ["train", "Train", "train.csv", "train_12000.csv", "20news-bydate-train", "my_train.tsv", "train.csv.gz"]
        {
            assert_eq!(part_of(name), Some(Part::Train), "{name}");
        }
        for name in ["test", "test.txt", "20news-bydate-test", "reviews.test"] {
            assert_eq!(part_of(name), Some(Part::Test), "{name}");
        }
        assert_eq!(part_of("dev.jsonl"), Some(Part::Validation));
        for name in ["trains", "rec.autos", "contest", "a.b.c", "", "csv"] {
            assert_eq!(part_of(name), None, "{name}");
        }
    }

    #[test]
    fn formats_are_known_by_extension_then_by_content() {
        let of = |name: &str, text: &str| Format::of(Path::new(name), text);
        assert_eq!(of("a.CSV", ""), Some(Format::Table(b',')));
        assert_eq!(of("a.csv.gz", ""), Some(Format::Table(b',')));
        assert_eq!(of("a.tsv", "__label__x y"), Some(Format::Table(b'\t')));
        assert_eq!(of("a.txt", "\n{\"text\": 1}"), Some(Format::JsonLines));
        assert_eq!(of("a.train", "__label__x y"), Some(Format::LabelledLines));
        assert_eq!(of("a", "x\ty"), Some(Format::Table(b'\t')));
        assert_eq!(of("a.txt", "only words"), None);
    }
}
