//! The API over HTTP, on loopback only. Everything about HTTP is here and nothing about billing.

mod answer;
pub mod bucket;
pub mod counts;
pub mod faults;
mod respond;
mod state;
mod wire;

use crate::account::Account;
use crate::calendar::Millis;
use counts::Counts;
use faults::{Rule, Script};
use state::State;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// Ways the account can behave that no single fault is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scenario {
    /// As documented, contract lists in pages.
    #[default]
    Plain,
    /// Contract lists come whole, as before they had pages.
    UnpagedContracts,
    /// The clock moves on by a minute with each request, so that drafts and balances change between calls.
    MovingDrafts,
}

impl Scenario {
    /// Every scenario by name.
    pub const NAMES: [(&str, Scenario); 3] = [
        ("plain", Scenario::Plain),
        ("unpaged-contracts", Scenario::UnpagedContracts),
        ("moving-drafts", Scenario::MovingDrafts),
    ];
}

/// How to serve an account.
#[derive(Debug, Clone)]
pub struct Options {
    /// What is served.
    pub account: Account,
    /// The port on 127.0.0.1; 0 for any free one.
    pub port: u16,
    /// The bearer token that may read everything.
    pub token: String,
    /// Tokens that may read only paths with one of these beginnings.
    pub limited: Vec<(String, Vec<String>)>,
    /// Requests a second, over which there is 429; none for as many as come.
    pub rate: Option<u32>,
    /// How long every answer takes at least.
    pub latency: Duration,
    /// What goes wrong.
    pub faults: Vec<Rule>,
    /// How the account behaves.
    pub scenario: Scenario,
    /// The moment it is first seen at; none for its end.
    pub clock: Option<Millis>,
}

impl Options {
    /// An account for the holder of a token, on a free port, without limit or fault.
    pub fn new(account: Account, token: &str) -> Self {
        Self {
            account,
            port: 0,
            token: token.into(),
            limited: Vec::new(),
            rate: None,
            latency: Duration::ZERO,
            faults: Vec::new(),
            scenario: Scenario::Plain,
            clock: None,
        }
    }
}

/// A server that runs until it is dropped.
pub struct Server {
    base_url: String,
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Serves an account from a thread of its own, so that it can be called with or without a runtime.
///
/// # Errors
///
/// Fails where the port is taken or a thread cannot be had.
pub fn serve(options: Options) -> io::Result<Server> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
    listener.set_nonblocking(true)?;
    let base_url = format!("http://127.0.0.1:{}", listener.local_addr()?.port());
    let state = Arc::new(State::new(options));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let port = {
        let _inside = runtime.enter();
        wire::Port(tokio::net::TcpListener::from_std(listener)?)
    };
    let router = respond::router(state.clone());
    let thread = std::thread::Builder::new().name("simulator".into()).spawn(move || {
        runtime.block_on(async move {
            let service = router.into_make_service_with_connect_info::<wire::Line>();
            tokio::select! {
                _ = axum::serve(port, service).into_future() => {}
                _ = stopped => {}
            }
        });
        runtime.shutdown_background();
    })?;
    Ok(Server { base_url, state, stop: Some(stop), thread: Some(thread) })
}

impl Server {
    /// `http://127.0.0.1:PORT`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// What was asked so far.
    pub fn counts(&self) -> Counts {
        self.state.counts().clone()
    }

    /// The moment the account is seen at, in milliseconds since 1970.
    pub fn now(&self) -> Millis {
        self.state.clock().load(Ordering::Relaxed)
    }

    /// Moves the clock.
    pub fn set_now(&self, now: Millis) {
        self.state.clock().store(now, Ordering::Relaxed);
    }

    /// Replaces the fault script; counting begins again.
    pub fn set_faults(&self, rules: Vec<Rule>) {
        *self.state.script() = Script::new(rules);
    }

    /// The account that is served.
    pub fn account(&self) -> &Account {
        &self.state.account
    }

    /// Waits until the server ends, which it does not by itself.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
