//! How scores, seconds and long sentences are written for people.

use ninefold_core::phrasing::thousands;

/// A share as a percentage with one decimal, without the sign: 0.7253 is "72.5".
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}

/// The difference of two shares in points, with its sign: "+2.1", "-0.4", "0.0".
pub(super) fn points(change: f64) -> String {
    let written = format!("{:+.1}", 100.0 * change);
    if written == "+0.0" || written == "-0.0" { "0.0".to_owned() } else { written }
}

/// "0.4", "9.3", "27", "1,312": no more digits than a person wants.
pub(super) fn seconds(seconds: f64) -> String {
    if seconds < 9.95 { format!("{seconds:.1}") } else { thousands(seconds.round() as usize) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_people_read_them() {
        assert_eq!([0.04, 9.94, 9.96, 1312.4].map(seconds), ["0.0", "9.9", "10", "1,312"]);
        assert_eq!([0.021, -0.004, 0.0, -0.0004].map(points), ["+2.1", "-0.4", "0.0", "0.0"]);
        assert_eq!(percent(0.72546), "72.5");
    }

    #[test]
    fn sentences_break_between_words() {
        assert_eq!(wrap("one two three", 7), "one two\nthree");
        assert_eq!(wrap("unbreakable a b", 5), "unbreakable\na b");
    }
}
