//! The templates of all pages, and what every drawing needs.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value};
use serde::Serialize;

use crate::phrases::percent;
use ninefold_core::error::{Error, Result};

/// The template `name`, filled with `view`.
///
/// # Errors
/// [`Error::Data`] when the template fails, which would be our own mistake.
pub(crate) fn render<T: Serialize>(name: &str, view: &T) -> Result<String> {
    let failed = |error: minijinja::Error| Error::data(format!("the page cannot be made: {error:#}"));
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_filter("percent", |share: f64| percent(share));
    for (name, text) in [
        ("layout.html", include_str!("layout.html")),
        ("page.html", include_str!("page.html")),
        ("costs.html", include_str!("costs.html")),
        ("models.html", include_str!("models.html")),
        ("diagnosis.html", include_str!("diagnosis.html")),
        ("diagnosis_parts.html", include_str!("diagnosis_parts.html")),
        ("search.html", include_str!("search.html")),
        ("ladder.html", include_str!("ladder.html")),
        ("ladder.svg", include_str!("ladder.svg")),
    ] {
        environment.add_template(name, text).map_err(failed)?;
    }
    environment.get_template(name).and_then(|template| template.render(Serde(view))).map_err(failed)
}

/// The points of a line, as SVG has them.
pub(crate) fn polyline(points: impl IntoIterator<Item = [f64; 2]>) -> String {
    points.into_iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ")
}

/// Sentences of which no line begins with a percent sign.
pub(crate) fn unbroken(insights: &[String]) -> Vec<String> {
    insights.iter().map(|insight| insight.replace(" %", "\u{a0}%")).collect()
}

/// The style sheet, as every page contains it.
pub(crate) fn style() -> Value {
    Value::from_safe_string(include_str!("style.css").to_string())
}
