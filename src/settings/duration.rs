//! Lengths of time as people write them.

use std::time::Duration;

use crate::error::Result;
use crate::settings::given::Given;

const UNITS: [(&str, u64); 3] = [("s", 1), ("m", 60), ("h", 3600)];

/// Thirty days: longer than any run, and far from what a clock can be moved on by.
const MOST_SECONDS: u64 = 720 * 3600;

/// The time in `90s`: a whole number and s, m or h, nothing between them.
pub(crate) fn parse(given: &Given<String>) -> Result<Duration> {
    let text = given.value.trim();
    let (digits, unit) = text.split_at(text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len()));
    let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
    let seconds = digits.parse::<u64>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    seconds
        .filter(|seconds| (1..=MOST_SECONDS).contains(seconds))
        .map(Duration::from_secs)
        .ok_or_else(|| given.by.refuse(text, "a whole number of s, m or h, from 1s to 720h").hint("such as `90s`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::given::GivenBy;

    fn seconds(text: &str) -> Result<u64> {
        let given = Given::new(text.to_owned(), GivenBy::Flag("--time".to_owned()));
        parse(&given).map(|duration| duration.as_secs())
    }

    #[test]
    fn seconds_minutes_and_hours_are_read() {
        for (text, expected) in [("1s", 1), ("60s", 60), ("10m", 600), ("12h", 43_200), ("720h", 2_592_000)] {
            assert_eq!(seconds(text), Ok(expected));
        }
    }

    #[test]
    fn no_time_too_much_time_and_other_units_are_refused() {
        for text in ["0s", "721h", "60", "s", "1.5h", "-1s", "+1s", "1 s", "1d", "1ms", "1H", "99999999999999999999h"] {
            assert_eq!(seconds(text).expect_err(text).hint_text(), Some("such as `90s`"));
        }
    }
}
