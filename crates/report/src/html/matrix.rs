//! The confusion matrix as a drawing: classes that are confused are neighbours. Of many classes, those with the most errors.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use super::run::ModelReport;
use ninefold_metrics::Confusion;
use ninefold_records::Mistake;

/// Longest side of the matrix, in the drawing's own units.
const SIDE: f64 = 560.0;
/// The largest side of a cell.
const LARGEST_CELL: f64 = 64.0;
/// Classes of one matrix: the labels of more cannot be read.
const CLASSES: usize = 30;
/// Characters of a label beside the matrix.
const LABEL: usize = 26;
/// The smallest side of a cell with its number in it.
const NUMBERED: f64 = 20.0;
/// Texts that are shown per cell.
const NAMED: usize = 3;
/// Confusions that are listed below the matrix.
const LISTED: usize = 30;

#[derive(Serialize)]
pub(crate) struct Matrix {
    cell: f64,
    /// Cells have their numbers in them.
    is_numbered: bool,
    side: f64,
    /// The name of each class, as short as it is drawn, and the middle of its row.
    labels: Vec<(String, String, f64)>,
    cells: Vec<Cell>,
    /// The most frequent confusions, with some of their texts.
    confused: Vec<Confused>,
    ordered_by: &'static str,
    /// "30 of 150 classes" where the matrix is a part.
    part: Option<String>,
}

#[derive(Serialize)]
struct Cell {
    /// Column and row, counted from 0.
    x: usize,
    y: usize,
    right: bool,
    /// Fraction of the row.
    share: f64,
    count: u64,
    title: String,
    /// Which of the listed confusions it is.
    number: Option<usize>,
}

/// One class predicted as another.
#[derive(Serialize)]
struct Confused {
    truth: String,
    predicted: String,
    count: u64,
    support: u64,
    examples: Vec<Mistake>,
}

pub(crate) fn view(model: &ModelReport) -> Matrix {
    let (confusion, all) = (&model.confusion, model.confusion.num_classes());
    let shown = most_confused(confusion, CLASSES);
    let (order, ordered_by) = order(confusion, &shown, &model.labels);
    let cell = (SIDE / order.len().max(1) as f64).min(LARGEST_CELL);
    let confused: Vec<Confused> =
        confusion.worst_confusions(LISTED).into_iter().map(|pair| confused(model, pair)).collect();
    let positions = || order.iter().copied().enumerate();
    let pairs = positions().flat_map(|row| positions().map(move |column| (row, column)));
    let cells = pairs.filter(|((_, truth), (_, predicted))| confusion.count(*truth, *predicted) > 0);
    let label = |(row, class): (usize, usize)| {
        let name = &model.labels[class];
        (name.clone(), shortened(name, LABEL), (row as f64 + 0.5) * cell)
    };
    Matrix {
        cell,
        is_numbered: cell > NUMBERED,
        side: cell * order.len() as f64,
        labels: positions().map(label).collect(),
        cells: cells.map(|(row, column)| cell_view(model, row, column, &confused)).collect(),
        confused,
        ordered_by,
        part: (order.len() < all).then(|| format!("{} of {all} classes", order.len())),
    }
}

fn cell_view(model: &ModelReport, row: (usize, usize), column: (usize, usize), listed: &[Confused]) -> Cell {
    let ((y, truth), (x, predicted)) = (row, column);
    let (count, support) = (model.confusion.count(truth, predicted), model.confusion.support(truth));
    let (label, answer) = (&model.labels[truth], &model.labels[predicted]);
    let number = listed.iter().position(|pair| pair.truth == *label && pair.predicted == *answer);
    let texts: String = number.map_or(String::new(), |number| {
        let with_text = listed[number].examples.iter().filter(|example| !example.text.is_empty());
        with_text.map(|example| format!("\n{}: {}", example.source, example.text)).collect()
    });
    let right = truth == predicted;
    let title = match right {
        true => format!("{label}: {count} of {support} right"),
        false => format!("{label}: {count} of {support} predicted as {answer}{texts}"),
    };
    Cell { x, y, right, share: count as f64 / support as f64, count, title, number }
}

fn confused(model: &ModelReport, pair: ninefold_metrics::Confused) -> Confused {
    let (truth, predicted) = (model.labels[pair.truth].clone(), model.labels[pair.predicted].clone());
    let examples = examples(model, &truth, &predicted).take(NAMED).cloned().collect();
    Confused { truth, predicted, count: pair.count, support: pair.support, examples }
}

