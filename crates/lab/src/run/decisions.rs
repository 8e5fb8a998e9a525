//! Answers that cost least: *takes* what wrong answers cost and the probabilities that a run keeps -> *gives* each row with its mean
//! cost, and the decision of the row that is deployed.
//!
//! Nothing is trained: a finished run that is given again with other costs decides anew. Validation texts choose the weights; the test
//! texts are only counted.

use std::path::Path;

use crate::RunFolder;
use crate::run::texts::Texts;
use crate::store::kept::{self, Part};
use ninefold_core::error::{Error, Location, Result};
use ninefold_core::files::read_text;
use ninefold_core::progress::Progress;
use ninefold_data::class_number;
use ninefold_metrics::decision::{Costs, Decision};
use ninefold_metrics::most_probable;
use ninefold_records::{Leaderboard, MeanCost};

/// Rows for which weights are fitted: those that cost least on validation without them.
const FITTED: usize = 5;

/// What the texts of each class cost where they are answered wrongly, by a file.
///
/// # Errors
/// [`Error::Io`]; [`Error::Format`] with the line for a class that the corpus lacks, one without costs, a cost that is no number from 0
/// up.
pub(crate) fn read_costs(path: &Path, labels: &[String]) -> Result<Costs> {
    let text = read_text("read", path)?;
    let first = text.lines().next().unwrap_or_default();
    let delimiter = [b'\t', b';', b','].into_iter().find(|&byte| first.contains(char::from(byte))).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new();
    reader.delimiter(delimiter).has_headers(false).flexible(true).trim(csv::Trim::All);
    let mut rows = Vec::new();
    for record in reader.from_reader(text.as_bytes()).records() {
        let record = record.map_err(Error::parse(Location::from(path), "a table"))?;
        let line = record.position().map_or(0, |position| position.line() as usize);
        let cells: Vec<String> = record.iter().map(str::to_owned).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            rows.push((line, cells));
        }
    }
    let file = CostsFile { path, labels };
    match rows.split_first() {
        Some(((_, head), rest)) if head.len() > 2 => file.matrix(head, rest),
        Some(((_, head), rest)) if head.len() == 2 && head[1].parse::<f64>().is_err() => file.per_class(rest),
        Some(((_, head), _)) if head.len() == 2 => file.per_class(&rows),
        _ => Err(Error::format(path, "lines \"class,cost\", or a matrix with the classes above it", "neither")),
    }
}

struct CostsFile<'a> {
    path: &'a Path,
    labels: &'a [String],
}

impl CostsFile<'_> {
    /// Lines of a class and its cost.
    fn per_class(&self, rows: &[(usize, Vec<String>)]) -> Result<Costs> {
        let mut costs = vec![None; self.labels.len()];
        for (line, cells) in rows {
            let [class, cost] = &cells[..] else {
                return Err(self.wrong(*line, "a class and its cost", &cells.join(",")));
            };
            costs[self.class(*line, class)?] = Some(self.cost(*line, cost)?);
        }
        let missing = |at: usize| Error::format(self.path, format!("the cost of `{}`", self.labels[at]), "none");
        (0..).zip(costs).map(|(at, cost)| cost.ok_or_else(|| missing(at))).collect::<Result<_>>().map(Costs::PerClass)
    }

    /// A line for each true class, a column for each answer.
    fn matrix(&self, head: &[String], rows: &[(usize, Vec<String>)]) -> Result<Costs> {
        let size = self.labels.len();
        let columns: Vec<usize> = head[1..].iter().map(|class| self.class(1, class)).collect::<Result<_>>()?;
        let mut costs = vec![None; size * size];
        for (line, cells) in rows {
            let Some((class, numbers)) = cells.split_first() else { continue };
            let truth = self.class(*line, class)?;
            if numbers.len() != columns.len() {
                let found = format!("{} cells", cells.len());
                return Err(self.wrong(*line, &format!("{} cells, as above", head.len()), &found));
            }
            for (&answer, number) in columns.iter().zip(numbers) {
                let cost = self.cost(*line, number)?;
                if truth == answer && cost != 0.0 {
                    return Err(self.wrong(*line, &format!("0 for `{class}` answered with `{class}`"), number));
                }
                costs[truth * size + answer] = Some(cost);
            }
        }
        let missing = |at: usize| {
            let (truth, answer) = (&self.labels[at / size], &self.labels[at % size]);
            Error::format(self.path, format!("the cost of a text of `{truth}` answered with `{answer}`"), "none")
        };
        (0..).zip(costs).map(|(at, cost)| cost.ok_or_else(|| missing(at))).collect::<Result<_>>().map(Costs::Matrix)
    }

    fn class(&self, line: usize, name: &str) -> Result<usize> {
        class_number(self.labels, name, Location::line(self.path, line))
    }

    fn cost(&self, line: usize, number: &str) -> Result<f64> {
        let cost = number.parse().ok().filter(|&cost: &f64| cost >= 0.0 && cost.is_finite());
        cost.ok_or_else(|| self.wrong(line, "a cost of 0 or more", &format!("\"{number}\"")))
    }

    fn wrong(&self, line: usize, expected: &str, found: &str) -> Error {
        Error::format(Location::line(self.path, line), expected, found)
    }
}

