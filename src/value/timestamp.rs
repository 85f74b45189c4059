//! Text and integer clocks to microseconds since the epoch, UTC.
//!
//! Calendar arithmetic is our own because it runs for every row: Gregorian, real leap years, days without leap seconds.
//! Timestamps lie in the years 0001 to 9999. A clock that is finer than a microsecond is cut to the microsecond it is in.

use super::Invalid;

const MICROS_PER_SECOND: i64 = 1_000_000;
/// Microseconds in a day.
pub const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
/// 0001-01-01T00:00:00Z.
const FIRST: i64 = days(1, 1, 1) * MICROS_PER_DAY;
/// The last microsecond of the year 9999.
const LAST: i64 = days(10_000, 1, 1) * MICROS_PER_DAY - 1;

/// Reads `YYYY-MM-DD`, midnight, or `YYYY-MM-DD H:MM` with seconds, a fraction and a zone, into microseconds since the epoch.
///
/// Between date and time stands one space or `T`; the hour has one or two digits, as spreadsheets write it; seconds may be
/// missing, as Java leaves them out where they are zero. The zone is nothing, which means UTC; `Z`, `UTC` or `GMT`; or an offset
/// `+HH`, `+HHMM`, `+HH:MM` or, as of years before there were zones, `+HH:MM:SS` of either sign; one space is allowed before, and
/// behind an offset of nothing Go's ` UTC`. Of a fraction the first six digits count: an instant is cut to the microsecond it is in.
///
/// # Errors
/// [`Invalid::Timestamp`] when it is not written so, or a narrower reason where that can be told; [`Invalid::Calendar`] for a
/// day, time or offset that does not exist (February 30, 24:00:00, second 60), [`Invalid::TimestampRange`] outside the years
/// 0001 to 9999 in UTC.
pub fn parse(text: &[u8]) -> Result<i64, Invalid> {
    instant(text).map_err(|invalid| if invalid == Invalid::Timestamp { reason(text) } else { invalid })
}

/// Why a text that is no timestamp may be none: dates as people write them, and clocks that are bare numbers.
fn reason(text: &[u8]) -> Invalid {
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let date = text.split(|byte| matches!(byte, b' ' | b'T')).next().unwrap_or_default();
    for separator in [b'/', b'.', b'-'] {
        let parts: Vec<&[u8]> = date.split(|byte| *byte == separator).collect();
        if let [day, month, year] = parts.as_slice()
            && [*day, *month].iter().all(|part| is_number(part) && part.len() <= 2)
            && is_number(year)
            && matches!(year.len(), 2 | 4)
        {
            return Invalid::DayFirst;
        }
    }
    let number = text.strip_prefix(b"-").unwrap_or(text);
    let mut parts = number.splitn(2, |byte| *byte == b'.');
    if parts.next().is_some_and(|whole| is_number(whole) && whole.len() >= 5) && parts.next().is_none_or(is_number) {
        return Invalid::ClockNumber;
    }
    Invalid::Timestamp
}

fn instant(text: &[u8]) -> Result<i64, Invalid> {
    let (date, time) = text.split_first_chunk::<10>().ok_or(Invalid::Timestamp)?;
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = *date else { return Err(Invalid::Timestamp) };
    let year = pair(y0, y1)? * 100 + pair(y2, y3)?;
    let (month, day) = (pair(m0, m1)?, pair(d0, d1)?);
    if year == 0 {
        return Err(Invalid::TimestampRange);
    }
    if !(1..=12).contains(&month) || day == 0 || day > days_in_month(year, month) {
        return Err(Invalid::Calendar);
    }
    let midnight = days(year, month, day) * MICROS_PER_DAY;
    if time.is_empty() {
        return Ok(midnight);
    }
    in_range(midnight + time_of_day(time)?)
}

