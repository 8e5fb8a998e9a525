//! The confusion matrix as a drawing: classes that are mistaken for each other stand beside each other.

use std::collections::BTreeMap;

use serde::Serialize;

use super::ModelReport;
use crate::eval::Confusion;

/// Side of the matrix, in the drawing's own units.
const SIDE: f64 = 560.0;
/// Sources that are named per cell.
const NAMED: usize = 3;

#[derive(Serialize)]
pub(super) struct Matrix {
    name: String,
    cell: f64,
    labels: Vec<(String, f64)>, // where each class's row begins
    cells: Vec<Cell>,
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
}

pub(super) fn view(model: &ModelReport) -> Matrix {
    let confusion = &model.confusion;
    let classes = confusion.num_classes();
    let (order, ordered_by) = order(confusion, &model.labels);
    let cell = SIDE / classes.max(1) as f64;
    let mut sources: BTreeMap<(u32, u32), Vec<&str>> = BTreeMap::new();
    for (&answer, source) in model.answers.iter().zip(&model.sources) {
        let named = sources.entry(answer).or_default();
        if named.len() < NAMED {
            named.push(source);
        }
    }
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
            let named = sources.get(&(truth as u32, predicted as u32)).filter(|_| !right);
            let named = named.map_or(String::new(), |named| format!("\n{}", named.join("\n")));
            cells.push(Cell {
                x: column as f64 * cell,
                y: row as f64 * cell,
                right,
                share: count as f64 / support as f64,
                count,
                title: format!("{}: {count} of {support} {verb}{what}{named}", model.labels[truth]),
            });
        }
    }
    let labels =
        order.iter().enumerate().map(|(row, &class)| (model.labels[class].clone(), row as f64 * cell)).collect();
    Matrix { name: model.name.clone(), cell, labels, cells, ordered_by }
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
