//! One HTTP client. Sends a request once and says what came of it; whether to send it again is decided elsewhere.
//!
//! The token goes to the host of the base URL and nowhere else: redirects are not followed, and the address must be https
//! or loopback. A proxy from the environment is used for https, where it sees a tunnel, and never for http. An answer
//! with the token in it is not taken, so that it cannot reach a journal.

use std::error::Error as _;
use std::time::Duration;

use memchr::memmem;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode};
use url::Url;

use super::page;
use super::request::Request;
use super::retry::{Hints, Trouble};
use crate::catalog::endpoint::Method;
use crate::error::{Error, Result};
use crate::settings::{Api, Token, is_loopback};

const CONNECT: Duration = Duration::from_secs(5);
/// Nothing arrives for so long: the connection is dead.
const SILENCE: Duration = Duration::from_secs(30);
/// The most that is read of an answer that is an error.
const ERROR_BYTES: usize = 64 << 10;
/// Characters shown of the server's words.
const WORDS: usize = 200;
/// A token shorter than this could stand in an answer by chance.
const TELLING: usize = 16;

/// A client for one account.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: String,
    token: Token,
    timeout: Duration,
    body_bytes: usize,
}

/// What came of a request: a status of success and the body, or why there is none.
pub type Came = std::result::Result<(u16, Vec<u8>), Failed>;

/// A request without a list, with the body that came in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// What happened.
    pub trouble: Trouble,
    /// The body, up to a limit; empty where there was none.
    pub body: Vec<u8>,
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        Self { trouble, body: Vec::new() }
    }
}

impl Client {
    /// A client for the account at this address.
    ///
    /// # Errors
    /// Usage (exit 2) for an address that is neither https nor loopback, or a token that cannot be a header.
    pub fn new(base_url: &Url, token: &Token, api: &Api) -> Result<Self> {
        if base_url.scheme() != "https" && !(base_url.scheme() == "http" && is_loopback(base_url)) {
            let host = base_url.host_str().unwrap_or_default();
            return Err(Error::usage(format!("the token is not sent to {host} over {}", base_url.scheme()))
                .hint("use https; http is for a loopback host only"));
        }
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.reveal()))
            .map_err(|_| Error::usage("the API token has characters that no header can carry"))?;
        bearer.set_sensitive(true);
        let headers = [(AUTHORIZATION, bearer), (ACCEPT, HeaderValue::from_static("application/json"))];
        let mut builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .user_agent(concat!("etl/", env!("CARGO_PKG_VERSION")))
            .referer(false)
            .default_headers(headers.into_iter().collect());
        if base_url.scheme() == "http" {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| Error::failed(format!("no HTTP client: {}", reason(error))))?;
        Ok(Self {
            http,
            base_url: base_url.as_str().trim_end_matches('/').to_owned(),
            token: token.clone(),
            timeout: api.request_timeout,
            body_bytes: api.body_bytes,
        })
    }

    /// Sends a request, once.
    ///
    /// # Errors
    /// What happened in place of an answer of JSON with a status of success.
    pub async fn ask(&self, request: &Request) -> Came {
        match tokio::time::timeout(self.timeout, self.send(request)).await {
            Ok(came) => came,
            Err(_) => Err(Trouble::Broken(format!("no whole answer within {:?}", self.timeout)).into()),
        }
    }

    async fn send(&self, request: &Request) -> Came {
        let url = format!("{}{}", self.base_url, request.path);
        let builder = match request.method {
            Method::Get => self.http.get(url),
            Method::Post => self.http.post(url).header(CONTENT_TYPE, "application/json"),
        };
        let sent = builder.body(request.body.clone().unwrap_or_default()).send().await;
        let mut response = sent.map_err(|error| match error.is_connect() {
            true => Trouble::Unreachable(reason(error)),
            false => Trouble::Broken(reason(error)),
        })?;
        let status = response.status();
        if status.is_redirection() {
            let host = host_of(&self.base_url, response.headers());
            return Err(Trouble::Redirected { status: status.as_u16(), host }.into());
        }
        if !status.is_success() {
            return Err(self.refused(status, response).await);
        }
        if let Some(kind) = foreign(response.headers()) {
            return Err(Trouble::Foreign(self.shown(&kind)).into());
        }
        let body = read(&mut response, self.body_bytes).await?;
        let Some(body) = body else {
            let error = Error::data(format!("an answer has more than {} bytes", self.body_bytes))
                .hint("raise `body` under `[api]` if the account has rows that large");
            return Err(Trouble::Unacceptable(error).into());
        };
        if self.has_token(&body) {
            let error = Error::data("an answer has the API token in it, and is not kept")
                .hint("the server must not repeat the token; check `[api] base_url`");
            return Err(Trouble::Unacceptable(error).into());
        }
        Ok((status.as_u16(), body))
    }

    async fn refused(&self, status: StatusCode, mut response: Response) -> Failed {
        let text = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let hints = Hints {
            should_retry: text("x-should-retry").and_then(|value| value.trim().to_ascii_lowercase().parse().ok()),
            retry_after_ms: text("retry-after-ms"),
            retry_after: text(RETRY_AFTER.as_str()),
            date: text(DATE.as_str()),
            is_of_customer: text("x-metronome-rate-limit-type")
                .is_some_and(|kind| kind.eq_ignore_ascii_case("customer")),
        };
        // The status has been said; words that do not come whole are done without.
        let body = read(&mut response, ERROR_BYTES).await.ok().flatten().filter(|body| !self.has_token(body));
        let body = body.unwrap_or_default();
        let (message, code) = page::refusal(&body);
        let message = self.shown(&message.unwrap_or_default());
        Failed { trouble: Trouble::Refused { status: status.as_u16(), hints: hints.into(), code, message }, body }
    }

    fn has_token(&self, body: &[u8]) -> bool {
        let token = self.token.reveal().as_bytes();
        token.len() >= TELLING && memmem::find(body, token).is_some()
    }

    /// The server's words: one line, not long, without the token.
    fn shown(&self, words: &str) -> String {
        let words = words.replace(self.token.reveal(), "…");
        words.chars().filter(|character| !character.is_control()).take(WORDS).collect()
    }
}