/// Microseconds since midnight UTC of what stands behind the date: separator, time, fraction, zone.
#[inline]
fn time_of_day(text: &[u8]) -> Result<i64, Invalid> {
    let [b' ' | b'T' | b't', text @ ..] = text else { return Err(Invalid::Timestamp) };
    let (hour, text) = match text {
        [tens, units, b':', text @ ..] => (pair(*tens, *units)?, text),
        [units, b':', text @ ..] => (pair(b'0', *units)?, text),
        _ => return Err(Invalid::Timestamp),
    };
    let [m0, m1, text @ ..] = text else { return Err(Invalid::Timestamp) };
    let minute = pair(*m0, *m1)?;
    let (second, text) = match text {
        [b':', s0, s1, text @ ..] => (pair(*s0, *s1)?, text),
        text => (0, text),
    };
    if hour > 23 || minute > 59 || second > 59 {
        return Err(Invalid::Calendar);
    }
    let (micros, zone) = match text {
        [b'.', text @ ..] => fraction(text)?,
        text => (0, text),
    };
    let offset = match zone {
        [] => 0,
        [b' ', zone @ ..] | zone => zone_offset(zone)?,
    };
    Ok(((hour * 60 + minute) * 60 + second - offset) * MICROS_PER_SECOND + micros)
}

/// Seconds east of UTC of what stands for the zone.
#[inline]
fn zone_offset(zone: &[u8]) -> Result<i64, Invalid> {
    match zone {
        [b'Z' | b'z'] | b"UTC" | b"GMT" | b"+0000 UTC" | b"+00:00 UTC" => Ok(0),
        zone => offset(zone),
    }
}

/// Microseconds of the digits behind the point, those behind the sixth left out, and what stands behind them.
#[inline]
fn fraction(text: &[u8]) -> Result<(i64, &[u8]), Invalid> {
    let count = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(count);
    if digits.is_empty() {
        return Err(Invalid::Timestamp);
    }
    let mut micros = 0;
    for at in 0..6 {
        micros = micros * 10 + digits.get(at).map_or(0, |digit| i64::from(digit - b'0'));
    }
    Ok((micros, rest))
}

/// Seconds east of UTC.
fn offset(text: &[u8]) -> Result<i64, Invalid> {
    let (sign, hour, minute, second) = match *text {
        [sign, h0, h1] => (sign, pair(h0, h1)?, 0, 0),
        [sign, h0, h1, m0, m1] | [sign, h0, h1, b':', m0, m1] => (sign, pair(h0, h1)?, pair(m0, m1)?, 0),
        [sign, h0, h1, b':', m0, m1, b':', s0, s1] => (sign, pair(h0, h1)?, pair(m0, m1)?, pair(s0, s1)?),
        _ => return Err(Invalid::Timestamp),
    };
    let seconds = (hour * 60 + minute) * 60 + second;
    match sign {
        b'+' | b'-' if hour > 23 || minute > 59 || second > 59 => Err(Invalid::Calendar),
        b'+' => Ok(seconds),
        b'-' => Ok(-seconds),
        _ => Err(Invalid::Timestamp),
    }
}

/// A number of two digits.
#[inline]
fn pair(tens: u8, units: u8) -> Result<i64, Invalid> {
    let (tens, units) = (tens.wrapping_sub(b'0'), units.wrapping_sub(b'0'));
    if tens < 10 && units < 10 { Ok(i64::from(tens * 10 + units)) } else { Err(Invalid::Timestamp) }
}

fn in_range(micros: i64) -> Result<i64, Invalid> {
    if (FIRST..=LAST).contains(&micros) { Ok(micros) } else { Err(Invalid::TimestampRange) }
}

/// Changes a clock that counts `per_second` ticks since the epoch (1, 1 000, 1 000 000 or 1 000 000 000, or any other
/// positive rate) into microseconds: the one that the tick is in.
///
/// # Errors
/// [`Invalid::TimestampRange`] outside the years 0001 to 9999 and for a rate that is not positive.
pub fn from_unit(value: i64, per_second: i64) -> Result<i64, Invalid> {
    if per_second == MICROS_PER_SECOND {
        return in_range(value);
    }
    if per_second <= 0 {
        return Err(Invalid::TimestampRange);
    }
    let micros = (i128::from(value) * i128::from(MICROS_PER_SECOND)).div_euclid(i128::from(per_second));
    in_range(i64::try_from(micros).map_err(|_| Invalid::TimestampRange)?)
}

