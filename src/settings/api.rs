//! Settings of the API channel: the account's address, the token, and how hard it may be asked.

mod address;
mod credentials;
mod rate;
mod window;

use std::path::Path;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::settings::file::File;
use crate::settings::given::{Given, GivenBy};
use crate::settings::pattern::Pattern;
use crate::settings::token::Token;
use crate::settings::variables::Variables;
use crate::settings::{duration, memory, number};

pub use address::{BaseUrl, SIMULATOR, is_loopback};
pub use rate::Rate;
pub use window::Window;
pub(crate) use window::resolve as window;

/// A body below this is an ordinary page, and the number is a slip in the unit.
const LEAST_BODY_BYTES: usize = 1 << 20;

/// How the API is asked. Resolved only where the API is a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// Where the account is.
    pub base_url: BaseUrl,
    /// The bearer token; none for the simulator in this process, which brings its own. Ask [`Api::required_token`].
    pub token: Option<Token>,
    /// Why there is no token where one is needed. Kept and not raised, since most commands ask no API.
    pub token_fault: Option<Error>,
    /// Requests to the account in a time; none for as many as are answered.
    pub rate: Option<Rate>,
    /// Requests under way at once, 1 or more.
    pub concurrency: usize,
    /// How often one request is sent at most, the first time included.
    pub attempts: u32,
    /// How many requests of a whole run may be sent again.
    pub retry_budget: u32,
    /// How long one answer may take, from the first byte sent to the last received.
    pub request_timeout: Duration,
    /// How long one endpoint may take.
    pub table_timeout: Duration,
    /// How long the whole extraction may take.
    pub run_timeout: Duration,
    /// The largest body that is taken, decompressed, in bytes.
    pub body_bytes: usize,
    /// How many days back final invoices are read again.
    pub lookback_days: u16,
    /// After how many days all of them are.
    pub full_every_days: u16,
    /// For how many days an extraction that was cut off is taken up again; 0 for never.
    pub resume_days: u16,
    /// How many days answers are kept that a later read stands for, 1 or more.
    pub keep_days: u16,
    /// The endpoints to read, by the names of their tables; none for all. Whether each part names one is not known here.
    pub tables: Option<Pattern>,
    /// Days to read in place of those that a run would.
    pub window: Option<Window>,
}

impl Api {
    /// The defaults for an account at this address, without a token.
    pub fn at(base_url: BaseUrl) -> Self {
        Self {
            rate: if base_url.is_local() { None } else { Some(rate::DEFAULT) },
            base_url,
            token: None,
            token_fault: None,
            concurrency: 16,
            attempts: 6,
            retry_budget: 1000,
            request_timeout: Duration::from_mins(1),
            table_timeout: Duration::from_hours(12),
            run_timeout: Duration::from_hours(24),
            body_bytes: 64 << 20,
            lookback_days: 90,
            full_every_days: 30,
            resume_days: 2,
            keep_days: 400,
            tables: None,
            window: None,
        }
    }

    /// The token to send; none for the simulator in this process, which brings its own. For every command that asks the
    /// API, before it does anything.
    ///
    /// # Errors
    /// Usage, when there is none or what was given cannot be one; never with the token in it.
    pub fn required_token(&self) -> Result<Option<&Token>> {
        match (&self.base_url, &self.token, &self.token_fault) {
            (BaseUrl::Simulator, ..) => Ok(None),
            (_, Some(token), _) => Ok(Some(token)),
            (_, None, Some(fault)) => Err(fault.clone()),
            (_, None, None) => Err(credentials::missing(&self.base_url)),
        }
    }
}

/// The API's settings where it `is_source`, else none. Values of the file are checked either way, so that the file
/// does not become wrong by adding the source.
pub(crate) fn resolve(
    is_source: bool,
    base_url: Option<&Given<String>>,
    window: Option<Given<Window>>,
    file: &File,
    variables: &Variables,
    folder: &Path,
) -> Result<Option<Api>> {
    let address = base_url.map(address::parse).transpose()?;
    // Any address will do to check the rest.
    let defaults = Api::at(address.clone().unwrap_or(BaseUrl::Simulator));
    let value = |key| file.value(key);
    let api = Api {
        rate: value("api.rate").map_or(Ok(defaults.rate), rate::parse)?,
        concurrency: number(value("api.concurrency"), 1..=256, defaults.concurrency)?,
        attempts: number(value("api.attempts"), 1..=20, defaults.attempts)?,
        retry_budget: number(value("api.retry_budget"), 0..=1_000_000, defaults.retry_budget)?,
        request_timeout: value("api.request_timeout").map_or(Ok(defaults.request_timeout), duration::parse)?,
        table_timeout: value("api.table_timeout").map_or(Ok(defaults.table_timeout), duration::parse)?,
        run_timeout: value("api.run_timeout").map_or(Ok(defaults.run_timeout), duration::parse)?,
        body_bytes: value("api.body")
            .map_or(Ok(defaults.body_bytes), |given| memory::parse(given, LEAST_BODY_BYTES))?,
        lookback_days: number(value("api.lookback_days"), 1..=3650, defaults.lookback_days)?,
        full_every_days: number(value("api.full_every_days"), 1..=3650, defaults.full_every_days)?,
        resume_days: number(value("api.resume_days"), 0..=365, defaults.resume_days)?,
        keep_days: number(value("api.keep_days"), 1..=36_500, defaults.keep_days)?,
        tables: value("api.tables").cloned().map(Pattern::parse).transpose()?,
        window: window.as_ref().map(|given| given.value),
        ..defaults
    };
    if !is_source {
        refuse_idle(base_url, window.as_ref())?;
        return Ok(None);
    }
    if address.is_none() {
        return Err(Error::usage("the API is among the sources and nothing says where it is").hint(
            "set `base_url` under `[api]` in pipeline.toml: `https://api.metronome.com`, or `simulator` for the sample \
             account; `etl init DIR` writes such a file",
        ));
    }
    let (token, token_fault) = match credentials::resolve(&api.base_url, file, variables, folder) {
        Ok(token) => (token, None),
        Err(fault) => (None, Some(fault)),
    };
    Ok(Some(Api { token, token_fault, ..api }))
}

/// Who types an address or days means the API to be asked, and would take a run without it for one with it. A variable
/// for the address may well be set for other runs; days are set for one.
fn refuse_idle(base_url: Option<&Given<String>>, window: Option<&Given<Window>>) -> Result<()> {
    let address = base_url.map(|given| &given.by).filter(|by| matches!(by, GivenBy::Flag(_)));
    match window.map(|given| &given.by).or(address) {
        None => Ok(()),
        Some(by) => Err(Error::usage(format!("{by} is for the API, which is not among the sources"))
            .hint("add it: `--source egress,api`")),
    }
}
