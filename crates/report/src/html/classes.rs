//! Precision, recall and F1 of every class, beside the F1 of another model.

use serde::Serialize;

use super::run::ModelReport;
use ninefold_core::phrasing::thousands;

/// Width of the axis from 0 to 1, in the drawing's own units.
const WIDTH: f64 = 300.0;
/// Classes that are listed.
const CLASSES: usize = 200;

#[derive(Serialize)]
pub(crate) struct Classes {
    names: Vec<String>,
    rows: Vec<ClassView>,
    /// "The 200 of 1,000 classes with the lowest F1" where not all are listed.
    part: Option<String>,
}

#[derive(Serialize)]
struct ClassView {
    label: String,
    support: u64,
    precision: f64,
    recall: f64,
    /// F1 of each model, and where it is drawn.
    f1: Vec<(f64, f64)>,
}

/// Of the first model, the class with the lowest F1 first.
pub(crate) fn view(models: &[&ModelReport]) -> Option<Classes> {
    let first = models.first()?;
    let of_class = |class: usize| ClassView {
        label: first.labels[class].clone(),
        support: first.classes[class].support,
        precision: first.classes[class].precision,
        recall: first.classes[class].recall,
        f1: models.iter().map(|model| model.classes[class].f1).map(|f1| (f1, WIDTH * f1)).collect(),
    };
    let mut rows: Vec<ClassView> = (0..first.classes.len()).map(of_class).collect();
    rows.sort_by(|a, b| a.f1[0].0.total_cmp(&b.f1[0].0));
    let all = rows.len();
    rows.truncate(CLASSES);
    let part = (all > CLASSES).then(|| format!("The {CLASSES} of {} classes with the lowest F1.", thousands(all)));
    Some(Classes { names: models.iter().map(|model| model.name.clone()).collect(), rows, part })
}
