//! The map as one HTML file that needs nothing else: pan, zoom, search, light and dark.
//!
//! Places -> the text of the page. Template: `map.html`.

use std::collections::BTreeMap;

use minijinja::{Environment, Value};

use ninefold_core::error::{Error, Result};
use ninefold_vectors::map::Place;

/// The page of a map; `title` and `about` stand above it.
///
/// # Errors
/// [`Error::Data`] when a place is not a number.
pub fn render(places: &[Place], title: &str, about: &str) -> Result<String> {
    if places.iter().any(|place| !place.x.is_finite() || !place.y.is_finite()) {
        return Err(Error::data("the map has a place that is not a number: are there vectors of zeros only?"));
    }
    let wrong = |error: &dyn std::fmt::Display| Error::data(format!("the page cannot be made: {error}"));
    // Three digits more than a screen shows keep the file small.
    let size = places.iter().flat_map(|place| [place.x.abs(), place.y.abs()]).fold(1e-12, f64::max);
    let rounded = |value: f64| (value / size * 1e5).round() / 1e5;
    let rows: Vec<(&str, f64, f64)> =
        places.iter().map(|it| (it.word.as_str(), rounded(it.x), rounded(it.y))).collect();
    let data = serde_json::to_string(&rows).map_err(|error| wrong(&error))?;
    let data = data.replace('<', "\\u003c"); // a word may be "</script>"
    let context = BTreeMap::from([
        ("title", Value::from(title)),
        ("about", Value::from(about)),
        ("count", Value::from(places.len())),
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
        let places = [("</script><b>", 1.0), ("\"\\\u{2028}", -0.5)];
        let places = places.map(|(word, x)| Place { word: word.into(), x, y: 0.0 });
        let page = render(&places, "<title> & co", "two words").unwrap();
        assert!(page.contains("&lt;title&gt; &amp; co") && !page.contains("</script><b>"), "{page}");
        let start = page.find("type=\"application/json\">").unwrap() + 24;
        let data = &page[start..start + page[start..].find("</script>").unwrap()];
        let rows: Vec<(String, f64, f64)> = serde_json::from_str(data).unwrap();
        assert_eq!(rows, [("</script><b>".to_string(), 1.0, 0.0), ("\"\\\u{2028}".to_string(), -0.5, 0.0)]);
        assert!(!page.contains("http://") && !page.contains("https://"), "the page needs no network");
    }

    #[test]
    fn a_place_that_is_no_number_is_refused() {
        assert!(render(&[Place { word: "a".into(), x: f64::NAN, y: 0.0 }], "t", "a").is_err());
    }
}
