//! The account that is asked: one of its own, or the sample account that this process serves itself.

use std::path::Path;

use url::Url;

use crate::demo;
use crate::error::{Error, Result};
use crate::run::Run;
use crate::settings::{Api, BaseUrl, Token};
use crate::source::api::Clock;

/// Where an account is, what opens it, and what time it is there.
pub struct Account {
    /// How it is called in records: its address, without the port where that is local, or `simulator`.
    pub name: String,
    /// Where it answers.
    pub base_url: Url,
    /// What opens it.
    pub token: Token,
    /// The sample account's time; it is served until this is dropped.
    clock: Option<Box<dyn Clock>>,
}

/// How the account that the settings name is called in records.
pub fn name(api: &Api) -> String {
    match &api.base_url {
        BaseUrl::Url(url) => name_of(url),
        BaseUrl::Simulator => api.base_url.to_string(),
    }
}

impl Account {
    /// Opens the account that the settings name. Where that is the simulator, it is started, as of the moment that the files
    /// in the landing folder are of.
    ///
    /// # Errors
    /// Usage (exit 2) when an account of its own has no token; failed when the simulator cannot be started.
    pub fn open(api: &Api, landing: &Path, run: &Run) -> Result<Self> {
        let (base_url, token, clock) = match &api.base_url {
            BaseUrl::Url(url) => {
                let token = api.required_token()?.cloned().ok_or_else(|| Error::usage("there is no token"))?;
                (url.clone(), token, None)
            }
            BaseUrl::Simulator => {
                let served = demo::serve(landing, &run.id)?;
                (served.base_url, Token::new(run.id.clone()), Some(served.clock))
            }
        };
        Ok(Self { name: name(api), base_url, token, clock })
    }
}

impl Clock for Account {
    fn now_micros(&self) -> i64 {
        match &self.clock {
            Some(clock) => clock.now_micros(),
            None => chrono::Utc::now().timestamp_micros(),
        }
    }
}

/// A local server may be on another port each time and still be the same account.
fn name_of(url: &Url) -> String {
    let mut url = url.clone();
    if url.scheme() == "http" {
        // A host keeps no port where it has none: nothing to do then.
        let _ = url.set_port(None);
    }
    url.as_str().trim_end_matches('/').to_owned()
}
