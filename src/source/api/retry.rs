//! What to do about a request that was not answered as it should be. Pure: time and chance come in.
//!
//! Sent again are those that the vendor's own clients send again (408, 409, 429, 5xx, broken connections), unless the
//! server says otherwise in `x-should-retry`, and answers that are no list: something in between spoke. The server's own
//! time to wait is kept where it is a minute at most; else half a second doubles up to eight, of which a random part is
//! waited.

use std::time::Duration;

use chrono::DateTime;
use twox_hash::XxHash3_128;

use crate::error::{Error, ErrorKind};

/// The longest time to wait that a server is believed.
const LONGEST: Duration = Duration::from_secs(60);
const FIRST: Duration = Duration::from_millis(500);
const MOST: Duration = Duration::from_secs(8);

/// A request that was not answered with a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// No connection could be made.
    Unreachable(String),
    /// The answer did not come, or not whole.
    Broken(String),
    /// It was sent elsewhere: the host.
    Redirected {
        /// HTTP status.
        status: u16,
        /// Where to, without path and query.
        host: String,
    },
    /// Any other status that is no success.
    Refused {
        /// HTTP status.
        status: u16,
        /// What the headers say.
        hints: Box<Hints>,
        /// The code in the body.
        code: Option<String>,
        /// The message in the body, fit to be shown; empty where there is none.
        message: String,
    },
    /// A success that is not JSON: what it is.
    Foreign(String),
    /// A success whose JSON is not a list: what is wrong.
    Unfit(String),
    /// It must not be taken, however often it is asked for.
    Unacceptable(Error),
}

/// Headers that say whether and when to ask again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// `x-should-retry`
    pub should_retry: Option<bool>,
    /// `retry-after-ms`
    pub retry_after_ms: Option<String>,
    /// `Retry-After`: seconds or a date.
    pub retry_after: Option<String>,
    /// `Date`, which a date to wait for is counted from.
    pub date: Option<String>,
    /// Whether `X-Metronome-Rate-Limit-Type` says `customer`.
    pub is_of_customer: bool,
}

/// The request that there was trouble with.
#[derive(Debug, Clone, Copy)]
pub struct Tried<'a> {
    /// How often it was sent.
    pub attempt: u32,
    /// Whether it may be sent again.
    pub may_repeat: bool,
    /// Its page, from 1.
    pub page: u32,
    /// Whether it is about a row of another endpoint, which may be gone.
    pub has_parent: bool,
    /// `GET /v1/customers/{customer_id}/invoices`: for messages.
    pub target: &'a str,
    /// What makes the chance of this request: run, endpoint, series.
    pub seed: &'a str,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Send it again.
    Again {
        /// After this time.
        after: Duration,
        /// Who waits.
        who: Waits,
        /// Whether the server had asked for more than is waited.
        is_cut: bool,
    },
    /// What it is about is no longer there: an answer without rows.
    Gone,
    /// The cursor is no longer known: begin the series from its first page.
    BeginAgain,
    /// The endpoint cannot be read.
    Fail(Error),
    /// Nothing can be read.
    Stop(Error),
}

/// Who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// This request.
    Request,
    /// All of its customer.
    Customer,
    /// All.
    Account,
}

