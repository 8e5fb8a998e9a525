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
    fn is_like_labels(&self) -> bool {
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

/// True when the first row's label never comes again although every other label does, and its cells are short.
pub(crate) fn first_row_stands_apart(rows: &[Vec<String>], label: usize) -> bool {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &rows[1..] {
        *counts.entry(row[label].trim()).or_default() += 1;
    }
    let first = &rows[0];
    let short = first.iter().all(|cell| !cell.trim().is_empty() && cell.chars().count() <= 40);
    let distinct = first.iter().collect::<BTreeSet<_>>().len() == first.len();
    let new = !counts.contains_key(first[label].trim()) && first[label].trim().parse::<f64>().is_err();
    short && distinct && new && counts.len() >= 2 && counts.values().all(|&count| count >= 2)
}
