//! How counts, shares and lists are put into sentences, tables and errors.

/// `12345` -> `12,345`.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `(1, "text")` -> `1 text`, `(2000, "text")` -> `2,000 texts`.
pub fn counted(number: usize, noun: &str) -> String {
    let plural = match noun {
        _ if number == 1 => noun.to_string(),
        "class" => "classes".to_string(),
        _ => format!("{noun}s"),
    };
    format!("{} {plural}", thousands(number))
}

/// The first few items and how many more there are: `a, b, c and 12 more`.
pub fn listed<T: AsRef<str>>(items: &[T]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<&str> = items.iter().take(SHOWN).map(AsRef::as_ref).collect();
    let more = items.len().saturating_sub(SHOWN);
    if more == 0 { shown.join(", ") } else { format!("{} and {} more", shown.join(", "), thousands(more)) }
}

/// Each item in quotes, then as [`listed`]: `"a", "b"`.
pub fn quoted<T: AsRef<str>>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(|item| format!("{:?}", item.as_ref())).collect();
    listed(&items)
}

/// All items, the last after "and": `rnn, lstm and gru`.
pub fn all_listed<T: AsRef<str>>(items: &[T]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.as_slice() {
        [] => String::new(),
        [only] => (*only).to_string(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `0.125` -> `12.5 %`.
pub fn percent(share: f64) -> String {
    format!("{} %", rounded_percent(share))
}

/// `0.125` -> `12.5`, without the noise of binary fractions.
pub fn rounded_percent(share: f64) -> f64 {
    (share * 1e4).round() / 1e2
}

/// The one of `names` that `wanted` is most likely a slip of, for "did you mean".
pub fn nearest<'a, T: AsRef<str>>(wanted: &str, names: &'a [T]) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    let likeness = |name: &str| strsim::jaro_winkler(&wanted, &name.to_lowercase());
    let best = names.iter().map(AsRef::as_ref).max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.75).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_lists_read_like_sentences() {
        assert_eq!([7, 999, 1000, 1234567].map(thousands), ["7", "999", "1,000", "1,234,567"]);
        assert_eq!([counted(1, "class"), counted(20, "class")], ["1 class", "20 classes"]);
        let many: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        assert_eq!(listed(&many), "0, 1, 2, 3, 4, 5, 6, 7 and 12 more");
        assert_eq!(quoted(&["a", "b"]), r#""a", "b""#);
        assert_eq!(
            [all_listed::<&str>(&[]), all_listed(&["a"]), all_listed(&["a", "b", "c"])],
            ["", "a", "a, b and c"]
        );
        assert_eq!([percent(0.1), percent(0.125), percent(1.0 / 3.0)], ["10 %", "12.5 %", "33.33 %"]);
    }

    #[test]
    fn a_slip_of_the_pen_finds_its_name() {
        assert_eq!(nearest("txet", &["label", "text", "id"]), Some("text"));
        assert_eq!(nearest("Labels", &["label", "text"]), Some("label"));
        assert_eq!(nearest("zebra", &["label", "text"]), None);
    }
}
