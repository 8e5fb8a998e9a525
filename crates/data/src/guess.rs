//! Which column of a table without usual names holds text and which labels, by what is in them.
//!
//! Takes the first rows -> gives a [`Profile`] per column, and from these the likeliest columns, or none where it would be
//! a mere guess. Labels are few and short; texts have several words; an id is neither.

use std::collections::{BTreeMap, BTreeSet};

/// What a column holds, over the rows that were looked at.
pub(crate) struct Profile {
    rows: usize,
    distinct: usize,
    mean_words: f64,
    mean_length: f64,
}

impl Profile {
    /// Looks at one column.
    pub fn of(rows: &[Vec<String>], column: usize) -> Profile {
        // The first row may be a header, and then says nothing.
        let rows = if rows.len() > 1 { &rows[1..] } else { rows };
        let cells = || rows.iter().map(|row| row[column].as_str());
        let mean = |total: usize| total as f64 / rows.len() as f64;
        Profile {
            rows: rows.len(),
            distinct: cells().collect::<BTreeSet<_>>().len(),
            mean_words: mean(cells().map(|cell| cell.split_whitespace().count()).sum()),
            mean_length: mean(cells().map(str::len).sum()),
        }
    }

    /// Several values, each of which comes again, none of them a sentence.
    pub fn is_like_labels(&self) -> bool {
        let few = (2..=(self.rows / 2).max(2)).contains(&self.distinct);
        few && self.mean_words > 0.0 && self.mean_words <= 3.0
    }
}

/// The label column, given the text columns as far as they are known: the one that is left; of two the one with fewer and
/// shorter values; of more the only one that looks like labels.
pub(crate) fn label(profiles: &[Profile], text: &[usize]) -> Option<usize> {
    let left: Vec<usize> = (0..profiles.len()).filter(|column| !text.contains(column)).collect();
    match (profiles.len(), left.as_slice()) {
        (2.., &[only]) => Some(only),
        (2, _) => {
            left.into_iter().min_by_key(|&column| (profiles[column].distinct, profiles[column].mean_length as usize))
        }
        _ => {
            let mut fitting = left.into_iter().filter(|&column| profiles[column].is_like_labels());
            fitting.next().filter(|_| fitting.next().is_none())
        }
    }
}

/// The text columns: what is left beside the label if that is one, or in small tables whatever has several words.
pub(crate) fn texts(profiles: &[Profile], label: Option<usize>, labelled: bool) -> Vec<usize> {
    let mut left: Vec<usize> = (0..profiles.len()).filter(|column| Some(*column) != label).collect();
    let widest = if labelled { 3 } else { 2 };
    if left.len() > 1 {
        left.retain(|&column| profiles.len() <= widest && profiles[column].mean_words >= 2.0);
    }
    left
}

/// True if the first row names the columns. No cell is empty and all differ; and either the cells are ascending numbers above columns
/// of text, or the label cell occurs in no other row and the cells are of another kind than those below.
pub(crate) fn first_row_is_header(rows: &[Vec<String>], texts: &[usize], label: usize) -> bool {
    let [first, below @ ..] = rows else { return false };
    let distinct = first.iter().map(|cell| cell.trim()).collect::<BTreeSet<_>>().len() == first.len();
    if below.is_empty() || !distinct || first.iter().any(|cell| cell.trim().is_empty()) {
        return false;
    }
    let columns: Vec<Column> = (0..first.len()).map(|column| Column { first: &first[column], below, column }).collect();
    if are_numbers_in_order(first) && texts.iter().any(|&text| !columns[text].is_numeric()) {
        return true;
    }
    let counts = columns[label].counts();
    if counts.contains_key(columns[label].first.trim()) || counts.len() < 2 {
        return false;
    }
    let is_name_above_numbers = |column: &Column| !is_number(column.first) && column.is_numeric();
    if columns.iter().any(is_name_above_numbers) || columns[label].is_name_beside_numbers(&counts) {
        return true;
    }
    if texts.iter().any(|&text| columns[text].first_is_like_the_others()) {
        return false;
    }
    let is_short = first.iter().all(|cell| cell.chars().count() <= 40) && !is_number(columns[label].first);
    let all_repeat = counts.values().all(|&count| count >= 2);
    (is_short && all_repeat)
        || (columns[label].repeats(&counts) && texts.iter().all(|&text| columns[text].first_is_shorter()))
        || (columns[label].repeats(&counts) && columns[label].first_is_longer())
}

