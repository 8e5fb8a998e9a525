//! Accuracy by the length of the text: six groups of about as many texts each, from the shortest to the longest.

use serde::Serialize;

use super::run::ModelReport;
use super::template::polyline;

const GROUPS: usize = 6;
/// The area of the lines, in the drawing's own units.
const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 160.0;

#[derive(Serialize)]
pub(crate) struct Lengths {
    groups: Vec<Group>,
    lines: Vec<Line>,
}

#[derive(Serialize)]
struct Group {
    label: String,
    texts: usize,
    x: f64,
}

#[derive(Serialize)]
struct Line {
    name: String,
    points: String,
    /// Where each group's accuracy stands, and what it is.
    places: Vec<(f64, f64, f64)>,
}

pub(crate) fn view(models: &[&ModelReport], lengths: &[usize]) -> Option<Lengths> {
    let is_whole = models.iter().all(|model| model.answers.len() == lengths.len());
    if models.is_empty() || lengths.is_empty() || !is_whole {
        return None;
    }
    let groups = groups(lengths);
    let x = |group: usize| WIDTH * (group as f64 + 0.5) / groups.len() as f64;
    let line = |model: &&ModelReport| {
        let accuracy = |texts: &Vec<usize>| {
            let right = texts.iter().filter(|&&text| model.answers[text].0 == model.answers[text].1).count();
            right as f64 / texts.len() as f64
        };
        let shares = groups.iter().map(accuracy).enumerate();
        let places: Vec<(f64, f64, f64)> =
            shares.map(|(group, share)| (x(group), HEIGHT * (1.0 - share), share)).collect();
        let points = polyline(places.iter().map(|&(x, y, _)| [x, y]));
        Line { name: model.name.clone(), points, places }
    };
    let lines = models.iter().map(line).collect();
    let label = |texts: &Vec<usize>| {
        let (shortest, longest) = (lengths[texts[0]], lengths[texts[texts.len() - 1]]);
        if shortest == longest { shortest.to_string() } else { format!("{shortest}–{longest}") }
    };
    let describe =
        |(group, texts): (usize, &Vec<usize>)| Group { label: label(texts), texts: texts.len(), x: x(group) };
    Some(Lengths { groups: groups.iter().enumerate().map(describe).collect(), lines })
}

/// Texts by rising length; texts of one length are never parted.
fn groups(lengths: &[usize]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&text| lengths[text]);
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (place, &text) in order.iter().enumerate() {
        let is_due = place * GROUPS / lengths.len() >= groups.len();
        let parts = place > 0 && lengths[order[place - 1]] == lengths[text];
        if groups.is_empty() || (is_due && !parts) {
            groups.push(Vec::new());
        }
        groups.last_mut().expect("just pushed").push(text);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_one_length_stay_in_one_group() {
        let lengths: Vec<usize> = (0..60).map(|n| if n < 30 { 5 } else { n }).collect();
        let groups = groups(&lengths);
        assert_eq!(groups[0].len(), 30);
        assert_eq!(groups.iter().map(Vec::len).sum::<usize>(), 60);
        assert!(groups.len() > 2 && groups.len() <= GROUPS, "{}", groups.len());
    }
}
