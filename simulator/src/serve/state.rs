//! What a server keeps: the account, its clock, who may ask, what was asked. No answers.

use super::Options;
use super::bucket::Bucket;
use super::counts::Counts;
use super::faults::Script;
use crate::account::Account;
use crate::api::directory::Directory;
use crate::api::endpoint::Endpoint;
use crate::api::endpoints;
use crate::api::refusal::Refusal;
use crate::calendar::Millis;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The state of a server.
pub struct State {
    pub(super) account: Account,
    pub(super) directory: Directory,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) paged_contracts: bool,
    pub(super) latency: Duration,
    token: String,
    limited: Vec<(String, Vec<String>)>,
    clock: AtomicI64,
    step: Millis,
    counts: Mutex<Counts>,
    script: Mutex<Script>,
    bucket: Option<Mutex<Bucket>>,
    stored: Mutex<HashMap<String, u16>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    pub(super) fn new(options: Options) -> Self {
        let account = options.account;
        // Made now, so that no first request waits for it.
        account.events_of(0);
        Self {
            directory: Directory::of(&account),
            endpoints: endpoints(),
            paged_contracts: options.scenario != super::Scenario::UnpagedContracts,
            latency: options.latency,
            token: options.token,
            limited: options.limited,
            clock: AtomicI64::new(options.clock.unwrap_or(account.window.end)),
            step: if options.scenario == super::Scenario::MovingDrafts { 60_000 } else { 0 },
            counts: Mutex::default(),
            script: Mutex::new(Script::new(options.faults)),
            bucket: options.rate.map(|rate| Mutex::new(Bucket::new(rate, Instant::now()))),
            stored: Mutex::default(),
            account,
        }
    }

    /// The moment the account is seen at. In a scenario that moves, each look brings the next moment.
    pub(super) fn now(&self) -> Millis {
        self.clock.fetch_add(self.step, Ordering::Relaxed)
    }

    pub(super) fn clock(&self) -> &AtomicI64 {
        &self.clock
    }

    pub(super) fn counts(&self) -> MutexGuard<'_, Counts> {
        lock(&self.counts)
    }

    pub(super) fn script(&self) -> MutexGuard<'_, Script> {
        lock(&self.script)
    }

    /// Answers kept by `Idempotency-Key`: only failures, which is what a caller must be kept from falling for.
    pub(super) fn stored(&self) -> MutexGuard<'_, HashMap<String, u16>> {
        lock(&self.stored)
    }

    /// Whether the rate limit lets a request pass.
    pub(super) fn passes(&self) -> bool {
        self.bucket.as_ref().is_none_or(|bucket| lock(bucket).take(Instant::now()))
    }

    /// Whether a token may read a path.
    pub(super) fn allows(&self, token: Option<&str>, path: &str) -> Result<(), Refusal> {
        let Some(token) = token else { return Err(Refusal::unknown_caller()) };
        if token == self.token {
            return Ok(());
        }
        let Some((_, paths)) = self.limited.iter().find(|(own, _)| own == token) else {
            return Err(Refusal::unknown_caller());
        };
        let allowed = paths.iter().any(|start| path.starts_with(start.as_str()));
        if allowed { Ok(()) } else { Err(Refusal::forbidden()) }
    }
}