/// Appends RFC 3339 in UTC: `2024-01-31T23:59:59Z`, with a fraction only where it is not zero, without trailing zeros.
///
/// [`parse`] reads it back. Outside the years 0001 to 9999, where nothing in the lake lies, the year has a sign.
pub fn write(micros: i64, out: &mut String) {
    write_day(micros.div_euclid(MICROS_PER_DAY), out);
    let time = micros.rem_euclid(MICROS_PER_DAY);
    let (seconds, fraction) = (time / MICROS_PER_SECOND, time % MICROS_PER_SECOND);
    for (mark, number) in [('T', seconds / 3600), (':', seconds / 60 % 60), (':', seconds % 60)] {
        out.push(mark);
        digits(number, 2, out);
    }
    if fraction != 0 {
        let (mut kept, mut count) = (fraction, 6);
        while kept % 10 == 0 {
            kept /= 10;
            count -= 1;
        }
        out.push('.');
        digits(kept, count, out);
    }
    out.push('Z');
}

/// Appends a day, counted from the epoch: `2024-01-31`.
pub fn write_day(days: i64, out: &mut String) {
    let (year, month, day) = civil(days);
    if !(1..=9999).contains(&year) {
        out.push(if year < 0 { '-' } else { '+' });
    }
    digits(year.abs(), if year.abs() > 9999 { 6 } else { 4 }, out);
    for number in [month, day] {
        out.push('-');
        digits(number, 2, out);
    }
}

/// The same as a text of its own.
pub fn text(micros: i64) -> String {
    let mut text = String::new();
    write(micros, &mut text);
    text
}

/// The UTC day of an instant: `2024-01-31`.
pub fn day(micros: i64) -> String {
    let mut day = String::new();
    write_day(micros.div_euclid(MICROS_PER_DAY), &mut day);
    day
}

/// The first instant of the UTC day that an instant is in.
pub fn midnight(micros: i64) -> i64 {
    micros - micros.rem_euclid(MICROS_PER_DAY)
}

/// The last `count` digits of a number that is not negative.
fn digits(number: i64, count: u32, out: &mut String) {
    for at in (0..count).rev() {
        let digit = number / 10_i64.pow(at) % 10;
        out.push(char::from(b'0' + u8::try_from(digit).unwrap_or_default()));
    }
}

/// Year and month (1 to 12) in UTC.
#[inline]
pub fn month(micros: i64) -> (i32, u32) {
    let (year, month, _) = civil(micros.div_euclid(MICROS_PER_DAY));
    // A 64 bit count of microseconds spans fewer than 600 000 years, and a month is at most 12.
    (i32::try_from(year).unwrap_or_default(), u32::try_from(month).unwrap_or_default())
}

#[inline]
fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since the epoch of a date in a year from 0 on. Years are counted from March, so that the leap day is the last
/// day of its year and the lengths of the months before it follow one line.
#[inline]
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    // 719 468 days lie between March 1 of the year 0 and the epoch.
    year * 365 + leap_days + day_of_year - 719_468
}

