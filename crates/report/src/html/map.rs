//! The map as one HTML file that needs nothing else: pan, zoom, search, light and dark.
//!
//! Points -> the text of the page. Template: `map.html`.

use std::collections::BTreeMap;

use minijinja::{Environment, Value};

use ninefold_core::error::{Error, Result};
use ninefold_vectors::map::MapPoint;

/// The page of a map; `title` and `about` stand above it.
///
/// # Errors
/// [`Error::Data`] when a point is not a number.
pub fn render(points: &[MapPoint], title: &str, about: &str) -> Result<String> {
    if points.iter().any(|point| !point.x.is_finite() || !point.y.is_finite()) {
        return Err(Error::data("the map has a point that is not a number: are there vectors of zeros only?"));
    }
    let wrong = |error: &dyn std::fmt::Display| Error::data(format!("the page cannot be made: {error}"));
    // Three digits more than a screen shows keep the file small.
    let size = points.iter().flat_map(|point| [point.x.abs(), point.y.abs()]).fold(1e-12, f64::max);
    let rounded = |value: f64| (value / size * 1e5).round() / 1e5;
    let rows: Vec<(&str, f64, f64)> =
        points.iter().map(|it| (it.word.as_str(), rounded(it.x), rounded(it.y))).collect();
    let data = serde_json::to_string(&rows).map_err(|error| wrong(&error))?;
    let data = data.replace('<', "\\u003c"); // a word may be "</script>"
    let context = BTreeMap::from([
        ("title", Value::from(title)),
        ("about", Value::from(about)),
        ("count", Value::from(points.len())),
        ("data", Value::from(data)),
    ]);
    Environment::new()
        .render_named_str("map.html", include_str!("map.html"), Value::from(context))
        .map_err(|error| wrong(&error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn words_cannot_break_out_of_the_page() {
        let points = [("</script><b>", 1.0), ("\"\\\u{2028}", -0.5)];
        let points = points.map(|(word, x)| MapPoint { word: word.into(), x, y: 0.0 });
        let page = render(&points, "<title> & co", "two words").unwrap();
        assert!(page.contains("&lt;title&gt; &amp; co") && !page.contains("</script><b>"), "{page}");
        let start = page.find("type=\"application/json\">").unwrap() + 24;
        let data = &page[start..start + page[start..].find("</script>").unwrap()];
        let rows: Vec<(String, f64, f64)> = serde_json::from_str(data).unwrap();
        assert_eq!(rows, [("</script><b>".to_string(), 1.0, 0.0), ("\"\\\u{2028}".to_string(), -0.5, 0.0)]);
        assert!(!page.contains("http://") && !page.contains("https://"), "the page needs no network");
    }

    #[test]
    fn a_place_that_is_no_number_is_refused() {
        assert!(render(&[MapPoint { word: "a".into(), x: f64::NAN, y: 0.0 }], "t", "a").is_err());
    }
}
