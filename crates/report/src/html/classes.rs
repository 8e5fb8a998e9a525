//! F1 of every class, the best pair's beside the best baseline's.

use serde::Serialize;

use super::run::ModelReport;

/// Width of the axis from 0 to 1, in the drawing's own units.
const WIDTH: f64 = 300.0;

#[derive(Serialize)]
pub(crate) struct Classes {
    names: Vec<String>,
    rows: Vec<ClassView>,
}

#[derive(Serialize)]
struct ClassView {
    label: String,
    support: u64,
    precision: f64,
    recall: f64,
    /// F1 of each model, and where it stands.
    f1: Vec<(f64, f64)>,
}

/// The hardest class first.
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
    Some(Classes { names: models.iter().map(|model| model.name.clone()).collect(), rows })
}