/// Each row's mean cost, and the decision behind it.
///
/// # Errors
/// [`Error::Format`] for kept probabilities that are damaged; those of the disk.
pub(crate) fn decide(
    board: &mut Leaderboard,
    costs: &Costs,
    texts: &Texts,
    folder: &RunFolder,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Vec<(String, Decision)>> {
    let classes = texts.corpus.labels.len();
    let mut decided = Vec::new();
    for (place, row) in board.rows.iter().enumerate().filter(|(_, row)| row.is_scored()) {
        match kept::load(&folder.folder(row), Part::Validation, texts.validation.len(), classes)? {
            Some(validation) => {
                let decision = Decision::unweighted(costs.clone());
                let cost = costs.mean(texts.validation.labels(), &decision.answers(&validation));
                decided.push((place, validation, decision, cost));
            }
            None => progress.notice(&format!("{}: {} is missing: it has no costs", row.pair(), kept::FILE)),
        }
    }
    decided.sort_by(|a, b| a.3.total_cmp(&b.3)); // stable: equals stay in the table's order
    let mut decisions = Vec::new();
    for (rank, (place, validation, plain, _)) in decided.into_iter().enumerate() {
        let row = &mut board.rows[place];
        let labels = texts.validation.labels();
        let decision = if rank < FITTED { Decision::fit(costs.clone(), &validation, labels, seed) } else { plain };
        let test = kept::load(&folder.folder(row), Part::Test, texts.test.len(), classes)?.unwrap_or_default();
        let of_test = |answers: &[u32]| costs.mean(texts.test.labels(), answers);
        row.mean_cost = Some(MeanCost {
            validation: costs.mean(labels, &decision.answers(&validation)),
            test: of_test(&decision.answers(&test)),
            test_most_probable: of_test(&most_probable(&test, classes)),
        });
        decisions.push((row.folder.clone(), decision));
    }
    Ok(decisions)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> std::result::Result<Costs, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("costs.csv");
        std::fs::write(&path, text).unwrap();
        let labels = ["ham", "spam"].map(str::to_owned);
        read_costs(&path, &labels).map_err(|error| error.to_string().replace(&path.display().to_string(), "FILE"))
    }

    #[test]
    fn costs_are_read_per_class_or_as_a_matrix() {
        let per_class = Ok(Costs::PerClass(vec![1.0, 10.0]));
        assert_eq!(read("ham,1\nspam,10\n"), per_class);
        assert_eq!(read("class;cost\nspam;10\nham;1\n"), per_class);
        assert_eq!(read("class,cost\n\"spam\", 10\n\nham,1\n"), per_class);
        let matrix = Ok(Costs::Matrix(vec![0.0, 2.5, 1.0, 0.0]));
        assert_eq!(read("truth\tspam\tham\nham\t2.5\t0\nspam\t0\t1\n"), matrix);
    }

    #[test]
    fn costs_that_make_no_sense_are_refused_by_line() {
        for (text, said) in [
            ("ham,1\n", "FILE: expected the cost of `spam`, found none"),
            ("ham,1\nspan,2\n", "FILE:2: expected a class of the corpus (did you mean `spam`?), found `span`"),
            ("ham,1\nspam,-2\n", "FILE:2: expected a cost of 0 or more, found \"-2\""),
            (",ham,spam\nham,1,2\nspam,1,0\n", "FILE:2: expected 0 for `ham` answered with `ham`, found 1"),
            (",ham,spam\nham,0,2\n", "FILE: expected the cost of a text of `spam` answered with `ham`, found none"),
            (",ham,spam\nham,0\nspam,1,0\n", "FILE:2: expected 3 cells, as above, found 2 cells"),
            ("ham\n", "FILE: expected lines \"class,cost\", or a matrix with the classes above it, found neither"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(said), "{text:?}: {error}");
        }
    }
}
