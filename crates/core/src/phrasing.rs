//! How counts, shares and lists are put into sentences, tables and errors.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

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

/// A time as it is foreseen, not to the second: "8 s", "4 min 30 s", "25 min", "2 h 10 min".
///
/// ```
/// use ninefold_core::phrasing::duration;
///
/// assert_eq!([0.2, 8.4, 272.0, 1_500.0, 7_790.0].map(duration), ["1 s", "8 s", "4 min 30 s", "25 min", "2 h 10 min"]);
/// ```
pub fn duration(seconds: f64) -> String {
    let with = |whole: u64, unit: &str, rest: u64, small: &str| match rest {
        0 => format!("{} {unit}", thousands(whole as usize)),
        rest => format!("{whole} {unit} {rest} {small}"),
    };
    let tens = |value: f64, ten: f64| ((value / ten).round() * ten) as u64;
    match seconds {
        s if s < 60.0 => format!("{} s", (s.round() as u64).max(1)),
        s if s < 600.0 => with(tens(s, 10.0) / 60, "min", tens(s, 10.0) % 60, "s"),
        s if s < 3_570.0 => format!("{} min", (s / 60.0).round() as u64),
        s => with(tens(s / 60.0, 10.0) / 60, "h", tens(s / 60.0, 10.0) % 60, "min"),
    }
}

/// Bytes in gigabytes (10^9): "1.5 GB".
pub fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
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

/// Text from outside as it may be written to a terminal: control characters (escape sequences, line breaks, tabs), line and
/// paragraph separators and characters that change the direction of writing are replaced by their escapes, `\u{1b}`, `\n`, `\t`.
///
/// # Examples
/// ```
/// use ninefold_core::phrasing::printable;
///
/// assert_eq!(printable("naïve 🐸"), "naïve 🐸");
/// assert_eq!(printable("a\tb\u{1b}[2J"), "a\\tb\\u{1b}[2J");
/// ```
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, is_unprintable)
}

/// As [`printable`], for text of several lines: line breaks stay.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |letter| letter != '\n' && is_unprintable(letter))
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '\n' | '\t' | '\r' if is_escaped(letter) => safe.extend(letter.escape_default()),
            _ if is_escaped(letter) => safe.extend(letter.escape_unicode()),
            _ => safe.push(letter),
        }
    }
    Cow::Owned(safe)
}

fn is_unprintable(letter: char) -> bool {
    let changes_direction =
        matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    letter.is_control() || changes_direction || matches!(letter, '\u{2028}' | '\u{2029}')
}

/// How the cells of CSV files hold text that a spreadsheet would run as a formula: text that begins with `=`, `+`, `-`, `@`, a tab or
/// a carriage return, and is no number. [`plain_cell`] gives the text back in either case.
///
/// # Examples
/// ```
/// use ninefold_core::phrasing::{CsvCells, plain_cell};
///
/// assert_eq!(CsvCells::Guarded.cell("=1+1"), "'=1+1");
/// assert_eq!(CsvCells::Guarded.cell("-0.5"), "-0.5");
/// assert_eq!(CsvCells::Plain.cell("=1+1"), "=1+1");
/// assert_eq!(plain_cell("'=1+1"), "=1+1");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CsvCells {
    /// With an apostrophe in front, so that spreadsheets take it for text.
    #[default]
    Guarded,
    /// As it is, for programs that are no spreadsheets. Only where the text itself has an apostrophe in front, it gets another one.
    Plain,
}

impl CsvCells {
    /// The cell that holds `text`.
    pub fn cell(self, text: &str) -> Cow<'_, str> {
        let is_guarded = match self {
            CsvCells::Guarded => is_formula(text) && text.parse::<f64>().is_err(),
            CsvCells::Plain => is_formula(text) && text.starts_with('\''),
        };
        if is_guarded { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
    }

    /// True for what is written where nothing else is asked for.
    pub fn is_default(&self) -> bool {
        *self == CsvCells::default()
    }
}

/// What [`CsvCells::cell`] made the cell of.
pub fn plain_cell(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_formula(text) => text,
        _ => cell,
    }
}

/// Whether text begins like a formula, apostrophes in front of it aside: so that text that already has some comes back whole.
fn is_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// `0.125` -> `12.5 %`.
pub fn percent(share: f64) -> String {
    format!("{} %", rounded_percent(share))
}

/// `0.125` -> `12.5`, without the noise of binary fractions.
pub fn rounded_percent(share: f64) -> f64 {
    (share * 1e4).round() / 1e2
}

/// What an error says of a name that is most likely meant; nothing where there is none.
///
/// ```
/// use ninefold_core::phrasing::{did_you_mean, nearest};
///
/// assert_eq!(did_you_mean(nearest("span", &["ham", "spam"])), " (did you mean `spam`?)");
/// assert_eq!(did_you_mean(None), "");
/// ```
pub fn did_you_mean(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"))
}

/// The one of `names` that `wanted` is most likely a slip of, for "did you mean".
pub fn nearest<'a, T: AsRef<str>>(wanted: &str, names: &'a [T]) -> Option<&'a str> {
    let likeness = |name: &str| likeness(wanted, name);
    let best = names.iter().map(AsRef::as_ref).max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    is_near(wanted, best).then_some(best)
}

/// Whether one name may be a slip of the other.
pub fn is_near(a: &str, b: &str) -> bool {
    likeness(a, b) > 0.75
}

/// How alike two names are but for their case, 0 to 1: the similarity of Jaro and Winkler.
pub fn likeness(a: &str, b: &str) -> f64 {
    strsim::jaro_winkler(&a.to_lowercase(), &b.to_lowercase())
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
    fn nothing_of_a_text_controls_the_terminal() {
        for (text, expected) in [
            ("", ""),
            ("plain – 東京 🇫🇷 é", "plain – 東京 🇫🇷 é"),
            ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
            ("a\nb\tc\rd\u{9b}2J\u{7f}", "a\\nb\\tc\\rd\\u{9b}2J\\u{7f}"),
            ("\u{2028}\u{202e}abc", "\\u{2028}\\u{202e}abc"),
            ("back\\slash", "back\\slash"),
        ] {
            assert_eq!(printable(text), expected);
        }
        assert_eq!(printable_lines("a\nb\u{1b}"), "a\nb\\u{1b}");
    }

    #[test]
    fn formulas_are_text_in_spreadsheets_and_come_back() {
        for text in ["=cmd|' /C calc'!A0", "+1-800", "-a", "@SUM(1)", "\tx", "\rx", "'=x", "''=x", "-", "--1"] {
            let cell = CsvCells::Guarded.cell(text);
            assert_eq!(cell, format!("'{text}"));
            assert_eq!(plain_cell(&cell), text);
            let cell = CsvCells::Plain.cell(text);
            assert_eq!(cell == text, !text.starts_with('\''));
            assert_eq!(plain_cell(&cell), text);
        }
        for text in ["", "a=b", "-1.5", "+3", "-1e-3", "'tis", "'", "don't", "a\t="] {
            assert!([CsvCells::Guarded, CsvCells::Plain].iter().all(|cells| cells.cell(text) == text));
            assert_eq!(plain_cell(text), text);
        }
    }

    #[test]
    fn a_slip_of_the_pen_finds_its_name() {
        assert_eq!(nearest("txet", &["label", "text", "id"]), Some("text"));
        assert_eq!(nearest("Labels", &["label", "text"]), Some("label"));
        assert_eq!(nearest("zebra", &["label", "text"]), None);
    }
}
