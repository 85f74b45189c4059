//! The account that is asked: one of its own, or the sample account that this process serves itself.

use simulator::account::Account as Sample;
use simulator::{Options, Server, serve};
use url::Url;

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
    /// The sample account, served until this is dropped.
    server: Option<Server>,
}

/// The seed of the sample account, whose export files are the ones in the project's landing folder.
const SEED: u64 = 5;

/// How the account that the settings name is called in records.
pub fn name(api: &Api) -> String {
    match &api.base_url {
        BaseUrl::Url(url) => name_of(url),
        BaseUrl::Simulator => api.base_url.to_string(),
    }
}

impl Account {
    /// Opens the account that the settings name. Where that is the simulator, it is started.
    ///
    /// # Errors
    /// Usage (exit 2) when an account of its own has no token; failed when the simulator cannot be started.
    pub fn open(api: &Api, run: &Run) -> Result<Self> {
        match &api.base_url {
            BaseUrl::Url(url) => Ok(Self {
                name: name(api),
                base_url: url.clone(),
                token: api.required_token()?.cloned().ok_or_else(|| Error::usage("there is no token"))?,
                server: None,
            }),
            BaseUrl::Simulator => {
                let failed =
                    |error: &dyn std::fmt::Display| Error::failed(format!("the simulator cannot start: {error}"));
                let server = serve(Options::new(Sample::sample(SEED), &run.id)).map_err(|error| failed(&error))?;
                Ok(Self {
                    name: name(api),
                    base_url: server.base_url().parse().map_err(|error| failed(&error))?,
                    token: Token::new(run.id.clone()),
                    server: Some(server),
                })
            }
        }
    }
}

impl Clock for Account {
    fn now_micros(&self) -> i64 {
        match &self.server {
            // The sample account lives in its own time, so that its answers are the same on every day.
            Some(server) => server.now() * 1_000,
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