/// The beginning of a label that is too long.
fn shortened(label: &str, length: usize) -> String {
    match label.chars().nth(length) {
        None => label.to_owned(),
        Some(_) => label.chars().take(length - 1).chain(['…']).collect(),
    }
}

/// At most `n` classes, in their order: those that the most errors begin or end in.
fn most_confused(confusion: &Confusion, n: usize) -> Vec<usize> {
    let errors = |class: usize| {
        let right = confusion.count(class, class);
        confusion.support(class) + confusion.times_predicted(class) - 2 * right
    };
    let mut classes: Vec<(u64, usize)> = (0..confusion.num_classes()).map(|class| (errors(class), class)).collect();
    classes.sort_by_key(|&(errors, _)| Reverse(errors)); // stable: of equals the first classes
    let mut shown: Vec<usize> = classes.into_iter().take(n).map(|(_, class)| class).collect();
    shown.sort_unstable();
    shown
}

/// Texts of one class that were predicted as another, the most confident mistakes first.
fn examples<'a>(model: &'a ModelReport, truth: &'a str, predicted: &'a str) -> impl Iterator<Item = &'a Mistake> {
    model.examples.iter().filter(move |example| example.truth == truth && example.predicted == predicted)
}

/// By name where names tell families ("comp.graphics", "comp.windows"), else so that neighbours are confused most.
fn order(confusion: &Confusion, classes: &[usize], labels: &[String]) -> (Vec<usize>, &'static str) {
    let family = |&class: &usize| labels[class].split_once(['.', '/']).map(|(family, _)| family.to_string());
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    classes.iter().filter_map(family).for_each(|family| *sizes.entry(family).or_default() += 1);
    let with_siblings: usize = sizes.values().filter(|&&size| size > 1).sum();
    if 2 * with_siblings > classes.len() {
        let mut order = classes.to_vec();
        order.sort_by_key(|&class| &labels[class]);
        return (order, "by family");
    }
    (chain(confusion, classes), "so that classes that are confused are neighbours")
}

/// A chain of classes: from the most confused pair on, always the class that is confused most with either end.
fn chain(confusion: &Confusion, classes: &[usize]) -> Vec<usize> {
    let both = |a: usize, b: usize| {
        let share =
            |truth: usize, other: usize| confusion.count(truth, other) as f64 / confusion.support(truth).max(1) as f64;
        share(a, b) + share(b, a)
    };
    let mut left = classes.to_vec();
    let pairs = classes.iter().enumerate().flat_map(|(index, &a)| classes[index + 1..].iter().map(move |&b| (a, b)));
    let Some((first, second)) = pairs.reduce(|a, b| if both(b.0, b.1) > both(a.0, a.1) { b } else { a }) else {
        return left;
    };
    left.retain(|&class| class != first && class != second);
    let mut chain = VecDeque::from([first, second]);
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
        let order = chain(&confusion, &[0, 1, 2, 3]);
        let place = |class: usize| order.iter().position(|&other| other == class).unwrap_or(9) as i64;
        assert_eq!(((place(0) - place(3)).abs(), (place(1) - place(2)).abs()), (1, 1), "{order:?}");
    }

    #[test]
    fn families_stay_together() {
        let labels = ["rec.a", "comp.b", "rec.b", "comp.a"].map(str::to_owned);
        assert_eq!(order(&Confusion::new(4), &[0, 1, 2, 3], &labels).0, [3, 1, 0, 2]);
    }

    #[test]
    fn matrix_of_many_classes_shows_those_with_the_most_errors() {
        let truth: Vec<u32> = (0..150).chain([149, 149, 149]).collect();
        let predicted: Vec<u32> = (0..150).chain([148, 148, 7]).collect();
        let confusion = Confusion::of(150, &truth, &predicted);
        let shown = most_confused(&confusion, CLASSES);
        assert_eq!(shown.len(), CLASSES);
        assert!([7, 148, 149].iter().all(|class| shown.contains(class)), "{shown:?}");
        let labels: Vec<String> = (0..150).map(|class| format!("class {class}")).collect();
        let view = view(&ModelReport { labels, confusion, ..ModelReport::default() });
        assert_eq!((view.part.as_deref(), view.labels.len()), (Some("30 of 150 classes"), CLASSES));
        assert_eq!((view.confused[0].predicted.as_str(), view.confused[0].count), ("class 148", 2));
    }

    #[test]
    fn long_labels_are_cut() {
        assert_eq!(shortened("abcdef", 6), "abcdef");
        assert_eq!(shortened("abcdefg", 6), "abcde…");
    }
}
