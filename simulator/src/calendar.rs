//! UTC dates as milliseconds since 1970, and the texts an export writes them as. No clock: the account's time is made up.

/// Milliseconds since 1970-01-01T00:00:00 UTC.
pub type Millis = i64;

/// One second in milliseconds.
pub const SECOND: Millis = 1_000;
/// One hour in milliseconds.
pub const HOUR: Millis = 3_600 * SECOND;
/// One day in milliseconds.
pub const DAY: Millis = 24 * HOUR;

/// Midnight of a date of the Gregorian calendar (the usual days-from-civil count, with years that begin in March).
pub const fn date(year: i64, month: i64, day: i64) -> Millis {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era - 719_468) * DAY
}

/// The same day's midnight.
pub fn midnight(at: Millis) -> Millis {
    at.div_euclid(DAY) * DAY
}

/// Year, month and day, the inverse of [`date`].
pub fn civil(at: Millis) -> (i64, i64, i64) {
    let days = at.div_euclid(DAY) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// `2024-02-29`.
pub fn day_text(at: Millis) -> String {
    let (year, month, day) = civil(at);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Hour, minute, second and millisecond of the day.
pub fn clock(at: Millis) -> (i64, i64, i64, i64) {
    let rest = at.rem_euclid(DAY);
    (rest / HOUR, rest / 60_000 % 60, rest / SECOND % 60, rest % SECOND)
}

/// `2024-02-29 0:00:00`: the hour is not padded, as in the invoices of an account export from a spreadsheet.
pub fn unpadded_text(at: Millis) -> String {
    let (hour, minute, second, _) = clock(at);
    format!("{} {hour}:{minute:02}:{second:02}", day_text(at))
}

/// `2024-04-02 16:04:26`.
pub fn seconds_text(at: Millis) -> String {
    let (hour, minute, second, _) = clock(at);
    format!("{} {hour:02}:{minute:02}:{second:02}", day_text(at))
}

/// `2024-03-13 00:57:44.673000 UTC`, and without a fraction where that is zero, as BigQuery prints a timestamp.
pub fn zoned_text(at: Millis) -> String {
    match at.rem_euclid(SECOND) {
        0 => format!("{} UTC", seconds_text(at)),
        millis => format!("{}.{millis:03}000 UTC", seconds_text(at)),
    }
}

/// `2024-04-02T16:04:26.120Z`, and without a fraction where that is zero (RFC 3339).
pub fn rfc3339_text(at: Millis) -> String {
    let (hour, minute, second, millis) = clock(at);
    match millis {
        0 => format!("{}T{hour:02}:{minute:02}:{second:02}Z", day_text(at)),
        _ => format!("{}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z", day_text(at)),
    }
}

/// `20240402160426`: the time of a transfer inside a file name.
pub fn compact_text(at: Millis) -> String {
    let (year, month, day) = civil(at);
    let (hour, minute, second, _) = clock(at);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leap_day_comes_back_as_itself() {
        let at = date(2024, 2, 29);
        assert_eq!(civil(at), (2024, 2, 29));
        assert_eq!(at + DAY, date(2024, 3, 1));
        assert_eq!(date(1970, 1, 1), 0);
    }

    #[test]
    fn one_moment_is_written_in_every_dialect() {
        let at = date(2024, 3, 3) + 57 * 60_000 + 44_673;
        assert_eq!(unpadded_text(at), "2024-03-03 0:57:44");
        assert_eq!(zoned_text(at), "2024-03-03 00:57:44.673000 UTC");
        assert_eq!(rfc3339_text(at), "2024-03-03T00:57:44.673Z");
        assert_eq!(compact_text(at), "20240303005744");
    }
}