/// The whole body, decompressed; none where it is longer.
async fn read(response: &mut Response, most: usize) -> std::result::Result<Option<Vec<u8>>, Trouble> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Trouble::Broken(reason(error)))? {
        if body.len() + chunk.len() > most {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// What a body is that says it is not JSON. One that says nothing is looked at.
fn foreign(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().unwrap_or("an unreadable content type");
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    (essence != "application/json" && !essence.ends_with("+json")).then_some(essence)
}

/// Where a redirect leads, without path, query and user.
fn host_of(base_url: &str, headers: &HeaderMap) -> String {
    let location = headers.get(LOCATION).and_then(|location| location.to_str().ok());
    let target = location.and_then(|location| Url::parse(base_url).ok()?.join(location).ok());
    target.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| "an unknown host".to_owned())
}

/// What is at the bottom of it, without the address: that has cursors.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(base_url: &str) -> Result<Client> {
        let token = Token::new("secret-token-of-a-test".to_owned());
        Client::new(&Url::parse(base_url).unwrap(), &token, &super::super::tests::api())
    }

    #[test]
    fn the_token_goes_over_https_or_to_loopback() {
        for base_url in ["https://api.example.com", "http://127.0.0.1:9", "http://localhost", "http://[::1]:9/x"] {
            assert!(client(base_url).is_ok(), "{base_url}");
        }
        for base_url in ["http://api.example.com", "http://127.0.0.1.example.com", "ftp://localhost", "http://10.0.0.1"]
        {
            assert_eq!(client(base_url).unwrap_err().exit_code(), 2, "{base_url}");
        }
    }

    #[test]
    fn the_server_s_words_are_one_short_line_without_the_token() {
        let client = client("http://127.0.0.1").unwrap();
        assert_eq!(client.shown("a\nb\u{1b}[31m secret-token-of-a-test!"), "ab[31m …!");
        assert_eq!(client.shown(&"x".repeat(999)).len(), WORDS);
        assert!(!format!("{client:?}").contains("secret-token"));
    }

    #[test]
    fn json_is_what_says_so_or_says_nothing() {
        let headers = |kind: &str| [(CONTENT_TYPE, HeaderValue::from_str(kind).unwrap())].into_iter().collect();
        for kind in ["application/json", "Application/JSON; charset=utf-8", "application/problem+json"] {
            assert_eq!(foreign(&headers(kind)), None, "{kind}");
        }
        assert_eq!(foreign(&HeaderMap::new()), None);
        assert_eq!(foreign(&headers("text/html; charset=utf-8")).as_deref(), Some("text/html"));
    }

    #[test]
    fn a_redirect_is_told_by_its_host() {
        let headers = |to: &str| [(LOCATION, HeaderValue::from_str(to).unwrap())].into_iter().collect();
        let host = |to: &str| host_of("https://api.example.com", &headers(to));
        assert_eq!(host("https://user:pass@elsewhere.invalid/a?token=x"), "elsewhere.invalid");
        assert_eq!(host("/login?next=x"), "api.example.com");
        assert_eq!(host_of("https://a.b", &HeaderMap::new()), "an unknown host");
    }
}