/// Year, month and day of a count of days since the epoch: [`days`] backwards.
#[inline]
const fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    // Whole years in an era of 400, the leap days before the day taken out.
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat};
    use proptest::prelude::*;

    fn read(text: &str) -> Result<i64, Invalid> {
        parse(text.as_bytes())
    }

    fn written(micros: i64) -> String {
        let mut out = String::new();
        write(micros, &mut out);
        out
    }

    #[test]
    fn every_accepted_notation_means_the_same_instant() {
        for text in [
            "2024-02-29 01:02:03",
            "2024-02-29T01:02:03",
            "2024-02-29 1:02:03",
            "2024-02-29 01:02:03 UTC",
            "2024-02-29T01:02:03Z",
            "2024-02-29T01:02:03.000Z",
            "2024-02-29 01:02:03.000000000000 UTC",
            "2024-02-29T03:02:03+02:00",
            "2024-02-29 03:02:03 +0200",
            "2024-02-29 03:02:03+02",
            "2024-02-28 19:32:03-05:30",
            "2024-02-28 20:06:01-04:56:02",
            "2024-02-29 01:02:03-00:00",
            "2024-02-29t01:02:03z",
            "2024-02-29 01:02:03 Z",
            "2024-02-29 01:02:03.000 Z",
            "2024-02-29 01:02:03UTC",
            "2024-02-29 01:02:03 GMT",
            "2024-02-29 01:02:03 +0000 UTC",
            "2024-02-29 01:02:03.0000004",
            "2024-02-29T01:02:03.000000999Z",
        ] {
            assert_eq!(read(text), Ok(1_709_168_523_000_000), "{text}");
        }
        for text in ["2024-02-29 01:02", "2024-02-29T01:02Z", "2024-02-29T1:02+00:00"] {
            assert_eq!(read(text), Ok(1_709_168_520_000_000), "{text}");
        }
        assert_eq!(read("2024-02-29"), Ok(1_709_164_800_000_000));
        assert_eq!(read("1970-01-01 00:00:00.000001"), Ok(1));
        assert_eq!(read("1969-12-31 23:59:59.999999"), Ok(-1));
        assert_eq!(read("1970-01-01 00:00:00.5 UTC"), Ok(500_000));
    }

    #[test]
    fn other_notations_are_refused() {
        for text in [
            "",
            "2024",
            "2024-02",
            "2024-2-9",
            "2024-02-29 ",
            "2024-02-29T",
            "2024-02-29 01",
            "2024-02-29 01:02:03.",
            "2024-02-29 01:02:03,5",
            "2024-02-29 01:2:03",
            "2024-02-29  01:02:03",
            "2024-02-29 01:02:03  UTC",
            "2024-02-29 01:02:03 +2",
            "2024-02-29Z",
            "2024-02-29 UTC",
            " 2024-02-29",
            "2024-02-29 01:02:03 ",
            "+2024-02-29",
            "2024-02-29 01:02:03+2:00",
            "2024-02-29 01:02:03 +02:00 UTC",
            "2024-02-29 AM:02:03",
            "20240229T010203Z",
            "-001-02-29",
            "2024-02-29 01:02:03+",
        ] {
            assert_eq!(read(text), Err(Invalid::Timestamp), "{text:?}");
        }
    }

    #[test]
    fn days_and_times_that_do_not_exist_are_refused() {
        for text in [
            "2023-02-29",
            "1900-02-29",
            "2024-02-30",
            "2024-04-31",
            "2024-00-10",
            "2024-13-01",
            "2024-01-00",
            "2024-01-32",
            "2024-01-01 24:00:00",
            "2024-01-01 23:60:00",
            "2016-12-31 23:59:60",
            "2024-01-01 00:00:00+24:00",
            "2024-01-01 00:00:00+01:60",
            "2024-01-01 00:00:00+01:00:60",
        ] {
            assert_eq!(read(text), Err(Invalid::Calendar), "{text}");
        }
        assert!(read("2000-02-29").is_ok());
    }

    #[test]
    fn an_instant_is_cut_to_the_microsecond_it_is_in() {
        assert_eq!(read("1970-01-01 00:00:00.1234569"), Ok(123_456));
        assert_eq!(read("1969-12-31 23:59:59.9999999"), Ok(-1));
        assert_eq!(read("1970-01-01 00:00:00.1234560000"), Ok(123_456));
    }

    #[test]
    fn dates_for_people_and_bare_numbers_are_refused_by_name() {
        for text in ["02/29/2024", "29.02.2024", "29-02-2024 10:00", "1/2/24", "2/1/2024T00:00:00Z", "24-02-29"] {
            assert_eq!(read(text), Err(Invalid::DayFirst), "{text}");
        }
        for text in ["1709164800", "1709164800000", "45351", "45351.5", "-86400", "1709164800.123"] {
            assert_eq!(read(text), Err(Invalid::ClockNumber), "{text}");
        }
    }

    #[test]
    fn the_years_1_to_9999_are_the_range() {
        assert_eq!(read("0001-01-01"), Ok(FIRST));
        assert_eq!(read("9999-12-31 23:59:59.999999"), Ok(LAST));
        assert_eq!(read("0000-12-31"), Err(Invalid::TimestampRange));
        assert_eq!(read("0001-01-01 00:00:00+00:01"), Err(Invalid::TimestampRange));
        assert_eq!(read("9999-12-31 23:59:59-00:01"), Err(Invalid::TimestampRange));
    }

    #[test]
    fn clocks_of_other_units_change_to_the_microsecond_they_are_in() {
        assert_eq!(from_unit(-3, 1), Ok(-3_000_000));
        assert_eq!(from_unit(1_234, 1_000), Ok(1_234_000));
        assert_eq!(from_unit(5, 1_000_000), Ok(5));
        assert_eq!(from_unit(-5_000, 1_000_000_000), Ok(-5));
        assert_eq!(from_unit(5_999, 1_000_000_000), Ok(5));
        assert_eq!(from_unit(-5_001, 1_000_000_000), Ok(-6));
        assert_eq!(from_unit(i64::MAX, 1), Err(Invalid::TimestampRange));
        assert_eq!(from_unit(i64::MIN, 1_000_000), Err(Invalid::TimestampRange));
        assert_eq!(from_unit(LAST + 1, 1_000_000), Err(Invalid::TimestampRange));
        assert_eq!(from_unit(1, 0), Err(Invalid::TimestampRange));
    }

    #[test]
    fn writing_drops_a_zero_fraction_and_trailing_zeros() {
        assert_eq!(written(0), "1970-01-01T00:00:00Z");
        assert_eq!(written(-500_000), "1969-12-31T23:59:59.5Z");
        assert_eq!(written(1_000_001), "1970-01-01T00:00:01.000001Z");
        assert_eq!(written(FIRST), "0001-01-01T00:00:00Z");
        assert_eq!(written(LAST), "9999-12-31T23:59:59.999999Z");
    }

    #[test]
    fn every_day_of_ten_thousand_years_is_the_one_chrono_names() {
        let mut date = NaiveDate::from_ymd_opt(1, 1, 1).unwrap();
        for day in days(1, 1, 1)..days(10_000, 1, 1) {
            let expected = (i64::from(date.year()), i64::from(date.month()), i64::from(date.day()));
            assert_eq!(civil(day), expected);
            assert_eq!(days(expected.0, expected.1, expected.2), day);
            date = date.succ_opt().unwrap();
        }
        assert_eq!(date.year(), 10_000);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_here_and_in_chrono(micros in FIRST..=LAST) {
            let text = written(micros);
            prop_assert_eq!(read(&text), Ok(micros));
            prop_assert_eq!(DateTime::parse_from_rfc3339(&text).unwrap().timestamp_micros(), micros);
            let date = DateTime::from_timestamp_micros(micros).unwrap();
            prop_assert_eq!(month(micros), (date.year(), date.month()));
            prop_assert_eq!(read(&date.to_rfc3339_opts(SecondsFormat::Nanos, true)), Ok(micros));
        }

        #[test]
        fn numbers_in_the_right_places_are_read_as_chrono_reads_them(
            year in 0_u32..10_000, month in 0_u32..14, day in 0_u32..33, hour in 0_u32..26, minute in 0_u32..62,
            second in 0_u32..62, micros in 0_u32..1_000_000, east: bool, offset_hour in 0_u32..24, offset_minute in 0_u32..60,
        ) {
            let sign = if east { '+' } else { '-' };
            let text = format!(
                "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}{sign}{offset_hour:02}:{offset_minute:02}"
            );
            let expected = DateTime::parse_from_rfc3339(&text)
                .ok()
                // chrono knows the second 60 and a year 0.
                .filter(|_| second < 60)
                .map(|time| time.timestamp_micros())
                .filter(|micros| year > 0 && (FIRST..=LAST).contains(micros));
            prop_assert_eq!(read(&text).ok(), expected, "{}", text);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..40), text in "[-+:. TZUC0-9]{0,40}") {
            let _ = parse(&bytes);
            let _ = read(&text);
        }

        #[test]
        fn every_64_bits_can_be_written(micros in any::<i64>()) {
            prop_assert!(written(micros).ends_with('Z'));
            let _ = month(micros);
        }
    }
}
