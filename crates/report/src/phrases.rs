//! How scores, differences, p-values, seconds and long sentences are written for people.

use ninefold_core::phrasing::thousands;
use ninefold_metrics::{ConfidenceLevel, Interval, MainScore};
use ninefold_records::{Comparison, Leaderboard, Member};

/// A fraction as a percentage with one decimal, without the sign: 0.7253 is "72.5".
pub(crate) fn percent(fraction: f64) -> String {
    format!("{:.1}", 100.0 * fraction)
}

/// Milliseconds with two significant digits, at most three decimals: "120", "14", "1.4", "0.14", "0.014".
pub(crate) fn milliseconds(ms: f64) -> String {
    match ms {
        ms if ms >= 9.95 => format!("{ms:.0}"),
        ms if ms >= 0.995 => format!("{ms:.1}"),
        ms if ms >= 0.0995 => format!("{ms:.2}"),
        ms if ms >= 0.0005 => format!("{ms:.3}"),
        _ => "< 0.001".to_owned(),
    }
}

/// Bytes in megabytes (10^6): "120", "14.2", "0.14".
pub(crate) fn megabytes(bytes: u64) -> String {
    match bytes as f64 / 1e6 {
        megabytes if megabytes >= 99.5 => format!("{megabytes:.0}"),
        megabytes if megabytes >= 0.995 => format!("{megabytes:.1}"),
        megabytes if megabytes >= 0.005 => format!("{megabytes:.2}"),
        _ => "< 0.01".to_owned(),
    }
}

/// The difference of two fractions in points, with its sign: "+2.1", "-0.4", "0.0".
pub(crate) fn points(change: f64) -> String {
    let written = format!("{:+.1}", 100.0 * change);
    if written == "+0.0" || written == "-0.0" { "0.0".to_owned() } else { written }
}

/// The absolute difference of two fractions in points: "2.1".
pub(crate) fn distance(change: f64) -> String {
    percent(change.abs())
}

/// "+0.8 to +3.2".
pub(crate) fn range(interval: Interval) -> String {
    format!("{} to {}", points(interval.low), points(interval.high))
}

/// "72.5 %", or "macro F1 72.5 %" where that is the main score.
pub(crate) fn score(main: MainScore, share: f64) -> String {
    match main {
        MainScore::Accuracy => format!("{} %", percent(share)),
        other => format!("{} {} %", other.name(), percent(share)),
    }
}

/// "above" or "below".
pub(crate) fn side(difference: f64) -> &'static str {
    if difference < 0.0 { "below" } else { "above" }
}

/// "not significant, p = 0.41" or "significant, p < 0.001".
pub(crate) fn verdict(comparison: &Comparison, level: ConfidenceLevel) -> String {
    let what = if comparison.is_significant(level) { "significant" } else { "not significant" };
    format!("{what}, {}", p_value(comparison.p_corrected))
}

/// " (not significant, p = 0.41)" of two rows by their names; nothing where they were not compared.
pub(crate) fn versus(board: &Leaderboard, one: &str, other: &str) -> String {
    let comparison = board.comparison(one, other);
    comparison.map_or(String::new(), |comparison| format!(" ({})", verdict(comparison, board.confidence_level())))
}

/// "p = 0.41", "p = 0.023", "p < 0.001".
pub(crate) fn p_value(p: f64) -> String {
    match p {
        p if p < 0.001 => "p < 0.001".to_owned(),
        p if p < 0.1 => format!("p = {p:.3}"),
        p => format!("p = {p:.2}"),
    }
}

/// The weight of each row of the table in an ensemble, summed over its seeds, the largest first.
pub(crate) fn member_weights(members: &[Member]) -> Vec<(String, f64)> {
    let mut weights: Vec<(String, f64)> = Vec::new();
    for member in members {
        match weights.iter_mut().find(|(name, _)| *name == member.name) {
            Some((_, weight)) => *weight += member.weight,
            None => weights.push((member.name.clone(), member.weight)),
        }
    }
    weights.sort_by(|a, b| b.1.total_cmp(&a.1)); // stable: equals stay in the leaderboard's order
    weights
}

/// "0.4", "9.3", "27", "1,312": no more digits than a person wants.
pub(crate) fn seconds(seconds: f64) -> String {
    if seconds < 9.95 { format!("{seconds:.1}") } else { thousands(seconds.round() as usize) }
}

/// Breaks a sentence between words into lines of at most `width` characters; a longer word gets its own line.
pub(crate) fn wrap(sentence: &str, width: usize) -> String {
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
