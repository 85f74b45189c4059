//! How many requests the whole account may get in a time.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::error::Result;
use crate::settings::given::Given;

const TIMES: [(&str, Duration); 2] = [("s", Duration::from_secs(1)), ("min", Duration::from_mins(1))];

/// For live accounts. Metronome publishes no limit for reads; its lowest published one, for previews, is 8 a second.
pub(super) const DEFAULT: Rate = Rate { requests: NonZeroU32::MIN.saturating_add(7), per: Duration::from_secs(1) };

/// So many requests in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests.
    pub requests: NonZeroU32,
    /// In this time.
    pub per: Duration,
}

/// `8/s`, `300/min`, or `unlimited`, which is none.
pub(super) fn parse(given: &Given<String>) -> Result<Option<Rate>> {
    let text = given.value.trim();
    if text == "unlimited" {
        return Ok(None);
    }
    let rate = text.split_once('/').and_then(|(number, time)| {
        let requests = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())??;
        let per = TIMES.iter().find(|(name, _)| *name == time).map(|(_, per)| *per)?;
        Some(Rate { requests, per })
    });
    let expected = "a number of requests `/s` or `/min`, or unlimited";
    rate.map(Some).ok_or_else(|| given.by.refuse(text, expected).hint("such as `8/s`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::given::GivenBy;

    fn rate(text: &str) -> Result<Option<(u32, u64)>> {
        let given = Given::new(text.to_owned(), GivenBy::Flag("--rate".to_owned()));
        parse(&given).map(|rate| rate.map(|rate| (rate.requests.get(), rate.per.as_secs())))
    }

    #[test]
    fn requests_a_second_or_a_minute_are_read_and_none_is_a_choice() {
        assert_eq!(rate("8/s"), Ok(Some((8, 1))));
        assert_eq!(rate("300/min"), Ok(Some((300, 60))));
        assert_eq!(rate("unlimited"), Ok(None));
        assert_eq!((DEFAULT.requests.get(), DEFAULT.per.as_secs()), (8, 1));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["0/s", "8", "8/m", "8/h", "-1/s", "+1/s", "1.5/s", "8 / s", "/s", "none", "4294967296/s"] {
            assert_eq!(rate(text).expect_err(text).hint_text(), Some("such as `8/s`"));
        }
    }
}
