//! What serde says of a setting, put so that a user knows what to type.

use ninefold_core::phrasing::{is_near, nearest};

/// serde's message -> (what was expected, what was found), with the nearest name that exists. `elsewhere` says where else a key may
/// belong that is not even near to one that is known.
pub(crate) fn explain(message: &str, elsewhere: &dyn Fn(&str) -> Option<String>) -> (String, String) {
    let of_kind = ["invalid type: ", "invalid value: "].iter().find_map(|kind| message.strip_prefix(kind));
    if let Some((found, expected)) = of_kind.and_then(|message| message.split_once(", expected ")) {
        let expected = match expected.trim() {
            "usize" | "u64" | "u32" => "a whole number, 0 or more",
            "f64" => "a number",
            "a boolean" => "true or false",
            "a sequence" => "a list",
            section if section.starts_with("struct ") => "settings, as `ninefold config` prints them",
            other => other,
        };
        return (expected.to_string(), found.to_string());
    }
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let Some((&found, known)) = names.split_first() else {
        return ("settings as `ninefold config` prints them".to_string(), message.trim().to_string());
    };
    if message.starts_with("unknown field") {
        let is_near_here = known.iter().any(|name| is_near(name, found));
        let hint = match elsewhere(found).filter(|_| !is_near_here) {
            Some(hint) => hint,
            None => suggestion(found, known),
        };
        return (format!("a known setting{hint}"), format!("`{found}`"));
    }
    if message.starts_with("unknown variant") {
        let near = known.iter().any(|name| is_near(name, found));
        let hint = if near { suggestion(found, known) } else { String::new() }; // the names stand there already
        return (format!("one of {}{hint}", known.join(", ")), format!("\"{found}\""));
    }
    ("a value of the right kind".to_string(), message.trim().to_string())
}

/// " (did you mean `hidden_size`?)", or all names when none is near.
pub(crate) fn suggestion(found: &str, known: &[&str]) -> String {
    match nearest(found, known) {
        Some(best) => format!(" (did you mean `{best}`?)"),
        None if known.is_empty() => String::new(),
        None => format!(" ({})", known.join(", ")),
    }
}