/// Decides.
pub fn decide(trouble: &Trouble, tried: Tried) -> Decision {
    let Tried { attempt, target, .. } = tried;
    let again = |may: bool, hints: &Hints, who: Waits, error: Error| {
        if may && tried.may_repeat {
            let (after, is_cut) = wait(hints, attempt, tried.seed);
            Decision::Again { after, who, is_cut }
        } else {
            Decision::Fail(error)
        }
    };
    let times = if attempt == 1 { "once".to_owned() } else { format!("{attempt} times") };
    let later = |what: String| {
        Error::temporary(format!("{target} {what} (sent {times})"))
            .hint("run again later; the endpoints that were read are taken")
    };
    let none = Hints::default();
    match trouble {
        Trouble::Unreachable(reason) => {
            let error = Error::temporary(format!("the API cannot be reached: {reason} (tried {times})"))
                .hint("check `[api] base_url` and the network; the next run goes on where this one stopped");
            match again(true, &none, Waits::Request, error) {
                Decision::Fail(error) => Decision::Stop(error),
                decision => decision,
            }
        }
        Trouble::Broken(reason) => again(true, &none, Waits::Request, later(format!("was not answered: {reason}"))),
        Trouble::Foreign(what) => {
            let error = later(format!("was answered with {what} and not with JSON"))
                .hint("something between here and the API answers; check `[api] base_url` and the proxy");
            again(true, &none, Waits::Request, error)
        }
        Trouble::Unfit(what) => {
            let error = Error::data(format!("{target}: {what} (sent {times})"))
                .hint("nothing of this table is published; if the API has changed, the catalog must follow");
            again(true, &none, Waits::Request, error)
        }
        Trouble::Unacceptable(error) => Decision::Fail(error.clone()),
        Trouble::Redirected { status, host } => Decision::Fail(
            Error::failed(format!("{target} was answered with {status}, a redirect to {host}"))
                .hint("the token is sent to no other host; set `[api] base_url` to where the API is"),
        ),
        Trouble::Refused { status, hints, code, message } => {
            let said =
                if message.is_empty() { format!("status {status}") } else { format!("status {status}: {message}") };
            let who = match (status, hints.is_of_customer) {
                (429, true) => Waits::Customer,
                (429, false) => Waits::Account,
                _ => Waits::Request,
            };
            let is_temporary = matches!(status, 408 | 409 | 429 | 500..);
            match status {
                401 => Decision::Stop(
                    Error::auth(format!("the API did not accept the token: {said}"))
                        .hint("set METRONOME_BEARER_TOKEN, METRONOME_BEARER_TOKEN_FILE or `token_file` to a token of this account"),
                ),
                403 => Decision::Stop(Error::auth(format!("the token may not read {target}: {said}")).hint(
                    "use a token that may, or leave the endpoint out with `[api] tables` or `--table`",
                )),
                _ if hints.should_retry.unwrap_or(is_temporary) => {
                    let error = later(format!("was answered with {said}"));
                    let kind = if is_temporary { ErrorKind::Temporary } else { ErrorKind::Data };
                    again(true, hints, who, error.kind_is(kind))
                }
                _ if is_temporary => Decision::Fail(later(format!("was answered with {said}"))),
                400 | 404 | 410 if tried.page > 1 => Decision::BeginAgain,
                404 if tried.has_parent => Decision::Gone,
                400 if tried.has_parent && code.as_deref().is_some_and(is_missing) => Decision::Gone,
                _ => Decision::Fail(
                    Error::data(format!("{target} was refused: {said}"))
                        .hint("the request is wrong for this account; leave the endpoint out or correct the catalog"),
                ),
            }
        }
    }
}

/// Whether an answer of this status was taken for "no longer there": those that are not a success in a journal.
pub fn is_gone(status: u16) -> bool {
    !(200..300).contains(&status)
}

/// Version 2 says with 400 and a code what version 1 says with 404.
fn is_missing(code: &str) -> bool {
    code.ends_with("NotFound")
}

/// How long to wait, and whether that is less than the server wants.
fn wait(hints: &Hints, attempt: u32, seed: &str) -> (Duration, bool) {
    let asked = hints.retry_after_ms.as_deref().and_then(millis).or_else(|| {
        let text = hints.retry_after.as_deref()?.trim();
        let seconds = text.parse::<u64>().ok().map(Duration::from_secs);
        seconds.or_else(|| {
            let (until, now) = (date(text)?, date(hints.date.as_deref()?)?);
            u64::try_from(until - now).ok().map(Duration::from_secs)
        })
    });
    match asked {
        Some(asked) => (asked.min(LONGEST), asked > LONGEST),
        None => {
            let most = FIRST.saturating_mul(1 << attempt.saturating_sub(1).min(10)).min(MOST);
            let chance = XxHash3_128::oneshot(format!("{seed} {attempt}").as_bytes()) % 1001;
            (most * u32::try_from(chance).unwrap_or_default() / 1000, false)
        }
    }
}

/// Milliseconds; a fraction of one is dropped.
fn millis(text: &str) -> Option<Duration> {
    let whole = text.trim().split('.').next()?;
    whole.parse().ok().map(Duration::from_millis)
}

