//! The date and time in UTC, for names of folders and records.

use std::time::{SystemTime, UNIX_EPOCH};

/// Year, month, day, hour, minute, second.
pub(crate) fn now() -> [u64; 6] {
    civil(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}

/// Seconds since 1970 -> the calendar's date.
///
/// # Source
/// Howard Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`: years begin in March, so that the leap
/// day is the last of its year, and repeat every 400.
fn civil(seconds: u64) -> [u64; 6] {
    let (days, second_of_day) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    [year, month, day, second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments_have_their_dates() {
        assert_eq!(civil(0), [1970, 1, 1, 0, 0, 0]);
        assert_eq!(civil(951_782_400), [2000, 2, 29, 0, 0, 0]);
        assert_eq!(civil(1_234_567_890), [2009, 2, 13, 23, 31, 30]);
        assert_eq!(civil(4_107_542_399), [2100, 2, 28, 23, 59, 59]);
        assert_eq!(civil(4_107_542_400), [2100, 3, 1, 0, 0, 0]);
    }
}
