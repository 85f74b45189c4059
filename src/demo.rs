//! The sample account: its export files, and a stand-in for its API in this process. The only module that knows the
//! simulator, and part of a build with the feature `demo` alone.

use std::path::Path;

use url::Url;

use crate::error::{Error, Result};
use crate::source::api::Clock;

/// The month that the demonstration closes before the late delivery comes.
pub const CLOSED: &str = "2024-02";

/// The account's API as it is served, until it is dropped.
pub struct Served {
    /// Where it answers.
    pub base_url: Url,
    /// What time it is there: the account lives in its own time, so that its answers are the same on every day.
    pub clock: Box<dyn Clock>,
}

#[cfg(feature = "demo")]
mod account {
    use simulator::account::Account;
    use simulator::{Options, Server, export, serve as serve_account};

    use super::{Clock, Error, Path, Result, Served};
    use crate::source::egress;

    /// The seed of the account, whose export files are the ones in the repository's landing folder.
    const SEED: u64 = 5;

    impl Clock for Server {
        fn now_micros(&self) -> i64 {
            self.now() * 1_000
        }
    }

    /// Serves the API to the holder of this token, as of the moment that the files in this landing folder are of.
    ///
    /// # Errors
    /// Failed when it cannot be started.
    pub fn serve(landing: &Path, token: &str) -> Result<Served> {
        let failed = |error: &dyn std::fmt::Display| Error::failed(format!("the simulator cannot start: {error}"));
        let clock = Some(export::moment_of_sample(&egress::root(landing)));
        let options = Options { clock, ..Options::new(Account::sample(SEED), token) };
        let server = serve_account(options).map_err(|error| failed(&error))?;
        Ok(Served { base_url: server.base_url().parse().map_err(|error| failed(&error))?, clock: Box::new(server) })
    }

    /// Writes the export files into `landing/egress`.
    ///
    /// # Errors
    /// Failed when they cannot be written.
    pub fn deliver(landing: &Path) -> Result<()> {
        export::export(&Account::sample(SEED), landing).map_err(|error| not_written(landing, error))
    }

    /// Adds what came later.
    ///
    /// # Errors
    /// Failed when it cannot be written.
    pub fn deliver_late(landing: &Path) -> Result<()> {
        export::export_late(SEED, landing).map_err(|error| not_written(landing, error))
    }

    fn not_written(landing: &Path, error: std::io::Error) -> Error {
        Error::io("write the sample account's files under", landing, error)
    }
}

#[cfg(not(feature = "demo"))]
mod account {
    use super::{Error, Path, Result, Served};

    /// No account in this build.
    ///
    /// # Errors
    /// Usage (exit 2), always.
    pub fn serve(_: &Path, _: &str) -> Result<Served> {
        Err(missing())
    }

    /// No account in this build.
    ///
    /// # Errors
    /// Usage (exit 2), always.
    pub fn deliver(_: &Path) -> Result<()> {
        Err(missing())
    }

    /// No account in this build.
    ///
    /// # Errors
    /// Usage (exit 2), always.
    pub fn deliver_late(_: &Path) -> Result<()> {
        Err(missing())
    }

    fn missing() -> Error {
        Error::usage("this build of etl is without the sample account")
            .hint("build it with the feature `demo`, which is on by default")
    }
}

pub use account::{deliver, deliver_late, serve};