/// Seconds since the epoch of an HTTP date.
fn date(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc2822(text).ok().map(|date| date.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIED: Tried<'static> = Tried {
        attempt: 1,
        may_repeat: true,
        page: 1,
        has_parent: false,
        target: "GET /v1/things",
        seed: "run things",
    };

    fn refused(status: u16, hints: Hints) -> Trouble {
        Trouble::Refused { status, hints: hints.into(), code: None, message: "no".to_owned() }
    }

    fn after(hints: Hints) -> (Duration, bool) {
        match decide(&refused(503, hints), TRIED) {
            Decision::Again { after, is_cut, .. } => (after, is_cut),
            other => panic!("{other:?}"),
        }
    }

    fn code(trouble: &Trouble, tried: Tried) -> Option<u8> {
        match decide(trouble, tried) {
            Decision::Fail(error) | Decision::Stop(error) => Some(error.exit_code()),
            _ => None,
        }
    }

    #[test]
    fn what_may_pass_by_itself_is_sent_again_and_what_cannot_is_not() {
        for status in [408, 409, 429, 500, 502, 503, 504, 599] {
            assert_eq!(code(&refused(status, Hints::default()), TRIED), None, "{status}");
            let last = Tried { may_repeat: false, ..TRIED };
            assert_eq!(code(&refused(status, Hints::default()), last), Some(75), "{status}");
        }
        for (status, exit) in [(400, 3), (401, 4), (402, 3), (403, 4), (404, 3), (405, 3), (410, 3), (422, 3)] {
            assert_eq!(code(&refused(status, Hints::default()), TRIED), Some(exit), "{status}");
        }
    }

    #[test]
    fn the_server_may_say_otherwise_but_not_about_the_token() {
        let no = Hints { should_retry: Some(false), ..Hints::default() };
        let yes = Hints { should_retry: Some(true), ..Hints::default() };
        assert_eq!(code(&refused(503, no), TRIED), Some(75));
        assert_eq!(code(&refused(400, yes.clone()), TRIED), None);
        assert_eq!(code(&refused(400, yes.clone()), Tried { may_repeat: false, ..TRIED }), Some(3));
        assert_eq!(code(&refused(401, yes), TRIED), Some(4));
    }

    #[test]
    fn the_server_s_time_to_wait_is_kept_up_to_a_minute() {
        let hints = |after: &str| Hints { retry_after: Some(after.to_owned()), ..Hints::default() };
        assert_eq!(after(hints("7")), (Duration::from_secs(7), false));
        assert_eq!(after(hints("3600")), (LONGEST, true));
        assert_eq!(
            after(Hints { retry_after_ms: Some("1500".into()), ..hints("7") }),
            (Duration::from_millis(1500), false)
        );
        let date = Some("Wed, 21 Oct 2015 07:28:00 GMT".to_owned());
        let dated = |after: &str| Hints { date: date.clone(), ..hints(after) };
        assert_eq!(after(dated("Wed, 21 Oct 2015 07:28:30 GMT")), (Duration::from_secs(30), false));
        for useless in ["Wed, 21 Oct 2015 07:00:00 GMT", "-1", "soon", ""] {
            assert!(after(dated(useless)).0 <= FIRST, "{useless}");
        }
    }

    #[test]
    fn without_one_the_wait_doubles_up_to_eight_seconds_and_is_a_random_part_of_that() {
        let waits =
            |seed: &str| -> Vec<Duration> { (1..12).map(|attempt| wait(&Hints::default(), attempt, seed).0).collect() };
        for seed in ["a", "b", "c", "d"] {
            for (wait, most) in waits(seed).iter().zip([500, 1000, 2000, 4000, 8000, 8000, 8000]) {
                assert!(*wait <= Duration::from_millis(most), "{wait:?}");
            }
        }
        assert_ne!(waits("a"), waits("b"));
        assert_eq!(waits("a"), waits("a"));
        assert!(wait(&Hints::default(), u32::MAX, "a").0 <= MOST);
    }

    #[test]
    fn who_waits_is_who_asked_too_often() {
        let who = |status, is_of_customer| match decide(
            &refused(status, Hints { is_of_customer, ..Hints::default() }),
            TRIED,
        ) {
            Decision::Again { who, .. } => who,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            [who(429, true), who(429, false), who(503, true)],
            [Waits::Customer, Waits::Account, Waits::Request]
        );
    }

    #[test]
    fn what_the_parent_row_stood_for_may_be_gone() {
        let child = Tried { has_parent: true, ..TRIED };
        assert_eq!(decide(&refused(404, Hints::default()), child), Decision::Gone);
        let v2 = Trouble::Refused {
            status: 400,
            hints: Box::default(),
            code: Some("CustomerNotFound".into()),
            message: String::new(),
        };
        assert_eq!(decide(&v2, child), Decision::Gone);
        assert_eq!(code(&v2, TRIED), Some(3));
        assert_eq!(code(&refused(400, Hints::default()), child), Some(3));
    }

    #[test]
    fn a_cursor_that_expired_begins_its_series_again() {
        for status in [400, 404, 410] {
            let middle = Tried { page: 2, ..TRIED };
            assert_eq!(decide(&refused(status, Hints::default()), middle), Decision::BeginAgain, "{status}");
        }
        assert_eq!(code(&refused(422, Hints::default()), Tried { page: 2, ..TRIED }), Some(3));
    }

    #[test]
    fn each_trouble_ends_as_it_should() {
        let last = Tried { may_repeat: false, attempt: 5, ..TRIED };
        assert_eq!(code(&Trouble::Broken("cut".into()), last), Some(75));
        assert_eq!(code(&Trouble::Foreign("text/html".into()), last), Some(75));
        assert_eq!(code(&Trouble::Unfit("no data".into()), last), Some(3));
        assert!(
            matches!(decide(&Trouble::Unreachable("refused".into()), last), Decision::Stop(error) if error.exit_code() == 75)
        );
        let redirect = decide(&Trouble::Redirected { status: 302, host: "elsewhere".into() }, TRIED);
        let Decision::Fail(error) = redirect else { panic!("{redirect:?}") };
        assert!(error.report().contains("elsewhere") && error.report().contains("base_url") && error.exit_code() == 1);
    }
}
