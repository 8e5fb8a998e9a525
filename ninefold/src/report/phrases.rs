//! How figures and lists are written for people.

use crate::corpus::{PartCounts, Protocol};

/// A share as a percentage with one decimal, without the sign: 0.7253 is "72.5".
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}

/// The difference of two shares in points, with its sign: "+2.1", "-0.4", "0.0".
pub(super) fn points(change: f64) -> String {
    let written = format!("{:+.1}", 100.0 * change);
    if written == "+0.0" || written == "-0.0" { "0.0".to_owned() } else { written }
}

/// "1,048,576".
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut written = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}

/// "0.4", "9.3", "27", "1,312": no more digits than a person wants.
pub(super) fn seconds(seconds: f64) -> String {
    if seconds < 9.95 { format!("{seconds:.1}") } else { thousands(seconds.round() as u64) }
}

/// "rnn, lstm and gru".
pub(super) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// "1 pair", "1,200 pairs".
pub(super) fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", thousands(number), if number == 1 { "" } else { "s" })
}

/// Breaks a sentence between words into lines of at most `width` characters; a longer word gets its own line.
pub(super) fn wrap(sentence: &str, width: usize) -> String {
    let (mut wrapped, mut column) = (String::new(), 0);
    for word in sentence.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            wrapped.push('\n');
            column = 0;
        } else if column > 0 {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(word);
        column += length;
    }
    wrapped
}

/// The three lines that stand above every result.
pub(super) fn protocol_lines(protocol: &Protocol) -> Vec<String> {
    let parts = |counts: &PartCounts| {
        let [train, validation, test] = [counts.train, counts.validation, counts.test].map(|n| thousands(n as u64));
        format!("train {train}, validation {validation}, test {test}")
    };
    let classes = match protocol.num_classes {
        1 => "1 class".to_owned(),
        n => format!("{} classes", thousands(n as u64)),
    };
    let mut split = format!("split: {}", protocol.split);
    if !protocol.validation.is_empty() {
        split += &format!("; validation: {}", protocol.validation);
    }
    let strip = if protocol.strip.is_empty() { "nothing".to_owned() } else { protocol.strip.join(", ") };
    let empty = match protocol.empty_texts {
        PartCounts { train: 0, validation: 0, test: 0 } => "none".to_owned(),
        counts => parts(&counts),
    };
    let mut stripped = format!("stripped: {strip}; empty texts (kept): {empty}");
    if !protocol.encodings.is_empty() {
        stripped += &format!("; encoding: {}", protocol.encodings.join(", "));
    }
    vec![format!("data: {}; {classes}; {}", protocol.data, parts(&protocol.texts)), split, stripped]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_people_read_them() {
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0.04, 9.94, 9.96, 1312.4].map(seconds), ["0.0", "9.9", "10", "1,312"]);
        assert_eq!([0.021, -0.004, 0.0, -0.0004].map(points), ["+2.1", "-0.4", "0.0", "0.0"]);
        assert_eq!(percent(0.72546), "72.5");
        assert_eq!(counted(1, "pair") + &counted(1200, " pair"), "1 pair1,200  pairs");
    }

    #[test]
    fn lists_end_with_and() {
        let list = |items: &[&str]| listed(&items.iter().map(|&item| item.to_owned()).collect::<Vec<_>>());
        assert_eq!(
            [list(&[]), list(&["a"]), list(&["a", "b"]), list(&["a", "b", "c"])],
            ["", "a", "a and b", "a, b and c"]
        );
    }

    #[test]
    fn sentences_break_between_words() {
        assert_eq!(wrap("one two three", 7), "one two\nthree");
        assert_eq!(wrap("unbreakable a b", 5), "unbreakable\na b");
    }
}
