//! The confusion matrix as a drawing: classes that are mistaken for each other stand beside each other.

use std::collections::BTreeMap;

use serde::Serialize;

use super::run::ModelReport;
use ninefold_metrics::Confusion;
use ninefold_records::Mistake;

/// Side of the matrix, in the drawing's own units.
const SIDE: f64 = 560.0;
/// Texts that are shown per cell.
const NAMED: usize = 3;
/// Mistakes that are listed below the matrix.
const LISTED: usize = 20;

#[derive(Serialize)]
pub(crate) struct Matrix {
    name: String,
    cell: f64,
    labels: Vec<(String, f64)>, // where each class's row begins
    cells: Vec<Cell>,
    /// The commonest mistakes with some of their texts.
    confused: Vec<Confused>,
    ordered_by: &'static str,
}

#[derive(Serialize)]
struct Cell {
    x: f64,
    y: f64,
    right: bool,
    share: f64,
    count: u64,
    title: String,
    /// Which of the commonest mistakes it is.
    number: Option<usize>,
}

/// One class taken for another.
#[derive(Serialize)]
struct Confused {
    truth: String,
    predicted: String,
    count: u64,
    support: u64,
    examples: Vec<Mistake>,
}

pub(crate) fn view(model: &ModelReport) -> Matrix {
    let confusion = &model.confusion;
    let classes = confusion.num_classes();
    let (order, ordered_by) = order(confusion, &model.labels);
    let cell = SIDE / classes.max(1) as f64;
    let confused: Vec<Confused> = confusion
        .worst_confusions(LISTED)
        .into_iter()
        .map(|pair| confused(model, pair.truth, pair.predicted, pair.count, pair.support))
        .filter(|confused| !confused.examples.is_empty())
        .collect();
    let mut cells = Vec::new();
    for (row, &truth) in order.iter().enumerate() {
        for (column, &predicted) in order.iter().enumerate() {
            let count = confusion.count(truth, predicted);
            if count == 0 {
                continue;
            }
            let (support, right) = (confusion.support(truth), truth == predicted);
            let verb = if right { "found" } else { "taken for" };
            let what = if right { String::new() } else { format!(" {}", model.labels[predicted]) };
            let (label, answer) = (&model.labels[truth], &model.labels[predicted]);
            let texts = examples(model, label, answer).map(|example| format!("\n{}: {}", example.source, example.text));
            let named = if right { String::new() } else { texts.take(NAMED).collect() };
            let number = confused.iter().position(|pair| pair.truth == *label && pair.predicted == *answer);
            cells.push(Cell {
                x: column as f64 * cell,
                y: row as f64 * cell,
                right,
                share: count as f64 / support as f64,
                count,
                title: format!("{label}: {count} of {support} {verb}{what}{named}"),
                number,
            });
        }
    }
    let labels =
        order.iter().enumerate().map(|(row, &class)| (model.labels[class].clone(), row as f64 * cell)).collect();
    Matrix { name: model.name.clone(), cell, labels, cells, confused, ordered_by }
}

/// Texts of one class that were taken for another, the surest mistakes first.
fn examples<'a>(model: &'a ModelReport, truth: &'a str, predicted: &'a str) -> impl Iterator<Item = &'a Mistake> {
    model.examples.iter().filter(move |example| example.truth == truth && example.predicted == predicted)
}

fn confused(model: &ModelReport, truth: usize, predicted: usize, count: u64, support: u64) -> Confused {
    let (truth, predicted) = (model.labels[truth].clone(), model.labels[predicted].clone());
    let examples = examples(model, &truth, &predicted).take(NAMED).cloned().collect();
    Confused { truth, predicted, count, support, examples }
}

/// By name where names tell families ("comp.graphics", "comp.windows"), else so that neighbours are confused most.
fn order(confusion: &Confusion, labels: &[String]) -> (Vec<usize>, &'static str) {
    let family = |label: &str| label.split_once(['.', '/']).map(|(family, _)| family.to_string());
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    labels.iter().filter_map(|label| family(label)).for_each(|family| *sizes.entry(family).or_default() += 1);
    let with_siblings: usize = sizes.values().filter(|&&size| size > 1).sum();
    if 2 * with_siblings > labels.len() {
        let mut order: Vec<usize> = (0..labels.len()).collect();
        order.sort_by_key(|&class| &labels[class]);
        return (order, "by family");
    }
    (chain(confusion), "so that classes which are mistaken for each other are neighbours")
}

/// A chain of classes: from the most confused pair on, always the class that is confused most with either end.
fn chain(confusion: &Confusion) -> Vec<usize> {
    let classes = confusion.num_classes();
    let both = |a: usize, b: usize| {
        let share =
            |truth: usize, other: usize| confusion.count(truth, other) as f64 / confusion.support(truth).max(1) as f64;
        share(a, b) + share(b, a)
    };
    let mut left: Vec<usize> = (0..classes).collect();
    let pairs = (0..classes).flat_map(|a| (a + 1..classes).map(move |b| (a, b)));
    let Some((first, second)) = pairs.reduce(|a, b| if both(b.0, b.1) > both(a.0, a.1) { b } else { a }) else {
        return left;
    };
    left.retain(|&class| class != first && class != second);
    let mut chain = std::collections::VecDeque::from([first, second]);
    while !left.is_empty() {
        let (front, back) = (chain[0], chain[chain.len() - 1]);
        let near = |class: usize| both(class, front).max(both(class, back));
        let next = left.iter().copied().reduce(|a, b| if near(b) > near(a) { b } else { a }).unwrap_or_default();
        left.retain(|&class| class != next);
        if both(next, front) > both(next, back) { chain.push_front(next) } else { chain.push_back(next) }
    }
    chain.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confused_classes_become_neighbours() {
        let confusion = Confusion::of(4, &[0, 0, 1, 1, 2, 2, 3, 3], &[3, 0, 1, 2, 2, 1, 3, 0]);
        let order = chain(&confusion);
        let place = |class: usize| order.iter().position(|&other| other == class).unwrap_or(9) as i64;
        assert_eq!(((place(0) - place(3)).abs(), (place(1) - place(2)).abs()), (1, 1), "{order:?}");
    }

    #[test]
    fn families_stay_together() {
        let labels = ["rec.a", "comp.b", "rec.b", "comp.a"].map(str::to_owned);
        assert_eq!(order(&Confusion::new(4), &labels).0, [3, 1, 0, 2]);
    }
}