/// Column names that pandas gives where there are none: 0, 1, 2, ... or 1, 2, 3, ...
fn are_numbers_in_order(first: &[String]) -> bool {
    let numbers: Option<Vec<usize>> = first.iter().map(|cell| cell.trim().parse().ok()).collect();
    numbers.is_some_and(|numbers| numbers[0] <= 1 && numbers.windows(2).all(|pair| pair[1] == pair[0] + 1))
}

fn is_number(cell: &str) -> bool {
    cell.trim().parse::<f64>().is_ok_and(f64::is_finite)
}

fn words(cell: &str) -> usize {
    cell.split_whitespace().count()
}

/// A column: its first cell and those below.
struct Column<'a> {
    first: &'a str,
    below: &'a [Vec<String>],
    column: usize,
}

impl<'a> Column<'a> {
    fn cells(&self) -> impl Iterator<Item = &'a str> {
        let column = self.column;
        self.below.iter().map(move |row| row[column].as_str())
    }

    /// How often each value comes below the first cell.
    fn counts(&self) -> BTreeMap<&'a str, usize> {
        let mut counts = BTreeMap::new();
        self.cells().for_each(|cell| *counts.entry(cell.trim()).or_default() += 1);
        counts
    }

    /// Every cell that is not empty is a number, and there are some.
    fn is_numeric(&self) -> bool {
        let mut cells = self.cells().filter(|cell| !cell.trim().is_empty()).peekable();
        cells.peek().is_some() && cells.all(is_number)
    }

    /// A number above labels that are words, as in "text,1".
    fn is_name_beside_numbers(&self, counts: &BTreeMap<&str, usize>) -> bool {
        is_number(self.first) && !counts.keys().any(|label| is_number(label)) && self.repeats(counts)
    }

    /// Most values come again.
    fn repeats(&self, counts: &BTreeMap<&str, usize>) -> bool {
        3 * counts.len() <= 2 * self.below.len()
    }

    /// A text like those below: several words, no fewer than most others have, most of which come again in them.
    fn first_is_like_the_others(&self) -> bool {
        let wanted = words(self.first);
        let shorter = self.cells().filter(|cell| words(cell) < wanted).count();
        let longer = self.cells().filter(|cell| words(cell) > wanted).count();
        if wanted < 3 || 10 * longer > 9 * self.below.len() || 10 * shorter > 9 * self.below.len() {
            return false;
        }
        let known: BTreeSet<&str> = self.cells().flat_map(str::split_whitespace).collect();
        2 * self.first.split_whitespace().filter(|word| known.contains(word)).count() >= wanted
    }

    /// Fewer words than nine of ten cells below have.
    fn first_is_shorter(&self) -> bool {
        10 * self.cells().filter(|cell| words(cell) > words(self.first)).count() >= 9 * self.below.len()
    }

    /// More words than any cell below has.
    fn first_is_longer(&self) -> bool {
        self.cells().all(|cell| words(cell) < words(self.first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 6] = [
        "a late goal decided the league",
        "which driver works with this laptop",
        "simmer the onion for an hour",
        "a late coach decided the league",
        "which driver works with this kernel",
        "simmer the bread for an hour",
    ];

    fn is_header(first: [&str; 2], labels: [&str; 6]) -> bool {
        let below = TEXTS.iter().zip(labels).map(|(text, label)| vec![text.to_string(), label.to_string()]);
        let rows: Vec<Vec<String>> = std::iter::once(first.map(String::from).to_vec()).chain(below).collect();
        first_row_is_header(&rows, &[0], 1)
    }

    #[test]
    fn header_is_recognised_beside_rare_labels_and_numbers() {
        let topics = ["sport", "tech", "food", "sport", "tech", "food"];
        let with_rare = ["sport", "tech", "food", "sport", "tech", "rare"];
        let numbers = ["0", "1", "2", "0", "1", "2"];
        for (first, labels) in [
            (["meldung", "klasse"], topics),
            (["meldung", "klasse"], with_rare),
            (["what was written in the original message", "the class that was given to it"], with_rare),
            (["0", "1"], topics),
            (["0", "1"], numbers),
            (["meldung", "7"], topics),
            (["meldung", "klasse"], numbers),
        ] {
            assert!(is_header(first, labels), "{first:?} {labels:?}");
        }
    }

    #[test]
    fn first_text_with_a_rare_label_is_no_header() {
        let topics = ["sport", "tech", "food", "sport", "tech", "food"];
        assert!(!is_header(["a late coach decided the goal", "strange"], topics));
        assert!(!is_header(["a late coach decided the goal", "sport"], topics));
        assert!(!is_header(["meldung", "sport"], topics));
    }
}
