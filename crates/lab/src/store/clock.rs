//! The date and time in UTC, for names of folders and records.

use jiff::Timestamp;

/// The present moment in UTC by a format of `strftime`: "%Y-%m-%dT%H:%M:%SZ".
pub(crate) fn now(format: &str) -> String {
    at(Timestamp::now(), format)
}

fn at(moment: Timestamp, format: &str) -> String {
    moment.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments_have_their_dates_in_utc() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_234_567_890, "2009-02-13T23:31:30Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(at(Timestamp::constant(seconds, 0), "%Y-%m-%dT%H:%M:%SZ"), expected);
        }
    }
}
