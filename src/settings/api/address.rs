//! Where the account is: the simulator in this process, or a URL that a token may be sent to.

use std::fmt;

use url::{Host, Url};

use crate::error::{Error, Result};
use crate::settings::given::Given;
use crate::suggest::nearest;

/// The word for the account that this process serves.
pub const SIMULATOR: &str = "simulator";

/// Where the account is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaseUrl {
    /// The sample account, served over loopback from this process.
    Simulator,
    /// An account of its own: https, or http on a loopback host. No user, query or fragment, and no `/` at the end of a
    /// path that has more.
    Url(Url),
}

impl BaseUrl {
    /// Whether requests stay on this machine.
    pub fn is_local(&self) -> bool {
        match self {
            Self::Simulator => true,
            Self::Url(url) => is_loopback(url),
        }
    }
}

impl fmt::Display for BaseUrl {
    /// `simulator`, or the URL without a `/` at its end: the same text however it was written.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Simulator => formatter.write_str(SIMULATOR),
            Self::Url(url) => formatter.write_str(url.as_str().trim_end_matches('/')),
        }
    }
}

/// `simulator`, or a URL.
pub(super) fn parse(given: &Given<String>) -> Result<BaseUrl> {
    let text = given.value.trim();
    if text == SIMULATOR {
        return Ok(BaseUrl::Simulator);
    }
    if text.contains(['@', '?', '#']) {
        // Not shown: what stands there may be a secret.
        let error = format!("{} has a user, a query or a fragment in it, expected a host and at most a path", given.by);
        return Err(Error::usage(error).hint("such as `https://api.metronome.com`; the token is given apart"));
    }
    let refuse = |expected: &str| {
        let refusal = given.by.refuse(text, expected);
        match nearest(text, [SIMULATOR]) {
            Some(meant) => refusal.hint(format!("did you mean `{meant}`?")),
            None => refusal.hint("such as `https://api.metronome.com`"),
        }
    };
    let url = Url::parse(text).ok().filter(|url| url.has_host() && text.contains("://"));
    let mut url = url.ok_or_else(|| refuse("simulator or a URL"))?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        _ => return Err(refuse("an https URL, or http on 127.0.0.1, [::1] or localhost")),
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(BaseUrl::Url(url))
}

/// Whether a URL leads to this machine, the only place that http may lead to.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.octets() == [127, 0, 0, 1],
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::given::GivenBy;

    fn address(text: &str) -> Result<BaseUrl> {
        parse(&Given::new(text.to_owned(), GivenBy::Flag("--api-base-url".to_owned())))
    }

    #[test]
    fn an_address_reads_the_same_however_it_is_written() {
        for (text, shown) in [
            ("simulator", "simulator"),
            ("https://api.metronome.com", "https://api.metronome.com"),
            (" HTTPS://API.Metronome.com:443/ ", "https://api.metronome.com"),
            ("https://proxy.example/metronome//", "https://proxy.example/metronome"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
            ("http://localhost", "http://localhost"),
        ] {
            assert_eq!(address(text).expect(text).to_string(), shown);
        }
    }

    #[test]
    fn a_token_never_leaves_the_machine_unencrypted() {
        for text in [
            "http://api.metronome.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://10.0.0.1",
            "http://0.0.0.0",
            "http://[::2]",
            "ftp://localhost",
        ] {
            let error = address(text).expect_err(text).to_string();
            let expected = "expected an https URL, or http on 127.0.0.1, [::1] or localhost";
            assert_eq!(error, format!("`--api-base-url` is `{text}`, {expected}"));
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["api.metronome.com", "api.metronome.com:443", "https:api.metronome.com", "https://", "/v1", "x y"]
        {
            let error = address(text).expect_err(text).report();
            assert!(error.contains("expected simulator or a URL"), "{error}");
        }
        let error = address("simulater").expect_err("refused");
        assert_eq!(error.hint_text(), Some("did you mean `simulator`?"));
    }

    #[test]
    fn what_may_hold_a_secret_is_refused_and_not_shown() {
        for text in
            ["https://me:s3cret@host", "https://s3cret@host", "https://host/?token=s3cret", "https://host/#s3cret"]
        {
            let error = address(text).expect_err(text).report();
            assert!(!error.contains("s3cret") && error.contains("a user, a query or a fragment"), "{error}");
        }
    }

    #[test]
    fn an_address_is_local_where_requests_stay_on_this_machine() {
        for text in ["simulator", "http://127.0.0.1:1", "https://localhost", "http://[::1]"] {
            assert!(address(text).expect(text).is_local(), "{text}");
        }
        assert!(!address("https://api.metronome.com").expect("parses").is_local());
    }
}
