//! Days to read in place of those that a run would: `--from` and `--to`.

use crate::cli::ReadFlags;
use crate::error::{Error, Result};
use crate::settings::given::Given;
use crate::settings::text;
use crate::settings::variables::Variables;
use crate::value::timestamp::{self, MICROS_PER_DAY};

/// Days in UTC, half-open as every period here: the last one is the day before `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First instant, a midnight: microseconds since the epoch, UTC.
    pub from: i64,
    /// First instant after, a midnight later than `from`; none for the midnight that today began with. Which day that
    /// is says the account's clock, which is not known here.
    pub until: Option<i64>,
}

impl Window {
    /// First instant and first instant after, `now` being microseconds since the epoch. Days that have not begun are left
    /// out: they would count as read while nothing had happened in them.
    ///
    /// # Errors
    /// Usage, when no day is left.
    pub fn days(&self, now: i64) -> Result<(i64, i64)> {
        let today = timestamp::midnight(now);
        let until = self.until.map_or(today, |until| until.min(today + MICROS_PER_DAY));
        if self.from < until {
            return Ok((self.from, until));
        }
        let error =
            format!("no day lies between {} and {}, which ends them", timestamp::day(self.from), timestamp::day(until));
        Err(Error::usage(error).hint(format!("give a day for `--from` before {}", timestamp::day(until))))
    }
}

/// The days a command line asks for, given by whoever gave the first of them.
pub(crate) fn resolve(flags: &ReadFlags, variables: &Variables) -> Result<Option<Given<Window>>> {
    let from = text(flags.from.as_ref(), "from", variables);
    let to = text(flags.to.as_ref(), "to", variables);
    let Some(from) = from else {
        return to.map_or(Ok(None), |to| {
            Err(Error::usage(format!("{} needs a first day beside it", to.by)).hint("give one with `--from`"))
        });
    };
    let first = midnight(&from)?;
    let until = to.as_ref().map(midnight).transpose()?;
    if let Some((to, until)) = to.zip(until)
        && until <= first
    {
        let expected = format!("a day after {}, since that day itself is not read", timestamp::day(first));
        return Err(to.by.refuse(&to.value, &expected));
    }
    Ok(Some(Given::new(Window { from: first, until }, from.by)))
}

fn midnight(given: &Given<String>) -> Result<i64> {
    let text = given.value.trim();
    let parsed = if text.len() == "2024-03-01".len() { timestamp::parse(text.as_bytes()).ok() } else { None };
    parsed.ok_or_else(|| given.by.refuse(text, "a day such as 2024-03-01"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        timestamp::parse(text.as_bytes()).expect(text)
    }

    fn window(from: &str, to: Option<&str>) -> Result<Option<Window>> {
        let flags = ReadFlags { from: Some(from.to_owned()), to: to.map(str::to_owned), ..ReadFlags::default() };
        resolve(&flags, &Variables::default()).map(|given| given.map(|given| given.value))
    }

    #[test]
    fn days_are_midnights_in_utc_and_the_end_is_not_among_them() {
        let march = Window { from: at("2024-03-01"), until: Some(at("2024-04-01")) };
        assert_eq!(window("2024-03-01", Some("2024-04-01")), Ok(Some(march)));
        assert_eq!(window("2024-02-29", None), Ok(Some(Window { from: at("2024-02-29"), until: None })));
        assert_eq!(march.days(at("2024-06-01 10:00:00")), Ok((at("2024-03-01"), at("2024-04-01"))));
    }

    #[test]
    fn the_end_is_today_unless_given_and_no_day_that_has_not_begun() {
        let (from, now) = (at("2024-03-01"), at("2024-03-10 10:00:00"));
        let days = |until: Option<&str>| Window { from, until: until.map(at) }.days(now);
        assert_eq!(days(None), Ok((from, at("2024-03-10"))));
        assert_eq!(days(Some("2024-03-11")), Ok((from, at("2024-03-11"))));
        assert_eq!(days(Some("2024-04-01")), Ok((from, at("2024-03-11"))));
        let error = Window { from: at("2024-03-10"), until: None }.days(now).expect_err("no day").report();
        assert!(error.ends_with("hint: give a day for `--from` before 2024-03-10"), "{error}");
    }

    #[test]
    fn what_is_no_day_or_no_period_is_refused() {
        for from in ["2024-02-30", "2024-3-1", "2024-03-01T00:00:00Z", "20240301", "yesterday", "0000-01-01"] {
            let error = window(from, None).expect_err(from).to_string();
            assert_eq!(error, format!("`--from` is `{from}`, expected a day such as 2024-03-01"));
        }
        let error = window("2024-03-01", Some("2024-03-01")).expect_err("no day").to_string();
        let expected = "expected a day after 2024-03-01, since that day itself is not read";
        assert_eq!(error, format!("`--to` is `2024-03-01`, {expected}"));
        let only_to = ReadFlags { to: Some("2024-03-01".to_owned()), ..ReadFlags::default() };
        let error = resolve(&only_to, &Variables::default()).expect_err("no first day").to_string();
        assert_eq!(error, "`--to` needs a first day beside it");
    }
}
